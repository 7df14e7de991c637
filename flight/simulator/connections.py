"""Clients of the simulator: a TCP connection or a UDP peer each, with MAVLink numbering and a backlog."""

import os
import socket
from dataclasses import dataclass, field
from typing import Any

from core.errors import SkyshadeError
from flight.simulator.messages import mavlink

_PIECE = 65536
_MOST_DATAGRAM = 1400
HOST = "127.0.0.1"


class PortTakenError(SkyshadeError):
    """The port asked for is in use."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is in use", hint="give another --port, or 0 for a free one")


def _link() -> Any:
    link = mavlink.MAVLink(None)
    link.robust_parsing = True
    link.srcComponent = 1
    return link


@dataclass(slots=True)
class Client:
    """One client on port 0 (the first), 1, ...: bytes wait in `waiting`; to a `peer` go datagrams."""

    number: int
    port: int
    socket: socket.socket
    peer: Any = None
    link: Any = field(default_factory=_link)
    waiting: bytearray = field(default_factory=bytearray)
    signing: int = -1  # which change of the signing key it knows
    scolded: bool = False

    def add(self, message: Any, system: int) -> None:
        """Pack a message to be sent."""
        self.link.srcSystem = system
        packed = message.pack(self.link)
        self.link.seq = (self.link.seq + 1) % 256
        if self.peer is not None and len(self.waiting) + len(packed) > _MOST_DATAGRAM:
            self.flush()
        self.waiting += packed

    def flush(self) -> None:
        """Send what the socket takes; raises OSError when it is gone. A datagram without room is lost."""
        if self.peer is not None:
            datagram, self.waiting = bytes(self.waiting), bytearray()
            if datagram:
                _send_to(self.socket, datagram, self.peer)
            return
        while self.waiting:
            try:
                sent = self.socket.send(memoryview(self.waiting)[:_PIECE])
            except BlockingIOError:
                return
            del self.waiting[:sent]


def _send_to(sender: socket.socket, datagram: bytes, peer: Any) -> None:
    try:
        sender.sendto(datagram, peer)
    except (BlockingIOError, ConnectionError):
        return


def listen(port: int) -> socket.socket:
    """A listening TCP socket on 127.0.0.1; raises `PortTakenError`."""
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _bind(server, port)
    server.listen(8)
    return server


def datagrams(port: int) -> socket.socket:
    """A UDP socket on 127.0.0.1; raises `PortTakenError`."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    _bind(server, port)
    return server


def _bind(server: socket.socket, port: int) -> None:
    try:
        server.bind((HOST, port))
    except OSError as error:
        server.close()
        raise PortTakenError(port) from error
    server.setblocking(False)
