"""The wire side: moves bytes between clients and the copter, and keeps simulated time at its pace."""

import logging
import random
import selectors
import socket
import threading
from dataclasses import dataclass, field
from typing import Any

from core.clock import Clock, RealClock
from flight.simulator.connections import Client
from flight.simulator.copter import STEP_S, Copter
from flight.simulator.messages import Outgoing

log = logging.getLogger(__name__)
_STREAM_BACKLOG = 256 * 1024
_MOST_BACKLOG = 32 * 1024 * 1024
_MOST_STEPS = 200
_LONGEST_WAIT_S = 0.05
_PATIENT_SPEED = 4.0
_MOST_PEERS = 50


@dataclass(slots=True)
class Server:
    """Serves a copter until `stop` is set; SIM_SPEEDUP is the pace in simulated seconds a second.

    `sockets` listen for TCP clients, one for each of the vehicle's ports; `udp` takes datagrams from whoever
    sends some, and sends to `peers` from the beginning. While a time-out runs against a client (an upload,
    the wait between arming and take-off) the pace is four at most: a busy machine then does not lose a
    mission to 8 simulated seconds. A client that does not read loses streamed messages, never an answer or an
    event, and does not slow the others; after 32 MB it is let go. A reboot closes TCP connections, as
    ArduPilot's does.
    """

    copter: Copter
    sockets: list[socket.socket]
    stop: threading.Event
    udp: socket.socket | None = None
    peers: tuple[tuple[str, int], ...] = ()
    clock: Clock = field(default_factory=RealClock)
    clients: dict[int, Client] = field(default_factory=dict)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _known: dict[Any, Client] = field(default_factory=dict)  # UDP clients by their address
    _random: random.Random = field(default_factory=lambda: random.Random(0))
    _joined: int = 0

    @property
    def address(self) -> str:
        return f"tcp:127.0.0.1:{self.sockets[0].getsockname()[1]}"

    @property
    def said(self) -> dict[str, str]:
        """Where it can be reached, by what it is."""
        addresses = [f"tcp:127.0.0.1:{listening.getsockname()[1]}" for listening in self.sockets]
        said = {"address": addresses[0]} | ({"second": addresses[1]} if len(addresses) > 1 else {})
        return said | ({"udp": f"udp:127.0.0.1:{self.udp.getsockname()[1]}"} if self.udp is not None else {})

    def run(self) -> None:
        """Serve until told to stop."""
        for number, listening in enumerate(self.sockets):
            self._selector.register(listening, selectors.EVENT_READ, number)
        if self.udp is not None:
            self._selector.register(self.udp, selectors.EVENT_READ, self.udp)
            for peer in self.peers:
                self._known[peer] = self._join(self.udp, 0, peer)
        ahead_of = self.clock.monotonic_s()
        while not self.stop.is_set():
            self._listen(max(0.0, min(_LONGEST_WAIT_S, ahead_of - self.clock.monotonic_s())))
            ahead_of = self._simulate(ahead_of)
        self._close()

    def _close(self) -> None:
        for client in list(self.clients.values()):
            self._drop(client)
        self._selector.close()
        for listening in (*self.sockets, *([self.udp] if self.udp is not None else [])):
            listening.close()

    def _simulate(self, due_s: float) -> float:
        """Step until simulated time has caught up with the clock; when the next step is due."""
        now = self.clock.monotonic_s()
        for _ in range(_MOST_STEPS):
            if due_s > now:
                break
            if self.copter.rebooting:
                self._hang_up()
            self.copter.step(STEP_S)
            due_s += STEP_S / self._pace()
        self._send(self.copter.take())
        return max(due_s, now - 0.5)

    def _hang_up(self) -> None:
        """Let every TCP client go, once it has its last answers."""
        self._send(self.copter.take())
        for client in [client for client in self.clients.values() if client.peer is None]:
            self._drop(client)

    def _pace(self) -> float:
        speed = max(0.01, self.copter.params["SIM_SPEEDUP"])
        return min(speed, _PATIENT_SPEED) if self.copter.waits_for_client else speed

    # -- receiving

    def _listen(self, wait_s: float) -> None:
        for key, _ in self._selector.select(wait_s):
            if isinstance(key.data, Client):
                self._receive(key.data)
            elif isinstance(key.data, socket.socket):
                self._datagrams(key.data)
            else:
                self._accept(key.data)

    def _accept(self, port: int) -> None:
        try:
            connection, _ = self.sockets[port].accept()
        except OSError:
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = self._join(connection, port)
        self._selector.register(connection, selectors.EVENT_READ, client)

    def _join(self, connection: socket.socket, port: int, peer: Any = None) -> Client:
        self._joined += 1
        client = Client(self._joined, port, connection, peer)
        self.clients[client.number] = client
        self.copter.join(client.number)
        return client

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
        self._take(client, data)

    def _datagrams(self, udp: socket.socket) -> None:
        while True:
            try:
                data, peer = udp.recvfrom(65536)
            except OSError:
                return
            client = self._known.get(peer)
            if client is None and len(self._known) < _MOST_PEERS:
                client = self._known[peer] = self._join(udp, 0, peer)
            if client is not None:
                self._take(client, data)

    def _take(self, client: Client, data: bytes) -> None:
        self._sign(client)
        for message in client.link.parse_buffer(self._noisy(data)) or ():
            if message.get_type() == "BAD_DATA":
                self._scold(client)
            else:
                self.copter.handle(message, client.number)
        self._send(self.copter.take())

    def _scold(self, client: Client) -> None:
        if not client.scolded:
            client.scolded = True
            log.warning("client %d sends bytes that are no message, or none it may send", client.number)

    def _noisy(self, data: bytes) -> bytes:
        """What a line of SIM_UART_LOSS per cent lost bytes lets through."""
        lost = self.copter.params["SIM_UART_LOSS"]
        if lost <= 0.0:
            return data
        return bytes(byte for byte in data if self._random.random() * 100.0 >= lost)

    # -- sending

    def _sign(self, client: Client) -> None:
        signing = self.copter.inbox.signing
        if client.signing != signing.version:
            client.signing = signing.version
            signing.apply(client.link, client.port)

    def _send(self, messages: list[Outgoing]) -> None:
        if not messages:
            return
        system = self.copter.params.integer("SYSID_THISMAV") & 0xFF
        for outgoing in messages:
            for client in self._receivers(outgoing.link):
                if not (outgoing.streamed and len(client.waiting) > _STREAM_BACKLOG):
                    self._sign(client)
                    client.add(outgoing.message, system)
        for client in list(self.clients.values()):
            self._flush(client)

    def _receivers(self, link: int | None) -> list[Client]:
        if link is None:
            return list(self.clients.values())
        client = self.clients.get(link)
        return [client] if client is not None else []

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
        self._known.pop(client.peer, None)
        if client.peer is None:
            self._selector.unregister(client.socket)
            client.socket.close()
        self.copter.leave(client.number)
