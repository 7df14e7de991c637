"""The recipe: from an area and a camera to proved missions."""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely

from core.camera import Camera
from core.errors import SkyshadeError
from core.geo import LonLat
from gis.vector import Area
from missions.airspace import keep_out
from missions.energy import Cost, PathPoint, path_cost
from missions.model import Home, Mission
from missions.route import XY, Navigator, to_degrees
from missions.survey.area import Ground, make_ground
from missions.survey.cells import split_cells, visit
from missions.survey.items import make_fence, run_shots, track_items
from missions.survey.lines import (
    Pass,
    Run,
    Swath,
    flown,
    lay_passes,
    left_over,
    spot_passes,
    turned,
    turned_back,
)
from missions.survey.params import Sortie, SurveyParams, SurveyPlan
from missions.survey.proof import legs_outside_m, prove_coverage
from missions.survey.sorties import Flight, Load, share_out
from missions.survey.track import Flyer, Surface

COVER_ROUNDS = 6
SPOT_ROUNDS = 12
LOWEST_M = 5.0
MOST_SHOTS = 100_000


def plan_survey(area: Area, camera: Camera, home: LonLat, params: SurveyParams) -> SurveyPlan:
    """Plan flights that photograph `area` (lon/lat) with `camera`, starting and ending at `home`.

    Legs stay inside the area grown by `params.margin_m`, less no-fly zones, plus corridors to home where
    home lies outside. The result carries its own proof; check `proved`. Raises `SkyshadeError` when the
    wanted resolution needs too great a height, zones leave nothing, or a battery cannot reach a part.
    """
    height_m = _height(camera, params)
    zones = keep_out(params.zones, height_m, params.at_time)
    ground = make_ground(area, home, zones, margin_m=params.margin_m, zone_margin_m=params.zone_margin_m)
    speed_ms, swath = _swath(camera, height_m, params)
    _bearable(ground, swath)
    angle = params.angle_deg if params.angle_deg is not None else best_angle(ground, swath, speed_ms, params)
    flyer = Flyer(Navigator(ground.flight), Surface(ground.frame, height_m, params.terrain), angle, {})
    runs = cover(ground, swath, flyer)
    load = Load(params.aircraft, params.wind, speed_ms, params.max_items)
    flights = share_out(runs, flyer, swath, load)
    sorties = _sorties(flights, ground, flyer, swath, params, speed_ms)
    return _proved(sorties, ground, camera, params, Facts(height_m, speed_ms, angle, swath.trigger_m))


@dataclass(frozen=True, slots=True)
class Facts:
    """The figures every sortie of a plan shares."""

    height_m: float
    speed_ms: float
    angle_deg: float
    trigger_m: float


def _height(camera: Camera, params: SurveyParams) -> float:
    height = camera.height_m(params.gsd_m)
    if height > params.max_height_m:
        best = math.floor(camera.gsd_m(params.max_height_m) * 1000) / 1000
        raise SkyshadeError(
            f"{params.gsd_m:g} m a pixel with {camera.name} needs {height:.0f} m above ground, more than "
            f"{params.max_height_m:g} m",
            hint=f"ask for {best:.3f} m or finer",
        )
    if height < LOWEST_M:
        raise SkyshadeError(
            f"{params.gsd_m:g} m a pixel with {camera.name} needs {height:.1f} m above ground, less than "
            f"{LOWEST_M:g} m",
            hint=f"ask for {math.ceil(camera.gsd_m(LOWEST_M) * 1e4) / 1e4:.4f} m or coarser",
        )
    return height


def _bearable(ground: Ground, swath: Swath) -> None:
    """Refuse a survey of more shots than anyone will fly, before it takes the machine down."""
    shots = ground.target.area / (swath.line_m * swath.shot_m)
    if shots > MOST_SHOTS:
        raise SkyshadeError(
            f"the survey needs about {shots:.0f} shots, more than {MOST_SHOTS}",
            hint="plan the area in parts, or ask for a coarser --gsd-m or less overlap",
        )


