"""The best ways in lanes under one sky: the shortest, or the cheapest where areas of preference are given."""

import math
from dataclasses import dataclass, field

import numpy as np
import shapely

from core.geo import Altitude, Datum, LonLat
from gis.vector import as_area
from missions.closures import Room
from missions.laneair import LaneAir, lane_air, named
from missions.preference import Weighted, cheapest, weigh, weighted_net
from missions.route import NODE_INSET_M, XY, NoRouteError, box_round, to_metres, way_length
from missions.sky import Shapes

ROOM_M, WIDEST_M = 1000.0, 20_000.0
LANE_STEPS_M = (10.0, 20.0, 30.0, 40.0, 60.0, 80.0)  # other lanes that a refusal looks at
LOWEST_M, HIGHEST_M = 20.0, 150.0


@dataclass(slots=True)
class WayFinder:
    """Ways over the ground in lanes; what closes a lane is worked out once."""

    shapes: Shapes
    room: Room
    step_m: float
    _lanes: dict[Altitude, LaneAir] = field(default_factory=dict)
    _nets: dict[Altitude, tuple[LaneAir, Weighted]] = field(default_factory=dict)

    def best(self, lane: Altitude, ends: tuple[XY, XY]) -> list[XY]:
        """The shortest way, or the cheapest where the sky has areas of preference."""
        way = self.way(lane, ends)
        if not self.shapes.sky.preferences:
            return way
        weight = min(1.0, *(p.weight for p in self.shapes.sky.preferences))
        cost, _ = self.weigh(lane, way)
        self.air(lane, ends, min(max(ROOM_M, math.dist(*ends), cost / weight / 2.0), WIDEST_M))
        sought = cheapest(self.net(lane), *ends)
        return sought if sought is not None and self.weigh(lane, sought)[0] < cost else way

    def weigh(self, lane: Altitude, way: list[XY]) -> tuple[float, float]:
        """Weighted metres of a way in a lane, and its metres in sought areas."""
        if not self.shapes.sky.preferences:
            return way_length(way), 0.0
        return weigh(self.net(lane), way)

    def net(self, lane: Altitude) -> Weighted:
        """The weighted net of a lane's air as far as it was looked at."""
        air = self._lanes[lane]
        kept = self._nets.get(lane)
        if kept is None or kept[0] is not air:
            sky = self.shapes.sky
            regions = [(to_metres(p.area, sky.frame), p.weight) for p in sky.preferences]
            inner = as_area(air.navigator.free.buffer(-NODE_INSET_M, join_style="mitre"))
            kept = self._nets[lane] = air, weighted_net(inner, regions, self.step_m)
        return kept[1]

    def close(self, lane: Altitude, place: XY) -> None:
        """Close the ground round a place in a lane."""
        self._lanes[lane] = self._lanes[lane].without(place)

    def air(self, lane: Altitude, ends: tuple[XY, XY], room_m: float) -> LaneAir:
        """The open air of a lane round two places and `room_m` more."""
        known = self._lanes.get(lane)
        wanted = box_round(shapely.Polygon(), ends, room_m)
        if known is None or not known.box.covers(wanted):
            box = wanted if known is None else shapely.union_all([wanted, known.box]).envelope
            known = self._lanes[lane] = lane_air(self.shapes, lane, as_area(box), self.room)
        return known

    def way(self, lane: Altitude, ends: tuple[XY, XY]) -> list[XY]:
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
        shapes = [z.polygon for z in self.shapes.sky.bars()] + [o.outline for o in self.shapes.sky.obstacles]
        corners = shapely.get_coordinates(np.array(shapes, object))
        if not len(corners):
            return 0.0
        return float(np.abs(self.shapes.sky.frame.to_local(corners[:, 0], corners[:, 1])).max()) + ROOM_M

    def _no_way(self, air: LaneAir, ends: tuple[XY, XY]) -> NoRouteError:
        lane = air.lane
        start, end = (self.shapes.sky.frame.place(*e) for e in ends)
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
        return lane_air(self.shapes, lane, air.box, self.room).joins(*ends)


def _name(place: LonLat) -> str:
    return f"{place.lon:.6f}, {place.lat:.6f}"
