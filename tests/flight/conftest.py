"""A vehicle that speaks the mission protocol as ArduPilot does, over a wire that loses, delays, doubles."""

import heapq
import random
from dataclasses import dataclass, field, replace

import pytest

from core.clock import SimulatedClock
from flight.wire import Kind, Message, WireItem, fields_of, item_of


@dataclass
class FakeMissions:
    """ArduPilot's side: requests each item, asks again each second, gives up after eight."""

    held: dict[Kind, list[WireItem]] = field(default_factory=lambda: {kind: [] for kind in Kind})
    refuse: dict[int, int] = field(default_factory=dict)
    limit: int = 650
    starting_s: float = 0.0  # until then it says that it can hold nothing
    lie_about: int | None = None  # an item that is stored with another altitude
    asks_with: str = "MISSION_REQUEST"
    busy_until_s: float = 0.0  # another station is uploading
    reboots_at: int | None = None  # the item on which it starts anew, silent for a while
    silent_until_s: float = 0.0
    reboot_s: float = 4.0
    receiving: Kind | None = None
    wanted: int = 0
    count: int = 0
    heard_s: float = 0.0
    asked_s: float = 0.0

    def take(self, name, fields, now_s):
        kind = Kind(fields.get("mission_type", 0))
        if now_s < self.silent_until_s:
            return []
        busy = self.receiving is not None and name.startswith("MISSION_REQUEST")
        if busy or (now_s < self.busy_until_s and name != "MISSION_ITEM_INT"):
            return [self._ack(kind, 14)]
        return self._answer(kind, name, fields, now_s)

    def _answer(self, kind, name, fields, now_s):
        if name == "MISSION_COUNT":
            return self._count(kind, fields["count"], now_s)
        if name == "MISSION_ITEM_INT":
            return self._item(kind, item_of(fields), now_s)
        if not name.startswith("MISSION_REQUEST"):
            return []
        if name == "MISSION_REQUEST_LIST":
            return [Message("MISSION_COUNT", {"count": len(self.held[kind]), "mission_type": kind})]
        return [Message("MISSION_ITEM_INT", fields_of(self.held[kind][fields["seq"]]))]

    def idle(self, now_s):
        if self.receiving is None:
            return []
        if now_s - self.heard_s > 8:
            kind, self.receiving = self.receiving, None
            return [self._ack(kind, 15)]
        if now_s - self.asked_s > 1:
            return [self._request(now_s)]
        return []

    def _count(self, kind, count, now_s):
        limit = self.limit if now_s >= self.starting_s else 0
        if count > limit:
            text = {"severity": 4, "text": f"Only {limit} items are supported"}
            return [self._ack(kind, 4), Message("STATUSTEXT", text)]
        self.held[kind] = self.held[kind][:count]
        if count == 0:
            return [self._ack(kind, 0)]
        self.receiving, self.wanted, self.count, self.heard_s = kind, 0, count, now_s
        return [self._request(now_s)]

    def _item(self, kind, item, now_s):
        if self.receiving is None:
            return [self._ack(kind, 1)]
        if item.seq != self.wanted:
            return [self._ack(kind, 13)]
        if item.seq == self.reboots_at:
            self.receiving, self.reboots_at = None, None
            self.silent_until_s = now_s + self.reboot_s
            return []
        if item.seq in self.refuse:
            self.receiving = None
            return [self._ack(kind, self.refuse[item.seq])]
        if item.seq == self.lie_about:
            item = replace(item, z=item.z + 5.0)
        self.held[kind][item.seq : item.seq + 1] = [item]
        self.wanted, self.heard_s = self.wanted + 1, now_s
        if self.wanted == self.count:
            self.receiving = None
            return [self._ack(kind, 0)]
        return [self._request(now_s)]

    def _request(self, now_s):
        self.asked_s = now_s
        return Message(self.asks_with, {"seq": self.wanted, "mission_type": self.receiving})

    @staticmethod
    def _ack(kind, result):
        return Message("MISSION_ACK", {"type": result, "mission_type": kind})


@dataclass
class FakeWire:
    """A wire with a loss probability each way, a one-way delay and doubled packets, on a simulated clock."""

    vehicle: FakeMissions
    clock: SimulatedClock
    loss: float = 0.0
    delay_s: float = 0.001
    doubled: float = 0.0
    jitter: float = 0.0
    seed: int = 1
    dead: bool = False
    sent: int = 0

    def __post_init__(self):
        self.rng = random.Random(self.seed)
        self.air = []
        self.order = 0

    def send(self, name, fields):
        self.sent += 1
        self._fly("up", (name, dict(fields)))

    def receive(self, timeout_s):
        until_s = self.clock.monotonic_s() + timeout_s
        while True:
            now_s = self.clock.monotonic_s()
            for reply in self.vehicle.idle(now_s) if not self.dead else []:
                self._fly("down", reply)
            if self.air and self.air[0][0] <= until_s:
                at_s, _, way, what = heapq.heappop(self.air)
                self.clock.now_s = max(now_s, at_s)
                if way == "down":
                    return what
                for reply in self.vehicle.take(*what, self.clock.monotonic_s()):
                    self._fly("down", reply)
            else:
                self.clock.now_s = until_s
                return None

    def _fly(self, way, what):
        copies = 2 if self.rng.random() < self.doubled else 1
        for _ in range(copies):
            if self.dead or self.rng.random() < self.loss:
                continue
            self.order += 1
            at_s = self.clock.monotonic_s() + self.delay_s * (1 + self.jitter * self.rng.random())
            heapq.heappush(self.air, (at_s, self.order, way, what))


@pytest.fixture
def missions():
    return FakeMissions


@pytest.fixture
def wired():
    def make(vehicle=None, **knobs):
        return FakeWire(vehicle or FakeMissions(), SimulatedClock(), **knobs)

    return make
