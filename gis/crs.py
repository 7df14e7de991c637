"""Which map projection a place is drawn in, and checks of the one a user names."""

import functools
import math
from typing import TYPE_CHECKING

from core.errors import SkyshadeError
from core.geo import LonLat

if TYPE_CHECKING:
    from pyproj import CRS, Transformer

KOREA_LON = (124.0, 132.0)
KOREA_LAT = (33.0, 38.7)
KOREA_CENTRAL_BELT = "EPSG:5186"


class CrsError(SkyshadeError):
    """A coordinate reference system that cannot be used for a map in metres."""


def default_crs(place: LonLat) -> str:
    """EPSG:5186 (Korea 2000 / Central Belt 2010) in Korea, else the UTM zone (WGS84) of `place`."""
    if KOREA_LON[0] <= place.lon <= KOREA_LON[1] and KOREA_LAT[0] <= place.lat <= KOREA_LAT[1]:
        return KOREA_CENTRAL_BELT
    zone = min(math.floor((place.lon + 180.0) / 6.0) + 1, 60)
    return f"EPSG:{(32600 if place.lat >= 0 else 32700) + zone}"


def metric_crs(name: str) -> "CRS":
    """The projected CRS in metres that a user names (`EPSG:5186`, WKT, PROJ text); raises `CrsError`."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        crs = CRS.from_user_input(name)
    except CRSError as error:
        raise CrsError(f"unknown coordinate system {name!r}", hint="name it like EPSG:5186") from error
    units = {axis.unit_name for axis in crs.axis_info[:2]}
    if not crs.is_projected or not units <= {"metre", "meter"}:
        raise CrsError(f"{name} ({crs.name}) is not a projected system in metres", hint="try EPSG:5186")
    return crs


@functools.lru_cache(maxsize=32)
def change_between(source: str, target: str) -> "Transformer":
    """The change of coordinates from `source` to `target`, always x (or longitude) first."""
    from pyproj import Transformer

    return Transformer.from_crs(source, target, always_xy=True)
