"""Flights from place to place in an altitude lane: the shortest safe way, its heights, its cost."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely

from core.geo import Altitude, Datum, LonLat, distance_m
from core.heights import UnknownHeightError
from core.wind import CALM, Wind
from missions.aircraft import Aircraft
from missions.airspace import ZoneKind
from missions.alternates import apart_m as apart
from missions.climbs import Climber, Ends, Track, met, stations
from missions.closures import Room
from missions.energy import Cost, path_cost, power_W
from missions.route import XY, NoRouteError, to_metres, way_length
from missions.sky import Sky, shapes_of
from missions.wayfinder import ROOM_M, WayFinder

SAME_M = 0.1
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
        self._shapes = shapes_of(sky)
        self._finder = WayFinder(self._shapes, self.params.room, self.params.step_m)

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
        leg = self._leg(start, end, lane, wind, start_up_m, end_up_m)
        return self._route(self._laid(leg), leg, payload_kg)

    def _leg(
        self,
        start: LonLat,
        end: LonLat,
        lane: Altitude,
        wind: Wind,
        start_up_m: float | None,
        end_up_m: float | None,
    ) -> "_Leg":
        self._check_range(start, end, wind)
        ends = Ends(self._height(start, start_up_m, "start"), self._height(end, end_up_m, "end"))
        self._check_lane(start, end, lane, ends)
        climber = Climber(self._shapes, self.params.room, self.craft, wind, self.params.slanted)
        return _Leg((self.sky.frame.point(start), self.sky.frame.point(end)), lane, ends, climber)

    def _laid(self, leg: "_Leg") -> tuple[list[XY], Track]:
        """The best way with its heights; ground that comes too near on it is closed, and it is laid again."""
        for _ in range(TRIES):
            way = self._finder.best(leg.lane, leg.xy)
            track = leg.climber.track(way, leg.lane, leg.ends)
            if not track.clearance_m < self.params.room.clearance_m - 1e-3:
                self._check_uprights(track)
                return way, track
            self._finder.close(leg.lane, track.lowest)
        raise NoRouteError(
            f"the ground comes nearer than {self.params.room.clearance_m:g} m on every way in the lane of "
            f"{leg.lane.value_m:g} m",
            hint="choose a higher lane",
        )

    def alternates(
        self,
        start: LonLat,
        end: LonLat,
        lanes: Sequence[Altitude],
        *,
        count: int = 3,
        apart_m: float = 50.0,
        longest: float = 1.5,
        wind: Wind = CALM,
        payload_kg: float = 0.0,
        start_up_m: float | None = None,
        end_up_m: float | None = None,
    ) -> tuple[LaneRoute, ...]:
        """Up to `count` flights that differ, the cheapest first: round other sides, in other lanes.

        In one lane two ways differ by `apart_m` or more somewhere, and none is longer than `longest` times
        the lane's shortest. They are ranked by weighted metres, then by energy. Lanes without a way are left
        out; raises `NoRouteError` where none has one.
        """
        found: list[LaneRoute] = []
        refused: list[NoRouteError] = []
        for lane in lanes:
            try:
                leg = self._leg(start, end, lane, wind, start_up_m, end_up_m)
                air = self._finder.air(lane, leg.xy, longest * max(ROOM_M, math.dist(*leg.xy)))
                first = self._laid(leg)
                found.append(self._route(first, leg, payload_kg))
                ways = air.navigator.ways(*leg.xy, 1 + count, apart_m=apart_m, longest=longest)
                others = [w for w in ways if apart(w, first[0]) >= apart_m]
                found += [
                    self._route((w, leg.climber.track(w, lane, leg.ends)), leg, payload_kg) for w in others
                ]
            except NoRouteError as error:
                refused.append(error)
        if not found:
            raise refused[0] if refused else ValueError("alternates need at least one lane")
        safe = [r for r in found if self._keeps_clear(r)]
        return tuple(sorted(safe, key=lambda r: (round(r.weighted_m, 3), r.cost.energy_Wh))[:count])

    def _keeps_clear(self, route: LaneRoute) -> bool:
        return not (route.clearance_m is not None and route.clearance_m < self.params.room.clearance_m - 1e-3)

    def _check_range(self, start: LonLat, end: LonLat, wind: Wind) -> None:
        craft, apart = self.craft, distance_m(start, end)
        if apart < SAME_M:
            raise NoRouteError("start and end are one place", hint="choose two places")
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

    def _route(self, laid: tuple[list[XY], Track], leg: "_Leg", payload_kg: float) -> LaneRoute:
        frame, (way, track) = self.sky.frame, laid
        path = track.path(self.craft.cruise_ms)
        cost = path_cost(path, self.craft, leg.climber.wind, payload_kg=payload_kg)
        lonlat = frame.to_lonlat(track.points[:, :2])
        points = tuple(
            RoutePoint(LonLat(float(x), float(y)), float(up))
            for (x, y), up in zip(lonlat, track.points[:, 2], strict=True)
        )
        length = way_length(way)
        clearance = track.clearance_m if math.isfinite(track.clearance_m) else None
        places = tuple(frame.place(*p) for p in way)
        weighted, sought = self._finder.weigh(leg.lane, way)
        return LaneRoute(
            points, places, leg.lane, length, cost, clearance, weighted, sought, self._controlled(way)
        )

    def _controlled(self, way: list[XY]) -> tuple[str, ...]:
        line = shapely.LineString(way)
        return tuple(
            z.name
            for z in self.sky.zones
            if z.kind is ZoneKind.CONTROL
            and z.active(self.sky.at_time) is not False
            and to_metres(z.polygon, self.sky.frame).intersects(line)
        )


@dataclass(frozen=True, slots=True)
class _Leg:
    """What one flight asks: both places in metres, its lane, its end heights, and what lays its climbs."""

    xy: tuple[XY, XY]
    lane: Altitude
    ends: Ends
    climber: Climber
