"""A mission as the path really flown, for time and energy: jumps unrolled, curves, waits, the way down.

Facts of ArduCopter: a waypoint with a wait, or before a return, a landing or a circle, is a stop; a return
climbs to its own height, waits over home and comes down; the last metres are slow; the motors stop a moment
after touching down.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from core.geo import Altitude, Datum, LocalFrame
from gis.terrain import Terrain
from missions.aircraft import Aircraft
from missions.curves import circle, spline
from missions.energy import PathPoint
from missions.levels import up_over_home_m
from missions.model import Command, Mission, MissionItem

FINAL_DESCENT_M = 10.0
MOST_STEPS = 20_000
MOST_TURNS = 255.0  # of one circle; ArduPilot keeps them in a byte
CIRCLE_RADIUS_M = 10.0  # ArduPilot's CIRCLE_RADIUS, where a circle names none
RETURN_CONE = 3.0
FLOWING = frozenset(
    {Command.NAV_WAYPOINT, Command.NAV_LOITER_UNLIM, Command.NAV_LOITER_TIME, Command.NAV_PAYLOAD_PLACE,
     Command.NAV_SPLINE_WAYPOINT}
)  # fmt: skip
WAITING = frozenset(
    {Command.NAV_WAYPOINT, Command.NAV_SPLINE_WAYPOINT, Command.NAV_LOITER_TIME, Command.NAV_DELAY}
)
SETTLING_S = 1.2  # before a load is lowered or a return comes down
RELEASE = 0.0  # p2 of DO_GRIPPER


@dataclass(frozen=True, slots=True)
class Autopilot:
    """How the autopilot returns and lands (ArduPilot's RTL_ALT, RTL_LOIT_TIME, and its land detector)."""

    rtl_alt_m: float = 15.0
    rtl_wait_s: float = 5.0
    touch_down_s: float = 1.2
    place_s: float = 2.0


@dataclass(frozen=True, slots=True)
class FlightPath:
    """The points of a flight, the item that leads to each (-1 = home), and whether the payload is there.

    `bounded` is False where the mission waits or jumps without end: what is here is one round of it.
    """

    points: tuple[PathPoint, ...]
    items: tuple[int, ...]
    loaded: tuple[bool, ...]
    bounded: bool = True

    def loads_kg(self, payload_kg: float) -> list[float]:
        """The payload on each leg."""
        return [payload_kg if has else 0.0 for has in self.loaded[1:]]


def flight_path(
    mission: Mission, aircraft: Aircraft, terrain: Terrain | None = None, autopilot: Autopilot | None = None
) -> FlightPath:
    """What `mission` flies; an unknown height counts as the one before it."""
    writer = _Writer(mission, aircraft, terrain, autopilot or Autopilot())
    steps, bounded = _steps(mission)
    following: MissionItem | None = None
    todo = []
    for index in reversed(steps):
        item = mission.items[index]
        todo.append(_Step(index, item, following))
        following = item if item.is_nav else following
    for step in reversed(todo):
        writer.write(step)
    return FlightPath(tuple(writer.points), tuple(writer.items), tuple(writer.loaded), bounded)


def _steps(mission: Mission) -> tuple[list[int], bool]:
    """The items in the order flown, jumps unrolled, and whether that comes to an end."""
    steps: list[int] = []
    left: dict[int, int] = {}
    index, bounded = 0, True
    while index < len(mission.items) and len(steps) < MOST_STEPS:
        item = mission.items[index]
        if item.command == Command.DO_JUMP:
            times = left.setdefault(index, int(item.params[1]) if math.isfinite(item.params[1]) else 0)
            target = int(item.params[0]) - 1 if math.isfinite(item.params[0]) else -1
            bounded = bounded and times >= 0
            if times > 0 and 0 <= target < len(mission.items):
                left[index] = times - 1
                index = target
                continue
        else:
            steps.append(index)
            bounded = bounded and item.command != Command.NAV_LOITER_UNLIM
        index += 1
    return steps, bounded and len(steps) < MOST_STEPS


@dataclass(frozen=True, slots=True)
class _Step:
    """An item as it is flown, and the next that leads somewhere."""

    index: int
    item: MissionItem
    following: MissionItem | None

    @property
    def flows(self) -> bool:
        """Whether the next place is flown to without a stop here."""
        return self.following is not None and self.following.command in FLOWING

    @property
    def wait_s(self) -> float:
        """How long it waits at its place."""
        seconds = self.item.params[0]
        waits = self.item.command in WAITING and math.isfinite(seconds) and seconds > 0
        return seconds if waits else 0.0


@dataclass(slots=True)
class _Writer:
    """Writes the path item by item."""

    mission: Mission
    aircraft: Aircraft
    terrain: Terrain | None
    autopilot: Autopilot
    points: list[PathPoint] = field(default_factory=list)
    items: list[int] = field(default_factory=list)
    loaded: list[bool] = field(default_factory=list)
    speed_ms: float = 0.0
    has_load: bool = True

    def __post_init__(self) -> None:
        self.speed_ms = self.mission.cruise_ms
        self._add(-1, PathPoint(0.0, 0.0, 0.0, self.aircraft.climb_ms, stop=True))

    @property
    def _frame(self) -> LocalFrame:
        return LocalFrame(self.mission.home.position)

    @property
    def _last(self) -> PathPoint:
        return self.points[-1]

    def _add(self, index: int, *points: PathPoint) -> None:
        for point in points:
            self.points.append(point)
            self.items.append(index)
            self.loaded.append(self.has_load)

    def write(self, step: _Step) -> None:
        """One item."""
        item = step.item
        if item.command == Command.DO_CHANGE_SPEED and item.params[1] > 0 and item.params[0] in {0.0, 1.0}:
            self.speed_ms = item.params[1]
        elif item.command == Command.DO_GRIPPER and item.params[1] == RELEASE:
            self.has_load = False
        elif item.is_nav:
            self._nav(step)

    def _nav(self, step: _Step) -> None:
        special: dict[int, Callable[[_Step], None]] = {
            Command.NAV_TAKEOFF: self._take_off,
            Command.NAV_RETURN_TO_LAUNCH: self._return,
            Command.NAV_LAND: self._land,
            Command.NAV_PAYLOAD_PLACE: self._place,
            Command.NAV_LOITER_TURNS: self._turns,
            Command.NAV_SPLINE_WAYPOINT: self._spline,
        }
        special.get(step.item.command, self._straight)(step)

    def _goal(self, item: MissionItem) -> PathPoint:
        """Where an item leads, at the speed in force."""
        last, up = self._last, None
        place = item.position
        if item.altitude is not None:
            where = place or self._frame.place(last.east_m, last.north_m)
            up = up_over_home_m(where, item.altitude, self.mission, self.terrain)
        east, north = self._frame.point(place) if place else (last.east_m, last.north_m)
        return PathPoint(east, north, last.up_m if up is None else up, self.speed_ms)

    def _straight(self, step: _Step) -> None:
        wait = step.wait_s
        goal = replace(self._goal(step.item), hold_s=wait, stop=wait > 0 or not step.flows)
        self._add(step.index, goal)

    def _take_off(self, step: _Step) -> None:
        up = self._goal(step.item).up_m
        last = self._last
        self._add(step.index, PathPoint(last.east_m, last.north_m, up, self.aircraft.climb_ms, stop=True))

    def _land(self, step: _Step) -> None:
        goal = replace(self._goal(replace(step.item, altitude=None)), stop=True)
        if math.dist((goal.east_m, goal.north_m), (self._last.east_m, self._last.north_m)) > 0.1:
            self._add(step.index, goal)
        self._add(step.index, *self._down(self._ground_m(goal)))

    def _ground_m(self, at: PathPoint) -> float:
        place = self._frame.place(at.east_m, at.north_m)
        up = up_over_home_m(place, Altitude(0.0, Datum.GROUND), self.mission, self.terrain)
        return 0.0 if up is None else up

    def _down(self, ground_m: float) -> Iterator[PathPoint]:
        """Down to the ground from the last point, slowly at the end."""
        last, craft = self._last, self.aircraft
        at = replace(last, hold_s=0.0, stop=False, smooth=False)
        if last.up_m > ground_m + FINAL_DESCENT_M:
            yield replace(at, up_m=ground_m + FINAL_DESCENT_M, speed_ms=craft.descent_ms)
        touch = self.autopilot.touch_down_s
        yield replace(at, up_m=ground_m, speed_ms=craft.land_ms, hold_s=touch, smooth=True)

    def _return(self, step: _Step) -> None:
        last, pilot = self._last, self.autopilot
        far = math.hypot(last.east_m, last.north_m)
        up = max(last.up_m, min(pilot.rtl_alt_m, RETURN_CONE * far))
        if up > last.up_m + 0.1:
            above = PathPoint(last.east_m, last.north_m, up, self.aircraft.climb_ms, stop=True)
            self._add(step.index, above)
        home = PathPoint(0.0, 0.0, up, self.aircraft.cruise_ms, pilot.rtl_wait_s + SETTLING_S, stop=True)
        self._add(step.index, home)
        self._add(step.index, *self._down(0.0))

    def _place(self, step: _Step) -> None:
        """A load is lowered at landing speed all the way."""
        goal = replace(self._goal(replace(step.item, altitude=None)), stop=True, hold_s=SETTLING_S)
        self._add(step.index, goal)
        touch = replace(goal, up_m=self._ground_m(goal), speed_ms=self.aircraft.land_ms)
        self._add(step.index, replace(touch, hold_s=self.autopilot.place_s, smooth=True))
        self.has_load = False
        self._add(step.index, replace(goal, speed_ms=self.aircraft.climb_ms, hold_s=0.0))

    def _turns(self, step: _Step) -> None:
        """To the circle's nearest edge, then round it."""
        centre, radius = self._goal(step.item), _finite(step.item.params[2]) or CIRCLE_RADIUS_M
        east, north = self._last.east_m - centre.east_m, self._last.north_m - centre.north_m
        far = math.hypot(east, north)
        share = abs(radius) / far if far > 1e-6 else 0.0
        north_of = abs(radius) if far <= 1e-6 else 0.0
        edge = (centre.east_m + east * share, centre.north_m + north * share + north_of, centre.up_m)
        self._add(step.index, replace(centre, east_m=edge[0], north_m=edge[1], stop=True))
        turns = min(MOST_TURNS, max(0.0, _finite(step.item.params[0])))
        middle = (centre.east_m, centre.north_m)
        round_it = circle(middle, edge, turns, radius, self.speed_ms, self.aircraft.accel_ms2)
        if turns > 0:
            self._add(step.index, *round_it[:-1], replace(round_it[-1], stop=True))

    def _spline(self, step: _Step) -> None:
        goal, start, through = self._goal(step.item), self._last, step.wait_s <= 0 and step.flows
        before = next((p for p in reversed(self.points[:-1]) if not p.smooth), start)
        if start.stop or start.hold_s > 0:
            before = start
        four = [(p.east_m, p.north_m, p.up_m) for p in (before, start, goal, self._after(goal, step))]
        curve = spline(four, self.speed_ms, self.aircraft.accel_ms2, through=through)
        self._add(step.index, *curve[:-1], replace(curve[-1], hold_s=step.wait_s, stop=not through))

    def _after(self, goal: PathPoint, step: _Step) -> PathPoint:
        """Where the curve leads on to, the goal itself where it ends."""
        if step.following is None or step.wait_s > 0 or not step.flows:
            return goal
        then = self._goal(step.following)
        return goal if step.following.position is None else then


def _finite(value: float) -> float:
    """A parameter of an item, 0 where it is left to the vehicle."""
    return value if math.isfinite(value) else 0.0
