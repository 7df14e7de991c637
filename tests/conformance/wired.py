"""A vehicle that is a process of its own on a TCP port: real ArduPilot SITL."""

import contextlib
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.answers import STAMP_COMPONENT, STAMP_MESSAGE
from conformance.cases import HOME, STATION_COMPONENT, Case

from flight.simulator.messages import Message, mavlink

STAMPS_A_SECOND = 20
FIRST_STAMP_S = 2.4  # ArduPilot SITL sends no telemetry before
PATIENCE_S = 120.0  # wall-clock seconds without a byte
PORT, PORTS_AN_INSTANCE = 5760, 10


class VehicleLostError(Exception):
    """The vehicle's process ended or fell silent."""


@dataclass(slots=True)
class Wired:
    """A vehicle on a TCP port; time is what its own messages say, which it is asked for often."""

    connection: socket.socket
    speedup: float
    now_s: float = 0.0
    _stamped_once: bool = False
    _start: float = field(default_factory=time.monotonic)
    _links: dict[int, Any] = field(default_factory=dict)
    _asked_s: float = -1.0
    _parser: Any = field(default_factory=lambda: mavlink.MAVLink(None))
    _heard: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._parser.robust_parsing = True

    def send(self, message: Message, system: int) -> None:
        self._transmit(message, system, STATION_COMPONENT)

    def _transmit(self, message: Message, system: int, component: int) -> None:
        link = self._links.setdefault((system, component), mavlink.MAVLink(None, system, component))
        data = message.pack(link)
        link.seq = (link.seq + 1) % 256
        self.connection.sendall(data)

    def _ask_for_stamps(self) -> None:
        """Until the first stamp arrives: a vehicle that still starts may miss the wish."""
        number = mavlink.MAVLINK_MSG_ID_ATTITUDE_QUATERNION
        wish = mavlink.MAVLink_command_long_message(
            1, 1, 511, 0, number, 1e6 / STAMPS_A_SECOND, 0, 0, 0, 0, 0
        )
        self._transmit(wish, 255, STAMP_COMPONENT)

    def listen(self) -> list[tuple[float, Message]]:
        if not self._stamped_once:  # still starting: no time stamps yet
            self.now_s = min(FIRST_STAMP_S, (time.monotonic() - self._start) * self.speedup)
        if self._asked_s < 0 or (not self._stamped_once and time.monotonic() - self._asked_s > 1.0):
            self._asked_s = time.monotonic()
            self._ask_for_stamps()
        try:
            data = self.connection.recv(65536)
        except TimeoutError:
            if time.monotonic() - self._heard > PATIENCE_S:
                raise VehicleLostError("the vehicle fell silent") from None
            return []
        if not data:
            raise VehicleLostError("the vehicle closed the connection")
        self._heard = time.monotonic()
        return [self._stamped(m) for m in self._parser.parse_buffer(data) or () if m.get_type() != "BAD_DATA"]

    def _stamped(self, message: Message) -> tuple[float, Message]:
        stamp = getattr(message, "time_boot_ms", None)
        if stamp and (message.get_type() == STAMP_MESSAGE or not self._stamped_once):
            self.now_s, self._stamped_once = stamp / 1000.0, True
        return self.now_s, message


@contextlib.contextmanager
def ardupilot(case: Case, *, instance: int, speedup: float = 10.0) -> Iterator[Wired]:
    """Real ArduPilot SITL, started for this case in a scratch folder and ended with it."""
    binary = Path(os.environ["SKYSHADE_ARDUCOPTER"])
    with tempfile.TemporaryDirectory(prefix="skyshade-conformance-") as folder:
        own = Path(folder, "case.parm")
        own.write_text("".join(f"{name} {value:g}\n" for name, value in case.params.items()))
        command = [str(binary), "-w", "--model", "+", "--speedup", f"{speedup:g}"]
        command += ["--defaults", f"{binary.parent / 'copter.parm'},{own}"]
        command += ["--home", ",".join(map(str, HOME)), f"-I{instance}"]
        with _running(command, folder), _connected(PORT + PORTS_AN_INSTANCE * instance) as connection:
            yield Wired(connection, speedup)


@contextlib.contextmanager
def _running(command: list[str], folder: str) -> Iterator[None]:
    with Path(folder, "console.txt").open("wb") as console:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=console, stderr=console
        )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _connected(port: int) -> socket.socket:
    until = time.monotonic() + 30.0
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=5.0)
            break
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.settimeout(0.01)
    return connection
