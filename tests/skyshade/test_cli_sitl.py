"""The command `skyshade sitl`, from the outside."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from core.clock import RealClock
from flight.instances import hold_instance, port_of
from flight.link import open_link


@pytest.fixture
def skyshade(tmp_path):
    environment = {**os.environ, "SKYSHADE_CACHE": str(tmp_path / "캐시"), "SKYSHADE_ARDUCOPTER": ""}
    environment["PATH"] = str(tmp_path)
    kept = []

    def run(*words, background=False, **more):
        command = [sys.executable, "-m", "skyshade", "sitl", *map(str, words)]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"}
        if background:
            kept.append(subprocess.Popen(command, env={**environment, **more}, **streams))
            return kept[-1]
        done = subprocess.run(command, env={**environment, **more}, check=False, timeout=120, **streams)
        assert "Traceback" not in done.stderr
        return done

    yield run
    for process in kept:
        process.kill()
        process.communicate()


def started(process):
    return json.loads(process.stdout.readline())


def status_of(skyshade, count):
    ends = time.monotonic() + 20
    while True:
        said = json.loads(skyshade("status", "--json").stdout)
        if len(said["vehicles"]) == count or time.monotonic() > ends:
            return said


def test_two_starts_do_not_meet_and_status_and_stop_know_both(skyshade):
    processes = [skyshade("start", "--embedded", "--json", background=True) for _ in range(2)]
    facts = [started(process) for process in processes]
    assert all({"binary", "version", "address", "pid"} <= set(f) for f in facts)
    assert len({f["address"] for f in facts}) == 2
    assert all(f["address"] == f"tcp:127.0.0.1:{port_of(f['instance'])}" for f in facts)
    with open_link(facts[1]["address"], RealClock()) as link:
        assert link.wait_vehicle(10).system == 1
    said = status_of(skyshade, 2)
    assert {v["pid"] for v in said["vehicles"]} == {f["pid"] for f in facts}
    several = skyshade("stop", "--embedded")
    assert (several.returncode, "say --instance" in several.stderr) == (2, True)
    assert skyshade("stop", "--embedded", "-I", facts[0]["instance"]).returncode == 0
    assert json.loads(skyshade("stop", "--embedded", "--json").stdout)["pid"] == facts[1]["pid"]
    assert [process.wait(20) for process in processes] == [0, 0]
    assert status_of(skyshade, 0)["address"] is None


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_start_that_is_told_to_end_takes_its_vehicle_along(skyshade, how):
    process = skyshade("start", "--embedded", "--json", background=True)
    pid = started(process)["pid"]
    status_of(skyshade, 1)
    process.send_signal(how)
    assert process.wait(20) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert status_of(skyshade, 0)["vehicles"] == []


def test_an_instance_that_is_taken_is_refused(skyshade):
    held = hold_instance(60)
    done = skyshade("start", "--embedded", "-I", held.number)
    held.release()
    assert done.returncode == 1
    assert f"instance {held.number} is taken (port {held.port})" in done.stderr


def test_without_ardupilot_the_ways_to_get_it_are_named(skyshade):
    assert "skyshade sitl install" in skyshade("status").stdout
    done = skyshade("start")
    assert done.returncode == 1
    assert "skyshade sitl install fetches it" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_installing_from_where_nobody_serves_is_one_line(skyshade):
    done = skyshade("install", "--url", "http://127.0.0.1:9/arducopter")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert ("cannot be reached" if sys.platform == "linux" else "publishes its simulator") in done.stderr


def test_a_program_that_is_named_and_not_there_is_told(skyshade):
    done = skyshade("status", SKYSHADE_ARDUCOPTER="/nowhere/arducopter")
    assert (done.returncode, "SKYSHADE_ARDUCOPTER=/nowhere/arducopter" in done.stderr) == (1, True)
