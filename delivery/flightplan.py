"""An order becomes a mission: out in one altitude lane, down, release, up, back in the other lane, land.

A winch's hook opens only once its line is seen to be out: the mission itself jumps past the release, and
whoever watches sends the vehicle there. Nobody watching, it comes home with the goods.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.geo import Altitude, Datum, LocalFrame, LonLat, bearing_deg
from core.wind import CALM, Wind
from delivery.errors import DeliveryError
from delivery.model import Place, Release
from missions.aircraft import Aircraft
from missions.airspace import Zone, keep_out
from missions.energy import Cost, PathPoint, path_cost
from missions.model import Command, Fence, FencePolygon, Home, Mission, MissionItem
from missions.rally import rally_where_possible
from missions.route import Route, find_route

GRAB, RELEASE = 1.0, 0.0
LAND_MS = 0.5
FINAL_M = 10.0  # ArduPilot lands the last 10 m at landing speed


@dataclass(frozen=True, slots=True)
class LaneParams:
    """How delivery flights are flown; heights above the depot, metres.

    Flights whose leg heads east (bearing 0-180) keep `lane_m`, the others `lane_m + lane_step_m`, so that
    opposite traffic on one route never shares a height. `margin_m` is the room kept to closed zones,
    `corridor_m` the half width of the fence round the route, `settle_s` and `release_s` the waits before and
    after the gripper opens. A winch lets its hook down to `hook_m` over the ground at `winch_ms`; whoever
    watches has `check_s` from then on to let it open. A landing comes down from `place_from_m` over the
    ground, and `place_spare_m` further where the ground is not met.
    """

    lane_m: float = 50.0
    lane_step_m: float = 10.0
    margin_m: float = 20.0
    corridor_m: float = 60.0
    settle_s: float = 2.0
    release_s: float = 4.0
    hook_m: float = 0.5
    winch_ms: float = 0.5
    check_s: float = 10.0
    place_from_m: float = 5.0
    place_spare_m: float = 3.0

    def __post_init__(self) -> None:
        for name in ("lane_m", "lane_step_m", "corridor_m", "winch_ms"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise ValueError(f"{name} must be > 0, got {getattr(self, name)}")

    def lane_for(self, bearing: float, level: int = 0) -> float:
        """The lane's height for a leg with this bearing in degrees; each level is a pair of lanes higher."""
        lane = self.lane_m + 2.0 * level * self.lane_step_m
        return lane if bearing % 360.0 < 180.0 else lane + self.lane_step_m


@dataclass(frozen=True, slots=True)
class DeliveryPlan:
    """A mission to one place with what it costs: until the release, and in all.

    `release_item` opens the gripper; `low` are the first and the last item below the lanes. `there` and
    `back` are the points flown to, metres round the take-off place.
    """

    mission: Mission
    route: Route
    lane_out_m: float
    lane_back_m: float
    to_release: Cost
    total: Cost
    release_item: int
    low: tuple[int, int]
    there: tuple[PathPoint, ...]
    back: tuple[PathPoint, ...]

    @property
    def cruise(self) -> Mission:
        """The flight without its descent to the release, for rules on clearance along the way."""
        items = self.mission.items
        kept = (*items[: self.low[0]], *items[self.low[1] + 1 :])
        return replace(self.mission, items=kept)