def _swath(camera: Camera, height_m: float, params: SurveyParams) -> tuple[float, Swath]:
    """Survey speed and the swath: spacings hold even when the trigger fires at its latest."""
    across, along = true_footprint_m(camera, height_m)
    craft = params.aircraft
    slack = min(params.position_error_m, along / 8)
    wanted = min(along * (1.0 - params.front), along - 2 * slack)
    late = max(craft.trigger_excess_max_m, craft.trigger_excess_max_m / 10.0 * wanted)
    mean = max(craft.trigger_excess_m, craft.trigger_excess_m / 10.0 * wanted)
    trigger = max(math.floor((wanted - late) * 100) / 100, 0.1)
    speed = min(params.speed_ms or craft.cruise_ms, craft.cruise_ms)
    if camera.min_interval_s > 0:
        speed = min(speed, trigger / camera.min_interval_s)
    swath = Swath(
        across_m=across,
        along_m=along,
        line_m=min(across * (1.0 - params.side), across - 2 * slack),
        trigger_m=trigger,
        shot_m=trigger + mean,
        slack_m=slack,
        lead_m=speed * craft.ramp_s(speed) / 2 + craft.waypoint_radius_m,
        tail_m=craft.waypoint_radius_m + 0.5,
    )
    return speed, swath


def true_footprint_m(camera: Camera, height_m: float) -> tuple[float, float]:
    """The nadir rectangle (across, along) that an image surely holds, lens distortion and offset counted."""
    share = np.linspace(-0.5, camera.width_px - 0.5, 33), np.linspace(-0.5, camera.height_px - 0.5, 33)
    sides = [camera.rays([(x, y) for y in share[1]])[:, 0] for x in share[0][[0, -1]]]
    ends = [camera.rays([(x, y) for x in share[0]])[:, 1] for y in share[1][[0, -1]]]
    across, along = (2.0 * height_m * min(float(np.abs(e).min()) for e in edges) for edges in (sides, ends))
    return across, along


def best_angle(ground: Ground, swath: Swath, speed_ms: float, params: SurveyParams) -> float:
    """The course (0-180 degrees) with the least flying time, turns and wind counted; energy breaks ties."""
    costs = {a: _rough_cost(ground, swath, speed_ms, params, a) for a in _angles(ground.target)}
    quickest = min(cost.duration_s for cost in costs.values())
    near = {a: cost for a, cost in costs.items() if cost.duration_s <= 1.01 * quickest}
    return min(near, key=lambda a: near[a].energy_Wh)


def _angles(target: Area) -> list[float]:
    """Every 15 degrees, and along the sides of the area's hull (Huang 2001: the best sweep follows one)."""
    hull = shapely.get_coordinates(target.convex_hull.simplify(2.0))
    sides = np.diff(hull, axis=0)
    longest = sides[np.argsort(-np.hypot(*sides.T))[:8]]
    along = np.degrees(np.arctan2(longest[:, 0], longest[:, 1])) % 180.0
    return sorted({*np.arange(0.0, 180.0, 15.0).tolist(), *np.round(along, 1).tolist()})


def _rough_cost(ground: Ground, swath: Swath, speed_ms: float, params: SurveyParams, angle: float) -> Cost:
    """Passes in serpentine order with straight transits: good enough to compare courses."""
    passes = lay_passes(turned(ground.target, angle), turned(ground.working, angle), swath)
    points = [PathPoint(0.0, 0.0, 0.0, speed_ms)]
    here: XY = (0.0, 0.0)
    for line in passes:
        ends = [(line.x_from - swath.lead_m, line.y), (line.x_to + swath.tail_m, line.y)]
        ends.sort(key=lambda end: math.dist(here, end))
        points += [PathPoint(*turned_back(*end, angle), 0.0, speed_ms) for end in ends]
        here = ends[-1]
    points.append(PathPoint(0.0, 0.0, 0.0, speed_ms))
    try:
        return path_cost(points, params.aircraft, params.wind)
    except ValueError:
        return Cost(0.0, math.inf, math.inf)


