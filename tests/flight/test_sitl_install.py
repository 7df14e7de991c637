"""Installing the simulator from a server on this machine that breaks off, resumes, lies or is not there."""

import hashlib
import http.server
import json
import os
import platform
import random
import re
import socket
import struct
import subprocess
import threading
from dataclasses import dataclass, field

import pytest

from core.clock import SimulatedClock
from flight.sitlbinary import SimulatorError, find_ardupilot
from flight.sitlinstall import TRIES, URL, install_ardupilot

HERE = (platform.system(), platform.machine())
linux = pytest.mark.skipif(HERE != ("Linux", "x86_64"), reason="the program is for Linux on x86-64")
LINUX = ("Linux", "x86_64")


def elf(status=0, version=b"ArduCopter V4.6.2", machine=62, filler=300_000):
    """The smallest program there is: it only ends, with `status`; a version text and noise follow."""
    code = bytes(
        [0xBF, status, 0, 0, 0, 0xB8, 60, 0, 0, 0, 0x0F, 0x05]
    )  # mov edi, status; mov eax, 60; syscall
    base, size = 0x400000, 64 + 56 + len(code)
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", 2, machine, 1, base + 120, 64, 0, 0, 64, 56, 1, 0, 0, 0
    )  # fmt: skip
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 0x1000)
    return header + segment + code + version + b"\0" + random.Random(7).randbytes(filler)


@dataclass
class Files:
    """What the server offers, and how it fails: `cuts` are the byte counts after which answers break off."""

    body: bytes = b""
    etag: str | None = '"one"'
    cuts: list[int] = field(default_factory=list)
    ranges: bool = True
    wrong_range: bool = False
    status: int = 200
    asked: list[str | None] = field(default_factory=list)


@pytest.fixture
def server():
    files = Files()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            wanted = self.headers.get("Range")
            files.asked.append(wanted)
            if files.status != 200:
                self.send_error(files.status)
                return
            begin = 0
            if wanted and files.ranges and self.headers.get("If-Range") == files.etag:
                begin = int(re.fullmatch(r"bytes=(\d+)-", wanted).group(1))
            if begin >= len(files.body):
                self.send_error(416)
                return
            body = files.body[begin:]
            self.send_response(206 if begin else 200)
            if begin:
                told = 0 if files.wrong_range else begin
                self.send_header("Content-Range", f"bytes {told}-{len(files.body) - 1}/{len(files.body)}")
            if files.etag:
                self.send_header("ETag", files.etag)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: files.cuts.pop(0)] if files.cuts else body)

        def log_message(self, *_):
            pass

    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    files.url = f"http://127.0.0.1:{serving.server_address[1]}/Copter/arducopter"
    yield files
    serving.shutdown()
    serving.server_close()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "캐시 폴더" / "sitl" / "arducopter"


def install(server, target, **options):
    return install_ardupilot(url=server.url, target=target, clock=SimulatedClock(), machine=LINUX, **options)


