"""Another emissivity after the fact: the radiation that was seen stays, its division is done anew."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.geo import FloatArray
from core.units import CELSIUS_ZERO_K
from thermal.frame import CelsiusArray
from thermal.laws import Law


@dataclass(frozen=True, slots=True)
class FourthPower:
    """The signal of a camera that sees all wavelengths: for maps, whose camera's own law is not at hand."""

    def signal(self, celsius: ArrayLike) -> FloatArray:
        return np.asarray((np.asarray(celsius, float) + CELSIUS_ZERO_K) ** 4, float)


def with_emissivity(
    celsius: CelsiusArray,
    *,
    was: float,
    now: ArrayLike,
    reflected_C: float,
    law: Law | FourthPower | None = None,
) -> CelsiusArray:
    """Temperatures for emissivity `now` (a number or an array of the same shape) in place of `was`.

    e S(T) + (1 - e) S(Tr) stays the same. float32 of the same shape; NaN where `now` is NaN or not in
    (0, 1], or where no temperature gives what was seen.
    """
    if not 0.0 < was <= 1.0:
        raise ValueError(f"emissivity must be in (0, 1], got {was}")
    chosen: Law | FourthPower = law or FourthPower()
    e = np.broadcast_to(np.asarray(now, float), celsius.shape)
    e = np.where((e > 0.0) & (e <= 1.0), e, np.nan)
    sky = chosen.signal(np.array(reflected_C))
    wanted = (was * chosen.signal(np.asarray(celsius, float)) + (e - was) * sky) / e
    return _inverse(chosen, wanted, celsius).astype(np.float32)


def _inverse(law: Law | FourthPower, wanted: FloatArray, near: CelsiusArray) -> FloatArray:
    """The temperature whose signal is `wanted`, read off a fine table of the law."""
    low = max(-150.0, float(np.nanmin(near, initial=0.0)) - 200.0)
    grid = np.arange(low, float(np.nanmax(near, initial=0.0)) + 700.0, 0.05)
    signals = law.signal(grid)
    found = np.interp(wanted, signals, grid, left=np.nan, right=np.nan)
    return np.where(np.isfinite(wanted), found, np.nan)
