"""How sure a temperature is: the camera's noise, the ground's emissivity, the sky, the air. First order.

    signal = tau (e S(T) + (1 - e) S(Tr)) + (1 - tau) S(Ta)

solved for T and differentiated; the parts are independent and add in squares (JCGM 100:2008, 5.1.2).
"""

from dataclasses import dataclass, replace

import numpy as np

from core.geo import FloatArray
from thermal.frame import CelsiusArray, Radiometry
from thermal.laws import Law
from thermal.radiometry import filled, known

_STEP_K = 0.05


@dataclass(frozen=True, slots=True)
class SigmaParams:
    """One standard deviation of each input.

    `netd_K` the camera's noise, `emissivity`, `reflected_K` and `ambient_K` temperatures, `humidity` relative
    0..1, `distance_share` of the distance, `offset_K` the camera's own level (makers state 2 K; 0 where only
    differences count).
    """

    netd_K: float = 0.05
    emissivity: float = 0.02
    reflected_K: float = 5.0
    ambient_K: float = 2.0
    humidity: float = 0.1
    distance_share: float = 0.1
    offset_K: float = 0.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not 0.0 <= value < 1000.0:
                raise ValueError(f"{name} must be in [0, 1000), got {value}")


@dataclass(frozen=True, slots=True)
class SigmaParts:
    """Contributions in kelvin, each float64 of the shape of the temperatures."""

    noise: FloatArray
    emissivity: FloatArray
    reflected: FloatArray
    air: FloatArray
    offset_K: float = 0.0

    @property
    def total(self) -> FloatArray:
        """The root of the sum of squares."""
        squares = self.noise**2 + self.emissivity**2 + self.reflected**2 + self.air**2 + self.offset_K**2
        return np.asarray(np.sqrt(squares), float)


def sigma_parts(
    law: Law, p: Radiometry, celsius: FloatArray, params: SigmaParams | None = None
) -> SigmaParts:
    """One standard deviation of `celsius` (any shape), part by part; NaN where the temperature is NaN."""
    s, p = params or SigmaParams(), filled(p)
    t = np.asarray(celsius, float)
    e = known(p.emissivity)
    sky, air = (np.array(known(v)) for v in (p.reflected_C, p.ambient_C))
    tau = law.transmission(p, t)
    slope = _slope(law, t)
    leaving = e * law.signal(t) + (1 - e) * law.signal(sky)
    apparent = tau * leaving + (1 - tau) * law.signal(air)
    return SigmaParts(
        noise=s.netd_K * _apparent_slope(law, t, apparent) / (tau * e * slope),
        emissivity=np.abs(law.signal(t) - law.signal(sky)) / (e * slope) * s.emissivity,
        reflected=(1 - e) * _slope(law, sky) / (e * slope) * s.reflected_K + 0.0 * t,
        air=_air(law, p, t, s) / (tau * e * slope),
        offset_K=s.offset_K,
    )


def sigma_table(law: Law, p: Radiometry, params: SigmaParams | None = None) -> CelsiusArray:
    """Sigma of every raw value, float32 (levels,), to be looked up like the temperatures."""
    found = sigma_parts(law, p, np.asarray(law.table(p), float), params).total
    return found.astype(np.float32)


def _slope(law: Law, celsius: FloatArray) -> FloatArray:
    """dS/dT."""
    return (law.signal(celsius + _STEP_K) - law.signal(celsius - _STEP_K)) / (2 * _STEP_K)


def _apparent_slope(law: Law, celsius: FloatArray, apparent: FloatArray) -> FloatArray:
    """dS/dT at the temperature of a black body that gives `apparent`: where the detector's noise is stated.

    One Newton step from the object's own temperature; the two are a few kelvin apart.
    """
    off = np.clip((apparent - law.signal(celsius)) / _slope(law, celsius), -60.0, 60.0)
    return _slope(law, celsius + off)


def _air(law: Law, p: Radiometry, celsius: FloatArray, s: SigmaParams) -> FloatArray:
    """Sigma of the signal through the air: its transmission and its own glow."""
    e, air = known(p.emissivity), np.array(known(p.ambient_C))
    tau = law.transmission(p, celsius)
    contrast = (
        e * law.signal(celsius) + (1 - e) * law.signal(np.array(known(p.reflected_C))) - law.signal(air)
    )
    moved = law.transmission_sigma(p, celsius) ** 2
    for name, step in (("distance_m", s.distance_share * known(p.distance_m)), ("humidity", s.humidity)):
        moved = moved + (_shifted(law, p, celsius, name, step) - tau) ** 2
    warmer = _shifted(law, p, celsius, "ambient_C", s.ambient_K) - tau
    glow = (1 - tau) * _slope(law, air) * s.ambient_K + warmer * contrast
    return np.asarray(np.sqrt(moved * contrast**2 + glow**2), float)


def _shifted(law: Law, p: Radiometry, celsius: FloatArray, name: str, step: float) -> FloatArray:
    value = known(getattr(p, name)) + step
    most = 1.0 if name == "humidity" else np.inf
    return law.transmission(replace(p, **{name: min(value, most)}), celsius)
