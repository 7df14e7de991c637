"""Clocks: every time-out, watch and scheduler takes one, so that tests own the time."""

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """What a time-out needs: a monotonic reading, the UTC time, and a pause. All in seconds."""

    def monotonic_s(self) -> float:
        """Seconds since an arbitrary start, never going back."""
        ...

    def utc_s(self) -> float:
        """Seconds since 1970-01-01T00:00:00Z."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


@dataclass(frozen=True, slots=True)
class RealClock:
    """The machine's clock."""

    def monotonic_s(self) -> float:
        return time.monotonic()

    def utc_s(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))


@dataclass(slots=True)
class SimulatedClock:
    """A clock that moves only when told: `sleep` advances it at once.

    `now_s` is the monotonic reading, `epoch_s` the UTC time at reading 0, both in seconds.
    """

    now_s: float = 0.0
    epoch_s: float = 1_700_000_000.0

    def monotonic_s(self) -> float:
        return self.now_s

    def utc_s(self) -> float:
        return self.epoch_s + self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += max(0.0, seconds)


@dataclass(frozen=True, slots=True)
class ShiftedClock:
    """Another clock whose UTC time is moved by `shift_s`, for a story told on another day."""

    base: Clock
    shift_s: float

    def monotonic_s(self) -> float:
        return self.base.monotonic_s()

    def utc_s(self) -> float:
        return self.base.utc_s() + self.shift_s

    def sleep(self, seconds: float) -> None:
        self.base.sleep(seconds)
