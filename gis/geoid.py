"""The geoid above the WGS84 ellipsoid, from a grid that is really there."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import BadFileError, SkyshadeError
from core.geo import FloatArray, LonLat

GRID_NAMES = ("us_nga_egm96_15.tif", "egm96_15.gtx")


class NoGeoidGridError(SkyshadeError):
    """No geoid grid was found; ellipsoid heights stay ellipsoid heights."""


@dataclass(frozen=True, slots=True, eq=False)
class GeoidGrid:
    """Undulations on a regular grid: `metres` (rows north to south, columns west to east), float64.

    `west` and `north` are the centre of the first cell and `step` the spacing, all in degrees.
    """

    metres: FloatArray
    west: float
    north: float
    step: float
    source: str

    def undulation_m(self, place: LonLat) -> float:
        """Geoid minus ellipsoid at `place` in metres, bilinear between the grid's points."""
        return float(self.undulations_m(np.array(place.lon), np.array(place.lat)))

    def undulations_m(self, lon: FloatArray, lat: FloatArray) -> FloatArray:
        """Geoid minus ellipsoid in metres at degrees of shape (...,), bilinear."""
        rows, cols = self.metres.shape
        col = ((lon - self.west) % 360.0) / self.step
        row = np.clip((self.north - lat) / self.step, 0.0, rows - 1.000001)
        c, r = np.floor(col).astype(int), np.floor(row).astype(int)
        u, v = col - c, row - r
        left, right = c % cols, (c + 1) % cols
        upper = self.metres[r, left] * (1 - u) + self.metres[r, right] * u
        lower = self.metres[r + 1, left] * (1 - u) + self.metres[r + 1, right] * u
        found: FloatArray = upper * (1 - v) + lower * v
        return found


def find_grid() -> Path:
    """The EPSG:5773 (EGM96) grid on this machine: `SKYSHADE_GEOID`, else where PROJ keeps its data.

    Raises `NoGeoidGridError` with the way out.
    """
    named = os.environ.get("SKYSHADE_GEOID")
    if named:
        return Path(named)
    for folder in _proj_folders():
        for name in GRID_NAMES:
            if (folder / name).is_file():
                return folder / name
    raise NoGeoidGridError(
        "no geoid grid found", hint="install Debian's proj-data, or name an EGM96 file in SKYSHADE_GEOID"
    )


def _proj_folders() -> list[Path]:
    from pyproj.datadir import get_data_dir

    folders = [Path(p) for p in os.environ.get("PROJ_DATA", "").split(os.pathsep) if p]
    folders += [Path(p) for p in get_data_dir().split(os.pathsep)]
    return [*folders, Path(sys.prefix) / "share" / "proj", Path("/usr/share/proj")]


def read_grid(path: Path) -> GeoidGrid:
    """Read a geoid grid that GDAL knows (GTX, GeoTIFF) in whole degrees WGS84; raises `BadFileError`."""
    import rasterio

    try:
        with rasterio.open(path) as source:
            metres = source.read(1).astype(float)
            transform = source.transform
    except rasterio.errors.RasterioIOError as error:
        raise BadFileError(path, f"is no geoid grid ({error})") from error
    if abs(transform.a + transform.e) > 1e-9 or abs(metres.shape[1] * transform.a - 360.0) > transform.a:
        raise BadFileError(path, "is no world-wide geoid grid", hint="EGM96 or EGM2008 in whole degrees")
    west, north = transform.c + transform.a / 2, transform.f + transform.e / 2
    return GeoidGrid(metres, west, north, transform.a, path.name)
