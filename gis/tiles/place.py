"""Where tiles lie: column, row and zoom of the Web Mercator pyramid, counted from the north-west."""

import math
from dataclasses import dataclass
from pathlib import Path

TILE_FILES = frozenset({".mbtiles", ".pmtiles"})
MOST_LAT = 85.05112878


def is_tiles(path: Path) -> bool:
    """Whether a file's name says that it holds map tiles."""
    return Path(path).suffix.lower() in TILE_FILES


@dataclass(frozen=True, slots=True)
class TileArea:
    """Degrees west, south, east, north on WGS84."""

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        if not (self.west < self.east and self.south < self.north):
            raise ValueError(f"an area must have a width and a height, got {self}")

    def columns(self, zoom: int) -> range:
        """Tile columns that the area touches."""
        return range(_column(self.west, zoom), _column(self.east, zoom) + 1)

    def rows(self, zoom: int) -> range:
        """Tile rows from the north that the area touches."""
        return range(_row(self.north, zoom), _row(self.south, zoom) + 1)

    def count(self, zoom: int) -> int:
        """How many tiles the area touches."""
        return len(self.columns(zoom)) * len(self.rows(zoom))


def _column(lon: float, zoom: int) -> int:
    return _clamped((lon + 180.0) / 360.0 * 2**zoom, zoom)


def _row(lat: float, zoom: int) -> int:
    lat = math.radians(min(max(lat, -MOST_LAT), MOST_LAT))
    return _clamped((1.0 - math.asinh(math.tan(lat)) / math.pi) / 2.0 * 2**zoom, zoom)


def _clamped(at: float, zoom: int) -> int:
    return int(min(max(math.floor(at), 0), 2**zoom - 1))
