import dataclasses
import json

import pytest
from fakes.delivering import LAWN
from fakes.serving import running

from core.clock import SimulatedClock
from core.geo import LonLat
from delivery.desk import Position
from delivery.service import set_things
from delivery.world import Event
from skyshade.web.limits import Rate
from skyshade.web.state import Settings

KEY = "0123456789abcdef"
COFFEE = {"point": LAWN.id, "lines": [{"item": "coffee", "count": 2}]}


def order(served, wish=None, *, key="customer", again=KEY, **headers):
    sent = {"X-API-Key": served.keys[key], "Idempotency-Key": again, **headers} if key else headers
    return served.client.post("/api/v1/orders", json=COFFEE if wish is None else wish, headers=sent)


def get(served, path, key=None, **headers):
    return served.client.get(path, headers={**({"X-API-Key": served.keys[key]} if key else {}), **headers})


def test_an_order_is_answered_with_a_time(served):
    answer = order(served)
    assert answer.status_code == 201
    taken = answer.json()
    assert taken["state"] == "accepted"
    assert taken["earliest"] <= taken["expected"] <= taken["latest"]
    assert taken["may_cancel"]


def test_an_order_too_heavy_is_refused_with_its_reason(served):
    refused = order(served, {"point": LAWN.id, "lines": [{"item": "anvil", "count": 1}]}).json()
    assert refused["state"] == "refused"
    assert any("kg" in reason["message"] for reason in refused["reasons"])


def test_the_same_request_twice_is_one_order(served):
    first, second = order(served), order(served)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert len(served.desk.world().orders) == 1


def test_a_key_that_stands_for_another_order_is_refused(served):
    order(served)
    answer = order(served, {"point": LAWN.id, "lines": [{"item": "coffee", "count": 1}]})
    assert answer.status_code == 409
    assert answer.json()["error"] == "key_reused"
    assert len(served.desk.world().orders) == 1


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"point": "화성", "lines": [{"item": "coffee", "count": 1}]}, 404),
        ({"point": LAWN.id, "lines": [{"item": "'; DROP TABLE events; --", "count": 1}]}, 422),
        ({"point": LAWN.id, "lines": [{"item": "coffee", "count": 0}]}, 422),
        ({"point": LAWN.id, "lines": [{"item": "coffee", "count": 1e9}]}, 422),
        ({"point": LAWN.id, "lines": []}, 422),
        ({**COFFEE, "contact": "x" * 5000}, 422),
        ({**COFFEE, "local_time": "25:00"}, 422),
        ({**COFFEE, "local_time": "00:01"}, 422),
        ({**COFFEE, "surprise": 1}, 422),
        ([], 422),
        ("order", 422),
    ],
)
def test_what_is_no_order_is_refused_and_not_recorded(served, wish, status):
    answer = order(served, wish)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error", "message", "hint"}
    assert not served.desk.world().orders


def test_a_script_in_a_contact_goes_nowhere_but_the_contacts(served):
    made = order(served, {**COFFEE, "contact": "<script>alert(1)</script>"}).json()
    shown = get(served, f"/api/v1/orders/{made['id']}", "operator").text
    assert "script" not in shown + json.dumps(get(served, "/api/v1/log", "viewer").json())


def test_a_long_body_is_refused_unread(served):
    answer = served.client.post("/api/v1/orders", content=b"x" * 10_000_000)
    assert answer.status_code == 413


def test_a_long_body_of_untold_length_is_refused(served):
    answer = served.client.post("/api/v1/orders", content=(b"x" * 10_000 for _ in range(20)))
    assert answer.status_code == 413


@pytest.mark.parametrize(("key", "status"), [("viewer", 403), (None, 401)])
def test_who_may_not_order_does_not(served, key, status):
    sent = {"Idempotency-Key": KEY, **({"X-API-Key": served.keys[key]} if key else {})}
    assert served.client.post("/api/v1/orders", json=COFFEE, headers=sent).status_code == status
    assert not served.desk.world().orders


def test_a_forged_key_is_refused(served):
    forged = served.keys["operator"][:-1] + "_"
    assert order(served, key=None, **{"X-API-Key": forged, "Idempotency-Key": KEY}).status_code == 401


def test_an_order_without_a_key_of_its_own_is_refused(served):
    answer = served.client.post("/api/v1/orders", json=COFFEE, headers={"X-API-Key": served.keys["customer"]})
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json()["message"]


def test_another_customers_order_looks_like_none(served):
    made = order(served).json()["id"]
    other = get(served, f"/api/v1/orders/{made}", "other")
    none = get(served, "/api/v1/orders/O-99999", "other")
    assert other.status_code == none.status_code == 404
    assert other.json()["error"] == none.json()["error"]
    cancelled = served.client.post(
        f"/api/v1/orders/{made}/cancel", headers={"X-API-Key": served.keys["other"]}
    )
    assert cancelled.status_code == 404
    assert get(served, "/api/v1/orders", "other").json() == []


def test_a_customer_sees_his_orders_and_an_operator_all(served):
    order(served)
    order(served, key="other", again="f" * 16)
    assert len(get(served, "/api/v1/orders", "customer").json()) == 1
    everyone = get(served, "/api/v1/orders", "viewer").json()
    assert len(everyone) == 2
    rest = get(served, f"/api/v1/orders?after={everyone[0]['id']}&limit=5", "operator").json()
    assert [o["id"] for o in rest] == [everyone[1]["id"]]


