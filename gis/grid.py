"""A north-up raster grid as a value: where each pixel lies."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from affine import Affine

from core.geo import FloatArray


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of pixels: first row and column, and its size."""

    row: int
    col: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """(rows, columns) to index an array of the whole grid."""
        return slice(self.row, self.row + self.height), slice(self.col, self.col + self.width)


@dataclass(frozen=True, slots=True)
class GeoGrid:
    """A raster's place: CRS as text, affine transform (column, row) to (x, y), shape (rows, columns)."""

    crs: str
    transform: Affine
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        if min(self.shape) <= 0:
            raise ValueError(f"shape must be positive, got {self.shape}")
        if self.transform.is_degenerate:
            raise ValueError(f"transform must be invertible, got {self.transform}")

    @classmethod
    def covering(cls, crs: str, bounds: tuple[float, float, float, float], pixel_m: float) -> "GeoGrid":
        """The smallest north-up grid over (left, bottom, right, top), its lines at multiples of `pixel_m`."""
        if not pixel_m > 0:
            raise ValueError(f"pixel size must be > 0 m, got {pixel_m}")
        left, bottom, right, top = bounds
        col0, row0 = math.floor(left / pixel_m), math.ceil(top / pixel_m)
        cols = max(math.ceil(right / pixel_m) - col0, 1)
        rows = max(row0 - math.floor(bottom / pixel_m), 1)
        transform = Affine(pixel_m, 0.0, col0 * pixel_m, 0.0, -pixel_m, row0 * pixel_m)
        return cls(crs, transform, (rows, cols))

    @property
    def pixel_m(self) -> float:
        """Width of a pixel in CRS units."""
        return float(math.hypot(self.transform.a, self.transform.d))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(left, bottom, right, top) in CRS units."""
        rows, cols = self.shape
        xs, ys = zip(
            *(self.transform @ corner for corner in ((0, 0), (cols, 0), (0, rows), (cols, rows))), strict=True
        )
        return min(xs), min(ys), max(xs), max(ys)

    def windows(self, size: int = 512) -> Iterator[Window]:
        """Square blocks of `size` pixels, row by row; the last ones are smaller."""
        rows, cols = self.shape
        for row in range(0, rows, size):
            for col in range(0, cols, size):
                yield Window(row, col, min(size, rows - row), min(size, cols - col))

    def xy(self, rows: FloatArray, cols: FloatArray) -> FloatArray:
        """Fractional pixel indices, the first centre being (0, 0), to CRS x and y (..., 2)."""
        t = self.transform
        col, row = np.asarray(cols, float) + 0.5, np.asarray(rows, float) + 0.5
        return np.stack([t.a * col + t.b * row + t.c, t.d * col + t.e * row + t.f], axis=-1)

    def row_col(self, xy: FloatArray) -> FloatArray:
        """CRS x and y (..., 2) to fractional (row, column) indices (..., 2)."""
        t = ~self.transform
        x, y = np.asarray(xy, float)[..., 0], np.asarray(xy, float)[..., 1]
        return np.stack([t.d * x + t.e * y + t.f - 0.5, t.a * x + t.b * y + t.c - 0.5], axis=-1)
