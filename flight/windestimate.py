"""The wind as a copter feels it: estimated from how it leans and how it moves over the ground.

Level flight: what the rotors pull sideways, g tan(lean), less the acceleration over ground, is the drag of
the air that flows past; so the lean gives the air's speed, and that and the ground speed give the wind.
Drag by a linear (rotor) and a quadratic (body) term, as in Hattenberger et al., "Evaluation of drag
coefficient for a quadrotor model" (2023); its scale is learnt where the vehicle moves in several directions.
A Kalman filter over (wind east, wind north, log of the drag's scale), one step a second, as a pure fold.

Against ArduCopter 4.6.2 in SITL at 65 m, wind 0 to 10 m/s, once with gusts: wrong by 0.1 to 1.0 m/s (RMS)
in a hover with the default drag, by 0.1 to 0.8 m/s (worst 1.3) on legs at 8 m/s; in direction by 1 to 9
degrees.
"""

import math
from dataclasses import dataclass, replace

from core.units import STANDARD_GRAVITY_MS2
from core.wind import Wind

Vector = tuple[float, float]
Matrix3 = tuple[float, float, float, float, float, float]
"""A symmetric 3 x 3 matrix: 11, 12, 13, 22, 23, 33."""


@dataclass(frozen=True, slots=True)
class WindParams:
    """Drag of the airframe, per second and per metre (a mid-sized quadrotor by default), the scale's 1-sigma
    doubt (0.25 = a quarter), how fast wind may change (m/s per root second), how far a second's lean may be
    wrong (m/s2), the ground speed from which the scale is learnt, the climb or sink from which nothing is
    learnt (drag and wind change with it), the drag law's own error in m/s of wind, and the 1-sigma error in
    m/s above which the wind is unknown.
    """

    linear_per_s: float = 0.2
    quadratic_per_m: float = 0.033
    scale_sigma: float = 0.25
    change_ms: float = 0.12
    lean_sigma_mss: float = 0.4
    moving_ms: float = 2.0
    climbing_ms: float = 1.0
    model_ms: float = 0.5
    known_ms: float = 2.0
    step_s: float = 1.0


@dataclass(frozen=True, slots=True)
class WindEstimate:
    """What is known of the wind so far: its velocity over ground (east, north) in m/s, the log of the drag's
    scale, their covariance, and the second that is being gathered.
    """

    params: WindParams = WindParams()  # a frozen value
    east_ms: float = 0.0
    north_ms: float = 0.0
    log_scale: float = 0.0
    covariance: Matrix3 | None = None
    steps: int = 0
    began_s: float | None = None
    began_ms: Vector = (0.0, 0.0)
    last_s: float = 0.0
    last_ms: Vector = (0.0, 0.0)
    pulls: Vector = (0.0, 0.0)  # sums over the samples of the second, m/s2
    speeds: Vector = (0.0, 0.0)
    samples: int = 0

    @property
    def sigma_ms(self) -> float | None:
        """1-sigma error of each component of the wind's velocity; None = nothing is known."""
        if self.covariance is None:
            return None
        return math.hypot(math.sqrt(max(self.covariance[0], self.covariance[3])), self.params.model_ms)

    @property
    def known(self) -> bool:
        """Whether the wind is known well enough to be told."""
        sigma = self.sigma_ms
        return sigma is not None and self.steps >= 3 and sigma <= self.params.known_ms

    @property
    def wind(self) -> Wind | None:
        """The wind, None while it is unknown."""
        if not self.known:
            return None
        from_deg = math.degrees(math.atan2(-self.east_ms, -self.north_ms)) % 360.0
        return Wind(math.hypot(self.east_ms, self.north_ms), from_deg)

    @property
    def from_sigma_deg(self) -> float | None:
        """1-sigma error of the direction, 180 where the wind is too weak to have one."""
        if not self.known:
            return None
        speed_ms, sigma = math.hypot(self.east_ms, self.north_ms), self.sigma_ms or 0.0
        return 180.0 if speed_ms <= sigma else math.degrees(math.asin(sigma / speed_ms))


def observe(
    estimate: WindEstimate,
    boot_s: float,
    speed_ms: Vector,
    climb_ms: float,
    attitude_deg: tuple[float, float, float],
) -> WindEstimate:
    """After a new position in flight: vehicle seconds, ground speed (east, north), climb, and attitude (roll,
    pitch, heading).
    """
    began_s, step_s = estimate.began_s, estimate.params.step_s
    pull = pull_mss(*attitude_deg) if abs(climb_ms) < estimate.params.climbing_ms else None
    if began_s is None or pull is None or not 0.0 <= boot_s - estimate.last_s <= 2.0 * step_s:
        return _begun(estimate, boot_s, speed_ms)
    gathered = replace(
        estimate,
        pulls=(estimate.pulls[0] + pull[0], estimate.pulls[1] + pull[1]),
        speeds=(estimate.speeds[0] + speed_ms[0], estimate.speeds[1] + speed_ms[1]),
        samples=estimate.samples + 1,
        last_s=boot_s,
        last_ms=speed_ms,
    )
    return gathered if boot_s - began_s < step_s else _begun(_stepped(gathered), boot_s, speed_ms)


