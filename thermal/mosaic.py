"""Blending frames into one map, tile by tile."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.geo import FloatArray, LocalFrame
from gis.grid import GeoGrid, Window
from gis.raster import cog_written
from thermal.frame import CelsiusArray
from thermal.ground import Ground
from thermal.groundcover import CoverCorrection
from thermal.ortho import NO_FRAME, BlendParams, TileSum, add_frame
from thermal.pose import CameraPose, footprint_m
from thermal.tiles import FrameBox, MapPlace, frame_box

BANDS = (("temperature", "degC"), ("count", "1"), ("sigma", "K"), ("source frame", "1"))
_TILE_PX = 512
_SEAM_BINS_K = np.arange(0.0, 20.01, 0.02)

Progress = Callable[[str, int, int], None]
"""Called with (stage, done, total)."""


@dataclass(frozen=True, slots=True)
class PlacedFrame:
    """A frame ready to be drawn: its final pose, and a way to get its corrected temperatures."""

    pose: CameraPose
    load: Callable[[], CelsiusArray]


@dataclass(frozen=True, slots=True)
class MosaicJob:
    """Everything a tile needs; `alone_sigma_K` is the sigma where one frame alone was seen.

    `cover` gives each pixel its own emissivity, after all else.
    """

    frames: Sequence[PlacedFrame]
    camera: Camera
    ground: Ground
    place: MapPlace
    blend: BlendParams
    alone_sigma_K: float
    cover: CoverCorrection | None = None


@dataclass(frozen=True, slots=True)
class MosaicResult:
    """`seam_p95_K`: 95 % of the steps where the drawn frame changes are smaller; `covered`: share of grid."""

    seam_p95_K: float | None
    covered: float
    coldest_C: float
    hottest_C: float


@dataclass(slots=True)
class _Tally:
    """What tiles add up to; guarded by its lock."""

    seam: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(_SEAM_BINS_K), np.int64))
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    covered: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, block: NDArray[np.float32], seam: NDArray[np.int64]) -> None:
        seen = block[0][np.isfinite(block[0])]
        self.seam += seam
        self.covered += seen.size
        if seen.size:
            low, high = np.percentile(seen, [0.5, 99.5])
            self.low.append(float(low))
            self.high.append(float(high))


def map_grid(
    poses: Sequence[CameraPose], camera: Camera, ground: Ground, frame: LocalFrame, crs: str, gsd_m: float
) -> GeoGrid:
    """The grid that covers every frame's footprint."""
    from pyproj import Transformer

    to_map = Transformer.from_crs(frame.proj4, crs, always_xy=True)
    corners = np.concatenate([footprint_m(p, camera, ground_under(ground, p)) for p in poses])
    x, y = to_map.transform(corners[:, 0], corners[:, 1])
    return GeoGrid.covering(crs, (float(min(x)), float(min(y)), float(max(x)), float(max(y))), gsd_m)


def ground_under(ground: Ground, pose: CameraPose) -> float:
    """Ground height below a camera, 0 where the height model ends."""
    height = float(ground.heights_m(pose.center_m[None, :2])[0])
    return height if np.isfinite(height) else 0.0


def write_mosaic(
    job: MosaicJob, path: Path, tags: dict[str, str], *, workers: int, progress: Progress | None = None
) -> MosaicResult:
    """Draw the map of `job` into a COG at `path`, `workers` tiles at a time."""
    lowest_m = _lowest(job)
    boxes = [frame_box(f.pose, job.camera, job.place, lowest_m) for f in job.frames]
    margin_m = _margin_m(job.ground, lowest_m)
    windows = list(job.place.grid.windows(_TILE_PX))
    tally = _Tally()
    with cog_written(path, job.place.grid, BANDS, tags) as writer, ThreadPoolExecutor(workers) as pool:

        def draw(window: Window) -> None:
            drawn = draw_tile(job, boxes, margin_m, window)
            if drawn is None:
                return
            with tally.lock:
                writer.write(window, drawn[0])
                tally.add(*drawn)

        for done, _ in enumerate(pool.map(draw, windows), start=1):
            if progress:
                progress("drawing", done, len(windows))
    return _result(tally, job.place.grid)


