"""The airframe: what thrust, drag and wind do to a quadcopter of the kind ArduPilot SITL flies.

Its drag is that of the reference flight ArduPilot SITL starts from: 3 kg lean 45 degrees at 15.08 m/s. A part
of it is the rotors' (the air they turn downwards loses its sideways speed to them; it grows with speed), the
rest the body's (with the square of speed, along each of the body's own axes).
"""

import cmath
import math
from dataclasses import dataclass, field

from core.units import STANDARD_GRAVITY_MS2
from flight.simulator.geometry import towards

MASS_KG = 3.0
_REFERENCE_SPEED_MS = 15.08  # at 45 degrees of lean, 593 m above sea level
_REFERENCE_HEIGHT_M = 593.0
_DISC_M2 = 0.385
_ROTOR_DRAG = 0.2
_SEA_LEVEL_KGM3 = 1.225
_THINNER = (2.25577e-5, 4.2559)  # 1/m and exponent of the standard atmosphere's density
_LEAN_LAG_S = 0.18
YAW_LAG_S = 1.0 / 3.0  # by which a heading is followed
_YAW_RATE_RADS = math.radians(90.0)
_HOVER_CURRENT_A = 28.1


def air_density_kgm3(altitude_m: float) -> float:
    """The standard atmosphere's density at a height above sea level."""
    slope, exponent = _THINNER
    return _SEA_LEVEL_KGM3 * float(max(0.1, 1.0 - slope * altitude_m) ** exponent)


def _drag_factors() -> tuple[float, float]:
    """Of the rotors and of the body, both for 1 kg/m3 of air: sqrt(m3/kg)/s and m2/kg."""
    density, half = air_density_kgm3(_REFERENCE_HEIGHT_M), math.sqrt(0.5)
    weight_n = MASS_KG * STANDARD_GRAVITY_MS2
    rotors = _ROTOR_DRAG * math.sqrt(_DISC_M2 / MASS_KG)  # times the root of density and thrust by mass
    along_ms = _REFERENCE_SPEED_MS * half
    rotors_n = half * along_ms * rotors * MASS_KG * math.sqrt(density * STANDARD_GRAVITY_MS2 / half)
    body = (weight_n - rotors_n) / (density * _REFERENCE_SPEED_MS**2) / MASS_KG
    return rotors, body


_ROTORS, _BODY = _drag_factors()


def _tilt(lean_mss: complex) -> tuple[complex, float]:
    """The direction of thrust for a horizontal acceleration: its horizontal part, and its part upwards."""
    lean = lean_mss / STANDARD_GRAVITY_MS2
    upright = 1.0 / math.sqrt(1.0 + lean.real * lean.real + lean.imag * lean.imag)
    return lean * upright, upright


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
    altitude_m: float = 0.0  # of the ground, above sea level
    thrust_mss: float = STANDARD_GRAVITY_MS2
    _density: float = field(init=False)

    def __post_init__(self) -> None:
        self._density = air_density_kgm3(self.altitude_m)

    @property
    def attitude_rad(self) -> tuple[float, float, float]:
        """Roll, pitch, yaw: those of a body that was turned to its heading and then tilted."""
        lean, upright = _tilt(self.lean_mss * towards(-self.yaw_rad))
        bow = 1.0 - lean * (lean.real / (1.0 + upright))
        return math.atan2(lean.imag, upright), -math.asin(lean.real), self.yaw_rad + cmath.phase(bow)

    @property
    def rates_rads(self) -> tuple[float, float, float]:
        """Roll, pitch and yaw rate."""
        turning = self.lean_change * towards(-self.yaw_rad)
        share = STANDARD_GRAVITY_MS2 / (STANDARD_GRAVITY_MS2**2 + abs(self.lean_mss) ** 2)
        return turning.imag * share, -turning.real * share, self.yaw_rate_rads

    @property
    def thrust_ratio(self) -> float:
        """Thrust over weight: more of it leaning, climbing, and against the air that comes from above."""
        return self.thrust_mss / STANDARD_GRAVITY_MS2

    @property
    def current_a(self) -> float:
        """What the motors draw in flight: in proportion to thrust."""
        return max(2.0, _HOVER_CURRENT_A * self.thrust_ratio)

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
        wanted = max(-_YAW_RATE_RADS, min(_YAW_RATE_RADS, error / YAW_LAG_S))
        self.yaw_rate_rads = 0.0 if self.on_ground else wanted
        self.yaw_rad = (self.yaw_rad + self.yaw_rate_rads * dt) % (2 * math.pi)

    def _fly(self, dt: float, demand: Demand, wind: complex) -> None:
        self.on_ground = False
        self.lean_change = (demand.lean_mss - self.lean_mss) * min(1.0 / dt, 1.0 / _LEAN_LAG_S)
        self.lean_mss += self.lean_change * dt
        pull = self._pull(demand.climb_mss, self.velocity - wind)
        self.position += (self.velocity + 0.5 * pull * dt) * dt
        self.velocity += pull * dt
        self.vertical_mss = demand.climb_mss
        self.height_m += (self.climb_ms + 0.5 * demand.climb_mss * dt) * dt
        self.climb_ms += demand.climb_mss * dt

    def _pull(self, climb_mss: float, through: complex) -> complex:
        """The horizontal acceleration, when thrust holds `climb_mss` and the body moves `through` the air.

        Drag acts along the body's own axes, each for itself, so it leans with the body: its vertical part,
        and the air that flows through the rotors from above, are what thrust has to make good.
        """
        nose = cmath.rect(1.0, self.yaw_rad)
        lean, upright = _tilt(self.lean_mss / nose)
        air, climb_ms = through / nose, self.climb_ms
        bow = 1.0 - lean * (lean.real / (1.0 + upright))
        beam = 1j - lean * (lean.imag / (1.0 + upright))
        ahead_ms = (air * bow.conjugate()).real - climb_ms * lean.real
        aside_ms = (air * beam.conjugate()).real - climb_ms * lean.imag
        up_ms = (air * lean.conjugate()).real + climb_ms * upright
        density = self._density * (1.0 - 9.6e-5 * self.height_m)
        rotors, body = _ROTORS * math.sqrt(density * self.thrust_mss), _BODY * density
        ahead = ahead_ms * (rotors + body * abs(ahead_ms))
        aside = aside_ms * (rotors + body * abs(aside_ms))
        lift = STANDARD_GRAVITY_MS2 + climb_mss - ahead * lean.real - aside * lean.imag
        net = max(1.0, lift / upright)
        self.thrust_mss = max(1.0, net + up_ms * (rotors + body * abs(up_ms)))
        return (net * lean - ahead * bow - aside * beam) * nose

    def _fall(self, dt: float) -> None:
        self.lean_mss = self.lean_change = 0j
        self.vertical_mss, self.thrust_mss = -STANDARD_GRAVITY_MS2, 0.0
        if self.on_ground:
            return
        pull = -STANDARD_GRAVITY_MS2 - 0.03 * self.climb_ms * abs(self.climb_ms)
        self.height_m += self.climb_ms * dt
        self.climb_ms += pull * dt
        self.position += self.velocity * dt
        self.velocity *= max(0.0, 1.0 - (0.3 + 0.025 * abs(self.velocity)) * dt)

    def _touch(self) -> None:
        if self.height_m > 0.0 or self.on_ground or self.climb_ms > 0.0:
            return
        self.hit_ms = -self.climb_ms
        self.height_m = self.climb_ms = self.vertical_mss = 0.0
        self.velocity = self.lean_mss = self.lean_change = 0j
        self.on_ground = True
