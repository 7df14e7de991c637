"""The vehicle's own time: followed through simulators that run fast, through silence, restarts and jumps.

A vehicle stamps its messages with milliseconds since its start. `VehicleTime` adds up what passes between
stamps and leaves out what cannot have passed: a clock that jumps fires no time-out. In silence it goes on at
the wall's pace, so that no time-out waits for ever.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from core.clock import Clock

STEP_S = 2.5  # between two stamps in a row; streams come at least each second
PACE_SLACK = 1.5  # a vehicle may run this much faster than it did
PACE_WINDOW_S = 0.5  # wall time over which the pace is measured
GRACE_S = 1.0  # of silence before time goes on by itself
SHUFFLED_S = 1.0  # stamps may come this much out of order
BOOTING_S = 10.0  # a clock this young says that the vehicle has just started
SLICE_S = 0.02  # of wall time, while a sleep waits for the vehicle's clock


class Turn(Enum):
    """What a stamp says beside the time."""

    NONE = "none"
    RESTARTED = "restarted"
    JUMPED = "jumped"


@dataclass(frozen=True, slots=True)
class VehicleTime:
    """Seconds of the vehicle's time that passed since it was first heard.

    `boot_s` is its last stamp, `heard_s` the wall's reading then, `ran_s` what had passed by then; `pace`
    vehicle seconds a wall second (None until measured); `restarts` and `jumps` count what was seen.
    """

    boot_s: float | None = None
    heard_s: float = 0.0
    ran_s: float = 0.0
    pace: float | None = None
    mark: tuple[float, float] | None = None  # wall seconds, vehicle seconds: where measuring the pace began
    restarts: int = 0
    jumps: int = 0
    turn: Turn = Turn.NONE

    def now_s(self, wall_s: float) -> float:
        """Vehicle seconds at this wall reading; never less than before."""
        return self.ran_s + max(0.0, wall_s - self.heard_s - GRACE_S)

    def heard(self, boot_s: float, wall_s: float) -> "VehicleTime":
        """After a message stamped `boot_s` that came at `wall_s`."""
        if self.boot_s is None:
            return VehicleTime(boot_s, wall_s, boot_s, mark=(wall_s, boot_s))
        step_s, waited_s = boot_s - self.boot_s, max(0.0, wall_s - self.heard_s)
        if -SHUFFLED_S < step_s <= 0.0 and boot_s > SHUFFLED_S:
            return self if self.turn is Turn.NONE else replace(self, turn=Turn.NONE)
        if 0.0 <= step_s <= STEP_S + PACE_SLACK * max(1.0, self.pace or 1.0) * waited_s:
            return self._went_on(boot_s, wall_s, max(self.now_s(wall_s), self.ran_s + step_s))
        return self._turned(boot_s, wall_s, waited_s)

    def _went_on(self, boot_s: float, wall_s: float, ran_s: float) -> "VehicleTime":
        pace, mark = self.pace, self.mark or (wall_s, ran_s)
        took_s = wall_s - mark[0]
        if took_s >= PACE_WINDOW_S:
            fresh = (ran_s - mark[1]) / took_s
            pace, mark = fresh if pace is None else 0.5 * (pace + fresh), (wall_s, ran_s)
        return VehicleTime(boot_s, wall_s, ran_s, pace, mark, self.restarts, self.jumps)

    def _turned(self, boot_s: float, wall_s: float, waited_s: float) -> "VehicleTime":
        """The stamps make no sense in a row: the time goes on from where it was, at the wall's pace."""
        now_s = max(self.now_s(wall_s), self.ran_s + min(waited_s, GRACE_S))
        young_s = BOOTING_S + PACE_SLACK * max(1.0, self.pace or 1.0) * waited_s
        restarted = boot_s < min(young_s, self.boot_s or 0.0)
        return VehicleTime(
            boot_s, wall_s, now_s, self.pace, (wall_s, now_s),
            self.restarts + restarted, self.jumps + (not restarted),
            Turn.RESTARTED if restarted else Turn.JUMPED,
        )  # fmt: skip


class Timed(Protocol):
    """Something that follows a vehicle's time: a `Link`."""

    @property
    def vehicle_s(self) -> float | None:
        """The vehicle's seconds, None while it has not said."""
        ...


class VehicleClock:
    """A `Clock` that follows a vehicle: right at speed-up 1 and at 50; the wall's while it has not spoken."""

    def __init__(self, timed: Timed, wall: Clock) -> None:
        self._timed = timed
        self._wall = wall
        self._shift_s: float | None = None

    def monotonic_s(self) -> float:
        """The vehicle's time; joins the wall's reading without a step when the vehicle first speaks."""
        vehicle_s, wall_s = self._timed.vehicle_s, self._wall.monotonic_s()
        if vehicle_s is None:
            return wall_s
        if self._shift_s is None:
            self._shift_s = wall_s - vehicle_s
        return vehicle_s + self._shift_s

    def utc_s(self) -> float:
        """The wall's UTC."""
        return self._wall.utc_s()

    def sleep(self, seconds: float) -> None:
        """Wait that many vehicle seconds."""
        until_s = self.monotonic_s() + seconds
        while self.monotonic_s() < until_s:
            self._wall.sleep(min(SLICE_S, max(0.001, seconds)))