def cover(ground: Ground, swath: Swath, flyer: Flyer) -> list[Run]:
    """Runs in flying order that photograph all of the target: passes, then passes over what is left."""
    target, working = turned(ground.target, flyer.angle_deg), turned(ground.working, flyer.angle_deg)
    passes = lay_passes(target, working, swath)
    runs: list[Run] = []
    for attempt in range(COVER_ROUNDS + SPOT_ROUNDS):
        runs = _ordered(passes, swath, flyer)
        rest = left_over(target, runs, swath)
        if rest.is_empty:
            break
        row = max((p.row for p in passes), default=0) + 2
        passes = passes + list(_more(rest, working, swath, row, spots=attempt >= COVER_ROUNDS))
    return runs


def _more(rest: Area, working: Area, swath: Swath, row: int, *, spots: bool) -> Iterable[Pass]:
    if spots:
        yield from spot_passes(rest, working, row)
        return
    for part in shapely.get_parts(rest):
        found = lay_passes(part, working, swath, row)
        gaining = [p for p in found if not _gains_nothing(part, p, swath)]
        yield from gaining or spot_passes(part, working, row)
        row += len(found) + 2


def _gains_nothing(part: Area, line: Pass, swath: Swath) -> bool:
    """Whether a pass would photograph nothing of `part`."""
    return not left_over(part, [flown(line, swath, forward=True)], swath).area < part.area - 1e-6


def _ordered(passes: list[Pass], swath: Swath, flyer: Flyer) -> list[Run]:
    def distance(a: XY, b: XY) -> float:
        way = flyer.way(flyer.out(*a), flyer.out(*b))
        return sum(math.dist(p, q) for p, q in itertools.pairwise(way))

    return visit(split_cells(passes), (0.0, 0.0), swath, distance)  # home: the origin of both frames


def _sorties(
    flights: list[Flight], ground: Ground, flyer: Flyer, swath: Swath, params: SurveyParams, speed_ms: float
) -> tuple[Sortie, ...]:
    fence = make_fence(ground, params.fence_m)
    home = Home(ground.frame.origin, _elevation(params, ground.frame.origin))
    sorties, first = [], 0
    for number, flight in enumerate(flights, start=1):
        items = track_items(
            flight.track,
            ground.frame,
            trigger_m=swath.trigger_m,
            survey_ms=speed_ms,
            transit_ms=params.aircraft.cruise_ms,
        )
        name = params.name if len(flights) == 1 else f"{params.name} {number}/{len(flights)}"
        mission = Mission(home, items, fence, name=name, cruise_ms=speed_ms)
        shots = run_shots(flight.runs, flyer, first)
        first += len(shots)
        cost = flight.cost
        sorties.append(Sortie(mission, cost.distance_m, cost.duration_s, cost.energy_Wh, shots))
    return tuple(sorties)


def _elevation(params: SurveyParams, home: LonLat) -> float | None:
    return None if params.terrain is None else float(params.terrain.heights_m(*home.xy))


def _proved(
    sorties: tuple[Sortie, ...], ground: Ground, camera: Camera, params: SurveyParams, facts: Facts
) -> SurveyPlan:
    home = ground.frame.origin
    target = to_degrees(ground.target, ground.frame)
    allowed = to_degrees(ground.flight, ground.frame)
    shots = [shot for sortie in sorties for shot in sortie.shots]
    return SurveyPlan(
        sorties,
        prove_coverage(target, shots, camera, home, params.terrain),
        legs_outside_m([s.mission for s in sorties], allowed),
        facts.height_m,
        facts.speed_ms,
        facts.angle_deg,
        facts.trigger_m,
    )
