"""Frames that must not enter the map, told before any matching: by their tags, or because they are blurred.

A smooth lawn is no blurred frame, so sharpness is never judged by itself: the fine detail that a frame shows
of the ground is held against what the frames overlapping it show of the same ground.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.geo import Datum, FloatArray
from thermal.frame import CelsiusArray
from thermal.pose import CameraPose, Flight, Prior, Rejection

_CELLS = (20, 16)  # columns, rows
_DIRECTIONS = 8
_COARSE = 4  # pixels averaged for the coarser detail


@dataclass(frozen=True, slots=True)
class BlunderParams:
    """Limits: tilt in degrees from nadir, height as shares of the flight's median, and what blur leaves.

    A frame is blurred when, in one direction over the ground, half of the frames overlapping it show its
    ground with so much more fine detail that it keeps less than `half_see` of theirs, or four in five with
    less than `most_see` (energies, without noise). Only the `neighbours` nearest frames that share
    `min_overlap` of its area are asked, and only where their detail is `min_detail` times the noise;
    `least_witnesses` of them must be able to tell.
    """

    max_tilt_deg: float = 30.0
    min_height_share: float = 0.5
    max_height_share: float = 2.0
    min_height_m: float = 5.0
    half_see: float = 0.35
    most_see: float = 0.6
    neighbours: int = 16
    min_overlap: float = 0.2
    least_witnesses: int = 2
    min_detail: float = 1.0


@dataclass(frozen=True, slots=True)
class Detail:
    """How much detail a frame shows: mean squared gradients of its cells, K^2 a square pixel.

    `fine` (details of about two pixels) and `coarse` (of about ten) are (cells, 3) float64, row by row:
    across the image, mixed, and down it. They turn with the frame, so frames of any heading compare.
    """

    fine: FloatArray
    coarse: FloatArray


def detail(celsius: CelsiusArray) -> Detail:
    """Measure a frame; where it holds no temperature it shows no detail."""
    import cv2

    known = np.isfinite(celsius)
    t = celsius if known.all() else np.where(known, celsius, celsius[known].mean())
    t = np.asarray(t, np.float32)
    shape = max(t.shape[1] // _COARSE, 1), max(t.shape[0] // _COARSE, 1)
    return Detail(_gradients(t), _gradients(cv2.resize(t, shape, interpolation=cv2.INTER_AREA)))


def _gradients(t: CelsiusArray) -> FloatArray:
    """Structure tensors (cells, 3) of what a blur of 1.5 pixels takes from an image."""
    import cv2

    band = t - cv2.GaussianBlur(t, (9, 9), 1.5)
    step = np.array([[-0.5, 0.0, 0.5]], np.float32)
    x, y = cv2.filter2D(band, -1, step), cv2.filter2D(band, -1, step.T)
    cells = [cv2.resize(p, _CELLS, interpolation=cv2.INTER_AREA).ravel() for p in (x * x, x * y, y * y)]
    return np.stack(cells, axis=-1).astype(float)


def bad_tags(flight: Flight, params: BlunderParams) -> tuple[list[Prior], list[Rejection]]:
    """Split off the frames whose own tags rule them out: another camera, oblique, taking off or landing.

    Heights are judged only where they count from home: nothing else tells the height above the ground yet.
    """
    priors = flight.priors
    above_home = flight.zero is Datum.HOME
    heights = np.array([p.pose.center_m[2] if above_home else np.inf for p in priors])
    typical = float(np.median(heights))
    camera = _usual_camera(priors)
    kept, rejected = [], []
    for prior, height in zip(priors, heights, strict=True):
        reason = _other_camera(prior, camera) or _bad_tag(prior, float(height), typical, params)
        if reason is None:
            kept.append(prior)
        else:
            rejected.append(Rejection(prior.info.path, reason))
    return kept, rejected


def _signature(prior: Prior) -> tuple[int, int, float]:
    camera = prior.info.camera
    return camera.width_px, camera.height_px, round(camera.focal_px, 1)


def _usual_camera(priors: Sequence[Prior]) -> tuple[int, int, float]:
    seen = [_signature(p) for p in priors]
    return max(set(seen), key=seen.count)


def _other_camera(prior: Prior, usual: tuple[int, int, float]) -> str | None:
    mine = _signature(prior)
    if mine == usual:
        return None
    return (
        f"another camera than the flight's ({mine[0]}x{mine[1]}, focal length {mine[2]} px; "
        f"the others {usual[0]}x{usual[1]}, {usual[2]} px)"
    )


def _bad_tag(prior: Prior, height_m: float, typical_m: float, params: BlunderParams) -> str | None:
    if prior.pose.tilt_deg > params.max_tilt_deg:
        return f"oblique: {prior.pose.tilt_deg:.0f} degrees from straight down"
    if not math.isfinite(height_m):
        return None
    if height_m < max(params.min_height_share * typical_m, params.min_height_m):
        return f"taking off or landing: {height_m:.0f} m up, the flight's median is {typical_m:.0f} m"
    if height_m > params.max_height_share * typical_m:
        return f"altitude tag of {height_m:.0f} m against the flight's median of {typical_m:.0f} m"
    return None


def blurred(
    priors: Sequence[Prior], details: Sequence[Detail], ground_m: float | None, params: BlunderParams
) -> tuple[list[int], list[Rejection]]:
    """Indices of the frames to keep, and the blurred ones with what is left of their detail.

    Where nothing can be told (smooth ground, no overlap, `ground_m` unknown) a frame is kept. Blurred frames
    are no witnesses: each one found is taken out before the others are asked again.
    """
    if ground_m is None:
        return list(range(len(priors))), []
    shares = _shares(priors, details, ground_m, params)
    lost: dict[int, str] = {}
    while found := _found(shares, lost, params):
        lost |= found
    kept = [k for k in range(len(priors)) if k not in lost]
    return kept, [Rejection(priors[k].info.path, reason) for k, reason in sorted(lost.items())]


def _found(
    shares: dict[int, dict[int, FloatArray]], lost: dict[int, str], params: BlunderParams
) -> dict[int, str]:
    """Frames not yet lost that are blurred by the word of the others, with the reason."""
    out = {}
    for k in shares.keys() - lost:
        told = [s for other, s in shares[k].items() if other not in lost and np.isfinite(s).any()]
        left = _left(np.array(told), params) if told else None
        if left is not None:
            kept = f"{left:.0%} of the fine detail" if left >= 0.01 else "next to no fine detail"
            out[k] = f"blurred: shows {kept} that {len(told)} overlapping frames show of the same ground"
    return out


def _left(shares: FloatArray, params: BlunderParams) -> float | None:
    """The share of detail left in the worst direction of a blurred frame, None for others."""
    told = [d[np.isfinite(d)] for d in shares.T]
    seen = [np.quantile(d, [0.5, 0.8]) for d in told if len(d) >= params.least_witnesses]
    bad = [half for half, most in seen if half < params.half_see or most < params.most_see]
    return float(min(bad)) if bad else None


def _shares(
    priors: Sequence[Prior], details: Sequence[Detail], ground_m: float, params: BlunderParams
) -> dict[int, dict[int, FloatArray]]:
    """For each frame and each frame near it: the share of its detail, (directions,), NaN unknown."""
    camera, poses = priors[0].info.camera, [p.pose for p in priors]
    noise = float(np.percentile([d.fine[:, ::2].mean(axis=1) for d in details], 1))
    shown = [_by_direction(d, p, noise) for d, p in zip(details, poses, strict=True)]
    near = _nearest(poses, params.neighbours)
    common = _common(poses, near, camera, ground_m)
    return {
        a: {
            b: _share(shown[a], shown[b], common[a, b], common[b, a], noise, params)
            for b in others
            if common[a, b].mean() >= params.min_overlap and common[b, a].any()
        }
        for a, others in enumerate(near)
    }


def _common(
    poses: Sequence[CameraPose], near: Sequence[Sequence[int]], camera: Camera, ground_m: float
) -> dict[tuple[int, int], NDArray[np.bool_]]:
    """For frames (a, b) near each other: which cells of a lie in b."""
    spots = np.array([_cell_places(p, camera, ground_m) for p in poses])
    pairs = {pair for a, others in enumerate(near) for b in others for pair in ((a, b), (b, a))}
    out: dict[tuple[int, int], NDArray[np.bool_]] = {}
    asked: dict[int, list[int]] = {}
    for first, second in sorted(pairs):
        asked.setdefault(second, []).append(first)
    for b, group in asked.items():
        pose = poses[b]
        out |= {(a, b): cells for a, cells in zip(group, _inside(spots[group], pose, camera), strict=True)}
    return out


def _nearest(poses: Sequence[CameraPose], count: int) -> list[list[int]]:
    """For each frame the `count` others that stand nearest, nearest first."""
    from scipy.spatial import cKDTree

    centers = np.array([p.center_m[:2] for p in poses])
    if len(poses) < 2:
        return [[] for _ in poses]
    found = np.atleast_2d(cKDTree(centers).query(centers, k=min(count + 1, len(poses)))[1])
    return [[int(b) for b in row if b != a][:count] for a, row in enumerate(found)]


def _cell_places(pose: CameraPose, camera: Camera, ground_m: float) -> FloatArray:
    """Where the cells' centres lie on the level ground, (cells, 3) metres."""
    cols, rows = (
        (np.arange(n) + 0.5) * size / n - 0.5
        for n, size in zip(_CELLS, (camera.width_px, camera.height_px), strict=True)
    )
    rays = pose.rays(np.stack(np.meshgrid(cols, rows), axis=-1).reshape(-1, 2), camera)
    return np.asarray(pose.center_m + rays * ((ground_m - pose.center_m[2]) / rays[:, 2])[:, None], float)


