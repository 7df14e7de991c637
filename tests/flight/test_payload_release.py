"""Loads let go by command, on the embedded copter and on real ArduPilot: said only when it is confirmed."""

from dataclasses import replace

import pytest
from fakes.flying import KINDS, connected, simulated

from flight.commands import CommandRefusedError
from flight.gripper import Gripper
from flight.payload import PayloadError, Verdict, close_gripper, drive_servo, let_out_line, release_gripper

ON_9 = Gripper(channel=9, grab_us=1900, release_us=1100)


def ready(vehicle):
    vehicle.wait(lambda s: s.landed_state is not None, timeout_s=30, what="wake up")


@pytest.mark.parametrize("kind", KINDS)
def test_gripper_winch_and_servo_say_what_they_can_know(kind, tmp_path):
    with simulated(kind, tmp_path) as running, connected(running.address) as vehicle:
        ready(vehicle)
        with pytest.raises(PayloadError, match="nobody knows whether it is closed"):
            release_gripper(vehicle, ON_9)
        held = close_gripper(vehicle, ON_9)
        assert held.closed
        let_go = release_gripper(vehicle, held)
        assert (let_go.by, let_go.verdict) == ("gripper", Verdict.RELEASED)
        with pytest.raises(PayloadError, match="it is open"):
            release_gripper(vehicle, replace(held, closed=False))
        line = let_out_line(vehicle, 3.0, rate_ms=1.0)
        assert line.verdict is Verdict.UNKNOWN
        assert line.fact.startswith(("2.9 m of line", "3.0 m of line", "3.1 m of line"))
        up = let_out_line(vehicle, -2.0, rate_ms=1.0)
        assert up.fact.startswith(("0.9 m", "1.0 m", "1.1 m"))
        servo = drive_servo(vehicle, 14, 1400)
        assert servo.verdict is Verdict.UNKNOWN
        assert "no sensor tells" in servo.fact


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_fitted_is_refused(kind, tmp_path):
    none = "GRIP_ENABLE 0\nWINCH_TYPE 0\n"
    with simulated(kind, tmp_path, params=none) as running, connected(running.address) as vehicle:
        ready(vehicle)
        with pytest.raises(CommandRefusedError, match="does not close its gripper"):
            close_gripper(vehicle, ON_9)
        with pytest.raises(PayloadError, match="is a winch fitted"):
            let_out_line(vehicle, 3.0)
