"""The store: carried over from its first version, two writers, a log that nobody changes; two databases."""

import json
import sqlite3
import threading

import pytest
import sqlalchemy as sa
from fakes.delivering import DEPOT, LAWN, NOON
from fakes.postgres import temporary_postgres

from core.clock import SimulatedClock
from delivery.desk import Desk
from delivery.errors import ClockError, DeliveryError, KeyReusedError, NotYoursError, StoreError
from delivery.model import Craft, Item, OrderState
from delivery.request import Request
from delivery.service import cancel_order, set_things
from delivery.store import open_store
from delivery.things import to_data
from delivery.world import Event

COFFEE = Item("coffee", "아이스 커피", 0.4)


@pytest.fixture(scope="module")
def postgres():
    with temporary_postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, tmp_path):
    if request.param == "sqlite":
        return tmp_path / "새 저장소.db"
    url = request.getfixturevalue("postgres")
    engine = sa.create_engine(url.replace("postgresql", "postgresql+psycopg", 1))
    with engine.begin() as db:
        db.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    engine.dispose()
    return url


@pytest.fixture
def filled(where, clock):
    with open_store(where, create=True) as store:
        set_things(store, [COFFEE, DEPOT, LAWN, Craft("H1", "hexa-delivery", "depot")], clock)
        yield store


def raw(where):
    url = str(where)
    if "://" not in url:
        return sa.create_engine(f"sqlite:///{where}")
    return sa.create_engine(url.replace("postgresql", "postgresql+psycopg", 1))


@pytest.mark.parametrize("words", ["UPDATE events SET kind = 'x'", "DELETE FROM events"])
def test_the_database_itself_refuses_to_change_the_log(filled, where, words):
    before = filled.events()
    engine = raw(where)
    with pytest.raises(sa.exc.DBAPIError, match="only ever added to"), engine.begin() as db:
        db.exec_driver_sql(words)
    engine.dispose()
    assert filled.events() == before


def test_two_writers_see_each_other_and_never_take_the_same_step(filled, where, conditions, clock):
    desk = Desk(filled, lambda: conditions, clock)
    with open_store(where) as other:
        second = Desk(other, lambda: conditions, clock)
        orders = [d.order(Request("a", "lawn", (("coffee", 1),))).order for d in (desk, second, desk, second)]
        assert [o.id for o in orders] == ["O-00001", "O-00002", "O-00003", "O-00004"]
        cancel_order(other, "O-00001", clock)
        with pytest.raises(DeliveryError, match="cannot become cancelled"):
            cancel_order(filled, "O-00001", clock)
        assert filled.world() == other.world()
        assert other.check() == []


def test_threads_that_write_at_once_lose_nothing(filled, clock):
    def write(n):
        for k in range(10):
            filled.append([Event(NOON, "item.set", f"i{n}-{k}", to_data(Item(f"i{n}-{k}", "x", 1.0)))])

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(filled.world().items) == 41
    assert filled.check() == []


def test_a_key_gives_the_same_order_again_and_not_for_something_else(filled, conditions, clock):
    desk = Desk(filled, lambda: conditions, clock)
    asked = Request("손님", "lawn", (("coffee", 1),), key="k-1")
    first, again = desk.order(asked), desk.order(asked)
    assert (first.created, again.created) == (True, False)
    assert first.order.id == again.order.id
    with pytest.raises(KeyReusedError, match="another order already"):
        desk.order(Request("손님", "lawn", (("coffee", 2),), key="k-1"))
    other = desk.order(Request("다른 손님", "lawn", (("coffee", 2),), key="k-1"))
    assert other.created
    assert len(filled.world().orders) == 2


def test_another_customers_order_is_neither_shown_nor_cancelled(filled, conditions, clock):
    desk = Desk(filled, lambda: conditions, clock)
    order = desk.order(Request("손님", "lawn", (("coffee", 1),))).order
    for ask in (desk.status, desk.cancel):
        with pytest.raises(NotYoursError):
            ask(order.id, "도둑")
    assert desk.orders("도둑") == ()
    assert desk.cancel(order.id, "손님").state is OrderState.CANCELLED
    assert list(filled.world().active_flights()) == []


def test_names_stay_out_of_the_log_and_can_be_forgotten(filled, where, conditions, clock):
    desk = Desk(filled, lambda: conditions, clock)
    name, number = "홍길동 '); DROP TABLE events;-- <script>", "010-1234-5678"
    order = desk.order(Request(name, "lawn", (("coffee", 1),), key="k", contact=number)).order
    log = json.dumps([dict(e.data) for e in filled.events()], ensure_ascii=False)
    assert "홍길동" not in log
    assert number not in log
    assert filled.contacts.person(order.customer).contact == number
    assert filled.contacts.forget(order.customer)
    assert filled.contacts.find(name) is None
    person = filled.contacts.person(order.customer)
    assert (person.name, person.contact) == (None, None)
    assert filled.check() == []


