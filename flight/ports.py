"""Byte pipes to a vehicle: TCP, UDP both ways, serial; each with one clear error."""

import importlib
import socket
from dataclasses import dataclass
from typing import Any, Protocol

from core.clock import Clock
from core.errors import SkyshadeError

CONNECT_TIMEOUT_S = 5.0
RETRY_S = 0.1
CHUNK = 65536
BAUD = 57600


class LinkError(SkyshadeError):
    """A connection that cannot be opened or has ended."""


class Pipe(Protocol):
    """Bytes in and out."""

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


def parse_address(text: str) -> Address:
    """`tcp:HOST:PORT`, `udp:HOST:PORT`, `udpin:HOST:PORT` or `DEVICE,BAUD`; raises `LinkError`."""
    scheme, _, rest = text.partition(":")
    host, _, port = rest.rpartition(":")
    if scheme in ("tcp", "udp", "udpin") and host and port.isdigit() and 0 < int(port) < 65536:
        return Address(scheme, host, int(port))
    device, comma, baud = text.partition(",")
    if device.startswith(("/dev/", "COM")) and (baud.isdigit() or not comma):
        return Address("serial", device, int(baud or BAUD))
    raise LinkError(
        f"{text!r} is no vehicle address",
        hint="use tcp:HOST:PORT, udp:HOST:PORT, udpin:HOST:PORT, /dev/ttyUSB0,57600 or COM3,57600",
    )


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

    def read(self, timeout_s: float) -> bytes:
        try:
            self._socket.settimeout(timeout_s)
            data = self._socket.recv(CHUNK)
        except TimeoutError:
            return b""
        except OSError as error:
            raise LinkError(f"{self._address} broke off ({error.strerror or error})") from error
        if not data:
            raise LinkError(f"{self._address} was closed by the vehicle's side")
        return data

    def write(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise LinkError(f"{self._address} broke off ({error.strerror or error})") from error

    def close(self) -> None:
        self._socket.close()


class UdpPipe:
    """UDP: `udp` talks first to a known place, `udpin` listens and answers whoever spoke last."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._peer: Any = (address.host, address.port) if address.scheme == "udp" else None
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

    def read(self, timeout_s: float) -> bytes:
        try:
            self._socket.settimeout(timeout_s)
            data, peer = self._socket.recvfrom(CHUNK)
        except (TimeoutError, ConnectionError):  # Windows reports an unreachable peer here
            return b""
        except OSError as error:
            raise LinkError(f"{self._address} broke off ({error.strerror or error})") from error
        if self._address.scheme == "udpin":
            self._peer = peer
        return data

    def write(self, data: bytes) -> None:
        if self._peer is None:
            return
        try:
            self._socket.sendto(data, self._peer)
        except ConnectionError:
            return  # nobody there yet; silence is reported by the time-out
        except OSError as error:
            raise LinkError(f"{self._address} cannot be sent to ({error.strerror or error})") from error

    def close(self) -> None:
        self._socket.close()


class SerialPipe:
    """A serial port, through pyserial."""

    def __init__(self, address: Address) -> None:
        self._address = address
        try:
            serial: Any = importlib.import_module("serial")  # an optional package, only for cables
        except ImportError as error:
            raise LinkError(f"{address} needs pyserial", hint="pip install pyserial") from error
        try:
            self._port: Any = serial.Serial(address.host, address.port, timeout=0)
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise LinkError(f"{address} cannot be opened ({error})", hint="check cable and rights") from error

    def read(self, timeout_s: float) -> bytes:
        try:
            self._port.timeout = timeout_s
            first: bytes = self._port.read(1)
            rest: bytes = self._port.read(self._port.in_waiting) if first else b""
        except OSError as error:
            raise LinkError(f"{self._address} broke off ({error})") from error
        return first + rest

    def write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except OSError as error:
            raise LinkError(f"{self._address} broke off ({error})") from error

    def close(self) -> None:
        self._port.close()
