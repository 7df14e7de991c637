"""What larger cells choose, found once for many tiles: their surroundings are wide, and shared that way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gis.grid import Window
from thermal.candidates import NO_FRAME, IntArray
from thermal.drawing import Guide, MosaicJob, far_choice, guide_cells
from thermal.work.executors import TileExecutor
from thermal.work.unit import TileTask

_SIDE = 256  # larger cells along a piece of work: 4096 pixels of the map


@dataclass(frozen=True, slots=True, order=True)
class FarTask:
    """A piece of the map in larger cells: first row and column, and how many."""

    row: int
    col: int
    height: int
    width: int


def with_guide(job: MosaicJob, tiles: Sequence[TileTask], executor: TileExecutor) -> MosaicJob:
    """The planned `job` with the choices of larger cells that `tiles` depend on."""
    if job.plan is None or len(tiles) < 2:
        return job
    asked = [guide_cells(t.window(job.place.grid), job.blend) for t in tiles]
    row, col = min(w.row for w in asked), min(w.col for w in asked)
    rows, cols = max(w.row + w.height for w in asked) - row, max(w.col + w.width for w in asked) - col
    guide = Guide(row, col, np.full((rows, cols), NO_FRAME, np.int32))
    tasks = [t for t in _pieces(row, col, rows, cols) if any(_meets(t, w) for w in asked)]
    for task, chosen in executor.run(_choose, job, tasks):
        top, left = task.row - row, task.col - col
        guide.chosen[top : top + task.height, left : left + task.width] = chosen
    return replace(job, plan=replace(job.plan, guide=guide))


def _choose(job: MosaicJob, task: FarTask) -> IntArray:
    return far_choice(job, Window(task.row, task.col, task.height, task.width))


def _pieces(row: int, col: int, rows: int, cols: int) -> Iterator[FarTask]:
    for r in range(row, row + rows, _SIDE):
        for c in range(col, col + cols, _SIDE):
            yield FarTask(r, c, min(_SIDE, row + rows - r), min(_SIDE, col + cols - c))


def _meets(task: FarTask, window: Window) -> bool:
    return (
        task.row < window.row + window.height
        and window.row < task.row + task.height
        and task.col < window.col + window.width
        and window.col < task.col + task.width
    )
