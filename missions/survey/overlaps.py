"""How much neighbouring photographs share: along a strip, and from one strip to the next.

Both are lengths: of the line through two footprints' middles, the part inside both, over the shorter of the
two parts inside each. Two strips are neighbours at a place when they run parallel there, none lies between
them, and the ground between them is wanted.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from core.geo import FloatArray
from gis.vector import Area
from missions.survey.neighbours import beside, crossed
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
class _Lines:
    """The straight pieces of strips: where each starts and ends, its unit course (lines, 2); all their
    photographs, line by line, those of line k from `offsets[k]` to `offsets[k + 1]`.
    """

    starts: FloatArray
    ends: FloatArray
    courses: FloatArray
    shots: Ints
    offsets: Ints

    def __len__(self) -> int:
        return len(self.starts)


def across_strips(views: Views, outlines: FloatArray, target: Area) -> FloatArray:
    """Overlap of each photograph with the nearest of the neighbouring strip on either side, (pairs,)."""
    middles = outlines.mean(axis=1)
    lines = _lines(views, middles)
    if len(lines) < 2:
        return np.empty(0)
    slant = float(np.sin(np.radians(PARALLEL_DEG)))
    widths, halves = _sizes(lines, outlines)
    pairs: Ints = beside(
        lines.starts, lines.ends, lines.courses, lines.offsets, lines.shots, middles, widths, halves, slant,
        SAME_LINE,
    )  # fmt: skip
    pairs = pairs[_wanted_between(pairs, middles, lines, outlines, target, slant)]
    if not len(pairs):
        return np.empty(0)
    shot, other, line = pairs.T
    axis = _leftwards(lines.courses[line])
    ends = [_chord(outlines[i], middles[i], axis, middles[shot]) for i in (shot, other)]
    return _shared(*ends)


def _leftwards(courses: FloatArray) -> FloatArray:
    """Unit vectors square to courses, (n, 2)."""
    return np.stack([-courses[:, 1], courses[:, 0]], axis=1)


def _lines(views: Views, middles: FloatArray) -> _Lines:
    """The pieces of two or more photographs that lead anywhere."""
    order = np.argsort(views.pieces, kind="stable")
    _, first, count = np.unique(views.pieces[order], return_index=True, return_counts=True)
    starts, ends = middles[order[first]], middles[order[first + count - 1]]
    steps = ends - starts
    lengths = np.hypot(*steps.T)
    kept = (count > 1) & (lengths > 0.01)
    shots = order[np.repeat(kept, count)]
    courses = steps[kept] / lengths[kept, None]
    offsets = np.concatenate([[0], np.cumsum(count[kept])]).astype(np.int64)
    return _Lines(starts[kept], ends[kept], courses, shots.astype(np.int64), offsets)


def _sizes(lines: _Lines, outlines: FloatArray) -> tuple[FloatArray, FloatArray]:
    """For each line how far its footprints reach at most, and half of the least they do, metres."""
    sizes = np.ptp(outlines[lines.shots], axis=1)
    widths = np.maximum.reduceat(np.hypot(*sizes.T), lines.offsets[:-1])
    return widths, np.minimum.reduceat(sizes.min(axis=1), lines.offsets[:-1]) / 2.0


def _wanted_between(
    pairs: Ints, middles: FloatArray, lines: _Lines, outlines: FloatArray, target: Area, slant: float
) -> NDArray[np.bool_]:
    """Whether all ground between two photographs is wanted and no other strip crosses it."""
    if not len(pairs):
        return np.zeros(0, np.bool_)
    shot, other, line = pairs.T
    side = _leftwards(lines.courses[line])
    foot = middles[shot] + np.einsum("nc,nc->n", middles[other] - middles[shot], side)[:, None] * side
    legs = np.hstack([middles[shot], foot])
    reach = float(np.ptp(outlines, axis=1).min()) / 2.0
    wanted = ~crossed(legs, line, lines.starts, lines.ends, lines.courses, reach, slant)
    space = target.buffer(0.05)
    shapely.prepare(space)
    inside: Any = shapely.covers(space, shapely.linestrings(legs[wanted].reshape(-1, 2, 2)))
    wanted[wanted] = inside
    return np.asarray(wanted, np.bool_)
