"""Parts of a line as intervals of the share of its way, and what they have in common."""

from collections.abc import Iterable

import numpy as np

from core.geo import FloatArray

Parts = tuple[tuple[float, float], ...]
"""Intervals of [0, 1], in order and apart; one of no length is a place."""

WHOLE: Parts = ((0.0, 1.0),)


def joined(parts: Iterable[tuple[float, float]]) -> Parts:
    """The union of intervals."""
    out: list[tuple[float, float]] = []
    for low, high in sorted(parts):
        if out and low <= out[-1][1]:
            out[-1] = out[-1][0], max(out[-1][1], high)
        else:
            out.append((low, high))
    return tuple(out)


def common(a: Parts, b: Parts) -> Parts:
    """What lies in both."""
    found = ((max(p[0], q[0]), min(p[1], q[1])) for p in a for q in b)
    return joined((low, high) for low, high in found if low <= high)


def missing(parts: Parts, cover: Parts, slack: float = 1e-9) -> Parts:
    """What of `parts` lies in no interval of `cover`, pieces shorter than `slack` left out."""
    out = []
    for low, high in parts:
        reached, covered_at_all = low, False
        for begin, end in cover:
            if end < low or begin > high:
                continue
            covered_at_all = True
            if begin > reached + slack:
                out.append((reached, begin))
            reached = max(reached, end)
        if high > reached + slack or not covered_at_all:
            out.append((reached, high))
    return tuple(out)


def where_at_most(share: FloatArray, gap: FloatArray) -> Parts:
    """Where a piecewise linear `gap` over `share` (both (n,)) is <= 0."""
    out: list[tuple[float, float]] = []
    good = gap <= 0.0
    for i in np.flatnonzero(good[:-1] | good[1:]).tolist():
        s, e, g, h = (float(v) for v in (share[i], share[i + 1], gap[i], gap[i + 1]))
        zero = s + (e - s) * g / (g - h) if g != h else s
        out.append((s if g <= 0 else zero, e if h <= 0 else zero))
    return joined(out)