def _inside(places: FloatArray, pose: CameraPose, camera: Camera) -> NDArray[np.bool_]:
    pixels = pose.pixels(places, camera)
    inside = (pixels > 0) & (pixels < np.array([camera.width_px, camera.height_px]))
    return np.asarray(inside.all(axis=-1), bool)


def _by_direction(measured: Detail, pose: CameraPose, noise: float) -> tuple[FloatArray, FloatArray]:
    """Fine (less `noise`) and coarse detail along directions over the ground, each (cells, directions), K/px.

    Roots, so that one hot roof, seen by a frame and just missed by another, does not outweigh all the ground.
    """
    angle = np.arange(_DIRECTIONS) * np.pi / _DIRECTIONS
    x, y = pose.rotation[:2, :2].T @ np.stack([np.cos(angle), np.sin(angle)])
    turn = np.stack([x * x, 2.0 * x * y, y * y]) / (x * x + y * y)
    fine, coarse = measured.fine @ turn - noise, measured.coarse @ turn
    return np.sqrt(np.maximum(fine, 0.0)), np.sqrt(np.maximum(coarse, 0.0))


def _share(
    mine: tuple[FloatArray, FloatArray], other: tuple[FloatArray, FloatArray],
    here: NDArray[np.bool_], there: NDArray[np.bool_], noise: float, params: BlunderParams,
) -> FloatArray:  # fmt: skip
    """My fine detail over the other's where both look, NaN where the other's does not stand out of the noise.

    The coarse detail evens out, by a third at most, that the two do not see quite the same: told poses are
    some metres wrong. More would hide a blur strong enough to take the coarse detail too.
    """
    fine, coarse = (d[here].mean(axis=0) ** 2 for d in mine)
    other_fine, other_coarse = (d[there].mean(axis=0) ** 2 for d in other)
    tiny = 1e-12
    told = np.where(other_fine > max(params.min_detail * noise, tiny), other_fine, np.nan)
    even = np.clip((coarse + tiny) / (other_coarse + tiny), 0.75, 1.35)
    return np.asarray(np.maximum(fine, 0.1 * noise) / told / even, float)
