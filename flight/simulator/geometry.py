"""A local plane round a point on WGS84, in plain arithmetic: the vehicle lives in it.

Horizontal vectors are complex numbers, north + 1j * east in metres: a turn is a multiplication.
"""

import cmath
import math
from dataclasses import dataclass

_SEMI_MAJOR_M = 6378137.0
_ECCENTRICITY_2 = 6.69437999014e-3


def heading(vector: complex) -> float:
    """The direction of a north + 1j * east vector, radians clockwise from north."""
    return cmath.phase(vector)


def towards(angle_rad: float) -> complex:
    """The unit vector of a heading in radians."""
    return cmath.rect(1.0, angle_rad)


def wrap_pi(angle_rad: float) -> float:
    """An angle in radians brought into [-pi, pi)."""
    return (angle_rad + math.pi) % (2.0 * math.pi) - math.pi


def capped(vector: complex, most: float) -> complex:
    """The vector, shortened to length `most` where it is longer."""
    length = abs(vector)
    return vector if length <= most else vector * (most / length)


def _radii_m(lat_rad: float) -> tuple[float, float]:
    """Meridian and prime-vertical radii of curvature at a latitude."""
    w = 1.0 - _ECCENTRICITY_2 * math.sin(lat_rad) ** 2
    prime = _SEMI_MAJOR_M / math.sqrt(w)
    return prime * (1.0 - _ECCENTRICITY_2) / w, prime


@dataclass(frozen=True, slots=True)
class Ground:
    """Geodesic polar coordinates round (`lat`, `lon`) degrees, as north + 1j * east metres.

    Gauss' mid-latitude formulas (Torge, Geodesy): millimetres over five kilometres.
    """

    lat: float
    lon: float

    def to_local(self, lat: float, lon: float) -> complex:
        """Degrees to north + 1j * east metres."""
        d_lat = math.radians(lat - self.lat)
        d_lon = math.radians(lon - self.lon)
        mid = math.radians((lat + self.lat) / 2.0)
        meridian, prime = _radii_m(mid)
        chord = complex(meridian * d_lat * (1.0 - d_lon**2 / 8.0), prime * d_lon * math.cos(mid))
        return chord * towards(-d_lon * math.sin(mid) / 2.0)

    def to_lat_lon(self, place: complex) -> tuple[float, float]:
        """North + 1j * east metres to (latitude, longitude) degrees."""
        here = math.radians(self.lat)
        d_lat = d_lon = 0.0
        for _ in range(4):
            mid = here + d_lat / 2.0
            meridian, prime = _radii_m(mid)
            chord = place * towards(d_lon * math.sin(mid) / 2.0)
            d_lat = chord.real / meridian * (1.0 + d_lon**2 / 8.0)
            d_lon = chord.imag / (prime * math.cos(mid))
        return self.lat + math.degrees(d_lat), self.lon + math.degrees(d_lon)
