"""The air's motion at the vehicle: SIM_WIND_SPD from SIM_WIND_DIR, its slow changes, its turbulence.

As in ArduPilot SITL a new speed or direction is taken on gradually, by SIM_WIND_TC, and SIM_WIND_TURB is the
spread in m/s of gusts that turn so fast that a vehicle feels a fifth of them.
"""

import math
import random
from dataclasses import dataclass

from flight.simulator.geometry import towards
from flight.simulator.params import Params

_LEAST_TC_S = 0.1
_FELT_SHARE = 1.0 / math.sqrt(2.0 * 24.0)  # of a spread drawn 24 times in a step of ours, on either axis
_SETTLED = 1e-3  # of m/s and of degrees


@dataclass(slots=True)
class Wind:
    """`speed_ms` blows from `from_deg`, at SIM_WIND_T_ALT metres; less below, by the square root."""

    params: Params
    random: random.Random
    speed_ms: float = 0.0
    from_deg: float = 0.0
    _air: complex = 0j
    _full_m: float = 1.0
    _spread_ms: float = 0.0
    _version: int = -1
    _changing: bool = False

    def step(self, dt: float, height_m: float) -> complex:
        """The air's velocity at a height, `dt` seconds later: north + 1j * east in m/s."""
        if self._version != self.params.version:
            self._read()
        if self._changing:
            self._change(dt)
        if height_m <= 0.0:
            return 0j
        air = self._air * math.sqrt(min(1.0, height_m / self._full_m)) if self._air else 0j
        return air + self._gust() if self._spread_ms > 0.0 else air

    def _read(self) -> None:
        p, first = self.params, self._version < 0
        self._version, self._full_m = p.version, max(1.0, p["SIM_WIND_T_ALT"])
        self._spread_ms = p["SIM_WIND_TURB"]
        if first:
            self.speed_ms, self.from_deg = p["SIM_WIND_SPD"], p["SIM_WIND_DIR"]
        self._changing = True

    def _change(self, dt: float) -> None:
        p = self.params
        tau_s = max(p["SIM_WIND_TC"], _LEAST_TC_S) / (2.0 * math.pi)
        share = dt / (dt + tau_s)
        faster = p["SIM_WIND_SPD"] - self.speed_ms
        turn = math.remainder(p["SIM_WIND_DIR"] - self.from_deg, 360.0)
        self._changing = abs(faster) > _SETTLED or abs(turn) > _SETTLED
        self.speed_ms += faster * share if self._changing else faster
        self.from_deg += turn * share if self._changing else turn
        self._air = self.speed_ms * towards(math.radians(self.from_deg + 180.0))

    def _gust(self) -> complex:
        spread = self._spread_ms * _FELT_SHARE
        return complex(self.random.gauss(0.0, spread), self.random.gauss(0.0, spread))
