"""What sweeping a piece of ground at an angle takes, estimated from chords alone.

Rows and their pieces are those of `lay_passes`, but for the limits of the air. A piece costs its length, its
run-up and run-out, and one turn.
"""

import math

import numba
import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray
from gis.vector import Area
from missions.survey.bands import Spacing, edges_of, joined, levels_of, pieces, reach_of
from missions.survey.lines import Swath
from missions.survey.pace import Pace, Tables, corner_s, ride_s

JUMP_S = 2.0  # a piece that follows no other costs a transit more
FARTHEST = 2.0  # spacings: a good tour has no turns to ends that lie farther apart


def sweep_seconds(area: Area, angles_deg: FloatArray, swath: Swath, pace: Pace) -> FloatArray:
    """Estimated seconds to photograph `area` with passes at each angle (n,).

    `swath.lead_m` is the run-up that there is room for.
    """
    longer = swath.lead_m + swath.tail_m + swath.shot_m / 2.0
    found = _sweeps(edges_of(area), angles_deg, swath.spacing(swath.along_m), longer, pace.tables)
    return np.asarray(found, np.float64)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _sweeps(
    edges: FloatArray, angles: FloatArray, spacing: Spacing, longer_m: float, tables: Tables
) -> FloatArray:
    found = np.empty(len(angles))
    for a in range(len(angles)):
        ahead, back = tables[0][round(angles[a]) % 360], tables[0][round(angles[a] + 180.0) % 360]
        if ahead <= 0.0 or back <= 0.0:
            found[a] = np.inf
            continue
        turn = math.radians(angles[a] - 90.0)
        speed = 2.0 / (1.0 / ahead + 1.0 / back)
        found[a] = _sweep(_turned(edges, turn), spacing, longer_m, speed, tables)
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _turned(edges: FloatArray, turn: float) -> FloatArray:
    cos, sin = math.cos(turn), math.sin(turn)
    out = np.empty((len(edges), 4))
    for k in range(len(edges)):
        for c in (0, 2):
            out[k, c] = edges[k, c] * cos - edges[k, c + 1] * sin
            out[k, c + 1] = edges[k, c] * sin + edges[k, c + 1] * cos
    return out


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _sweep(edges: FloatArray, spacing: Spacing, longer_m: float, speed: float, tables: Tables) -> float:
    line_m, edge_m, inset_m, reach_m, gap_m = spacing
    low, high = reach_of(edges)
    rows, borders = levels_of(low, high, line_m, edge_m)
    step = rows[1] - rows[0] if len(rows) > 1 else line_m
    found = pieces(edges, rows, borders, inset_m, reach_m)
    total, at = 0.0, 0
    before, own = np.empty((0, 2)), np.empty((len(found), 2))
    for row in range(len(rows)):
        first = at
        while at < len(found) and found[at, 0] == row:
            at += 1
        for k in range(first, at):
            own[k - first, 0], own[k - first, 1] = found[k, 1], found[k, 2]
        spans = joined(own[: at - first], gap_m)
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
            shift = min(shift, length, FARTHEST * step)
            side = math.hypot(step, shift)
            cosine = shift / side / 2.0
            total += ride_s(side, speed, tables) - 2.0 * corner_s(length, speed, side, speed, cosine, tables)
        before = spans
    return total


def fit_angles(area: Area, most: int = 12) -> NDArray[np.float64]:
    """Courses along the longest sides of an area, to a tenth of a degree (Huang 2001: a best sweep follows
    one).
    """
    edges = edges_of(area)
    east, north = edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1]
    longest = np.argsort(-np.hypot(east, north), kind="stable")[:most]
    along = np.degrees(np.arctan2(east[longest], north[longest])) % 180.0
    return np.unique(np.round(along, 1) % 180.0)
