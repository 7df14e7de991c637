"""The work folder beside a map: finished tiles, each with what it was drawn from, until the map is whole."""

import contextlib
import errno
import json
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import OutputError
from core.files import write_bytes
from gis.cog import BlockKey
from thermal.drawing import SEAM_BINS
from thermal.work.unit import WARMTH_BINS, IntArray, TileProduct, TileTask

Write = Callable[[Path, bytes], None]
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True, eq=False)
class ShelvedTile:
    """A finished tile in a file: where its blocks lie in it, and their check sum `mark`.

    `drawn`: what it was made from, as plain values.
    """

    path: Path
    task: TileTask
    mark: int
    places: Mapping[BlockKey, tuple[int, int]]
    seam: IntArray
    warmth: IntArray
    drawn: Any

    def block(self, key: BlockKey) -> bytes:
        """A block's bytes."""
        at, size = self.places[key]
        with self.path.open("rb") as file:
            file.seek(at)
            return file.read(size)


def packed(product: TileProduct, drawn: Any) -> tuple[bytes, int]:
    """A tile as a file: one line of JSON, then the blocks; and where they begin."""
    keys = sorted(product.blocks)
    head = {
        "tile": [product.task.row, product.task.col, product.task.blocks],
        "blocks": [[k.level, k.row, k.col, len(product.blocks[k])] for k in keys],
        "mark": product.mark, "seam": sparse(product.seam), "warmth": sparse(product.warmth), "drawn": drawn,
    }  # fmt: skip
    line = json.dumps(head, separators=(",", ":")).encode() + b"\n"
    return line + b"".join(product.blocks[k] for k in keys), len(line)


def _places(sizes: Iterable[tuple[BlockKey, int]], at: int) -> dict[BlockKey, tuple[int, int]]:
    """Where blocks of these sizes lie that follow each other from `at` on."""
    places = {}
    for key, size in sizes:
        places[key] = (at, size)
        at += size
    return places


def sparse(counts: IntArray) -> list[list[int]]:
    """The bins that hold something, as [bin, count]."""
    return [[int(k), int(counts[k])] for k in np.flatnonzero(counts)]


def dense(pairs: list[list[int]], size: int) -> IntArray:
    """`sparse` undone."""
    out = np.zeros(size, np.int64)
    for k, count in pairs:
        out[k] = count
    return out


def opened(path: Path) -> ShelvedTile:
    """A tile's file; raises ValueError when it is damaged."""
    data = path.read_bytes()
    try:
        line, _, body = data.partition(b"\n")
        head = json.loads(line)
        blocks = [(BlockKey(level, row, col), size) for level, row, col, size in head["blocks"]]
        places = _places(blocks, len(line) + 1)
        if sum(size for _, size in blocks) != len(body) or zlib.crc32(body) != head["mark"]:
            raise ValueError(f"{path} is damaged")
        seam, warmth = dense(head["seam"], SEAM_BINS), dense(head["warmth"], WARMTH_BINS)
        return ShelvedTile(path, TileTask(*head["tile"]), head["mark"], places, seam, warmth, head["drawn"])
    except (KeyError, TypeError, IndexError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is damaged") from error


@dataclass(slots=True)
class Shelf:
    """Finished tiles of the map at `map_path`; `write` puts bytes into a file, whole or not at all."""

    map_path: Path
    write: Write = write_bytes
    tiles: dict[TileTask, ShelvedTile] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where the tiles lie while the map is being made."""
        return self.map_path.with_name(f"{self.map_path.name}.work")

    def found(self) -> list[ShelvedTile]:
        """Tiles of a run that was stopped; damaged files are removed."""
        tiles = []
        for path in sorted(self.folder.glob("*.tile")):
            try:
                tiles.append(opened(path))
            except (OSError, ValueError):
                with contextlib.suppress(OSError):
                    path.unlink()
        return tiles

    def put(self, product: TileProduct, drawn: Any) -> None:
        """Keep a drawn tile; raises OutputError when there is no room."""
        path = self.folder / f"{product.task.row:05d}-{product.task.col:05d}.tile"
        with self.told_when_full():
            data, begin = packed(product, drawn)
            self.write(path, data)
        places = _places(((k, len(product.blocks[k])) for k in sorted(product.blocks)), begin)
        self.keep(ShelvedTile(path, product.task, product.mark, places, product.seam, product.warmth, drawn))

    def keep(self, tile: ShelvedTile) -> None:
        """Take over a tile of before that is good still."""
        self.tiles[tile.task] = tile

    @contextlib.contextmanager
    def told_when_full(self) -> Iterator[None]:
        """Turn the system's word for a full disk into ours."""
        try:
            yield
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise OutputError(
                self.map_path, "the disk is full",
                hint=f"make room and run the same command again: {len(self.tiles)} finished tiles wait in "
                f"{self.folder.name}; the map of before is as it was",
            ) from error  # fmt: skip

    def clear(self) -> None:
        """Remove the work folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
