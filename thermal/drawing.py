"""Drawing one tile of the map: a pure function of what the job says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from gis.grid import Window
from thermal.blend import SEAM_BINS, SEAM_STEP_K, blended, drawn_slots, seam_steps
from thermal.candidates import Candidates, IntArray, Looking, add_frame, may_enter
from thermal.cells import cells_of
from thermal.frame import CelsiusArray
from thermal.ground import Ground
from thermal.groundcover import CoverCorrection
from thermal.lowpass import lowpass
from thermal.ortho import BlendParams, TileGround
from thermal.pose import CameraPose
from thermal.seams import chosen_frames, halo_cells
from thermal.tileground import tile_ground
from thermal.tiles import FrameBox, MapPlace, frame_box

__all__ = [
    "BANDS", "SEAM_BINS", "SEAM_STEP_K", "Guide", "JobPlan", "MosaicJob", "PlacedFrame", "Tile", "draw_tile",
    "far_choice", "gathered", "ground_under", "guide_cells", "part_of", "planned", "touching",
]  # fmt: skip

BANDS = (("temperature", "degC"), ("count", "1"), ("sigma", "K"), ("source frame", "1"))


@dataclass(frozen=True, slots=True)
class PlacedFrame:
    """A frame ready to be drawn: its final pose, and a way to get its corrected temperatures.

    `load` must be picklable (a frozen dataclass with `__call__`) where tiles are drawn in other processes,
    and gives float32 (height, width) degrees Celsius, NaN where unknown.
    """

    pose: CameraPose
    load: Callable[[], CelsiusArray]


@dataclass(frozen=True, slots=True, eq=False)
class Guide:
    """What larger cells chose: frames' numbers, int32 (rows, columns); the first cell at `row`, `col`.

    Cells are counted from the map's corner, those before it are negative.
    """

    row: int
    col: int
    chosen: IntArray

    def part(self, row: int, col: int, rows: int, cols: int) -> IntArray:
        """The cells from (`row`, `col`) on."""
        top, left = row - self.row, col - self.col
        return self.chosen[top : top + rows, left : left + cols]


@dataclass(frozen=True, slots=True)
class JobPlan:
    """What is the same for all tiles: each frame's `boxes` and number in the map's source band.

    Ground up to `margin_m` around a tile may hide what lies in it. `guide`: choices of larger cells, found
    before for many tiles at once; without it each tile finds those that it needs, and they are the same.
    """

    boxes: tuple[FrameBox, ...]
    numbers: tuple[int, ...]
    margin_m: float
    guide: Guide | None = None


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
    """Places in `job.frames` of the frames that may change a tile: they reach it or its surroundings."""
    whole = _cells_to_pixels(
        _grown(guide_cells(window, job.blend), 2, halo_cells(job.blend.far_rounds)), job.blend
    )
    return [k for k, box in enumerate(_plan(job).boxes) if box.meets(whole)]


def part_of(job: MosaicJob, window: Window) -> MosaicJob:
    """The job with no frames but those the tile asks for, to send elsewhere; the tile is the same."""
    plan, near = _plan(job), touching(job, window)
    boxes, numbers = tuple(plan.boxes[k] for k in near), tuple(plan.numbers[k] for k in near)
    small = replace(plan, boxes=boxes, numbers=numbers)
    return replace(job, frames=tuple(job.frames[k] for k in near), plan=small)


def draw_tile(job: MosaicJob, window: Window) -> Tile | None:
    """One tile of a planned job, None where no frame reaches; it needs nothing but its arguments.

    The tile is drawn with as much around it as its choices depend on: a pixel is the same in every tiling.
    """
    plan, params = _plan(job), job.blend
    if not any(box.meets(window) for box in plan.boxes):
        return None
    wide, inner = _with_halo(window, params)
    kept = gathered(job, wide)
    guide = _guide(job, guide_cells(window, params))
    cells = cells_of(kept, params.cell_px, params.slots, guide, params.far)
    first = wide.row // params.cell_px, wide.col // params.cell_px
    chosen = chosen_frames(cells, params, job.alone_sigma_K, first, params.rounds, guide)
    slots = drawn_slots(kept, chosen, params.cell_px)
    drawn = blended(kept, slots, chosen, params, job.alone_sigma_K, inner)
    if job.cover is not None:
        drawn[0] = job.cover.corrected(drawn[0], job.place, window)
    return Tile(drawn, seam_steps(kept, slots, inner))


def _with_halo(window: Window, params: BlendParams) -> tuple[Window, tuple[slice, slice]]:
    """The window with its surroundings, in whole larger cells of the map; and where it lies in them."""
    size = params.cell_px * params.far
    wide = _grown(window, size, -(-halo_cells(params.rounds) // params.far) * size)
    top, left = window.row - wide.row, window.col - wide.col
    return wide, (slice(top, top + window.height), slice(left, left + window.width))


def _grown(window: Window, size: int, halo: int) -> Window:
    """The window in whole cells of `size`, `halo` wider on each side."""
    row, col = ((n // size) * size - halo for n in (window.row, window.col))
    height = -(-(window.row + window.height) // size) * size + halo - row
    width = -(-(window.col + window.width) // size) * size + halo - col
    return Window(row, col, height, width)


def guide_cells(window: Window, params: BlendParams) -> Window:
    """The larger cells that a tile's choices depend on, counted in those."""
    wide, size = _with_halo(window, params)[0], params.cell_px * params.far
    return _grown(Window(*(n // size for n in (wide.row, wide.col, wide.height, wide.width))), 1, 1)


def _cells_to_pixels(cells: Window, params: BlendParams) -> Window:
    size = params.cell_px * params.far
    return Window(cells.row * size, cells.col * size, cells.height * size, cells.width * size)


def _guide(job: MosaicJob, cells: Window) -> IntArray:
    guide = _plan(job).guide
    if guide is not None:
        return guide.part(cells.row, cells.col, cells.height, cells.width)
    return far_choice(job, cells)


def far_choice(job: MosaicJob, cells: Window) -> IntArray:
    """What larger cells choose, int32 (rows, columns): every `far`th pixel of the map is looked at."""
    params = job.blend
    halo = halo_cells(params.far_rounds)
    wide, size = _grown(cells, 2, halo + halo % 2), params.cell_px
    some = Window(wide.row * size, wide.col * size, wide.height * size, wide.width * size)
    found = cells_of(gathered(job, some, params.far), size, params.kept)
    chosen = chosen_frames(found, params, job.alone_sigma_K, (wide.row, wide.col), params.far_rounds)
    return Guide(wide.row, wide.col, chosen).part(cells.row, cells.col, cells.height, cells.width)


def gathered(job: MosaicJob, window: Window, stride: int = 1) -> Candidates:
    """The heaviest frames of each pixel of a window; frames too light everywhere in it are not read.

    Only every `stride`th row and column of the map are taken, and `window` counts in those.
    """
    plan = _plan(job)
    ground = tile_ground(job.place, window, job.ground, plan.margin_m, stride)
    kept = Candidates.empty(ground.shape, job.blend.kept)
    boxes = [box.every(stride) for box in plan.boxes]
    near = [k for k, box in enumerate(boxes) if box.meets(window)]
    for k in _nearest_first(job, near, ground):
        frame = job.frames[k]
        look = Looking(plan.numbers[k], frame.pose, job.camera, boxes[k].part_of(window))
        if may_enter(kept, ground, look, job.blend):
            celsius = frame.load()
            add_frame(kept, ground, look, celsius, lowpass(celsius), job.blend)
    return kept


def _nearest_first(job: MosaicJob, near: Sequence[int], ground: TileGround) -> list[int]:
    """Frames with those above the tile's middle first: the others have less to win."""
    middle = np.array([np.mean(ground.east_m), np.mean(ground.north_m)])
    return sorted(near, key=lambda k: float(np.hypot(*(job.frames[k].pose.center_m[:2] - middle))))


def _margin_m(ground: Ground, lowest_m: float) -> float:
    """How far a roof at the top can hide ground: its height times the steepest sight line, at most 60 m."""
    top = ground.top_m
    if top is None:
        return 0.0
    return float(np.clip((top - lowest_m) * 0.8, 5.0, 60.0))
