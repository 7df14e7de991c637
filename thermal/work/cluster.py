"""Tiles drawn by the workers of a dask.distributed cluster."""

import contextlib
import logging
import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import SkyshadeError
from thermal.work.executors import AHEAD, Result, Shared, Task, WorkersLostError

log = logging.getLogger(__name__)


class ClusterError(SkyshadeError):
    """A cluster that cannot be used."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The workers behind a scheduler at `address` (`tcp://host:8786`).

    Every worker must have Skyshade installed and see the `witness` files (the frames) under their paths. A
    worker that dies is not missed: its tasks go to another one, at most `lives` times each.
    """

    address: str
    witness: tuple[Path, ...] = ()
    answer_s: float = 10.0
    workers_s: float = 30.0
    lives: int = 3

    def check(self) -> None:
        """Raise `ClusterError` unless a scheduler answers whose workers can do the work."""
        with _client(self) as client:
            _check(client, self)

    def run(
        self, function: Callable[[Shared, Task], Result], shared: Shared, tasks: Sequence[Task]
    ) -> Iterator[tuple[Task, Result]]:
        """As `TileExecutor.run`; raises `ClusterError` and `WorkersLostError`."""
        with _client(self) as client:
            _check(client, self)
            blob = pickle.dumps(shared)
            # a task of its own: the scheduler makes it anew when the worker that held it is gone
            here = client.submit(_held, blob, pure=False, retries=self.lives)
            try:
                yield from _Run(client, here, function, self).all(list(tasks))
            finally:
                here.release()


@dataclass(slots=True)
class _Run:
    client: Any
    shared: Any
    function: Callable[[Any, Any], Any]
    told: Cluster
    under_way: dict[Any, Any] = field(default_factory=dict)

    def all(self, tasks: list[Any]) -> Iterator[tuple[Any, Any]]:
        from distributed import as_completed

        room = AHEAD * max(sum(self.client.nthreads().values()), 1)
        waiting = iter(tasks)
        results = as_completed(loop=self.client.loop)
        try:
            for task in waiting:
                results.add(self._given(task))
                if len(self.under_way) >= room:
                    break
            for future in results:
                yield self._taken(future)
                following = next(waiting, None)
                if following is not None:
                    results.add(self._given(following))
        finally:
            self.client.cancel(list(self.under_way))

    def _given(self, task: Any) -> Any:
        future = self.client.submit(
            _do, self.shared, self.function, task, pure=False, retries=self.told.lives
        )
        self.under_way[future] = task
        return future

    def _taken(self, future: Any) -> tuple[Any, Any]:
        from distributed import CancelledError, KilledWorker

        task = self.under_way.pop(future)
        try:
            return task, future.result()
        except KilledWorker as error:
            raise WorkersLostError(
                f"{self.told.address}: workers died again and again on one tile ({error})",
                hint="their memory may be short; what was drawn is kept and the next run goes on",
            ) from error
        except CancelledError as error:
            raise ClusterError(
                f"{self.told.address}: the scheduler has gone",
                hint="start it again; what was drawn is kept and the next run goes on",
            ) from error


def _held(blob: bytes) -> Any:
    return pickle.loads(blob)  # noqa: S301  # from the client that the user started


def _do(shared: Any, function: Callable[[Any, Any], Any], task: Any) -> Any:
    return function(shared, task)


@contextlib.contextmanager
def _client(told: Cluster) -> Iterator[Any]:
    """A connection to the scheduler."""
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterError(
            "--scheduler needs dask.distributed", hint="install it: pip install 'skyshade[cluster]'"
        ) from error
    try:
        client = Client(told.address, timeout=told.answer_s, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise ClusterError(
            f"{told.address}: no scheduler answers",
            hint="start one with `dask scheduler`, or check the address",
        ) from error
    try:
        yield client
    finally:
        with contextlib.suppress(Exception):  # a scheduler that has gone cannot be told goodbye
            client.close(timeout=2)


def _check(client: Any, told: Cluster) -> None:
    """Workers are there, know the program, and see the frames."""
    try:
        client.wait_for_workers(1, timeout=told.workers_s)
    except TimeoutError as error:
        raise ClusterError(
            f"{told.address}: the scheduler has no workers", hint="start some: `dask worker ADDRESS`"
        ) from error
    for worker, answer in client.run(_ready, [str(p) for p in told.witness], on_error="return").items():
        if isinstance(answer, BaseException):
            raise ClusterError(
                f"worker {worker} cannot run Skyshade ({answer})", hint="install the same version there"
            )
        if answer is not None:
            raise ClusterError(
                f"worker {worker} does not see {answer}",
                hint="put the frames in a folder that all machines share under one name",
            )


def _ready(witness: list[str]) -> str | None:
    """The first file that cannot be seen from here."""
    return next((name for name in witness if not Path(name).exists()), None)
