"""Heights between their datums (home, ground, sea level, ellipsoid): refused, never guessed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from core.errors import SkyshadeError
from core.geo import Altitude, Datum, LonLat

T = TypeVar("T")

HeightAt = Callable[[LonLat], float]
"""A place to metres; NaN or an error where the source ends is the caller's to raise."""


class UnknownHeightError(SkyshadeError):
    """A conversion whose input is not known: which one, and how to give it."""


@dataclass(frozen=True, slots=True)
class HeightSources:
    """What is known about heights round a flight; None = unknown.

    `home_m`: the take-off point above mean sea level. `ground`: terrain above mean sea level at a place.
    `undulation`: geoid above the WGS84 ellipsoid at a place (about +23 m in Seongnam). All in metres.
    """

    home_m: float | None = None
    ground: HeightAt | None = None
    undulation: HeightAt | None = None

    def convert(self, altitude: Altitude, place: LonLat, to: Datum) -> Altitude:
        """`altitude` at `place`, measured from `to`. Raises `UnknownHeightError` naming what is missing."""
        if altitude.datum is to:
            return altitude
        above_sea = altitude.value_m + self._zero(altitude.datum, place)
        return Altitude(above_sea - self._zero(to, place), to)

    def _zero(self, datum: Datum, place: LonLat) -> float:
        """The height of a datum's zero above mean sea level, in metres."""
        if datum is Datum.GEOID:
            return 0.0
        if datum is Datum.HOME:
            return _known(self.home_m, "the take-off point's height above sea level", "give it, or a DEM")
        if datum is Datum.GROUND:
            return _known(self.ground, "the terrain's height", "give a DEM (--dem FILE)")(place)
        return -_known(self.undulation, "the geoid's height", "give a geoid grid such as egm96_15.gtx")(place)


def _known(value: T | None, what: str, way_out: str) -> T:
    if value is None:
        raise UnknownHeightError(f"{what} is not known", hint=way_out)
    return value
