"""The position controller: from a target to the lean and climb that bring the vehicle there.

The loops and gains are those of ArduPilot's parameters PSC_*: position P, velocity PI, a limited lean.
"""

import math
from dataclasses import dataclass

from core.units import STANDARD_GRAVITY_MS2, cm_to_m
from flight.simulator.airframe import Airframe, Demand
from flight.simulator.geometry import capped, heading
from flight.simulator.params import Params


@dataclass(slots=True)
class Target:
    """Where the vehicle should be now: metres, m/s and m/s2; None leaves an axis to the rest.

    `position` None holds the velocity; `height_m` None holds `climb_ms`. `level` lets the vehicle drift.
    """

    position: complex | None = 0j
    velocity: complex = 0j
    accel: complex = 0j
    height_m: float | None = None
    climb_ms: float = 0.0
    yaw_rad: float = 0.0
    level: bool = False
    braking_mss: float = 1.0  # how hard a height is approached
    gain: float = 1.0  # 1/s, near that height


@dataclass(slots=True)
class Controller:
    """Keeps the integrator that learns drag and wind."""

    params: Params
    integral: complex = 0j

    def relax(self) -> None:
        self.integral = 0j

    def demand(self, dt: float, target: Target, air: Airframe) -> Demand:
        """What to ask of the airframe for the next `dt` seconds."""
        lean = 0j if target.level else self._lean(dt, target, air)
        return Demand(lean, self._climb(dt, target, air), target.yaw_rad)

    def _lean(self, dt: float, target: Target, air: Airframe) -> complex:
        p = self.params
        wanted = target.velocity
        if target.position is not None:
            wanted += capped(p["PSC_POSXY_P"] * (target.position - air.position), 20.0)
        error = wanted - air.velocity
        most = STANDARD_GRAVITY_MS2 * math.tan(math.radians(p["ANGLE_MAX"] / 100.0))
        asked = target.accel + p["PSC_VELXY_P"] * error + self.integral
        if abs(asked) < most or (error.conjugate() * self.integral).real < 0.0:
            self.integral += p["PSC_VELXY_I"] * error * dt
        return _cross_first(asked, most, wanted)

    def _climb(self, dt: float, target: Target, air: Airframe) -> float:
        most = cm_to_m(self.params["WPNAV_ACCEL_Z"])
        wanted = target.climb_ms
        if target.height_m is not None:
            wanted += approach_speed(target.height_m - air.height_m, target.braking_mss, target.gain)
            wanted = max(-self.speed_down_ms, min(self.speed_up_ms, wanted))
        return max(
            -1.5 * most, min(1.5 * most if air.climb_ms < 0 else most, (wanted - air.climb_ms) / (4 * dt))
        )

    @property
    def speed_up_ms(self) -> float:
        return cm_to_m(self.params["WPNAV_SPEED_UP"])

    @property
    def speed_down_ms(self) -> float:
        return cm_to_m(self.params["WPNAV_SPEED_DN"])


def _cross_first(asked: complex, most: float, course: complex) -> complex:
    """Cap an acceleration; what works across the course goes before what works along it.

    That is why a strong crosswind stalls the vehicle instead of carrying it off its line.
    """
    if abs(asked) <= most or abs(course) < 0.1:
        return capped(asked, most)
    along = course / abs(course)
    parts = asked * along.conjugate()
    cross = max(-most, min(most, parts.imag))
    left = math.sqrt(max(0.0, most**2 - cross**2))
    return complex(max(-left, min(left, parts.real)), cross) * along


def approach_speed(error_m: float, accel_mss: float, gain: float = 1.0) -> float:
    """The speed at which to close an error: linear near zero, then such that `accel_mss` can stop it."""
    linear_m = accel_mss / gain**2
    if abs(error_m) <= linear_m:
        return gain * error_m
    return math.copysign(math.sqrt(2.0 * accel_mss * (abs(error_m) - linear_m / 2.0)), error_m)


def course_or(yaw_rad: float, velocity: complex, least_ms: float) -> float:
    """The heading of a velocity, or `yaw_rad` where it is too slow to have one."""
    return heading(velocity) if abs(velocity) > least_ms else yaw_rad
