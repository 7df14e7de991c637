"""Rows side by side over a piece of ground and the pieces of each that must be photographed.

Everything lies turned so that rows run along x. A row answers for the band between it and half-way to the
next rows. Its pieces begin half a release inside the ground along the row itself; where slanted sides reach
farther within the band, pictures do too, and a piece is lengthened only where they would not. Ground of a
band that the row itself does not cross is left to the next row if that passes it.
"""

import math

import numba
import numpy as np
import shapely

from core.geo import FloatArray
from gis.vector import Area
from missions.survey.ordering import sort_rows

THIN_M = 1e-9
Spacing = tuple[float, float, float, float, float]  # rows, edge, inset, reach, gap flown through
FAR_M = 1e7  # farther than any ground is wide


def rings_of(area: Area) -> list[FloatArray]:
    """All rings as closed rows of corners (n, 2), the inside at their left."""
    turned = [shapely.geometry.polygon.orient(p) for p in shapely.get_parts(area)]
    return [np.asarray(r.coords)[:, :2] for p in turned for r in (p.exterior, *p.interiors)]


def edges_of(area: Area) -> FloatArray:
    """The edges of all rings as x, y, x, y, (n, 4), the inside at their left."""
    return np.vstack([np.empty((0, 4)), *(np.hstack([r[:-1], r[1:]]) for r in rings_of(area))])


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def laid(edges: FloatArray, air: FloatArray, spacing: Spacing) -> FloatArray:
    """Every piece as row, y, x from, x to, and from where to where the air around it goes, (n, 6).

    For callers outside of compiled code only: numba loses what boxes an array if a function is called from
    both.
    """
    low, high = reach_of(edges)
    rows, borders = levels_of(low, high, spacing[0], spacing[1])
    found = pieces(edges, rows, borders, spacing[2], spacing[3])
    out = np.empty((len(found) * (len(air) // 2 + 1), 6))
    size = at = 0
    for r in range(len(rows)):
        first = at
        while at < len(found) and found[at, 0] == r:
            at += 1
        limits = chord(air, rows[r])
        for k in range(len(limits)):
            spans = joined(_within(found[first:at], limits[k, 0], limits[k, 1]), spacing[4])
            for s in range(len(spans)):
                out[size, 0], out[size, 1] = r, rows[r]
                out[size, 2], out[size, 3] = spans[s, 0], spans[s, 1]
                out[size, 4], out[size, 5] = limits[k, 0], limits[k, 1]
                size += 1
    return out[:size]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def reach_of(edges: FloatArray) -> tuple[float, float]:
    """The least and the greatest y of edges."""
    low, high = np.inf, -np.inf
    for k in range(len(edges)):
        low, high = min(low, edges[k, 1], edges[k, 3]), max(high, edges[k, 1], edges[k, 3])
    return low, high


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _within(found: FloatArray, low: float, high: float) -> FloatArray:
    """Where pieces lie in an interval."""
    spans = np.empty((len(found), 2))
    count = 0
    for k in range(len(found)):
        if found[k, 1] <= high and found[k, 2] >= low:
            spans[count, 0], spans[count, 1] = max(found[k, 1], low), min(found[k, 2], high)
            count += 1
    return spans[:count]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def levels_of(low: float, high: float, line_m: float, edge_m: float) -> tuple[FloatArray, FloatArray]:
    """The fewest rows (n,) and the borders of their bands (n + 1,).

    Rows are `line_m` apart at most, the outer ones `edge_m` from the ground's edge at most.
    """
    tall = high - low
    count = max(1, math.ceil((tall - 2.0 * edge_m) / line_m - 1e-9) + 1)
    share = tall / (2.0 * edge_m + (count - 1) * line_m)
    rows, borders = np.empty(count), np.empty(count + 1)
    borders[0], borders[count] = low, high
    for k in range(count):
        rows[k] = low + share * (edge_m + k * line_m)
        if k:
            borders[k] = (rows[k - 1] + rows[k]) / 2.0
    return rows, borders


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def chord(edges: FloatArray, y: float) -> FloatArray:
    """The parts of the line at `y` inside, x from and to (n, 2)."""
    crossings = np.empty((len(edges), 1))
    count = 0
    for k in range(len(edges)):
        if (edges[k, 1] > y) != (edges[k, 3] > y):
            share = (y - edges[k, 1]) / (edges[k, 3] - edges[k, 1])
            crossings[count, 0] = edges[k, 0] + share * (edges[k, 2] - edges[k, 0])
            count += 1
    sort_rows(crossings, count)
    found = np.empty((count // 2, 2))
    for k in range(len(found)):
        found[k, 0], found[k, 1] = crossings[2 * k, 0], crossings[2 * k + 1, 0]
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def extents(edges: FloatArray, low: float, high: float) -> FloatArray:
    """What the ground between two levels covers of x: from and to, in order, apart (n, 2)."""
    cuts, levels = _cuts(edges, low, high)
    found = np.empty((levels * (len(edges) // 2 + 1), 2))
    met = np.empty((len(edges), 3))
    size = 0
    for s in range(levels - 1):
        lower, upper = cuts[s, 0], cuts[s + 1, 0]
        if upper - lower < THIN_M:
            continue
        middle, count = (lower + upper) / 2.0, 0
        for k in range(len(edges)):
            if (edges[k, 1] > middle) != (edges[k, 3] > middle):
                lean = (edges[k, 2] - edges[k, 0]) / (edges[k, 3] - edges[k, 1])
                one = edges[k, 0] + (lower - edges[k, 1]) * lean
                two = edges[k, 0] + (upper - edges[k, 1]) * lean
                met[count, 0], met[count, 1], met[count, 2] = (one + two) / 2.0, min(one, two), max(one, two)
                count += 1
        sort_rows(met, count)
        for k in range(0, count - 1, 2):
            found[size, 0], found[size, 1] = met[k, 1], met[k + 1, 2]
            size += 1
    return joined(found[:size], 0.0)  # type: ignore[no-any-return]  # numba has no types


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _cuts(edges: FloatArray, low: float, high: float) -> tuple[FloatArray, int]:
    """Two levels and those of the corners between them, in order, and how many (n, 1)."""
    cuts = np.empty((len(edges) + 2, 1))
    cuts[0, 0], cuts[1, 0] = low, high
    count = 2
    for k in range(len(edges)):
        if low < edges[k, 1] < high:
            cuts[count, 0] = edges[k, 1]
            count += 1
    sort_rows(cuts, count)
    return cuts, count


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def joined(spans: FloatArray, gap_m: float) -> FloatArray:
    """Spans in order, those no farther apart than `gap_m` as one."""
    out = np.empty((len(spans), 2))
    for k in range(len(spans)):
        out[k, 0], out[k, 1] = spans[k, 0], spans[k, 1]
    sort_rows(out, len(out))
    size = 0
    for k in range(len(out)):
        low, high = out[k, 0], out[k, 1]
        if size and low - out[size - 1, 1] <= gap_m:
            out[size - 1, 1] = max(out[size - 1, 1], high)
        else:
            out[size, 0], out[size, 1] = low, high
            size += 1
    return out[:size]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def pieces(
    edges: FloatArray, rows: FloatArray, borders: FloatArray, inset_m: float, reach_m: float
) -> FloatArray:
    """The pieces of all rows as row, x from, x to, row by row (n, 3).

    `inset_m` is how far inside the ground a piece may begin, `reach_m` how far beyond its ends pictures
    surely reach.
    """
    found = np.empty((2 * len(rows) * (len(edges) + 2), 3))
    spare = np.empty((len(found), 4))
    size = spares = 0
    for r in range(len(rows)):
        near = _between(edges, borders[r], borders[r + 1])
        crossed = chord(near, rows[r])
        for side in range(2):
            spans = extents(near, min(borders[r + side], rows[r]), max(borders[r + side], rows[r]))
            for s in range(len(spans)):
                a, b = spans[s, 0], spans[s, 1]
                low, high = _met(crossed, a, b)
                if low < high:
                    _put(found, size, r, min(low + inset_m, a + reach_m), max(high - inset_m, b - reach_m))
                    size += 1
                else:
                    spare[spares, 0], spare[spares, 1] = r, r - 1 + 2 * side
                    spare[spares, 2], spare[spares, 3] = a, b
                    spares += 1
    crossing = found[:size]
    for k in range(spares):
        a, b = spare[k, 2], spare[k, 3]
        if not _passed(crossing, spare[k, 1], a, b, reach_m):
            _put(found, size, spare[k, 0], a + reach_m, b - reach_m)
            size += 1
    return _in_order(found[:size])  # type: ignore[no-any-return]  # numba has no types


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _between(edges: FloatArray, low: float, high: float) -> FloatArray:
    """The edges that reach between two levels."""
    near = np.empty((len(edges), 4))
    count = 0
    for k in range(len(edges)):
        if min(edges[k, 1], edges[k, 3]) <= high and max(edges[k, 1], edges[k, 3]) >= low:
            for c in range(4):
                near[count, c] = edges[k, c]
            count += 1
    return near[:count]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _met(spans: FloatArray, low: float, high: float) -> tuple[float, float]:
    """From where to where spans go that meet an interval; inside out where none does."""
    first, last = np.inf, -np.inf
    for k in range(len(spans)):
        if spans[k, 0] <= high + THIN_M and spans[k, 1] >= low - THIN_M:
            first, last = min(first, spans[k, 0]), max(last, spans[k, 1])
    return first, last


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _passed(found: FloatArray, row: float, low: float, high: float, reach_m: float) -> bool:
    """Whether a piece of a row goes past all of an interval."""
    for k in range(len(found)):
        if found[k, 0] == row and found[k, 1] - reach_m <= low and found[k, 2] + reach_m >= high:
            return True
    return False


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _put(found: FloatArray, at: int, row: float, low: float, high: float) -> None:
    """Note a piece; one turned inside out as its middle."""
    middle = (low + high) / 2.0
    found[at, 0], found[at, 1], found[at, 2] = row, min(low, middle), max(high, middle)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _in_order(found: FloatArray) -> FloatArray:
    """Pieces row by row; those of a row that meet as one."""
    rows = np.empty((len(found), 4))
    for k in range(len(found)):
        rows[k, 0] = found[k, 0] * FAR_M + found[k, 1]
        rows[k, 1], rows[k, 2], rows[k, 3] = found[k, 0], found[k, 1], found[k, 2]
    sort_rows(rows, len(rows))
    out = np.empty((len(found), 3))
    size = 0
    for k in range(len(rows)):
        row, low, high = rows[k, 1], rows[k, 2], rows[k, 3]
        if size and out[size - 1, 0] == row and low <= out[size - 1, 2]:
            out[size - 1, 2] = max(out[size - 1, 2], high)
        else:
            out[size, 0], out[size, 1], out[size, 2] = row, low, high
            size += 1
    return out[:size]