def _lowest(job: MosaicJob) -> float:
    return min(ground_under(job.ground, f.pose) for f in job.frames) - 5.0


def draw_tile(
    job: MosaicJob, boxes: Sequence[FrameBox], margin_m: float, window: Window
) -> tuple[NDArray[np.float32], NDArray[np.int64]] | None:
    """One tile: bands (4, rows, columns) and the histogram of its seam steps; None where no frame reaches.

    Ground up to `margin_m` around the tile may hide what lies in it.
    """
    near = [k for k, box in enumerate(boxes) if box.meets(window)]
    if not near:
        return None
    ground = job.place.ground(window, job.ground, margin_m)
    middle = np.array([np.mean(ground.east_m), np.mean(ground.north_m)])
    near.sort(key=lambda k: float(np.hypot(*(job.frames[k].pose.center_m[:2] - middle))))
    total = TileSum.empty((window.height, window.width))
    for k in near:
        frame = job.frames[k]
        part = boxes[k].part_of(window)
        add_frame(total, ground, frame.load(), frame.pose, job.camera, k, job.blend, part)
    drawn = bands(total, job.alone_sigma_K)
    if job.cover is not None:
        drawn[0] = job.cover.corrected(drawn[0], job.place, window)
    return drawn, seam_steps(total)


def _margin_m(ground: Ground, lowest_m: float) -> float:
    """How far a roof at the top can hide ground: its height times the steepest sight line, at most 60 m."""
    top = ground.top_m
    if top is None:
        return 0.0
    return float(np.clip((top - lowest_m) * 0.8, 5.0, 60.0))


def bands(total: TileSum, alone_sigma_K: float) -> NDArray[np.float32]:
    """Temperature, count, sigma and source frame (4, rows, columns), NaN where no frame was seen.

    Sigma is the weighted spread of the frames about their mean, never less than `alone_sigma_K` divided by
    the root of their number.
    """
    seen = total.count > 0
    weight = np.where(seen, total.weight, np.nan)
    mean = total.weighted / weight
    spread = np.sqrt(np.maximum(total.squared / weight - mean**2, 0.0))
    count = np.where(seen, total.count, np.nan)
    sigma = np.maximum(spread, alone_sigma_K / np.sqrt(count))
    source = np.where(seen, total.best_frame + 1.0, np.nan)
    return np.stack([mean, count, sigma, source]).astype(np.float32)


def seam_steps(total: TileSum) -> NDArray[np.int64]:
    """Histogram of |heaviest - second frame| in K at pixels where the heaviest frame changes."""
    best = total.best_frame
    change = np.zeros(best.shape, bool)
    change[:, :-1] |= (best[:, 1:] != best[:, :-1]) & (best[:, 1:] != NO_FRAME)
    change[:-1] |= (best[1:] != best[:-1]) & (best[1:] != NO_FRAME)
    change &= (best != NO_FRAME) & (total.second_weight > 0)
    steps = np.abs(total.best_value - total.second_value)[change]
    index = np.clip((steps / _SEAM_BINS_K[1]).astype(int), 0, len(_SEAM_BINS_K) - 1)
    return np.bincount(index, minlength=len(_SEAM_BINS_K)).astype(np.int64)


def _result(tally: _Tally, grid: GeoGrid) -> MosaicResult:
    total = int(tally.seam.sum())
    p95 = None
    if total:
        p95 = float(
            _SEAM_BINS_K[int(np.searchsorted(np.cumsum(tally.seam), 0.95 * total))] + _SEAM_BINS_K[1] / 2
        )
    nothing: FloatArray = np.array([np.nan])
    return MosaicResult(
        seam_p95_K=p95,
        covered=tally.covered / (grid.shape[0] * grid.shape[1]),
        coldest_C=float(np.median(tally.low or nothing)),
        hottest_C=float(np.median(tally.high or nothing)),
    )
