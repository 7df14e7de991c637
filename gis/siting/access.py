"""How fast people walk: cut-off distances by age, and what slopes cost."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

STEEPEST = 0.6  # rise over run; steeper pieces are stairs or errors of the terrain, and count as this


@dataclass(frozen=True, slots=True)
class AccessParams:
    """`speed_ms` of people under 65 and `senior_speed_ms` of those of 65 and older, on level ground.

    With `minutes` the radius is what people under 65 walk in that time. Older people's radius is shorter by
    the relation of the speeds. A place farther than `snap_m` from any path is off the network. 1.0 and 0.8
    m/s are what Korean signals allow for at ordinary crossings and in zones for the old; both are parameters.
    """

    speed_ms: float = 1.0
    senior_speed_ms: float = 1.0
    minutes: float | None = None
    snap_m: float = 100.0

    def __post_init__(self) -> None:
        for name in ("speed_ms", "senior_speed_ms", "snap_m"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        if self.minutes is not None and not self.minutes > 0:
            raise ValueError(f"minutes must be positive, got {self.minutes}")
        if self.senior_speed_ms > self.speed_ms:
            raise ValueError(f"senior_speed_ms must be at most {self.speed_ms}, got {self.senior_speed_ms}")

    @property
    def senior_share(self) -> float:
        """Radius of older people in relation to that of the others, 0..1."""
        return self.senior_speed_ms / self.speed_ms

    def radius_m(self, given_m: float) -> float:
        """How far people under 65 walk: by time where it is given, else `given_m`."""
        return given_m if self.minutes is None else self.minutes * 60.0 * self.speed_ms


def slope_cost(slope: FloatArray) -> FloatArray:
    """What a metre costs on a slope (rise over run), in metres of level ground; there and back, averaged.

    Tobler's hiking function (1993): speed 6 exp(-3.5 |slope + 0.05|) km/h, whose mean pace up and down is set
    against that on the level.
    """
    steep = np.minimum(np.abs(np.asarray(slope, float)), STEEPEST)

    def pace(tilt: FloatArray) -> FloatArray:
        return np.exp(3.5 * (np.abs(tilt + 0.05) - 0.05))

    cost: FloatArray = (pace(steep) + pace(-steep)) / 2.0
    return np.maximum(cost, 1.0)


def slopes(rise_m: FloatArray, run_m: FloatArray) -> FloatArray:
    """Rise over run; NaN where the rise is not known, 0 for pieces without length."""
    return np.where(run_m > 0, rise_m / np.maximum(run_m, 1e-9), 0.0)
