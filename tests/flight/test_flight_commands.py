"""The commands fly, sitl, mission upload and download, from the outside."""

import json
import os
import subprocess
import sys
import time

import pytest

from core.geo import LonLat
from flight.locations import Start, locations, parse_start

HOME = LonLat(127.11, 37.37)


def plan_text(*waypoints):
    """A QGroundControl plan: take-off, waypoints (lat, lon), return."""

    def item(number, command, lat, lon, up_m):
        return {
            "type": "SimpleItem", "command": command, "frame": 3, "autoContinue": True,
            "doJumpId": number, "params": [0, 0, 0, None, lat, lon, up_m],
        }  # fmt: skip

    items = [item(1, 22, HOME.lat, HOME.lon, 12)]
    items += [item(n, 16, lat, lon, 12) for n, (lat, lon) in enumerate(waypoints, 2)]
    items.append(item(len(items) + 1, 20, 0, 0, 0))
    mission = {
        "version": 2, "firmwareType": 3, "vehicleType": 2, "cruiseSpeed": 10, "hoverSpeed": 5,
        "plannedHomePosition": [HOME.lat, HOME.lon, 40], "items": items,
    }  # fmt: skip
    fence = {"version": 2, "polygons": [], "circles": []}
    return json.dumps({
        "fileType": "Plan", "version": 1, "groundStation": "test", "mission": mission, "geoFence": fence,
        "rallyPoints": {"version": 2, "points": []},
    })  # fmt: skip


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "탄천 비행.plan"
    path.write_text(plan_text((37.3702, 127.1101), (37.3703, 127.1100)), encoding="utf-8")
    return path


@pytest.fixture
def skyshade(tmp_path):
    environment = {**os.environ, "SKYSHADE_CACHE": str(tmp_path / "cache")}

    def run(*words, background=False):
        command = [sys.executable, "-m", "skyshade", *map(str, words)]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        if background:
            return subprocess.Popen(command, env=environment, **streams)
        return subprocess.run(command, env=environment, check=False, timeout=120, **streams)

    return run


def test_fly_prints_the_promised_keys_and_ends_with_0(skyshade, plan, tmp_path):
    quick = ["--set", "RTL_ALT=1000", "--set", "LAND_SPEED=150", "--set", "RTL_LOIT_TIME=0"]
    done = skyshade("fly", plan, "--out", tmp_path / "기록", "--speedup", 30, "--json", *quick)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert {"completed", "reached", "items", "shots", "flown_s", "max_deviation_m", "events", "log"} <= set(
        said
    )
    assert said["completed"]
    assert (said["reached"], said["items"]) == (4, 4)
    told = done.stderr.splitlines()
    assert told.index("command: armed") < told.index("flight: in the air") < told.index("flight: motors off")
    assert "mission: mission of 4 items uploaded and verified" in told


@pytest.mark.parametrize("option", [("--speedup", "5"), ("--set", "SIM_WIND_SPD=9")])
def test_a_real_vehicles_time_and_faults_cannot_be_commanded(skyshade, plan, tmp_path, option):
    done = skyshade("fly", plan, "--out", tmp_path, "--vehicle", "tcp:127.0.0.1:9", *option)
    assert done.returncode == 2
    assert "simulated vehicles only" in done.stderr


def test_a_vehicle_that_was_not_started_here_wants_the_confirmation(skyshade, plan, tmp_path):
    done = skyshade("fly", plan, "--out", tmp_path, "--vehicle", "tcp:127.0.0.1:9")
    assert done.returncode == 1
    assert "--confirm-real" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_sitl_keeps_a_vehicle_that_missions_are_uploaded_to_until_it_is_stopped(skyshade, plan, tmp_path):
    kept = skyshade("sitl", "start", "--embedded", "--home", "tancheon", "--json", background=True)
    try:
        facts = json.loads(kept.stdout.readline())
        assert {"binary", "version", "address", "pid"} <= set(facts)
        time.sleep(0.5)
        status = json.loads(skyshade("sitl", "status", "--json").stdout)
        assert [v["pid"] for v in status["vehicles"]] == [facts["pid"]]
        up = skyshade("mission", "upload", plan, "--vehicle", facts["address"], "--json")
        assert up.returncode == 0, up.stderr
        assert json.loads(up.stdout)["verified"]
        back = tmp_path / "held.plan"
        down = skyshade("mission", "download", back, "--vehicle", facts["address"], "--json")
        assert down.returncode == 0, down.stderr
        assert json.loads(down.stdout)["items"] == 4
        commands = [i["command"] for i in json.loads(back.read_text())["mission"]["items"]]
        assert commands == [22, 16, 16, 20]
        assert skyshade("sitl", "stop", "--embedded", "--json").returncode == 0
        assert kept.wait(10) == 0
    finally:
        kept.terminate()
        kept.communicate(timeout=10)
    assert json.loads(skyshade("sitl", "status", "--json").stdout)["vehicles"] == []


def test_stopping_what_does_not_run_is_one_clear_line(skyshade):
    done = skyshade("sitl", "stop", "--instance", "7")
    assert done.returncode == 1
    assert "no ardupilot vehicle 7 runs" in done.stderr


def test_a_place_is_a_name_or_numbers():
    assert parse_start("tancheon") == locations()["tancheon"]
    assert parse_start("37.37,127.11,40,90") == Start(HOME, 40.0, 90.0)
    with pytest.raises(ValueError, match="home must be LAT,LON,ALT,HEADING"):
        parse_start("north,east")
