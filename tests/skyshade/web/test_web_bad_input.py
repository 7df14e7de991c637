"""What must be refused, sent to a real server over a real socket: clearly answered, and nothing lost."""

import contextlib
import itertools
import json
import socket
from urllib.parse import urlsplit

import httpx2
import pytest
from fakes.delivering import LAWN, NOON
from fakes.serving import running

from core.clock import SimulatedClock
from skyshade.web.serving import listening, served_aside

NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The service, its address, and an order that stands in it."""
    with contextlib.ExitStack() as ends:
        folder = tmp_path_factory.mktemp("배달 서비스")
        served = ends.enter_context(running(folder, SimulatedClock(epoch_s=NOON), inside=False))
        address = ends.enter_context(served_aside(served.service, listening("127.0.0.1", 0)))
        served.client = ends.enter_context(httpx2.Client(base_url=address, timeout=60.0))
        served.address = address
        served.first = order(served)
        assert served.first.status_code == 201
        yield served


def order(served, key="customer", again=None, **wish):
    asked = {"point": LAWN.id, "lines": [{"item": "coffee", "count": 1}], **wish}
    headers = {"X-API-Key": served.keys.get(key, key), "Idempotency-Key": again or f"{next(NUMBERS):016d}"}
    return served.client.post("/api/v1/orders", json=asked, headers=headers)


@contextlib.contextmanager
def nothing_lost(served):
    """The block leaves the store as it was, and the first order standing."""
    before = served.desk.world()
    yield
    assert served.desk.world() == before
    assert served.desk.store.check() == []
    shown = served.client.get(
        f"/api/v1/orders/{served.first.json()['id']}", headers={"X-API-Key": served.keys["customer"]}
    )
    assert shown.json()["state"] == "accepted"


@pytest.mark.parametrize(
    ("wish", "status", "word"),
    [
        ({"point": "화성"}, 404, "화성"),
        ({"point": "lawn' OR '1'='1"}, 404, "no delivery point"),
        ({"lines": [{"item": "'; DROP TABLE events; --", "count": 1}]}, 422, "unknown item"),
        ({"lines": [{"item": "<script>alert(1)</script>", "count": 1}]}, 422, "unknown item"),
        ({"local_time": "00:01"}, 422, "past"),
        ({"contact": "a\x00b"}, 422, "contact"),
        ({"lines": [{"item": "coffee", "count": -1}]}, 422, "count"),
    ],
)
def test_what_is_no_order_is_told_what_is_wrong_with_it(site, wish, status, word):
    with nothing_lost(site):
        answer = order(site, **wish)
    assert answer.status_code == status
    assert word in answer.json()["message"]


def test_a_load_over_the_limit_is_refused_with_both_masses(site):
    refused = order(site, lines=[{"item": "anvil", "count": 1}]).json()
    assert refused["state"] == "refused"
    assert any("30 kg" in r["message"] and "3 kg" in r["message"] for r in refused["reasons"])


@pytest.mark.parametrize("forged", ["sky_00000000_" + "A" * 32, "x", "'; --", "sky__"])
def test_a_forged_key_lets_nobody_in(site, forged):
    with nothing_lost(site):
        assert order(site, key=forged).status_code == 401


def test_a_key_used_for_another_order_is_told_so(site):
    again = "9" * 16
    assert order(site, again=again).status_code == 201
    with nothing_lost(site):
        answer = order(site, again=again, lines=[{"item": "coffee", "count": 2}])
        assert (answer.status_code, answer.json()["error"]) == (409, "key_reused")
        assert order(site, again=again).status_code == 200


def test_another_customers_order_is_neither_shown_nor_cancelled_nor_followed(site):
    name, other = site.first.json()["id"], {"X-API-Key": site.keys["other"]}
    with nothing_lost(site):
        assert site.client.get(f"/api/v1/orders/{name}", headers=other).status_code == 404
        assert site.client.get(f"/api/v1/orders/{name}/events", headers=other).status_code == 404
        assert site.client.post(f"/api/v1/orders/{name}/cancel", headers=other).status_code == 404


def test_ten_megabytes_are_refused_before_they_are_read(site):
    """Spoken by hand: the answer comes while the body is still on its way."""
    host = urlsplit(site.address)
    with nothing_lost(site), socket.create_connection((host.hostname, host.port), timeout=60.0) as line:
        line.sendall(
            b"POST /api/v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n" + b"x" * 1000
        )
        told = b""
        while b"too_long" not in told:
            got = line.recv(65536)
            assert got, told
            told += got
    assert told.startswith(b"HTTP/1.1 413")


def test_ten_megabytes_that_do_not_tell_their_length_are_refused(site):
    parts = (b"x" * 10_000 for _ in range(1000))
    with nothing_lost(site), contextlib.suppress(httpx2.WriteError, httpx2.RemoteProtocolError):
        assert site.client.post("/api/v1/orders", content=parts).status_code == 413


def test_a_script_as_a_name_is_shown_to_nobody(site):
    made = order(site, contact="<script>alert(1)</script>").json()
    seen = site.client.get(
        f"/api/v1/orders/{made['id']}", headers={"X-API-Key": site.keys["operator"]}
    ).json()
    log = site.client.get("/api/v1/log", headers={"X-API-Key": site.keys["viewer"]}).json()
    assert "script" not in json.dumps([seen, log])


def test_a_clock_that_went_back_takes_no_orders_until_it_is_right(site):
    right = site.desk.clock
    site.desk.clock = SimulatedClock(epoch_s=right.utc_s() - 3600.0)
    with nothing_lost(site):
        answer = order(site)
        assert (answer.status_code, answer.json()["error"]) == (503, "clock")
        assert "3600 s" in answer.json()["message"]
    site.desk.clock = right
    assert order(site).status_code == 201
