"""A vehicle: its link, its state, and the commands it is given, each confirmed or refused by name."""

import logging
from collections.abc import Callable, Sequence
from typing import Self

from core.clock import Clock
from core.errors import SkyshadeError
from flight.link import Link, Target
from flight.modes import mode_number
from flight.ports import LinkError
from flight.state import COPTER_TYPES, TAKING_OFF, Text, VehicleState, fold
from flight.wire import Fields, Message

log = logging.getLogger(__name__)

CMD_TAKEOFF, CMD_LAND, CMD_SET_MODE, CMD_PAUSE = 22, 21, 176, 193
CMD_FENCE_ENABLE, CMD_MISSION_START, CMD_ARM, CMD_INTERVAL, CMD_REQUEST = 207, 300, 400, 511, 512
CUSTOM_MODE_FLAG = 1
ANSWER_S = 1.0  # wall time before a command is sent again
TRIES = 8
EXPLAIN_S = 0.4
LINK_LOST_S = 10.0
ACK_ACCEPTED, ACK_IN_PROGRESS = 0, 5
ACK_MEANING = {
    1: "not now",
    2: "denied",
    3: "not supported",
    4: "failed",
    6: "cancelled",
}

# Message id and rate (Hz of the vehicle's time) of what the watch needs.
STREAMS = (
    (33, 5.0), (30, 5.0), (2, 1.0), (1, 1.0), (24, 1.0), (193, 2.0), (42, 4.0), (245, 4.0), (242, 0.5),
    (147, 1.0),
)  # fmt: skip

Listener = Callable[[Message, VehicleState], None]


class CommandRefusedError(SkyshadeError):
    """The vehicle refuses a command; `result` is its MAV_RESULT, `texts` what it said meanwhile."""

    def __init__(self, what: str, result: int | None, texts: Sequence[str]) -> None:
        why = "no answer" if result is None else ACK_MEANING.get(result, f"answer {result}")
        said = f": {'; '.join(texts)}" if texts else ""
        super().__init__(f"the vehicle does not {what} ({why}){said}")
        self.result = result
        self.texts = tuple(texts)


class VehicleTimeoutError(SkyshadeError):
    """Something did not happen in time."""


