"""A relay that loses and delays whole MAVLink frames: UDP to the client, TCP to the vehicle, one thread.

Each frame is lost at random, each way alike, and arrives `delay_s` later, in order. The vehicle's side is
read without pause, whether a client listens or not.
"""

import contextlib
import heapq
import random
import select
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

CHUNK = 65536
PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class Weather:
    """What the relay does to frames: loss probability and delay in seconds, each way; seeded."""

    loss: float = 0.0
    delay_s: float = 0.0
    seed: int = 0


@dataclass(slots=True)
class Count:
    """Frames and bytes that a side has sent, lost ones included."""

    frames: int = 0
    size: int = 0


@dataclass(slots=True)
class Frames:
    """Cuts a byte stream into MAVLink frames (version 1 and 2)."""

    rest: bytearray = field(default_factory=bytearray)

    def cut(self, data: bytes) -> Iterator[bytes]:
        self.rest += data
        while len(self.rest) >= 3:
            if self.rest[0] not in (0xFD, 0xFE):
                del self.rest[0]
                continue
            signed = 13 if self.rest[0] == 0xFD and self.rest[2] & 1 else 0
            length = self.rest[1] + (12 if self.rest[0] == 0xFD else 8) + signed
            if len(self.rest) < length:
                return
            yield bytes(self.rest[:length])
            del self.rest[:length]


class Relay:
    """Between the vehicle's TCP port and a UDP client: who spoke last, or who listens at `client_port`."""

    def __init__(self, vehicle_port: int) -> None:
        self.vehicle = socket.create_connection(("127.0.0.1", vehicle_port))
        self.vehicle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.client.bind(("127.0.0.1", 0))
        self.address = f"udp:127.0.0.1:{self.client.getsockname()[1]}"
        self.stop = threading.Event()
        self.set(Weather())
        self.thread = threading.Thread(target=self._serve, daemon=True, name="relay")
        self.thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(2.0)
        self.vehicle.close()
        self.client.close()

    def set(self, weather: Weather, client_port: int | None = None) -> None:
        """Another client, other weather; what was on its way is forgotten, counts start at zero."""
        self.up, self.down = Count(), Count()
        self.rngs = (random.Random(2 * weather.seed), random.Random(2 * weather.seed + 1))
        self.air: list[tuple[float, int, bool, bytes]] = []
        self.peer = None if client_port is None else ("127.0.0.1", client_port)
        self.learns = client_port is None
        self.weather = weather

    def _serve(self) -> None:
        ups, downs, order = Frames(), Frames(), 0
        with contextlib.suppress(OSError):
            while not self.stop.is_set():
                for frame, up in self._arrived(ups, downs):
                    order += 1
                    self._throw(frame, order, up=up)
                self._land()

    def _arrived(self, ups: Frames, downs: Frames) -> list[tuple[bytes, bool]]:
        """The frames that came in, each with whether it goes up to the vehicle."""
        due = self.air[0][0] - time.monotonic() if self.air else PAUSE_S
        readable, _, _ = select.select([self.vehicle, self.client], [], [], min(PAUSE_S, max(0.0, due)))
        came: list[tuple[bytes, bool]] = []
        if self.vehicle in readable:
            came += [(frame, False) for frame in downs.cut(self.vehicle.recv(CHUNK))]
        if self.client in readable:
            with contextlib.suppress(ConnectionError):
                data, sender = self.client.recvfrom(CHUNK)
                if self.learns:
                    self.peer = sender
                came += [(frame, True) for frame in ups.cut(data) if sender == self.peer]
        return came

    def _throw(self, frame: bytes, order: int, *, up: bool) -> None:
        count = self.up if up else self.down
        count.frames += 1
        count.size += len(frame)
        if self.rngs[up].random() >= self.weather.loss:
            heapq.heappush(self.air, (time.monotonic() + self.weather.delay_s, order, up, frame))

    def _land(self) -> None:
        while self.air and self.air[0][0] <= time.monotonic():
            _, _, up, frame = heapq.heappop(self.air)
            if up:
                self.vehicle.sendall(frame)
            elif self.peer is not None:
                with contextlib.suppress(ConnectionError):
                    self.client.sendto(frame, self.peer)
