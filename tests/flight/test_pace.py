"""The pace of a transfer: wide on a quick link, one at a time in a queue, items said twice in noise."""

from hypothesis import given
from hypothesis import strategies as st

from flight.pace import WIDEST, Pace
from flight.roundtrip import RoundTrip


def after(pace, trips_s):
    now_s = 0.0
    for trip_s in trips_s:
        now_s += trip_s
        pace = pace.answered(trip_s, now_s)
    return pace


def test_a_quick_link_is_filled():
    assert after(Pace(), [0.01] * 100).messages == WIDEST


def test_a_link_that_answers_later_and_later_is_left_one_message():
    assert after(Pace(), [0.02, *[0.5] * 100]).messages == 1


def test_one_late_answer_is_no_queue():
    assert after(Pace(), [0.02] * 50 + [3.0] + [0.02] * 5).messages == WIDEST


def test_a_noisy_link_keeps_its_pace_and_says_each_item_more_than_once():
    pace = after(Pace(), [0.02] * 60)
    for n in range(6):
        pace = pace.gap(10.0 + n)
    assert pace.messages >= 8
    assert pace.copies == 3
    assert after(pace, [0.02] * 400).copies == 1


def test_many_silences_leave_one_message_few_do_not():
    pace = after(Pace(), [0.02] * 60)
    for _ in range(2):
        pace = pace.silent()
    assert pace.messages > 4
    for _ in range(8):
        pace = pace.silent()
    assert pace.messages == 1
    assert pace.copies == 1


@given(st.lists(st.floats(0.001, 2.0), max_size=60), st.lists(st.sampled_from("agsu"), max_size=60))
def test_whatever_happens_the_pace_stays_between_one_and_the_widest(trips_s, events):
    pace = after(Pace(), trips_s)
    for n, event in enumerate(events):
        now_s = 100.0 + n
        pace = {
            "a": lambda p=pace, t=now_s: p.answered(None, t),
            "g": lambda p=pace, t=now_s: p.gap(t),
            "s": pace.silent,
            "u": pace.unanswered,
        }[event]()
        assert 1 <= pace.messages <= WIDEST
        assert 1 <= pace.copies <= 3
        assert 0.0 <= pace.loss <= 1.0


def test_the_timer_follows_the_measured_round_trip_and_grows_with_silence():
    trip = RoundTrip()
    for _ in range(50):
        trip = trip.sampled(0.2)
    assert 0.19 < trip.timeout_s < 0.25
    assert trip.silent().timeout_s > trip.timeout_s
    assert trip.silent().heard().timeout_s == trip.timeout_s
