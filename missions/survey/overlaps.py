"""How much neighbouring photographs share: along a strip, and from one strip to the next.

Both are lengths: of the line through two footprints' middles, the part inside both, over the shorter of the
two parts inside each. Two strips are neighbours at a place when they run parallel there, none lies between
them, and the ground between them is wanted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from core.geo import FloatArray
from gis.vector import Area
from missions.survey.rehearsal import Ints, Views

PARALLEL_DEG = 5.0
SAME_LINE = 0.05  # strips nearer than this share of a footprint are one line flown twice
SHARES = (0.0, 0.05, 0.5, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Shares of overlap of all pairs of neighbours: least, 5th, 50th, 95th percentile, greatest."""

    pairs: int
    least: float
    p05: float
    median: float
    p95: float
    most: float

    def as_json(self) -> dict[str, float]:
        """Plain values, rounded."""
        names = ("least", "p05", "median", "p95", "most")
        return {"pairs": self.pairs, **{n: round(float(getattr(self, n)), 4) for n in names}}


def summed_up(shares: FloatArray) -> Overlap | None:
    """The distribution of overlaps; None where there is no pair."""
    if not len(shares):
        return None
    return Overlap(len(shares), *(float(q) for q in np.quantile(shares, SHARES)))


def along_strips(views: Views, outlines: FloatArray) -> FloatArray:
    """Overlap of each photograph with the next of its strip, (pairs,)."""
    first = np.flatnonzero(np.diff(views.strips) == 0)
    apart = np.hypot(*(views.eyes[first + 1, :2] - views.eyes[first, :2]).T)
    first = first[apart > 0.01]
    if not len(first):
        return np.empty(0)
    middles = outlines.mean(axis=1)
    axis = _unit(middles[first + 1] - middles[first])
    ends = [_chord(outlines[i], middles[i], axis, middles[first]) for i in (first, first + 1)]
    return _shared(*ends)


def _unit(vectors: FloatArray) -> FloatArray:
    length = np.hypot(*vectors.T)[:, None]
    unit: FloatArray = vectors / np.where(length > 0, length, 1.0)
    return unit


