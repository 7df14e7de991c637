"""Means and percentiles of a raster over areas, each pixel counted by the share of it that lies inside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gis.heat import FloatGrid, HeatMap

FloatArray = NDArray[np.float64]

F = TypeVar("F", bound=Callable[..., Any])

BINS = 1024  # of the histogram that brackets a percentile before the exact step


def _compiled(function: F) -> F:
    machine_code: F = njit(cache=True)(function)
    return machine_code


@dataclass(frozen=True, slots=True)
class ZonalStats:
    """Per area: `mean` float64 (n,), `percentiles` float64 (n, k), NaN where nothing is known.

    `known` is the pixels' worth of known temperature inside (float64, fractions counted), `unknown_share` how
    much of the area (0..1) has none: outside the map, masked, or nodata.
    """

    mean: FloatArray
    percentiles: FloatArray
    known: FloatArray
    unknown_share: FloatArray


def zonal_stats(
    heat: HeatMap, areas: Any, percentiles: Sequence[float] = (90.0,), surface: FloatGrid | None = None
) -> ZonalStats:
    """Statistics of a heat map over each polygon of the GeoSeries `areas` (any coordinate system).

    A pixel weighs the exact share of it inside the polygon. A percentile q is the smallest temperature
    that at least q % of the known area does not exceed. `surface` replaces the map's temperatures (roofs
    out).
    """
    values = np.ascontiguousarray(heat.celsius if surface is None else surface, dtype=np.float32)
    shapes = areas.to_crs(heat.crs).to_numpy()
    wanted = np.asarray(percentiles, float)
    if ((wanted < 0) | (wanted > 100)).any():
        raise ValueError(f"percentiles must be in [0, 100], got {list(percentiles)}")
    rows = [_one(heat, values, shape, wanted) for shape in shapes]
    table = np.array(rows, float).reshape(len(rows), 3 + len(wanted))
    return ZonalStats(table[:, 0], table[:, 3:], table[:, 1], table[:, 2])


def _one(heat: HeatMap, values: FloatGrid, shape: Any, wanted: FloatArray) -> FloatArray:
    nothing = np.concatenate([[np.nan, 0.0, 1.0], np.full(len(wanted), np.nan)])
    if shape is None or shape.is_empty or shape.area == 0:
        return nothing
    shape = _sound(shape)
    x, y, starts = _rings(shape, heat)
    size = shape.area / heat.pixel_m**2
    covered, temperature, weight = _gather(values, x, y, starts, size)
    if covered == 0:
        return nothing
    total, heated = _sums(temperature, weight)
    mean = heated / total
    quantiles = _weighted_quantiles(temperature, weight, wanted / 100.0)
    return np.concatenate([[mean, total, max(0.0, 1.0 - total / size)], quantiles])


def cover_fractions(heat: HeatMap, shape: Any) -> FloatArray:
    """Share of every pixel (height, width) that lies inside a polygon; for a look at one area."""
    height, width = heat.celsius.shape
    x, y, starts = _rings(_sound(shape).intersection(_frame(heat)), heat)
    out = np.zeros((height, width + 1))
    _draw(x, y, starts, 0, height, 0, width, out)
    inside: FloatArray = np.cumsum(out, axis=1)[:, :width]
    return np.clip(np.abs(inside), 0.0, 1.0)


def _sound(shape: Any) -> Any:
    """The same ground with rings that neither cross nor touch themselves, as digitised ones may."""
    import shapely

    return shape if shape.is_valid else shapely.make_valid(shape, method="structure", keep_collapsed=False)


def _frame(heat: HeatMap) -> Any:
    import shapely

    return shapely.box(*heat.bounds)


def _rings(shape: Any, heat: HeatMap) -> tuple[FloatArray, FloatArray, NDArray[np.int64]]:
    """Outer rings one way round and holes the other, in pixels (x right, y down) from the grid's corner."""
    import shapely

    parts = shapely.get_parts(shapely.get_parts(shape))  # mending leaves polygons within a collection
    parts = shapely.orient_polygons(parts[shapely.get_type_id(parts) == 3])
    rings = shapely.get_rings(parts)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    starts = np.searchsorted(ring, np.arange(len(rings) + 1)).astype(np.int64)
    x = (points[:, 0] - heat.left_m) / heat.pixel_m
    y = (heat.top_m - points[:, 1]) / heat.pixel_m
    return np.ascontiguousarray(x), np.ascontiguousarray(y), starts


def _gather(
    values: FloatGrid, x: FloatArray, y: FloatArray, starts: NDArray[np.int64], size: float
) -> tuple[int, FloatGrid, FloatGrid]:
    """(how many, temperatures, shares) of the known pixels that a polygon touches."""
    height, width = values.shape
    top, bottom = max(0, int(np.floor(y.min()))), min(height, int(np.ceil(y.max())))
    left, right = max(0, int(np.floor(x.min()))), min(width, int(np.ceil(x.max())))
    if top >= bottom or left >= right:
        return 0, np.zeros(0, np.float32), np.zeros(0, np.float32)
    border = float(np.abs(np.diff(x)).sum() + np.abs(np.diff(y)).sum()) + 3.0 * len(x)
    room = int(min((bottom - top) * (right - left), size + border)) + 1
    temperature, weight = np.empty(room, np.float32), np.empty(room, np.float32)
    found = int(_collect(values, x, y, starts, top, bottom, left, right, temperature, weight))
    return found, temperature[:found], weight[:found]


