"""Byte pipes to a vehicle: TCP, UDP both ways, serial; each with one clear error."""

import contextlib
import errno
import importlib
import select
import socket
from dataclasses import dataclass
from typing import Any, Protocol

from core.clock import Clock
from core.errors import SkyshadeError

CONNECT_TIMEOUT_S = 5.0
RETRY_S = 0.1
CHUNK = 65536
BAUD = 57600
SEND_TIMEOUT_S = 1.0
RECEIVE_BUFFER = 1 << 20  # a listening port hears many vehicles
_PASSING = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENOBUFS)  # may mend by themselves

Peer = tuple[str, int]


class LinkError(SkyshadeError):
    """A connection that cannot be opened or has ended."""


class Pipe(Protocol):
    """Bytes in and out; one that has a `fileno` as well is waited for without polling."""

    def read(self, timeout_s: float) -> bytes:
        """What arrived, empty when nothing did in time; raises `LinkError` when the other end is gone."""
        ...

    def write(self, data: bytes) -> None:
        """Send; data to nobody is dropped; raises `LinkError` when the other end is gone."""
        ...

    def close(self) -> None:
        """End it."""
        ...


@dataclass(frozen=True, slots=True)
class Address:
    """A MAVLink address: `scheme` tcp, udp, udpin or serial; `host` (or device) and `port` (or baud rate)."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return (
            f"{self.host},{self.port}"
            if self.scheme == "serial"
            else f"{self.scheme}:{self.host}:{self.port}"
        )


_SCHEMES = {"tcp": "tcp", "tcpout": "tcp", "udp": "udp", "udpout": "udp", "udpin": "udpin"}


def parse_address(text: str) -> Address:
    """`tcp:HOST:PORT`, `udp:HOST:PORT` (speaks first), `udpin:HOST:PORT` (listens) or `DEVICE,BAUD`.

    Also taken, as other ground stations write them: `tcpout:`, `udpout:`, `scheme://HOST:PORT`,
    `serial:DEVICE:BAUD`, and a bare `HOST:PORT`, which listens. Raises `LinkError`.
    """
    parsed = _parse_serial(text) or _parse_socket(text)
    if parsed is None:
        raise LinkError(
            f"{text!r} is no vehicle address",
            hint="use tcp:HOST:PORT, udp:HOST:PORT, udpin:HOST:PORT, /dev/ttyUSB0,57600 or COM3,57600",
        )
    return parsed


def _parse_socket(text: str) -> Address | None:
    scheme, colon, rest = text.partition(":")
    place, _, port = rest.removeprefix("//").rpartition(":")
    if colon and rest.isdigit():  # nothing but HOST:PORT
        scheme, place, port = "udpin", scheme, rest
    known = _SCHEMES.get(scheme)
    if known is None or not place or ":" in place or not port.isdigit() or not 0 < int(port) < 65536:
        return None
    return Address(known, place, int(port))


def _parse_serial(text: str) -> Address | None:
    separator = ":" if text.startswith("serial:") else ","
    device, divided, baud = text.removeprefix("serial:").removeprefix("//").partition(separator)
    if device.startswith(("/dev/", "COM")) and (baud.isdigit() or not divided):
        return Address("serial", device, int(baud or BAUD))
    return None


def open_pipe(address: Address, clock: Clock, *, patience_s: float = 0.0) -> Pipe:
    """Open the address; a TCP port where nothing listens yet is tried again for `patience_s`."""
    if address.scheme == "tcp":
        return TcpPipe(_connect(address, clock, patience_s), address)
    if address.scheme == "serial":
        return SerialPipe(address)
    return UdpPipe(address)


def _connect(address: Address, clock: Clock, patience_s: float) -> socket.socket:
    until_s = clock.monotonic_s() + patience_s
    while True:
        try:
            return socket.create_connection((address.host, address.port), CONNECT_TIMEOUT_S)
        except ConnectionRefusedError as error:
            if clock.monotonic_s() >= until_s:
                raise LinkError(
                    f"nothing listens at {address}", hint="start the vehicle first, or check the port"
                ) from error
        except OSError as error:
            raise LinkError(f"{address} cannot be reached ({error.strerror or error})") from error
        clock.sleep(RETRY_S)


class TcpPipe:
    """A TCP client."""

    def __init__(self, connected: socket.socket, address: Address) -> None:
        self._socket = connected
        self._address = address
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.setblocking(False)

    def fileno(self) -> int:
        """What a selector waits for."""
        return self._socket.fileno()

    def read(self, timeout_s: float) -> bytes:
        try:
            _await_readable(self._socket, timeout_s)
            data = self._socket.recv(CHUNK)
        except BlockingIOError:
            return b""
        except (OSError, ValueError) as error:  # ValueError: closed by another thread
            raise _broke_off(self._address, error) from error
        if not data:
            raise LinkError(f"{self._address} was closed by the vehicle's side")
        return data

    def write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            try:
                left = left[self._socket.send(left) :]
            except BlockingIOError:
                self._await_writable()
            except OSError as error:
                raise _broke_off(self._address, error) from error

    def _await_writable(self) -> None:
        if not select.select([], [self._socket], [], SEND_TIMEOUT_S)[1]:
            raise LinkError(f"{self._address} takes in nothing any more")

    def close(self) -> None:
        self._socket.close()


class UdpPipe:
    """UDP: `udp` talks first to a known place, `udpin` listens and answers whoever spoke last.

    Where several vehicles speak to one port, `learn` remembers the place of each by its system id.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self.peer: Peer | None = (address.host, address.port) if address.scheme == "udp" else None
        self._places: dict[int, Peer] = {}
        if address.scheme == "udpin":
            self._bind()

    def _bind(self) -> None:
        try:
            self._socket.bind((self._address.host, self._address.port))
        except OSError as error:
            self._socket.close()
            raise LinkError(
                f"{self._address} cannot be listened on ({error.strerror or error})",
                hint="another program uses that port, or it is not this machine's address",
            ) from error

    def fileno(self) -> int:
        """What a selector waits for."""
        return self._socket.fileno()

    def read(self, timeout_s: float) -> bytes:
        try:
            _await_readable(self._socket, timeout_s)
            data, peer = self._socket.recvfrom(CHUNK)
        except (BlockingIOError, ConnectionError):  # Windows reports an unreachable peer here
            return b""
        except (OSError, ValueError) as error:
            raise _broke_off(self._address, error) from error
        if self._address.scheme == "udpin":
            self.peer = peer
        return data

    def learn(self, system: int) -> bool:
        """The vehicle `system` speaks from where the last bytes came from; True when it did not before."""
        if self._address.scheme != "udpin" or self.peer is None or self._places.get(system) == self.peer:
            return False
        self._places[system] = self.peer
        return True

    def write(self, data: bytes, system: int = 0) -> None:
        """Send to the vehicle `system`; to each known place when it is 0 or was never heard."""
        if system in self._places:
            self._send(data, self._places[system])
            return
        if not self._places and self.peer is not None:
            self._send(data, self.peer)
        for peer in set(self._places.values()):
            self._send(data, peer)

    def _send(self, data: bytes, peer: "Peer") -> None:
        try:
            self._socket.sendto(data, peer)
        except (ConnectionError, BlockingIOError):
            return  # nobody there yet, or no room: silence is reported by the time-out
        except OSError as error:
            if error.errno in _PASSING:
                return
            raise LinkError(f"{self._address} cannot be sent to ({error.strerror or error})") from error

    def close(self) -> None:
        self._socket.close()


