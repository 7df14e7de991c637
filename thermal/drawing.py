"""Drawing one tile of the map: a pure function of what the job says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from gis.grid import Window
from thermal.frame import CelsiusArray
from thermal.ground import Ground
from thermal.groundcover import CoverCorrection
from thermal.ortho import NO_FRAME, BlendParams, TileSum, add_frame
from thermal.pose import CameraPose
from thermal.tiles import FrameBox, MapPlace, frame_box

BANDS = (("temperature", "degC"), ("count", "1"), ("sigma", "K"), ("source frame", "1"))
SEAM_STEP_K = 0.02
SEAM_BINS = 1001


@dataclass(frozen=True, slots=True)
class PlacedFrame:
    """A frame ready to be drawn: its final pose, and a way to get its corrected temperatures.

    `load` must be picklable (a frozen dataclass with `__call__`) where tiles are drawn in other processes,
    and gives float32 (height, width) degrees Celsius, NaN where unknown.
    """

    pose: CameraPose
    load: Callable[[], CelsiusArray]


@dataclass(frozen=True, slots=True)
class JobPlan:
    """What is the same for all tiles: each frame's `boxes` and number in the map's source band.

    Ground up to `margin_m` around a tile may hide what lies in it.
    """

    boxes: tuple[FrameBox, ...]
    numbers: tuple[int, ...]
    margin_m: float


@dataclass(frozen=True, slots=True)
class MosaicJob:
    """Everything a tile needs; `alone_sigma_K` is the sigma where one frame alone was seen.

    `cover` gives each pixel its own emissivity, after all else. `plan` comes from `planned`.
    """

    frames: Sequence[PlacedFrame]
    camera: Camera
    ground: Ground
    place: MapPlace
    blend: BlendParams
    alone_sigma_K: float
    cover: CoverCorrection | None = None
    plan: JobPlan | None = None


@dataclass(frozen=True, slots=True)
class Tile:
    """A drawn tile: float32 `bands` (4, rows, columns), NaN where no frame reaches.

    `seam` (SEAM_BINS,) int64 counts the steps where the drawn frame changes, by SEAM_STEP_K.
    """

    bands: NDArray[np.float32]
    seam: NDArray[np.int64]


def ground_under(ground: Ground, pose: CameraPose) -> float:
    """Ground height below a camera, 0 where the height model ends."""
    height = float(ground.heights_m(pose.center_m[None, :2])[0])
    return height if np.isfinite(height) else 0.0


def planned(job: MosaicJob) -> MosaicJob:
    """The job with its plan: call it once, before the first tile."""
    if job.plan is not None:
        return job
    lowest_m = min(ground_under(job.ground, f.pose) for f in job.frames) - 5.0
    boxes = tuple(frame_box(f.pose, job.camera, job.place, lowest_m) for f in job.frames)
    margin_m = _margin_m(job.ground, lowest_m)
    return replace(job, plan=JobPlan(boxes, tuple(range(len(job.frames))), margin_m))


def _plan(job: MosaicJob) -> JobPlan:
    if job.plan is None:
        raise ValueError("the job must be planned: call planned(job) first")
    return job.plan


def touching(job: MosaicJob, window: Window) -> list[int]:
    """Places in `job.frames` of the frames that a tile's drawing asks for."""
    return [k for k, box in enumerate(_plan(job).boxes) if box.meets(window)]


def part_of(job: MosaicJob, window: Window) -> MosaicJob:
    """The job with no frames but those the tile asks for, to send elsewhere; the tile is the same."""
    plan, near = _plan(job), touching(job, window)
    small = JobPlan(tuple(plan.boxes[k] for k in near), tuple(plan.numbers[k] for k in near), plan.margin_m)
    return replace(job, frames=tuple(job.frames[k] for k in near), plan=small)


def draw_tile(job: MosaicJob, window: Window) -> Tile | None:
    """One tile of a planned job, None where no frame reaches; it needs nothing but its arguments."""
    plan, near = _plan(job), touching(job, window)
    if not near:
        return None
    ground = job.place.ground(window, job.ground, plan.margin_m)
    middle = np.array([np.mean(ground.east_m), np.mean(ground.north_m)])
    near.sort(key=lambda k: float(np.hypot(*(job.frames[k].pose.center_m[:2] - middle))))
    total = TileSum.empty((window.height, window.width))
    for k in near:
        frame = job.frames[k]
        part = plan.boxes[k].part_of(window)
        add_frame(total, ground, frame.load(), frame.pose, job.camera, plan.numbers[k], job.blend, part)
    drawn = bands(total, job.alone_sigma_K)
    if job.cover is not None:
        drawn[0] = job.cover.corrected(drawn[0], job.place, window)
    return Tile(drawn, seam_steps(total))


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
    index = np.clip((steps / SEAM_STEP_K).astype(int), 0, SEAM_BINS - 1)
    return np.bincount(index, minlength=SEAM_BINS).astype(np.int64)
