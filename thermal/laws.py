"""A camera's law as a value: the signal a black body gives, and what the air lets through.

Readers choose the law; uncertainty and a later change of emissivity work with any of them.
"""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from core.geo import FloatArray
from core.units import CELSIUS_ZERO_K
from thermal.djilaw import MEASURED_TO_M, Air, dji_table, transmission
from thermal.frame import CelsiusArray, Radiometry
from thermal.radiometry import PlanckConstants, filled, flir_counts, flir_table, flir_transmission, known

FLIR_MODEL_SHARE = 0.1
DJI_MODEL = 0.002
NO_TABLE_MODEL = 0.03


class Law(Protocol):
    """How a camera's numbers and temperatures hang together; arrays are float64 of any shape, in Celsius."""

    @property
    def shift(self) -> int:
        """How many low bits of a stored word carry nothing."""
        ...

    def table(self, p: Radiometry) -> CelsiusArray:
        """Temperature of every raw value under parameters `p`, float32 (levels,)."""
        ...

    def signal(self, celsius: FloatArray) -> FloatArray:
        """What a black body at `celsius` gives, in any unit that is linear in radiation."""
        ...

    def transmission(self, p: Radiometry, celsius: FloatArray) -> FloatArray:
        """Share of the signal of an object at `celsius` that comes through the air, 0..1."""
        ...

    def transmission_sigma(self, p: Radiometry, celsius: FloatArray) -> FloatArray:
        """One standard deviation of that share by the model of the air itself, its inputs taken as true."""
        ...


@dataclass(frozen=True, slots=True)
class FlirLaw:
    """Planck's law with a camera's calibration, and FLIR's model of the air."""

    planck: PlanckConstants
    shift: int = 0

    def table(self, p: Radiometry) -> CelsiusArray:
        return flir_table(self.planck, p)

    def signal(self, celsius: FloatArray) -> FloatArray:
        return flir_counts(self.planck, celsius) + self.planck.O

    def transmission(self, p: Radiometry, celsius: FloatArray) -> FloatArray:
        p = filled(p)
        tau = flir_transmission(
            self.planck,
            distance_m=known(p.distance_m),
            humidity=known(p.humidity),
            ambient_C=known(p.ambient_C),
        )
        return np.full(np.shape(celsius), tau)

    def transmission_sigma(self, p: Radiometry, celsius: FloatArray) -> FloatArray:
        """A tenth of what the air takes: models of long-wave transmission differ by about that much."""
        return FLIR_MODEL_SHARE * (1.0 - self.transmission(p, celsius))


@dataclass(frozen=True, slots=True)
class DjiLaw:
    """The fourth power of the temperature, and the transmission table a file carries.

    The maker's decoder ends at 25 m: farther the table is read on as it continues, or with `hold_far` the air
    of 25 m is used, the farthest that was measured.
    """

    air: Air
    hold_far: bool = False
    shift: int = 2

    def table(self, p: Radiometry) -> CelsiusArray:
        return dji_table(self.air, self._held(p))

    def _held(self, p: Radiometry) -> Radiometry:
        far = self.hold_far and p.distance_m is not None and p.distance_m > MEASURED_TO_M
        return replace(p, distance_m=MEASURED_TO_M) if far else p

    def signal(self, celsius: FloatArray) -> FloatArray:
        return np.asarray((np.asarray(celsius, float) + CELSIUS_ZERO_K) ** 4, float)

    def transmission(self, p: Radiometry, celsius: FloatArray) -> FloatArray:
        p = filled(self._held(p))
        return self._at(p, known(p.distance_m), celsius)

    def transmission_sigma(self, p: Radiometry, celsius: FloatArray) -> FloatArray:
        """Small where the maker's decoder was measured; beyond it half of what the law adds on its own."""
        p = filled(p)
        if not self.air.table:
            return np.full(np.shape(celsius), NO_TABLE_MODEL)
        distance_m = known(p.distance_m)
        if distance_m <= MEASURED_TO_M:
            return np.full(np.shape(celsius), DJI_MODEL)
        added = self._at(p, MEASURED_TO_M, celsius) - self._at(p, distance_m, celsius)
        return np.hypot(DJI_MODEL, 0.5 * added)

    def _at(self, p: Radiometry, distance_m: float, celsius: FloatArray) -> FloatArray:
        flat = np.ravel(np.asarray(celsius, float))
        tau = transmission(
            self.air,
            distance_m=distance_m,
            humidity=known(p.humidity),
            ambient_C=known(p.ambient_C),
            object_C=flat,
        )
        return tau.reshape(np.shape(celsius))
