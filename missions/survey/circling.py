"""The rings of an orbit: how far off, how high, where along them the aircraft flies and what it looks at."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from core.camera import Camera
from core.errors import SkyshadeError
from missions.route import XY
from missions.survey.lines import Swath
from missions.survey.params import SurveyParams, TriggerKind
from missions.survey.shooting import LOWEST_M, Shooting, fastest_ms, timing
from missions.survey.track import Camera as Order
from missions.survey.track import TrackPoint

WALLS_DOWN_DEG, POINT_DOWN_DEG = 15.0, 45.0  # how far down the camera looks by default
SIDEWAYS_MS2 = 1.5
STEPPED_SHARE = 0.96  # of the step that would just do: chords, the camera's lens
EXACT_SHARE = 0.97  # of the distance that would just give the pixel asked


@dataclass(frozen=True, slots=True)
class OrbitWishes:
    """How to go round a point or a building.

    `radius_m` over the ground from the point, or from the walls (None = as the pixel asked allows);
    `heights_m` of the rings over its ground (None = as many as show it from foot to top); `top_m` the
    building's height, 0 = a point; `aim_m` the height looked at where heights are given (None
    = half of `top_m`); `down_deg` how far below the horizon the camera looks where they are not;
    `every_deg`, `every_m` between photographs, at most what the front overlap allows.
    """

    radius_m: float | None = None
    heights_m: tuple[float, ...] = ()
    top_m: float = 0.0
    aim_m: float | None = None
    down_deg: float | None = None
    every_deg: float | None = None
    every_m: float | None = None

    def __post_init__(self) -> None:
        for name in ("radius_m", "every_deg", "every_m"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{name} must be finite and > 0, got {value}")
        if not 0 <= self.top_m < math.inf:
            raise ValueError(f"top_m must be finite and >= 0, got {self.top_m}")
        if self.down_deg is not None and not 0 <= self.down_deg <= 80:
            raise ValueError(f"the camera must look 0 to 80 degrees down, got {self.down_deg}")
        if not all(0 < h < math.inf for h in self.heights_m):
            raise ValueError(f"heights must be finite and > 0, got {self.heights_m}")


@dataclass(frozen=True, slots=True)
class Level:
    """One ring's height and the height it looks at, metres over the ground of what it goes round."""

    height_m: float
    aim_m: float


@dataclass(frozen=True, slots=True)
class Rounds:
    """All rings: `radius_m` off, each level, and how they are photographed."""

    radius_m: float
    levels: tuple[Level, ...]
    shots: Shooting


@dataclass(frozen=True, slots=True)
class Arc:
    """A part of a ring, from `start_m` to `end_m` along it; it may go on past where it began."""

    level: Level
    start_m: float
    end_m: float


@dataclass(frozen=True, slots=True)
class Circle:
    """The line flown round a point or a convex polygon, metres east and north; `base_m` is its ground."""

    subject: BaseGeometry
    line: shapely.LineString
    base_m: float

    def at(self, along_m: float) -> XY:
        """A place on the line, which closes."""
        place = self.line.interpolate(along_m % self.line.length)
        return place.x, place.y

    def nearest(self, place: XY) -> XY:
        """What is looked at from a place: the nearest of a wall, or the point."""
        near, _ = nearest_points(self.subject, shapely.Point(place))
        return near.x, near.y

    def start_m(self, near: XY) -> float:
        """Where on the line a place is nearest."""
        return float(self.line.project(shapely.Point(near)))


def rounds(
    camera: Camera, params: SurveyParams, wishes: OrbitWishes, *, flat: bool, hollow_m: float = 0.0
) -> Rounds:
    """Distance, heights, spacing and speed that give pixel and overlap; `flat`: round a point.
    `hollow_m` is how far walls stand back behind the convex hull, which the distance is told from.

    Raises `SkyshadeError` with the number where they cannot.
    """
    half = math.radians(camera.field_of_view_deg[1]) / 2.0
    down = math.radians(_down_deg(wishes, flat=flat))
    if down + half >= math.radians(89.0):
        raise SkyshadeError(
            "the camera looks under itself",
            hint=f"point it less than {89 - math.degrees(half):.0f} degrees down",
        )
    far = camera.height_m(params.gsd_m) * EXACT_SHARE
    fitting = far * math.cos(down) if flat else far * math.cos(down + half) / math.cos(half)
    radius = wishes.radius_m or max(fitting - hollow_m, 0.1)
    levels = _given(wishes) if wishes.heights_m else _levels(radius, (down, half), params, wishes, flat=flat)
    _check(camera, radius, levels, params)
    return Rounds(radius, levels, _shooting(camera, radius, levels, params, wishes))


def _down_deg(wishes: OrbitWishes, *, flat: bool) -> float:
    if wishes.down_deg is not None:
        return wishes.down_deg
    return POINT_DOWN_DEG if flat else WALLS_DOWN_DEG


def _given(wishes: OrbitWishes) -> tuple[Level, ...]:
    aim = wishes.top_m / 2.0 if wishes.aim_m is None else wishes.aim_m
    return tuple(Level(height, aim) for height in sorted(wishes.heights_m))


def _levels(
    radius: float, view: tuple[float, float], params: SurveyParams, wishes: OrbitWishes, *, flat: bool
) -> tuple[Level, ...]:
    """One ring for a point; as many up a wall as its height and the side overlap ask for."""
    down, half = view
    drop = radius * math.tan(down)
    if flat:
        aim = wishes.aim_m or 0.0
        return (Level(drop + aim, aim),)
    foot, head = radius * math.tan(down + half), radius * math.tan(down - half)
    slack = min(params.position_error_m, (foot - head) / 8.0)
    lowest = max(LOWEST_M, foot - slack)
    highest = max(lowest, wishes.top_m + head + slack)
    step = (1.0 - params.side) * STEPPED_SHARE * (foot - head)
    count = 1 + math.ceil((highest - lowest) / step - 1e-9)
    heights = [lowest + (highest - lowest) * i / max(count - 1, 1) for i in range(count)]
    return tuple(Level(height, height - drop) for height in heights)


