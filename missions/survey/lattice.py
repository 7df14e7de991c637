"""A fine grid over the ground to be seen, and what photographs hold of it: compiled loops over footprints.

A cell counts when its centre lies inside the area (even-odd rule); the area's edge is looked at besides, so
that no strip along it is missed. The camera's model is written out here once more, apart from the planner's.
"""

import math
from dataclasses import dataclass

import numba
import numpy as np
import shapely
from numpy.typing import NDArray

from core.camera import Camera
from core.errors import SkyshadeError
from core.geo import FloatArray, LocalFrame
from core.shot import CameraAttitude
from gis.terrain import Terrain
from gis.vector import Area
from missions.survey.rehearsal import Views

CELLS_WANTED = 250_000
CELL_M = (0.25, 3.0)
FARTHEST = 12.0  # times the height: how far a camera that sees the horizon counts
ROWS_AT_ONCE = 256
FRAME_POINTS = 5  # a side of the image, for where it meets the ground
Kernel = FloatArray


@dataclass(frozen=True, slots=True)
class Lattice:
    """The ground to be seen, east-north metres: cell (row, column) has its centre at (xs[column], ys[row]).

    `inside` (rows, columns) whether a cell counts; `ground` (rows, columns) float32, height over home's
    ground, NaN = unknown; `edge` (n, 2) points of the area's edge with `edge_ground` (n,).
    """

    xs: FloatArray
    ys: FloatArray
    cell_m: float
    inside: NDArray[np.bool_]
    ground: NDArray[np.float32]
    edge: FloatArray
    edge_ground: FloatArray


@dataclass(frozen=True, slots=True)
class Seen:
    """What photographs hold: `count` (rows, columns) of each cell and `edge_count` (n,) of each edge point;
    `depth_m` (rows, columns) float32, the least distance along the optical axis, infinite where unseen.
    """

    count: NDArray[np.uint16]
    edge_count: NDArray[np.uint16]
    depth_m: NDArray[np.float32]


def make_lattice(area: Area, frame: LocalFrame, terrain: Terrain | None, cell_m: float | None = None) -> Lattice:
    """A grid over `area` (metres of `frame`); raises `SkyshadeError` where the DEM says nothing."""
    cell = cell_m or float(np.clip(math.sqrt(area.area / CELLS_WANTED), *CELL_M))
    west, south, east, north = area.bounds
    xs = np.arange(west + cell / 2, max(east, west + cell), cell)
    ys = np.arange(south + cell / 2, max(north, south + cell), cell)
    inside = np.zeros((len(ys), len(xs)), np.bool_)
    _fill(_walls(area), xs, ys, inside)
    edge = shapely.get_coordinates(shapely.segmentize(area.boundary, max(cell, 0.5)))
    ground, edge_ground = _grid_ground(xs, ys, frame, terrain), ground_m(edge, frame, terrain)
    if not (np.isfinite(ground[inside]).all() and np.isfinite(edge_ground).all()):
        raise SkyshadeError("the DEM does not cover the whole area", hint="use one that does")
    return Lattice(xs, ys, cell, inside, ground, edge, edge_ground)


def _walls(area: Area) -> FloatArray:
    """All edges (n, 4): x, y of both ends."""
    rings = [np.asarray(r.coords)[:, :2] for p in shapely.get_parts(area) for r in (p.exterior, *p.interiors)]
    return np.concatenate([np.hstack([r[:-1], r[1:]]) for r in rings])


def _grid_ground(xs: FloatArray, ys: FloatArray, frame: LocalFrame, terrain: Terrain | None) -> NDArray[np.float32]:
    ground = np.zeros((len(ys), len(xs)), np.float32)
    if terrain is None:
        return ground
    for first in range(0, len(ys), ROWS_AT_ONCE):
        block = np.stack(np.meshgrid(xs, ys[first : first + ROWS_AT_ONCE]), axis=-1)
        ground[first : first + ROWS_AT_ONCE] = ground_m(block, frame, terrain)
    return ground


def ground_m(points: FloatArray, frame: LocalFrame, terrain: Terrain | None) -> FloatArray:
    """Ground height over the frame's origin at points (..., 2), metres; NaN where unknown."""
    if terrain is None:
        return np.zeros(points.shape[:-1])
    lonlat = frame.to_lonlat(points)
    over_sea: FloatArray = terrain.heights_m(lonlat[..., 0], lonlat[..., 1])
    return over_sea - float(terrain.heights_m(*frame.origin.xy))


def look(lattice: Lattice, views: Views, camera: Camera) -> Seen:
    """Count the views that hold each cell and each point of the edge."""
    seen = Seen(
        np.zeros(lattice.inside.shape, np.uint16),
        np.zeros(len(lattice.edge), np.uint16),
        np.full(lattice.inside.shape, np.inf, np.float32),
    )
    turns, eyes, lens = rotations(views), np.ascontiguousarray(views.eyes), lens_of(camera)
    rays = frame_rays(camera)
    origin = np.array([lattice.xs[0], lattice.ys[0], lattice.cell_m])
    _count(eyes, turns, rays, lens, origin, lattice.inside, lattice.ground, seen.count, seen.depth_m)
    _count_points(eyes, turns, lens, lattice.edge, lattice.edge_ground, seen.edge_count)
    return seen


def rotations(views: Views) -> FloatArray:
    """Camera axes to east-north-up for each view, (n, 3, 3)."""
    found = [CameraAttitude(*(float(v) for v in look)).camera_to_enu() for look in views.looks]
    return np.array(found).reshape(-1, 3, 3)


