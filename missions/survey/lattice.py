"""A fine grid over the ground to be seen, and what photographs hold of it.

A cell counts when its centre lies inside the area (even-odd rule); the area's edge is looked at besides, so
that no strip along it is missed.
"""

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from core.camera import Camera
from core.errors import SkyshadeError
from core.geo import FloatArray, LocalFrame
from gis.terrain import Terrain
from gis.vector import Area
from missions.survey.counting import count_cells
from missions.survey.footprints import count_points, fill_cells, outline
from missions.survey.rehearsal import Views

CELLS_WANTED = 250_000
CELL_M = (0.25, 3.0)
ROWS_AT_ONCE = 256
FRAME_POINTS = 5  # a side of the image, for where it meets the ground


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


def make_lattice(
    area: Area, frame: LocalFrame, terrain: Terrain | None, cell_m: float | None = None
) -> Lattice:
    """A grid over `area` (metres of `frame`); raises `SkyshadeError` where the DEM says nothing."""
    cell = cell_m or float(np.clip(math.sqrt(area.area / CELLS_WANTED), *CELL_M))
    west, south, east, north = area.bounds
    xs = np.arange(west + cell / 2, max(east, west + cell), cell)
    ys = np.arange(south + cell / 2, max(north, south + cell), cell)
    inside = np.zeros((len(ys), len(xs)), np.bool_)
    fill_cells(_walls(area), xs, ys, inside)
    edge = shapely.get_coordinates(shapely.segmentize(area.boundary, max(cell, 0.5)))
    ground, edge_ground = _grid_ground(xs, ys, frame, terrain), ground_m(edge, frame, terrain)
    if not (np.isfinite(ground[inside]).all() and np.isfinite(edge_ground).all()):
        raise SkyshadeError("the DEM does not cover the whole area", hint="use one that does")
    return Lattice(xs, ys, cell, inside, ground, edge, edge_ground)


def _walls(area: Area) -> FloatArray:
    """All edges (n, 4): x, y of both ends."""
    rings = [np.asarray(r.coords)[:, :2] for p in shapely.get_parts(area) for r in (p.exterior, *p.interiors)]
    return np.concatenate([np.hstack([r[:-1], r[1:]]) for r in rings])


def _grid_ground(
    xs: FloatArray, ys: FloatArray, frame: LocalFrame, terrain: Terrain | None
) -> NDArray[np.float32]:
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
    count_cells(eyes, turns, rays, lens, origin, lattice.inside, lattice.ground, seen.count, seen.depth_m)
    count_points(eyes, turns, rays, lens, lattice.edge, lattice.edge_ground, seen.edge_count)
    return seen


def rotations(views: Views) -> FloatArray:
    """Camera axes (x right, y down, z forward) to east-north-up for each view, (n, 3, 3).

    Column by column: where the picture's right, its foot and its middle point, after yaw, pitch and roll.
    """
    yaw, pitch, roll = np.radians(views.looks).T
    middle = np.stack([np.sin(yaw) * np.cos(pitch), np.cos(yaw) * np.cos(pitch), np.sin(pitch)], axis=1)
    level = np.stack([np.cos(yaw), -np.sin(yaw), 0.0 * yaw], axis=1)
    foot = np.cross(middle, level)
    turn, lean = np.cos(roll)[:, None], np.sin(roll)[:, None]
    right, down = turn * level + lean * foot, turn * foot - lean * level
    return np.ascontiguousarray(np.stack([right, down, middle], axis=2))


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
    outline(
        np.ascontiguousarray(views.eyes), rotations(views), frame_rays(camera), origin, lattice.ground, found
    )
    return found
