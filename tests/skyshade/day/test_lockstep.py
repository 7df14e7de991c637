import pytest
from fakes.days import small_day

from delivery.model import OrderState
from skyshade.day.judging import judge_day
from skyshade.day.run import run_day


def test_a_copter_that_breaks_before_its_release_drops_nothing_and_its_aircraft_stays_on_the_ground(tmp_path):
    orders = {"count": 1, "urgent": 0.0, "reserved": 0.0, "too_heavy": 0.0}
    fault = [{"at": "12:00:00", "fault": "gps-loss", "after_s": 15}]
    record = run_day(small_day(orders=orders, fault=fault), tmp_path)
    (told,), (tape, *_) = record.faults, record.tapes
    assert told == (tape.flight, "gps-loss")
    assert tape.drops == []
    assert not tape.fixes[-1].airborne
    assert record.world.aircraft[tape.aircraft].grounded == "it came down away from its depot"
    (order,) = record.world.orders.values()
    drops = sum(len(t.drops) for t in record.tapes)
    assert (order.state is OrderState.CLOSED) == (drops == 1)
    assert judge_day(record).good


def test_a_weak_battery_brings_the_copter_home_and_its_order_goes_again_with_another(tmp_path):
    orders = {"count": 1, "urgent": 0.0, "reserved": 0.0, "too_heavy": 0.0}
    fault = [{"at": "12:00:00", "fault": "low-battery", "after_s": 15}]
    record = run_day(small_day(orders=orders, fault=fault), tmp_path)
    first, second = (record.world.flights[tape.flight] for tape in record.tapes)
    assert (first.completed, first.problem) == (False, "Battery Failsafe")
    assert second.completed
    assert [len(tape.drops) for tape in record.tapes] == [0, 1]
    home, last = record.tapes[0].fixes[0], record.tapes[0].fixes[-1]
    assert (last.lon, last.lat) == pytest.approx((home.lon, home.lat), abs=5e-5)
    assert first.battery != second.battery
    assert record.world.aircraft[first.aircraft].grounded is None
    (order,) = record.world.orders.values()
    assert order.state is OrderState.CLOSED
    assert judge_day(record).good


def test_a_copter_without_radio_goes_on_in_the_air_that_is_kept_for_it(tmp_path):
    orders = {"count": 1, "urgent": 0.0, "reserved": 0.0, "too_heavy": 0.0}
    fault = [{"at": "12:00:00", "fault": "radio-loss", "after_s": 15}]
    record = run_day(small_day(orders=orders, fault=fault), tmp_path)
    (tape,) = record.tapes
    assert any("Radio Failsafe" in text for _, text in tape.texts)
    assert record.world.flights[tape.flight].completed
    assert len(tape.drops) == 1
