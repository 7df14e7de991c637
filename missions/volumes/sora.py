"""How much room a flight needs round its path, and what it may hit below (JARUS SORA 2.5, annex A).

Flight geography: where it means to be. Contingency volume: where it gets to when something goes wrong and it
is stopped. Ground-risk buffer: where it may fall from there. The formulas are those of annex A for
multirotors (lateral stop at a pitch angle; vertical from kinetic energy; ballistic fall, one to one, or
parachute), with the annex's usual inaccuracies as defaults.
"""

import math
from dataclasses import dataclass
from enum import Enum

from core.units import STANDARD_GRAVITY_MS2

UPWARD_SHARE = 0.7  # of the speed that may go up while nobody has reacted yet


class Termination(Enum):
    """How a flight that leaves its contingency volume is ended."""

    BALLISTIC = "ballistic"  # motors off
    ONE_TO_ONE = "one_to_one"  # as far as it is high
    PARACHUTE = "parachute"


@dataclass(frozen=True, slots=True)
class SoraParams:
    """What the sizes are computed from.

    `size_m` the aircraft's greatest dimension, `speed_ms` its greatest ground speed, `height_m` the highest
    it flies above ground; `wind_ms` carries a parachute. Inaccuracies in metres: `gnss_m`, `hold_m` of
    holding a position, `map_m` of the map, `baro_m` of heights. `pitch_deg` at which it brakes; `reaction_s`
    until it does.
    """

    size_m: float
    speed_ms: float
    height_m: float
    wind_ms: float = 0.0
    reaction_s: float = 1.0
    pitch_deg: float = 30.0
    gnss_m: float = 3.0
    hold_m: float = 3.0
    map_m: float = 1.0
    baro_m: float = 1.0
    termination: Termination = Termination.BALLISTIC
    parachute_opens_s: float = 2.0
    parachute_sink_ms: float = 4.0

    def __post_init__(self) -> None:
        for name in ("size_m", "speed_ms", "height_m", "parachute_sink_ms"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise ValueError(f"{name} must be > 0, got {getattr(self, name)}")
        for name in ("wind_ms", "reaction_s", "gnss_m", "hold_m", "map_m", "baro_m", "parachute_opens_s"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise ValueError(f"{name} must be >= 0, got {getattr(self, name)}")
        if not 1.0 <= self.pitch_deg <= 60.0:
            raise ValueError(f"pitch_deg must be in [1, 60], got {self.pitch_deg}")


@dataclass(frozen=True, slots=True)
class SoraSizes:
    """Metres: half-width of the flight geography round the path and its room above and below; how much the
    contingency volume adds sideways and above; the ground-risk buffer beyond it.
    """

    geography_half_width_m: float
    geography_room_m: float
    contingency_m: float
    contingency_above_m: float
    ground_risk_m: float

    @property
    def operational_half_width_m(self) -> float:
        """From the path to the contingency volume's edge."""
        return self.geography_half_width_m + self.contingency_m

    @property
    def outer_half_width_m(self) -> float:
        """From the path to the ground-risk buffer's edge."""
        return self.operational_half_width_m + self.ground_risk_m


def sora_sizes(params: SoraParams) -> SoraSizes:
    """The sizes for a multirotor."""
    half = 1.5 * params.size_m
    above = params.baro_m + UPWARD_SHARE * params.speed_ms * params.reaction_s + _zoom_m(params.speed_ms)
    top_m = params.height_m + half + above
    return SoraSizes(half, half, _stop_m(params), above, _fall_m(params, top_m))


def _stop_m(params: SoraParams) -> float:
    """Inaccuracies, the way flown until somebody reacts, and the way to a stop."""
    braking = STANDARD_GRAVITY_MS2 * math.tan(math.radians(params.pitch_deg))
    reaction = params.speed_ms * params.reaction_s
    return params.gnss_m + params.hold_m + params.map_m + reaction + params.speed_ms**2 / (2.0 * braking)


def _zoom_m(speed_ms: float) -> float:
    """Height gained when all speed is turned upwards."""
    return speed_ms**2 / (2.0 * STANDARD_GRAVITY_MS2)


def _fall_m(params: SoraParams, top_m: float) -> float:
    half = params.size_m / 2.0
    if params.termination is Termination.ONE_TO_ONE:
        return top_m + half
    if params.termination is Termination.PARACHUTE:
        drift = params.wind_ms * top_m / params.parachute_sink_ms
        return params.speed_ms * params.parachute_opens_s + drift + half
    return params.speed_ms * math.sqrt(2.0 * top_m / STANDARD_GRAVITY_MS2) + half
