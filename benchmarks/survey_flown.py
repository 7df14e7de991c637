"""Surveys flown: does what was really photographed hold what the plan proved? Cut at a third, and resumed.

A plan of 160 x 120 m at 12 cm is flown whole; then its first third alone, what is missing is planned from the
recording, and flown too. Overlaps and coverage are those of the shots that the vehicle reported, the camera
straight down, its top along the airframe's heading.

Usage: python benchmarks/survey_flown.py [VEHICLE ...]    (embedded, ardupilot; both by default)
"""

import itertools
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import box

from core.geo import FloatArray, LocalFrame, LonLat
from core.shot import CameraAttitude, Shot
from flight.fly import fly_mission
from flight.record import FlightRecord
from missions.aircraft import load_aircraft
from missions.cameras import load_camera
from missions.model import Command, Home, Mission, MissionItem
from missions.route import to_degrees
from missions.survey import SurveyParams, SurveyPlan, plan_survey
from missions.survey.proof import Asked, Proof, prove_views
from missions.survey.record import SurveyRecord
from missions.survey.rehearsal import views_of
from missions.survey.resume import Resumed, resume_survey
from skyshade.shotlog import read_shots
from skyshade.vehicles import vehicle_at

FRAME = LocalFrame(LonLat(127.11, 37.37))
AREA = to_degrees(box(0, 0, 160, 120), FRAME)
HOME = FRAME.place(4.0, 4.0)
CAMERA = load_camera("M3T")
PARAMS = SurveyParams(0.12, aircraft=load_aircraft("sitl-quad"), name="flown")
SPEEDUP = 10.0


def main() -> None:
    plan = plan_survey(AREA, CAMERA, HOME, PARAMS)
    first = plan.sorties[0]
    print(f"planned: {len(first.shots)} shots, {first.duration_s:.0f} s, proved: {plan.proved}\n")
    print(
        "| vehicle | shots | least overlap along | across | cross-track m | seen | lost | planned s "
        "| flown s | error | cut: taken | seen then | flown again | seen in the end |"
    )
    print("|" + "---|" * 14)
    for name in sys.argv[1:] or ["embedded", "ardupilot"]:
        with tempfile.TemporaryDirectory() as folder:
            print(row(name, plan, Path(folder)), flush=True)


def row(vehicle: str, plan: SurveyPlan, folder: Path) -> str:
    """The whole flight, then the cut one and its rest."""
    sortie = plan.sorties[0]
    whole = fly(vehicle, sortie.mission, folder / "whole")
    proof, lost = flown_proof([whole]), resumed([sortie.mission], [folder / "whole"])
    error = whole.flown_s / sortie.duration_s - 1.0
    cut = fly(vehicle, cut_at(sortie.mission, 1 / 3), folder / "cut")
    rest = resumed([sortie.mission], [folder / "cut"])
    flights = [cut]
    if rest.plan is not None:
        flights += [fly(vehicle, s.mission, folder / f"rest-{n}") for n, s in enumerate(rest.plan.sorties)]
    end = flown_proof(flights)
    again = 0 if rest.plan is None else sum(len(s.shots) for s in rest.plan.sorties)
    along, across = (o.least if o is not None else float("nan") for o in (proof.along, proof.across))
    return (
        f"| {vehicle} | {len(whole.shots)} of {len(sortie.shots)} | {along:.1%} | {across:.1%} "
        f"| {cross_track_m(sortie.mission, whole):.2f} | {proof.coverage.fraction:.3%} | {len(lost.lost)} "
        f"| {sortie.duration_s:.1f} | {whole.flown_s:.1f} | {error:+.1%} | {rest.taken} of {rest.planned} "
        f"| {rest.before.coverage.fraction:.1%} | {again} | {end.coverage.fraction:.3%} |"
    )


def fly(vehicle: str, mission: Mission, folder: Path) -> FlightRecord:
    """Fly on a simulated vehicle of its own."""
    known = replace(mission, home=Home(mission.home.position, mission.home.elevation_m or 40.0))
    with vehicle_at(vehicle, known.home, speedup=SPEEDUP) as running:
        record = fly_mission(known, running, folder)
    if not record.completed:
        raise SystemExit(f"{vehicle}: {record.aborted}")
    return record


def cut_at(mission: Mission, share: float) -> Mission:
    """The mission broken off in the middle of a pass, after about that share of its shots."""
    starts = [
        n
        for n, i in enumerate(mission.items)
        if i.command == Command.DO_SET_CAM_TRIGG_DIST and i.params[0] > 0
    ]
    stop = starts[round(len(starts) * share)]
    begin, end = (mission.items[n].position for n in (stop - 1, stop + 1))
    assert begin is not None
    assert end is not None
    half = replace(
        mission.items[stop + 1], position=LonLat((begin.lon + end.lon) / 2, (begin.lat + end.lat) / 2)
    )
    off = MissionItem(Command.DO_SET_CAM_TRIGG_DIST)
    home = MissionItem(Command.NAV_RETURN_TO_LAUNCH)
    return replace(mission, items=(*mission.items[: stop + 1], half, off, home), patterns=())


def resumed(missions: Sequence[Mission], folders: Sequence[Path]) -> Resumed:
    """What the recordings say is missing."""
    record = SurveyRecord(AREA, CAMERA, HOME, PARAMS, tuple(f"{n}.plan" for n in range(len(missions))))
    logs = [folder / "flight.tlog" for folder in folders]
    return resume_survey(record, missions, read_shots(logs))


def flown_proof(records: Sequence[FlightRecord]) -> Proof:
    """The proof of the shots that the vehicle reported."""
    shots = [shot for record in records for shot in looking_down(record)]
    return prove_views(views_of(shots, FRAME), AREA, FRAME, CAMERA, Asked(PARAMS.front, PARAMS.side))


def looking_down(record: FlightRecord) -> Iterator[Shot]:
    for shot in record.shots:
        assert shot.time_s is not None
        yield replace(shot, attitude=CameraAttitude(record.yaw_at(shot.time_s), -90.0))


def cross_track_m(mission: Mission, record: FlightRecord) -> float:
    """The farthest that a shot was taken from the leg it belongs to."""
    legs = shapely.MultiLineString(list(itertools.pairwise(FRAME.point(p) for p in mission.places)))
    places: FloatArray = np.array([FRAME.point(shot.lonlat) for shot in record.shots])
    return float(np.max(shapely.distance(shapely.points(places), legs)))


if __name__ == "__main__":
    main()
