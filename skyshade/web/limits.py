"""How often one caller may ask: a token bucket each, counted on a clock that is given."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from core.clock import Clock


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests at once (`burst`), refilled at `per_s` a second."""

    burst: float
    per_s: float

    def __post_init__(self) -> None:
        if not (self.burst >= 1 and self.per_s > 0):
            raise ValueError(f"a rate needs burst >= 1 and per_s > 0, got {self.burst}, {self.per_s}")


class Limiter:
    """Buckets by caller; of callers unheard of for longest, those beyond `most` are forgotten."""

    def __init__(self, rate: Rate, clock: Clock, most: int = 10_000) -> None:
        self._rate, self._clock, self._most = rate, clock, most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, caller: str) -> float:
        """0 when the caller may go on (and one is counted), else the seconds until he may ask again."""
        now = self._clock.monotonic_s()
        with self._lock:
            level, when = self._buckets.pop(caller, (self._rate.burst, now))
            level = min(self._rate.burst, level + max(0.0, now - when) * self._rate.per_s)
            wait = 0.0 if level >= 1.0 else (1.0 - level) / self._rate.per_s
            self._buckets[caller] = (level - 1.0 if wait == 0.0 else level, now)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        return wait
