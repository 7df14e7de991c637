"""What sweeping a piece of ground at an angle takes, estimated from chords alone.

Rows are laid as `lay_passes` lays them; a row's pieces reach as far as the ground does within its band,
judged on three chords. A piece costs its length, its run-up and run-out, and one turn.
"""

import math

import numba
import numpy as np
import shapely
from numpy.typing import NDArray

from core.geo import FloatArray
from gis.vector import Area
from missions.survey.lines import Swath
from missions.survey.pace import Pace, Tables, corner_s, ride_s

CHORDS = 3
JUMP_S = 10.0  # a piece that follows no other costs a transit more


def rings_of(area: Area) -> list[FloatArray]:
    """All rings as closed rows of corners (n, 2), the inside at their left."""
    turned = [shapely.geometry.polygon.orient(p) for p in shapely.get_parts(area)]
    return [np.asarray(r.coords)[:, :2] for p in turned for r in (p.exterior, *p.interiors)]


def edges_of(area: Area) -> FloatArray:
    """The edges of all rings as x, y, x, y, (n, 4), the inside at their left."""
    return np.vstack([np.empty((0, 4)), *(np.hstack([r[:-1], r[1:]]) for r in rings_of(area))])


def sweep_seconds(area: Area, angles_deg: FloatArray, swath: Swath, pace: Pace) -> FloatArray:
    """Estimated seconds to photograph `area` with passes at each angle (n,).

    `swath.lead_m` is the run-up that there is room for.
    """
    longer = swath.lead_m + swath.tail_m + swath.shot_m / 2.0
    found = _sweeps(
        edges_of(area), angles_deg, swath.line_m, swath.slack_m, swath.along_m, longer, pace.tables
    )
    return np.asarray(found, np.float64)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _sweeps(
    edges: FloatArray,
    angles: FloatArray,
    line_m: float,
    slack_m: float,
    gap_m: float,
    longer_m: float,
    tables: Tables,
) -> FloatArray:
    found = np.empty(len(angles))
    for a in range(len(angles)):
        ahead, back = tables[0][round(angles[a]) % 360], tables[0][round(angles[a] + 180.0) % 360]
        if ahead <= 0.0 or back <= 0.0:
            found[a] = np.inf
            continue
        turn = math.radians(angles[a] - 90.0)
        speed = 2.0 / (1.0 / ahead + 1.0 / back)
        found[a] = _sweep(_turned(edges, turn), line_m, slack_m, gap_m, longer_m, speed, tables)
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _turned(edges: FloatArray, turn: float) -> FloatArray:
    cos, sin = math.cos(turn), math.sin(turn)
    out = np.empty_like(edges)
    for k in (0, 2):
        out[:, k] = edges[:, k] * cos - edges[:, k + 1] * sin
        out[:, k + 1] = edges[:, k] * sin + edges[:, k + 1] * cos
    return out


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _sweep(
    edges: FloatArray,
    line_m: float,
    slack_m: float,
    gap_m: float,
    longer_m: float,
    speed: float,
    tables: Tables,
) -> float:
    low = min(edges[:, 1].min(), edges[:, 3].min())
    high = max(edges[:, 1].max(), edges[:, 3].max())
    rows = max(1, math.ceil((high - low) / line_m - 1e-9))
    step = (high - low) / rows
    half = step / 2.0 + slack_m
    total = 0.0
    before = np.empty((0, 2))
    for row in range(rows):
        y = low + step * (row + 0.5)
        spans = _row(edges, y, half, gap_m)
        for s in range(len(spans)):
            shift = np.inf
            for b in range(len(before)):
                if spans[s, 0] <= before[b, 1] and before[b, 0] <= spans[s, 1]:
                    shift = min(
                        shift, (abs(spans[s, 0] - before[b, 0]) + abs(spans[s, 1] - before[b, 1])) / 2.0
                    )
            length = spans[s, 1] - spans[s, 0] + longer_m
            total += ride_s(length, speed, tables)
            if shift == np.inf:
                total += JUMP_S
                continue
            side = math.hypot(step, min(shift, length))
            cosine = min(shift, length) / side / 2.0
            total += ride_s(side, speed, tables) - 2.0 * corner_s(length, speed, side, speed, cosine, tables)
        before = spans
    return total


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _row(edges: FloatArray, y: float, half: float, gap_m: float) -> FloatArray:
    """The pieces of a band as x from, x to."""
    found = np.empty((CHORDS * (len(edges) // 2 + 1), 2))
    size = 0
    crossings = np.empty(len(edges))
    for c in range(CHORDS):
        level = y + half * (2.0 * c / (CHORDS - 1) - 1.0) * 0.999
        count = 0
        for k in range(len(edges)):
            if (edges[k, 1] > level) != (edges[k, 3] > level):
                share = (level - edges[k, 1]) / (edges[k, 3] - edges[k, 1])
                crossings[count] = edges[k, 0] + share * (edges[k, 2] - edges[k, 0])
                count += 1
        crossings[:count].sort()
        for k in range(0, count - 1, 2):
            found[size, 0], found[size, 1] = crossings[k], crossings[k + 1]
            size += 1
    return np.asarray(_joined(found[:size], gap_m))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _joined(spans: FloatArray, gap_m: float) -> FloatArray:
    order = np.argsort(spans[:, 0])
    out = np.empty_like(spans)
    size = 0
    for k in order:
        if size and spans[k, 0] - out[size - 1, 1] <= gap_m:
            out[size - 1, 1] = max(out[size - 1, 1], spans[k, 1])
        else:
            out[size] = spans[k]
            size += 1
    return out[:size]


def fit_angles(area: Area, most: int = 12) -> NDArray[np.float64]:
    """Courses along the longest sides of an area, to a tenth of a degree (Huang 2001: a best sweep follows
    one).
    """
    edges = edges_of(area)
    east, north = edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1]
    longest = np.argsort(-np.hypot(east, north), kind="stable")[:most]
    along = np.degrees(np.arctan2(east[longest], north[longest])) % 180.0
    return np.unique(np.round(along, 1) % 180.0)
