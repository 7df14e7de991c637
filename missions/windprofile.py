"""Wind that grows with height, as a power of the height over home."""

import math
from dataclasses import dataclass

from core.wind import Wind


@dataclass(frozen=True, slots=True)
class WindProfile:
    """`wind` is what blows at `reference_m` over home and above; below it falls off as height ** `exponent`.

    Usual exponents: 0.14 over open water and fields, 0.25 over suburbs, 0.4 in towns; 0.5 up to 60 m is what
    ArduPilot's simulator blows (SIM_WIND_T_ALT).
    """

    wind: Wind
    reference_m: float = 60.0
    exponent: float = 0.25

    def __post_init__(self) -> None:
        if not (math.isfinite(self.reference_m) and self.reference_m > 0):
            raise ValueError(f"reference_m must be > 0, got {self.reference_m}")
        if not 0 <= self.exponent <= 1:
            raise ValueError(f"exponent must be in [0, 1], got {self.exponent}")

    def at(self, up_m: float) -> Wind:
        """The wind at a height over home."""
        share = min(1.0, max(0.0, up_m) / self.reference_m)
        return Wind(self.wind.speed_ms * share**self.exponent, self.wind.from_deg)


def wind_at(wind: Wind | WindProfile, up_m: float) -> Wind:
    """The wind at a height over home; a plain wind blows alike everywhere."""
    return wind.at(up_m) if isinstance(wind, WindProfile) else wind
