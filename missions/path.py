"""What a mission flies, point by point, with heights over home and over the ground."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.geo import Altitude, Datum, FloatArray, LocalFrame, LonLat
from core.wind import CALM, Wind
from gis.terrain import Terrain
from missions.aircraft import Aircraft
from missions.energy import Cost, PathPoint, path_cost
from missions.flightpath import CIRCLE_RADIUS_M, MOST_STEPS, flight_path
from missions.levels import home_elevation_m, up_over_home_m
from missions.model import Command, Mission, MissionItem

RETURN_WAIT_S = 5.0  # ArduCopter waits so long over home before it comes down
LEG_STEP_M = 20.0
RING_CORNERS = 12

__all__ = [
    "FlownPoint", "flown_path", "flown_points", "heights_along", "home_elevation_m", "mission_cost",
    "up_over_home_m",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class FlownPoint:
    """A place a mission flies to.

    `item` is the index in `mission.items` (-1 = home on the ground); `up_m` height over home, None =
    unknown; `on_ground` where it takes off or lands; `speed_ms` the ground speed there; `hold_s` the wait.
    """

    item: int
    place: LonLat
    up_m: float | None
    speed_ms: float
    hold_s: float = 0.0
    on_ground: bool = False


def flown_points(mission: Mission, terrain: Terrain | None = None) -> tuple[FlownPoint, ...]:
    """The mission as flown: home, take-off, every place, and the way down; every jump is followed once."""
    points = [FlownPoint(-1, mission.home.position, 0.0, mission.cruise_ms, on_ground=True)]
    speed = mission.cruise_ms
    for index in _order(mission.items):
        item = mission.items[index]
        if item.command == Command.DO_CHANGE_SPEED and item.params[1] > 0 and item.params[0] in {0.0, 1.0}:
            speed = item.params[1]
        elif item.is_nav:
            points += _points(index, item, points[-1], speed, mission, terrain)
    return tuple(points)


def _order(items: Sequence[MissionItem]) -> Iterator[int]:
    """Items in an order that holds every leg: a jump leads back or on once, then the way past it."""
    taken: set[int] = set()
    index, steps = 0, 0
    while index < len(items):
        target = _jump_target(items, index) if steps < MOST_STEPS and index not in taken else None
        if target is None:
            yield index
            index += 1
        else:
            taken.add(index)
            index = target
        steps += 1


def _jump_target(items: Sequence[MissionItem], index: int) -> int | None:
    """The index that an item jumps to, None where it does not."""
    target, times = items[index].params[0], items[index].params[1]
    jumps = items[index].command == Command.DO_JUMP and 1 <= target <= len(items) and times != 0
    return int(target) - 1 if jumps else None


def _points(
    index: int, item: MissionItem, last: FlownPoint, speed: float, mission: Mission, terrain: Terrain | None
) -> Iterator[FlownPoint]:
    if item.command == Command.NAV_RETURN_TO_LAUNCH:
        home = mission.home.position
        over = replace(last, item=index, place=home, speed_ms=speed, hold_s=RETURN_WAIT_S, on_ground=False)
        yield from (over, replace(over, up_m=0.0, hold_s=0.0, on_ground=True))
        return
    place = item.position or last.place
    up = last.up_m if item.altitude is None else up_over_home_m(place, item.altitude, mission, terrain)
    if item.command == Command.NAV_TAKEOFF:
        yield FlownPoint(index, last.place, up, speed)
    elif item.command in {Command.NAV_LAND, Command.NAV_PAYLOAD_PLACE}:
        ground = up_over_home_m(place, Altitude(0.0, Datum.GROUND), mission, terrain)
        over = FlownPoint(index, place, last.up_m, speed)
        yield from (over, replace(over, up_m=ground, on_ground=True))
        if item.command == Command.NAV_PAYLOAD_PLACE:
            yield over
    elif item.command == Command.NAV_LOITER_TURNS:
        yield from _ring(FlownPoint(index, place, up, speed), item.params[2])
    else:
        yield FlownPoint(index, place, up, speed, _hold_s(item))


def _ring(centre: FlownPoint, radius_m: float) -> Iterator[FlownPoint]:
    """Corners round a circle that lies inside them; 0 is ArduPilot's own radius."""
    radius = abs(radius_m) if math.isfinite(radius_m) and radius_m else CIRCLE_RADIUS_M
    frame, out = LocalFrame(centre.place), radius / math.cos(math.pi / RING_CORNERS)
    for turn in np.linspace(0.0, 2.0 * math.pi, RING_CORNERS + 1):
        yield replace(centre, place=frame.place(out * math.sin(turn), out * math.cos(turn)))


def _hold_s(item: MissionItem) -> float:
    waits = {Command.NAV_WAYPOINT, Command.NAV_LOITER_TIME, Command.NAV_SPLINE_WAYPOINT, Command.NAV_DELAY}
    seconds = item.params[0]
    return seconds if item.command in waits and math.isfinite(seconds) and seconds > 0 else 0.0


def heights_along(
    points: Sequence[FlownPoint], terrain: Terrain, home: LonLat
) -> Iterator[tuple[FlownPoint, FlownPoint, FloatArray]]:
    """For each leg: its ends and its heights over the ground every 20 m or less, metres (NaN = unknown)."""
    frame = LocalFrame(home)
    home_ground = float(terrain.heights_m(*home.xy))
    for a, b in itertools.pairwise(points):
        start, end = frame.point(a.place), frame.point(b.place)
        count = max(1, math.ceil(math.dist(start, end) / LEG_STEP_M))
        share = np.linspace(0.0, 1.0, count + 1)
        lonlat = frame.to_lonlat(np.outer(1 - share, start) + np.outer(share, end))
        ups = [math.nan if p.up_m is None else p.up_m for p in (a, b)]
        ground = terrain.heights_m(lonlat[:, 0], lonlat[:, 1]) - home_ground
        yield a, b, (1 - share) * ups[0] + share * ups[1] - ground


def mission_cost(
    mission: Mission,
    aircraft: Aircraft,
    wind: Wind = CALM,
    *,
    terrain: Terrain | None = None,
    payload_kg: float = 0.0,
    density: float = 1.2,
) -> Cost:
    """Metres, seconds and watt-hours of a whole mission, ground to ground; `payload_kg` until its release.

    An unknown height counts as the one before it. Raises `ValueError` when the wind is too strong.
    """
    path = flight_path(mission, aircraft, terrain)
    return path_cost(path.points, aircraft, wind, payload_kg=path.loads_kg(payload_kg), density=density)


def flown_path(mission: Mission, aircraft: Aircraft, terrain: Terrain | None = None) -> list[PathPoint]:
    """The mission as points for `path_cost`: metres from home, an unknown height as the one before it."""
    return list(flight_path(mission, aircraft, terrain).points)
