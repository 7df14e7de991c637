"""Surveys flown: does what was really photographed hold what the plan proved? Cut at a third, and resumed.

A plan of 160 x 120 m at 12 cm is flown whole, released by metres and by seconds; an orbit round a hall too.
Then the first third of the way alone, what is missing is planned from the recording, and flown; and a flight
of which three photographs are taken out of the recording, which must be named, and flown again. Overlaps and
coverage are those of the photographs that the vehicle reported, the camera straight down, its top along the
airframe's heading (round the hall: pointed at it). What resuming counts as seen looks as it was planned to.

Usage: python benchmarks/survey_flown.py [VEHICLE ...]    (embedded, ardupilot; both by default)
"""

import itertools
import math
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import box

from core.geo import FloatArray, LocalFrame, LonLat
from core.shot import CameraAttitude, Shot
from flight.fly import fly_mission
from flight.record import FlightRecord
from flight.tlog import read_columns
from missions.aircraft import load_aircraft
from missions.cameras import load_camera
from missions.model import Command, Home, Mission, MissionItem
from missions.route import to_degrees
from missions.survey import SurveyParams, SurveyPlan, TriggerKind, plan_survey
from missions.survey.orbit import OrbitWishes, orbit_plan, set_up, whole_rings
from missions.survey.proof import Asked, Proof, prove_views
from missions.survey.record import OrbitRecord, SurveyRecord
from missions.survey.rehearsal import Views, rehearse, views_of
from missions.survey.resume import Resumed, resume_survey
from skyshade.shotlog import read_shots
from skyshade.vehicles import vehicle_at

FRAME = LocalFrame(LonLat(127.11, 37.37))
AREA = to_degrees(box(0, 0, 160, 120), FRAME)
HALL = to_degrees(box(60, 50, 100, 70), FRAME)
CAMERA = load_camera("M3T")
PARAMS = SurveyParams(0.12, aircraft=load_aircraft("sitl-quad"), name="flown")
SPEEDUP = 10.0
LOST_HEADS = "lost, by the camera's count | by its steps alone"
LOST = (5, 6, 30)  # from 1, of the photographs in a recording


@dataclass(frozen=True, slots=True)
class Case:
    """A survey to fly: its plan, of one flight, and its record."""

    name: str
    plan: SurveyPlan
    record: SurveyRecord

    @property
    def mission(self) -> Mission:
        """The one mission."""
        return self.plan.sorties[0].mission


def swept(name: str, params: SurveyParams) -> Case:
    """The area by rows."""
    home = FRAME.place(4.0, 4.0)
    return Case(
        name, plan_survey(AREA, CAMERA, home, params), SurveyRecord(AREA, CAMERA, home, params, ("0.plan",))
    )


def round_hall() -> Case:
    """A ring round a hall of 40 x 20 x 18 m."""
    params, wishes = replace(PARAMS, gsd_m=0.05), OrbitWishes(top_m=18.0)
    stage = set_up(HALL, CAMERA, None, params, wishes)
    plan = orbit_plan(whole_rings(stage), stage, CAMERA, params)
    orbit = OrbitRecord(HALL, wishes)
    return Case(
        "orbit", plan, SurveyRecord(stage.target, CAMERA, stage.home, params, ("0.plan",), orbit=orbit)
    )


def main() -> None:
    cases = [
        swept("rows", PARAMS),
        swept("rows, by time", replace(PARAMS, trigger=TriggerKind.TIME)),
        round_hall(),
    ]
    heads = "| survey | vehicle | told itself | shots | lost | least overlap along, across | off the line m "
    whole = [f"{heads}| seen | planned, flown s | error |", "|" + "---|" * 10]
    gaps = [
        f"| survey | vehicle | what | taken | seen then | {LOST_HEADS} | again | left then | seen in all |",
        "|" + "---|" * 10,
    ]
    for vehicle, case in itertools.product(sys.argv[1:] or ["embedded", "ardupilot"], cases):
        with tempfile.TemporaryDirectory() as folder:
            flown = fly(vehicle, case.mission, Path(folder) / "whole")
            whole.append(whole_row(vehicle, case, flown))
            gaps += gap_rows(vehicle, case, Path(folder))
        print(whole[-1], *gaps[-2:], sep="\n", file=sys.stderr, flush=True)
    print("\n".join([*whole, "", *gaps]))


def whole_row(vehicle: str, case: Case, flown: FlightRecord) -> str:
    """The whole flight, beside the plan."""
    sortie, rest = case.plan.sorties[0], resumed(case, flown.shots)
    proof = flown_proof(case, flown)
    error, seen = flown.flown_s / sortie.duration_s - 1.0, proof.coverage.fraction
    return (
        f"| {case.name} | {vehicle} | {told(flown)} | {len(flown.shots)} of {len(sortie.shots)} "
        f"| {len(rest.lost)} | {least(proof)} | {cross_track_m(case.mission, flown):.2f} | {seen:.2%} "
        f"| {sortie.duration_s:.1f}, {flown.flown_s:.1f} | {error:+.1%} |"
    )


