"""Flights from place to place in an altitude lane: the shortest safe way, its heights, its cost."""

import math
from dataclasses import dataclass, field

import numpy as np
import shapely

from core.geo import Altitude, Datum, LonLat, distance_m
from core.heights import UnknownHeightError
from core.wind import CALM, Wind
from gis.vector import as_area
from missions.aircraft import Aircraft
from missions.airspace import ZoneKind
from missions.climbs import Climber, Ends, Track, met, stations
from missions.closures import Room
from missions.energy import Cost, path_cost, power_W
from missions.laneair import LaneAir, lane_air, named
from missions.route import XY, NoRouteError, to_metres, way_length
from missions.sky import Sky, shapes_of

ROOM_M, WIDEST_M = 1000.0, 20_000.0
LANE_STEPS_M = (10.0, 20.0, 30.0, 40.0, 60.0, 80.0)  # other lanes that a refusal looks at
LOWEST_M, HIGHEST_M = 20.0, 150.0
TRIES = 8  # of going round ground that a grid had not seen


@dataclass(frozen=True, slots=True)
class RouteParams:
    """How routes are laid: the `room` kept, whether climbs may be `slanted`, and for areas of preference the
    `step_m` between places where their edges may be crossed.
    """

    room: Room = field(default_factory=Room)
    slanted: bool = True
    step_m: float = 20.0


@dataclass(frozen=True, slots=True)
class RoutePoint:
    """A place on a route and its height over home's ground, metres."""

    place: LonLat
    up_m: float


@dataclass(frozen=True, slots=True)
class LaneRoute:
    """A flight: its points from the first height to the last, and what it costs.

    `way` are the turning places over the ground, ends included. `clearance_m` is the least height over the
    ground between the upright ends (None = terrain not known). `weighted_m` counts metres by the weights of
    preference areas, `preferred_m` those inside areas with a weight below 1. `controlled` names the control
    zones that the way enters: permission is needed.
    """

    points: tuple[RoutePoint, ...]
    way: tuple[LonLat, ...]
    lane: Altitude
    length_m: float
    cost: Cost
    clearance_m: float | None
    weighted_m: float
    preferred_m: float = 0.0
    controlled: tuple[str, ...] = ()

    @property
    def preferred_share(self) -> float:
        """The part of the way inside sought areas, 0-1."""
        return self.preferred_m / self.length_m if self.length_m > 0 else 0.0


def plan_route(
    start: LonLat,
    end: LonLat,
    lane: Altitude,
    sky: Sky,
    craft: Aircraft,
    *,
    params: RouteParams | None = None,
    wind: Wind = CALM,
    payload_kg: float = 0.0,
    start_up_m: float | None = None,
    end_up_m: float | None = None,
) -> LaneRoute:
    """The shortest safe flight from `start` to `end` in `lane` (above home, ground or sea).

    `start_up_m` and `end_up_m` are heights over home's ground where it begins and ends; None = on the ground.
    Raises `NoRouteError` saying what closes the way, `UnknownHeightError` where the ground at an end is not
    known, `ValueError` where the wind is too strong.
    """
    router = Router(sky, craft, params)
    return router.plan(
        start, end, lane, wind=wind, payload_kg=payload_kg, start_up_m=start_up_m, end_up_m=end_up_m
    )


