"""Drawing a whole map tile by tile: kept tiles first, then whoever draws the others, then one file of all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.files import writable_folder
from gis.cog import CogPlan
from thermal.drawing import BANDS, SEAM_STEP_K, MosaicJob
from thermal.mosaic import MosaicResult, Progress
from thermal.work.assemble import assemble
from thermal.work.executors import Threads, TileExecutor
from thermal.work.guide import with_guide
from thermal.work.record import Drawing, KeepParams
from thermal.work.redraw import MapBefore, begin_record, from_map, moved_to, write_record
from thermal.work.shelf import Shelf, ShelvedTile
from thermal.work.unit import (
    COLDEST_C,
    WARMTH_STEP_K,
    IntArray,
    TileTask,
    make_tile,
    tasks_of,
)


@dataclass(frozen=True, slots=True)
class DrawParams:
    """Who draws, how many blocks a tile has along its side, and when a tile of before is good still."""

    executor: TileExecutor = field(default_factory=Threads)
    blocks: int = 2
    keep: KeepParams = field(default_factory=KeepParams)


def draw_map(
    shelf: Shelf,
    job: MosaicJob,
    drawing: Drawing,
    tags: Mapping[str, str],
    params: DrawParams,
    before: MapBefore | None = None,
    progress: Progress | None = None,
) -> MosaicResult:
    """Draw the planned `job` into a COG at the shelf's map path.

    Tiles finished by a stopped run, or standing in the map of before, are kept when they would come out the
    same. Raises OutputError, and what the executor raises; finished tiles stay on the shelf then.
    """
    writable_folder(shelf.folder)
    with shelf.told_when_full():
        begin_record(shelf, drawing, params.blocks)
    tasks = tasks_of(job.place.grid, params.blocks)
    take_kept(shelf, job, drawing, tasks, params.keep, before)
    kept = len(shelf.tiles)
    missing = [t for t in tasks if t not in shelf.tiles]
    guided = with_guide(job, missing, params.executor)
    for done, (task, product) in enumerate(params.executor.run(make_tile, guided, missing), start=1):
        shelf.put(product, drawing.of_tile(job, task))
        if progress:
            progress("drawing", done, len(missing))
    plan = CogPlan(job.place.grid, BANDS, tags)
    with shelf.told_when_full():
        assemble(shelf.map_path, plan, shelf.tiles)
        write_record(shelf, drawing, params.blocks)
    result = summed(list(shelf.tiles.values()), job, kept)
    shelf.clear()
    return result


def take_kept(
    shelf: Shelf,
    job: MosaicJob,
    drawing: Drawing,
    tasks: list[TileTask],
    params: KeepParams,
    before: MapBefore | None,
) -> None:
    """Put every tile of before that is good still on the shelf."""
    wanted = set(tasks)

    def good(task: TileTask | None, drawn: Any) -> bool:
        return task in wanted and task not in shelf.tiles and drawing.still_holds(job, task, drawn, params)

    for tile in shelf.found():
        if moved_to(tile.task, tile.drawn["origin"], job.place.grid) == tile.task and good(
            tile.task, tile.drawn
        ):
            shelf.keep(tile)
    if before is None or not before.tiles:
        return
    records = {}
    for record in before.tiles:
        task = moved_to(record.task, record.drawn["origin"], job.place.grid)
        if task is not None and good(task, record.drawn):
            records[task] = record
    for product, drawn in from_map(shelf.map_path, records):
        shelf.put(product, {**drawn, "origin": drawing.of_tile(job, product.task)["origin"]})


def summed(tiles: list[ShelvedTile], job: MosaicJob, kept: int) -> MosaicResult:
    """What all tiles together say."""
    grid = job.place.grid
    seam = np.sum([t.seam for t in tiles], axis=0)
    warmth = np.sum([t.warmth for t in tiles], axis=0)
    p95 = _share(seam, 0.95)
    low, high = _share(warmth, 0.005), _share(warmth, 0.995)
    nan = float("nan")
    return MosaicResult(
        seam_p95_K=None if p95 is None else (p95 + 0.5) * SEAM_STEP_K,
        covered=float(warmth.sum()) / (grid.shape[0] * grid.shape[1]),
        coldest_C=nan if low is None else COLDEST_C + low * WARMTH_STEP_K,
        hottest_C=nan if high is None else COLDEST_C + (high + 1) * WARMTH_STEP_K,
        tiles_kept=kept,
        tiles_drawn=len(tiles) - kept,
        seam_counts=tuple(int(n) for n in seam),
    )


def _share(counts: IntArray, share: float) -> int | None:
    """The bin below which `share` of all lies, None where there is nothing."""
    total = int(counts.sum())
    return int(np.searchsorted(np.cumsum(counts), share * total)) if total else None