def _check(camera: Camera, radius: float, levels: Sequence[Level], params: SurveyParams) -> None:
    low, high = levels[0].height_m, levels[-1].height_m
    if high > params.max_height_m or low < LOWEST_M:
        wrong, limit = (
            (high, f"more than {params.max_height_m:g}")
            if high > params.max_height_m
            else (low, f"less than {LOWEST_M:g}")
        )
        raise SkyshadeError(
            f"a ring would be {wrong:.0f} m above ground, {limit} m",
            hint="give --ring-height-m, or another --gsd-m or --radius-m",
        )
    level = min(levels, key=lambda l: abs(l.height_m - l.aim_m))
    nearest = math.hypot(radius, level.height_m - level.aim_m)
    if camera.gsd_m(nearest) > params.gsd_m:
        raise SkyshadeError(
            f"from {nearest:.0f} m a pixel of {camera.name} covers {camera.gsd_m(nearest):.3f} m, "
            f"{params.gsd_m:g} m is asked",
            hint=f"give --gsd-m {math.ceil(camera.gsd_m(nearest) * 1050) / 1000:g}, or a smaller --radius-m",
        )


def _shooting(
    camera: Camera, radius: float, levels: Sequence[Level], params: SurveyParams, wishes: OrbitWishes
) -> Shooting:
    craft = params.aircraft
    spacing = _spacing_m(camera, radius, params, wishes)
    late = max(craft.trigger_excess_max_m, craft.trigger_excess_max_m / 10.0 * spacing)
    trigger = max(math.floor((spacing - late) * 100) / 100, 0.1)
    turning = math.sqrt(SIDEWAYS_MS2 * radius)
    speed = min(
        params.speed_ms or craft.cruise_ms, craft.cruise_ms, turning, fastest_ms(camera, params, trigger)
    )
    timed = params.trigger is TriggerKind.TIME
    interval_s = 0.0
    if timed:
        interval_s, speed = timing(camera, trigger, speed)
        trigger = interval_s * speed
    wide = 2.0 * radius * math.tan(math.radians(camera.field_of_view_deg[0]) / 2.0)
    lead, tail = speed * craft.ramp_s(speed) / 2 + craft.waypoint_radius_m, craft.waypoint_radius_m + 0.5
    swath = Swath(wide, wide, spacing, trigger, spacing, 0.0, lead, tail)
    down = math.degrees(math.atan2(levels[0].height_m - levels[0].aim_m, radius))
    return Shooting(levels[-1].height_m, speed, swath, -down, interval_s)


def _spacing_m(camera: Camera, radius: float, params: SurveyParams, wishes: OrbitWishes) -> float:
    """Metres along a ring between photographs; raises `SkyshadeError` for a wish that overlaps too little."""
    field = math.radians(camera.field_of_view_deg[0])
    most = (1.0 - params.front) * field * radius
    slack = min(params.position_error_m / 2.0, most / 8.0)
    asked = [m for m in (wishes.every_m, wishes.every_deg and math.radians(wishes.every_deg) * radius) if m]
    if asked and min(asked) > most * 1.0001:
        share = 1.0 - min(asked) / (field * radius)
        best = math.floor(math.degrees(most / radius) * 10) / 10
        raise SkyshadeError(
            f"photographs each {min(asked):.1f} m ({math.degrees(min(asked) / radius):.1f} degrees) share "
            f"{max(share, 0):.0%}, {params.front:.0%} is asked",
            hint=f"give --every-deg {best:g} or less, or less --front",
        )
    return min([*asked, STEPPED_SHARE * most - slack])


def circle_round(subject: BaseGeometry, radius_m: float, base_m: float) -> Circle:
    """The line `radius_m` off the convex hull of `subject`."""
    hull = shapely.convex_hull(subject)
    ring = hull.buffer(radius_m, quad_segs=48)
    assert isinstance(ring, Polygon)  # noqa: S101  # a hull grown by more than nothing is one polygon
    return Circle(hull, shapely.LineString(ring.exterior.coords), base_m)


def arc_points(circle: Circle, arc: Arc, swath: Swath) -> list[TrackPoint]:
    """Lead-in, the arc with the camera on, run-out; each leg looks at what it passes."""
    count = max(1, math.floor((arc.end_m - arc.start_m) / swath.shot_m))  # no leg shorter than the spacing
    along = [arc.start_m + (arc.end_m - arc.start_m) * i / count for i in range(count + 1)]
    up = circle.base_m + arc.level.height_m
    places = [arc.start_m - swath.lead_m, *along, arc.end_m + swath.tail_m]
    points = [TrackPoint(circle.at(places[0]), up, aim=_aim(circle, places[0], arc.level))]
    for before, here in itertools.pairwise(places):
        aim = _aim(circle, (before + here) / 2.0, arc.level)
        points.append(TrackPoint(circle.at(here), up, on_pass=True, aim=aim))
    points[1] = replace(points[1], camera=Order.START)
    points[-1] = replace(points[-1], camera=Order.STOP)
    return points


def _aim(circle: Circle, along_m: float, level: Level) -> tuple[float, float, float]:
    """Where the camera is pointed from a place along the ring."""
    return (*circle.nearest(circle.at(along_m)), circle.base_m + level.aim_m)
