"""What photographs hold of the ground, cell by cell: compiled loops over footprints.

The camera's model is written out here once more, apart from the planner's. `eyes` (n, 3) east, north, up;
`turns` (n, 3, 3) camera axes to east-north-up; `lens` focal length, principal point, size, k1 k2 p1 p2 k3,
the greatest slope in the image; `rays` through the image's frame; `origin` the first cell's centre and size.
"""

import math

import numba
import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray
from missions.survey.ordering import sort_rows

FARTHEST = 12.0  # times the height: how far a camera that sees the horizon counts
Flags = NDArray[np.bool_]
Heights = NDArray[np.float32]
Counts = NDArray[np.uint16]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def fill_cells(walls: FloatArray, xs: FloatArray, ys: FloatArray, inside: Flags) -> None:
    """Mark the cells whose centre lies inside the walls (n, 4), row by row, by the even-odd rule."""
    crossings = np.empty((len(walls), 1))
    step = xs[1] - xs[0] if len(xs) > 1 else 1.0
    for row in range(len(ys)):
        found = 0
        for wall in range(len(walls)):
            x1, y1, x2, y2 = walls[wall, 0], walls[wall, 1], walls[wall, 2], walls[wall, 3]
            if (y1 <= ys[row]) != (y2 <= ys[row]):
                crossings[found, 0] = x1 + (ys[row] - y1) / (y2 - y1) * (x2 - x1)
                found += 1
        sort_rows(crossings, found)
        for pair in range(0, found - 1, 2):
            first = max(math.ceil((crossings[pair, 0] - xs[0]) / step), 0)
            last = min(math.floor((crossings[pair + 1, 0] - xs[0]) / step), len(xs) - 1)
            for column in range(first, last + 1):
                inside[row, column] = True


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _depth(dx: float, dy: float, dz: float, turn: FloatArray, lens: FloatArray) -> float:
    """The depth of a point in the image, or 0 where it is not in it."""
    z: float = dx * turn[0, 2] + dy * turn[1, 2] + dz * turn[2, 2]
    if z <= 0.0:
        return 0.0
    x = (dx * turn[0, 0] + dy * turn[1, 0] + dz * turn[2, 0]) / z
    y = (dx * turn[0, 1] + dy * turn[1, 1] + dz * turn[2, 1]) / z
    r2 = x * x + y * y
    if r2 > lens[10] * lens[10]:
        return 0.0
    k1, k2, p1, p2, k3 = lens[5], lens[6], lens[7], lens[8], lens[9]
    radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
    u = lens[0] * (x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x)) + lens[1]
    v = lens[0] * (y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y) + lens[2]
    if -0.5 <= u <= lens[3] - 0.5 and -0.5 <= v <= lens[4] - 0.5:
        return z
    return 0.0


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _extent(
    eye: FloatArray, turn: FloatArray, rays: FloatArray, low: float
) -> tuple[float, float, float, float]:
    """West, east, south, north that a view can reach when the ground is nowhere below `low`."""
    height = max(eye[2] - low, 0.1)
    west, east, south, north = eye[0], eye[0], eye[1], eye[1]
    for k in range(len(rays)):
        dx = turn[0, 0] * rays[k, 0] + turn[0, 1] * rays[k, 1] + turn[0, 2] * rays[k, 2]
        dy = turn[1, 0] * rays[k, 0] + turn[1, 1] * rays[k, 1] + turn[1, 2] * rays[k, 2]
        dz = turn[2, 0] * rays[k, 0] + turn[2, 1] * rays[k, 1] + turn[2, 2] * rays[k, 2]
        flat = math.sqrt(dx * dx + dy * dy)
        far = FARTHEST * height
        if dz < 0.0:
            far = min(far, 1.05 * height * flat / -dz)
        if flat > 0.0:
            west, east = min(west, eye[0] + far * dx / flat), max(east, eye[0] + far * dx / flat)
            south, north = min(south, eye[1] + far * dy / flat), max(north, eye[1] + far * dy / flat)
    return west, east, south, north


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def window(
    eye: FloatArray,
    turn: FloatArray,
    rays: FloatArray,
    low: float,
    origin: FloatArray,
    rows: int,
    columns: int,
) -> tuple[int, int, int, int]:
    """First and past-last column and row that a view can reach."""
    west, east, south, north = _extent(eye, turn, rays, low)
    c1 = min(max(math.floor((west - origin[0]) / origin[2]), 0), columns)
    c2 = min(max(math.ceil((east - origin[0]) / origin[2]) + 1, 0), columns)
    r1 = min(max(math.floor((south - origin[1]) / origin[2]), 0), rows)
    r2 = min(max(math.ceil((north - origin[1]) / origin[2]) + 1, 0), rows)
    return c1, c2, r1, r2


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def count_points(
    eyes: FloatArray,
    turns: FloatArray,
    rays: FloatArray,
    lens: FloatArray,
    points: FloatArray,
    ground: FloatArray,
    count: Counts,
) -> None:
    """Add to `count` the views that hold each of some points (n, 2)."""
    low = ground.min() if len(ground) else 0.0
    for i in range(len(eyes)):
        west, east, south, north = _extent(eyes[i], turns[i], rays, low)
        for j in range(len(points)):
            if west <= points[j, 0] <= east and south <= points[j, 1] <= north:
                dx, dy = points[j, 0] - eyes[i, 0], points[j, 1] - eyes[i, 1]
                if _depth(dx, dy, ground[j] - eyes[i, 2], turns[i], lens) > 0.0:
                    count[j] += 1


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _ground_at(x: float, y: float, origin: FloatArray, ground: Heights, default: float) -> float:
    column = min(max(round((x - origin[0]) / origin[2]), 0), ground.shape[1] - 1)
    row = min(max(round((y - origin[1]) / origin[2]), 0), ground.shape[0] - 1)
    value = ground[row, column]
    return default if math.isnan(value) else value


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def outline(
    eyes: FloatArray,
    turns: FloatArray,
    rays: FloatArray,
    origin: FloatArray,
    ground: Heights,
    found: FloatArray,
) -> None:
    """Where rays (points, 3) of each view meet the ground, into `found` (n, points, 2)."""
    for i in range(len(eyes)):
        under = _ground_at(eyes[i, 0], eyes[i, 1], origin, ground, 0.0)
        for k in range(len(rays)):
            dx = turns[i, 0, 0] * rays[k, 0] + turns[i, 0, 1] * rays[k, 1] + turns[i, 0, 2] * rays[k, 2]
            dy = turns[i, 1, 0] * rays[k, 0] + turns[i, 1, 1] * rays[k, 1] + turns[i, 1, 2] * rays[k, 2]
            dz = turns[i, 2, 0] * rays[k, 0] + turns[i, 2, 1] * rays[k, 1] + turns[i, 2, 2] * rays[k, 2]
            flat = math.sqrt(dx * dx + dy * dy)
            level, x, y = under, eyes[i, 0], eyes[i, 1]
            for _ in range(6):
                height = max(eyes[i, 2] - level, 0.1)
                far = FARTHEST * height
                if dz < 0.0:
                    far = min(far, height * flat / -dz)
                if flat > 0.0:
                    x, y = eyes[i, 0] + far * dx / flat, eyes[i, 1] + far * dy / flat
                level = 0.5 * (level + _ground_at(x, y, origin, ground, under))
            found[i, k, 0], found[i, k, 1] = x, y
