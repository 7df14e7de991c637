import pytest
from fakes.days import small_day

from delivery.model import OrderState
from delivery.store import open_store
from skyshade.day.arrivals import arrivals
from skyshade.day.judging import judge_day
from skyshade.day.report import write_report
from skyshade.day.run import run_day


def test_every_order_of_a_small_day_comes_to_its_end_and_nothing_happens_that_must_not(flown_day):
    verdicts = judge_day(flown_day)
    assert verdicts.good
    assert (verdicts.orders, verdicts.accepted, verdicts.delivered) == (6, 4, 4)
    assert verdicts.in_time == 4
    assert verdicts.acceptable == 4


def test_what_is_too_heavy_is_what_was_refused(flown_day):
    heavy = {flown_day.orders[str(a.request.key)] for a in flown_day.asked if a.too_heavy}
    orders = flown_day.world.orders.values()
    assert {o.id for o in orders if o.state is OrderState.REFUSED} == heavy
    assert heavy


def test_each_delivery_is_one_release_at_its_point(flown_day):
    flights = flown_day.world.flights
    for tape in flown_day.tapes:
        (drop,) = tape.drops
        place = flown_day.world.places[flights[tape.flight].place].position
        assert (drop.lon, drop.lat) == pytest.approx((place.lon, place.lat), abs=5e-5)
        assert drop.airborne


def test_the_copter_is_down_again_where_it_took_off(flown_day):
    for tape in flown_day.tapes:
        first, last = tape.fixes[0], tape.fixes[-1]
        assert (last.lon, last.lat) == pytest.approx((first.lon, first.lat), abs=5e-5)
        assert not last.airborne


def test_the_same_seed_draws_the_same_requests_and_another_others():
    one, same = arrivals(small_day(50)), arrivals(small_day(50))
    other = small_day(50)
    other.file.day.seed += 1
    assert one == same
    assert arrivals(other) != one
    assert [a.time_s for a in one] == sorted(a.time_s for a in one)


def test_a_day_is_the_same_whoever_flies_its_copters(tmp_path):
    one, two = (run_day(small_day(2), tmp_path / str(n), workers=n) for n in (0, 2))
    assert one.tapes == two.tapes
    assert one.world.flights == two.world.flights
    told = [[(e.time_s, e.kind, e.subject) for e in record.events] for record in (one, two)]
    assert told[0] == told[1]


def test_a_day_that_is_broken_off_is_judged_as_part_of_a_day(tmp_path):
    minutes = []
    record = run_day(
        small_day(6),
        tmp_path,
        stop=lambda: bool(minutes) and minutes[-1] >= 15,
        progress=lambda done, _: minutes.append(done),
    )
    verdicts = judge_day(record)
    assert verdicts.stopped_at == "2026-06-13T12:14:59+09:00"
    assert verdicts.lost == ()
    assert verdicts.good
    assert 0 < verdicts.delivered < 4
    page = write_report(record, verdicts, tmp_path / "report.html", "en").read_text(encoding="utf-8")
    assert "part of a day" in page


def test_the_report_names_the_orders_and_the_log_rebuilds_the_state(tmp_path):
    record = run_day(small_day(1), tmp_path)
    page = write_report(record, judge_day(record), tmp_path / "보고서.html", "ko").read_text(encoding="utf-8")
    assert "잔디밭" in page
    assert "<script src" not in page
    with open_store(tmp_path / "day.db") as store:
        assert store.check() == []
