"""A vehicle behind a lossy wire: lost answers, refusals of what was done, words round the answer."""

import re
from dataclasses import dataclass, field

import pytest

from core.clock import SimulatedClock
from flight.commands import CommandParams, CommandRefusedError
from flight.identity import Identity, WrongVehicleError, heard, judge
from flight.vehicle import OverruledError, Vehicle, VehicleTimeoutError
from flight.wire import Message

QUICK = CommandParams(answer_s=1.0, tries=3)


@dataclass
class FakeLink:
    """A vehicle that answers from `answers` (a list of messages a command), on a clock that moves."""

    clock: SimulatedClock
    answers: dict[int, list[list[Message]]] = field(default_factory=dict)
    mode: int = 0
    armed: bool = False
    name: str = "fake"
    vehicle_s: float | None = None
    sent: list = field(default_factory=list)
    inbox: list = field(default_factory=list)
    beat_s: float = 0.0

    @property
    def heard_s(self):
        return self.clock.monotonic_s()

    def send(self, name, fields):
        self.sent.append((name, fields))
        waiting = self.answers.get(fields.get("command"), [])
        if waiting:
            self.inbox += waiting.pop(0)

    def receive(self, timeout_s):
        if self.inbox:
            message = self.inbox.pop(0)
            if callable(message):
                message(self)
                return None
            return message
        self.clock.sleep(timeout_s)
        if self.clock.monotonic_s() - self.beat_s > 0.5:
            self.beat_s = self.clock.monotonic_s()
            fields = {"type": 2, "custom_mode": self.mode, "base_mode": 128 * self.armed, "system_status": 4}
            return Message("HEARTBEAT", fields)
        return None

    def close(self):
        pass


def ack(command, result):
    return Message("COMMAND_ACK", {"command": command, "result": result})


def text(words, severity=2):
    return Message("STATUSTEXT", {"severity": severity, "text": words}, 0.0)


def vehicle(**knobs):
    clock = SimulatedClock()
    return Vehicle(FakeLink(clock, **knobs), clock, command_params=QUICK)


def arms(link):
    link.armed = True


def test_words_before_and_after_the_answer_explain_a_refusal():
    said = [
        text("Arm: Gyros not healthy"),
        ack(400, 4),
        text("Arm: Need Position Estimate"),
        text("hello", 6),
    ]
    copter = vehicle(answers={400: [said]})
    with pytest.raises(CommandRefusedError) as refused:
        copter.arm()
    assert refused.value.texts == ("Arm: Gyros not healthy", "Arm: Need Position Estimate")


def test_words_of_an_earlier_trouble_do_not_explain_this_refusal():
    copter = vehicle(answers={400: [[ack(400, 4)]]})
    copter.link.inbox.append(text("Battery 1 is low"))
    with pytest.raises(CommandRefusedError) as refused:
        copter.arm()
    assert refused.value.texts == ()


def test_a_late_answer_to_an_earlier_command_is_not_taken_for_this_one():
    copter = vehicle(answers={400: [[arms, ack(400, 0)]]})
    copter.link.inbox.append(ack(400, 4))
    copter.arm()
    assert copter.state.armed


def test_an_accepted_command_that_telemetry_never_shows_is_not_done():
    copter = vehicle(answers={400: [[ack(400, 0)]]})
    with pytest.raises(VehicleTimeoutError, match="did not arm within 10 s"):
        copter.arm()


def test_a_second_try_that_is_refused_since_the_first_was_carried_out_is_done():
    copter = vehicle(answers={400: [[arms], [ack(400, 4)]]})
    copter.arm()
    assert [f["confirmation"] for n, f in copter.link.sent if n == "COMMAND_LONG"] == [0, 1]


def test_a_refused_mode_leaves_the_old_one_as_the_commanded_one():
    copter = vehicle(answers={176: [[ack(176, 4), text("Mode change to AUTO failed")]]})
    copter.receive(1.0)
    with pytest.raises(CommandRefusedError, match="Mode change to AUTO failed"):
        copter.set_mode("AUTO")
    assert copter.commanded_modes == ("STABILIZE",)


def test_a_pilot_who_changes_the_mode_meanwhile_ends_the_waiting():
    copter = vehicle(mode=5)
    with pytest.raises(OverruledError, match="in LOITER and did not arrive"):
        copter.wait(lambda _: False, timeout_s=30, what="arrive", mode="GUIDED")


def version(major, minor, patch=0):
    return Message("AUTOPILOT_VERSION", {"flight_sw_version": major << 24 | minor << 16 | patch << 8 | 255})


def beat(kind, autopilot=3):
    return Message("HEARTBEAT", {"type": kind, "autopilot": autopilot})


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([beat(1), version(4, 6)], "is a plane; only copters"),
        ([beat(10), version(4, 6)], "is a rover; only copters"),
        ([beat(2, autopilot=12), version(1, 14)], "does not run ArduPilot"),
        ([beat(2), version(4, 2, 3)], r"runs ArduCopter 4\.2\.3; 4\.3 or newer is needed"),
    ],
)
def test_a_vehicle_that_is_not_flown_here_is_refused_by_what_it_is(messages, words):
    known = Identity()
    for message in messages:
        known = heard(known, message)
    with pytest.raises(WrongVehicleError, match=words):
        judge(known, "tcp:127.0.0.1:5760")


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([version(4, 6, 2)], None),
        ([version(4, 3, 0)], None),
        ([version(4, 9, 0)], r"4\.9\.0 is newer than what is known here"),
        ([], "does not say its firmware version"),
    ],
)
def test_firmware_that_is_not_known_is_said(messages, words):
    known = heard(Identity(), beat(2))
    for message in messages:
        known = heard(known, message)
    said = judge(known, "fake")
    assert (not said) if words is None else re.search(words, said[0])