@_compiled
def _collect(  # pragma: no cover  # compiled
    values: Any,
    x: Any,
    y: Any,
    starts: Any,
    top: int,
    bottom: int,
    left: int,
    right: int,
    temperature: Any,
    weight: Any,
) -> int:
    """Fill `temperature` and `weight` with the known pixels inside; returns how many."""
    band = max(1, min(bottom - top, 2_000_000 // (right - left + 1)))
    found = 0
    for first in range(top, bottom, band):
        last = min(bottom, first + band)
        delta = np.zeros((last - first, right - left + 1))
        _draw(x, y, starts, first, last, left, right, delta)
        for row in range(last - first):
            inside = 0.0
            for column in range(right - left):
                inside += delta[row, column]
                share = min(abs(inside), 1.0)
                if share > 1e-9:
                    value = values[first + row, left + column]
                    if np.isfinite(value) and found < len(weight):
                        temperature[found] = value
                        weight[found] = share
                        found += 1
    return found


@_compiled
def _draw(  # pragma: no cover  # compiled
    x: Any, y: Any, starts: Any, top: int, bottom: int, left: int, right: int, delta: Any
) -> None:
    """Add each edge's area to `delta` (rows, columns + 1), whose running sum along a row is the cover.

    An edge that falls by dy within a pixel column, its middle at x, adds dy * (1 - frac(x)) there and the
    rest, dy * frac(x), to the next: from there on to the right everything is covered by dy more.
    """
    for ring in range(len(starts) - 1):
        for k in range(starts[ring], starts[ring + 1] - 1):
            x0, y0, x1, y1 = x[k], y[k], x[k + 1], y[k + 1]
            sign = 1.0
            if y0 > y1:
                x0, y0, x1, y1, sign = x1, y1, x0, y0, -1.0
            if y0 == y1 or y1 <= top or y0 >= bottom:
                continue
            slope = (x1 - x0) / (y1 - y0)
            start, end = max(y0, float(top)), min(y1, float(bottom))
            row = int(np.floor(start))
            while start < end and row < bottom:
                stop = min(end, row + 1.0)
                _draw_row(
                    x0 + (start - y0) * slope,
                    x0 + (stop - y0) * slope,
                    sign * (stop - start),
                    left,
                    right,
                    delta[row - top],
                )
                start = stop
                row += 1


@_compiled
def _draw_row(  # pragma: no cover  # compiled
    xa: float, xb: float, fall: float, left: int, right: int, line: Any
) -> None:
    """One piece of an edge within one pixel row, from xa to xb, falling by `fall` (signed)."""
    if xb < xa:
        xa, xb = xb, xa
    if xa >= right:
        return
    if xb <= left:
        line[0] += fall
        return
    length = xb - xa
    if length < 1e-12:
        column = int(np.floor(xa))
        beside = xa - column
        line[column - left] += fall * (1.0 - beside)
        line[column - left + 1] += fall * beside
        return
    if xa < left:
        line[0] += fall * (left - xa) / length
    at = max(xa, float(left))
    end = min(xb, float(right))
    column = int(np.floor(at))
    while at < end:
        stop = min(end, column + 1.0)
        part = fall * (stop - at) / length
        beside = (at + stop) / 2.0 - column
        line[column - left] += part * (1.0 - beside)
        line[column - left + 1] += part * beside
        at = stop
        column += 1


def _weighted_quantiles(values: FloatGrid, weights: FloatGrid, shares: FloatArray) -> FloatArray:
    """Smallest values whose running weight reaches each share (0..1) of the total.

    A histogram finds the bin that holds the value; only that bin is sorted.
    """
    low, high = float(values.min()), float(values.max())
    scale = 0.0 if high <= low else (BINS - 1) / (high - low)
    heaped = np.cumsum(_histogram(values, weights, low, scale))
    out = np.empty(len(shares))
    for number, target in enumerate(shares * heaped[-1] * (1.0 - 1e-9)):
        bin_ = int(np.searchsorted(heaped, target))
        some, mass = _in_bin(values, weights, low, scale, bin_)
        order = np.argsort(some)
        below = heaped[bin_ - 1] if bin_ else 0.0
        at = int(np.searchsorted(np.cumsum(mass[order], dtype=float), target - below))
        out[number] = some[order[min(at, len(some) - 1)]]
    return out


@_compiled
def _sums(values: Any, weights: Any) -> tuple[float, float]:  # pragma: no cover  # compiled
    """(sum of weights, weighted sum of values) in float64."""
    total, heated = 0.0, 0.0
    for k in range(len(values)):
        total += weights[k]
        heated += np.float64(weights[k]) * values[k]
    return total, heated


@_compiled
def _histogram(values: Any, weights: Any, low: float, scale: float) -> Any:  # pragma: no cover  # compiled
    heap = np.zeros(BINS)
    for k in range(len(values)):
        heap[int((values[k] - low) * scale)] += weights[k]
    return heap


@_compiled
def _in_bin(  # pragma: no cover  # compiled
    values: Any, weights: Any, low: float, scale: float, bin_: int
) -> Any:
    count = 0
    for k in range(len(values)):
        count += int((values[k] - low) * scale) == bin_
    some, mass = np.empty(count, np.float32), np.empty(count, np.float32)
    count = 0
    for k in range(len(values)):
        if int((values[k] - low) * scale) == bin_:
            some[count], mass[count] = values[k], weights[k]
            count += 1
    return some, mass