def test_an_order_is_cancelled_once_and_stays_so(served):
    made = order(served).json()
    for _ in range(2):
        answer = served.client.post(
            f"/api/v1/orders/{made['id']}/cancel", headers={"X-Order-Token": made["token"]}
        )
        assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")


def test_a_flying_order_cannot_be_cancelled(served):
    made = order(served).json()
    now = served.clock.utc_s()
    served.desk.append([Event(now, "order.flying", made["id"], {"aircraft": "H1", "flight": "F-00001"})])
    answer = served.client.post(
        f"/api/v1/orders/{made['id']}/cancel", headers={"X-Order-Token": made["token"]}
    )
    assert answer.status_code == 422
    assert "flying" in answer.json()["message"]


def test_a_page_orders_with_its_pass_and_follows_with_the_orders_token(served):
    facts = get(served, f"/p/{LAWN.id}/facts").json()
    made = order(served, key=None, **{"X-Page-Pass": facts["pass"], "Idempotency-Key": KEY})
    assert made.status_code == 201
    taken = made.json()
    assert get(served, f"/api/v1/orders/{taken['id']}").status_code == 401
    token = {"X-Order-Token": taken["token"]}
    assert get(served, f"/api/v1/orders/{taken['id']}", **token).json()["state"] == "accepted"
    assert get(served, f"/api/v1/orders/{taken['id']}", **{"X-Order-Token": "0" * 32}).status_code == 404


def test_an_old_page_is_told_to_load_again(served):
    facts = get(served, f"/p/{LAWN.id}/facts").json()
    served.clock.sleep(served.service.settings.pass_s + 1)
    answer = order(served, key=None, **{"X-Page-Pass": facts["pass"], "Idempotency-Key": KEY})
    assert (answer.status_code, answer.json()["error"]) == (401, "page_too_old")


def test_an_operator_closes_a_point_and_the_page_knows(served):
    sent = {"X-API-Key": served.keys["operator"]}
    closed = served.client.patch(f"/api/v1/points/{LAWN.id}", json={"closed": True}, headers=sent).json()
    assert closed["closed"]
    assert not closed["open"]
    assert not get(served, f"/p/{LAWN.id}/facts").json()["open"]
    assert order(served).json()["state"] == "refused"


@pytest.mark.parametrize("key", ["customer", "viewer"])
def test_only_an_operator_closes_a_point(served, key):
    sent = {"X-API-Key": served.keys[key]}
    answer = served.client.patch(f"/api/v1/points/{LAWN.id}", json={"closed": True}, headers=sent)
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["fleet", "flights", "log"])
def test_a_customer_does_not_look_behind_the_counter(served, path):
    assert get(served, f"/api/v1/{path}", "customer").status_code == 403
    assert get(served, f"/api/v1/{path}", "viewer").status_code == 200


def test_someone_in_a_hurry_is_told_when_to_come_back(tmp_path):
    with running(tmp_path, SimulatedClock(), Settings(stranger_rate=Rate(2, 0.5))) as served:
        answers = [get(served, f"/p/{LAWN.id}/facts") for _ in range(3)]
        assert [a.status_code for a in answers] == [200, 200, 429]
        assert answers[2].headers["Retry-After"] == "2"
        assert get(served, "/api/v1/goods", "customer").status_code == 200


def test_a_clock_that_goes_back_takes_no_orders(served):
    order(served)
    served.service.desk.clock = SimulatedClock(epoch_s=served.clock.utc_s() - 3600)
    answer = order(served, again="e" * 16)
    assert (answer.status_code, answer.json()["error"]) == (503, "clock")


def test_whoever_follows_hears_of_every_step_to_the_end(served):
    made = order(served).json()
    now, path = served.clock.utc_s(), f"/api/v1/orders/{made['id']}/events"
    steps = [
        [Event(now, "order.flying", made["id"], {"aircraft": "H1", "flight": "F-00001"})],
        [Event(now, "order.released", made["id"], {"released_at_s": now, "release_text": "released"})],
        [Event(now, "order.closed", made["id"])],
    ]
    heard = []
    with served.client.stream("GET", path, headers={"X-Order-Token": made["token"]}) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("data: "):
                heard.append(json.loads(line[6:])["state"])
                if steps:
                    served.desk.append(steps.pop(0))
    assert heard == ["accepted", "flying", "released", "closed"]


def test_following_needs_the_orders_token(served):
    made = order(served).json()
    assert get(served, f"/api/v1/orders/{made['id']}/events").status_code == 401


def test_the_aircraft_is_shown_while_it_flies(served):
    made = order(served).json()
    now = served.clock.utc_s()
    flight = {"id": "F-00001", "orders": [made["id"]], "aircraft": "H1"}
    flying = {"aircraft": "H1", "flight": "F-00001"}
    served.desk.append(
        [Event(now, "flight.started", "F-00001", flight), Event(now, "order.flying", made["id"], flying)]
    )
    served.desk.heard("F-00001", Position(now, LonLat(127.11, 37.37)))
    shown = get(served, f"/api/v1/orders/{made['id']}", **{"X-Order-Token": made["token"]}).json()
    assert shown["position"] == [127.11, 37.37]


def test_a_place_called_by_a_script_is_shown_as_text(served):
    set_things(served.desk.store, [dataclasses.replace(LAWN, name="<b>잔디</b>")], served.clock)
    assert get(served, f"/p/{LAWN.id}/facts").json()["name"] == "<b>잔디</b>"
    assert "<b>" not in get(served, f"/p/{LAWN.id}").text
