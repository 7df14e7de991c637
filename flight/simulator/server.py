"""The TCP side: moves bytes between clients and the copter, and keeps simulated time at its pace."""

import logging
import os
import selectors
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from core.clock import Clock, RealClock
from core.errors import SkyshadeError
from flight.simulator.copter import STEP_S, Copter
from flight.simulator.messages import Outgoing, mavlink

log = logging.getLogger(__name__)
_STREAM_BACKLOG = 256 * 1024
_MOST_BACKLOG = 32 * 1024 * 1024
_MOST_STEPS = 200
_TICK_S = 0.01
_PATIENT_SPEED = 4.0


class PortTakenError(SkyshadeError):
    """The port asked for is in use."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is in use", hint="give another --port, or 0 for a free one")


@dataclass(slots=True)
class Client:
    """One connection: its MAVLink sequence numbers, and bytes that wait to be sent."""

    number: int
    socket: socket.socket
    link: Any
    waiting: bytearray = field(default_factory=bytearray)

    def flush(self) -> None:
        """Send what the socket takes; raises OSError when it is gone."""
        while self.waiting:
            try:
                sent = self.socket.send(memoryview(self.waiting)[:65536])
            except BlockingIOError:
                return
            del self.waiting[:sent]


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; raises `PortTakenError`."""
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind(("127.0.0.1", port))
    except OSError as error:
        server.close()
        raise PortTakenError(port) from error
    server.listen(8)
    server.setblocking(False)
    return server


@dataclass(slots=True)
class Server:
    """Serves a copter until `stop` is set; SIM_SPEEDUP is the pace in simulated seconds a second.

    While a time-out runs against a client (an upload, the wait between arming and take-off) the pace is four
    at most: a busy machine then does not lose a mission to 8 simulated seconds. A client that does not read
    loses streamed messages, never an answer or an event, and does not slow the others; after 32 MB it is let
    go.
    """

    copter: Copter
    socket: socket.socket
    stop: threading.Event
    clock: Clock = field(default_factory=RealClock)
    clients: dict[int, Client] = field(default_factory=dict)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _joined: int = 0

    @property
    def address(self) -> str:
        return f"tcp:127.0.0.1:{self.socket.getsockname()[1]}"

    def run(self) -> None:
        """Serve until told to stop."""
        self._selector.register(self.socket, selectors.EVENT_READ)
        ahead_of = self.clock.monotonic_s()
        while not self.stop.is_set():
            self._listen(max(0.0, min(_TICK_S, ahead_of - self.clock.monotonic_s())))
            ahead_of = self._simulate(ahead_of)
        for client in list(self.clients.values()):
            self._drop(client)
        self._selector.close()
        self.socket.close()

    def _simulate(self, due_s: float) -> float:
        """Step until simulated time has caught up with the clock; when the next step is due."""
        now = self.clock.monotonic_s()
        for _ in range(_MOST_STEPS):
            if due_s > now:
                break
            self.copter.step(STEP_S)
            due_s += STEP_S / self._pace()
        self._send(self.copter.take())
        return max(due_s, now - 0.5)

    def _pace(self) -> float:
        speed = max(0.01, self.copter.params["SIM_SPEEDUP"])
        return min(speed, _PATIENT_SPEED) if self.copter.waits_for_client else speed

    def _listen(self, wait_s: float) -> None:
        for key, _ in self._selector.select(wait_s):
            if key.data is None:
                self._accept()
            else:
                self._receive(key.data)

    def _accept(self) -> None:
        try:
            connection, _ = self.socket.accept()
        except OSError:
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._joined += 1
        link = mavlink.MAVLink(None)
        link.robust_parsing = True
        link.srcComponent = 1
        client = Client(self._joined, connection, link)
        self.clients[client.number] = client
        self._selector.register(connection, selectors.EVENT_READ, client)
        self.copter.join(client.number)

    def _receive(self, client: Client) -> None:
        try:
            data = client.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(client)
            return
        for message in client.link.parse_buffer(data) or ():
            if message.get_type() != "BAD_DATA":
                self.copter.handle(message, client.number)
        self._send(self.copter.take())

    def _send(self, messages: list[Outgoing]) -> None:
        system = self.copter.params.integer("SYSID_THISMAV") & 0xFF
        for outgoing in messages:
            if outgoing.link is not None:
                client = self.clients.get(outgoing.link)
                receivers = [client] if client is not None else []
            else:
                receivers = list(self.clients.values())
            for client in receivers:
                if outgoing.streamed and len(client.waiting) > _STREAM_BACKLOG:
                    continue
                client.link.srcSystem = system
                client.waiting += outgoing.message.pack(client.link)
                client.link.seq = (client.link.seq + 1) % 256
        for client in list(self.clients.values()):
            self._flush(client)

    def _flush(self, client: Client) -> None:
        try:
            client.flush()
        except OSError:
            self._drop(client)
            return
        if len(client.waiting) > _MOST_BACKLOG:
            log.warning("client %d does not read; it is let go", client.number)
            self._drop(client)

    def _drop(self, client: Client) -> None:
        if self.clients.pop(client.number, None) is None:
            return
        self._selector.unregister(client.socket)
        client.socket.close()
        self.copter.leave(client.number)


def watch_parent(parent_pid: int, stop: threading.Event, every_s: float = 0.5) -> threading.Thread:
    """Set `stop` when the process `parent_pid` is gone."""

    def watch() -> None:
        while not stop.is_set():
            if not alive(parent_pid):
                stop.set()
                return
            time.sleep(every_s)

    thread = threading.Thread(target=watch, name="watch-parent", daemon=True)
    thread.start()
    return thread


def alive(pid: int) -> bool:
    """Whether a process runs; on Windows through its handle, elsewhere by signal 0."""
    if os.name == "nt":
        return _alive_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _alive_on_windows(pid: int) -> bool:
    import ctypes

    synchronize, timeout = 0x00100000, 0x102
    kernel: Any = getattr(ctypes, "windll").kernel32  # noqa: B009 - exists on Windows only
    handle = kernel.OpenProcess(synchronize, 0, pid)
    if not handle:
        return False
    try:
        return bool(kernel.WaitForSingleObject(handle, 0) == timeout)
    finally:
        kernel.CloseHandle(handle)
