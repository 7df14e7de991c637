"""The position controller: from a target to the lean and climb that bring the vehicle there.

The loops and gains are those of ArduPilot's parameters PSC_*: position P, velocity PID, a limited lean.
"""

import math
from dataclasses import dataclass, field

from core.units import STANDARD_GRAVITY_MS2, cm_to_m
from flight.simulator.airframe import Airframe, Demand
from flight.simulator.geometry import capped
from flight.simulator.params import Params
from flight.simulator.shaping import Drift, Reach, Rise, closing_speed, stopping_distance_m

_FILTER_HZ = 5.0  # PSC_VELXY_FLTE and PSC_VELXY_FLTD
_MOST_INTEGRAL_MSS = 10.0  # PSC_VELXY_IMAX
_MOST_FALL_MSS, _MOST_LIFT_MSS = 8.0, 12.0  # what the motors can do


@dataclass(slots=True)
class Target:
    """Where the vehicle should be now: metres, m/s and m/s2.

    A target that is `eased` need not be followed exactly: the vehicle makes its way to `position`, or where
    that is None to `velocity`, within its limits of acceleration and jerk, no faster than `speed_ms`. So it
    does to `rise_to_m`, up or down no faster than `rise_ms`; where that and `height_m` are None, to the rate
    `climb_ms`, changing it by `rise_mss` (WPNAV_ACCEL_Z). `level` lets it drift. `pilot_ms` are a pilot's
    fastest ways down and up, in place of WPNAV's.
    """

    position: complex | None = 0j
    velocity: complex = 0j
    accel: complex = 0j
    height_m: float | None = None
    climb_ms: float = 0.0
    yaw_rad: float = 0.0
    level: bool = False
    climb_mss: float = 0.0
    rise_to_m: float | None = None
    eased: bool = False
    speed_ms: float | None = None
    rise_ms: float | None = None
    rise_mss: float | None = None
    pilot_ms: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Gains:
    """The parameters in use: 1/s, 1/s2 and so on as their names in PSC_*; metres and m/s2."""

    position: float
    speed_p: float
    speed_i: float
    speed_d: float
    most_lean: float
    speed_ms: float
    accel_mss: float
    jerk_msss: float
    height: float
    climb: float
    up_ms: float
    down_ms: float
    rise: Reach
    catch_up_s: float  # in which a leg's clock follows the vehicle
    turns: bool  # the nose follows the course
    radius_m: float  # of waypoints

    @classmethod
    def of(cls, p: Params) -> "Gains":
        """As the parameters stand."""
        return cls(
            position=p["PSC_POSXY_P"],
            speed_p=p["PSC_VELXY_P"],
            speed_i=p["PSC_VELXY_I"],
            speed_d=p["PSC_VELXY_D"],
            most_lean=STANDARD_GRAVITY_MS2 * math.tan(math.radians(p["ANGLE_MAX"] / 100.0)),
            speed_ms=cm_to_m(p["WPNAV_SPEED"]),
            accel_mss=cm_to_m(p["WPNAV_ACCEL"]),
            jerk_msss=p["PSC_JERK_XY"],
            height=p["PSC_POSZ_P"],
            climb=p["PSC_VELZ_P"],
            up_ms=cm_to_m(p["WPNAV_SPEED_UP"]),
            down_ms=cm_to_m(p["WPNAV_SPEED_DN"]),
            rise=Reach(math.inf, cm_to_m(p["WPNAV_ACCEL_Z"]), p["PSC_JERK_Z"]),
            catch_up_s=cm_to_m(p["WPNAV_ACCEL"]) / p["WPNAV_JERK"],
            turns=p.flag("WP_YAW_BEHAVIOR"),
            radius_m=cm_to_m(p["WPNAV_RADIUS"]),
        )