def gap_rows(vehicle: str, case: Case, folder: Path) -> Iterator[str]:
    """A flight cut at a third, and one with photographs lost, each flown to the end."""
    cut = fly(vehicle, cut_at(case.mission, 1 / 3), folder / "cut")
    yield gap_row(vehicle, case, "cut at a third", read_shots([cut.log]), folder / "cut-rest")
    all_taken = read_shots([folder / "whole"])
    taken = [shot for number, shot in enumerate(all_taken, start=1) if number not in LOST]
    yield gap_row(vehicle, case, f"without {', '.join(map(str, LOST))}", taken, folder / "lost-rest")


def gap_row(vehicle: str, case: Case, what: str, taken: Sequence[Shot], folder: Path) -> str:
    """What is missing, flown again."""
    rest = resumed(case, taken)
    again: list[Shot] = []
    for number, sortie in enumerate(rest.plan.sorties if rest.plan is not None else ()):
        again += fly(vehicle, sortie.mission, folder / str(number)).shots
    end = resumed(case, [*taken, *again])
    uncounted = resumed(case, [replace(shot, number=None) for shot in taken])
    then, all_of = rest.before.coverage.fraction, end.before.coverage.fraction
    left = sum(not lost.held for lost in end.lost)
    return (
        f"| {case.name} | {vehicle} | {what} | {rest.taken} of {rest.planned} | {then:.1%} | {names(rest)} "
        f"| {names(uncounted)} | {len(again)} | {left} | {all_of:.2%} |"
    )


def names(rest: Resumed) -> str:
    """The lost photographs, in short."""
    numbers = [lost.number for lost in rest.lost]
    few = len(numbers) < 6
    return ", ".join(map(str, numbers)) if few else f"{numbers[0]} to {numbers[-1]}: {len(numbers)}"


def fly(vehicle: str, mission: Mission, folder: Path) -> FlightRecord:
    """Fly on a simulated vehicle of its own."""
    known = replace(mission, home=Home(mission.home.position, mission.home.elevation_m or 40.0))
    with vehicle_at(vehicle, known.home, speedup=SPEEDUP) as running:
        record = fly_mission(known, running, folder)
    if not record.completed:
        raise SystemExit(f"{vehicle}: {record.aborted}")
    return record


def told(flown: FlightRecord) -> str:
    """The version that the vehicle itself reports."""
    table = read_columns(flown.log, {"AUTOPILOT_VERSION"})["AUTOPILOT_VERSION"]
    number = int(table["flight_sw_version"][0])
    code = bytes(int(b) for b in np.atleast_1d(table["flight_custom_version"][0])).decode("ascii", "replace")
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255} {code.strip(chr(0))}".strip()


def cut_at(mission: Mission, share: float) -> Mission:
    """The mission broken off after that share of its way: the camera off, and home."""
    places = [(n, FRAME.point(i.position)) for n, i in enumerate(mission.items)
              if i.command == Command.NAV_WAYPOINT and i.position is not None]  # fmt: skip
    lengths = [math.dist(a, b) for (_, a), (_, b) in itertools.pairwise(places)]
    left = share * sum(lengths)
    leg = next(n for n, total in enumerate(itertools.accumulate(lengths)) if total > left)
    (_, a), (stop, b) = places[leg], places[leg + 1]
    part = (left - sum(lengths[:leg])) / lengths[leg]
    here = FRAME.place(a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1]))
    last = replace(mission.items[stop], position=here)
    off = [MissionItem(Command.DO_SET_CAM_TRIGG_DIST), MissionItem(Command.IMAGE_STOP_CAPTURE)]
    home = MissionItem(Command.NAV_RETURN_TO_LAUNCH)
    return replace(mission, items=(*mission.items[:stop], last, *off, home), patterns=())


def resumed(case: Case, taken: Sequence[Shot]) -> Resumed:
    """What some photographs leave to be done."""
    return resume_survey(case.record, [case.mission], taken)


def flown_proof(case: Case, flown: FlightRecord) -> Proof:
    """The proof of the photographs that the vehicle reported, on the planned rows they belong to."""
    if case.record.orbit is not None:
        return resumed(case, flown.shots).before
    seen = views_of(list(looking_down(flown)), FRAME)
    wanted = rehearse(case.mission, excess_m=PARAMS.aircraft.trigger_excess_m, frame=FRAME)
    near = [int(np.argmin(np.hypot(*(wanted.eyes - eye)[:, :2].T))) for eye in seen.eyes]
    tied = Views(seen.eyes, seen.looks, wanted.strips[near], wanted.pieces[near])
    return prove_views(tied, AREA, FRAME, CAMERA, Asked(PARAMS.front, PARAMS.side))


def looking_down(record: FlightRecord) -> Iterator[Shot]:
    for shot in record.shots:
        assert shot.time_s is not None
        yield replace(shot, attitude=CameraAttitude(record.yaw_at(shot.time_s), -90.0))


def least(proof: Proof) -> str:
    found = [f"{overlap.least:.1%}" for overlap in (proof.along, proof.across) if overlap is not None]
    return ", ".join(found)


def cross_track_m(mission: Mission, record: FlightRecord) -> float:
    """The farthest that a shot was taken from the leg it belongs to."""
    legs = shapely.MultiLineString(list(itertools.pairwise(FRAME.point(p) for p in mission.places)))
    places: FloatArray = np.array([FRAME.point(shot.lonlat) for shot in record.shots])
    return float(np.max(shapely.distance(shapely.points(places), legs)))


if __name__ == "__main__":
    main()
