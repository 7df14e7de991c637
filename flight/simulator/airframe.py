"""The airframe: what thrust, drag and wind do to a quadcopter of the kind ArduPilot SITL flies.

Drag and the wind's growth with height were fitted to recorded flights: 25 degrees of lean at 8.8 m/s, 29 at
9.9 m/s, 11 in a 4.6 m/s wind.
"""

import math
from dataclasses import dataclass

from core.units import STANDARD_GRAVITY_MS2
from flight.simulator.geometry import towards

_DRAG_LINEAR = 0.3  # 1/s
_DRAG_QUADRATIC = 0.025  # 1/m
_LEAN_LAG_S = 0.18
_YAW_RATE_RADS = math.radians(90.0)
_HOVER_CURRENT_A = 28.1
_CLIMB_CURRENT_A_PER_MS = 1.0


def drag(air: complex) -> complex:
    """The deceleration in m/s2 of a body that moves through the air at `air` m/s."""
    return air * (_DRAG_LINEAR + _DRAG_QUADRATIC * abs(air))


@dataclass(frozen=True, slots=True)
class Demand:
    """What the autopilot asks of the airframe: accelerations in m/s2, heading in radians."""

    lean_mss: complex = 0j  # north + 1j * east
    climb_mss: float = 0.0
    yaw_rad: float = 0.0
    thrust: bool = True


@dataclass(slots=True)
class Airframe:
    """Position, velocity and attitude over flat ground at height 0; horizontally north + 1j * east."""

    position: complex = 0j  # m
    height_m: float = 0.0
    velocity: complex = 0j  # m/s
    climb_ms: float = 0.0
    lean_mss: complex = 0j  # horizontal acceleration by thrust
    lean_change: complex = 0j  # m/s3
    vertical_mss: float = 0.0
    yaw_rad: float = 0.0
    yaw_rate_rads: float = 0.0
    on_ground: bool = True
    hit_ms: float | None = None  # the speed of the last touch, until somebody took note

    @property
    def attitude_rad(self) -> tuple[float, float, float]:
        """Roll, pitch, yaw."""
        body = self.lean_mss * towards(-self.yaw_rad)
        pitch = -math.atan2(body.real, STANDARD_GRAVITY_MS2)
        roll = math.atan2(body.imag * math.cos(pitch), STANDARD_GRAVITY_MS2)
        return roll, pitch, self.yaw_rad

    @property
    def rates_rads(self) -> tuple[float, float, float]:
        """Roll, pitch and yaw rate."""
        turning = self.lean_change * towards(-self.yaw_rad)
        share = STANDARD_GRAVITY_MS2 / (STANDARD_GRAVITY_MS2**2 + abs(self.lean_mss) ** 2)
        return turning.imag * share, -turning.real * share, self.yaw_rate_rads

    @property
    def thrust_ratio(self) -> float:
        """Thrust over weight."""
        return math.hypot(abs(self.lean_mss), STANDARD_GRAVITY_MS2 + self.vertical_mss) / STANDARD_GRAVITY_MS2

    @property
    def current_a(self) -> float:
        """What the motors draw in flight."""
        drawn = _HOVER_CURRENT_A * math.pow(self.thrust_ratio, 0.65)
        return max(2.0, drawn + _CLIMB_CURRENT_A_PER_MS * self.climb_ms)

    def step(self, dt: float, demand: Demand, wind: complex) -> None:
        """Move on by `dt` seconds; `wind` is the air's velocity over ground in m/s."""
        self._turn(dt, demand.yaw_rad)
        if not demand.thrust:
            self._fall(dt)
        elif not (self.on_ground and demand.climb_mss <= 0.0):
            self._fly(dt, demand, wind)
        self._touch()

    def _turn(self, dt: float, yaw_rad: float) -> None:
        error = (yaw_rad - self.yaw_rad + math.pi) % (2 * math.pi) - math.pi
        wanted = max(-_YAW_RATE_RADS, min(_YAW_RATE_RADS, 3.0 * error))
        self.yaw_rate_rads = 0.0 if self.on_ground else wanted
        self.yaw_rad = (self.yaw_rad + self.yaw_rate_rads * dt) % (2 * math.pi)

    def _fly(self, dt: float, demand: Demand, wind: complex) -> None:
        self.on_ground = False
        self.lean_change = (demand.lean_mss - self.lean_mss) * min(1.0 / dt, 1.0 / _LEAN_LAG_S)
        self.lean_mss += self.lean_change * dt
        pull = self.lean_mss - drag(self.velocity - wind)
        self.position += (self.velocity + 0.5 * pull * dt) * dt
        self.velocity += pull * dt
        self.vertical_mss = demand.climb_mss
        self.height_m += (self.climb_ms + 0.5 * demand.climb_mss * dt) * dt
        self.climb_ms += demand.climb_mss * dt

    def _fall(self, dt: float) -> None:
        self.lean_mss = self.lean_change = 0j
        self.vertical_mss = -STANDARD_GRAVITY_MS2
        if self.on_ground:
            return
        pull = -STANDARD_GRAVITY_MS2 - 0.03 * self.climb_ms * abs(self.climb_ms)
        self.height_m += self.climb_ms * dt
        self.climb_ms += pull * dt
        self.position += self.velocity * dt
        self.velocity -= drag(self.velocity) * dt

    def _touch(self) -> None:
        if self.height_m > 0.0 or self.on_ground or self.climb_ms > 0.0:
            return
        self.hit_ms = -self.climb_ms
        self.height_m = self.climb_ms = self.vertical_mss = 0.0
        self.velocity = self.lean_mss = self.lean_change = 0j
        self.on_ground = True
