"""Units that people are counted in: squares and hexagons, plain or shifted, and where each cell lies."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

KINDS = ("square", "hexagon")
HEXAGON_SIDE = math.sqrt(2.0 / (3.0 * math.sqrt(3.0)))  # of a hexagon whose area is 1


@dataclass(frozen=True, slots=True)
class Units:
    """One way to cut the ground into cells of `size_m` squared metres each.

    `kind` "square" (of that side, north up) or "hexagon" (of the same area, a corner up); `shift` moves the
    whole grid east and north by that share of `size_m`.
    """

    kind: str = "square"
    size_m: float = 100.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"units must be one of {', '.join(KINDS)}, got {self.kind!r}")
        if not (math.isfinite(self.size_m) and self.size_m > 0):
            raise ValueError(f"size of units must be positive, got {self.size_m}")
        if not 0 <= self.shift < 1:
            raise ValueError(f"shift of units must be in [0, 1), got {self.shift}")

    @property
    def name(self) -> str:
        """Such as `squares of 100 m, shifted by 0.5`."""
        moved = f", shifted by {self.shift:g}" if self.shift else ""
        return f"{self.kind}s of {self.size_m:g} m{moved}"

    def cells(self, places_m: FloatArray) -> IntArray:
        """The cell (n, 2) that each place (n, 2) lies in."""
        scaled = np.asarray(places_m, float).reshape(-1, 2) / self.size_m - self.shift
        return _hexagons(scaled) if self.kind == "hexagon" else np.floor(scaled).astype(np.int64)

    def middles(self, cells: IntArray) -> FloatArray:
        """The middle (n, 2), metres, of each cell (n, 2)."""
        whole = np.asarray(cells, float).reshape(-1, 2)
        if self.kind == "square":
            return (whole + 0.5 + self.shift) * self.size_m
        x = HEXAGON_SIDE * math.sqrt(3.0) * (whole[:, 0] + whole[:, 1] / 2.0)
        return (np.column_stack([x, HEXAGON_SIDE * 1.5 * whole[:, 1]]) + self.shift) * self.size_m

    def outlines(self, cells: IntArray) -> Any:
        """The cells (n, 2) as shapely polygons (n,)."""
        import shapely

        corners = self.middles(cells)[:, None, :] + self._corners()[None, :, :]
        return shapely.polygons(corners)

    def _corners(self) -> FloatArray:
        if self.kind == "square":
            return np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]) * self.size_m
        turn = np.radians(30.0 + 60.0 * np.arange(6))
        return np.column_stack([np.cos(turn), np.sin(turn)]) * HEXAGON_SIDE * self.size_m


def usual_units(size_m: float) -> tuple[Units, ...]:
    """The units to try: squares of a size, of half and of twice it, shifted by half, and hexagons."""
    return (
        Units("square", size_m),
        Units("square", size_m / 2.0),
        Units("square", size_m * 2.0),
        Units("square", size_m, 0.5),
        Units("hexagon", size_m),
    )


def _hexagons(places: FloatArray) -> IntArray:
    """Axial coordinates (q, r) of the hexagons of area 1 that hold the places, by rounding cube coordinates
    and mending the one that was rounded most.
    """
    q = (math.sqrt(3.0) / 3.0 * places[:, 0] - places[:, 1] / 3.0) / HEXAGON_SIDE
    r = (2.0 / 3.0 * places[:, 1]) / HEXAGON_SIDE
    cube = np.column_stack([q, r, -q - r])
    whole = np.round(cube)
    off = np.abs(whole - cube)
    worst = off.argmax(axis=1)
    rest = -whole.sum(axis=1)
    for axis in (0, 1):
        mend = worst == axis
        whole[mend, axis] += rest[mend]
    return whole[:, :2].astype(np.int64)
