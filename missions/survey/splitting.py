"""Ground split where parts of it run in different directions, one cut after the other.

A cut starts at a corner that juts into the ground. Cuts are ranked by the sum of altitudes they save: half
the sum of all edges across a sweep is the length of ground its rows lie side by side on, however often they
are broken (after Huang 2001). The best ranked are then judged by the estimated seconds, each side at its own
angle.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import shapely
from shapely.geometry import Polygon

from core.geo import FloatArray
from gis.vector import Area, as_area
from missions.survey.bands import edges_of, rings_of
from missions.survey.decompose import CELL_S, Cell, cell_of
from missions.survey.lines import Swath
from missions.survey.ordering import sort_rows
from missions.survey.pace import Pace
from missions.survey.scan import fit_angles

PLAIN_ROWS = 0.2  # corners nearer to a straight edge than this share of a row do not matter
COURSES_DEG = np.arange(0.0, 180.0, 5.0)
TRIED_DEG = np.arange(0.0, 180.0, 15.0)
JUDGED = 10
OF_A_CORNER = 2
MOST_PARTS = 8
LEAST_SAVED = -0.5  # rows: the arms of a zigzag are of use only when the next is cut off too
LEAST_GAIN_S = -25.0
PATIENCE = 1  # cuts in a row that gain nothing
TOUCH_M = 0.01


@dataclass(frozen=True, slots=True)
class Cut:
    """A cut from a corner along a unit direction: to the next wall, or the whole line both ways.

    `saved_m` is the altitude it saves.
    """

    saved_m: float
    corner: tuple[float, float]
    towards: tuple[float, float]
    whole: bool


def split(target: Area, swath: Swath, pace: Pace) -> list[list[Cell]]:
    """Layouts with a cut more each, the quickest cut first, as long as cutting gains time.

    A cut that gains nothing is tried too: the next may.
    """
    cells = [_cell(target, swath, pace)]
    found: list[list[Cell]] = []
    offers = {0: _best_split(cells[0], swath, pace)}
    vain = 0
    while len(cells) < MOST_PARTS:
        gains = {k: cells[k].seconds - _seconds(parts) for k, parts in offers.items() if parts}
        best = max(gains, key=lambda k: gains[k], default=None)
        vain = 0 if best is not None and gains[best] > 0.0 else vain + 1
        if best is None or gains[best] < LEAST_GAIN_S or vain > PATIENCE:
            break
        parts = offers[best]
        kept = [k for k in range(len(cells)) if k != best]
        cells = [cells[k] for k in kept] + parts
        offers = {new: offers[old] for new, old in enumerate(kept)}
        offers |= {len(kept) + i: _best_split(part, swath, pace) for i, part in enumerate(parts)}
        found.append(cells)
    return found


def _seconds(parts: Sequence[Cell]) -> float:
    return sum(p.seconds for p in parts) + CELL_S * (len(parts) - 1)


def _cell(ground: Area, swath: Swath, pace: Pace) -> Cell:
    return cell_of(ground, np.unique(np.concatenate([fit_angles(ground, 10), TRIED_DEG])), swath, pace)


def _best_split(cell: Cell, swath: Swath, pace: Pace) -> list[Cell]:
    """The parts that the best cut leaves; none where no cut is worth a look."""
    offers: list[list[Cell]] = []
    parts = list(shapely.get_parts(cell.ground))
    for number, ground in enumerate(parts):
        rest = parts[:number] + parts[number + 1 :]
        for cut in _worth_a_look(cuts(ground, PLAIN_ROWS * swath.line_m), swath):
            pieces = cut_along(ground, cut)
            if len(pieces) > 1:
                offers.append([_cell(p, swath, pace) for p in [*pieces, *rest]])
    return min(offers, key=_seconds, default=[])


def _worth_a_look(found: list[Cut], swath: Swath) -> list[Cut]:
    taken: dict[tuple[float, float], int] = {}
    best: list[Cut] = []
    for cut in sorted(found, key=lambda c: -c.saved_m):
        if cut.saved_m < LEAST_SAVED * swath.line_m or len(best) == JUDGED:
            break
        taken[cut.corner] = taken.get(cut.corner, 0) + 1
        if taken[cut.corner] <= OF_A_CORNER:
            best.append(cut)
    return best


def cut_along(ground: Polygon, cut: Cut) -> list[Polygon]:
    """The pieces of a ground that a cut parts."""
    west, south, east, north = ground.bounds
    far = 2.0 * math.hypot(east - west, north - south) + 1.0
    (x, y), (dx, dy) = cut.corner, cut.towards
    back = far if cut.whole else 1e-3
    line = shapely.LineString([(x - back * dx, y - back * dy), (x + far * dx, y + far * dy)])
    chords = [c for c in shapely.get_parts(ground.intersection(line)) if c.length > 0.0]
    if not cut.whole:
        near = [c for c in chords if c.distance(shapely.Point(x, y)) < TOUCH_M]
        chords = [max(near, key=lambda c: c.length)] if near else []
    grown = [_grown(c, dx, dy) for c in chords]
    faces = shapely.get_parts(
        shapely.polygonize(shapely.get_parts(shapely.union_all([ground.boundary, *grown])))
    )
    inside = [f for f in faces if f.area > 1e-3 and ground.contains(f.representative_point())]
    lost = abs(sum(f.area for f in inside) - ground.area)
    return inside if lost < 1e-4 * ground.area else [ground]


def _grown(chord: shapely.LineString, dx: float, dy: float) -> shapely.LineString:
    """A chord that surely crosses the walls at its ends."""
    (ax, ay), (bx, by) = chord.coords[0], chord.coords[-1]
    grow = 1e-4 if (bx - ax) * dx + (by - ay) * dy >= 0 else -1e-4
    return shapely.LineString([(ax - grow * dx, ay - grow * dy), (bx + grow * dx, by + grow * dy)])


def cuts(ground: Polygon, plain_m: float) -> list[Cut]:
    """Cuts from every jutting corner and what they save; whole lines where there are holes."""
    plain = as_area(ground.simplify(plain_m))
    if plain.is_empty or len(shapely.get_parts(plain)) > 1:
        return []
    corners, holed = _jutting(plain), len(rings_of(plain)) > 1
    if len(corners) == 0:
        return []
    kernel = _lines if holed else _chords
    table = kernel(edges_of(plain), corners[:, :2], corners[:, 2].astype(np.int64), _normals())
    return [Cut(float(s), (float(x), float(y)), (float(u), float(v)), holed) for s, x, y, u, v in table]


def _normals() -> FloatArray:
    turns = np.radians(COURSES_DEG)
    return np.column_stack([np.cos(turns), -np.sin(turns)])


def _jutting(area: Area) -> FloatArray:
    """Corners that jut into the ground: x, y, the number of the edge that leaves it; (n, 3)."""
    found, first = [np.empty((0, 3))], 0
    for ring in rings_of(area):
        here = ring[:-1]
        into, out = here - np.roll(here, 1, axis=0), ring[1:] - here
        bend = into[:, 0] * out[:, 1] - into[:, 1] * out[:, 0]
        reflex = np.flatnonzero(bend < -1e-9)
        found.append(np.column_stack([here[reflex], first + reflex]))
        first += len(here)
    return np.vstack(found)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _altitudes(steps: FloatArray, normals: FloatArray) -> FloatArray:
    """Half of every step across every course, (steps, courses)."""
    out = np.empty((len(steps), len(normals)))
    for k in range(len(steps)):
        for c in range(len(normals)):
            out[k, c] = abs(steps[k, 0] * normals[c, 0] + steps[k, 1] * normals[c, 1]) / 2.0
    return out


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _steps(edges: FloatArray) -> FloatArray:
    """From the start to the end of every edge, (n, 2)."""
    out = np.empty((len(edges), 2))
    for k in range(len(edges)):
        out[k, 0], out[k, 1] = edges[k, 2] - edges[k, 0], edges[k, 3] - edges[k, 1]
    return out


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _towards(edges: FloatArray, x: float, y: float, normals: FloatArray) -> FloatArray:
    """Unit directions to try from a corner: all courses both ways, and to every other corner."""
    count = len(normals)
    out = np.zeros((2 * count + len(edges), 2))
    out[:count], out[count : 2 * count] = normals, -normals
    for k in range(len(edges)):
        dx, dy = edges[k, 0] - x, edges[k, 1] - y
        far = math.hypot(dx, dy)
        if far > 1e-6:
            out[2 * count + k, 0], out[2 * count + k, 1] = dx / far, dy / far
    return out


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _hit(edges: FloatArray, own: int, x: float, y: float, dx: float, dy: float) -> tuple[int, float]:
    """The edge that a ray from the start of edge `own` meets first, and how far away."""
    before = own - 1 if own > 0 else len(edges) - 1
    edge, nearest = -1, np.inf
    for k in range(len(edges)):
        if k in (own, before):
            continue
        ex, ey = edges[k, 2] - edges[k, 0], edges[k, 3] - edges[k, 1]
        across = dx * ey - dy * ex
        if abs(across) < 1e-12:
            continue
        wx, wy = edges[k, 0] - x, edges[k, 1] - y
        far, share = (wx * ey - wy * ex) / across, (wx * dy - wy * dx) / across
        if 1e-6 < far < nearest and -1e-9 <= share <= 1.0 + 1e-9:
            edge, nearest = k, far
    return edge, nearest


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _chords(edges: FloatArray, corners: FloatArray, own: FloatArray, normals: FloatArray) -> FloatArray:
    """Cuts of a ground without holes, from every corner to the next wall: saved, x, y, towards."""
    count = len(edges)
    heights = _altitudes(_steps(edges), normals)
    sums = np.zeros((count + 1, len(normals)))
    for k in range(count):
        sums[k + 1] = sums[k] + heights[k]
    least = sums[count].min()
    out = np.empty((len(corners) * (2 * len(normals) + count), 5))
    size = 0
    for c in range(len(corners)):
        x, y, i = corners[c, 0], corners[c, 1], own[c]
        ways = _towards(edges, x, y, normals)
        before = i - 1 if i > 0 else count - 1
        for w in range(len(ways)):
            dx, dy = ways[w, 0], ways[w, 1]
            into = (edges[before, 2] - edges[before, 0]) * dy - (edges[before, 3] - edges[before, 1]) * dx
            leaving = (edges[i, 2] - edges[i, 0]) * dy - (edges[i, 3] - edges[i, 1]) * dx
            if max(into, leaving) <= 1e-9:
                continue
            j, far = _hit(edges, i, x, y, dx, dy)
            if j < 0:
                continue
            at = np.array([x + far * dx, y + far * dy])
            ends = np.empty((3, 2))
            ends[0], ends[1] = at - edges[j, :2], edges[j, 2:] - at
            ends[2, 0], ends[2, 1] = far * dx, far * dy
            more = _altitudes(ends, normals)
            one = sums[j] - sums[i] if j > i else sums[count] - sums[i] + sums[j]
            other = sums[count] - one - heights[j]
            saved = least - (one + more[0] + more[2]).min() - (other + more[1] + more[2]).min()
            out[size, 0], out[size, 1], out[size, 2], out[size, 3], out[size, 4] = saved, x, y, dx, dy
            size += 1
    return out[:size]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _lines(edges: FloatArray, corners: FloatArray, own: FloatArray, normals: FloatArray) -> FloatArray:
    """Whole lines through every corner along every course and along its own edges."""
    heights, courses = _altitudes(_steps(edges), normals), len(normals)
    total, left, met = np.zeros(courses), np.empty(courses), np.empty((len(edges), 1))
    for k in range(len(edges)):
        for n in range(courses):
            total[n] += heights[k, n]
    out = np.empty((len(corners) * (courses + 1), 5))
    size = 0
    for c in range(len(corners)):
        for w in range(courses + 1):
            if w < courses:
                dx, dy = normals[w, 0], normals[w, 1]
            else:
                dx, dy = edges[own[c], 2] - edges[own[c], 0], edges[own[c], 3] - edges[own[c], 1]
                far = math.hypot(dx, dy)
                dx, dy = dx / far, dy / far
            chord = _left_of(edges, heights, corners[c, 0], corners[c, 1], dx, dy, left, met)
            out[size, 0] = _saved(total, left, normals, dx, dy, chord)
            out[size, 1], out[size, 2], out[size, 3], out[size, 4] = corners[c, 0], corners[c, 1], dx, dy
            size += 1
    return out[:size]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _saved(
    total: FloatArray, left: FloatArray, normals: FloatArray, dx: float, dy: float, chord: float
) -> float:
    """The altitude that a line saves when each side is swept at its own best course."""
    whole, one, two = np.inf, np.inf, np.inf
    for n in range(len(normals)):
        wall = abs(normals[n, 0] * dx + normals[n, 1] * dy) * chord / 2.0
        whole = min(whole, total[n])
        one, two = min(one, left[n] + wall), min(two, total[n] - left[n] + wall)
    return whole - one - two


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _left_of(
    edges: FloatArray,
    heights: FloatArray,
    x: float,
    y: float,
    dx: float,
    dy: float,
    left: FloatArray,
    met: FloatArray,
) -> float:
    """Write the altitudes of all edges left of a line into `left`; the length of the line inside.

    `met` (edges, 1) is room to work in.
    """
    for n in range(len(left)):
        left[n] = 0.0
    count = 0
    for k in range(len(edges)):
        one = dx * (edges[k, 1] - y) - dy * (edges[k, 0] - x)
        two = dx * (edges[k, 3] - y) - dy * (edges[k, 2] - x)
        crossed = (one > 0.0) != (two > 0.0)
        share = one / (one - two) if crossed else 0.0
        if crossed:
            mx = edges[k, 0] + share * (edges[k, 2] - edges[k, 0])
            my = edges[k, 1] + share * (edges[k, 3] - edges[k, 1])
            met[count, 0] = (mx - x) * dx + (my - y) * dy
            count += 1
        part = 1.0
        if crossed:
            part = share if one > 0.0 else 1.0 - share
        elif one <= 0.0:
            continue
        for n in range(len(left)):
            left[n] += heights[k, n] * part
    sort_rows(met, count)
    inside = 0.0
    for k in range(0, count - 1, 2):
        inside += met[k + 1, 0] - met[k, 0]
    return inside if count % 2 == 0 else 0.0
