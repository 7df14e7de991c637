"""Many threads on one simulated clock, one at a time: the same day gives the same story.

A thread runs until it sleeps on the clock; then the one that wakes first runs. Nobody's second passes while
somebody computes.
"""

import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

POLL_S = 0.2  # a thread that waits without an end hears no Ctrl-C on Windows


class TurnsOverError(BaseException):
    """The clock stands still: whoever sleeps on it comes to an end without another word."""


@dataclass(slots=True)
class Turns:
    """The clock and who waits for it. `start` adds a thread, `run` lets them all come to their end."""

    epoch_s: float
    now_s: float = 0.0
    errors: list[BaseException] = field(default_factory=list)
    _waiting: list[tuple[float, int, threading.Semaphore]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _back: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _over: bool = False

    def monotonic_s(self) -> float:
        """Seconds since the day began."""
        return self.now_s

    def utc_s(self) -> float:
        """Seconds since 1970-01-01T00:00:00Z."""
        return self.epoch_s + self.now_s

    def sleep(self, seconds: float) -> None:
        """Let the others go on until so many seconds have passed. Only for threads made by `start`."""
        if self._over:
            raise TurnsOverError
        wake = self._wait(max(0.0, seconds))
        self._back.release()
        wake.acquire()
        if self._over:
            raise TurnsOverError

    def start(self, work: Callable[[], None], in_s: float = 0.0) -> None:
        """Begin `work` in a thread of its own, in so many seconds."""
        wake = self._wait(in_s)

        def run() -> None:
            wake.acquire()
            try:
                if not self._over:
                    work()
            except TurnsOverError:
                pass
            except BaseException as error:  # noqa: BLE001  # told to whoever runs the day
                self.errors.append(error)
            finally:
                self._back.release()

        threading.Thread(target=run, daemon=True).start()

    def run(self, stop: Callable[[], bool] = lambda: False) -> bool:
        """Until nobody waits any more, or `stop` says so: then the others sleep for ever, and this is False.

        Raises the first error of a thread.
        """
        while self._waiting and not self.errors and not stop():
            time_s, _, wake = heapq.heappop(self._waiting)
            self.now_s = max(self.now_s, time_s)
            self._turn(wake)
        whole = not self._waiting
        self._end()
        if self.errors:
            raise self.errors[0]
        return whole

    def _end(self) -> None:
        """Let everybody who still sleeps come to an end."""
        self._over = True
        while self._waiting:
            self._turn(heapq.heappop(self._waiting)[2])

    def _turn(self, wake: threading.Semaphore) -> None:
        wake.release()
        while not self._back.acquire(timeout=POLL_S):
            pass

    def _wait(self, seconds: float) -> threading.Semaphore:
        wake = threading.Semaphore(0)
        heapq.heappush(self._waiting, (self.now_s + seconds, next(self._numbers), wake))
        return wake