def test_whoever_ordered_long_ago_is_forgotten(filled, conditions, clock):
    desk = Desk(filled, lambda: conditions, clock)
    desk.order(Request("옛 손님", "lawn", (("coffee", 1),)))
    clock.sleep(7200.0)
    desk.order(Request("새 손님", "lawn", (("coffee", 1),)))
    assert filled.contacts.forget_before(NOON + 3600.0) == 1
    assert filled.contacts.find("옛 손님") is None
    assert filled.contacts.find("새 손님") is not None


def test_a_clock_that_went_back_takes_no_orders_and_loses_no_facts(filled, conditions):
    back = SimulatedClock(epoch_s=NOON - 3600.0)
    desk = Desk(filled, lambda: conditions, back)
    with pytest.raises(ClockError, match="went back by 3600 s"):
        desk.order(Request("손님", "lawn", (("coffee", 1),)))
    filled.append([Event(NOON - 3600.0, "item.set", "tea", to_data(Item("tea", "차", 0.3)))])
    times = [e.time_s for e in filled.events()]
    assert times == sorted(times)
    assert "tea" in filled.world().items


V1 = """
CREATE TABLE events (seq INTEGER PRIMARY KEY, time_s FLOAT NOT NULL, kind VARCHAR(40) NOT NULL,
    subject VARCHAR(80) NOT NULL, data TEXT NOT NULL);
CREATE TABLE present (kind VARCHAR(20) NOT NULL, id VARCHAR(80) NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (kind, id));
CREATE TABLE about (name VARCHAR(20) PRIMARY KEY, value TEXT);
INSERT INTO about VALUES ('schema', '1');
"""


def first_version(path):
    """A store as the first version wrote it: one order flown, its customer's name in the log."""
    place = {"id": "lawn", "name": "잔디밭", "position": [127.104, 37.38], "kind": "point",
             "elevation_m": 31.5, "release_height_m": 3.0, "release": "gripper", "hours": "11:00-17:00",
             "closed": False, "occupied": False}  # fmt: skip
    order = {"id": "O-00001", "customer": "김철수", "place": "lawn", "lines": [["coffee", 1]], "mass_kg": 0.4,
             "placed_s": NOON, "priority": "regular", "state": "received"}  # fmt: skip
    flight = {"id": "F-00001", "order": "O-00001", "aircraft": "H1", "started_s": NOON + 60}
    craft = {"id": "H1", "type": "hexa-delivery", "depot": "depot", "charge": 0.8}
    answer = {"aircraft": "H1", "eta_s": 300.0, "eta_low_s": 250.0, "eta_high_s": 350.0}
    flying = {"aircraft": "H1", "flight": "F-00001"}
    log = [("place.set", "lawn", place), ("aircraft.set", "H1", craft), ("order.received", "O-00001", order),
           ("order.accepted", "O-00001", answer), ("flight.started", "F-00001", flight),
           ("order.flying", "O-00001", flying)]  # fmt: skip
    ended = {**flight, "ended_s": None, "completed": None, "flown_s": None, "log": None, "problem": None}
    now = {**order, **answer, **flying, "state": "flying", "reasons": []}
    present = [("place", "lawn", place), ("aircraft", "H1", craft), ("order", "O-00001", now),
               ("flight", "F-00001", ended)]  # fmt: skip
    with sqlite3.connect(path) as db:
        db.executescript(V1)
        for kind, subject, data in log:
            row = (NOON, kind, subject, json.dumps(data))
            db.execute("INSERT INTO events (time_s, kind, subject, data) VALUES (?, ?, ?, ?)", row)
        db.executemany("INSERT INTO present VALUES (?, ?, ?)", [(k, i, json.dumps(d)) for k, i, d in present])
    db.close()


def test_a_store_of_the_first_version_is_carried_over_and_its_names_leave_the_log(tmp_path):
    path = tmp_path / "옛.db"
    first_version(path)
    with open_store(path) as store:
        world = store.world()
        assert store.check() == []
        assert world.flights["F-00001"].orders == ("O-00001",)
        customer = world.orders["O-00001"].customer
        assert store.contacts.person(customer).name == "김철수"
        assert "김철수" not in json.dumps([dict(e.data) for e in store.events()], ensure_ascii=False)
    with open_store(path) as store:
        assert store.world() == world
    with sqlite3.connect(path) as db, pytest.raises(sqlite3.Error, match="only ever added to"):
        db.execute("DELETE FROM events")


def test_a_store_of_a_later_version_is_left_alone(tmp_path):
    path = tmp_path / "new.db"
    first_version(path)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE about SET value = '99'")
    db.close()
    with pytest.raises(StoreError, match="update skyshade"), open_store(path):
        pass


def test_a_second_store_is_not_made_over_the_first(filled, where):
    with pytest.raises(StoreError, match="already"), open_store(where, create=True):
        pass


def test_two_aircraft_of_one_id_are_refused(filled, conditions, clock):
    twins = [Craft("H2", "hexa-delivery", "depot"), Craft("H2", "quad-4kg", "depot")]
    with pytest.raises(DeliveryError, match="named twice"):
        set_things(filled, twins, clock)
    Desk(filled, lambda: conditions, clock).order(Request("a", "lawn", (("coffee", 1),)))
    with pytest.raises(DeliveryError, match="another id"):
        set_things(filled, [Craft("H1", "quad-4kg", "depot")], clock)
