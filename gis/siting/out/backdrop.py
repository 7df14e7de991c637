"""A user's map tiles below everything else: as many as the page can carry."""

from pathlib import Path
from typing import Any

from gis.siting.model import SitingResult
from gis.tiles import Picked, TileArea, is_tiles, open_tiles, pick_tiles, vector_layers
from gis.tiles.archive import VECTOR
from gis.webmap import WebMap
from gis.webmap.pictures import data_uri

MOST_TILE_BYTES = 6_000_000
SPARE_BYTES = 200_000


def tile_files(result: SitingResult) -> list[Path]:
    """The files of tiles among the backgrounds."""
    return [path for path in result.inputs.background if is_tiles(path)]


def vector_tile_frames(result: SitingResult, area: TileArea) -> dict[str, Any]:
    """The layers of files of vector tiles, as frames in the heat map's system."""
    out: dict[str, Any] = {}
    for path in tile_files(result):
        with open_tiles(path) as archive:
            kind = archive.kind
        if kind == VECTOR:
            layers = vector_layers(path, area)
            out |= {f"{path.stem} {name}": frame.to_crs(result.heat.crs) for name, frame in layers.items()}
    return out


def add_tiles(page: WebMap, result: SitingResult, area: TileArea, room_bytes: int) -> list[str]:
    """Put picture tiles into the page, at most `room_bytes` of them; what was left out, a line a file."""
    said = []
    room = min(room_bytes - SPARE_BYTES, MOST_TILE_BYTES)
    for path in tile_files(result):
        with open_tiles(path) as archive:
            if archive.kind == VECTOR:
                continue
            picked = pick_tiles(archive, area, room)
        said += _said(path, picked)
        if picked.tiles:
            uris = {at: data_uri(data, picked.kind) for at, data in picked.tiles.items()}
            bounds = (area.west, area.south, area.east, area.north)
            page.add_tiles(uris, bounds, name=path.stem, size_px=_size_px(next(iter(picked.tiles.values()))))
            room -= picked.bytes_in_page
    return said


def _said(path: Path, picked: Picked) -> list[str]:
    if not picked.tiles and picked.left_out is None:
        return [f"map: {path.name} holds no tile of this area"]
    if picked.left_out is None:
        return []
    first, last = picked.left_out
    return [f"map: zoom {first} to {last} of {path.name} left out, so that the page stays below 10 MB"]


def _size_px(tile: bytes) -> int:
    """Pixels a tile is wide: 256, or 512 for sharp ones."""
    import io

    from PIL import Image

    with Image.open(io.BytesIO(tile)) as picture:
        return 512 if picture.width >= 512 else 256
