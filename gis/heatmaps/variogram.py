"""How alike neighbours are: the covariance of a field by distance, fitted, and what it makes of a mean."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray

_RANGES = 40  # ranges that are tried
_CLOSE = 0.3  # how much pairs next to each other count against those a range away


@dataclass(frozen=True, slots=True)
class AreaValues:
    """Known values of an area: `row` and `col` of each cell, and one column a flight in `values` (n, k)."""

    row: NDArray[np.int64]
    col: NDArray[np.int64]
    values: FloatArray


def area_values(change: FloatArray, cells: NDArray[np.bool_]) -> AreaValues:
    """The cells of an area where every flight (last axis of `change`) knows the value."""
    known = cells & np.isfinite(change).all(axis=-1)
    row, col = np.nonzero(known)
    return AreaValues(row.astype(np.int64), col.astype(np.int64), change[known])


@dataclass(frozen=True, slots=True)
class Shells:
    """Pairs of cells by distance: mean `lag_px`, number of ordered `pairs`, sum of their `products` (K^2)."""

    lag_px: FloatArray
    pairs: FloatArray
    products: FloatArray


def shells(area: AreaValues, column: int) -> Shells:
    """All pairs of an area's cells by whole distances, one column less its mean; by Fourier transform."""
    from scipy.fft import irfft2, next_fast_len, rfft2

    row, col = area.row - area.row.min(), area.col - area.col.min()
    shape = int(row.max()) + 1, int(col.max()) + 1
    size = next_fast_len(2 * shape[0]), next_fast_len(2 * shape[1])
    field, known = np.zeros(shape), np.zeros(shape)
    field[row, col] = area.values[:, column] - area.values[:, column].mean()
    known[row, col] = 1.0
    products = irfft2(np.abs(rfft2(field, size)) ** 2, size)
    pairs = np.rint(irfft2(np.abs(rfft2(known, size)) ** 2, size))
    lag = np.hypot(*np.meshgrid(*(np.fft.fftfreq(n, 1.0 / n) for n in size), indexing="ij")).ravel()
    shell = np.rint(lag).astype(int)
    each = np.bincount(shell, minlength=1)
    return Shells(
        np.bincount(shell, lag) / np.maximum(each, 1),
        np.asarray(np.bincount(shell, pairs.ravel()), float),
        np.asarray(np.bincount(shell, products.ravel()), float),
    )


@dataclass(frozen=True, slots=True)
class Variogram:
    """Covariance `sill` * shape(distance / `range_px`), exponential or (`smooth`) Gaussian, K^2.

    `nugget` comes on top at no distance.
    """

    sill: float
    nugget: float
    range_px: float
    smooth: bool

    def likeness(self, lag_px: FloatArray) -> FloatArray:
        """The shape at distances, 1 at none."""
        return _shape(lag_px, self.range_px, smooth=self.smooth)

    @property
    def alike_px(self) -> float:
        """Side of a square of cells that is worth one independent cell."""
        whole = max(self.sill + self.nugget, 1e-12)
        area = (math.pi if self.smooth else 2.0 * math.pi) * self.range_px**2
        return math.sqrt(1.0 + self.sill / whole * area)

    def variance_of_mean(self, area: Shells) -> float:
        """Variance of an area's mean, K^2."""
        cells = math.sqrt(float(area.pairs.sum()))
        alike = float((area.pairs * self.likeness(area.lag_px)).sum())
        return (self.sill * alike + self.nugget * cells) / cells**2


def _shape(lag: FloatArray, reach: float, *, smooth: bool) -> FloatArray:
    return np.asarray(np.exp(-((lag / reach) ** (2 if smooth else 1))), float)


def fitted(areas: Sequence[Shells]) -> Variogram:
    """The variogram of several areas taken together, by least squares; near distances count most.

    A covariance about an area's own mean is too low by the variance of that mean: the fit has it in.
    """
    longest = max(areas, key=lambda a: len(a.lag_px))
    n = len(longest.lag_px)
    pairs, products = (_summed([getattr(a, name) for a in areas], n) for name in ("pairs", "products"))
    far = 2 + int(0.5 * math.sqrt(min(math.sqrt(float(a.pairs.sum())) for a in areas)))
    near = slice(0, min(far, n))
    lag, seen = longest.lag_px, pairs[near] > 0
    data = products[near] / np.maximum(pairs[near], 0.5)
    cells = float(np.mean([math.sqrt(float(a.pairs.sum())) for a in areas]))
    reaches = [float(r) for r in np.geomspace(0.3, 1.5 * far, _RANGES)]
    tries = [
        _try(lag, pairs, data, seen, reach, smooth=smooth, cells=cells)
        for smooth in (False, True)
        for reach in reaches
    ]
    return min(tries, key=lambda t: t[0])[1]


def _summed(columns: Sequence[FloatArray], n: int) -> FloatArray:
    total = np.zeros(n)
    for column in columns:
        total[: len(column)] += column
    return total


def _try(
    lag: FloatArray, pairs: FloatArray, data: FloatArray, seen: NDArray[np.bool_], reach: float,
    *, smooth: bool, cells: float,
) -> tuple[float, Variogram]:  # fmt: skip
    """The best sill and nugget for one range, neither below nothing; how badly they fit."""
    n = len(data)
    shape = _shape(lag, reach, smooth=smooth)
    lost = float((pairs * shape).sum() / pairs.sum())
    spot = np.zeros(n)
    spot[0] = 1.0
    weight: FloatArray = seen / (_CLOSE + lag[:n] / (reach + 1.0))
    columns = np.column_stack([shape[:n] - lost, spot - 1.0 / cells]) * weight[:, None]
    heavy = data * weight
    found = np.linalg.lstsq(columns, heavy, rcond=None)[0]
    if found[1] < 0:
        own = columns[:, 0]
        found = np.array([float(own @ heavy) / max(float(own @ own), 1e-300), 0.0])
    if found[0] < 0:
        found = np.array([0.0, max(float(data[0]), 0.0)])
    off = float(((columns @ found - heavy) ** 2).sum())
    return off, Variogram(float(max(found[0], 0.0)), float(found[1]), float(reach), smooth)
