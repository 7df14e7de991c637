"""The rules by which two vehicles' answers are compared."""

from dataclasses import replace

import pytest
from conformance.answers import Answer, Reader, worded
from conformance.compare import EVENT_S, REPLY_S, compare
from conformance.sequences import COUNT, sequence
from conformance.stored import Recorded, read, write
from hypothesis import given
from hypothesis import strategies as st

from flight.simulator.messages import mavlink

END_S = 200.0
TALK = (
    Answer(10.0, "reply", "command 400: 4"),
    Answer(10.1, "words", "2 Arm: Need Position Estimate"),
    Answer(46.0, "reply", "command 400: 0"),
    Answer(46.1, "words", "6 Arming motors"),
    Answer(47.0, "mode", "armed"),
    Answer(60.0, "reached", "reached 1"),
    Answer(90.0, "words", "6 SIM Hit ground at ~ m/s", (0.5,)),
    Answer(95.0, "mode", "disarmed"),
)


def texts(real, other):
    return [difference.text for difference in compare(real, other, END_S).differences]


def test_the_same_answers_agree():
    assert compare(TALK, TALK, END_S).agrees


@given(st.integers(0, len(TALK) - 1))
def test_an_answer_that_fails_to_come_is_told_by_its_key(lost):
    other = [answer for number, answer in enumerate(TALK) if number != lost]
    assert texts(TALK, other) == [f"only real '{TALK[lost].key}'"]
    assert texts(other, TALK) == [f"only embedded '{TALK[lost].key}'"]


def test_another_result_of_a_command_is_one_difference():
    other = [replace(a, key="command 400: 0") if a.at_s == 10.0 else a for a in TALK]
    assert texts(TALK, other) == ["real 'command 400: 4', embedded 'command 400: 0'"]


@pytest.mark.parametrize(
    ("number", "late_s", "agrees"),
    [
        (0, REPLY_S - 0.1, True),
        (0, REPLY_S + 0.1, False),
        (1, EVENT_S - 0.1, True),
        (1, EVENT_S + 0.1, False),
        (6, EVENT_S + 0.05 * 43.9 - 0.1, True),
        (6, EVENT_S + 0.05 * 43.9 + 0.1, False),
    ],
)
def test_times_agree_within_the_tolerance_of_their_kind(number, late_s, agrees):
    other = list(TALK)
    other[number] = replace(TALK[number], at_s=TALK[number].at_s + late_s)
    assert compare(TALK, other, END_S).agrees is agrees


def test_an_answer_to_a_message_sent_late_may_be_as_late():
    other = [replace(TALK[0], at_s=13.0, late_s=3.0), *TALK[1:]]
    assert compare(TALK, other, END_S).agrees
    assert not compare(TALK, [replace(TALK[0], at_s=13.0), *TALK[1:]], END_S).agrees


def test_what_was_measured_may_differ_a_little_and_not_more():
    assert compare(TALK, [*TALK[:6], replace(TALK[6], numbers=(0.54,)), TALK[7]], END_S).agrees
    assert not compare(TALK, [*TALK[:6], replace(TALK[6], numbers=(0.9,)), TALK[7]], END_S).agrees


def test_what_would_have_come_after_the_end_is_not_missed():
    assert compare(TALK, TALK[:-1], 95.5).agrees


def test_a_request_repeated_for_want_of_an_answer_counts_once():
    asked = [Answer(50.0 + n, "reply", "asks for item 0/1") for n in range(8)]
    assert compare(asked, asked[:-1], END_S).agrees
    assert not compare(asked, asked[:4], END_S).agrees


def test_requests_in_another_order_are_seen():
    asked = [Answer(50.0, "reply", f"asks for item 0/{n}") for n in range(3)]
    assert not compare(asked, [asked[0], asked[2], asked[1]], END_S).agrees


def test_a_shot_more_or_less_is_the_trigger_and_two_are_not():
    shots = [Answer(50.0 + n, "shots", "shot", (n,)) for n in range(20)]
    assert compare(shots, shots[:-1], END_S).agrees
    assert texts(shots, shots[:-2]) == ["20 shots, embedded 18"]


@pytest.mark.parametrize(
    ("text", "key", "numbers"),
    [
        ("Mission: 3 WP", "6 Mission: 3 WP", ()),
        ("Reached command #12", "6 Reached command #12", ()),
        ("Battery 1 is low 10.20V used 123 mAh", "6 Battery 1 is low ~V used ~ mAh", (10.2, 123.0)),
        ("SIM Hit ground at 0.500000 m/s", "6 SIM Hit ground at ~ m/s", (0.5,)),
        ("EKF3 IMU1 initialised", "6 EKF3 IMU1 initialised", ()),
        ("Only 650 items are supported", "6 Only 650 items are supported", ()),
        ("ArduCopter V4.6.2 (1ebd4d99)", "6 (name of the build)", ()),
    ],
)
def test_measured_numbers_are_told_from_names_with_numbers(text, key, numbers):
    assert worded(6, text) == (key, numbers)


def test_a_long_text_is_put_together_from_its_pieces():
    reader = Reader()
    first = mavlink.MAVLink_statustext_message(4, b"x" * 50, 7, 0)
    last = mavlink.MAVLink_statustext_message(4, b"the end", 7, 1)
    assert reader.read(1.0, first) == []
    assert reader.read(1.0, last) == [Answer(1.0, "words", "4 " + "x" * 50 + "the end")]


@pytest.mark.parametrize("seed", [0, 17, COUNT - 1])
def test_a_record_is_read_as_it_was_written(tmp_path, seed):
    kept = Recorded(sequence(seed), TALK, "ArduCopter 4.6.2", "2026-01-01")
    write(kept, tmp_path / "한 사례.json")
    again = read(tmp_path / "한 사례.json")
    assert repr(again) == repr(replace(kept, case=again.case))
    assert [repr(step) for step in again.case.steps] == [repr(step) for step in kept.case.steps]


def test_a_seed_always_gives_the_same_sequence():
    assert repr(sequence(7)) == repr(sequence(7))
    assert repr(sequence(7)) != repr(sequence(8))