@linux
def test_a_program_is_installed_runnable_with_its_facts_beside_it(server, target, monkeypatch):
    server.body, told = elf(), []
    done = install(server, target, on_progress=lambda have, all_of_it: told.append((have, all_of_it)))
    assert target.read_bytes() == server.body
    assert subprocess.run([target], check=False).returncode == 0
    facts = json.loads(target.with_name("arducopter.json").read_text(encoding="utf-8"))
    assert facts == {
        "binary": str(target), "url": server.url, "version": "ArduCopter V4.6.2",
        "size_bytes": len(server.body), "sha256": hashlib.sha256(server.body).hexdigest(),
    }  # fmt: skip
    assert (done.version, done.sha256) == (facts["version"], facts["sha256"])
    assert told[-1] == (len(server.body), len(server.body))
    assert sorted(p.name for p in target.parent.iterdir()) == [
        "arducopter", "arducopter.json", "arducopter.part.lock",
    ]  # fmt: skip
    monkeypatch.delenv("SKYSHADE_ARDUCOPTER", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("SKYSHADE_CACHE", str(target.parents[1]))
    assert find_ardupilot() == target


@linux
def test_a_connection_that_breaks_off_is_resumed_where_it_stopped(server, target):
    server.body, server.cuts = elf(), [100_000, 70_000]
    install(server, target)
    assert target.read_bytes() == server.body
    assert server.asked[0] is None
    begins = [int(asked[6:-1]) for asked in server.asked[1:]]
    assert begins == sorted(begins)
    assert 0 < begins[0] <= 100_000 < begins[1] <= 170_000


@linux
def test_a_download_given_up_goes_on_in_the_next_run(server, target):
    server.body, server.cuts = elf(), [10_000] * TRIES
    with pytest.raises(SimulatorError, match=r"broke off after .* bytes .*run the command again"):
        install(server, target)
    assert not target.exists()
    assert target.with_name("arducopter.part").stat().st_size == 10_000 * TRIES
    install(server, target)
    assert target.read_bytes() == server.body
    assert server.asked[-1] == f"bytes={10_000 * TRIES}-"


@linux
def test_a_file_that_changed_meanwhile_is_fetched_anew_not_patched_together(server, target):
    server.body, server.cuts = elf(), [10_000] * TRIES
    with pytest.raises(SimulatorError, match="broke off"):
        install(server, target)
    server.body, server.etag = elf(version=b"ArduCopter V4.6.3", filler=400_000), '"two"'
    assert install(server, target).version == "ArduCopter V4.6.3"
    assert target.read_bytes() == server.body


@linux
@pytest.mark.parametrize("knob", [{"ranges": False}, {"etag": None}, {"etag": 'W/"weak"'}])
def test_a_server_that_cannot_resume_is_asked_from_the_start(server, target, knob):
    server.body, server.cuts = elf(), [100_000]
    for name, value in knob.items():
        setattr(server, name, value)
    install(server, target)
    assert target.read_bytes() == server.body


@linux
def test_a_server_that_sends_another_part_is_not_believed(server, target):
    server.body, server.cuts, server.wrong_range = elf(), [100_000], True
    install(server, target)
    assert target.read_bytes() == server.body


@linux
def test_a_part_longer_than_the_file_is_thrown_away(server, target):
    server.body = elf()
    target.parent.mkdir(parents=True)
    target.with_name("arducopter.part").write_bytes(b"x" * 500_000)
    target.with_name("arducopter.part.json").write_text(json.dumps({"url": server.url, "mark": '"one"'}))
    install(server, target)
    assert target.read_bytes() == server.body


WRONG = {
    "a page": (b"<html><body>Not here</body></html>", "no program for Linux on x86-64"),
    "nothing": (b" ", "no program for Linux on x86-64"),
    "another processor": (elf(machine=183), "no program for Linux on x86-64"),
    "another program": (elf(version=b"hello"), "not ArduCopter"),
    "one that fails": (elf(status=9), "does not run here .exit status 9"),
}


@linux
@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_simulator_is_thrown_away_and_an_older_one_stays(server, target, name):
    target.parent.mkdir(parents=True)
    target.write_bytes(b"the older one")
    server.body, why = WRONG[name]
    with pytest.raises(SimulatorError, match=why):
        install(server, target)
    assert target.read_bytes() == b"the older one"
    assert sorted(p.name for p in target.parent.iterdir()) == ["arducopter", "arducopter.part.lock"]


@linux
def test_a_sum_that_differs_refuses_the_file(server, target):
    server.body = elf()
    with pytest.raises(SimulatorError, match=r"SHA-256 is [0-9a-f]{64}, not 00"):
        install(server, target, sha256="00")
    assert not target.exists()
    install(server, target, sha256=hashlib.sha256(server.body).hexdigest().upper())
    assert target.exists()


def test_a_missing_file_is_told_with_the_way_out(server, target):
    server.status = 404
    with pytest.raises(SimulatorError, match=r"arducopter: 404 Not Found; fly the embedded copter"):
        install(server, target)


def test_without_internet_one_line_says_so(target):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/arducopter"
        with pytest.raises(SimulatorError, match=r"cannot be reached .*; fly the embedded copter"):
            install_ardupilot(url=url, target=target, clock=SimulatedClock(), machine=LINUX)
    assert not target.exists()


@pytest.mark.parametrize(
    ("machine", "said"),
    [(("Windows", "AMD64"), "WSL 2"), (("Darwin", "arm64"), "embedded"), (("Linux", "aarch64"), "embedded")],
)
def test_other_machines_are_told_at_once(target, machine, said):
    with pytest.raises(SimulatorError, match=rf"this is {machine[0]} on {machine[1]}; .*{said}"):
        install_ardupilot(target=target, machine=machine)
    assert not target.parent.exists()


@linux
def test_two_installations_at_once_do_not_mix(server, target):
    import fcntl

    target.parent.mkdir(parents=True)
    with target.with_name("arducopter.part.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(SimulatorError, match="another installation"):
            install(server, target)


def test_the_release_is_a_fixed_one():
    assert "stable-4.6" in URL
    assert URL.startswith("https://")


def test_an_address_that_is_not_of_the_web_is_refused(target):
    with pytest.raises(SimulatorError, match="is no web address"):
        install_ardupilot(url=f"file:///{os.sep}etc", target=target, machine=LINUX)
