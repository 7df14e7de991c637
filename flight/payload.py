"""Letting a load go by command: gripper, winch, servo; each ends with what the vehicle itself confirms.

`released` is only what the vehicle confirmed. A servo has no feedback and a line says nothing of its hook, so
there the answer is `unknown`, with what is known beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Self

from core.errors import SkyshadeError
from flight.commands import Cmd, CommandParams, CommandRefusedError, Order
from flight.gripper import GRABBED, RELEASED, SAMPLES, Gripper, near, output_us
from flight.state import VehicleState
from flight.vehicle import Vehicle, VehicleTimeoutError
from flight.wire import Message

FIRST = 1.0  # the first gripper or winch of the vehicle
RELEASE, GRAB = 0.0, 1.0
BY_LENGTH = 1.0
GRIPPER_S = 10.0
SERVO_S = 5.0
LINE_NEAR_M = 0.15
STILL_MS = 0.05
SPARE_S = 10.0


class Verdict(Enum):
    """What is known of a release."""

    RELEASED = "released"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Release:
    """How a load was let go (`gripper`, `winch`, `servo`), what is known of it, and the fact behind it."""

    by: str
    verdict: Verdict
    fact: str


class PayloadError(SkyshadeError):
    """A load that is not confirmed to be held or let go."""


class _Listening:
    """Takes in messages while its block runs; `seen` becomes true when `judge` says so of one."""

    def __init__(self, vehicle: Vehicle, judge: Callable[[Message], bool]) -> None:
        self.seen = False
        self._vehicle = vehicle
        self._judge = judge

    def __enter__(self) -> Self:
        self._vehicle.listeners.append(self._take)
        return self

    def __exit__(self, *_: object) -> None:
        self._vehicle.listeners.remove(self._take)

    def _take(self, message: Message, _state: VehicleState) -> None:
        self.seen = self._judge(message) or self.seen

    def wait(self, timeout_s: float, what: str) -> None:
        """Wait until it was seen; raises `VehicleTimeoutError`."""
        self._vehicle.wait(lambda _: self.seen, timeout_s=timeout_s, what=what)


def close_gripper(vehicle: Vehicle, gripper: Gripper, *, timeout_s: float = GRIPPER_S) -> Gripper:
    """Close the gripper and see it closed, by its word or its servo output; raises `PayloadError`."""
    stood = 0

    def closed(message: Message) -> bool:
        nonlocal stood
        if message.name == "SERVO_OUTPUT_RAW" and gripper.channel is not None:
            stood = stood + 1 if near(output_us(message, gripper.channel), gripper.grab_us) else 0
        said = message.name == "STATUSTEXT" and message.fields["text"] == GRABBED
        return said or stood >= SAMPLES

    with _Listening(vehicle, closed) as listening:
        try:
            vehicle.carry_out(Order(Cmd.DO_GRIPPER, (FIRST, GRAB)), what="close its gripper")
            listening.wait(timeout_s, "close its gripper")
        except VehicleTimeoutError as error:
            raise PayloadError(str(error), hint="look at the gripper before flying") from error
    return Gripper(gripper.channel, gripper.grab_us, gripper.release_us, closed=True)


def release_gripper(vehicle: Vehicle, gripper: Gripper, *, timeout_s: float = GRIPPER_S) -> Release:
    """Open the gripper, which is known to be closed, and wait for the vehicle's own confirmation.

    Raises `PayloadError` when the gripper is not known to hold anything, or does not open in time, and
    `CommandRefusedError` when there is none.
    """
    if gripper.closed is not True:
        known = "it is open" if gripper.closed is False else "nobody knows whether it is closed"
        raise PayloadError(f"the gripper cannot let go: {known}")
    follow = gripper

    def released(message: Message) -> bool:
        nonlocal follow
        follow, let_go = follow.follow(message)
        return let_go

    with _Listening(vehicle, released) as listening:
        try:
            vehicle.carry_out(Order(Cmd.DO_GRIPPER, (FIRST, RELEASE)), what="open its gripper")
            listening.wait(timeout_s, "confirm that its gripper let go")
        except VehicleTimeoutError as error:
            raise PayloadError(str(error), hint="the load may still hang: do not count it") from error
    return Release("gripper", Verdict.RELEASED, RELEASED)


def let_out_line(vehicle: Vehicle, metres: float, *, rate_ms: float = 0.5) -> Release:
    """Let out `metres` of the winch's line (negative: take in) and see its length reached.

    The length is relative, so the command is never repeated unseen: one whose answer is lost is sent again
    only when the line has not moved. Raises `PayloadError` and `CommandRefusedError`.
    """
    if not rate_ms > 0.0:
        raise ValueError(f"a winch's rate must be > 0 m/s, got {rate_ms}")
    line = _Line(vehicle)
    with _Listening(vehicle, line.take):
        began_m = line.length_m()
        goal_m = max(0.0, began_m + metres)
        line.goal_m = goal_m
        try:
            _wind(vehicle, line, began_m, metres, rate_ms)
            limit_s = abs(metres) / rate_ms + SPARE_S
            vehicle.wait(lambda _: line.there, timeout_s=limit_s, what=f"bring its line to {goal_m:g} m")
        except VehicleTimeoutError as error:
            raise PayloadError(f"{error}", hint=f"the line is at {line.last_m:g} m") from error
    fact = f"{line.last_m:.1f} m of line are out, the vehicle reckons; whether the load came off is unknown"
    return Release("winch", Verdict.UNKNOWN, fact)


@dataclass(slots=True)
class _Line:
    """What WINCH_STATUS says of the line."""

    vehicle: Vehicle
    last_m: float | None = None
    speed_ms: float = 0.0
    goal_m: float | None = None

    def take(self, message: Message) -> bool:
        if message.name == "WINCH_STATUS":
            self.last_m, self.speed_ms = float(message.fields["line_length"]), float(message.fields["speed"])
        return False

    @property
    def there(self) -> bool:
        if self.last_m is None or self.goal_m is None:
            return False
        return abs(self.last_m - self.goal_m) <= LINE_NEAR_M and abs(self.speed_ms) <= STILL_MS + LINE_NEAR_M

    def length_m(self) -> float:
        """The line's length now; raises `PayloadError` when there is no winch that tells it."""
        self.last_m = None
        try:
            told = "tell its line's length"
            self.vehicle.wait(lambda _: self.last_m is not None, timeout_s=SERVO_S, what=told)
        except VehicleTimeoutError as error:
            raise PayloadError(f"{error}", hint="is a winch fitted (WINCH_TYPE)?") from error
        return self.last_m or 0.0


