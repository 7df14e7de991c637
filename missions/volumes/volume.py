"""A piece of air for a while, and whether two of them meet."""

import math
from dataclasses import dataclass

import shapely

from core.geo import Datum
from gis.vector import Area

SHARED_DATUMS = frozenset({Datum.GEOID, Datum.ELLIPSOID})
"""Heights that mean the same to everybody; above home or ground would not."""


@dataclass(frozen=True, slots=True)
class Volume4D:
    """An outline with a floor, a ceiling, a beginning and an end (ASTM F3548's Volume4D).

    `outline` in lon/lat degrees; `floor_m` and `ceiling_m` over `datum` (GEOID or ELLIPSOID); `start_s` and
    `end_s` seconds of UTC since 1970.
    """

    outline: Area
    floor_m: float
    ceiling_m: float
    start_s: float
    end_s: float
    datum: Datum = Datum.GEOID

    def __post_init__(self) -> None:
        if self.datum not in SHARED_DATUMS:
            raise ValueError(f"a volume's heights must be over geoid or ellipsoid, got {self.datum.value}")
        if not (math.isfinite(self.floor_m) and math.isfinite(self.ceiling_m)):
            raise ValueError(f"a volume needs finite heights, got {self.floor_m} to {self.ceiling_m} m")
        if not self.floor_m < self.ceiling_m:
            raise ValueError(f"floor {self.floor_m:g} m is not below ceiling {self.ceiling_m:g} m")
        if not (math.isfinite(self.start_s) and math.isfinite(self.end_s) and self.start_s < self.end_s):
            raise ValueError(f"a volume must end after it starts, got {self.start_s} to {self.end_s} s")
        if self.outline.is_empty or not self.outline.is_valid:
            raise ValueError("a volume's outline must be a polygon that does not cross itself")

    def meets(self, other: "Volume4D") -> bool:
        """Whether the two share some air at some time; a common face, edge or moment alone is no meeting."""
        if self.datum is not other.datum:
            raise ValueError(f"heights over {self.datum.value} and {other.datum.value} cannot be compared")
        return (
            self.floor_m < other.ceiling_m
            and other.floor_m < self.ceiling_m
            and self.start_s < other.end_s
            and other.start_s < self.end_s
            and bool(shapely.relate_pattern(self.outline, other.outline, INTERIORS_MEET))
        )


INTERIORS_MEET = "T********"
