"""The open air of a depot's lanes: ways round zones, buildings and ground, clear on the way out and back."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely

from core.geo import Altitude, Datum, FloatArray, LonLat, path_length_m
from delivery.buildings import UNKNOWN_HEIGHT, Buildings
from delivery.reasons import Rule
from gis.vector import Area, as_area
from missions.climbs import stations
from missions.closures import Closure, Room, closures
from missions.laneair import LaneAir
from missions.route import TOLERANCE_M, XY, Navigator, NoRouteError, Route, box_round, way_length
from missions.sky import Shapes, Sky, shapes_of

HALVES_M = (
    2000.0,
    4000.0,
    8000.0,
    16_000.0,
    32_000.0,
)  # half sides of the boxes looked at, one after another
ROOM_M = 1000.0
CLEARANCE_M = 12.0  # kept over the ground, two metres more than the rules ask
TRIES = 8  # of going round ground that a grid had not seen


class ClosedError(NoRouteError):
    """No way is open; `rule` says of what kind that is which closes it."""

    def __init__(self, message: str, rule: Rule, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.rule = rule


@dataclass(slots=True)
class OpenAir:
    """Ways in a pair of lanes, `lanes_m` over the ground at the home of `sky`.

    What closes the lanes is worked out once for all ways, in boxes of fixed sizes round home, so that a way
    does not depend on those asked for before it.
    """

    sky: Sky
    lanes_m: tuple[float, float]
    margin_m: float
    buildings: Buildings | None = None
    _boxes: dict[float, LaneAir] = field(default_factory=dict)

    def way(self, start: LonLat, goal: LonLat) -> Route:
        """The shortest way; raises `ClosedError` where none is open."""
        frame = self.sky.frame
        ends = frame.point(start), frame.point(goal)
        found = None
        for half_m in self._halves(ends):
            found = self._in_box(self._box(half_m), ends)
            if found is not None and way_length(found) <= 2.0 * (half_m - _reach_m(ends)):
                break  # none that leaves the box is shorter
        if found is None:
            raise self._closed_off(self._box(half_m), ends)
        places = (start, *(frame.place(*p) for p in found[1:-1]), goal)
        return Route(places, path_length_m(places))

    def _halves(self, ends: tuple[XY, XY]) -> Iterator[float]:
        """Boxes that hold both ends with room round them."""
        room_m = max(ROOM_M, math.dist(*ends))
        least = _reach_m(ends) + room_m / 2.0
        found = [half for half in HALVES_M if half >= least][:3]
        yield from found or HALVES_M[-1:]

    def _box(self, half_m: float) -> LaneAir:
        if half_m not in self._boxes:
            self._boxes[half_m] = self._made(half_m)
        return self._boxes[half_m]

    def _made(self, half_m: float) -> LaneAir:
        """What both lanes leave open; the same closure is named once."""
        box = as_area(box_round(shapely.Point(0.0, 0.0), [(0.0, 0.0)], half_m))
        room = Room(margin_m=self.margin_m, clearance_m=CLEARANCE_M)
        shapes = self._shapes(box)
        lanes = [Altitude(up_m, Datum.HOME) for up_m in self.lanes_m]
        if not shapes.zones:  # what is not clear of ground and buildings in the lower lane is closed in both
            lanes = [min(lanes, key=lambda lane: lane.value_m)]
        closed = [c for lane in lanes for c in closures(shapes, lane, box, room)]
        free = box.difference(shapely.union_all([c.area for c in closed]))
        return LaneAir(min(lanes, key=lambda lane: lane.value_m), box, tuple(closed), box, Navigator(free))

    def _shapes(self, box: Area) -> Shapes:
        if self.buildings is None:
            return shapes_of(self.sky)
        return self.buildings.tall(self.sky, box, min(self.lanes_m))

    def _in_box(self, air: LaneAir, ends: tuple[XY, XY]) -> list[XY] | None:
        """The shortest way in a box; ground nearer than a grid had told is gone round."""
        self._check_ends(air, ends)
        for _ in range(TRIES):
            way = air.navigator.way(*ends)
            low = None if way is None else self._too_low(way)
            if low is None:
                return way
            air = air.without(low)
        raise ClosedError("the ground is too high on every way", Rule.HEIGHT, "choose a higher lane")

    def _too_low(self, way: Sequence[XY]) -> XY | None:
        """The place on a way where the ground comes nearest, if that is too near."""
        sky = self.sky
        if sky.terrain is None:
            return None
        legs = [stations(np.array(a), np.array(b)) for a, b in itertools.pairwise(way)]
        dense: FloatArray = np.vstack(legs)
        over = min(self.lanes_m) - sky.ground_up(dense)
        worst = int(np.argmin(np.where(np.isfinite(over), over, np.inf)))
        if not over[worst] < CLEARANCE_M - 1.0:
            return None
        return float(dense[worst, 0]), float(dense[worst, 1])

    def _check_ends(self, air: LaneAir, ends: tuple[XY, XY]) -> None:
        for which, place in zip(("depot", "point"), ends, strict=True):
            if air.navigator.contains(place):
                continue
            where = shapely.Point(place)
            closure = next((c for c in air.closed if c.area.intersects(where)), None)
            if closure is not None:
                said = f"the {which} lies in or too near {closure.why} at the height of the lanes"
                raise ClosedError(said, rule_of([closure]), _cure(which))

    def _closed_off(self, air: LaneAir, ends: tuple[XY, XY]) -> ClosedError:
        around = [c for c in air.closed if _parts(air, ends, c)] or list(air.closed)
        names = ", ".join(dict.fromkeys(c.why for c in around[:4])) or "the size of the box looked at"
        return ClosedError(f"no way to the point: closed off by {names}", rule_of(around), _cure("point"))


def _cure(which: str) -> str:
    return "choose another point" if which == "point" else "move the depot, or choose higher lanes"


def _reach_m(ends: tuple[XY, XY]) -> float:
    return max(abs(v) for end in ends for v in end)


def _parts(air: LaneAir, ends: tuple[XY, XY], closure: Closure) -> bool:
    """Whether the way would be open without one closure."""
    rest = shapely.union_all([c.area for c in air.closed if c is not closure])
    pieces = shapely.get_parts(air.box.difference(rest))
    apart = shapely.distance(pieces[:, None], shapely.points(ends)[None])
    return bool((apart <= TOLERANCE_M).all(axis=1).any())


def rule_of(closed: Sequence[Closure]) -> Rule:
    """The rule that speaks for closures: what is not known of the ground, heights, or airspace."""
    why = [c.why for c in closed]
    if any("zone" in w for w in why):
        return Rule.AIRSPACE
    if why and all("does not cover" in w or UNKNOWN_HEIGHT in w for w in why):
        return Rule.UNKNOWN
    return Rule.HEIGHT if why else Rule.AIRSPACE
