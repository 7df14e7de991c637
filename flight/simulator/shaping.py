"""Jerk-limited motion towards a place, a height or a speed, as ArduPilot's position controller shapes it.

A place asks for a speed that can still be braked in time, a speed for an acceleration that can still be taken
back in time, and the acceleration changes no faster than the jerk.
"""

import math
from dataclasses import dataclass

from flight.simulator.geometry import capped

_OVERSPEED, _MOST_DOWN_MSS = 2.0, 7.5  # what is too fast is braked harder, but never pushed down harder
_CORNER_SHARE = math.sqrt(0.5)  # of the acceleration, for what works across the course


@dataclass(frozen=True, slots=True)
class Reach:
    """What motion may do: m/s, m/s2, m/s3."""

    speed_ms: float
    accel_mss: float
    jerk_msss: float

    def at(self, climb_ms: float, down_ms: float, up_ms: float) -> "Reach":
        """The same for a vehicle that climbs at this rate: harder in proportion where that is too fast."""
        most = up_ms if climb_ms > 0.0 else down_ms
        if abs(climb_ms) <= most or most <= 0.0:
            return self
        gain = _OVERSPEED * abs(climb_ms) / most
        return Reach(self.speed_ms, self.accel_mss * gain, self.jerk_msss * gain)


def closing_speed(error: float, gain: float, most_slope: float, dt: float = 0.0) -> float:
    """How fast to close an `error` >= 0: in proportion near zero, beyond so that `most_slope` can stop it.

    With `dt`, never more than would close it in one step.
    """
    linear, rate = most_slope / gain**2, error * gain
    if error > linear:
        rate = math.sqrt(2.0 * most_slope * (error - linear / 2.0))
    return min(rate, error / dt) if dt > 0.0 else rate


def stopping_distance_m(speed_ms: float, gain: float, accel_mss: float) -> float:
    """Where `closing_speed` would be this fast."""
    if speed_ms < accel_mss / gain:
        return speed_ms / gain
    return accel_mss / (2.0 * gain**2) + speed_ms**2 / (2.0 * accel_mss)


@dataclass(slots=True)
class Rise:
    """A height, its rate and its acceleration, on their way somewhere: metres and seconds."""

    height_m: float = 0.0
    climb_ms: float = 0.0
    climb_mss: float = 0.0

    def set(self, height_m: float, climb_ms: float, climb_mss: float) -> None:
        """Be there at once."""
        self.height_m, self.climb_ms, self.climb_mss = height_m, climb_ms, climb_mss

    def towards(self, dt: float, goal_m: float, down_ms: float, up_ms: float, reach: Reach) -> None:
        """Move on by `dt` towards a height."""
        self._project(dt)
        error = goal_m - self.height_m
        gain = 0.5 * reach.jerk_msss / reach.accel_mss
        wanted = math.copysign(closing_speed(abs(error), gain, 0.5 * reach.accel_mss, dt), error)
        self._change(dt, max(-down_ms, min(up_ms, wanted)), reach)

    def at_rate(self, dt: float, climb_ms: float, reach: Reach) -> None:
        """Move on by `dt` towards a rate."""
        self._project(dt)
        self._change(dt, climb_ms, reach)

    def _project(self, dt: float) -> None:
        self.height_m += (self.climb_ms + 0.5 * self.climb_mss * dt) * dt
        self.climb_ms += self.climb_mss * dt

    def _change(self, dt: float, wanted_ms: float, reach: Reach) -> None:
        error = wanted_ms - self.climb_ms
        accel = closing_speed(abs(error), reach.jerk_msss / reach.accel_mss, reach.jerk_msss, dt)
        down = min(reach.accel_mss, _MOST_DOWN_MSS)
        accel = min(accel, reach.accel_mss) if error > 0.0 else -min(accel, down)
        most = reach.jerk_msss * dt
        self.climb_mss += max(-most, min(most, accel - self.climb_mss))


@dataclass(slots=True)
class Drift:
    """A place, its velocity and its acceleration: north + 1j * east, metres and seconds.

    `limit` points to where the vehicle cannot accelerate any more; it does not run away from it there.
    """

    place: complex = 0j
    velocity: complex = 0j
    accel: complex = 0j

    def set(self, place: complex, velocity: complex, accel: complex) -> None:
        """Be there at once."""
        self.place, self.velocity, self.accel = place, velocity, accel

    def towards(self, dt: float, goal: complex, reach: Reach) -> None:
        """Set the acceleration for a place."""
        error = goal - self.place
        length, wanted = abs(error), 0j
        if length > 0.0:
            gain = 0.5 * reach.jerk_msss / reach.accel_mss
            speed = min(closing_speed(length, gain, 0.5 * reach.accel_mss, dt), reach.speed_ms)
            wanted = error * (speed / length)
        self.at_velocity(dt, wanted, reach)

    def at_velocity(self, dt: float, wanted: complex, reach: Reach) -> None:
        """Set the acceleration for a velocity."""
        error = wanted - self.velocity
        size, accel = abs(error), 0j
        if size > 0.0:
            rate = closing_speed(size, reach.jerk_msss / reach.accel_mss, reach.jerk_msss, dt)
            accel = _within(error * (rate / size), wanted, reach.accel_mss)
        self.accel += capped(accel - self.accel, reach.jerk_msss * dt)

    def project(self, dt: float, limit: complex, behind: complex, slow: complex) -> None:
        """Move on by `dt`; `behind` and `slow` are the vehicle's errors in place and velocity."""
        step, change = (self.velocity + 0.5 * self.accel * dt) * dt, self.accel * dt
        away = limit.conjugate()
        runs_on = (step * away).real > 0.0 and (behind * away).real > 0.0
        speeds_on = (change * away).real > 0.0 and (slow * away).real > 0.0
        if not runs_on:
            self.place += step
        if not speeds_on or (self.velocity * away).real < 0.0:
            self.velocity += change


def _within(accel: complex, course: complex, most: float) -> complex:
    """Cap an acceleration, keeping a share of it for what works across the course."""
    if course == 0j:
        return capped(accel, most)
    along = course / abs(course)
    parts = accel * along.conjugate()
    if abs(parts.real) <= abs(parts.imag):
        return capped(accel, most)
    across = max(-_CORNER_SHARE * most, min(_CORNER_SHARE * most, parts.imag))
    left = math.sqrt(most**2 - across**2)
    return complex(max(-left, min(left, parts.real)), across) * along
