"""A survey flown, broken off, and resumed from its recording: in the end everything is seen."""

import json
import os
from dataclasses import replace

import geopandas
import pytest
from click.testing import CliRunner
from shapely.geometry import box

from core.geo import LocalFrame, LonLat
from flight.fly import fly_mission
from missions.formats import read_plan
from missions.model import Command, Home, MissionItem
from missions.route import to_degrees
from missions.survey.record import read_record
from missions.survey.resume import resume_survey
from skyshade.cli.survey import command
from skyshade.shotlog import read_shots
from skyshade.vehicles import vehicle_at

FRAME = LocalFrame(LonLat(127.11, 37.37))
AREA = to_degrees(box(0, 0, 90, 60), FRAME)


def surveyed(*args):
    result = CliRunner().invoke(command, [str(a) for a in args])
    assert result.exit_code == 0, f"{result.output} {result.exception}"
    return json.loads(result.stdout)


def cut_short(mission):
    """The first passes only: the camera off, and home."""
    starts = [
        n for n, i in enumerate(mission.items) if i.command == Command.DO_SET_CAM_TRIGG_DIST and i.params[0]
    ]
    upto = starts[max(1, len(starts) // 3)] - 1
    return replace(
        mission, items=(*mission.items[:upto], MissionItem(Command.NAV_RETURN_TO_LAUNCH)), patterns=()
    )


def fly(vehicle, mission, folder, speedup, instance):
    known = replace(mission, home=Home(mission.home.position, 40.0))
    with vehicle_at(vehicle, known.home, speedup=speedup, instance=instance) as running:
        record = fly_mission(known, running, folder)
    assert record.completed, record.aborted


def flown_cut_and_resumed(vehicle, folder, speedup, instance=0):
    frame = geopandas.GeoDataFrame({"n": [1]}, geometry=[AREA], crs="EPSG:4326")
    frame.to_file(folder / "park.geojson", engine="pyogrio")
    plan, rest = folder / "park.plan", folder / "rest.plan"
    camera = ("--camera", "M3T", "--gsd-m", 0.12, "--aircraft", "sitl-quad")
    assert surveyed("plan", folder / "park.geojson", *camera, "-o", plan, "--json")["proved"]
    fly(vehicle, cut_short(read_plan(plan)), folder / "flight-1", speedup, instance)
    answer = surveyed("resume", plan, "--shots", folder / "flight-1" / "flight.tlog", "-o", rest, "--json")
    assert 0 < answer["taken"] < answer["planned"]
    assert answer["coverage"]["fraction"] == 1.0
    fly(vehicle, read_plan(rest), folder / "flight-2", speedup, instance)
    both = read_shots([folder / "flight-1", folder / "flight-2" / "flight.tlog"])
    end = resume_survey(read_record(folder / "park.survey.json"), [read_plan(plan)], both)
    assert end.before.coverage.fraction == 1.0
    assert not end.lost


def test_embedded_copter_completes_a_survey_that_was_cut(tmp_path):
    flown_cut_and_resumed("embedded", tmp_path, 40.0)


@pytest.mark.ardupilot
def test_real_ardupilot_completes_a_survey_that_was_cut(tmp_path):
    if not os.environ.get("SKYSHADE_ARDUCOPTER"):
        pytest.skip("real ArduPilot is missing: set SKYSHADE_ARDUCOPTER")
    flown_cut_and_resumed("ardupilot", tmp_path, 10.0, instance=31)


@pytest.mark.ardupilot
def test_real_ardupilot_releases_by_time_and_lost_photographs_are_flown_again(tmp_path):
    if not os.environ.get("SKYSHADE_ARDUCOPTER"):
        pytest.skip("real ArduPilot is missing: set SKYSHADE_ARDUCOPTER")
    geopandas.GeoDataFrame({"n": [1]}, geometry=[AREA], crs="EPSG:4326").to_file(
        tmp_path / "park.geojson", engine="pyogrio"
    )
    camera = ("--camera", "M3T", "--gsd-m", 0.12, "--aircraft", "sitl-quad", "--trigger", "time")
    surveyed("plan", tmp_path / "park.geojson", *camera, "-o", tmp_path / "t.plan", "--json")
    plan, record = read_plan(tmp_path / "t.plan"), read_record(tmp_path / "t.survey.json")
    fly("ardupilot", plan, tmp_path / "flight", 10.0, 34)
    shots = read_shots([tmp_path / "flight"])
    assert resume_survey(record, [plan], shots).plan is None
    gone = (8, 17)
    rest = resume_survey(record, [plan], [s for n, s in enumerate(shots, 1) if n not in gone])
    assert tuple(lost.number for lost in rest.lost) == gone
    (sortie,) = rest.plan.sorties
    fly("ardupilot", sortie.mission, tmp_path / "rest", 10.0, 35)
    left = [s for n, s in enumerate(shots, 1) if n not in gone]
    end = resume_survey(record, [plan], [*left, *read_shots([tmp_path / "rest"])])
    assert not end.lost
    assert end.before.coverage.fraction == 1.0
