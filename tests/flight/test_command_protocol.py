"""One command on its way: repeated until answered, in progress, never another's answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.geo import LonLat
from flight.commands import Cmd, CommandParams, CommandRefusedError, Order, Stage, begin, step
from flight.wire import Message

US = (255, 190)
ARM = Order(Cmd.COMPONENT_ARM_DISARM, (1.0,))


def ack(command=ARM.command, result=0, to=US, progress=255):
    fields = {"command": command, "result": result, "progress": progress}
    return Message("COMMAND_ACK", {**fields, "target_system": to[0], "target_component": to[1]})


def test_it_is_sent_again_with_a_growing_confirmation_until_it_is_given_up():
    pending, sends = begin(ARM, US, 0.0, CommandParams(tries=3))
    counts = [sends[0][1]["confirmation"]]
    for tenth in range(1, 40):
        pending, sends = step(pending, None, tenth / 10)
        counts += [fields["confirmation"] for _, fields in sends]
    assert counts == [0, 1, 2]
    assert pending.stage is Stage.SILENT
    assert pending.result is None


def test_in_progress_stops_the_repeating_until_the_answer_or_its_own_limit():
    pending, _ = begin(ARM, US, 0.0, CommandParams(progress_s=20.0))
    pending, _ = step(pending, ack(result=5, progress=40), 0.5)
    assert (pending.stage, pending.percent) == (Stage.IN_PROGRESS, 40)
    for second in range(1, 20):
        pending, sends = step(pending, None, float(second))
        assert not sends
    answered, _ = step(pending, ack(), 19.5)
    assert (answered.stage, answered.result) == (Stage.ANSWERED, 0)
    late, sends = step(pending, None, 20.6)
    assert (late.stage, late.result, sends) == (Stage.SILENT, 5, ())


@pytest.mark.parametrize("other", [ack(command=176), ack(to=(254, 190)), ack(to=(255, 191))])
def test_an_answer_to_another_command_or_another_station_is_not_taken(other):
    pending, _ = begin(ARM, US, 0.0)
    pending, _ = step(pending, other, 0.1)
    assert pending.stage is Stage.ASKED


def test_an_answer_to_nobody_in_particular_is_taken():
    pending, _ = step(begin(ARM, US, 0.0)[0], ack(result=4, to=(0, 0)), 0.1)
    assert (pending.stage, pending.result) == (Stage.ANSWERED, 4)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, ack(), ack(result=5), ack(result=4), ack(command=16), ack(to=(1, 1))]),
            st.floats(0.0, 3.0),
        ),
        max_size=60,
    )
)
def test_whatever_comes_an_end_is_an_end_and_no_more_is_sent_than_allowed(events):
    params = CommandParams(tries=4, progress_s=5.0)
    pending, sends = begin(ARM, US, 0.0, params)
    sent, now_s = len(sends), 0.0
    for message, wait_s in events:
        now_s += wait_s
        before = pending
        pending, sends = step(pending, message, now_s)
        sent += len(sends)
        assert pending == before or not before.ended
        assert not (sends and pending.ended)
    assert sent == pending.sent <= 4


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_place_travels_as_whole_numbers_of_a_command_int(lat, lon):
    name, fields = Order(Cmd.DO_REPOSITION, (-1.0,), LonLat(lon, lat), 25.0).message(2)
    assert name == "COMMAND_INT"
    assert abs(fields["x"] / 1e7 - lat) <= 0.51e-7
    assert abs(fields["y"] / 1e7 - lon) <= 0.51e-7
    assert (fields["z"], fields["param1"], fields["frame"]) == (25.0, -1.0, 6)
    assert "confirmation" not in fields


def test_more_parameters_than_the_message_has_are_an_error():
    with pytest.raises(ValueError, match="at most 4 parameters, got 5"):
        Order(Cmd.DO_REPOSITION, (0.0,) * 5, LonLat(127, 37))


def test_a_refusal_says_why_in_the_vehicles_words():
    error = CommandRefusedError("arm", 4, ["Arm: Need Position Estimate"])
    assert str(error) == "the vehicle does not arm (failed): Arm: Need Position Estimate"
    assert str(CommandRefusedError("arm", None, [])) == "the vehicle does not arm (no answer)"