def plan_delivery(
    depot: Place,
    point: Place,
    aircraft: Aircraft,
    *,
    payload_kg: float,
    zones: tuple[Zone, ...] = (),
    at_time: datetime | None = None,
    wind: Wind = CALM,
    params: LaneParams | None = None,
    level: int = 0,
    route: Route | None = None,
    rally: bool = True,
) -> DeliveryPlan:
    """Plan the flight from `depot` to `point` and back, in the pair of lanes `level`.

    `route` is a way found already; without `rally` the mission is given no rally points.

    Raises `NoRouteError` when closed zones leave no way, `DeliveryError` when the ground's height at either
    end is not known, and `ValueError` when the wind is too strong for a leg.
    """
    params = params or LaneParams()
    bearing = bearing_deg(depot.position, point.position)
    lane_out, lane_back = params.lane_for(bearing, level), params.lane_for(bearing + 180.0, level)
    route = route or _route(depot, point, zones, max(lane_out, lane_back), at_time, params)
    low = release_altitude_m(depot, point)
    drop = drop_items(point, low, params, _first_low(route.places))
    items = delivery_items(route.places, (lane_out, lane_back), drop, aircraft.cruise_ms)
    home = Home(depot.position, depot.elevation_m)
    fence = _fence(route.places, params.corridor_m)
    plain = Mission(home, items, fence, name=f"{depot.name} - {point.name}", cruise_ms=aircraft.cruise_ms)
    mission = plain
    if rally:
        mission = rally_where_possible(plain, zones=zones, aircraft=aircraft, wind=wind, at_time=at_time)
    there, back = _paths(route.places, (lane_out, lane_back), low, aircraft, _waits(point, params))
    out = path_cost(there, aircraft, wind, payload_kg=payload_kg)
    rest = path_cost(back, aircraft, wind)
    begin = _first_low(route.places) - 1
    release = next(i for i, item in enumerate(items) if i >= begin and _lets_go(item))
    low_items = begin, begin + len(drop) - 1
    return DeliveryPlan(
        mission, route, lane_out, lane_back, out, out + rest, release, low_items, tuple(there), tuple(back)
    )


def _lets_go(item: MissionItem) -> bool:
    opens = item.command == Command.DO_GRIPPER and item.params[1] == RELEASE
    return opens or item.command == Command.NAV_PAYLOAD_PLACE


def release_altitude_m(depot: Place, point: Place) -> float:
    """The lowest height of the visit above the depot: the release, or the ground for a landing.

    Raises `DeliveryError` when a ground height is unknown.
    """
    for place in (depot, point):
        if place.elevation_m is None:
            raise DeliveryError(
                f"the ground's height at {place.name} is not known", hint="give the place an elevation_m"
            )
    ground = float(point.elevation_m or 0.0) - float(depot.elevation_m or 0.0)
    return ground if point.release is Release.LANDING else ground + point.release_height_m


def _route(
    depot: Place,
    point: Place,
    zones: tuple[Zone, ...],
    height_m: float,
    at_time: datetime | None,
    params: LaneParams,
) -> Route:
    closed = [zone.polygon for zone in keep_out(zones, height_m, at_time)]
    return find_route(depot.position, point.position, closed, margin_m=params.margin_m)


def delivery_items(
    places: Sequence[LonLat],
    lanes: tuple[float, float],
    drop: Sequence[MissionItem],
    cruise_ms: float,
) -> tuple[MissionItem, ...]:
    """The items of a delivery along `places` (depot ... point) with lanes (out, back) above the depot."""
    out, back = lanes
    depot, point = places[0], places[-1]
    return (
        _item(Command.NAV_TAKEOFF, depot, out),
        MissionItem(Command.DO_GRIPPER, (1.0, GRAB, 0.0, 0.0)),
        MissionItem(Command.DO_CHANGE_SPEED, (1.0, cruise_ms, -1.0, 0.0)),
        *(_item(Command.NAV_WAYPOINT, p, out) for p in places[1:-1]),
        _item(Command.NAV_WAYPOINT, point, out, hold_s=1.0),
        *drop,
        _item(Command.NAV_WAYPOINT, point, back, hold_s=1.0),
        *(_item(Command.NAV_WAYPOINT, p, back) for p in reversed(places[1:-1])),
        _item(Command.NAV_WAYPOINT, depot, back, hold_s=1.0),
        _item(Command.NAV_LAND, depot, 0.0),
    )


def _first_low(places: Sequence[LonLat]) -> int:
    """The number (from 1) of the first item after the lane out: what `delivery_items` puts before it."""
    return 3 + (len(places) - 2) + 1 + 1


