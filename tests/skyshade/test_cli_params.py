"""`skyshade params` on the embedded copter: read, set, compared, loaded; nothing by surprise."""

import json

import click
import pytest

from core.clock import RealClock
from core.errors import BadFileError, SkyshadeError
from core.geo import LonLat
from flight.fly import NotConfirmedError
from flight.link import open_link
from flight.locations import Start
from flight.paramload import ArmedError
from flight.params import UnknownParameterError, get_parameter, read_parameters
from flight.sitl import start_vehicle
from flight.vehicle import Vehicle
from skyshade.cli.params import command


@pytest.fixture(scope="module")
def vehicle():
    with start_vehicle(home=Start(LonLat(127.11, 37.37), 40.0), speedup=10) as running:
        yield running


@pytest.fixture
def held(vehicle):
    """What the vehicle holds, looked at through a connection of its own."""

    def look(name):
        with open_link(vehicle.address, RealClock()) as link:
            link.wait_vehicle(5)
            return get_parameter(link, name)

    return look


def told(capsys, vehicle, *args):
    status = command.main([*map(str, args), "--vehicle", vehicle.address, "--json"], standalone_mode=False)
    return json.loads(capsys.readouterr().out), status


def test_one_or_all_are_read_and_written_to_a_file_that_loads(vehicle, capsys, tmp_path):
    result, _ = told(capsys, vehicle, "get", "rtl_alt", "WPNAV_SPEED")
    assert result["parameters"].keys() == {"RTL_ALT", "WPNAV_SPEED"}
    path = tmp_path / "전부.param"
    result, _ = told(capsys, vehicle, "get", "-o", path)
    assert result["count"] == len(read_parameters(path)) > 300
    result, _ = told(capsys, vehicle, "diff", path)
    assert [row for row in result["different"] if not row["name"].startswith("STAT_")] == []


def test_a_value_is_set_verified_and_told_with_the_old_one(vehicle, capsys, held):
    told(capsys, vehicle, "set", "RTL_ALT=1500", "--confirm-real")
    result, status = told(capsys, vehicle, "set", "RTL_ALT=2100", "wpnav_speed=800", "--confirm-real")
    assert result["changed"][0] == {
        "name": "RTL_ALT", "old": 1500.0, "new": 2100.0, "called": "RTL_ALT", "restart": False
    }  # fmt: skip
    assert (held("RTL_ALT"), held("WPNAV_SPEED"), status or 0) == (2100, 800, 0)
    result, _ = told(capsys, vehicle, "set", "RTL_ALT=2100", "--confirm-real")
    assert (result["changed"], result["alike"]) == ([], 1)


def test_a_file_is_loaded_and_what_cannot_be_is_told(vehicle, capsys, tmp_path, held):
    path = tmp_path / "좋은 값.param"
    path.write_text("RTL_ALT,1800\nFENCE_ACTION 1.5\nNOT_THERE,1\nSERIAL1_PROTOCOL 28\nSTAT_BOOTCNT,7\n")
    result, status = told(capsys, vehicle, "load", path, "--confirm-real")
    assert status == 1
    assert {row["name"] for row in result["changed"]} == {"RTL_ALT", "SERIAL1_PROTOCOL"}
    assert [row["restart"] for row in result["changed"] if row["name"].startswith("SERIAL")] == [True]
    assert list(result["refused"]) == ["FENCE_ACTION"]
    assert (result["missing"], result["own"]) == (["NOT_THERE"], ["STAT_BOOTCNT"])
    assert held("RTL_ALT") == 1800


def test_a_wrong_name_is_told_with_the_nearest_and_nothing_is_set(vehicle, capsys, held):
    before = held("RTL_ALT")
    with pytest.raises(UnknownParameterError, match="did you mean RTL_ALT"):
        told(capsys, vehicle, "set", "RTL_ALT=999", "RTL_ATL=1", "--confirm-real")
    assert held("RTL_ALT") == before


def test_a_vehicle_that_was_not_started_here_is_not_written_unconfirmed(vehicle, capsys, tmp_path):
    path = tmp_path / "a.param"
    path.write_text("RTL_ALT,1\n")
    for args in (("set", "RTL_ALT=1"), ("load", path)):
        with pytest.raises(NotConfirmedError, match="--confirm-real"):
            told(capsys, vehicle, *args)


def test_an_armed_vehicle_is_not_written(capsys):
    with (
        start_vehicle(home=Start(LonLat(127.11, 37.37), 40.0), speedup=20) as running,
        Vehicle(open_link(running.address, RealClock()), RealClock()) as pilot,
    ):
        pilot.connect()
        pilot.wait(lambda s: bool(s.position_ready), timeout_s=90, what="find its position")
        pilot.set_mode("GUIDED")
        pilot.arm()
        with pytest.raises(ArmedError, match="land and disarm it first"):
            told(capsys, running, "set", "RTL_ALT=1", "--confirm-real")


def test_what_is_no_pair_is_wrong_usage_and_a_bad_file_is_named(vehicle, capsys, tmp_path):
    with pytest.raises(click.UsageError, match="NAME=VALUE"):
        told(capsys, vehicle, "set", "RTL_ALT", "--confirm-real")
    path = tmp_path / "나쁜.param"
    path.write_text("RTL_ALT high\n")
    with pytest.raises(BadFileError, match=r"나쁜\.param: line 1"):
        told(capsys, vehicle, "diff", path)


def test_nobody_at_the_address_is_one_clear_error(capsys):
    with pytest.raises(SkyshadeError, match="nothing listens"):
        command.main(["get", "--vehicle", "tcp:127.0.0.1:1"], standalone_mode=False)
