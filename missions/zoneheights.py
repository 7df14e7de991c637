"""Floors and ceilings as zone files write them: a number with a datum beside it, or a text: 4 000 ft AGL."""

import math
import re
from dataclasses import dataclass
from typing import Any

from core.geo import Altitude, Datum, LonLat
from gis.geoid import NoGeoidGridError, find_grid, read_grid
from gis.vector import Area

FOOT_M = 0.3048
FEET, METRES = {"ft", "feet", "foot"}, {"m", "meter", "metre", "meters", "metres", "미터"}
_NUMBER = r"([+-]?\d{1,3}(?:[ ,]\d{3})+(?:\.\d+)?|[+-]?\d*\.?\d+(?:e[+-]?\d+)?)"
LOWEST_M, HIGHEST_M = -500.0, 100_000.0
GROUND_WORDS = frozenset({"ground", "gnd", "agl", "sfc", "hei", "지면", "지상", "지표면"})
GEOID_WORDS = frozenset({"geoid", "msl", "amsl", "sea", "alt", "sealevel", "해발", "평균해수면"})
ELLIPSOID_WORDS = frozenset({"ellipsoid", "wgs84", "hae", "타원체"})
PRESSURE_WORDS = frozenset({"fl", "std", "flightlevel", "pressure", "qne"})
UNLIMITED = frozenset({"unl", "unlimited", "unltd", "무한대", "무제한"})
AT_GROUND = frozenset({"sfc", "gnd", "ground", "surface", "지면", "지상", "지표면"})


@dataclass(frozen=True, slots=True)
class Bound:
    """A floor or ceiling: `value_m` over `datum`, or unlimited (None)."""

    altitude: Altitude | None


def parse_bound(which: str, value: Any, unit: str | None, datum: str | None) -> Bound:
    """A floor or ceiling from a number or a text, with the unit and datum written beside it.

    Raises `ValueError` for a height without datum, a flight level, no number, or one out of this world.
    """
    text = str(value).strip()
    bare = text.lower().replace(" ", "")
    if bare in UNLIMITED:
        return Bound(None)
    if bare in AT_GROUND:
        return Bound(Altitude(0.0, Datum.GROUND))
    if re.match(r"fl\s*\d", text.lower()):
        raise ValueError(_pressure(which, text))
    number, words = _split(which, text)
    metres = number * _unit_m(which, words, unit)
    if not (math.isfinite(metres) and LOWEST_M <= metres <= HIGHEST_M):
        raise ValueError(f"{which}_m of {metres:g} is no height in metres")
    return Bound(Altitude(metres, _datum(which, text, words, datum)))


def _split(which: str, text: str) -> tuple[float, list[str]]:
    """The number (thin thousands allowed) and the words after it."""
    found = re.match(_NUMBER + r"\s*(.*)$", text.lower())
    if not found:
        raise ValueError(f"{which}_m must be a number of metres, got {text!r}")
    number = float(re.sub(r"[ ,]", "", found.group(1)))
    return number, re.findall(r"[a-z가-힣0-9]+", found.group(2))


def _unit_m(which: str, words: list[str], unit: str | None) -> float:
    """Metres in the unit."""
    named = next((w for w in words if w in FEET | METRES), None)
    name = (named or unit or "m").strip().lower()
    if name in FEET:
        return FOOT_M
    if name in METRES:
        return 1.0
    if name in PRESSURE_WORDS:
        raise ValueError(_pressure(which, name.upper()))
    raise ValueError(f"{which} unit {name!r} is neither m nor ft")


def _datum(which: str, text: str, words: list[str], beside: str | None) -> Datum:
    names = [*words, *re.findall(r"[a-z가-힣0-9]+", (beside or "").lower())]
    if any(n in PRESSURE_WORDS for n in names):
        raise ValueError(_pressure(which, text))
    for known, datum in (
        (ELLIPSOID_WORDS, Datum.ELLIPSOID), (GROUND_WORDS, Datum.GROUND), (GEOID_WORDS, Datum.GEOID)
    ):  # fmt: skip
        if any(n in known for n in names):
            return datum
    got = beside.strip().lower() if beside and beside.strip() else "nothing"
    raise ValueError(
        f"{which}_m needs {which}_datum ground or geoid (AGL or AMSL), got {got!r}: "
        "without it the height could mean two things"
    )


def _pressure(which: str, text: str) -> str:
    return (
        f"{which} {text} is a pressure height: a drone cannot hold to a flight level; "
        "write it in metres over mean sea level"
    )


def over_sea(altitude: Altitude, area: Area, *, floor: bool) -> Altitude:
    """A height over the ellipsoid as one over mean sea level, at the corner of `area` that closes more air.

    Raises `ValueError` where no geoid grid is found.
    """
    try:
        grid = read_grid(find_grid())
    except NoGeoidGridError as error:
        raise ValueError(f"heights over the ellipsoid need a geoid grid: {error}; {error.hint}") from error
    west, south, east, north = area.bounds
    corners = [(x, y) for x in (west, east) for y in (south, north)]
    heights = [altitude.value_m - grid.undulation_m(LonLat(x, y)) for x, y in corners]
    return Altitude(min(heights) if floor else max(heights), Datum.GEOID)
