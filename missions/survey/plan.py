"""The recipe: from an area and a camera to proved missions."""

import math
from dataclasses import dataclass

import numpy as np

from core.camera import Camera
from core.errors import SkyshadeError
from core.geo import LonLat
from gis.vector import Area
from missions.airspace import keep_out
from missions.model import Home, Mission
from missions.route import Navigator, to_degrees
from missions.survey.area import Ground, make_ground
from missions.survey.items import make_fence, run_shots, track_items
from missions.survey.lines import Swath
from missions.survey.params import Sortie, SurveyParams, SurveyPlan
from missions.survey.proof import legs_outside_m, prove_coverage
from missions.survey.sorties import Flight, Load, share_out
from missions.survey.sweep import cover, main_course
from missions.survey.track import Flyer, Surface

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
    flyer = Flyer(Navigator(ground.flight), Surface(ground.frame, height_m, params.terrain), {})
    load = Load(params.aircraft, params.wind, speed_ms, params.max_items)
    runs = cover(ground, swath, flyer, load, params.angle_deg)
    flights = share_out(runs, flyer, swath, load)
    sorties = _sorties(flights, ground, flyer, swath, params, speed_ms)
    return _proved(
        sorties, ground, camera, params, Facts(height_m, speed_ms, main_course(runs), swath.trigger_m)
    )


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