class Vehicle:
    """A copter on a link. All waiting pumps the link, so that state and listeners stay fresh.

    Time-outs count the vehicle's own seconds (a simulator may run faster than the clock on the wall); a
    vehicle that falls silent for `LINK_LOST_S` wall seconds raises `LinkError`.
    """

    def __init__(self, link: Link, clock: Clock) -> None:
        self.link = link
        self.clock = clock
        self.state = VehicleState()
        self.listeners: list[Listener] = []
        self.commanded_modes: tuple[str, ...] = ()
        self.before_receiving: Callable[[], None] = _nothing

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.link.close()

    def connect(self, *, timeout_s: float = 30.0) -> Target:
        """Wait for the vehicle and ask for the telemetry a watch needs; raises when it is no copter."""
        target = self.link.wait_vehicle(timeout_s)
        self.wait(lambda s: s.vehicle_type is not None, timeout_s=timeout_s, what="say what it is")
        if self.state.vehicle_type not in COPTER_TYPES:
            raise LinkError(f"the vehicle on {self.link.name} is no copter (type {self.state.vehicle_type})")
        self.request_streams()
        return target

    def request_streams(self) -> None:
        """Ask for each message in `STREAMS`; lost requests are repeated by `connect`'s callers as needed."""
        for message_id, hertz in STREAMS:
            self._send_command(CMD_INTERVAL, (message_id, 1e6 / hertz))
        self._send_command(CMD_REQUEST, (242,))

    def send(self, name: str, fields: Fields) -> None:
        """Send one message."""
        self.link.send(name, fields)

    def receive(self, timeout_s: float) -> Message | None:
        """The next message, already folded into `state` and given to the listeners.

        `before_receiving` is called first: a good moment to stop waiting, since no message is half taken in.
        """
        self.before_receiving()
        message = self.link.receive(timeout_s)
        if message is not None:
            self.state = fold(self.state, message)
            for listener in tuple(self.listeners):
                listener(message, self.state)
        return message

    def pump(self, seconds: float = 0.0) -> None:
        """Take in everything that has arrived, waiting up to `seconds` wall time for the first message."""
        message = self.receive(seconds)
        while message is not None:
            message = self.receive(0.0001)

    @property
    def now_s(self) -> float:
        """The vehicle's own seconds since its start; the wall's while it has not said."""
        return self.clock.monotonic_s() if self.link.vehicle_s is None else self.link.vehicle_s

    def wait(self, ready: Callable[[VehicleState], bool], *, timeout_s: float, what: str) -> None:
        """Pump until `ready(state)`; raises `VehicleTimeoutError` after `timeout_s` vehicle seconds."""
        began_s, began_wall_s = self.now_s, self.clock.monotonic_s()
        timed = self.link.vehicle_s is not None
        while not ready(self.state):
            self.receive(0.05)
            if not timed and self.link.vehicle_s is not None:
                timed, began_s = True, self.now_s
            self._heard(began_wall_s)
            if self.now_s - began_s > timeout_s:
                raise VehicleTimeoutError(
                    f"the vehicle did not {what} within {timeout_s:g} s", hint=self._last_words() or None
                )

    def _heard(self, began_s: float) -> None:
        silent_s = self.clock.monotonic_s() - max(self.link.heard_s, began_s)
        if silent_s > LINK_LOST_S:
            raise LinkError(f"the link is lost: no message from the vehicle for {silent_s:.0f} s")

    def _last_words(self) -> str:
        return "; ".join(t.text for t in self.state.texts[-3:] if t.severity <= 4)

    def command(self, command: int, params: Sequence[float] = (), *, what: str) -> None:
        """COMMAND_LONG until it is acknowledged; raises `CommandRefusedError` with the vehicle's words."""
        seen = len(self.state.texts) and self.state.texts[-1].utc_s
        result: int | None = None
        for _ in range(TRIES):
            self._send_command(command, params)
            result = self._acknowledged(command)
            if result is not None:
                break
        if result == ACK_ACCEPTED:
            return
        until_s = self.clock.monotonic_s() + EXPLAIN_S
        while self.clock.monotonic_s() < until_s:
            self.receive(0.05)
        raise CommandRefusedError(what, result, _warnings(self.state.texts, seen))

    def _send_command(self, command: int, params: Sequence[float]) -> None:
        padded = (*params, *[0.0] * 7)[:7]
        fields = {f"param{i}": float(value) for i, value in enumerate(padded, start=1)}
        self.send("COMMAND_LONG", {"command": command, "confirmation": 0, **fields})

    def _acknowledged(self, command: int) -> int | None:
        until_s = self.clock.monotonic_s() + ANSWER_S
        while self.clock.monotonic_s() < until_s:
            message = self.receive(0.05)
            if message is None or message.name != "COMMAND_ACK":
                continue
            result = int(message.fields["result"])
            if message.fields["command"] == command and result != ACK_IN_PROGRESS:
                return result
        return None

    def set_mode(self, name: str) -> None:
        """Change the flight mode and see it changed."""
        before = self.state.mode
        self.commanded_modes = (name,) if before is None else (name, before)  # either, while it changes
        self.command(CMD_SET_MODE, (CUSTOM_MODE_FLAG, mode_number(name)), what=f"change to {name}")
        self.wait(lambda s: s.mode == name, timeout_s=10.0, what=f"change to {name}")
        self.commanded_modes = (name,)

    def arm(self) -> None:
        """Arm the motors; raises with the vehicle's reason."""
        self.command(CMD_ARM, (1.0,), what="arm")
        self.wait(lambda s: bool(s.armed), timeout_s=10.0, what="arm")

    def disarm(self) -> None:
        """Disarm on the ground (never in the air)."""
        self.command(CMD_ARM, (0.0,), what="disarm")
        self.wait(lambda s: s.armed is False, timeout_s=10.0, what="disarm")

    def take_off(self, height_m: float) -> None:
        """Climb to `height_m` above home in GUIDED mode (armed already)."""
        self.command(CMD_TAKEOFF, (0, 0, 0, 0, 0, 0, height_m), what="take off")
        self.wait(
            lambda s: (s.altitude_home_m or 0.0) > height_m - 1.0,
            timeout_s=30.0 + height_m,
            what=f"climb to {height_m:g} m",
        )

    def start_mission(self) -> None:
        """Arm in GUIDED (AUTO refuses to be armed in), change to AUTO, start."""
        self.set_mode("GUIDED")
        self.arm()
        self.set_mode("AUTO")
        self.command(CMD_MISSION_START, what="start the mission")

    def pause(self) -> None:
        """Hold where it is, in AUTO."""
        self.command(CMD_PAUSE, (0.0,), what="pause")

    def resume(self) -> None:
        """Go on with a paused mission."""
        self.command(CMD_PAUSE, (1.0,), what="go on")

    def return_home(self) -> None:
        """Return to launch and land there."""
        self.set_mode("RTL")

    def land(self) -> None:
        """Land here."""
        self.set_mode("LAND")

    def enable_fence(self) -> None:
        """Switch the uploaded fence on."""
        self.command(CMD_FENCE_ENABLE, (1.0,), what="switch its fence on")

    def wait_disarmed(self, timeout_s: float) -> None:
        """Wait until it has landed and switched its motors off."""
        self.wait(lambda s: s.armed is False, timeout_s=timeout_s, what="land and disarm")

    @property
    def airborne(self) -> bool:
        """Armed and not known to stand on the ground."""
        if not self.state.armed:
            return False
        return not self.state.on_ground or self.state.landed_state == TAKING_OFF


def _nothing() -> None:
    return


def _warnings(texts: Sequence[Text], after_utc_s: float) -> list[str]:
    fresh = [t.text for t in texts if t.utc_s > after_utc_s and t.severity <= 4]
    return list(dict.fromkeys(fresh))