def _wind(vehicle: Vehicle, line: _Line, began_m: float, metres: float, rate_ms: float) -> None:
    order = Order(Cmd.DO_WINCH, (FIRST, BY_LENGTH, metres, rate_ms))
    params = CommandParams(tries=1)
    for _ in range(CommandParams().tries):
        try:
            vehicle.carry_out(order, what="move its line", params=params)
        except CommandRefusedError as error:
            if error.result is not None:
                raise
            if abs(line.length_m() - began_m) < LINE_NEAR_M and abs(line.speed_ms) < STILL_MS:
                continue  # neither answer nor movement: it was not heard
        return
    raise CommandRefusedError("move its line", None, (), sent=CommandParams().tries)


def drive_servo(vehicle: Vehicle, channel: int, pulse_us: int) -> Release:
    """Drive a servo output (1..16) and see the output there; whether a load came off is not known.

    Raises `PayloadError` when the output does not follow, as one does that belongs to a function.
    """
    if not 1 <= channel <= 16:
        raise ValueError(f"servo outputs are 1..16, got {channel}")

    def driven(message: Message) -> bool:
        return message.name == "SERVO_OUTPUT_RAW" and near(output_us(message, channel), pulse_us)

    what = f"drive servo {channel} to {pulse_us} us"
    with _Listening(vehicle, driven) as listening:
        try:
            vehicle.carry_out(Order(Cmd.DO_SET_SERVO, (channel, pulse_us)), what=what)
            listening.wait(SERVO_S, what)
        except VehicleTimeoutError as error:
            raise PayloadError(str(error), hint=f"is SERVO{channel}_FUNCTION 0?") from error
    fact = f"servo {channel} is driven to {pulse_us} us; no sensor tells whether the load came off"
    return Release("servo", Verdict.UNKNOWN, fact)
