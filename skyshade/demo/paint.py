"""Painting geometry and natural-looking variation into grids; row 0 is the northern edge."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from skyshade.demo.town import Area

FloatGrid = NDArray[np.float32]
SurfaceGrid = NDArray[np.uint8]
_SHIFT = 4  # binary digits below the pixel that OpenCV's polygon filler takes


@dataclass(frozen=True, slots=True)
class Canvas:
    """The size of the grids: `rows` x `columns` cells of `cell_m`, scene (0, 0) at the bottom left corner."""

    rows: int
    columns: int
    cell_m: float

    def pixels(self, xy_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scene metres (..., 2) to (column, row), where whole numbers are cell centres."""
        column = xy_m[..., 0] / self.cell_m - 0.5
        row = self.rows - xy_m[..., 1] / self.cell_m - 0.5
        return np.stack([column, row], axis=-1)

    def window(self, x_m: float, y_m: float, reach_m: float) -> tuple[slice, slice] | None:
        """Rows and columns within `reach_m` of a place, cut at the edges; None when nothing is left."""
        column, row = self.pixels(np.array([x_m, y_m]))
        reach = int(reach_m / self.cell_m) + 2
        r0, r1 = max(0, int(row) - reach), min(self.rows, int(row) + reach + 1)
        c0, c1 = max(0, int(column) - reach), min(self.columns, int(column) + reach + 1)
        return (slice(r0, r1), slice(c0, c1)) if r0 < r1 and c0 < c1 else None

    def distance_m(self, window: tuple[slice, slice], x_m: float, y_m: float) -> NDArray[np.float64]:
        """Distance of each cell in `window` from a place, in metres."""
        rows, columns = np.ogrid[window]
        column, row = self.pixels(np.array([x_m, y_m]))
        distance: NDArray[np.float64] = np.hypot(rows - row, columns - column) * self.cell_m
        return distance


def fill(grid: NDArray[Any], canvas: Canvas, area: Area, value: float) -> None:
    """Set `grid` to `value` inside `area` (scene metres), in place."""
    import cv2

    for part in getattr(area, "geoms", [area]):
        if isinstance(part, Polygon) and not part.is_empty:
            rings = [part.exterior, *part.interiors]
            points = [canvas.pixels(np.asarray(r.coords)) * (1 << _SHIFT) for r in rings]
            cv2.fillPoly(grid, [np.round(p).astype(np.int32) for p in points], value, shift=_SHIFT)


def mask_of(canvas: Canvas, area: Area) -> NDArray[np.bool_]:
    """Which cells lie in `area`."""
    grid = np.zeros((canvas.rows, canvas.columns), np.uint8)
    fill(grid, canvas, area, 1)
    return grid.view(np.bool_)


def noise(rng: np.random.Generator, canvas: Canvas, scales_m: tuple[float, ...]) -> FloatGrid:
    """Noise with equal strength at each scale: mean 0, standard deviation about 1, float32."""
    import cv2

    total = np.zeros((canvas.rows, canvas.columns), np.float32)
    for scale in scales_m:
        step = max(1.0, scale / canvas.cell_m)
        shape = (int(canvas.rows / step) + 3, int(canvas.columns / step) + 3)
        coarse = rng.standard_normal(shape, np.float32)
        total += cv2.resize(coarse, (canvas.columns, canvas.rows), interpolation=cv2.INTER_CUBIC)
    total *= np.float32(1.25 / np.sqrt(len(scales_m)))
    return total
