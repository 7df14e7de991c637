"""From raw counts to temperature: the laws of FLIR and of DJI cameras. Pure; arrays in, arrays out."""

import dataclasses
import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.geo import FloatArray
from core.units import CELSIUS_ZERO_K
from thermal.frame import CelsiusArray, Radiometry

RAW_LEVELS = 65536
_LOOKUP_VALUES = 8192
DEFAULTS = Radiometry(
    emissivity=0.95,
    distance_m=1.0,
    humidity=0.5,
    reflected_C=20.0,
    ambient_C=20.0,
    window_C=20.0,
    window_transmission=1.0,
)


@dataclass(frozen=True, slots=True)
class RadiometryOverrides:
    """What the user knows better than the file; None keeps the file's value.

    `emissivity` in (0, 1]; `distance_m` >= 0; `humidity` relative, 0..1; temperatures in degrees Celsius.
    """

    emissivity: float | None = None
    distance_m: float | None = None
    humidity: float | None = None
    reflected_C: float | None = None
    ambient_C: float | None = None

    def __post_init__(self) -> None:
        _check("emissivity", self.emissivity, 0.01, 1.0)
        _check("distance_m", self.distance_m, 0.0, 100_000.0)
        _check("humidity", self.humidity, 0.0, 1.0)
        _check("reflected_C", self.reflected_C, -100.0, 1000.0)
        _check("ambient_C", self.ambient_C, -80.0, 100.0)

    def applied_to(self, stored: Radiometry) -> Radiometry:
        """The stored parameters with the user's in their place."""
        given = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return dataclasses.replace(stored, **{k: v for k, v in given.items() if v is not None})


def _check(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise ValueError(f"{name} must be in [{low:g}, {high:g}], got {value}")


def filled(parameters: Radiometry) -> Radiometry:
    """Parameters with every unknown replaced by `DEFAULTS`."""
    values = {f.name: getattr(parameters, f.name) for f in dataclasses.fields(parameters)}
    return dataclasses.replace(DEFAULTS, **{k: v for k, v in values.items() if v is not None})


@dataclass(frozen=True, slots=True)
class PlanckConstants:
    """A FLIR camera's calibration: raw = R1 / (R2 (exp(B/T) - F)) - O, and its atmosphere model."""

    R1: float
    R2: float
    B: float
    F: float
    O: float
    alpha1: float
    alpha2: float
    beta1: float
    beta2: float
    X: float

    def __post_init__(self) -> None:
        values = [getattr(self, f.name) for f in dataclasses.fields(self)]
        if not all(math.isfinite(v) for v in values) or min(self.R1, self.R2, self.B) <= 0:
            raise ValueError(f"calibration constants are not usable: {values}")


def flir_transmission(c: PlanckConstants, *, distance_m: float, humidity: float, ambient_C: float) -> float:
    """Transmission of the air over the whole distance, FLIR's model in sqrt(distance), clipped to [0, 1].

    `humidity` relative 0..1. One pass over the whole path: halving it and applying it twice, as several
    open tools do, disagrees with FLIR Tools' own export.
    """
    t = ambient_C
    water = humidity * math.exp(1.5587 + 6.939e-2 * t - 2.7816e-4 * t**2 + 6.8455e-7 * t**3)
    root_d, root_w = math.sqrt(distance_m), math.sqrt(water)
    first = c.X * math.exp(-root_d * (c.alpha1 + c.beta1 * root_w))
    return min(1.0, max(0.0, first + (1 - c.X) * math.exp(-root_d * (c.alpha2 + c.beta2 * root_w))))


def flir_counts(c: PlanckConstants, celsius: ArrayLike) -> FloatArray:
    """Raw counts a black body at `celsius` gives with nothing in between; float64, same shape."""
    kelvin = np.asarray(celsius, float) + CELSIUS_ZERO_K
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(c.R1 / (c.R2 * (np.exp(c.B / kelvin) - c.F)) - c.O, float)


def flir_celsius(c: PlanckConstants, p: Radiometry, raw: ArrayLike) -> FloatArray:
    """Object temperature in degrees Celsius from raw counts, float64; NaN where the law has no answer.

    raw = w (tau (e S(T) + (1-e) S(Treflected)) + (1-tau) S(Tair)) + (1-w) S(Twindow), solved for T.
    """
    p = filled(p)
    tau, window = _flir_path(c, p), known(p.window_transmission)
    e = known(p.emissivity)
    reflected, air, glass = (
        known(float(flir_counts(c, known(t)))) for t in (p.reflected_C, p.ambient_C, p.window_C)
    )
    before_glass = (np.asarray(raw, float) - (1 - window) * glass) / window
    counts = ((before_glass - (1 - tau) * air) / tau - (1 - e) * reflected) / e
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        kelvin = c.B / np.log(c.R1 / (c.R2 * (counts + c.O)) + c.F)
    return np.where(np.isfinite(kelvin) & (kelvin > 0), kelvin - CELSIUS_ZERO_K, np.nan)


def _flir_path(c: PlanckConstants, p: Radiometry) -> float:
    tau = flir_transmission(
        c, distance_m=known(p.distance_m), humidity=known(p.humidity), ambient_C=known(p.ambient_C)
    )
    if tau <= 0 or known(p.window_transmission) <= 0 or known(p.emissivity) <= 0:
        raise ValueError("emissivity and transmission must be > 0 to tell a temperature")
    return tau


def known(value: float | None) -> float:
    """The value; raises ValueError when it is missing or not finite."""
    if value is None or not math.isfinite(value):
        raise ValueError(f"radiometric parameter is not a number: {value}")
    return value


@functools.lru_cache(maxsize=16)
def flir_table(c: PlanckConstants, p: Radiometry) -> CelsiusArray:
    """Temperature of every 16 bit raw value, float32 (65536,); made once per set of parameters."""
    table = flir_celsius(c, p, np.arange(RAW_LEVELS)).astype(np.float32)
    table.flags.writeable = False
    return table


def looked_up(table: CelsiusArray, raw: NDArray[np.uint16], *, shift: int = 0) -> CelsiusArray:
    """`table[raw >> shift]` as a fresh float32 array of the shape of `raw` (height, width).

    A few rows at a time: the widened indices then stay in the processor's cache.
    """
    found = np.empty(raw.shape, np.float32)
    rows = max(1, _LOOKUP_VALUES // max(1, raw.shape[1]))
    for top in range(0, raw.shape[0], rows):
        part = raw[top : top + rows]
        np.take(table, part >> shift if shift else part, out=found[top : top + rows], mode="clip")
    return found
