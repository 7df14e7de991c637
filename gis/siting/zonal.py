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
    machine_code: F = njit(cache=True, nogil=True)(function)
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
    heat: HeatMap,
    areas: Any,
    percentiles: Sequence[float] = (90.0,),
    surface: FloatGrid | None = None,
    *,
    threads: int = 2,
) -> ZonalStats:
    """Statistics of a heat map over each polygon of the GeoSeries `areas` (any coordinate system).

    A pixel weighs the exact share of it inside the polygon. Percentiles lie between pixels as numpy's do for
    equal weights: with sorted values, weights w and running sums S, value k (from 0) stands at
    k w_k + (n - 1) S_(k-1) of (n - 1) S_n, and what lies between is interpolated (as exactextract does).
    `surface` replaces the map's temperatures (roofs out).
    """
    from concurrent.futures import ThreadPoolExecutor

    values = np.ascontiguousarray(heat.celsius if surface is None else surface, dtype=np.float32)
    shapes = areas.to_crs(heat.crs).to_numpy()
    wanted = np.asarray(percentiles, float)
    if ((wanted < 0) | (wanted > 100)).any():
        raise ValueError(f"percentiles must be in [0, 100], got {list(percentiles)}")
    with ThreadPoolExecutor(max(1, threads)) as pool:
        rows = list(pool.map(lambda shape: _one(heat, values, shape, wanted), shapes))
    table = np.array(rows, float).reshape(len(rows), 3 + len(wanted))
    return ZonalStats(table[:, 0], table[:, 3:], table[:, 1], table[:, 2])


def _one(heat: HeatMap, values: FloatGrid, shape: Any, wanted: FloatArray) -> FloatArray:
    nothing = np.concatenate([[np.nan, 0.0, 1.0], np.full(len(wanted), np.nan)])
    if shape is None or shape.is_empty or shape.area == 0:
        return nothing
    shape = _sound(shape)
    x, y, starts = _rings(shape, heat)
    size = shape.area / heat.pixel_m**2
    window = _window(x, y, values.shape)
    if window is None:
        return nothing
    total, heated, quantiles = _statistics(values, x, y, starts, *window, _room(x, y, size, window), wanted)
    if total <= 0:
        return nothing
    return np.concatenate([[heated / total, total, max(0.0, 1.0 - total / size)], quantiles])


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


def _window(x: FloatArray, y: FloatArray, shape: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """(top, bottom, left, right) of the pixels a polygon may touch; None off the map."""
    height, width = shape
    top, bottom = max(0, int(np.floor(y.min()))), min(height, int(np.ceil(y.max())))
    left, right = max(0, int(np.floor(x.min()))), min(width, int(np.ceil(x.max())))
    return None if top >= bottom or left >= right else (top, bottom, left, right)


def _room(x: FloatArray, y: FloatArray, size: float, window: tuple[int, int, int, int]) -> int:
    """At most so many pixels does a polygon touch: those inside and those along its border."""
    top, bottom, left, right = window
    border = float(np.abs(np.diff(x)).sum() + np.abs(np.diff(y)).sum()) + 3.0 * len(x)
    return int(min((bottom - top) * (right - left), size + border)) + 1


@_compiled
def _statistics(  # pragma: no cover  # compiled
    values: Any,
    x: Any,
    y: Any,
    starts: Any,
    top: int,
    bottom: int,
    left: int,
    right: int,
    room: int,
    percentiles: Any,
) -> Any:
    """(sum of shares, share-weighted sum of temperatures, percentiles) of a polygon's known pixels."""
    temperature, weight = np.empty(room, np.float32), np.empty(room, np.float32)
    found = _collect(values, x, y, starts, top, bottom, left, right, temperature, weight)
    total, heated = _sums(temperature, weight, found)
    quantiles = np.full(len(percentiles), np.nan)
    if found > 0:
        _quantiles(temperature[:found], weight[:found], percentiles, quantiles)
    return total, heated, quantiles


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


@_compiled
def _sums(values: Any, weights: Any, count: int) -> tuple[float, float]:  # pragma: no cover  # compiled
    """(sum of weights, weighted sum of values) in float64."""
    total, heated = 0.0, 0.0
    for k in range(count):
        total += weights[k]
        heated += np.float64(weights[k]) * values[k]
    return total, heated


@_compiled
def _quantiles(  # pragma: no cover  # compiled
    values: Any, weights: Any, percentiles: Any, out: Any
) -> None:
    """Weighted percentiles: a histogram finds the bin, and only it and its neighbours are sorted."""
    low, high = values[0], values[0]
    for k in range(len(values)):
        low, high = min(low, values[k]), max(high, values[k])
    scale = 0.0 if high <= low else (BINS - 1) / (np.float64(high) - low)
    heap, count = np.zeros(BINS), np.zeros(BINS, np.int64)
    for k in range(len(values)):
        bin_ = int((values[k] - low) * scale)
        heap[bin_] += weights[k]
        count[bin_] += 1
    total = heap.sum()
    for number in range(len(percentiles)):
        share = percentiles[number] / 100.0
        at, heaped = 0, heap[0]
        while at < BINS - 1 and heaped <= share * total:
            at += 1
            heaped += heap[at]
        first, last = at - 1, at + 1
        while first > 0 and count[first] == 0:
            first -= 1
        while last < BINS - 1 and count[last] == 0:
            last += 1
        some, mass = _between(values, weights, low, scale, max(first, 0), min(last, BINS - 1))
        below, under = count[: max(first, 0)].sum(), heap[: max(first, 0)].sum()
        out[number] = _placed(some, mass, below, under, share * total * (len(values) - 1.0), len(values))


@_compiled
def _between(  # pragma: no cover  # compiled
    values: Any, weights: Any, low: float, scale: float, first: int, last: int
) -> Any:
    """Values and weights of the bins from `first` to `last`, sorted."""
    count = 0
    for k in range(len(values)):
        count += first <= int((values[k] - low) * scale) <= last
    some, mass = np.empty(count, np.float32), np.empty(count, np.float32)
    count = 0
    for k in range(len(values)):
        if first <= int((values[k] - low) * scale) <= last:
            some[count], mass[count] = values[k], weights[k]
            count += 1
    order = np.argsort(some)
    return some[order], mass[order]


@_compiled
def _placed(  # pragma: no cover  # compiled
    some: Any, mass: Any, below: int, under: float, target: float, count: int
) -> Any:
    """The value at `target` of (n - 1) S_n, between the two that stand round it."""
    before, stood = np.float64(some[0]), -1.0
    for k in range(len(some)):
        stands = (below + k) * np.float64(mass[k]) + (count - 1.0) * under
        if stands > target and stood >= 0.0:
            return before + (target - stood) * (some[k] - before) / (stands - stood)
        before, stood = np.float64(some[k]), stands
        under += mass[k]
    return before
