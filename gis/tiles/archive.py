"""One file of tiles, whichever its format; and the layers of one that holds vectors."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from core.errors import BadFileError
from gis.tiles.place import TileArea

VECTOR = "application/x-protobuf"
MOST_VECTOR_TILES = 64


class Archive(Protocol):
    """Tiles by (zoom, column, row from the north).

    `kind` is their media type, `VECTOR` for Mapbox vector tiles; `zooms` the lowest and highest held.
    """

    kind: str
    zooms: tuple[int, int]
    attribution: str

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """One tile as it is stored, unpacked where the file packs pictures; None where there is none."""
        ...


@contextmanager
def open_tiles(path: Path) -> Iterator[Archive]:
    """Open an MBTiles or PMTiles file; raises `BadFileError` naming it."""
    from gis.tiles.mbtiles import MbTiles
    from gis.tiles.pmtiles import PmTiles

    path = Path(path)
    opened: MbTiles | PmTiles = PmTiles(path) if path.suffix.lower() == ".pmtiles" else MbTiles(path)
    try:
        yield opened
    finally:
        opened.close()


def vector_layers(path: Path, area: TileArea) -> dict[str, Any]:
    """The layers of a file of vector tiles within `area`, as GeoDataFrames with geometry alone.

    Read at the highest zoom that needs no more than some dozen tiles.
    """
    import geopandas as gpd
    import pyogrio
    from pyogrio.errors import DataSourceError

    with open_tiles(path) as archive:
        low, high = archive.zooms
    zoom = max((z for z in range(low, high + 1) if area.count(z) <= MOST_VECTOR_TILES), default=low)
    box = tuple(gpd.GeoSeries.from_wkt([_box_wkt(area)], crs="EPSG:4326").to_crs("EPSG:3857").total_bounds)
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(path)]
        frames = {
            name: pyogrio.read_dataframe(path, layer=name, bbox=box, columns=[], ZOOM_LEVEL=zoom)
            for name in names
        }
    except (DataSourceError, ValueError) as error:
        raise BadFileError(path, f"holds vector tiles that cannot be read ({error})") from error
    return {name: frame for name, frame in frames.items() if len(frame)}


def _box_wkt(area: TileArea) -> str:
    w, s, e, n = area.west, area.south, area.east, area.north
    return f"POLYGON (({w} {s}, {e} {s}, {e} {n}, {w} {n}, {w} {s}))"
