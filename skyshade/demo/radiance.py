"""Temperature to camera counts: the FLIR law forwards, so that frames hold what a camera would have written.

U = R1 / (R2 (exp(B / T) - F)) - O gives the counts of a black body at T kelvin; the detector sees
tau e U(object) + tau (1 - e) U(reflected) + (1 - tau) U(air), with one transmission tau over the whole way.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ZERO_C = 273.15


@dataclass(frozen=True, slots=True)
class Calibration:
    """A camera's constants: Planck's five and the five of the air's transmission."""

    R1: float = 17096.453
    R2: float = 0.046642166
    B: float = 1428.0
    F: float = 1.0
    O: float = -342.0
    alpha1: float = 0.006569
    alpha2: float = 0.012620
    beta1: float = -0.002276
    beta2: float = -0.006670
    X: float = 1.9


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the law needs besides the camera: emissivity, metres to the object, Celsius, humidity 0..1."""

    emissivity: float = 0.95
    distance_m: float = 60.0
    reflected_C: float = 22.0
    air_C: float = 34.0
    window_C: float = 34.0
    humidity: float = 0.55

    def __post_init__(self) -> None:
        if not 0.0 < self.emissivity <= 1.0:
            raise ValueError(f"emissivity must be in (0, 1], got {self.emissivity}")


def transmission(calibration: Calibration, around: Surroundings) -> float:
    """Share of the radiation that the air lets through, 0..1."""
    t = around.air_C
    water = around.humidity * math.exp(1.5587 + 6.939e-2 * t - 2.7816e-4 * t**2 + 6.8455e-7 * t**3)
    k = calibration
    path = math.sqrt(around.distance_m)
    thin = math.exp(-path * (k.alpha1 + k.beta1 * math.sqrt(water)))
    thick = math.exp(-path * (k.alpha2 + k.beta2 * math.sqrt(water)))
    return k.X * thin + (1.0 - k.X) * thick


def blackbody_counts(calibration: Calibration, celsius: ArrayLike) -> NDArray[np.float64]:
    """Counts, not rounded, of a black body at the lens."""
    k = calibration
    kelvin = np.asarray(celsius, float) + _ZERO_C
    counts: NDArray[np.float64] = k.R1 / (k.R2 * (np.exp(k.B / kelvin) - k.F)) - k.O
    return counts


def raw_counts(
    celsius: NDArray[np.floating], calibration: Calibration, around: Surroundings
) -> NDArray[np.uint16]:
    """Surface temperatures in degrees Celsius to 16-bit counts; raises `ValueError` beyond 0..65535."""
    tau, emissivity = transmission(calibration, around), around.emissivity
    reflected, air = blackbody_counts(calibration, [around.reflected_C, around.air_C])
    fixed = tau * (1.0 - emissivity) * reflected + (1.0 - tau) * air
    counts = np.rint(tau * emissivity * blackbody_counts(calibration, celsius) + fixed)
    if counts.min() < 0 or counts.max() > 65535:
        raise ValueError(f"temperatures {celsius.min():.1f}..{celsius.max():.1f} C leave the 16-bit range")
    rounded: NDArray[np.uint16] = counts.astype(np.uint16)
    return rounded
