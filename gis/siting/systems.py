"""Coordinate systems of Korean files: which one the numbers fit, and whether the one named can be true."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

KOREA = (124.0, 32.5, 132.0, 39.0)  # west, south, east, north

# (code, x low, x high, y low, y high): where South Korea lies in each system
KOREAN_SYSTEMS = (
    ("EPSG:4326", 124.0, 132.0, 32.5, 39.0),
    ("EPSG:5179", 700_000, 1_450_000, 1_350_000, 2_150_000),
    ("EPSG:3857", 13_800_000, 14_700_000, 3_800_000, 4_750_000),
    ("EPSG:5186", 50_000, 400_000, 480_000, 720_000),
    ("EPSG:5174 or EPSG:5181", 50_000, 400_000, 50_000, 480_000),
)
TRIED = ("EPSG:5186", "EPSG:5179", "EPSG:5174", "EPSG:5181", "EPSG:4326", "EPSG:3857")


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A file that says `said` although its numbers can only be `likely`."""

    said: str
    likely: str


def likely_crs(bounds: Sequence[float]) -> str | None:
    """The Korean coordinate system whose range holds (left, bottom, right, top), or None."""
    left, bottom, right, top = (float(v) for v in bounds)
    for name, x0, x1, y0, y1 in KOREAN_SYSTEMS:
        if x0 <= left <= right <= x1 and y0 <= bottom <= top <= y1:
            return name
    return None


def contradiction(crs: Any, bounds: Sequence[float]) -> Contradiction | None:
    """What is wrong when the numbers lie outside Korea in `crs` (pyproj) but inside it in another system.

    Degrees beyond 180 and 90 contradict any system of degrees, whatever else they may be.
    """
    numbers = [float(v) for v in bounds]
    if crs.is_geographic and not _degrees(numbers):
        return Contradiction(crs.to_string(), likely_crs(numbers) or "metres of some map grid")
    likely = likely_crs(numbers)
    if likely is None or touches_korea(in_degrees(crs.to_string(), numbers)):
        return None
    return Contradiction(crs.to_string(), likely)


def in_degrees(crs: str, bounds: Sequence[float]) -> tuple[float, float, float, float] | None:
    """A box of `crs` as (west, south, east, north) in degrees; None where it has no place there."""
    import math

    from gis.crs import change_between

    try:
        left, bottom, right, top = bounds
        box = change_between(crs, "EPSG:4326").transform_bounds(left, bottom, right, top)
    except Exception:  # noqa: BLE001  # PROJ has many ways to say that numbers are out of its range
        return None
    west, south, east, north = (float(v) for v in box)
    return (west, south, east, north) if all(map(math.isfinite, (west, south, east, north))) else None


def fitting_systems(bounds: Sequence[float], target: Sequence[float], target_crs: str) -> list[str]:
    """Which of the Korean systems would put `bounds` onto `target` (a box in `target_crs`)."""
    wanted = in_degrees(target_crs, target)
    if wanted is None:
        return []
    boxes = {name: in_degrees(name, bounds) for name in TRIED if _possible(name, bounds)}
    return [name for name, box in boxes.items() if box is not None and _meet(box, wanted)]


def _possible(name: str, bounds: Sequence[float]) -> bool:
    return name != "EPSG:4326" or _degrees(bounds)


def _degrees(bounds: Sequence[float]) -> bool:
    west, south, east, north = bounds
    return west >= -180 and east <= 360 and south >= -90 and north <= 90


def touches_korea(box: Sequence[float] | None) -> bool:
    """Whether a box of degrees reaches South Korea."""
    return box is not None and _meet(box, KOREA)


def _meet(a: Sequence[float], b: Sequence[float]) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]
