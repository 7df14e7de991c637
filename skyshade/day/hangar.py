"""Where copters fly: in this process, or ahead of the day in worker processes; the flights are the same."""

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Self

from core.errors import SkyshadeError
from skyshade.day.sortie import Sortie, stretches
from skyshade.day.tape import Stretch

MOST = 4
END_S = 5.0

_Made = Stretch | BaseException


class WorkerLostError(SkyshadeError):
    """A worker process ended before its flights did."""


def usual_workers() -> int:
    """As many as there are processors, none where there is one."""
    count = os.cpu_count() or 1
    return min(count, MOST) if count > 1 else 0


@dataclass(slots=True)
class Hangar:
    """`workers` processes that fly sorties; with none they are flown by whoever asks."""

    workers: int = 0
    _crew: list["_Worker"] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._crew = [_Worker() for _ in range(self.workers)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._crew:
            worker.end()

    def fly(self, sortie: Sortie) -> Iterator[Stretch]:
        """The stretches of a flight as they are worked out; raises `WorkerLostError`."""
        if not self._crew:
            return stretches(sortie)
        return min(self._crew, key=lambda worker: worker.waiting).fly(sortie)


class _Worker:
    """A process that flies one sortie after another; a thread here sorts what it sends by flight."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")  # the same everywhere, and safe beside threads
        self._pipe, far = context.Pipe()
        self._flights: dict[int, queue.SimpleQueue[_Made]] = {}
        self._count = 0
        self._lost = False
        self._process: BaseProcess = context.Process(target=_serve, args=(far,), daemon=True)
        self._process.start()
        far.close()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def waiting(self) -> int:
        """Flights not yet worked out to their end."""
        return len(self._flights)

    def fly(self, sortie: Sortie) -> Iterator[Stretch]:
        """Begin at once; the stretches come when they are asked for."""
        self._count += 1
        made: queue.SimpleQueue[_Made] = queue.SimpleQueue()
        self._flights[self._count] = made
        try:
            self._pipe.send((self._count, sortie))
        except OSError:
            made.put(_lost())
        if self._lost:
            made.put(_lost())
        return _stretches(made)

    def _read(self) -> None:
        try:
            while True:
                number, made = self._pipe.recv()
                self._flights[number].put(made)
                if isinstance(made, BaseException) or made.ending is not None:
                    self._flights.pop(number)
        except (EOFError, OSError):
            self._lost = True
            for flight in list(self._flights.values()):
                flight.put(_lost())

    def end(self) -> None:
        """No more flights."""
        self._process.terminate()
        self._process.join(END_S)
        self._reader.join(END_S)
        self._pipe.close()


def _lost() -> WorkerLostError:
    return WorkerLostError(
        "a worker process that flies copters ended", hint="memory may be short: use fewer --workers"
    )


def _stretches(made: "queue.SimpleQueue[_Made]") -> Iterator[Stretch]:
    while True:
        got = made.get()
        if isinstance(got, BaseException):
            raise got
        yield got
        if got.ending is not None:
            return


def _serve(pipe: Connection) -> None:
    """A worker's life: Ctrl-C is for the process that began the day; when that is gone, so is this."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        while True:
            number, sortie = pipe.recv()
            _fly(pipe, number, sortie)
    except (EOFError, OSError):
        return


def _fly(pipe: Connection, number: int, sortie: Sortie) -> None:
    try:
        for stretch in stretches(sortie):
            pipe.send((number, stretch))
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001  # raised where the flight was asked for
        pipe.send((number, error))
