"""The planned path in metres round home, and how far off it a vehicle is."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.geo import LocalFrame, LonLat
from missions.model import Command, Mission, MissionItem

Point = tuple[float, float]
Leg = tuple[Point, Point]

_WAITS = (Command.NAV_WAYPOINT, Command.NAV_SPLINE_WAYPOINT, Command.NAV_LOITER_TIME, Command.NAV_DELAY)


@dataclass(frozen=True, slots=True)
class PlannedPath:
    """Where each item leads, east and north in metres (None: nowhere new), by the vehicle's numbering, home
    first; `waits_s` what each item makes the vehicle wait; `slack_m` how far off an item may mean to fly.
    `returns` are the places a return may end at: home and the rally points, whichever the vehicle finds
    nearest, `returning` the items that return; `landing` is the last item when it lands. `legs` are the
    pieces of path round the current item.
    """

    frame: LocalFrame
    targets: tuple[Point | None, ...]
    waits_s: tuple[float, ...]
    slack_m: tuple[float, ...]
    returns: tuple[Point, ...]
    legs: tuple[Leg, ...]
    returning: frozenset[int]
    landing: int | None = None
    seq: int = 0

    @classmethod
    def of(cls, mission: Mission, *, launched: LonLat | None = None) -> "PlannedPath":
        """The path of a mission that starts at `launched` (by default the plan's home) and returns there."""
        frame = LocalFrame(mission.home.position)
        start = frame.point(launched or mission.home.position)
        items = mission.items
        return cls(
            frame,
            (start, *(_target(item, frame, start) for item in items)),
            (0.0, *(_wait_s(item) for item in items)),
            (0.0, *(_slack_m(item) for item in items)),
            (start, *(frame.point(point.position) for point in mission.rally)),
            ((start, start),),
            returning=frozenset(
                seq for seq, i in enumerate(items, 1) if i.command == Command.NAV_RETURN_TO_LAUNCH
            ),
            landing=_landing(items),
        )

    @property
    def last_seq(self) -> int:
        """The number of the last item."""
        return len(self.targets) - 1

    def wait_s(self, seq: int) -> float:
        """How long item `seq` makes the vehicle stand still."""
        return self.waits_s[seq] if 0 <= seq <= self.last_seq else 0.0

    def place(self, seq: int) -> Point:
        """Where the vehicle is once item `seq` is done."""
        return self._leads(seq)

    def moved(self, old: int, new: int) -> "PlannedPath":
        """The path once item `new` is current: the legs before, to, and after it."""
        before = [self._leads(old, back=1)] if new > old else []
        between = range(old, new + 1) if new > old else (old, new)
        points = [*before, *(self._leads(seq) for seq in between), self._leads(new, ahead=1)]
        legs = list(itertools.pairwise(points))
        if new in self.returning:
            legs += [(points[-3], back) for back in self.returns]
        return replace(self, legs=tuple(dict.fromkeys(legs)), seq=new)

    def _leads(self, seq: int, *, back: int = 0, ahead: int = 0) -> Point:
        """Where the vehicle is once item `seq` is done (or the place `back` before it, `ahead` after it)."""
        seq = max(0, min(seq, self.last_seq))
        if ahead:
            later = (t for t in self.targets[seq + 1 :] if t is not None)
            return next(later, self._leads(seq))
        places = [t for t in self.targets[: seq + 1] if t is not None]
        return places[max(-len(places), -1 - back)]

    def deviation_m(self, east_m: float, north_m: float) -> float:
        """Metres off the path round the current item, horizontally."""
        here = (east_m, north_m)
        slack_m = self.slack_m[self.seq] if self.seq <= self.last_seq else 0.0
        return max(0.0, min(_off_segment(here, a, b) for a, b in self.legs) - slack_m)


def _off_segment(p: Point, a: Point, b: Point) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length2 = dx * dx + dy * dy
    t = 0.0 if length2 == 0 else max(0.0, min(1.0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length2))
    return math.dist(p, (a[0] + t * dx, a[1] + t * dy))


def _target(item: MissionItem, frame: LocalFrame, start: Point) -> Point | None:
    if item.command == Command.NAV_RETURN_TO_LAUNCH:
        return start
    if not item.is_nav or item.position is None:
        return None
    return frame.point(item.position)


def _landing(items: Sequence[MissionItem]) -> int | None:
    last = max((seq for seq, item in enumerate(items, 1) if item.is_nav), default=None)
    lands = last is not None and items[last - 1].command == Command.NAV_LAND
    return last if lands else None


def _wait_s(item: MissionItem) -> float:
    return max(0.0, item.params[0]) if item.command in _WAITS and item.params[0] > 0 else 0.0


def _slack_m(item: MissionItem) -> float:
    if item.command in (Command.NAV_LOITER_TURNS, Command.NAV_LOITER_UNLIM):
        return abs(item.params[2])
    return math.inf if item.command == Command.NAV_SPLINE_WAYPOINT else 0.0
