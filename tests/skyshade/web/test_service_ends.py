import contextlib
import json
import os
import signal
import subprocess
import sys
import threading

import httpx2
import pytest
from fakes.delivering import LAWN, NOON
from fakes.serving import running

from core.clock import SimulatedClock
from delivery.store import open_store
from skyshade.web.keys import Role, new_ring, write_keys
from skyshade.web.serving import listening, served_aside


def test_whoever_follows_is_let_go_in_order_when_the_service_ends(tmp_path):
    heard, first = [], threading.Event()

    def follow(address, path, token):
        with httpx2.stream(
            "GET", f"{address}{path}", headers={"X-Order-Token": token}, timeout=120.0
        ) as answer:
            for line in answer.iter_lines():
                heard.append(line)
                first.set()
        heard.append("the end")

    with contextlib.ExitStack() as ends:
        served = ends.enter_context(running(tmp_path, SimulatedClock(epoch_s=NOON), inside=False))
        with served_aside(served.service, listening("127.0.0.1", 0)) as address:
            made = ordered(address, served.keys["customer"])
            where = address, f"/api/v1/orders/{made['id']}/events", made["token"]
            follower = threading.Thread(target=follow, args=where)
            follower.start()
            assert first.wait(60.0)
        follower.join(60.0)
    assert heard[-1] == "the end"


def ordered(address, key):
    headers = {"X-API-Key": key, "Idempotency-Key": "0123456789abcdef"}
    wish = {"point": LAWN.id, "lines": [{"item": "coffee", "count": 1}]}
    return httpx2.post(f"{address}/api/v1/orders", json=wish, headers=headers, timeout=60.0).json()


@pytest.mark.skipif(
    os.name == "nt", reason="an interrupt is sent to a program of its own in another way there"
)
def test_an_interrupt_ends_the_command_without_complaint(tmp_path):
    with open_store(tmp_path / "배달.db", create=True):
        ring, _ = new_ring().with_new("desk", Role.OPERATOR)
        write_keys(tmp_path / "keys.json", ring)
    words = [
        "--store",
        str(tmp_path / "배달.db"),
        "--keys",
        str(tmp_path / "keys.json"),
        "--port",
        "0",
        "--json",
    ]
    served = subprocess.Popen(
        [sys.executable, "-m", "skyshade", "delivery", "serve", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with served:
        said = json.loads(served.stdout.readline())
        assert said["forget_after_days"] == 30.0
        assert httpx2.get(f"{said['address']}/health", timeout=60.0).json()["ok"]
        served.send_signal(signal.SIGINT)
        _, complaint = served.communicate(timeout=120.0)
    assert served.returncode == 0
    assert all(line.startswith("every order will be refused: ") for line in complaint.splitlines())
    assert len(complaint.splitlines()) == 6  # an empty store on an unknown day
