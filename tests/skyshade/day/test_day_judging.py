"""A flown day, made worse by hand: the judge must see it."""

import copy
import dataclasses

import pytest

from delivery.model import OrderState
from skyshade.day.judging import judge_day


@pytest.fixture
def record(flown_day):
    return copy.deepcopy(flown_day)


def change(things, name, **values):
    things[name] = dataclasses.replace(things[name], **values)


def test_a_second_drop_is_seen(record):
    tape = record.tapes[0]
    tape.drops.append(tape.drops[0])
    (order,) = record.world.flights[tape.flight].orders
    assert judge_day(record).dropped_twice == (order,)


def test_an_answered_request_without_an_order_is_lost(record):
    record.orders["a key"] = "O-99999"
    assert judge_day(record).lost == ("a key",)


def test_an_order_that_came_to_no_end_is_lost(record):
    change(record.world.orders, "O-00001", state=OrderState.ACCEPTED)
    verdicts = judge_day(record)
    assert verdicts.lost == ("O-00001",)
    assert not verdicts.good


def test_reserved_air_that_meets_is_seen(record):
    flights = record.world.flights
    one = flights[record.tapes[0].flight]
    change(flights, record.tapes[1].flight, pieces=one.pieces, takeoff_s=one.takeoff_s, ended_s=one.ended_s)
    assert judge_day(record).volumes_meeting == ((one.id, record.tapes[1].flight),)


def test_two_aircraft_at_one_place_are_seen(record):
    one = record.tapes[0]
    record.tapes.append(dataclasses.replace(one, flight="F-99999", aircraft="H2", drops=[]))
    verdicts = judge_day(record)
    assert verdicts.tracks_close == ((one.flight, "F-99999"),)
    assert verdicts.closest_m == 0.0


def test_a_refusal_for_a_reason_that_does_not_hold_is_untrue(record):
    change(record.world.orders, "O-00004", rules=("closed",))
    assert judge_day(record).untrue == ("O-00004",)


def test_a_refusal_without_a_reason_is_untrue(record):
    change(record.world.orders, "O-00004", rules=())
    assert judge_day(record).untrue == ("O-00004",)


def test_a_refusal_because_the_fleet_was_busy_is_untrue_while_an_aircraft_stood_idle(record):
    change(record.world.orders, "O-00001", state=OrderState.REFUSED, rules=("aircraft",))
    assert judge_day(record).untrue == ("O-00001",)


def test_a_release_after_its_promise_is_not_in_time(record):
    order = record.world.orders["O-00001"]
    change(record.world.orders, order.id, released_at_s=order.promised_s[1] + 1.0)
    assert judge_day(record).in_time == 3