class SerialPipe:
    """A serial port, through pyserial."""

    def __init__(self, address: Address) -> None:
        self._address = address
        try:
            serial: Any = importlib.import_module("serial")
        except ImportError as error:
            raise LinkError(f"{address} needs pyserial", hint="pip install pyserial") from error
        try:
            self._port: Any = serial.Serial(
                address.host, address.port, timeout=0, write_timeout=SEND_TIMEOUT_S
            )
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise LinkError(f"{address} cannot be opened ({error})", hint="check cable and rights") from error
        if hasattr(self._port, "fileno"):  # not on Windows: there it is polled
            self.fileno = self._port.fileno

    def read(self, timeout_s: float) -> bytes:
        try:
            self._port.timeout = timeout_s
            first: bytes = self._port.read(1)
            rest: bytes = self._port.read(self._port.in_waiting) if first else b""
        except (OSError, TypeError, ValueError) as error:  # TypeError: closed by another thread
            raise LinkError(f"{self._address} broke off ({error})") from error
        return first + rest

    def write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except (OSError, TypeError, ValueError) as error:
            raise LinkError(f"{self._address} broke off ({error})") from error

    def close(self) -> None:
        with contextlib.suppress(OSError):  # a cable that was pulled
            self._port.close()


def _await_readable(end: socket.socket, timeout_s: float) -> None:
    if timeout_s > 0.0:
        select.select([end], [], [], timeout_s)


def _broke_off(address: Address, error: OSError | ValueError) -> LinkError:
    return LinkError(f"{address} broke off ({getattr(error, 'strerror', None) or error})")
