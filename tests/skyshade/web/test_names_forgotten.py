import json
import logging

import pytest
from fakes.delivering import LAWN

from skyshade.web.forgetting import Forgetting

DAY_S = 86_400.0
NAME = "홍길동 010-1234-5678"
PARTS = ("홍길동", "010-1234-5678", "길동")


def ordered(served, number=0, key=None, **wish):
    """An order of the point's page, or of a key."""
    facts = served.client.get(f"/p/{LAWN.id}/facts").json()
    who = {"X-Page-Pass": facts["pass"]} if key is None else {"X-API-Key": served.keys[key]}
    asked = {"point": LAWN.id, "lines": [{"item": "coffee", "count": 1}], "contact": NAME, **wish}
    headers = {**who, "Idempotency-Key": f"0123456789abcde{number}"}
    return served.client.post("/api/v1/orders", json=asked, headers=headers).json()


def cancelled(served, made):
    path = f"/api/v1/orders/{made['id']}/cancel"
    assert served.client.post(path, headers={"X-Order-Token": made["token"]}).status_code == 200


def behind(served, made):
    """Who is behind an order."""
    return served.desk.store.contacts.person(served.desk.world().orders[made["id"]].customer)


def forgetting(served, days=30.0):
    return Forgetting(served.desk.store, served.clock, days)


def test_a_name_is_deleted_so_many_days_after_its_order_has_ended(served):
    made = ordered(served)
    cancelled(served, made)
    served.clock.sleep(30 * DAY_S - 1.0)
    assert forgetting(served).look() == 0
    assert behind(served, made).contact == NAME
    served.clock.sleep(2.0)
    assert forgetting(served).look() == 1
    assert (behind(served, made).name, behind(served, made).contact) == (None, None)
    assert forgetting(served).look() == 0
    assert served.desk.store.check() == []


def test_nobody_who_waits_is_forgotten(served):
    made = ordered(served)
    served.clock.sleep(30 * DAY_S + 1.0)
    assert forgetting(served).look() == 0
    assert behind(served, made).contact == NAME


def test_a_reserved_order_counts_from_the_time_it_was_for(served):
    made = ordered(served, local_time="16:00")
    cancelled(served, made)
    served.clock.sleep(DAY_S + 3600.0)
    assert forgetting(served, days=1.0).look() == 0
    served.clock.sleep(3 * 3600.0 + 1.0)
    assert forgetting(served, days=1.0).look() == 1


def test_one_person_is_forgotten_and_the_other_who_ordered_since_is_not(served):
    old = ordered(served)
    cancelled(served, old)
    served.clock.sleep(20 * DAY_S)
    new = ordered(served, 1)
    cancelled(served, new)
    served.clock.sleep(11 * DAY_S)
    assert forgetting(served).look() == 1
    assert behind(served, old).contact is None
    assert behind(served, new).contact == NAME


def test_a_program_with_a_key_still_sees_its_orders_without_the_names_in_them(served):
    made = ordered(served, key="customer")
    cancelled(served, made)
    served.clock.sleep(31 * DAY_S)
    assert forgetting(served).look() == 1
    assert behind(served, made).contact is None
    path, headers = f"/api/v1/orders/{made['id']}", {"X-API-Key": served.keys["customer"]}
    assert served.client.get(path, headers=headers).status_code == 200


def test_the_thread_forgets_at_once_and_ends(served):
    made = ordered(served)
    cancelled(served, made)
    served.clock.sleep(31 * DAY_S)
    done = forgetting(served)
    with done:
        while behind(served, made).contact is not None:
            pass
    assert behind(served, made).name is None


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"lines": [{"item": "anvil", "count": 1}]},
        {"lines": [{"item": NAME, "count": 1}]},
        {"contact": NAME * 5},
        {"local_time": "00:01"},
        {"surprise": NAME},
    ],
)
def test_nothing_personal_stands_in_logs_events_or_answers(served, caplog, wish):
    caplog.set_level(logging.DEBUG)
    made = ordered(served, **wish)
    if made.get("may_cancel"):
        cancelled(served, made)
    served.clock.sleep(31 * DAY_S)
    forgetting(served).look()
    kept = [e.data for e in served.desk.store.events()]
    log = served.client.get("/api/v1/log", headers={"X-API-Key": served.keys["viewer"]}).json()
    told = (
        "" if wish.get("lines") else json.dumps(made, ensure_ascii=False)
    )  # a word sent back is its sender's
    text = caplog.text + json.dumps([kept, log], ensure_ascii=False) + told
    assert not [part for part in PARTS if part in text]
