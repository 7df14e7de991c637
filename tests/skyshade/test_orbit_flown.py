"""An orbit flown: photographs all the way round, on the ring, none missing."""

import json
import math
import os
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from core.geo import LocalFrame, LonLat
from flight.fly import fly_mission
from missions.formats import read_plan
from missions.model import Home
from missions.survey.record import read_record
from missions.survey.resume import resume_survey
from skyshade.cli.survey import command
from skyshade.shotlog import read_shots
from skyshade.vehicles import vehicle_at

POINT = LonLat(127.11, 37.37)


def planned(folder, *more):
    wishes = ("--radius-m", 30, "--camera", "M3T", "--gsd-m", 0.06, "--aircraft", "sitl-quad")
    args = ("orbit", "127.11,37.37", *wishes, *more, "-o", folder / "o.plan", "--json")
    result = CliRunner().invoke(command, [str(a) for a in args])
    assert result.exit_code == 0, f"{result.output} {result.exception}"
    (sortie,) = json.loads(result.stdout)["sorties"]
    return sortie


def fly(vehicle, plan, folder, speedup, instance=0):
    known = replace(plan, home=Home(plan.home.position, 40.0))
    with vehicle_at(vehicle, known.home, speedup=speedup, instance=instance) as running:
        record = fly_mission(known, running, folder)
    assert record.completed, record.aborted


def flown_all_the_way_round(vehicle, folder, speedup, instance=0):
    sortie = planned(folder)
    fly(vehicle, read_plan(folder / "o.plan"), folder / "flight", speedup, instance)
    shots = read_shots([folder / "flight"])
    assert abs(len(shots) - sortie["shots"]) <= 3
    places = np.array([LocalFrame(POINT).point(s.lonlat) for s in shots])
    assert np.abs(np.hypot(*places.T) - 30.0).max() < 2.0
    bearings = np.sort(np.degrees(np.arctan2(*places.T)) % 360.0)
    widest = np.diff([*bearings, bearings[0] + 360.0]).max()
    field_deg = 2 * math.degrees(math.atan(640 * 0.012 / 2 / 9.1))
    assert widest <= (1.0 - 0.8) * field_deg + 0.5
    record, plan = read_record(folder / "o.survey.json"), read_plan(folder / "o.plan")
    rest = resume_survey(record, [plan], shots)
    assert rest.before.coverage.fraction == 1.0
    assert not rest.lost
    for gone in (30, 41):
        rest = resume_survey(record, [plan], [s for n, s in enumerate(shots, 1) if n != gone])
        assert [lost.number for lost in rest.lost] == [gone]


def test_embedded_copter_photographs_a_point_from_all_sides(tmp_path):
    flown_all_the_way_round("embedded", tmp_path, 40.0)


@pytest.mark.ardupilot
def test_real_ardupilot_photographs_a_point_from_all_sides(tmp_path):
    if not os.environ.get("SKYSHADE_ARDUCOPTER"):
        pytest.skip("real ArduPilot is missing: set SKYSHADE_ARDUCOPTER")
    flown_all_the_way_round("ardupilot", tmp_path, 10.0, instance=33)
