"""Ground cut into cells that are swept each at its own angle.

Cuts run along the sweep through the corners where a row's pieces split or join (Choset's boustrophedon
decomposition); neighbouring cells are then put together again as long as that is flown quicker.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from core.geo import FloatArray
from gis.vector import Area, as_area
from missions.survey.bands import rings_of
from missions.survey.lines import Swath, turned
from missions.survey.pace import Pace
from missions.survey.scan import sweep_seconds

PLAIN_M = 0.2
TOUCH_M = 1.0
CELL_S = 4.0  # every cell more is a way more


@dataclass(frozen=True, slots=True)
class Cell:
    """Ground swept at one angle (clockwise from north) and the seconds that is estimated to take."""

    ground: Area
    angle_deg: float
    seconds: float


def decomposed(target: Area, angle_deg: float) -> list[Polygon]:
    """Cells of `target` between the corners where sweeping at `angle_deg` splits or joins."""
    lying = turned(target, angle_deg)
    cells: list[Polygon] = []
    for part in shapely.get_parts(lying):
        cuts = [_chord(part, x, y) for x, y in _events(part)]
        lines = shapely.union_all([part.boundary, *cuts])
        faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
        inside = [f for f in faces if part.contains(f.representative_point())]
        whole = abs(sum(f.area for f in inside) - part.area) < 1e-3 * part.area
        cells += inside if whole else [part]
    return [p for c in cells for p in shapely.get_parts(turned(c, 180.0 - angle_deg))]


def _events(part: Polygon) -> list[tuple[float, float]]:
    """Corners where the ground lies on both sides of an edge's turning point in y."""
    found = []
    plain = as_area(part.simplify(PLAIN_M))
    for ring in rings_of(plain):
        points = ring[:-1]
        before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
        into, out = points - before, after - points
        reflex = into[:, 0] * out[:, 1] - into[:, 1] * out[:, 0] < -1e-9
        turning = (into[:, 1] * out[:, 1] <= 0.0) & reflex
        found += [(float(x), float(y)) for x, y in points[turning]]
    return found


def _chord(part: Polygon, x: float, y: float) -> BaseGeometry:
    """The longest line along x through a corner that stays inside."""
    west, _, east, _ = part.bounds
    line = shapely.LineString([(west - 1.0, y), (east + 1.0, y)])
    pieces = shapely.get_parts(part.intersection(line))
    near = [p for p in pieces if p.bounds[0] - 1e-6 <= x <= p.bounds[2] + 1e-6 and p.length > 0]
    grown = [shapely.LineString([(p.bounds[0] - 1e-4, y), (p.bounds[2] + 1e-4, y)]) for p in near]
    return shapely.union_all(grown)


def merged(cells: list[Polygon], angles_deg: FloatArray, swath: Swath, pace: Pace) -> Iterator[list[Cell]]:
    """Cells as they are, then with the two put together that gain most by it, and so on until one is left."""
    known = {i: cell_of(c, angles_deg, swath, pace) for i, c in enumerate(cells)}
    pairs = {p: _together(known[p[0]], known[p[1]], angles_deg, swath, pace) for p in _neighbours(known)}
    for number in range(len(cells), 2 * len(cells)):
        yield list(known.values())
        pairs = {p: c for p, c in pairs.items() if c is not None}
        if not pairs:
            return
        gain = {p: known[p[0]].seconds + known[p[1]].seconds - c.seconds for p, c in pairs.items() if c}
        one, two = max(gain, key=lambda p: gain[p])
        made = pairs[one, two]
        assert made is not None  # noqa: S101  # for the type checker: empty pairs were dropped above
        del known[one], known[two]
        pairs = {p: c for p, c in pairs.items() if not {one, two} & set(p)}
        for other in _near(known, made):
            pairs[other, number] = _together(known[other], made, angles_deg, swath, pace)
        known[number] = made


def _neighbours(known: dict[int, Cell]) -> list[tuple[int, int]]:
    """Pairs of cells whose boxes touch."""
    boxes = np.array([c.ground.bounds for c in known.values()])
    west, south, east, north = boxes.T
    apart = (west[:, None] > east[None] + TOUCH_M) | (south[:, None] > north[None] + TOUCH_M)
    return [(int(i), int(k)) for i, k in zip(*np.nonzero(~(apart | apart.T)), strict=True) if i < k]


def _near(known: dict[int, Cell], made: Cell) -> list[int]:
    west, south, east, north = made.ground.bounds
    found = []
    for key, cell in known.items():
        w, s, e, n = cell.ground.bounds
        if w <= east + TOUCH_M and e >= west - TOUCH_M and s <= north + TOUCH_M and n >= south - TOUCH_M:
            found.append(key)
    return found


def cell_of(ground: Area, angles_deg: FloatArray, swath: Swath, pace: Pace) -> Cell:
    """A ground at the quickest of some angles."""
    seconds = sweep_seconds(ground, angles_deg, swath, pace)
    best = int(np.argmin(seconds))
    return Cell(ground, float(angles_deg[best]), float(seconds[best]))


def _together(a: Cell, b: Cell, angles_deg: FloatArray, swath: Swath, pace: Pace) -> Cell | None:
    """Two cells as one, if they share an edge."""
    if not shapely.dwithin(a.ground, b.ground, 1e-3):
        return None
    both = as_area(shapely.union(a.ground, b.ground, grid_size=1e-3))
    if len(shapely.get_parts(both)) != 1:
        return None
    return cell_of(both, angles_deg, swath, pace)
