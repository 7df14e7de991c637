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


def released_by_time_and_lost_photographs_flown_again(vehicle, folder, speedup, instance=0):
    geopandas.GeoDataFrame({"n": [1]}, geometry=[AREA], crs="EPSG:4326").to_file(
        folder / "park.geojson", engine="pyogrio"
    )
    camera = ("--camera", "M3T", "--gsd-m", 0.12, "--aircraft", "sitl-quad", "--trigger", "time")
    surveyed("plan", folder / "park.geojson", *camera, "-o", folder / "t.plan", "--json")
    plan, record = read_plan(folder / "t.plan"), read_record(folder / "t.survey.json")
    fly(vehicle, plan, folder / "flight", speedup, instance)
    shots = read_shots([folder / "flight"])
    assert resume_survey(record, [plan], shots).plan is None
    gone = (3, 8, 17)
    left = [s for n, s in enumerate(shots, 1) if n not in gone]
    rest = resume_survey(record, [plan], left)
    uncounted = resume_survey(record, [plan], [replace(s, number=None) for s in left])
    assert [lost.number for lost in rest.lost] == [lost.number for lost in uncounted.lost] == list(gone)
    (sortie,) = rest.plan.sorties
    fly(vehicle, sortie.mission, folder / "rest", speedup, instance + 1)
    end = resume_survey(record, [plan], [*left, *read_shots([folder / "rest"])])
    assert not end.lost
    assert end.before.coverage.fraction == 1.0


def test_embedded_copter_releases_by_time_and_lost_photographs_are_flown_again(tmp_path):
    released_by_time_and_lost_photographs_flown_again("embedded", tmp_path, 40.0)


@pytest.mark.ardupilot
def test_real_ardupilot_releases_by_time_and_lost_photographs_are_flown_again(tmp_path):
    if not os.environ.get("SKYSHADE_ARDUCOPTER"):
        pytest.skip("real ArduPilot is missing: set SKYSHADE_ARDUCOPTER")
    released_by_time_and_lost_photographs_flown_again("ardupilot", tmp_path, 10.0, instance=34)
