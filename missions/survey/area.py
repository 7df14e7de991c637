"""The ground a survey must photograph and the space it may fly in, in local metres."""

from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from core.errors import SkyshadeError
from core.geo import LocalFrame, LonLat
from gis.vector import Area, as_area
from missions.airspace import Zone
from missions.route import XY, Navigator, NoRouteError, box_round, to_metres

CORRIDOR_HALF_WIDTH_M = 15.0
TAKE_OFF_INSET_M = 5.0
SPIKE_M = 0.005
TOUCH_M = 1e-3


@dataclass(frozen=True, slots=True)
class Ground:
    """A survey's ground in east-north metres round `frame.origin`, which is home.

    `target` is to be photographed; passes stay in `working`; transits stay in `flight`, which adds corridors
    to home and between parts; `closed` are the zones to keep out of, without safety distance.
    """

    frame: LocalFrame
    target: Area
    working: Area
    flight: Area
    closed: Area


def make_ground(
    area: Area,
    home: LonLat,
    zones: Sequence[Zone],
    *,
    margin_m: float,
    zone_margin_m: float,
    allowed: Area | None = None,
) -> Ground:
    """Cut the zones (with `zone_margin_m`) out of the area and out of the air that may be flown in.

    That air is `allowed` (lon/lat) if it is given, and nothing else; otherwise the area and `margin_m` round
    it, its parts and home joined by corridors. Raises `SkyshadeError` when nothing is left or home is closed
    in.
    """
    frame = LocalFrame(home)
    whole = _without_spikes(to_metres(area, frame))
    if whole.is_empty:
        raise SkyshadeError(
            f"the area is nowhere wider than {2 * SPIKE_M:g} m", hint="draw it with some width"
        )
    closed = as_area(shapely.union_all([to_metres(z.polygon, frame) for z in zones]))
    kept_clear = closed.buffer(zone_margin_m, join_style="mitre", mitre_limit=2.0)
    target = _cleaned(whole.difference(kept_clear))
    if target.is_empty:
        raise SkyshadeError("nothing to survey: no-fly zones cover the whole area")
    working = _cleaned(_air(whole, margin_m, allowed, frame).difference(kept_clear))
    flight = _holding_home(working) if allowed is not None else _joined(working, kept_clear, (0.0, 0.0))
    return Ground(frame, target, working, flight, closed)


def _air(whole: Area, margin_m: float, allowed: Area | None, frame: LocalFrame) -> BaseGeometry:
    if allowed is not None:
        return _without_spikes(to_metres(allowed, frame))
    return whole.buffer(margin_m, join_style="mitre", mitre_limit=2.0) if margin_m > 0 else whole


def _holding_home(working: Area) -> Area:
    """The allowed air, if one may take off in it."""
    if working.is_empty:
        raise SkyshadeError("nothing to fly in: no-fly zones cover the whole allowed area")
    away = working.distance(shapely.Point(0.0, 0.0))
    if away > TOUCH_M:
        raise NoRouteError(
            f"home lies {away:.0f} m outside the allowed area or too close to a no-fly zone in it",
            hint="choose another --home, or allow the way to it",
        )
    return working


def _without_spikes(geometry: BaseGeometry) -> Area:
    """A geometry's area without spikes and slivers of a centimetre's width, which no cell of it fills."""
    sound = as_area(shapely.make_valid(geometry))
    opened = sound.buffer(-SPIKE_M, join_style="mitre").buffer(1.01 * SPIKE_M, join_style="mitre")
    return as_area(sound.intersection(opened))


def _cleaned(geometry: BaseGeometry) -> Area:
    """Without slivers that no photograph needs (under a hundredth of a square metre)."""
    parts = [p for p in shapely.get_parts(as_area(geometry)) if p.area > 0.01]
    return as_area(MultiPolygon(parts))


def _joined(working: Area, kept_clear: BaseGeometry, home: XY) -> Area:
    """`working` plus corridors from home to each of its parts that home does not lie in."""
    parts = [p for p in shapely.get_parts(working) if not p.buffer(1e-3).intersects(shapely.Point(home))]
    if not parts:
        return working
    if kept_clear.intersects(shapely.Point(home)):
        raise NoRouteError("home lies inside a no-fly zone or too close to one", hint="choose another --home")
    open_air = Navigator(box_round(shapely.union_all([working, kept_clear]), [home]).difference(kept_clear))
    corridors = [_corridor(open_air, home, part) for part in parts]
    joined = shapely.union_all([working, *corridors]).difference(kept_clear)
    return as_area(joined)


def _corridor(open_air: Navigator, home: XY, part: Polygon) -> BaseGeometry:
    inside = part.buffer(-2.0)
    _, near = nearest_points(shapely.Point(home), part if inside.is_empty else inside)
    way = open_air.way(home, (near.x, near.y))
    if way is None:
        raise NoRouteError(
            "no way from home to part of the area: no-fly zones close it off", hint="choose another --home"
        )
    return shapely.LineString(way).buffer(CORRIDOR_HALF_WIDTH_M, join_style="mitre")


def take_off_place(area: Area, zones: Sequence[Zone], zone_margin_m: float) -> LonLat:
    """A place inside the area and clear of all zones, near its south-western corner.

    Raises `SkyshadeError` when zones cover everything.
    """
    middle = area.centroid
    frame = LocalFrame(LonLat(middle.x, middle.y))
    closed = shapely.union_all([to_metres(z.polygon, frame) for z in zones]).buffer(zone_margin_m)
    free = _cleaned(to_metres(area, frame).difference(closed))
    if free.is_empty:
        raise SkyshadeError("nothing to survey: no-fly zones cover the whole area")
    inner = free.buffer(-TAKE_OFF_INSET_M)
    space = free if inner.is_empty else inner
    west, south, _, _ = space.bounds
    near, _ = nearest_points(space, shapely.Point(west, south))
    return frame.place(near.x, near.y)