@dataclass(slots=True)
class Controller:
    """Keeps the integrator that learns drag and wind, the filtered speed error with its slope, and what it
    wants the vehicle to do just now (`drift` over ground, `rise` in height).
    """

    params: Params
    integral: complex = 0j
    drift: Drift = field(default_factory=Drift)
    rise: Rise = field(default_factory=Rise)
    steps: int = 0
    _behind: complex = 0j
    _error: complex | None = None
    _slope: complex = 0j
    _limit: complex = 0j  # what was asked beyond the lean limit
    _given: complex = 0j  # what was asked of the airframe
    _gains: Gains = field(init=False)
    _version: int = -1

    def relax(self) -> None:
        """Forget everything: the vehicle stands on the ground."""
        self.integral, self._error, self._slope, self._limit = 0j, None, 0j, 0j
        self._given = 0j

    def begin(self) -> None:
        """Start anew with the lean that was asked for last: all of it is taken to be drag and wind."""
        self.integral = capped(self._given, _MOST_INTEGRAL_MSS)
        self._error, self._slope = None, 0j

    def rest(self, air: Airframe) -> None:
        """Start anew from where the vehicle is and how it moves."""
        self.begin()
        self.drift.set(air.position, air.velocity, 0j)
        self.rest_height(air)

    def rest_height(self, air: Airframe) -> None:
        """The same for the height alone."""
        most = self.gains.rise.accel_mss
        self.rise.set(air.height_m, air.climb_ms, max(-most, min(most, air.vertical_mss)))

    @property
    def gains(self) -> Gains:
        if self._version != self.params.version:
            self._version, self._gains = self.params.version, Gains.of(self.params)
        return self._gains

    def stopping_place(self, air: Airframe) -> complex:
        """Where the vehicle would stop if it began to brake now."""
        gains, speed = self.gains, abs(air.velocity)
        if speed <= 0.0:
            return air.position
        far = stopping_distance_m(min(speed, gains.speed_ms), gains.position, gains.accel_mss)
        return air.position + air.velocity * (far / speed)

    def stopping_height_m(self, air: Airframe) -> float:
        """The same for its height."""
        gains = self.gains
        far = stopping_distance_m(abs(air.climb_ms), gains.height, gains.rise.accel_mss)
        return air.height_m + math.copysign(min(far, 3.0 if air.climb_ms > 0.0 else 2.0), air.climb_ms)

    def demand(self, dt: float, target: Target, air: Airframe) -> Demand:
        """What to ask of the airframe for the next `dt` seconds."""
        gains = self.gains
        self.steps += 1
        self._given = lean = 0j if target.level else self._lean(dt, target, air, gains)
        return Demand(lean, self._climb(dt, target, air, gains), target.yaw_rad)

    def _wish(self, dt: float, target: Target, gains: Gains) -> None:
        drift = self.drift
        if not target.eased and target.position is not None:
            drift.set(target.position, target.velocity, target.accel)
            return
        drift.project(dt, self._limit, self._behind, self._error or 0j)
        reach = Reach(target.speed_ms or gains.speed_ms, gains.accel_mss, gains.jerk_msss)
        if target.position is None:
            drift.at_velocity(dt, target.velocity, reach)
        else:
            drift.towards(dt, target.position, reach)

    def _lean(self, dt: float, target: Target, air: Airframe, gains: Gains) -> complex:
        self._wish(dt, target, gains)
        drift = self.drift
        behind = drift.place - air.position
        far, wanted = abs(behind), drift.velocity
        if far > 0.0:
            close = min(closing_speed(far, gains.position, gains.accel_mss), gains.speed_ms)
            wanted += behind * (close / far)
            most = stopping_distance_m(gains.speed_ms, gains.position, gains.accel_mss)
            if far > most:
                drift.place = air.position + behind * (most / far)
        self._behind = behind
        error, slope = self._filtered(dt, wanted - air.velocity)
        self._integrate(error * (gains.speed_i * dt))
        asked = drift.accel + gains.speed_p * error + self.integral + gains.speed_d * slope
        given = _cross_first(asked, gains.most_lean, drift.velocity)
        self._limit = asked if given is not asked else 0j
        return given

    def _filtered(self, dt: float, error: complex) -> tuple[complex, complex]:
        before = self._error
        if before is None:
            self._error, self._slope = error, 0j
            return error, 0j
        after = before + (error - before) * _share(dt, _FILTER_HZ)
        slope = (after - before) / dt
        self._slope += (slope - self._slope) * _share(dt, _FILTER_HZ)
        self._error = after
        return after, self._slope

    def _integrate(self, change: complex) -> None:
        """The integral does not grow while the lean is at its limit in that direction."""
        before, after = abs(self.integral), self.integral + change
        if (change * self._limit.conjugate()).real > 0.0:
            after = capped(after, before)
        self.integral = capped(after, _MOST_INTEGRAL_MSS)

    def _climb(self, dt: float, target: Target, air: Airframe, gains: Gains) -> float:
        rise, (down_ms, up_ms) = self.rise, target.pilot_ms or (gains.down_ms, gains.up_ms)
        if air.on_ground:
            rise.set(air.height_m, 0.0, 0.0)
        if target.height_m is not None:
            rise.set(target.height_m, target.climb_ms, target.climb_mss)
        elif target.rise_to_m is not None:
            most = math.inf if target.rise_ms is None else target.rise_ms
            down, up = min(most, down_ms), min(most, up_ms)
            rise.towards(dt, target.rise_to_m, down, up, gains.rise.at(rise.climb_ms, down_ms, up_ms))
        else:
            most = gains.rise.accel_mss if target.rise_mss is None else target.rise_mss
            reach = Reach(math.inf, most, gains.rise.jerk_msss).at(rise.climb_ms, down_ms, up_ms)
            rise.at_rate(dt, target.climb_ms, reach)
        error = rise.height_m - air.height_m
        close = math.copysign(closing_speed(abs(error), gains.height, gains.rise.accel_mss), error)
        wanted = rise.climb_ms + max(-down_ms, min(up_ms, close))
        asked = rise.climb_mss + gains.climb * (wanted - air.climb_ms)
        return max(-_MOST_FALL_MSS, min(_MOST_LIFT_MSS, asked))


def _share(dt: float, hertz: float) -> float:
    """How much of a new value a first-order low-pass filter takes in `dt` seconds."""
    return 1.0 - math.exp(-2.0 * math.pi * hertz * dt)


def _cross_first(asked: complex, most: float, course: complex) -> complex:
    """Cap an acceleration; what works across the course goes before what works along it.

    That is why a strong crosswind stalls the vehicle instead of carrying it off its line.
    """
    if abs(asked) <= most:
        return asked
    if course == 0j:
        return capped(asked, most)
    along = course / abs(course)
    parts = asked * along.conjugate()
    cross = max(-most, min(most, parts.imag))
    left = math.sqrt(max(0.0, most**2 - cross**2))
    return complex(max(-left, min(left, parts.real)), cross) * along
