"""Fetching the logs that a vehicle keeps on board, through its link.

The machine `Fetch` sends nothing itself: it takes messages and the time, and says what to ask. ArduPilot
sends a stretch as a whole, hears no other question meanwhile, and goes back to logging after it; and it sends
nothing while it is armed. So as much as can be is asked for at once, and then what was lost of it. Messages:
MAVLink common.xml, LOG_*.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.clock import Clock
from core.errors import SkyshadeError
from flight.exchange import Wire
from flight.wire import Fields, Message

Ask = tuple[str, Fields]
Progress = Callable[[int, int], None]

BLOCK = 90  # bytes of a LOG_DATA
SPAN = 40  # blocks within which gaps are asked for together
SILENCE_S = 0.6
ROUNDS = 15  # of silence before giving up
LIST_ROUNDS = 6
PAUSE_S = 0.02
EVERY = 0xFFFF


class BoardLogError(SkyshadeError):
    """A log on board that cannot be fetched."""


@dataclass(frozen=True, slots=True)
class BoardLog:
    """One log on board: its number, bytes, and when it ended (UTC seconds, 0 = unknown)."""

    number: int
    size: int
    utc_s: float


def list_logs(wire: Wire, clock: Clock) -> tuple[BoardLog, ...]:
    """The logs on board by number; raises `BoardLogError` when the vehicle does not answer."""
    found: dict[int, BoardLog] = {}
    total: int | None = None
    for _ in range(LIST_ROUNDS):
        wire.send("LOG_REQUEST_LIST", {"start": 0, "end": EVERY})
        for message in _until_silent(wire, clock, "LOG_ENTRY"):
            f = message.fields
            total = int(f["num_logs"])
            if total and int(f["id"]):
                found[int(f["id"])] = BoardLog(int(f["id"]), int(f["size"]), float(f["time_utc"]))
            if len(found) >= total:
                return tuple(found[number] for number in sorted(found))
    if total is None:
        raise BoardLogError("the vehicle does not list its logs", hint="is it disarmed, and has it a log?")
    raise BoardLogError(f"the vehicle listed {len(found)} of its {total} logs", hint="check the link")


def _until_silent(wire: Wire, clock: Clock, name: str) -> Iterator[Message]:
    """Messages called `name` until none comes for a while."""
    heard_s = clock.monotonic_s()
    while clock.monotonic_s() - heard_s < SILENCE_S:
        message = wire.receive(PAUSE_S)
        if message is not None and message.name == name:
            heard_s = clock.monotonic_s()
            yield message


@dataclass(slots=True)
class Fetch:
    """A log under way: its bytes so far, which blocks of 90 of them are there, how many are left."""

    log: BoardLog
    data: bytearray = field(init=False)
    there: NDArray[np.bool_] = field(init=False)
    asked: slice = field(init=False)
    left: int = field(init=False)
    news_s: float = 0.0
    vain: int = 0

    def __post_init__(self) -> None:
        self.data = bytearray(self.log.size)
        self.there = np.zeros(-(-self.log.size // BLOCK), bool)
        self.asked = slice(0, 0)
        self.left = len(self.there)

    @property
    def done(self) -> bool:
        """Whether every block has come."""
        return self.left == 0

    def take(self, message: Message, now_s: float) -> None:
        """One message from the vehicle."""
        f = message.fields
        if message.name != "LOG_DATA" or int(f["id"]) != self.log.number:
            return
        offset, count = int(f["ofs"]), int(f["count"])
        block, odd = divmod(offset, BLOCK)
        whole = count == min(BLOCK, self.log.size - offset)
        if odd or block >= len(self.there) or not whole:
            return
        self.data[offset : offset + count] = bytes(f["data"])[:count]
        self.left -= not self.there[block]
        self.there[block] = True
        self.news_s, self.vain = now_s, 0

    def tick(self, now_s: float) -> list[Ask]:
        """What to ask now: nothing while a stretch is arriving."""
        silent = now_s - self.news_s >= SILENCE_S
        ended = self.asked.stop == 0 or bool(self.there[self.asked.stop - 1])
        if self.done or not (silent or ended):
            return []
        self.vain += silent
        self.news_s = now_s
        self.asked = self._next()
        offset = self.asked.start * BLOCK
        count = min(self.asked.stop * BLOCK, self.log.size) - offset
        return [("LOG_REQUEST_DATA", {"id": self.log.number, "ofs": offset, "count": count})]

    def _next(self) -> slice:
        """The first stretch that is all missing, or the gaps of a short span."""
        first = int(np.argmin(self.there))
        following = self.there[first:]
        run = int(np.argmax(following)) if following.any() else len(following)
        if run >= SPAN:
            return slice(first, first + run)
        last = int(np.flatnonzero(~self.there[first : first + SPAN])[-1])
        return slice(first, first + last + 1)


def fetch_log(wire: Wire, log: BoardLog, clock: Clock, *, on_progress: Progress | None = None) -> bytes:
    """The whole log; raises `BoardLogError` when it stops coming (an armed vehicle sends none)."""
    fetch = Fetch(log)
    try:
        while not fetch.done:
            for name, fields in fetch.tick(clock.monotonic_s()):
                wire.send(name, fields)
            if fetch.vain > ROUNDS:
                came = f"{len(fetch.there) - fetch.left} of {len(fetch.there)} pieces"
                raise BoardLogError(
                    f"log {log.number}: {came} came and then no more",
                    hint="check the link; an armed vehicle sends no logs",
                )
            message = wire.receive(PAUSE_S)
            if message is not None:
                fetch.take(message, clock.monotonic_s())
            if on_progress is not None:
                on_progress(len(fetch.there) - fetch.left, len(fetch.there))
    finally:
        wire.send("LOG_REQUEST_END", {})
    return bytes(fetch.data)