def drop_items(point: Place, low_m: float, params: LaneParams, first: int) -> tuple[MissionItem, ...]:
    """Down, let go by the place's method, ready to climb; `low_m` as `release_altitude_m` says.

    `first` is the number in the mission of the first of them.
    """
    where = point.position
    if point.release is Release.LANDING:
        return _placing(where, low_m, params)
    down = _item(Command.NAV_WAYPOINT, where, low_m, hold_s=params.settle_s)
    opened = MissionItem(Command.DO_GRIPPER, (1.0, RELEASE, 0.0, 0.0))
    after = _item(Command.NAV_WAYPOINT, where, low_m, hold_s=params.release_s)
    if point.release is Release.GRIPPER:
        return down, opened, after
    line_s = _line_m(point, params) / params.winch_ms + params.settle_s
    checked, wait = (_item(Command.NAV_WAYPOINT, where, low_m, hold_s=s) for s in (
        line_s + params.check_s, line_s
    ))  # fmt: skip
    lowered, raised = (_winch(sign * _line_m(point, params), params.winch_ms) for sign in (1, -1))
    past = MissionItem(Command.DO_JUMP, (first + 6.0, 1.0, 0.0, 0.0))
    return down, lowered, checked, past, opened, after, raised, wait


def _placing(where: LonLat, ground_m: float, params: LaneParams) -> tuple[MissionItem, ...]:
    """Touch down with turning propellers, let go, leave.

    A landing would end the mission (the motors stop, and the next start begins it anew) or stand there with
    turning propellers until somebody sends it on; nobody is to arm an aircraft beside people. A placing
    stands for seconds. It takes a loss of thrust for the ground, so it begins low.
    """
    above = _item(Command.NAV_WAYPOINT, where, ground_m + params.place_from_m, hold_s=params.settle_s)
    most_m = params.place_from_m + params.place_spare_m
    return above, _item(Command.NAV_PAYLOAD_PLACE, where, ground_m, hold_s=most_m)


def _line_m(point: Place, params: LaneParams) -> float:
    """How much line a winch lets out."""
    return max(0.5, point.release_height_m - params.hook_m)


def _winch(metres: float, rate_ms: float) -> MissionItem:
    """Let out line, or take it in, by so many metres."""
    return MissionItem(Command.DO_WINCH, (1.0, 1.0, metres, rate_ms))


def _waits(point: Place, params: LaneParams) -> tuple[float, float]:
    """Seconds low over the point before and after the release."""
    if point.release is Release.LANDING:
        return params.settle_s + params.place_from_m / LAND_MS, params.release_s
    if point.release is Release.GRIPPER:
        return params.settle_s, params.release_s
    line_s = _line_m(point, params) / params.winch_ms + params.settle_s
    return params.settle_s + line_s, params.release_s + line_s


def _item(command: Command, place: LonLat, height_m: float, hold_s: float = 0.0) -> MissionItem:
    return MissionItem(command, (hold_s, 0.0, 0.0, 0.0), place, Altitude(height_m, Datum.HOME))


def _fence(places: Sequence[LonLat], corridor_m: float) -> Fence:
    """The corridor round the route as an inclusion fence."""
    import shapely

    frame = LocalFrame(places[0])
    line = shapely.LineString([frame.point(p) for p in places])
    ring = line.buffer(corridor_m, quad_segs=3).exterior.simplify(1.0)
    corners = frame.to_lonlat(shapely.get_coordinates(ring)[:-1])
    return Fence((FencePolygon(tuple(LonLat(float(x), float(y)) for x, y in corners)),))


def _paths(
    places: Sequence[LonLat],
    lanes: tuple[float, float],
    release_m: float,
    aircraft: Aircraft,
    waits: tuple[float, float],
) -> tuple[list[PathPoint], list[PathPoint]]:
    """The way to the release and the way home as path points for the energy model."""
    frame = LocalFrame(places[0])
    flat = [frame.point(p) for p in places]
    out, back = lanes
    speed = aircraft.cruise_ms

    def at(where: tuple[float, float], up: float, hold: float = 0.0) -> PathPoint:
        return PathPoint(where[0], where[1], up, speed, hold)

    there = [at(flat[0], 0.0), at(flat[0], out), *(at(p, out) for p in flat[1:])]
    there += [at(flat[-1], out, 1.0), at(flat[-1], release_m, waits[0])]
    home = [at(flat[-1], release_m), at(flat[-1], release_m, waits[1]), at(flat[-1], back, 1.0)]
    home += [at(p, back) for p in reversed(flat[:-1])]
    touch_down_s = FINAL_M / aircraft.land_ms
    return there, [*home, at(flat[0], back, 1.0), at(flat[0], 0.0, touch_down_s)]
