"""What overlapping frames say of the same ground: temperatures sampled on one lattice of points."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.geo import FloatArray
from thermal.frame import CelsiusArray
from thermal.ground import Ground
from thermal.loading import SMALL
from thermal.mosaic import ground_under
from thermal.pose import CameraPose, footprint_m

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SampleParams:
    """`points_across` sampled ground points over a frame's width.

    `position_m` how far a sample may lie off, so that samples on steep temperature edges count less;
    `noise_K` what a sample is unsure by elsewhere.
    """

    points_across: int = 20
    position_m: float = 0.3
    noise_K: float = 0.1


@dataclass(frozen=True, slots=True)
class Samples:
    """Temperatures at ground points, one row a sighting.

    `point` and `frame` numbers, `celsius` and `sigma_K` (m,); `at` (m, 2) float32 where in the frame: pixels
    right and down of the centre, 1 = half the diagonal.
    """

    point: IntArray
    frame: IntArray
    celsius: FloatArray
    sigma_K: FloatArray
    at: NDArray[np.float32]

    def select(self, keep: BoolArray) -> "Samples":
        """The samples where `keep` is true."""
        return Samples(
            self.point[keep], self.frame[keep], self.celsius[keep], self.sigma_K[keep], self.at[keep]
        )


def centred(pixels: FloatArray, camera: Camera) -> FloatArray:
    """Pixels (..., 2) from the image centre in half diagonals."""
    half = np.array([camera.width_px, camera.height_px]) / 2.0
    return np.asarray((np.asarray(pixels, float) + 0.5 - half) / float(np.hypot(*half)), float)


@dataclass(frozen=True, slots=True)
class _Lattice:
    """Ground points `step_m` apart from `origin_m` (2,), numbered row by row of `columns`."""

    origin_m: FloatArray
    step_m: float
    columns: int

    def under(self, corners_m: FloatArray) -> tuple[IntArray, FloatArray]:
        """Numbers (n,) and places (n, 2) of the points in the box of `corners_m` (4, 2)."""
        first = np.floor((corners_m.min(axis=0) - self.origin_m) / self.step_m).astype(int)
        last = np.ceil((corners_m.max(axis=0) - self.origin_m) / self.step_m).astype(int)
        i, j = (
            a.ravel() for a in np.meshgrid(np.arange(first[0], last[0] + 1), np.arange(first[1], last[1] + 1))
        )
        return (j * self.columns + i).astype(np.int64), self.origin_m + np.column_stack([i, j]) * self.step_m


def sample_overlaps(
    smalls: Sequence[CelsiusArray],
    poses: Sequence[CameraPose],
    camera: Camera,
    ground: Ground,
    params: SampleParams | None = None,
) -> Samples:
    """Sample all frames' small copies on one lattice of ground points that two frames or more saw."""
    chosen = params or SampleParams()
    levels = [ground_under(ground, p) for p in poses]
    heights = [p.center_m[2] - level for p, level in zip(poses, levels, strict=True)]
    corners = np.array([footprint_m(p, camera, level) for p, level in zip(poses, levels, strict=True)])
    step = float(np.median(heights)) / camera.focal_px * camera.width_px / chosen.points_across
    origin, far = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    lattice = _Lattice(origin, step, int(np.ceil((far[0] - origin[0]) / step)) + 2)
    parts = []
    for k, (small, pose) in enumerate(zip(smalls, poses, strict=True)):
        point, place = lattice.under(corners[k])
        pixels = pose.pixels(np.column_stack([place, ground.heights_m(place)]), camera)
        parts.append(_one_frame(small, pixels, point, k, camera, heights[k], chosen))
    return _shared(_joined(parts))


def _one_frame(
    small: CelsiusArray, pixels: FloatArray, point: IntArray, frame: int, camera: Camera, height_m: float,
    params: SampleParams,
) -> Samples:  # fmt: skip
    margin = 2.0 * SMALL
    size = np.array([camera.width_px, camera.height_px])
    inside = ((pixels > margin) & (pixels < size - margin)).all(axis=1)
    inside &= ((pixels + 0.5) / SMALL < np.array(small.shape[::-1]) - 1.0).all(axis=1)
    value, slope = _bilinear(small, (pixels[inside] + 0.5) / SMALL - 0.5)
    sigma = np.hypot(params.noise_K, slope / (height_m / camera.focal_px * SMALL) * params.position_m)
    known = np.isfinite(value)
    return Samples(
        point[inside][known], np.full(int(known.sum()), frame), value[known], sigma[known],
        centred(pixels[inside][known], camera).astype(np.float32),
    )  # fmt: skip


