"""Telemetry is asked for until it comes at its rate; loss is counted; texts in pieces come whole."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linkfakes import Speaker, dialect

from flight.codec import extras_of
from flight.cutter import Cutter
from flight.quality import Meter
from flight.streams import LONGEST_PAUSE_S, Streams
from flight.texts import Texts


def asked(streams, *, until_s, arriving=lambda _now_s: False, every_s=0.1, begin_s=0.0, message_id=30):
    """When message 30 is asked for; `arriving(now)` says whether one comes then."""
    times, steps = [], round((until_s - begin_s) / every_s)
    for now_s in (begin_s + i * every_s for i in range(steps)):
        if arriving(now_s):
            streams.take(message_id)
        times += [now_s for wanted, _ in streams.due(now_s) if wanted == message_id]
    return times


def test_what_arrives_at_its_rate_is_asked_for_once():
    streams = Streams()
    streams.want({30: 10.0}, 0.0)
    assert asked(streams, until_s=60.0, arriving=lambda _: True) == [0.0]


def test_the_interval_is_asked_for_in_microseconds():
    streams = Streams()
    streams.want({30: 5.0, 24: 0.5}, 0.0)
    assert streams.due(0.0) == [(30, 200_000.0), (24, 2_000_000.0)]


def test_what_never_arrives_is_asked_for_with_growing_pauses():
    streams = Streams()
    streams.want({30: 5.0}, 0.0)
    times = asked(streams, until_s=600.0)
    gaps = [b - a for a, b in pairwise(times)]
    assert gaps == sorted(gaps)
    assert gaps[0] == pytest.approx(2.0, abs=0.2)
    assert gaps[-1] == pytest.approx(LONGEST_PAUSE_S, abs=0.2)


def test_what_arrives_too_slowly_or_stops_is_asked_for_again():
    streams = Streams()
    streams.want({30: 10.0}, 0.0)
    slow = asked(streams, until_s=5.0, arriving=lambda now: round(now * 10) % 4 == 0)
    assert len(slow) >= 2
    assert asked(streams, begin_s=5.0, until_s=65.0, arriving=lambda now: now > 5.0)[1:] == []
    assert asked(streams, begin_s=65.0, until_s=80.0) != []


def test_after_a_restart_everything_is_asked_for_at_once():
    streams = Streams()
    streams.want({30: 10.0}, 0.0)
    assert asked(streams, until_s=30.0, arriving=lambda _: True) == [0.0]
    streams.again(30.0)
    assert streams.due(30.0) == [(30, 100_000.0)]


def test_a_lost_request_is_repeated_though_the_vehicle_has_begun_to_tell_its_own_time():
    streams = Streams()
    streams.want({30: 10.0}, 15_000.0)
    assert streams.due(15_000.0) == [(30, 100_000.0)]
    assert asked(streams, begin_s=3.0, until_s=10.0)[0] == pytest.approx(5.0, abs=0.2)


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(ValueError, match="must be > 0 Hz"):
        Streams().want({30: rate}, 0.0)


def frames(count):
    speaker = Speaker()
    return Cutter(extras_of(dialect.mavlink_map)).cut(b"".join(speaker.heartbeat() for _ in range(count)))


@given(st.lists(st.booleans(), min_size=2, max_size=400))
def test_loss_is_counted_by_sequence_numbers_over_their_wrap(kept):
    sent = frames(len(kept) + 2)
    meter, arrived = (
        Meter(),
        [sent[0], *(f for f, keep in zip(sent[1:-1], kept, strict=True) if keep), sent[-1]],
    )
    for frame in arrived:
        meter.take(frame, 1.0)
    quality = meter.quality((1, 1))
    longest = max(len(run) for run in "".join("01"[k] for k in kept).split("1"))
    if longest < 128:
        assert (quality.received, quality.lost) == (len(arrived), len(sent) - len(arrived))
        assert quality.loss == pytest.approx(1 - len(arrived) / len(sent))


def test_late_and_doubled_frames_are_no_loss():
    sent, meter = frames(10), Meter()
    for i in (0, 1, 3, 2, 4, 5, 5, 6, 7, 8, 9):
        meter.take(sent[i], 1.0)
    assert meter.quality().lost == 0


def test_each_sender_is_counted_by_its_own_numbers():
    meter = Meter()
    for speaker in (Speaker(1), Speaker(2), Speaker(1, 154)):
        for frame in Cutter(extras_of(dialect.mavlink_map)).cut(speaker.heartbeat() + speaker.heartbeat()):
            meter.take(frame, float(frame.system))
    assert meter.quality().lost == 0
    assert meter.quality().heard_s == {1: 1.0, 2: 2.0}
    assert meter.quality((9, 1)).loss is None


def test_rates_are_those_of_the_last_seconds():
    meter, sent = Meter(), frames(100)
    for i, frame in enumerate(sent):
        meter.take(frame, i / 10)
        meter.tick(i / 10)
    quality = meter.quality()
    assert quality.messages_per_s == pytest.approx(10.0, rel=0.1)
    assert quality.bytes_per_s == pytest.approx(10.0 * len(sent[0].data), rel=0.1)


def pieces(text, number):
    parts = [text[i : i + 50] for i in range(0, len(text), 50)]
    if len(parts[-1]) == 50:
        parts.append("")
    return [{"severity": 4, "text": part, "id": number, "chunk_seq": i} for i, part in enumerate(parts)]


def whole(texts, fields):
    return [f["text"] for piece in fields for f in texts.take(piece)]


@given(st.text("abc ", min_size=1, max_size=300).filter(lambda t: t == t.rstrip()), st.integers(0, 99))
def test_a_long_text_is_given_out_once_and_whole_in_any_order(text, seed):
    mixed = pieces(text, 7)
    random.Random(seed).shuffle(mixed)
    texts = Texts()
    assert whole(texts, mixed) == [text]
    assert whole(texts, mixed[-1:]) == []


def test_a_text_that_lost_a_piece_is_told_with_a_mark():
    texts, long = Texts(), pieces("x" * 50 + "y" * 50 + "end", 7)
    assert whole(texts, [long[0], long[2]]) == []
    short = {"severity": 6, "text": "next", "id": 0, "chunk_seq": 0}
    assert whole(texts, [short]) == ["x" * 50 + " ... " + "end", "next"]
