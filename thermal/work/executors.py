"""Who draws the tiles: threads of this process or a pool of processes; a cluster stands in `cluster.py`.

All of them take the same function and the same shared value, hand over results as they come, and hold only
as many under way as there are workers, so that memory does not grow with the number of tasks.
"""

import multiprocessing
import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from core.errors import SkyshadeError

Shared = TypeVar("Shared")
Task = TypeVar("Task")
Result = TypeVar("Result")
AHEAD = 2  # tasks given out a worker: one being done, one waiting


class WorkersLostError(SkyshadeError):
    """Workers that died again and again."""


class TileExecutor(Protocol):
    """Does tasks in any order."""

    def run(
        self, function: Callable[[Shared, Task], Result], shared: Shared, tasks: Sequence[Task]
    ) -> Iterator[tuple[Task, Result]]:
        """Yield each task with its result, as they are done. Stopping the iteration stops the work."""
        ...


@dataclass(frozen=True, slots=True)
class Threads:
    """Threads of this process: nothing is copied; the heavy kernels run without the interpreter's lock."""

    workers: int = 2

    def run(
        self, function: Callable[[Shared, Task], Result], shared: Shared, tasks: Sequence[Task]
    ) -> Iterator[tuple[Task, Result]]:
        """As `TileExecutor.run`."""
        pool = ThreadPoolExecutor(self.workers)
        with _closing(pool):
            yield from _windowed(lambda t: pool.submit(function, shared, t), list(tasks), self.workers)


@dataclass(frozen=True, slots=True)
class Processes:
    """A pool of processes, started anew (spawn) so that it works the same everywhere.

    A worker that dies takes the pool with it; the pool is made again and the unfinished tasks given to it,
    at most `lives` times.
    """

    workers: int = 2
    lives: int = 3

    def run(
        self, function: Callable[[Shared, Task], Result], shared: Shared, tasks: Sequence[Task]
    ) -> Iterator[tuple[Task, Result]]:
        """As `TileExecutor.run`; raises `WorkersLostError`."""
        blob, left = pickle.dumps(shared), list(tasks)
        for _ in range(self.lives):
            done: list[Task] = []
            try:
                for task, result in self._once(function, blob, left):
                    done.append(task)
                    yield task, result
            except BrokenProcessPool:
                left = [t for t in left if t not in done]
                continue
            return
        raise WorkersLostError(
            f"worker processes died {self.lives} times while drawing",
            hint="memory may be short: use fewer --workers; what was drawn is kept and the next run goes on",
        )

    def _once(
        self, function: Callable[[Shared, Task], Result], blob: bytes, tasks: Sequence[Task]
    ) -> Iterator[tuple[Task, Result]]:
        context = multiprocessing.get_context("spawn")
        workers = min(self.workers, max(len(tasks), 1))
        pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_receive, initargs=(blob,))
        with _closing(pool):
            yield from _windowed(lambda t: pool.submit(_with_shared, function, t), list(tasks), workers)


_held: dict[str, Any] = {}


def _receive(blob: bytes) -> None:
    _held["shared"] = pickle.loads(blob)  # noqa: S301  # from our own parent process


def _with_shared(function: Callable[[Any, Any], Any], task: Any) -> Any:
    return function(_held["shared"], task)


@contextmanager
def _closing(pool: Executor) -> Iterator[None]:
    """End a pool; what waits in it is dropped when the block is left early."""
    try:
        yield
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _windowed(
    submit: Callable[[Task], "Future[Result]"], tasks: list[Task], workers: int
) -> Iterator[tuple[Task, Result]]:
    """Results as they come, with a bounded number under way."""
    waiting, under_way = iter(tasks), dict[Future[Result], Task]()
    for task in waiting:
        under_way[submit(task)] = task
        if len(under_way) < AHEAD * workers:
            continue
        yield from _finished(under_way)
    while under_way:
        yield from _finished(under_way)


def _finished(under_way: "dict[Future[Result], Task]") -> Iterator[tuple[Task, Result]]:
    done, _ = wait(under_way, return_when=FIRST_COMPLETED)
    for future in done:
        yield under_way.pop(future), future.result()
