"""A bridge for users' scripts: a dronekit Vehicle whose messages travel on our link.

The link reads, records, reconnects and keeps the heartbeats up; missions travel by our verified transfers, so
that a refused mission raises and positions stay exact. dronekit comes from the package dronekit2. Its
time-outs run on the wall's clock: give a simulator a speed-up of 1 to 5 with it.

Scripts use `from flight.dronekit import connect`, or run as they are by `python -m flight.dronekit SCRIPT`.
"""

import runpy
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dronekit
from pymavlink import mavutil
from pymavlink.dialects.v20 import ardupilotmega

from core.clock import Clock, RealClock
from core.errors import SkyshadeError
from flight.commanditems import wire_item
from flight.link import STATION_COMPONENT, STATION_SYSTEM, Link, open_link
from flight.listeners import POLL_S, Handler
from flight.missioncommands import MissionCommands
from flight.sitl import RunningVehicle
from flight.wire import WireItem, fields_of

READY_S = 30.0
PARAMETERS_AGAIN_S = 2.0
SERIAL_BAUD = 115200


class DronekitError(SkyshadeError):
    """What a script asked of dronekit cannot be had."""


class DronekitTimeoutError(DronekitError, dronekit.TimeoutError):  # type: ignore[misc]  # dronekit is untyped
    """Something did not come in time; scripts may catch it as dronekit's own `TimeoutError`."""


def our_address(text: str, baud: int = SERIAL_BAUD) -> str:
    """Connection strings of dronekit in our words: its `udp` and a bare HOST:PORT listen, `udpout` speaks
    first; anything else is a serial device. Raises `DronekitError` on kinds we do not have.
    """
    scheme, _, rest = text.partition(":")
    if scheme in ("tcp", "udpin"):
        return text
    if scheme in ("udp", "udpout"):
        return f"{'udpin' if scheme == 'udp' else 'udp'}:{rest}"
    if scheme in ("tcpin", "udpbcast", "mcast"):
        raise DronekitError(f"{text!r}: connections of that kind are not offered", hint="use tcp: or udp:")
    if rest.isdigit():
        return f"udpin:{text}"
    device, _, given = text.partition(",")
    return f"{device.upper() if device.lower().startswith('com') else device},{given or baud}"


def connect(
    ip: str,
    _initialize: bool = True,
    wait_ready: bool | Sequence[str] | None = None,
    timeout: float = READY_S,
    *,
    vehicle_class: Any = None,
    rate: int | None = 4,
    baud: int = SERIAL_BAUD,
    heartbeat_timeout: float = READY_S,
    log_path: Path | None = None,
    **_unused: object,
) -> Any:
    """What dronekit calls `connect`, on our link: the same arguments, and `log_path` for a recording.

    Arguments about status printing, source ids and the native parser are taken and not used. Times in wall
    seconds. Raises `DronekitError` or `LinkError`.
    """
    clock = RealClock()
    link = open_link(our_address(ip, baud), clock, log_path=log_path)
    try:
        return bridge(
            link, clock, wait_ready=wait_ready, timeout_s=timeout, rate_hz=rate,
            heartbeat_s=heartbeat_timeout if _initialize else None, vehicle_class=vehicle_class,
        )  # fmt: skip
    except BaseException:
        link.close()
        raise


@contextmanager
def dronekit_vehicle(
    vehicle: str | RunningVehicle,
    *,
    wait_ready: bool = True,
    timeout_s: float = 60.0,
    log_path: Path | None = None,
) -> Iterator[Any]:
    """A connected dronekit `Vehicle` at one of our addresses, closed at the end of the block.

    `timeout_s` in wall seconds. Raises `DronekitError` or `LinkError`.
    """
    address = vehicle.address if isinstance(vehicle, RunningVehicle) else vehicle
    clock = RealClock()
    with open_link(address, clock, log_path=log_path) as link:
        connected = bridge(link, clock, wait_ready=wait_ready, timeout_s=timeout_s, heartbeat_s=timeout_s)
        try:
            yield connected
        finally:
            connected.close()


def bridge(
    link: Link,
    clock: Clock,
    *,
    wait_ready: bool | Sequence[str] | None = None,
    timeout_s: float = READY_S,
    rate_hz: int | None = 4,
    heartbeat_s: float | None = READY_S,
    vehicle_class: Any = None,
) -> Any:
    """A dronekit `Vehicle` (or `vehicle_class`, a subclass of it) on an open link that nobody else reads.

    `heartbeat_s` None leaves out the first questions, as dronekit's `_initialize=False` does. The vehicle's
    `close()` closes the link.
    """
    link.wait_vehicle(READY_S if heartbeat_s is None else heartbeat_s)
    handler = Handler(link, clock, Master(link))
    base = vehicle_class or dronekit.Vehicle
    try:
        vehicle = type(base.__name__, (_OnOurLink, base), {})(handler)
        if heartbeat_s is not None:
            vehicle.initialize(rate=rate_hz, heartbeat_timeout=heartbeat_s)
        if wait_ready:
            named = () if wait_ready is True else tuple(wait_ready)
            vehicle.wait_ready(*named, timeout=timeout_s)
    except BaseException:
        handler.close()
        raise
    return vehicle


