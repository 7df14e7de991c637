"""Tiles of before: those of a stopped run, and those of the finished map, moved as they are."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine

from gis.cog import BLOCK_PX, BlockKey
from gis.grid import GeoGrid
from gis.tiffblocks import Level, read_levels
from thermal.drawing import SEAM_BINS
from thermal.work.record import Drawing, FrameFacts, FrameKey, origin_of
from thermal.work.shelf import Shelf, dense, sparse
from thermal.work.unit import WARMTH_BINS, TileProduct, TileTask

_FORM = 2


@dataclass(frozen=True, slots=True, eq=False)
class TileRecord:
    """A tile of before: how to get it, with the check sum it must have, and what it was `drawn` from."""

    task: TileTask
    mark: int
    seam: list[list[int]]
    warmth: list[list[int]]
    drawn: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class MapBefore:
    """What is known of the map as it was.

    Its grid, blocks along a tile's side, how each frame was drawn last, the records of the tiles that stand
    in the finished map, and what its user had chosen (`Drawing.wishes`).
    """

    grid: GeoGrid
    blocks: int
    frames: Mapping[FrameKey, FrameFacts]
    tiles: tuple[TileRecord, ...]
    wishes: str


def known_before(shelf: Shelf) -> MapBefore | None:
    """What a stopped run was about, and the map of before; None for a new map."""
    finished = read_record(record_path(shelf.map_path)) if shelf.map_path.is_file() else None
    stopped = read_record(_run_path(shelf))
    if stopped is None:
        return finished
    return stopped if finished is None else replace(stopped, tiles=finished.tiles)


def record_path(map_path: Path) -> Path:
    """The file beside a map that says what each tile was drawn from."""
    return map_path.with_suffix(".tiles.gz")


def _run_path(shelf: Shelf) -> Path:
    return shelf.folder / "run.gz"


def begin_record(shelf: Shelf, drawing: Drawing, blocks: int) -> None:
    """Say in the work folder what is being drawn."""
    shelf.write(_run_path(shelf), _record(drawing, blocks, []))


def write_record(shelf: Shelf, drawing: Drawing, blocks: int) -> None:
    """Say beside the finished map what each tile was drawn from."""
    tiles = [
        {
            "tile": [t.task.row, t.task.col], "mark": t.mark, "seam": sparse(t.seam),
            "warmth": sparse(t.warmth), "drawn": t.drawn,
        }
        for t in shelf.tiles.values()
    ]  # fmt: skip
    shelf.write(record_path(shelf.map_path), _record(drawing, blocks, tiles))


def _record(drawing: Drawing, blocks: int, tiles: list[dict[str, Any]]) -> bytes:
    told = {
        "form": _FORM, "grid": _grid_plain(drawing.grid), "blocks": blocks, "wishes": drawing.wishes,
        "frames": [f.plain for f in drawing.frames], "tiles": tiles,
    }  # fmt: skip
    return gzip.compress(json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode(), 5, mtime=0)


def read_record(path: Path) -> MapBefore | None:
    """A record; None where there is none, or none that can be used."""
    try:
        told = json.loads(gzip.decompress(path.read_bytes()))
        if told["form"] != _FORM:
            return None
        blocks = int(told["blocks"])
        frames = [FrameFacts.read(f) for f in told["frames"]]
        tiles = tuple(
            TileRecord(
                TileTask(t["tile"][0], t["tile"][1], blocks), t["mark"], t["seam"], t["warmth"], t["drawn"]
            )
            for t in told["tiles"]
        )
        return MapBefore(
            _grid_of(told["grid"]), blocks, {f.key: f for f in frames}, tiles, str(told["wishes"])
        )
    except (OSError, EOFError, KeyError, TypeError, ValueError):
        return None


def _grid_plain(grid: GeoGrid) -> dict[str, Any]:
    t = grid.transform
    return {"crs": grid.crs, "transform": [t.a, t.b, t.c, t.d, t.e, t.f], "shape": list(grid.shape)}


def _grid_of(plain: Mapping[str, Any]) -> GeoGrid:
    rows, cols = plain["shape"]
    return GeoGrid(plain["crs"], Affine(*plain["transform"]), (int(rows), int(cols)))


def grown(grid: GeoGrid, before: MapBefore) -> GeoGrid:
    """The smallest grid over both whose tiles fall on the tiles of before; `grid` where the pixels differ."""
    old = before.grid
    if (old.crs, round(old.pixel_m, 9)) != (grid.crs, round(grid.pixel_m, 9)):
        return grid
    pixel, side = old.pixel_m, before.blocks * BLOCK_PX
    left, bottom, right, top = (
        f(a, b) for f, a, b in zip((min, min, max, max), old.bounds, grid.bounds, strict=True)
    )
    cols_before = int(np.ceil(round((old.transform.c - left) / pixel / side, 6))) * side
    rows_before = int(np.ceil(round((top - old.transform.f) / pixel / side, 6))) * side
    x, y = old.transform.c - cols_before * pixel, old.transform.f + rows_before * pixel
    shape = (round((y - bottom) / pixel), round((right - x) / pixel))
    return GeoGrid(old.crs, Affine(pixel, 0.0, x, 0.0, -pixel, y), shape)


def moved_to(task: TileTask, origin: list[float], grid: GeoGrid) -> TileTask | None:
    """The number in `grid` of a tile that counts from another origin; None where it falls between tiles."""
    here, side = origin_of(grid), task.blocks * BLOCK_PX * grid.pixel_m
    rows, cols = (here[1] - origin[1]) / side, (origin[0] - here[0]) / side
    if max(abs(rows - round(rows)), abs(cols - round(cols))) > 1e-6:
        return None
    return TileTask(task.row + round(rows), task.col + round(cols), task.blocks)


def renumbered(blocks: Mapping[BlockKey, bytes], was: TileTask, now: TileTask) -> dict[BlockKey, bytes]:
    """A tile's blocks under the numbers they have in another grid."""
    out = {}
    for key, data in blocks.items():
        side = was.blocks >> key.level
        out[
            BlockKey(key.level, key.row + (now.row - was.row) * side, key.col + (now.col - was.col) * side)
        ] = data
    return out


def from_map(map_path: Path, records: Mapping[TileTask, TileRecord]) -> Iterator[tuple[TileProduct, Any]]:
    """Tiles of the finished map as they are, each under its new number; damaged ones are left out."""
    with map_path.open("rb") as file:
        try:
            levels = read_levels(file)
        except ValueError:
            return
        for now, record in records.items():
            blocks = renumbered(_blocks(file, levels, record.task), record.task, now)
            seam, warmth = dense(record.seam, SEAM_BINS), dense(record.warmth, WARMTH_BINS)
            product = TileProduct(now, blocks, seam, warmth)
            if product.mark == record.mark:
                yield product, record.drawn


def _blocks(file: Any, levels: list[Level], task: TileTask) -> dict[BlockKey, bytes]:
    out = {}
    for number, level in enumerate(levels[: task.levels]):
        side = task.blocks >> number
        for r in range(task.row * side, (task.row + 1) * side):
            for c in range(task.col * side, (task.col + 1) * side):
                data = level.block(file, r, c)
                if data:
                    out[BlockKey(number, r, c)] = data
    return out