def pull_mss(roll_deg: float, pitch_deg: float, heading_deg: float) -> Vector | None:
    """The rotors' sideways pull in level flight, (east, north) in m/s2; None beyond 60 degrees of lean."""
    roll, pitch, heading = (math.radians(v) for v in (roll_deg, pitch_deg, heading_deg))
    up = math.cos(roll) * math.cos(pitch)
    if not up > 0.5:  # also NaN
        return None
    ahead = -math.sin(pitch) * math.cos(roll) / up * STANDARD_GRAVITY_MS2
    right = math.sin(roll) / up * STANDARD_GRAVITY_MS2
    return (
        ahead * math.sin(heading) + right * math.cos(heading),
        ahead * math.cos(heading) - right * math.sin(heading),
    )


def _begun(estimate: WindEstimate, boot_s: float, speed: Vector) -> WindEstimate:
    return replace(
        estimate, began_s=boot_s, began_ms=speed, last_s=boot_s, last_ms=speed,
        pulls=(0.0, 0.0), speeds=(0.0, 0.0), samples=0,
    )  # fmt: skip


def _stepped(e: WindEstimate) -> WindEstimate:
    """One step of the filter with the second that was gathered."""
    took_s = max(1e-3, e.last_s - (e.began_s or 0.0))
    speed = e.speeds[0] / e.samples, e.speeds[1] / e.samples
    change = (e.last_ms[0] - e.began_ms[0]) / took_s, (e.last_ms[1] - e.began_ms[1]) / took_s
    drag = e.pulls[0] / e.samples - change[0], e.pulls[1] / e.samples - change[1]
    noise = e.params.lean_sigma_mss**2 + (0.5 * math.hypot(*change)) ** 2
    if e.covariance is None:
        return _first(e, speed, drag, noise)
    return _updated(_predicted(e, e.covariance, took_s), speed, drag, noise)


def _first(e: WindEstimate, speed: Vector, drag: Vector, noise: float) -> WindEstimate:
    """Where the filter begins: the drag law turned round."""
    p, size = e.params, math.hypot(*drag)
    flow = (math.sqrt(p.linear_per_s**2 + 4.0 * p.quadratic_per_m * size) - p.linear_per_s) / (
        2.0 * p.quadratic_per_m
    )
    towards = (drag[0] / size, drag[1] / size) if size > 0.0 else (0.0, 0.0)
    slope = p.linear_per_s + p.quadratic_per_m * flow
    by_scale = flow * slope / (slope + p.quadratic_per_m * flow)  # m/s for each unit of the scale's log
    doubt, lean = p.scale_sigma**2, noise / slope**2
    east, north = by_scale * towards[0], by_scale * towards[1]
    return replace(
        e,
        east_ms=speed[0] - flow * towards[0],
        north_ms=speed[1] - flow * towards[1],
        covariance=(
            lean + doubt * east**2, doubt * east * north, doubt * east,
            lean + doubt * north**2, doubt * north, doubt,
        ),
        steps=1,
    )  # fmt: skip


def _predicted(e: WindEstimate, c: Matrix3, took_s: float) -> WindEstimate:
    grown = e.params.change_ms**2 * took_s
    return replace(e, covariance=(c[0] + grown, c[1], c[2], c[3] + grown, c[4], c[5]))


def _updated(e: WindEstimate, speed: Vector, drag: Vector, noise: float) -> WindEstimate:
    """Both components of the measured drag (m/s2), one after the other."""
    learns = math.hypot(*speed) >= e.params.moving_ms
    for axis in (0, 1):
        e = _updated_axis(e, axis, speed, drag[axis], noise, learns=learns)
    return replace(e, steps=e.steps + 1)


def _updated_axis(
    e: WindEstimate, axis: int, speed: Vector, drag: float, noise: float, *, learns: bool
) -> WindEstimate:
    """One component; a hover cannot tell scale and wind apart: the scale's doubt stays in the wind's."""
    air = speed[0] - e.east_ms, speed[1] - e.north_ms
    flow = math.hypot(*air)
    k1, k2, scale = e.params.linear_per_s, e.params.quadratic_per_m, math.exp(e.log_scale)
    expected = scale * (k1 + k2 * flow) * air[axis]
    slope = [-scale * k2 * air[axis] * air[i] / max(flow, 1e-6) for i in (0, 1)]
    slope[axis] -= scale * (k1 + k2 * flow)
    h = (slope[0], slope[1], expected)
    c11, c12, c13, c22, c23, c33 = e.covariance or (0.0,) * 6
    ph = (
        c11 * h[0] + c12 * h[1] + c13 * h[2],
        c12 * h[0] + c22 * h[1] + c23 * h[2],
        c13 * h[0] + c23 * h[1] + c33 * h[2],
    )
    variance = h[0] * ph[0] + h[1] * ph[1] + h[2] * ph[2] + noise
    miss = max(-3.0, min(3.0, (drag - expected) / math.sqrt(variance))) * math.sqrt(variance)
    gain = (ph[0] / variance, ph[1] / variance, ph[2] / variance if learns else 0.0)

    def left(value: float, i: int, j: int) -> float:
        return value - gain[i] * ph[j] - ph[i] * gain[j] + gain[i] * gain[j] * variance

    return replace(
        e,
        east_ms=e.east_ms + gain[0] * miss,
        north_ms=e.north_ms + gain[1] * miss,
        log_scale=max(-1.5, min(1.5, e.log_scale + gain[2] * miss)),
        covariance=(
            left(c11, 0, 0), left(c12, 0, 1), left(c13, 0, 2),
            left(c22, 1, 1), left(c23, 1, 2), left(c33, 2, 2),
        ),
    )  # fmt: skip
