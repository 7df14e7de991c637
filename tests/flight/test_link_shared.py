"""Two real vehicles that speak to one UDP port are two links: each its own messages, answers and silence."""

import os
import socket
import subprocess
from functools import partial

import pytest
from linkfakes import until

from core.clock import RealClock
from flight.link import Link, Target, open_line
from flight.sitl import find_ardupilot

CLOCK = RealClock()


def free_udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def copter(binary, folder, system, instance, port):
    """A real ArduCopter that sends to a UDP port by itself."""
    folder.mkdir()
    (folder / "id.parm").write_text(f"SYSID_THISMAV {system}\n")
    defaults = ",".join(map(str, [binary.parent / "copter.parm", folder / "id.parm"]))
    command = [str(binary), "--model", "+", "--speedup", "5", "--defaults", defaults, f"-I{instance}"]
    command += ["--home", "37.37,127.11,40,0", "--serial0", f"udpclient:127.0.0.1:{port}"]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=folder, **silent)


def parameters(link):
    found = []
    while (message := link.receive(0.001)) is not None:
        if message.name == "PARAM_VALUE":
            found.append((message.fields["param_id"], message.fields["param_value"]))
    return found


def answered(link, expected):
    """Ask, and see whether the answer has come."""
    link.send("PARAM_REQUEST_READ", {"param_id": expected[0].encode(), "param_index": -1})
    return expected in parameters(link)


@pytest.mark.ardupilot
def test_two_vehicles_on_one_udp_port_are_two_links(tmp_path):
    binary = find_ardupilot() if os.environ.get("SKYSHADE_ARDUCOPTER") else None
    if binary is None:
        pytest.skip("SKYSHADE_ARDUCOPTER names no ArduPilot SITL")
    port, first = free_udp_port(), 16 + 2 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    running = [copter(binary, tmp_path / str(i), i, first + i - 1, port) for i in (1, 2)]
    line = open_line(f"udpin:127.0.0.1:{port}", CLOCK, log_path=tmp_path / "both.tlog")
    try:
        links = [Link(line, CLOCK, name=line.name, system=i) for i in (1, 2)]
        assert [link.wait_vehicle(30.0) for link in links] == [Target(1, 1), Target(2, 1)]
        for number, link in enumerate(links, start=1):
            assert until(partial(answered, link, ("SYSID_THISMAV", float(number))))
        running[0].terminate()
        assert until(lambda: links[0].stale)
        assert not links[1].stale
        assert links[1].quality.loss == 0.0
    finally:
        line.close()
        for process in running:
            process.kill()
            process.wait()