def _bilinear(image: CelsiusArray, at: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Values (n,) at (column, row) places `at` (n, 2) and the steepness there, K a pixel."""
    low = at.astype(int)
    a, b = (at - low).T
    flat, wide = image.ravel(), image.shape[1]
    corner = low[:, 1] * wide + low[:, 0]
    nw, ne, sw, se = (flat[corner + k].astype(float) for k in (0, 1, wide, wide + 1))
    top, bottom = nw + a * (ne - nw), sw + a * (se - sw)
    across = (1.0 - b) * (ne - nw) + b * (se - sw)
    return np.asarray(top + b * (bottom - top)), np.hypot(across, bottom - top)


def _joined(parts: Sequence[Samples]) -> Samples:
    names = ("point", "frame", "celsius", "sigma_K", "at")
    return Samples(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


def _shared(samples: Samples) -> Samples:
    _, index, count = np.unique(samples.point, return_inverse=True, return_counts=True)
    numbered = Samples(index.astype(np.int64), samples.frame, samples.celsius, samples.sigma_K, samples.at)
    return numbered.select(count[index] >= 2)


@dataclass(frozen=True, slots=True)
class Meetings:
    """Two sightings of a point, each (n,): rows `one` and `other` of the samples, frames in rising order."""

    one: IntArray
    other: IntArray

    def select(self, keep: BoolArray) -> "Meetings":
        """Those where `keep` is true."""
        return Meetings(self.one[keep], self.other[keep])


def meetings(samples: Samples, *, held_only: bool = False) -> Meetings:
    """All pairs of sightings of the same point; `held_only` those of pairs kept aside."""
    parts = list(_met(samples, held_only))
    if not parts:
        return Meetings(np.zeros(0, np.int64), np.zeros(0, np.int64))
    one, other = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Meetings(one, other)


def _met(samples: Samples, held_only: bool) -> Iterator[tuple[IntArray, IntArray]]:
    order = np.lexsort((samples.frame, samples.point))
    point = samples.point[order]
    for away in range(1, int(np.bincount(point).max(initial=0))):
        same = point[away:] == point[:-away]
        if not same.any():
            return
        one, other = order[:-away][same], order[away:][same]
        if held_only:
            held = is_held(samples.frame[one], samples.frame[other])
            one, other = one[held], other[held]
        yield one, other


def is_held(first: IntArray, second: IntArray, one_in: int = 5) -> BoolArray:
    """Whether a pair of frames is one of the fifth that is kept aside to check with."""
    mixed = (first.astype(np.uint64) * np.uint64(73_856_093)) ^ (
        second.astype(np.uint64) * np.uint64(19_349_663)
    )
    mixed = (mixed ^ (mixed >> np.uint64(13))) * np.uint64(0x9E3779B97F4A7C15)
    return np.asarray((mixed >> np.uint64(33)) % np.uint64(one_in) == 0)


def without_held(samples: Samples, held: Meetings) -> Samples:
    """Samples in which no pair kept aside shares a point: of each such two sightings one goes, by turns."""
    first = samples.point[held.one] % 2 == 0
    keep = np.ones(len(samples.frame), bool)
    keep[np.where(first, held.one, held.other)] = False
    return samples.select(keep)


def pairwise_rms(
    samples: Samples, celsius: FloatArray, met: Meetings | None = None, least: int = 30
) -> tuple[float | None, int]:
    """RMS over pairs of frames of the median difference at their shared points, and the number of pairs."""
    both = meetings(samples) if met is None else met
    medians = pair_medians(
        samples.frame[both.one], samples.frame[both.other], celsius[both.other] - celsius[both.one], least
    )
    if len(medians) == 0:
        return None, 0
    return float(np.sqrt(np.mean(medians**2))), len(medians)


def pair_medians(first: IntArray, second: IntArray, gap: FloatArray, least: int) -> FloatArray:
    """Median of `gap` for each pair of frames with `least` points or more."""
    if len(gap) == 0:
        return np.zeros(0)
    key = first * (int(second.max()) + 1) + second
    order = np.lexsort((gap, key))
    key, gap = key[order], gap[order]
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    sizes = np.diff(np.concatenate([starts, [len(key)]]))
    full = sizes >= least
    low, high = starts + (sizes - 1) // 2, starts + sizes // 2
    return np.asarray((gap[low] + gap[high])[full] / 2.0, float)
