"""Many threads on one simulated clock, one at a time: the same day gives the same story.

A thread runs until it sleeps on the clock; then the one that wakes first runs. Nobody's second passes while
somebody computes.
"""

import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Turns:
    """The clock and who waits for it. `start` adds a thread, `run` lets them all come to their end."""

    epoch_s: float
    now_s: float = 0.0
    errors: list[BaseException] = field(default_factory=list)
    _waiting: list[tuple[float, int, threading.Semaphore]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _back: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def monotonic_s(self) -> float:
        """Seconds since the day began."""
        return self.now_s

    def utc_s(self) -> float:
        """Seconds since 1970-01-01T00:00:00Z."""
        return self.epoch_s + self.now_s

    def sleep(self, seconds: float) -> None:
        """Let the others go on until so many seconds have passed. Only for threads made by `start`."""
        wake = self._wait(max(0.0, seconds))
        self._back.release()
        wake.acquire()

    def start(self, work: Callable[[], None], in_s: float = 0.0) -> None:
        """Begin `work` in a thread of its own, in so many seconds."""
        wake = self._wait(in_s)

        def run() -> None:
            wake.acquire()
            try:
                work()
            except BaseException as error:  # noqa: BLE001  # told to whoever runs the day
                self.errors.append(error)
            finally:
                self._back.release()

        threading.Thread(target=run, daemon=True).start()

    def run(self) -> None:
        """Until nobody waits any more; raises the first error of a thread."""
        while self._waiting and not self.errors:
            time_s, _, wake = heapq.heappop(self._waiting)
            self.now_s = max(self.now_s, time_s)
            wake.release()
            self._back.acquire()
        if self.errors:
            raise self.errors[0]

    def _wait(self, seconds: float) -> threading.Semaphore:
        wake = threading.Semaphore(0)
        heapq.heappush(self._waiting, (self.now_s + seconds, next(self._numbers), wake))
        return wake