class Router:
    """Routes under one sky; what closes each lane is worked out once."""

    def __init__(self, sky: Sky, craft: Aircraft, params: RouteParams | None = None) -> None:
        self.sky, self.craft, self.params = sky, craft, params or RouteParams()
        self._lanes: dict[Altitude, LaneAir] = {}
        self._shapes = shapes_of(sky)

    def plan(
        self,
        start: LonLat,
        end: LonLat,
        lane: Altitude,
        *,
        wind: Wind = CALM,
        payload_kg: float = 0.0,
        start_up_m: float | None = None,
        end_up_m: float | None = None,
    ) -> LaneRoute:
        """As `plan_route`."""
        self._check_range(start, end, wind)
        ends = Ends(self._height(start, start_up_m, "start"), self._height(end, end_up_m, "end"))
        self._check_lane(start, end, lane, ends)
        xy = self.sky.frame.point(start), self.sky.frame.point(end)
        climber = Climber(self._shapes, self.params.room, self.craft, wind, self.params.slanted)
        for _ in range(TRIES):
            way = self._way(lane, xy)
            track = climber.track(way, lane, ends)
            if not track.clearance_m < self.params.room.clearance_m - 1e-3:
                break
            self._lanes[lane] = self._lanes[lane].without(track.lowest)
        self._check_uprights(track)
        return self._route(way, track, lane, wind, payload_kg)

    def air(self, lane: Altitude, ends: tuple[XY, XY], room_m: float) -> LaneAir:
        """The open air of a lane round two places and `room_m` more."""
        known = self._lanes.get(lane)
        wanted = shapely.multipoints(ends).envelope.buffer(room_m, join_style="mitre")
        if known is None or not known.box.covers(wanted):
            box = wanted if known is None else shapely.union_all([wanted, known.box]).envelope
            known = self._lanes[lane] = lane_air(self._shapes, lane, as_area(box), self.params.room)
        return known

    def _way(self, lane: Altitude, ends: tuple[XY, XY]) -> list[XY]:
        """The shortest way of all: no way outside the box looked at can be shorter."""
        room = max(ROOM_M, math.dist(*ends))
        way = self.air(lane, ends, room).way(*ends)
        if way is not None and way_length(way) > 2.0 * room:
            way = self.air(lane, ends, way_length(way) / 2.0).way(*ends)
        if way is None:
            wide = self.air(lane, ends, max(room, min(self._extent_m(), WIDEST_M)))
            way = wide.way(*ends)
            if way is None:
                raise self._no_way(wide, ends)
        return way

    def _extent_m(self) -> float:
        """How far from home the closed air reaches."""
        shapes = [z.polygon for z in self.sky.bars()] + [o.outline for o in self.sky.obstacles]
        corners = shapely.get_coordinates(np.array(shapes, object))
        if not len(corners):
            return 0.0
        return float(np.abs(self.sky.frame.to_local(corners[:, 0], corners[:, 1])).max()) + ROOM_M

    def _no_way(self, air: LaneAir, ends: tuple[XY, XY]) -> NoRouteError:
        lane = air.lane
        start, end = (self.sky.frame.place(*e) for e in ends)
        opens = next((v for v in self._others(lane) if self._opens(air, v, ends)), None)
        hint = (
            "move an end, or plan for a time when a zone is open"
            if opens is None
            else f"a lane of {opens.value_m:g} m is open"
        )
        return NoRouteError(
            f"no way from {_name(start)} to {_name(end)} in the lane of {lane.value_m:g} m: "
            f"closed off by {named(air.culprits(*ends))}",
            hint=hint,
        )

    def _others(self, lane: Altitude) -> list[Altitude]:
        """Other lanes, the nearest first."""
        return [
            Altitude(lane.value_m + sign * step, lane.datum)
            for step in LANE_STEPS_M
            for sign in (-1, 1)
            if lane.datum is Datum.GEOID or LOWEST_M <= lane.value_m + sign * step <= HIGHEST_M
        ]

    def _opens(self, air: LaneAir, lane: Altitude, ends: tuple[XY, XY]) -> bool:
        return lane_air(self._shapes, lane, air.box, self.params.room).joins(*ends)

    def _check_range(self, start: LonLat, end: LonLat, wind: Wind) -> None:
        craft, apart = self.craft, distance_m(start, end)
        fast = craft.cruise_ms + wind.speed_ms
        reach = craft.flyable_Wh * 3600.0 / power_W(craft, craft.cruise_ms) * fast
        if apart > reach:
            raise NoRouteError(
                f"the places are {apart / 1000:.1f} km apart, {craft.name} flies "
                f"{reach / 1000:.1f} km at most",
                hint="choose nearer places or another aircraft",
            )

    def _height(self, place: LonLat, told: float | None, which: str) -> float:
        up = self.sky.ground_at(place) if told is None else told
        if not math.isfinite(up):
            raise UnknownHeightError(
                f"the ground's height at the {which} is not known", hint="give a DEM (--dem FILE)"
            )
        return up

    def _check_lane(self, start: LonLat, end: LonLat, lane: Altitude, ends: Ends) -> None:
        frame, room = self.sky.frame, self.params.room
        if lane.datum is Datum.GROUND and lane.value_m < room.clearance_m:
            raise NoRouteError(
                f"a lane {lane.value_m:g} m above ground is below the clearance of {room.clearance_m:g} m"
            )
        ground = self.sky.ground_up(np.array([frame.point(start), frame.point(end)]))
        for up, low, which in zip(
            self.sky.up(lane, ground), (ends.start_up_m, ends.end_up_m), ("start", "end"), strict=True
        ):
            if not math.isfinite(up):
                raise UnknownHeightError(
                    f"the lane's height over the {which} is not known", hint="give a DEM (--dem FILE)"
                )
            if up < low:
                raise NoRouteError(
                    f"the lane is {low - up:.0f} m below the {which}", hint="choose a higher lane"
                )

    def _check_uprights(self, track: Track) -> None:
        points = track.points
        for which, a, b in (("climb at the start", *points[:2]), ("descent at the end", *points[-2:])):
            dense = stations(a, b)
            what = next(met(self._shapes, self.params.room, dense, upright=True), None)
            if what is not None and math.dist(a[:2], b[:2]) < 1e-6:
                raise NoRouteError(f"the {which} passes through {what}", hint="move that end")

    def _route(self, way: list[XY], track: Track, lane: Altitude, wind: Wind, payload_kg: float) -> LaneRoute:
        frame = self.sky.frame
        cost = path_cost(track.path(self.craft.cruise_ms), self.craft, wind, payload_kg=payload_kg)
        lonlat = frame.to_lonlat(track.points[:, :2])
        points = tuple(
            RoutePoint(LonLat(float(x), float(y)), float(up))
            for (x, y), up in zip(lonlat, track.points[:, 2], strict=True)
        )
        length = way_length(way)
        clearance = track.clearance_m if math.isfinite(track.clearance_m) else None
        places = tuple(frame.place(*p) for p in way)
        return LaneRoute(points, places, lane, length, cost, clearance, length, 0.0, self._controlled(way))

    def _controlled(self, way: list[XY]) -> tuple[str, ...]:
        line = shapely.LineString(way)
        return tuple(
            z.name
            for z in self.sky.zones
            if z.kind is ZoneKind.CONTROL
            and z.active(self.sky.at_time) is not False
            and to_metres(z.polygon, self.sky.frame).intersects(line)
        )


def _name(place: LonLat) -> str:
    return f"{place.lon:.6f}, {place.lat:.6f}"