def lens_of(camera: Camera) -> FloatArray:
    """Focal length, principal point, size, k1 k2 p1 p2 k3, and the greatest slope that is in the image."""
    corners = [(x, y) for x in (-0.5, camera.width_px - 0.5) for y in (-0.5, camera.height_px - 0.5)]
    slopes = np.hypot(*camera.rays(corners)[:, :2].T)
    cx, cy = camera.matrix[0, 2], camera.matrix[1, 2]
    size = float(camera.width_px), float(camera.height_px)
    return np.array([camera.focal_px, cx, cy, *size, *camera.distortion, 1.02 * float(slopes.max())])


def frame_rays(camera: Camera) -> FloatArray:
    """Rays through the image's frame in order round it, (4 (FRAME_POINTS - 1), 3)."""
    share = np.linspace(0.0, 1.0, FRAME_POINTS)[:-1]
    w, h = float(camera.width_px), float(camera.height_px)
    top, right = np.stack([share * w, 0 * share], 1), np.stack([0 * share + w, share * h], 1)
    bottom, left = np.stack([w - share * w, 0 * share + h], 1), np.stack([0 * share, h - share * h], 1)
    return camera.rays(np.concatenate([top, right, bottom, left]) - 0.5)


def outlines(lattice: Lattice, views: Views, camera: Camera) -> FloatArray:
    """Where each view's frame meets the ground: (n, points, 2) metres, in order round it."""
    origin = np.array([lattice.xs[0], lattice.ys[0], lattice.cell_m])
    found = np.empty((len(views), 4 * (FRAME_POINTS - 1), 2))
    _outline(np.ascontiguousarray(views.eyes), rotations(views), frame_rays(camera), origin, lattice.ground, found)
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _fill(walls, xs, ys, inside):  # type: ignore[no-untyped-def]  # compiled: types are those of its arguments
    crossings = np.empty(len(walls))
    step = xs[1] - xs[0] if len(xs) > 1 else 1.0
    for row in range(len(ys)):
        found = 0
        for wall in range(len(walls)):
            x1, y1, x2, y2 = walls[wall]
            if (y1 <= ys[row]) != (y2 <= ys[row]):
                crossings[found] = x1 + (ys[row] - y1) / (y2 - y1) * (x2 - x1)
                found += 1
        order = np.sort(crossings[:found])
        for pair in range(0, found - 1, 2):
            first = max(int(math.ceil((order[pair] - xs[0]) / step)), 0)
            last = min(int(math.floor((order[pair + 1] - xs[0]) / step)), len(xs) - 1)
            for column in range(first, last + 1):
                inside[row, column] = True


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _depth(dx, dy, dz, turn, lens):  # type: ignore[no-untyped-def]  # as above
    """The depth of a point in the image, or 0 where it is not in it."""
    z = dx * turn[0, 2] + dy * turn[1, 2] + dz * turn[2, 2]
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
def _window(eye, turn, rays, low, origin, rows, columns):  # type: ignore[no-untyped-def]  # as above
    """First and past-last column and row that a view can reach when the ground is nowhere below `low`."""
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
    c1 = min(max(int(math.floor((west - origin[0]) / origin[2])), 0), columns)
    c2 = min(max(int(math.ceil((east - origin[0]) / origin[2])) + 1, 0), columns)
    r1 = min(max(int(math.floor((south - origin[1]) / origin[2])), 0), rows)
    r2 = min(max(int(math.ceil((north - origin[1]) / origin[2])) + 1, 0), rows)
    return c1, c2, r1, r2


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _lowest(ground, c1, c2, r1, r2, default):  # type: ignore[no-untyped-def]  # as above
    low = np.inf
    for row in range(r1, r2):
        for column in range(c1, c2):
            low = min(low, ground[row, column]) if ground[row, column] == ground[row, column] else low
    return low if low < np.inf else default


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _count(eyes, turns, rays, lens, origin, inside, ground, count, depth):  # type: ignore[no-untyped-def]  # as above
    rows, columns = inside.shape
    lowest = _lowest(ground, 0, columns, 0, rows, 0.0)
    for i in range(len(eyes)):
        c1, c2, r1, r2 = _window(eyes[i], turns[i], rays, lowest, origin, rows, columns)
        low = _lowest(ground, c1, c2, r1, r2, lowest)
        c1, c2, r1, r2 = _window(eyes[i], turns[i], rays, low, origin, rows, columns)
        for row in range(r1, r2):
            dy = origin[1] + row * origin[2] - eyes[i, 1]
            for column in range(c1, c2):
                if not inside[row, column]:
                    continue
                dx = origin[0] + column * origin[2] - eyes[i, 0]
                z = _depth(dx, dy, ground[row, column] - eyes[i, 2], turns[i], lens)
                if z > 0.0:
                    count[row, column] += 1
                    depth[row, column] = min(depth[row, column], z)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _count_points(eyes, turns, lens, points, ground, count):  # type: ignore[no-untyped-def]  # as above
    for i in range(len(eyes)):
        for j in range(len(points)):
            dx, dy = points[j, 0] - eyes[i, 0], points[j, 1] - eyes[i, 1]
            if _depth(dx, dy, ground[j] - eyes[i, 2], turns[i], lens) > 0.0:
                count[j] += 1


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _ground_at(x, y, origin, ground, default):  # type: ignore[no-untyped-def]  # as above
    column = min(max(int(round((x - origin[0]) / origin[2])), 0), ground.shape[1] - 1)
    row = min(max(int(round((y - origin[1]) / origin[2])), 0), ground.shape[0] - 1)
    value = ground[row, column]
    return value if value == value else default


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _outline(eyes, turns, rays, origin, ground, found):  # type: ignore[no-untyped-def]  # as above
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
