"""The vehicle's own clock over a recording's: a simulator flies faster than the seconds it is recorded in."""

from collections.abc import Mapping

import numpy as np

from core.geo import FloatArray
from flight.columns import Table

STAMPED = ("GLOBAL_POSITION_INT", "ATTITUDE", "SYSTEM_TIME")
ALIKE = (0.8, 1.25)  # of the recording's rate: the same clock, but for delays


class OwnClock:
    """Recorded UTC seconds to seconds that run as the vehicle's; `speedup` is how much faster it flew."""

    def __init__(self, recorded_s: FloatArray, boot_s: FloatArray) -> None:
        self._recorded_s, self._boot_s = recorded_s, boot_s
        self.speedup = float((boot_s[-1] - boot_s[0]) / (recorded_s[-1] - recorded_s[0]))

    def __call__(self, recorded_s: FloatArray) -> FloatArray:
        """Seconds since the vehicle started, any shape; outside the recording at its mean rate."""
        at = np.asarray(recorded_s, float)
        inside = np.interp(at, self._recorded_s, self._boot_s)
        before = np.minimum(at - self._recorded_s[0], 0.0) * self.speedup
        after = np.maximum(at - self._recorded_s[-1], 0.0) * self.speedup
        return np.asarray(inside + before + after, float)


def own_clock(tables: Mapping[str, Table], system: int) -> OwnClock | None:
    """The vehicle's clock where it ran faster or slower than the recording's; None where they are alike.

    None too where the vehicle restarted in between: its clock then begins anew.
    """
    for name in STAMPED:
        table = tables.get(name)
        mine = None if table is None else table.sent_by(system)
        if mine is None or len(mine) < 3:
            continue
        recorded_s, boot_s = np.asarray(mine.time_s, float), mine["time_boot_ms"] / 1000.0
        if recorded_s[-1] <= recorded_s[0] or (np.diff(boot_s) < 0).any():
            return None
        clock = OwnClock(recorded_s, boot_s)
        return None if ALIKE[0] < clock.speedup < ALIKE[1] else clock
    return None
