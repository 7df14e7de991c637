"""Wind as the weather service says it: a speed and where it comes from."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wind:
    """Horizontal wind: speed in m/s, direction it blows FROM in degrees clockwise from north."""

    speed_ms: float = 0.0
    from_deg: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.speed_ms) and self.speed_ms >= 0.0):
            raise ValueError(f"wind speed must be >= 0 m/s, got {self.speed_ms}")

    @property
    def east_north_ms(self) -> tuple[float, float]:
        """The air's velocity over the ground, (east, north) in m/s."""
        angle = math.radians(self.from_deg)
        return -self.speed_ms * math.sin(angle), -self.speed_ms * math.cos(angle)


CALM = Wind()
