"""An orbit flown: photographs all the way round, on the ring, none missing."""

import json
import math
from dataclasses import replace

import numpy as np
from click.testing import CliRunner

from core.geo import LocalFrame, LonLat
from flight.fly import fly_mission
from missions.formats import read_plan
from missions.model import Home
from skyshade.cli.survey import command
from skyshade.shotlog import read_shots
from skyshade.vehicles import vehicle_at

POINT = LonLat(127.11, 37.37)


def test_embedded_copter_photographs_a_point_from_all_sides(tmp_path):
    wishes = ("--radius-m", 30, "--camera", "M3T", "--gsd-m", 0.06, "--aircraft", "sitl-quad")
    args = ("orbit", "127.11,37.37", *wishes, "-o", tmp_path / "o.plan", "--json")
    result = CliRunner().invoke(command, [str(a) for a in args])
    assert result.exit_code == 0, f"{result.output} {result.exception}"
    (sortie,) = json.loads(result.stdout)["sorties"]
    plan = read_plan(tmp_path / "o.plan")
    known = replace(plan, home=Home(plan.home.position, 40.0))
    with vehicle_at("embedded", known.home, speedup=40.0) as running:
        record = fly_mission(known, running, tmp_path / "flight")
    assert record.completed, record.aborted
    shots = read_shots([tmp_path / "flight"])
    assert abs(len(shots) - sortie["shots"]) <= 1
    places = np.array([LocalFrame(POINT).point(s.lonlat) for s in shots])
    assert np.abs(np.hypot(*places.T) - 30.0).max() < 2.0
    bearings = np.sort(np.degrees(np.arctan2(*places.T)) % 360.0)
    widest = np.diff([*bearings, bearings[0] + 360.0]).max()
    field_deg = 2 * math.degrees(math.atan(640 * 0.012 / 2 / 9.1))
    assert widest <= (1.0 - 0.8) * field_deg + 0.5
