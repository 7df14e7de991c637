"""The demo's survey: planned, held to every rule, flown."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from core.errors import SkyshadeError
from core.shot import Shot
from core.wind import Wind
from flight.fly import fly_mission
from flight.record import FlightRecord
from gis.terrain import read_terrain
from gis.vector import read_area
from missions.aircraft import load_aircraft
from missions.airspace import read_zones
from missions.cameras import load_camera
from missions.checks import check_mission, passed
from missions.finding import Finding, Verdict
from missions.formats import read_plan, write_plan
from missions.permits import read_permits
from missions.survey import SurveyParams, SurveyPlan, plan_survey
from skyshade.demo.choices import StoryParams, Tell
from skyshade.demo.layers import SceneLayers
from skyshade.demo.scene import Scene
from skyshade.vehicles import vehicle_at

CAMERA = "XT-13"
AIRCRAFT = "quad-4kg"
# The made day: a Saturday in a heat wave, two in the afternoon, light wind from the south-west.
DAY = datetime(2026, 8, 8, 14, 0, tzinfo=ZoneInfo("Asia/Seoul"))
WIND = Wind(2.0, 225.0)
SPEEDUP = {"embedded": 60.0, "ardupilot": 15.0}


@dataclass(frozen=True, slots=True)
class Planned:
    """A survey plan, its file, and what the rules say of it."""

    survey: SurveyPlan
    path: Path
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Surveyed:
    """The flight, and its shots on the made day (the vehicle's own clock moved by a constant)."""

    record: FlightRecord
    shots: tuple[Shot, ...]


def plan(layers: SceneLayers, scene: Scene, params: StoryParams, folder: Path, tell: Tell) -> Planned:
    """Plan the survey, write it as .plan, read it back and hold it to every rule."""
    tell("planning the survey", 0, 1)
    camera, aircraft = load_camera(CAMERA), load_aircraft(AIRCRAFT)
    zones, terrain = read_zones(layers.airspace), read_terrain(layers.ground)
    survey = plan_survey(
        read_area(layers.survey_area),
        camera,
        scene.home,
        SurveyParams(
            gsd_m=params.gsd_m,
            front=params.front,
            side=params.side,
            aircraft=aircraft,
            wind=WIND,
            zones=zones,
            terrain=terrain,
            at_time=DAY,
            margin_m=30.0,
            name="demo survey",
        ),
    )
    path = folder / "survey.plan"
    write_plan(survey.sorties[0].mission, path)
    findings = check_mission(
        read_plan(path),
        zones=zones,
        terrain=terrain,
        aircraft=aircraft,
        wind=WIND,
        permits=read_permits(layers.permits),
        at_time=DAY,
        camera=camera,
    )
    _must_be_flyable(survey, findings)
    return Planned(survey, path, findings)


def _must_be_flyable(survey: SurveyPlan, findings: tuple[Finding, ...]) -> None:
    if len(survey.sorties) != 1:
        raise SkyshadeError(
            f"the demo's survey needs {len(survey.sorties)} batteries", hint="choose a coarser resolution"
        )
    if not survey.proved or not passed(findings):
        failed = [f.message for f in findings if f.verdict is Verdict.FAIL]
        raise SkyshadeError(f"the demo's survey is not flyable: {'; '.join(failed) or 'coverage'}")


def fly_survey(planned: Planned, params: StoryParams, folder: Path, tell: Tell) -> Surveyed:
    """Fly the plan's file and put its shots on the made day."""
    mission = read_plan(planned.path)
    speedup = simulated_speedup(params)
    with vehicle_at(params.vehicle, mission.home, speedup=speedup, seed=params.seed) as vehicle:
        record = fly_mission(
            mission,
            vehicle,
            folder,
            confirm_real=params.confirm_real,
            on_progress=lambda what, done, total: tell(f"survey: {what}", done, total),
            on_interrupt=params.on_interrupt,
        )
    if not record.completed or not record.shots:
        raise SkyshadeError(
            f"the survey flight was not completed: {record.aborted}", hint=f"see {record.log}"
        )
    return Surveyed(record, on_the_day(record.shots))


def simulated_speedup(params: StoryParams) -> float | None:
    """The speed-up asked for, a quick one for simulated vehicles, none for any other."""
    return SPEEDUP.get(params.vehicle) if params.speedup is None else params.speedup


def on_the_day(shots: tuple[Shot, ...]) -> tuple[Shot, ...]:
    """Shots with their times moved so that the first is taken when the made day begins."""
    first = next((s.time_s for s in shots if s.time_s is not None), 0.0)
    moved = DAY.timestamp() - first
    return tuple(s if s.time_s is None else replace(s, time_s=s.time_s + moved) for s in shots)
