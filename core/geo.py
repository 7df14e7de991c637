"""Places on the earth (WGS84) and a local east-north-up frame in metres."""

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from pyproj import Geod, Transformer

FloatArray = NDArray[np.float64]


class Datum(Enum):
    """What an altitude is measured from."""

    HOME = "home"  # the take-off point
    GROUND = "ground"  # the terrain below
    ELLIPSOID = "ellipsoid"  # WGS84
    GEOID = "geoid"  # mean sea level


@dataclass(frozen=True, slots=True)
class Altitude:
    """A height in metres and the datum it is measured from."""

    value_m: float
    datum: Datum

    def __post_init__(self) -> None:
        if not math.isfinite(self.value_m):
            raise ValueError(f"altitude must be finite, got {self.value_m}")


@dataclass(frozen=True, slots=True)
class LonLat:
    """A WGS84 position in degrees (EPSG:4326), longitude first."""

    lon: float
    lat: float

    def __post_init__(self) -> None:
        if not -180.0 <= self.lon <= 180.0:
            raise ValueError(f"longitude must be in [-180, 180], got {self.lon}")
        if not -90.0 <= self.lat <= 90.0:
            raise ValueError(f"latitude must be in [-90, 90], got {self.lat}")

    @property
    def xy(self) -> tuple[float, float]:
        """(longitude, latitude) in degrees."""
        return self.lon, self.lat


@functools.cache
def _wgs84() -> "Geod":
    from pyproj import Geod

    return Geod(ellps="WGS84")


def distance_m(a: LonLat, b: LonLat) -> float:
    """Geodesic distance on WGS84 in metres (Karney 2013, through pyproj)."""
    return float(_wgs84().inv(a.lon, a.lat, b.lon, b.lat)[2])


def bearing_deg(a: LonLat, b: LonLat) -> float:
    """Initial geodesic bearing from `a` to `b`, degrees clockwise from north in [0, 360)."""
    return float(_wgs84().inv(a.lon, a.lat, b.lon, b.lat)[0]) % 360.0


def destination(start: LonLat, bearing: float, metres: float) -> LonLat:
    """The place `metres` from `start` along a geodesic that leaves at `bearing` degrees."""
    lon, lat, _ = _wgs84().fwd(start.lon, start.lat, bearing, metres)
    return LonLat(float(lon), float(lat))


@functools.lru_cache(maxsize=64)
def _to_local(lon: float, lat: float) -> "Transformer":
    from pyproj import Transformer

    local = f"+proj=aeqd +lat_0={lat!r} +lon_0={lon!r} +datum=WGS84 +units=m +no_defs"
    return Transformer.from_crs("EPSG:4326", local, always_xy=True)


@dataclass(frozen=True, slots=True)
class LocalFrame:
    """East and north in metres round `origin`: azimuthal equidistant on WGS84, exact from the origin.

    Over the few kilometres of a flight its scale error stays below 1e-7.
    """

    origin: LonLat

    @property
    def proj4(self) -> str:
        """The frame as a PROJ string, for geopandas and rasterio."""
        return (
            f"+proj=aeqd +lat_0={self.origin.lat!r} +lon_0={self.origin.lon!r} +datum=WGS84 +units=m +no_defs"
        )

    def to_local(self, lon: ArrayLike, lat: ArrayLike) -> FloatArray:
        """Degrees, each of shape (...,), to east-north metres of shape (..., 2), float64."""
        east, north = _to_local(*self.origin.xy).transform(np.asarray(lon, float), np.asarray(lat, float))
        return np.stack([np.asarray(east, float), np.asarray(north, float)], axis=-1)

    def to_lonlat(self, east_north_m: ArrayLike) -> FloatArray:
        """East-north metres (..., 2) to (longitude, latitude) degrees (..., 2), float64."""
        points = np.asarray(east_north_m, float)
        lon, lat = _to_local(*self.origin.xy).transform(points[..., 0], points[..., 1], direction="INVERSE")
        return np.stack([np.asarray(lon, float), np.asarray(lat, float)], axis=-1)

    def point(self, place: LonLat) -> tuple[float, float]:
        """One place as (east, north) metres."""
        east, north = _to_local(*self.origin.xy).transform(float(place.lon), float(place.lat))
        return float(east), float(north)

    def place(self, east_m: float, north_m: float) -> LonLat:
        """The place at (east, north) metres."""
        back = _to_local(*self.origin.xy).transform
        lon, lat = back(float(east_m), float(north_m), direction="INVERSE")
        return LonLat(float(lon), float(lat))


def path_length_m(places: Sequence[LonLat]) -> float:
    """Geodesic length of a polyline in metres."""
    return sum((distance_m(a, b) for a, b in itertools.pairwise(places)), 0.0)
