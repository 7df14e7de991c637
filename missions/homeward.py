"""How far along a path a vehicle can go and still come home with its reserve."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.wind import CALM, Wind
from missions.aircraft import Aircraft
from missions.energy import Loads, PathPoint, leg_costs, path_cost
from missions.windprofile import WindProfile

STEPS = 16  # of a leg, before the crossing is halved in on
HALVINGS = 20


@dataclass(frozen=True, slots=True)
class Home:
    """Where a return leads (east, north in metres) and the least height it is flown at."""

    east_m: float = 0.0
    north_m: float = 0.0
    rtl_alt_m: float = 15.0


@dataclass(frozen=True, slots=True)
class NoReturn:
    """The furthest place from which the way home still leaves the reserve.

    `leg` counts from 0 and `share` is the share of it flown; `along_m` over the ground from the start;
    `spare_Wh` is what a return from there leaves over the reserve. `past_end` where the whole path is safe.
    """

    leg: int
    share: float
    along_m: float
    spare_Wh: float
    past_end: bool


def return_Wh(
    at: PathPoint,
    home: Home,
    aircraft: Aircraft,
    wind: Wind | WindProfile = CALM,
    *,
    payload_kg: float = 0.0,
    density: float = 1.225,
) -> float:
    """What the straight way home takes: up to the return's height, across, down. Raises `ValueError`."""
    up = max(at.up_m, home.rtl_alt_m)
    way = [
        PathPoint(at.east_m, at.north_m, at.up_m, aircraft.cruise_ms, stop=True),
        PathPoint(at.east_m, at.north_m, up, aircraft.climb_ms, stop=True),
        PathPoint(home.east_m, home.north_m, up, aircraft.cruise_ms, stop=True),
        PathPoint(home.east_m, home.north_m, min(up, 10.0), aircraft.descent_ms),
        PathPoint(home.east_m, home.north_m, 0.0, aircraft.land_ms, smooth=True),
    ]
    return path_cost(way, aircraft, wind, payload_kg=payload_kg, density=density).energy_Wh


def point_of_no_return(
    points: Sequence[PathPoint],
    aircraft: Aircraft,
    wind: Wind | WindProfile = CALM,
    *,
    home: Home | None = None,
    payload_kg: Loads = 0.0,
    density: float = 1.225,
) -> NoReturn:
    """The last place along `points` before a return no longer keeps the reserve, in wind, with the load held.

    A place from which the wind lets nobody home counts as beyond it. Raises `ValueError` when a leg itself
    cannot be flown.
    """
    home = home or Home()
    count = len(points) - 1
    loads = [payload_kg] * count if isinstance(payload_kg, int | float) else list(payload_kg)
    costs = leg_costs(points, aircraft, wind, payload_kg=loads, density=density)
    used, along = 0.0, 0.0

    def spare(leg: int, share: float) -> float:
        here = _between(points[leg], points[leg + 1], share)
        left = aircraft.flyable_Wh - used - share * costs[leg].energy_Wh
        try:
            return left - return_Wh(here, home, aircraft, wind, payload_kg=loads[leg], density=density)
        except ValueError:
            return -math.inf

    last = -math.inf
    for leg in range(count):
        good = 0.0
        for step in range(1, STEPS + 1):
            share = step / STEPS
            last = spare(leg, share)
            if last < 0.0:
                good = _crossing(spare, leg, good, share)
                return NoReturn(leg, good, along + good * costs[leg].distance_m, spare(leg, good), False)
            good = share
        used += costs[leg].energy_Wh
        along += costs[leg].distance_m
    return NoReturn(max(0, count - 1), 1.0, along, last, True)


def _crossing(spare: Callable[[int, float], float], leg: int, good: float, bad: float) -> float:
    for _ in range(HALVINGS):
        middle = (good + bad) / 2.0
        good, bad = (middle, bad) if spare(leg, middle) >= 0.0 else (good, middle)
    return good


def _between(a: PathPoint, b: PathPoint, share: float) -> PathPoint:
    east, north, up = (
        p + share * (q - p) for p, q in ((a.east_m, b.east_m), (a.north_m, b.north_m), (a.up_m, b.up_m))
    )
    return PathPoint(east, north, up, b.speed_ms)
