"""Trying an upload on a simulated vehicle that lives as long as the command."""

import json

import pytest
from click.testing import CliRunner

from core.geo import Altitude, Datum, LocalFrame, LonLat
from missions.formats import write_plan
from missions.model import Command, Home, Mission, MissionItem
from skyshade.cli.mission import command

HOME = LonLat(127.11, 37.37)


@pytest.fixture
def plan(tmp_path):
    up = Altitude(30.0, Datum.HOME)
    legs = [LocalFrame(HOME).place(40.0 * i, 10.0) for i in range(4)]
    items = [MissionItem(Command.NAV_TAKEOFF, altitude=up)]
    items += [MissionItem(Command.NAV_WAYPOINT, (0.0,) * 4, place, up) for place in legs]
    path = tmp_path / "탄천.plan"
    write_plan(Mission(Home(HOME, 40.0), tuple(items)), path)
    return path


def test_an_upload_is_tried_on_a_simulated_vehicle(plan):
    told = CliRunner().invoke(command, ["upload", str(plan), "--vehicle", "embedded", "--json"])
    assert told.exit_code == 0, told.stderr
    result = json.loads(told.stdout)
    assert result["verified"]
    assert result["items"] == 5


def test_a_fresh_simulated_vehicle_has_nothing_to_download(tmp_path):
    out = tmp_path / "held.plan"
    told = CliRunner().invoke(command, ["download", str(out), "--vehicle", "embedded"])
    assert told.exit_code != 0
    assert "sitl start" in str(told.exception)
    assert not out.exists()
