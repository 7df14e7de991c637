"""The copter's own battery: what flying draws, and the voltage that is left."""

import itertools
from dataclasses import dataclass

from flight.simulator.params import Params

_FULL_V = 12.6
_LEAST_V = 3.0  # below, the current does not rise any more
_RESISTANCE_OHM = 0.012
_IDLE_A = 0.2
# open-circuit voltage of a three-cell pack over the charge taken, by share
_CURVE = ((0.0, 12.6), (0.1, 12.15), (0.5, 11.4), (0.8, 11.0), (0.9, 10.6), (1.0, 9.3))


def open_voltage(used: float) -> float:
    """The voltage without load when the share `used` of the capacity is gone."""
    used = max(0.0, min(1.0, used))
    for (left, high), (right, low) in itertools.pairwise(_CURVE):
        if used <= right:
            return high + (low - high) * (used - left) / (right - left)
    return _CURVE[-1][1]


@dataclass(slots=True)
class Battery:
    """Charge and energy taken since boot.

    Capacity is SIM_BATT_CAP_AH (0: endless). A SIM_BATT_VOLTAGE other than its default 12.6 is an injected
    fault: the sensor then reads exactly that.
    """

    params: Params
    current_a: float = 0.0
    used_mah: float = 0.0
    used_wh: float = 0.0

    @property
    def injected_v(self) -> float | None:
        """The voltage that a fault sets."""
        injected = self.params["SIM_BATT_VOLTAGE"]
        return injected if abs(injected - _FULL_V) > 1e-3 else None

    @property
    def voltage_v(self) -> float:
        if self.injected_v is not None:
            return self.injected_v
        capacity_ah = self.params["SIM_BATT_CAP_AH"]
        used = self.used_mah / 1000.0 / capacity_ah if capacity_ah > 0.0 else 0.0
        return open_voltage(used) - _RESISTANCE_OHM * self.current_a

    @property
    def remaining_percent(self) -> int:
        capacity_mah = max(1.0, self.params["BATT_CAPACITY"])
        return max(0, int(100.0 * (1.0 - self.used_mah / capacity_mah)))

    def step(self, dt: float, *, flying_a: float | None) -> None:
        """Draw for `dt` seconds: in flight `flying_a`; at a voltage set by a fault, the same power."""
        more = _FULL_V / max(self.injected_v, _LEAST_V) if self.injected_v is not None else 1.0
        self.current_a = flying_a * more if flying_a is not None else _IDLE_A
        self.used_mah += self.current_a * dt / 3.6
        self.used_wh += self.current_a * self.voltage_v * dt / 3600.0
