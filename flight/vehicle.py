"""A vehicle: its link, its state, and the commands it is given.

A command that returns has been carried out: besides the vehicle's answer, each verb waits until telemetry
shows what was asked for. A refusal carries the vehicle's own words.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Self

from core.clock import Clock
from core.errors import SkyshadeError
from flight.commands import (
    Cmd,
    CommandParams,
    CommandRefusedError,
    CommandResult,
    Order,
    Pending,
    begin,
    step,
)
from flight.identity import wrong_type
from flight.link import STATION_COMPONENT, STATION_SYSTEM, Link, Target
from flight.modes import mode_number
from flight.ports import LinkError
from flight.state import COPTER_TYPES, MISSION_ACTIVE, MISSION_PAUSED, TAKING_OFF, VehicleState, fold
from flight.vehicletime import VehicleClock
from flight.wire import Fields, Message

log = logging.getLogger(__name__)

CUSTOM_MODE_FLAG = 1
EXPLAIN_S = 1.0  # wall time in which the words that explain a refusal may still come
QUIET_S = 0.3
LINK_LOST_S = 10.0
LEAST_WALL_S = 3.0
PUMP_S = 0.2
ASK_S, ASKS = 0.2, 5
RISEN_M = 0.5
SHOWN_S = 10.0
WARNING = 4  # MAV_SEVERITY
HEARTBEAT, FENCE_STATUS = 0, 162
GROUND_SPEED = 1.0  # DO_CHANGE_SPEED's p1

# What a watch needs: message id and rate (Hz of the vehicle's time); a slow radio may keep it lower.
TELEMETRY = {
    33: 5.0,  # GLOBAL_POSITION_INT
    30: 5.0,  # ATTITUDE
    42: 4.0,  # MISSION_CURRENT
    245: 4.0,  # EXTENDED_SYS_STATE
    193: 2.0,  # EKF_STATUS_REPORT
    36: 2.0,  # SERVO_OUTPUT_RAW
    9005: 2.0,  # WINCH_STATUS, where there is a winch
    2: 1.0,  # SYSTEM_TIME
    1: 1.0,  # SYS_STATUS
    24: 1.0,  # GPS_RAW_INT
    147: 1.0,  # BATTERY_STATUS
    242: 0.5,  # HOME_POSITION
}

Listener = Callable[[Message, VehicleState], None]
Shown = Callable[[VehicleState], bool]

__all__ = ["CommandRefusedError", "OverruledError", "Vehicle", "VehicleTimeoutError"]


class VehicleTimeoutError(SkyshadeError):
    """Something did not happen in time."""


class OverruledError(SkyshadeError):
    """Somebody else changed the mode while a command was carried out; nothing more is commanded."""


class InTheAirError(SkyshadeError):
    """Motors are not switched off in the air, nor where it is not known that the vehicle stands."""


class Vehicle:
    """A copter on a link. All waiting pumps the link, so that state and listeners stay fresh.

    Time-outs count the vehicle's own seconds (a simulator may run faster than the clock on the wall), and a
    jump of its clock does not end them; a vehicle that falls silent for `LINK_LOST_S` wall seconds raises
    `LinkError`.
    """

    def __init__(self, link: Link, clock: Clock, *, command_params: CommandParams | None = None) -> None:
        self.link = link
        self.clock = clock
        self.state = VehicleState()
        self.listeners: list[Listener] = []
        self.commanded_modes: tuple[str, ...] = ()
        self.before_receiving: Callable[[], None] = _nothing
        self._command_params = command_params or CommandParams()
        self._own_clock = VehicleClock(link, clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.link.close()

    def connect(self, *, timeout_s: float = 30.0) -> Target:
        """Wait for the vehicle and ask for the telemetry a watch needs; raises when it is no copter."""
        target = self.link.wait_vehicle(timeout_s)
        self.wait(lambda s: s.vehicle_type is not None, timeout_s=timeout_s, what="say what it is")
        if self.state.vehicle_type not in COPTER_TYPES:
            raise wrong_type(self.state.vehicle_type, self.link.name)
        self.link.want(TELEMETRY)
        return target

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

    @contextmanager
    def listening(self, listener: Listener, more: Sequence[int] = ()) -> Iterator[None]:
        """While the block runs `listener` hears each message; the ids in `more` are asked for as well."""
        if more:
            self.link.want(dict.fromkeys(more, 1.0))
        self.listeners.append(listener)
        try:
            yield
        finally:
            self.listeners.remove(listener)

    def pump(self, seconds: float = 0.0) -> None:
        """Take in what has arrived, waiting up to `seconds` wall time for the first message.

        Where more comes than a busy machine takes in, it ends after `PUMP_S` all the same.
        """
        until_s = self.clock.monotonic_s() + seconds + PUMP_S
        message = self.receive(seconds)
        while message is not None and self.clock.monotonic_s() < until_s:
            message = self.receive(0.0001)

    @property
    def now_s(self) -> float:
        """The vehicle's seconds, never going back; the wall's while it tells no time."""
        return self._own_clock.monotonic_s()

    def wait(
        self, ready: Shown, *, timeout_s: float, what: str, mode: str | None = None, hint: str | None = None
    ) -> None:
        """Pump until `ready(state)`; raises `VehicleTimeoutError` after `timeout_s` vehicle seconds.

        A simulator may run so fast that those are over before an answer can come: at least `LEAST_WALL_S` of
        the wall's time are waited. With `mode`, a vehicle that leaves that mode meanwhile was taken over:
        `OverruledError`.
        """
        began_s, began_wall_s = self.now_s, self.clock.monotonic_s()
        while not ready(self.state):
            self.receive(0.05)
            self._heard(began_wall_s)
            if mode is not None and self.state.mode not in (mode, None) and not ready(self.state):
                raise OverruledError(
                    f"the vehicle is in {self.state.mode} and did not {what}",
                    hint="a pilot or a failsafe has it: nothing more is commanded",
                )
            waited_s = self.clock.monotonic_s() - began_wall_s
            if self.now_s - began_s > timeout_s and waited_s > min(timeout_s, LEAST_WALL_S):
                raise VehicleTimeoutError(
                    f"the vehicle did not {what} within {timeout_s:g} s", hint=self._last_words() or hint
                )

    def _heard(self, began_s: float) -> None:
        silent_s = self.clock.monotonic_s() - max(self.link.heard_s, began_s)
        if silent_s > LINK_LOST_S:
            raise LinkError(f"the link is lost: no message from the vehicle for {silent_s:.0f} s")

    def _last_words(self) -> str:
        return "; ".join(t.text for t in self.state.texts[-3:] if t.severity <= WARNING)

    def command(self, command: int, params: Sequence[float] = (), *, what: str) -> None:
        """Send a command until it is answered; raises `CommandRefusedError` with the vehicle's words."""
        self.carry_out(Order(command, tuple(params)), what=what)

    def carry_out(
        self,
        order: Order,
        *,
        what: str,
        shown: Shown | None = None,
        within_s: float = SHOWN_S,
        params: CommandParams | None = None,
    ) -> None:
        """Send `order` until it is answered, then wait until telemetry shows it (`shown`).

        A refusal of a repeated order is no refusal where telemetry shows that the first one was carried out.
        Raises `CommandRefusedError` and `VehicleTimeoutError`.
        """
        said: list[str] = []
        words: Listener = lambda message, _: said.extend(_warning(message))  # noqa: E731  # for one command
        self.pump()  # late answers to what was asked before are not taken for this one's
        self.listeners.append(words)
        try:
            pending = self._answered(order, params or self._command_params)
            if pending.result == CommandResult.ACCEPTED:
                self._wait_shown(shown, within_s, what)
                return
            if shown is not None and pending.sent > 1 and self._comes(shown):
                return
            self._linger(said)
        finally:
            self.listeners.remove(words)
        raise CommandRefusedError(what, pending.result, list(dict.fromkeys(said)), sent=pending.sent)

    def _answered(self, order: Order, params: CommandParams) -> Pending:
        station = (STATION_SYSTEM, STATION_COMPONENT)
        now_s = self.clock.monotonic_s()
        pending, sends = begin(order, station, now_s, params)
        while True:
            for name, fields in sends:
                self.send(name, fields)
            if pending.ended:
                return pending
            message = self.receive(0.05)
            pending, sends = step(pending, message, self.clock.monotonic_s())

    def _wait_shown(self, shown: Shown | None, within_s: float, what: str) -> None:
        if shown is None:
            return
        asks_s = [self.clock.monotonic_s() + n * ASK_S for n in range(ASKS)]

        def seen(state: VehicleState) -> bool:
            if not shown(state) and asks_s and self.clock.monotonic_s() >= asks_s[0]:
                del asks_s[0]  # mode and motors stand in the heartbeat, which else takes up to a second
                self.send(*Order(Cmd.REQUEST_MESSAGE, (HEARTBEAT,)).message(0))
            return shown(state)

        self.wait(seen, timeout_s=within_s, what=what)

    def _comes(self, shown: Shown) -> bool:
        try:
            self.wait(shown, timeout_s=1.0, what="show it")
        except VehicleTimeoutError:
            return False
        return True

    def _linger(self, said: list[str]) -> None:
        """Wait for the words that explain a refusal, and a little more once the first is there."""
        until_s = self.clock.monotonic_s() + EXPLAIN_S
        count = 0
        while self.clock.monotonic_s() < until_s:
            self.receive(0.05)
            if len(said) > count:
                count, until_s = len(said), min(until_s, self.clock.monotonic_s() + QUIET_S)

    def set_mode(self, name: str) -> None:
        """Change the flight mode and see it changed."""
        before, allowed = self.state.mode, self.commanded_modes
        self.commanded_modes = (name,) if before is None else (name, before)  # either, while it changes
        order = Order(Cmd.DO_SET_MODE, (CUSTOM_MODE_FLAG, mode_number(name)))
        try:
            self.carry_out(order, what=f"change to {name}", shown=lambda s: s.mode == name)
        except SkyshadeError:
            self.commanded_modes = allowed if before is None else (before,)
            raise
        self.commanded_modes = (name,)

    def arm(self) -> None:
        """Arm the motors; raises with the vehicle's reason."""
        self.carry_out(Order(Cmd.COMPONENT_ARM_DISARM, (1.0,)), what="arm", shown=lambda s: bool(s.armed))

    def disarm(self) -> None:
        """Switch the motors off on the ground; raises `InTheAirError` when it is not known to stand there."""
        if self.state.armed and not self.state.on_ground:
            known = "its landed state is not known" if self.state.landed_state is None else "it is in the air"
            raise InTheAirError(f"the motors are not switched off: {known}", hint="land first")
        order = Order(Cmd.COMPONENT_ARM_DISARM, (0.0,))
        self.carry_out(order, what="disarm", shown=lambda s: s.armed is False)

    def take_off(self, height_m: float) -> None:
        """Climb to `height_m` above home in GUIDED mode (armed already), and see it there."""
        order = Order(Cmd.NAV_TAKEOFF, (0, 0, 0, 0, 0, 0, height_m))
        self.carry_out(order, what="take off", shown=_rises_or_is_taken, within_s=30.0)
        self.wait(
            lambda s: (s.altitude_home_m or 0.0) > height_m - 1.0,
            timeout_s=30.0 + height_m,
            what=f"climb to {height_m:g} m",
            mode="GUIDED",
        )

    def start_mission(self) -> None:
        """Start the mission in AUTO (armed already, on the ground or in the air), and see it active."""
        self.set_mode("AUTO")
        self.carry_out(
            Order(Cmd.MISSION_START),
            what="start the mission",
            shown=lambda s: s.mission_state == MISSION_ACTIVE,
        )

    def pause(self) -> None:
        """Hold where it is, in AUTO."""
        order = Order(Cmd.DO_PAUSE_CONTINUE, (0.0,))
        self.carry_out(order, what="pause", shown=lambda s: s.mission_state == MISSION_PAUSED)

    def resume(self) -> None:
        """Go on with a mission that `pause` holds."""
        order = Order(Cmd.DO_PAUSE_CONTINUE, (1.0,))
        self.carry_out(order, what="go on", shown=lambda s: s.mission_state == MISSION_ACTIVE)

    def change_speed(self, speed_ms: float) -> None:
        """Fly at `speed_ms` over ground from now on; ArduPilot takes any positive number and says no more."""
        if not speed_ms > 0.0:
            raise ValueError(f"speed must be > 0 m/s, got {speed_ms}")
        order = Order(Cmd.DO_CHANGE_SPEED, (GROUND_SPEED, speed_ms, -1.0))
        self.carry_out(order, what=f"change its speed to {speed_ms:g} m/s")

    def return_home(self) -> None:
        """Return to launch (or to the rally point the vehicle finds nearest) and land there."""
        self.set_mode("RTL")

    def land(self) -> None:
        """Land here."""
        self.set_mode("LAND")

    def enable_fence(self) -> None:
        """Switch the uploaded fence on, and see it on: only then does the vehicle tell its fence's status."""
        told: list[Message] = []

        def hear(message: Message, _state: VehicleState) -> None:
            if message.name == "FENCE_STATUS":
                told.append(message)

        with self.listening(hear, (FENCE_STATUS,)):
            order = Order(Cmd.DO_FENCE_ENABLE, (1.0,))
            self.carry_out(order, what="switch its fence on", shown=lambda _: bool(told))

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


def _rises_or_is_taken(state: VehicleState) -> bool:
    return (state.altitude_home_m or 0.0) > RISEN_M or state.mode != "GUIDED"


def _warning(message: Message) -> list[str]:
    """The text of a warning, in a list; empty for any other message."""
    if message.name != "STATUSTEXT" or int(message.fields["severity"]) > WARNING:
        return []
    return [str(message.fields["text"])]
