"""A second process that works out courses, so that this one stays free to answer.

Plain values go there and back through a pipe. It ends when its parent does, however that ends; one that died
is replaced, and what it was asked is worked out here.
"""

import logging
import multiprocessing
import pickle
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from delivery.conditions import Same
from delivery.courses import Air, Errand, Judged, judged, line_of
from delivery.flightplan import DeliveryPlan
from delivery.reasons import Reason

log = logging.getLogger(__name__)

PATIENCE_S = 30.0  # for one answer
EARLY_DEATHS = 3  # of workers that never answered, after which no other is started
AIRS_KEPT = 8

Work = Callable[[Connection], None]


def work(pipe: Connection) -> None:
    """The worker: answers until the other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent says when it is over
    desk = Worker()
    with suppress(EOFError, OSError):
        pipe.send(("ready", None))
        while True:
            pipe.send(desk.answer(*pipe.recv()))


@dataclass(slots=True)
class Worker:
    """What the worker keeps: things and airs by number, and the lines it laid."""

    things: dict[int, Any] = field(default_factory=dict)
    airs: dict[int, Air] = field(default_factory=dict)
    lines: dict[tuple[int, Errand], DeliveryPlan | Reason] = field(default_factory=dict)

    def answer(self, kind: str, number: int, told: Any) -> tuple[str, Any]:
        """One question, one answer; a fault in the work is an answer too."""
        try:
            return "done", getattr(self, f"_{kind}")(number, told)
        except Exception as error:
            log.exception("%s %s", kind, number)
            return "failed", repr(error)

    def _thing(self, number: int, told: Any) -> None:
        self.things[number] = told

    def _air(self, number: int, told: tuple[Any, ...]) -> None:
        zones, permits, lanes, terrain, buildings = told
        while len(self.airs) >= AIRS_KEPT:
            gone = next(iter(self.airs))
            del self.airs[gone]
            self.lines = {key: line for key, line in self.lines.items() if key[0] != gone}
        self.airs[number] = Air(zones, permits, lanes, self.things[terrain], self.things[buildings])

    def _line(self, number: int, errand: Errand) -> DeliveryPlan | Reason:
        key = number, errand
        if key not in self.lines:
            self.lines[key] = line_of(errand, self.airs[number])
        return self.lines[key]

    def _judged(self, number: int, errand: Errand) -> Judged | None:
        line = self._line(number, errand)
        return None if isinstance(line, Reason) else judged(errand, self.airs[number], line)


@dataclass(slots=True)
class _Told:
    """What a worker has been told: numbers of things and of airs, the newest last."""

    things: dict[Same[Any], int] = field(default_factory=dict)
    airs: dict[Air, int] = field(default_factory=dict)
    count: int = 0

    def next(self) -> int:
        self.count += 1
        return self.count


class GoneError(Exception):
    """The worker is not there, or not yet, or died over the question."""


@dataclass(slots=True)
class Scout:
    """Asks the worker, one question at a time; `target` is what the worker runs.

    One that takes longer than `patience_s` over an answer is ended like a dead one.
    """

    target: Work = work
    patience_s: float = PATIENCE_S
    waiting: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _pipe: Connection | None = None
    _process: BaseProcess | None = None
    _told: _Told = field(default_factory=_Told)
    _ready: bool = False
    _deaths: int = 0

    def start(self) -> None:
        """Start the worker; until it is ready, work is done here."""
        with self._lock:
            self._start()

    def stop(self) -> None:
        """Let the worker end."""
        with self._lock:
            self._end()
            self._deaths = EARLY_DEATHS

    @property
    def ready(self) -> bool:
        """Whether the worker answers; a dead one is replaced."""
        with self._lock:
            return self._is_ready()

    @property
    def pid(self) -> int | None:
        """The worker's process."""
        return None if self._process is None else self._process.pid

    def line(self, errand: Errand, air: Air) -> DeliveryPlan | Reason:
        """As `line_of`."""
        try:
            found: DeliveryPlan | Reason = self._asked("line", errand, air)
        except GoneError:
            return line_of(errand, air)
        return found

    def judged(self, errand: Errand, air: Air, line: DeliveryPlan) -> Judged:
        """As `courses.judged`."""
        try:
            found: Judged = self._asked("judged", errand, air)
        except GoneError:
            return judged(errand, air, line)
        return found

    def _asked(self, kind: str, errand: Errand, air: Air) -> Any:
        self.waiting += 1
        try:
            with self._lock:
                return self._answer(kind, errand, air)
        finally:
            self.waiting -= 1

    def _answer(self, kind: str, errand: Errand, air: Air) -> Any:
        if not self._is_ready():
            raise GoneError
        try:
            return self._say(kind, self._number(air), errand)
        except (EOFError, OSError) as error:
            log.warning("the worker for courses is gone (%r); another is started", error)
            self._end()
            self._start()
            raise GoneError from error
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise GoneError("this cannot be sent to another process") from error

    def _say(self, kind: str, number: int, told: Any) -> Any:
        assert self._pipe is not None  # noqa: S101  # asked by the caller
        self._pipe.send((kind, number, told))
        if not self._pipe.poll(self.patience_s):
            raise OSError(f"no answer for {self.patience_s:g} s")
        word, found = self._pipe.recv()
        if word != "done":
            raise GoneError(found)
        return found

    def _number(self, air: Air) -> int:
        """The air's number; told to the worker the first time."""
        told = self._told
        if air not in told.airs:
            parts = [self._thing(thing) for thing in (air.terrain, air.buildings)]
            while len(told.airs) >= AIRS_KEPT:
                del told.airs[next(iter(told.airs))]
            number = told.next()
            self._say("air", number, (air.zones, air.permits, air.lanes, *parts))
            told.airs[air] = number
        return told.airs[air]

    def _thing(self, thing: Any) -> int:
        known = self._told.things
        if Same(thing) not in known:
            number = self._told.next()
            self._say("thing", number, thing)
            known[Same(thing)] = number
        return known[Same(thing)]

    def _is_ready(self) -> bool:
        if self._pipe is None:
            return False
        alive = self._process is not None and self._process.is_alive()
        try:
            if alive and not self._ready and self._pipe.poll(0):
                self._pipe.recv()
                self._ready, self._deaths = True, 0
        except (EOFError, OSError):
            alive = False
        if not alive:
            self._end()
            self._start()
        return self._ready

    def _start(self) -> None:
        if self._deaths >= EARLY_DEATHS:
            return
        self._deaths += 1
        context = multiprocessing.get_context("spawn")  # the same everywhere, and safe beside threads
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=self.target, args=(theirs,), daemon=True, name="courses")
        try:
            self._process.start()
        except OSError:
            log.exception("no worker for courses can be started")
            self._end()
        finally:
            theirs.close()

    def _end(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None and self._process.pid is not None:
            self._process.terminate()
            self._process.join(5.0)
        self._pipe, self._process = None, None
        self._told, self._ready = _Told(), False