class Master(mavutil.mavfile):  # type: ignore[misc]  # pymavlink is untyped
    """What dronekit takes for its connection; all it sends goes out by our link."""

    def __init__(self, link: Link) -> None:
        super().__init__(None, link.name, STATION_SYSTEM, STATION_COMPONENT, input=False, use_native=False)
        self.mav = ardupilotmega.MAVLink(None, STATION_SYSTEM, STATION_COMPONENT)
        self.mav.send = self.send_message
        self._link = link

    def send_message(self, message: Any, *_: object, **__: object) -> None:
        """Send one of dronekit's messages: heartbeats are ours to send, single items go exact."""
        name = message.get_type()
        if name == "HEARTBEAT":
            return
        fields = {field: _plain(getattr(message, field)) for field in message.fieldnames}
        if name == "MISSION_ITEM":
            name = "MISSION_ITEM_INT"
            exact = fields_of(wire_item(message, message.seq))
            fields = {**exact, "current": message.current, "target_component": message.target_component}
        fields.pop("target_system", None)
        self._link.send(name, fields)


def _plain(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


class _OnOurLink:
    """What a dronekit Vehicle does differently on our link: nothing waits for ever, missions are ours."""

    _handler: Handler
    _master: Any
    _ready_attrs: set[str]
    _default_ready_attrs: list[str]
    _heartbeat_system: int | None
    _params_count: int
    _current_waypoint: int
    send_capabilities_request: Callable[..., Any]
    add_message_listener: Callable[..., Any]

    def __init__(self, handler: Handler) -> None:
        super().__init__(handler)  # type: ignore[call-arg]  # the next class is dronekit's Vehicle
        self._commands = MissionCommands(
            handler, dronekit.Command, self._learn_home, lambda: self._current_waypoint
        )

    def _learn_home(self, home: WireItem) -> None:
        place = home.position
        if place is not None:
            self._home_location = dronekit.LocationGlobal(place.lat, place.lon, home.z)

    def initialize(self, rate: int | None = 4, heartbeat_timeout: float = READY_S) -> None:
        """Wait for the heartbeat, ask for telemetry at `rate` Hz and for the parameters."""
        self._heartbeat_error = 0  # the link itself looks after silence
        self._handler.start()
        until_s = self._handler.clock.monotonic_s() + heartbeat_timeout
        self._until(lambda: self._heartbeat_system is not None, until_s, "no heartbeat came")
        if rate is not None:
            self._master.mav.request_data_stream_send(0, 0, 0, rate, 1)
        self.add_message_listener("HEARTBEAT", self.send_capabilities_request)
        asked_s = -PARAMETERS_AGAIN_S

        def known() -> bool:
            nonlocal asked_s
            if self._params_count < 0 and self._handler.clock.monotonic_s() - asked_s >= PARAMETERS_AGAIN_S:
                asked_s = self._handler.clock.monotonic_s()
                self._master.mav.param_request_list_send(0, 0)
            return self._params_count >= 0

        self._until(known, until_s + heartbeat_timeout, "no parameter came")

    def wait_ready(self, *types: Any, **options: Any) -> bool:
        """Wait until the named attributes (or dronekit's usual ones) are there, `timeout` wall seconds.

        Raises `DronekitTimeoutError` naming the missing ones, or returns False with `raise_exception=False`.
        """
        wanted = set(self._default_ready_attrs if types in ((), (True,)) else types)
        until_s = self._handler.clock.monotonic_s() + float(options.get("timeout", READY_S))
        try:
            self._until(lambda: wanted <= self._ready_attrs, until_s, "not everything came in time")
        except DronekitTimeoutError:
            if not options.get("raise_exception", True):
                return False
            missing = ", ".join(sorted(wanted - self._ready_attrs))
            raise DronekitTimeoutError(f"the vehicle has not told yet: {missing}") from None
        return True

    def _until(self, met: Callable[[], bool], until_s: float, otherwise: str) -> None:
        if self._handler.mine and not met():
            raise DronekitError("a listener cannot wait for the vehicle", hint="wait in the script itself")
        while not met():
            if self._handler.ended is not None:
                raise self._handler.ended
            if self._handler.clock.monotonic_s() > until_s:
                raise DronekitTimeoutError(otherwise)
            self._handler.clock.sleep(POLL_S)


def run_script(path: Path, arguments: Sequence[str] = ()) -> None:
    """Run a dronekit script as it is, with its `connect` replaced by ours."""
    theirs, argv = dronekit.connect, sys.argv
    dronekit.connect, sys.argv = connect, [str(path), *arguments]
    try:
        runpy.run_path(str(path), run_name="__main__")
    finally:
        dronekit.connect, sys.argv = theirs, argv


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python -m flight.dronekit SCRIPT [ARGUMENT ...]")
    try:
        run_script(Path(sys.argv[1]), sys.argv[2:])
    except SkyshadeError as problem:
        sys.exit(f"{sys.argv[1]}: {problem}")