def _chord(outlines: FloatArray, through: FloatArray, axis: FloatArray, zero: FloatArray) -> FloatArray:
    """Where lines through points cut outlines (n, points, 2): (n, 2) first and last place from `zero`."""
    off = outlines - through[:, None]
    ahead = np.einsum("nkc,nc->nk", off, axis)
    aside = off[..., 1] * axis[:, None, 0] - off[..., 0] * axis[:, None, 1]
    ahead_next, aside_next = np.roll(ahead, -1, axis=1), np.roll(aside, -1, axis=1)
    crossed = (aside <= 0) != (aside_next <= 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        places = ahead + aside / (aside - aside_next) * (ahead_next - ahead)
    places = places + np.einsum("nc,nc->n", through - zero, axis)[:, None]
    first = np.where(crossed, places, np.inf).min(axis=1)
    last = np.where(crossed, places, -np.inf).max(axis=1)
    whole = crossed.any(axis=1)
    return np.stack([np.where(whole, first, 0.0), np.where(whole, last, 0.0)], axis=1)


def _shared(a: FloatArray, b: FloatArray) -> FloatArray:
    both = np.minimum(a[:, 1], b[:, 1]) - np.maximum(a[:, 0], b[:, 0])
    shorter = np.minimum(a[:, 1] - a[:, 0], b[:, 1] - b[:, 0])
    share: FloatArray = both / np.where(shorter > 0, shorter, 1.0)
    return share


@dataclass(frozen=True, slots=True)
class _Line:
    """A straight piece of a strip: its photographs, where it starts and ends, its unit course."""

    shots: Ints
    start: FloatArray
    end: FloatArray
    course: FloatArray


def across_strips(views: Views, outlines: FloatArray, target: Area) -> FloatArray:
    """Overlap of each photograph with the nearest of the neighbouring strip on either side, (pairs,)."""
    middles = outlines.mean(axis=1)
    lines = list(_lines(views, middles))
    if len(lines) < 2:
        return np.empty(0)
    pairs = np.array(
        [pair for number in range(len(lines)) for pair in _neighbours(number, lines, middles, outlines)],
        np.int64,
    ).reshape(-1, 3)
    pairs = pairs[_wanted_between(pairs, middles, lines, outlines, target)]
    if not len(pairs):
        return np.empty(0)
    shot, other, line = pairs.T
    courses = np.array([one.course for one in lines])[line]
    axis = np.stack([-courses[:, 1], courses[:, 0]], axis=1)
    ends = [_chord(outlines[i], middles[i], axis, middles[shot]) for i in (shot, other)]
    return _shared(*ends)


def _lines(views: Views, middles: FloatArray) -> Iterator[_Line]:
    for piece in np.unique(views.pieces):
        shots = np.flatnonzero(views.pieces == piece)
        if len(shots) > 1:
            start, end = middles[shots[0]], middles[shots[-1]]
            length = float(np.hypot(*(end - start)))
            if length > 0.01:
                yield _Line(shots, start, end, (end - start) / length)


def _neighbours(
    number: int, lines: list[_Line], middles: FloatArray, outlines: FloatArray
) -> Iterator[tuple[int, int, int]]:
    """(photograph, photograph beside it, line) for a line's photographs, on its left and on its right."""
    mine = lines[number]
    places = middles[mine.shots]
    size = np.ptp(outlines[mine.shots], axis=1)
    width, half = float(np.hypot(*size.T).max()), float(size.min()) / 2.0
    best: dict[tuple[int, bool], tuple[float, int]] = {}
    for other, theirs in enumerate(lines):
        if other == number or abs(_cross(mine.course, theirs.course)) > np.sin(np.radians(PARALLEL_DEG)):
            continue
        left = float(np.array([-mine.course[1], mine.course[0]]) @ (theirs.start - mine.start))
        if not SAME_LINE * width < abs(left) < width:
            continue
        ends = sorted(
            (float((theirs.start - mine.start) @ mine.course), float((theirs.end - mine.start) @ mine.course))
        )
        along = (places - mine.start) @ mine.course
        for at in np.flatnonzero((along >= ends[0] - half) & (along <= ends[1] + half)):
            key = int(mine.shots[at]), left > 0
            if key not in best or abs(left) < best[key][0]:
                best[key] = abs(left), other
    for (shot, _), (_, other) in best.items():
        theirs = lines[other]
        near = theirs.shots[np.argmin(np.abs((middles[theirs.shots] - middles[shot]) @ mine.course))]
        yield shot, int(near), number


def _cross(a: FloatArray, b: FloatArray) -> float:
    return float(a[0] * b[1] - a[1] * b[0])


def _wanted_between(
    pairs: Ints, middles: FloatArray, lines: list[_Line], outlines: FloatArray, target: Area
) -> NDArray[np.bool_]:
    """Whether all ground between two photographs is wanted and no other strip crosses it."""
    if not len(pairs):
        return np.zeros(0, np.bool_)
    shot, other, line = pairs.T
    courses = np.array([one.course for one in lines])
    side = np.stack([-courses[line, 1], courses[line, 0]], axis=1)
    foot = middles[shot] + np.einsum("nc,nc->n", middles[other] - middles[shot], side)[:, None] * side
    legs = shapely.linestrings(np.stack([middles[shot], foot], axis=1))
    space = target.buffer(0.05)
    shapely.prepare(space)
    wanted: Any = shapely.covers(space, legs)
    tracks: Any = shapely.linestrings([[one.start, one.end] for one in lines])
    reach = float(np.ptp(outlines, axis=1).min()) / 2.0
    leg, crossing = shapely.STRtree(tracks).query(legs, predicate="dwithin", distance=reach)
    slant = np.abs(
        courses[line[leg], 0] * courses[crossing, 1] - courses[line[leg], 1] * courses[crossing, 0]
    )
    wanted[leg[slant > np.sin(np.radians(PARALLEL_DEG))]] = False
    return np.asarray(wanted)
