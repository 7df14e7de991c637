"""An order becomes a mission: out in one altitude lane, down, release, up, back in the other lane, land."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.geo import Altitude, Datum, LocalFrame, LonLat, bearing_deg
from core.wind import CALM, Wind
from delivery.errors import DeliveryError
from delivery.model import Place
from missions.aircraft import Aircraft
from missions.airspace import Zone, keep_out
from missions.energy import Cost, PathPoint, path_cost
from missions.model import Command, Fence, FencePolygon, Home, Mission, MissionItem
from missions.route import Route, find_route

GRAB, RELEASE = 1.0, 0.0
FINAL_M = 10.0  # ArduPilot lands the last 10 m at landing speed


@dataclass(frozen=True, slots=True)
class LaneParams:
    """How delivery flights are flown; heights above the depot, metres.

    Flights whose leg heads east (bearing 0-180) keep `lane_m`, the others `lane_m + lane_step_m`, so that
    opposite traffic on one route never shares a height. `margin_m` is the room kept to closed zones,
    `corridor_m` the half width of the fence round the route, `settle_s` and `release_s` the waits before and
    after the gripper opens.
    """

    lane_m: float = 50.0
    lane_step_m: float = 10.0
    margin_m: float = 20.0
    corridor_m: float = 60.0
    settle_s: float = 2.0
    release_s: float = 4.0

    def lane_for(self, bearing: float) -> float:
        """The lane's height for a leg with this bearing in degrees."""
        return self.lane_m if bearing % 360.0 < 180.0 else self.lane_m + self.lane_step_m


@dataclass(frozen=True, slots=True)
class DeliveryPlan:
    """A mission for one order with what it costs: until the release, and in all."""

    mission: Mission
    route: Route
    lane_out_m: float
    lane_back_m: float
    to_release: Cost
    total: Cost
    release_item: int

    @property
    def cruise(self) -> Mission:
        """The flight without its descent to the release, for rules on clearance along the way."""
        items = self.mission.items
        kept = (*items[: self.release_item - 1], *items[self.release_item + 2 :])
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
) -> DeliveryPlan:
    """Plan the flight from `depot` to `point` and back.

    Raises `NoRouteError` when closed zones leave no way, `DeliveryError` when the ground's height at either
    end is not known, and `ValueError` when the wind is too strong for a leg.
    """
    params = params or LaneParams()
    bearing = bearing_deg(depot.position, point.position)
    lane_out, lane_back = params.lane_for(bearing), params.lane_for(bearing + 180.0)
    route = _route(depot, point, zones, max(lane_out, lane_back), at_time, params)
    low = release_altitude_m(depot, point)
    items = delivery_items(route.places, (lane_out, lane_back), low, aircraft.cruise_ms, params)
    home = Home(depot.position, depot.elevation_m)
    fence = _fence(route.places, params.corridor_m)
    mission = Mission(home, items, fence, name=f"{depot.name} - {point.name}", cruise_ms=aircraft.cruise_ms)
    there, back = _paths(route.places, (lane_out, lane_back), low, aircraft, params)
    out = path_cost(there, aircraft, wind, payload_kg=payload_kg)
    rest = path_cost(back, aircraft, wind)
    release = next(i for i, item in enumerate(items) if item.params[1] == RELEASE and _is_gripper(item))
    return DeliveryPlan(mission, route, lane_out, lane_back, out, out + rest, release)


def _is_gripper(item: MissionItem) -> bool:
    return item.command == Command.DO_GRIPPER


def release_altitude_m(depot: Place, point: Place) -> float:
    """The release height above the depot; raises `DeliveryError` when a ground height is unknown."""
    for place in (depot, point):
        if place.elevation_m is None:
            raise DeliveryError(
                f"the ground's height at {place.name} is not known", hint="give the place an elevation_m"
            )
    return float(point.elevation_m or 0.0) - float(depot.elevation_m or 0.0) + point.release_height_m


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
    release_m: float,
    cruise_ms: float,
    params: LaneParams,
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
        _item(Command.NAV_WAYPOINT, point, release_m, hold_s=params.settle_s),
        MissionItem(Command.DO_GRIPPER, (1.0, RELEASE, 0.0, 0.0)),
        _item(Command.NAV_WAYPOINT, point, release_m, hold_s=params.release_s),
        _item(Command.NAV_WAYPOINT, point, back, hold_s=1.0),
        *(_item(Command.NAV_WAYPOINT, p, back) for p in reversed(places[1:-1])),
        _item(Command.NAV_WAYPOINT, depot, back, hold_s=1.0),
        _item(Command.NAV_LAND, depot, 0.0),
    )


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
    params: LaneParams,
) -> tuple[list[PathPoint], list[PathPoint]]:
    """The way to the release and the way home as path points for the energy model."""
    frame = LocalFrame(places[0])
    flat = [frame.point(p) for p in places]
    out, back = lanes
    speed = aircraft.cruise_ms

    def at(where: tuple[float, float], up: float, hold: float = 0.0) -> PathPoint:
        return PathPoint(where[0], where[1], up, speed, hold)

    there = [at(flat[0], 0.0), at(flat[0], out), *(at(p, out) for p in flat[1:])]
    there += [at(flat[-1], out, 1.0), at(flat[-1], release_m, params.settle_s)]
    home = [at(flat[-1], release_m), at(flat[-1], release_m, params.release_s), at(flat[-1], back, 1.0)]
    home += [at(p, back) for p in reversed(flat[:-1])]
    touch_down_s = FINAL_M / aircraft.land_ms
    return there, [*home, at(flat[0], back, 1.0), at(flat[0], 0.0, touch_down_s)]
