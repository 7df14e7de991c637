"""An independent proof of a survey: every cell of a fine grid looked up in every photograph.

It uses only the finished plan (shots, items, home) and the camera model, none of the planner's passes.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from core.camera import Camera
from core.errors import SkyshadeError
from core.geo import Datum, FloatArray, LocalFrame, LonLat
from core.shot import Shot
from gis.terrain import Terrain
from gis.vector import Area
from missions.model import Mission
from missions.route import to_metres
from missions.survey.params import Coverage

CELLS_WANTED = 60_000
Eye = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Lattice:
    """The ground to be seen: a grid of cell centres and the points of its edge, east-north metres.

    `xs` (columns,), `ys` (rows,), `inside` (rows, columns) whether a cell counts; `edge` (n, 2). Heights of
    the ground over home: `ground` (rows, columns), `edge_ground` (n,). The proof fills in the counts.
    """

    xs: FloatArray
    ys: FloatArray
    inside: NDArray[np.bool_]
    edge: FloatArray
    ground: FloatArray
    edge_ground: FloatArray
    count: NDArray[np.int32]
    edge_count: NDArray[np.int32]

    def counts(self) -> NDArray[np.int32]:
        """How many photographs hold each counting cell and edge point."""
        return np.concatenate([self.count[self.inside], self.edge_count])


def prove_coverage(
    target: Area, shots: Sequence[Shot], camera: Camera, home: LonLat, terrain: Terrain | None = None
) -> Coverage:
    """Count, for each grid cell of `target` (lon/lat) and each point of its edge, the shots that hold it.

    Shot altitudes are above home or ground; without `terrain` the ground is flat at home's height. The cell
    follows from the area, 0.25-5 m.
    """
    frame = LocalFrame(home)
    area = to_metres(target, frame)
    cell_m = float(np.clip(math.sqrt(area.area / CELLS_WANTED), 0.25, 5.0))
    lattice = _lattice(area, cell_m, frame, terrain)
    for shot, eye in zip(shots, _eyes(shots, frame, terrain), strict=True):
        _look(lattice, shot, eye, camera, cell_m)
    counts = lattice.counts()
    return Coverage(float(np.mean(counts > 0)), int(counts.min()), float(np.median(counts)), cell_m)


def _lattice(area: Area, cell_m: float, frame: LocalFrame, terrain: Terrain | None) -> Lattice:
    west, south, east, north = area.bounds
    xs = np.arange(west + cell_m / 2, east, cell_m)
    ys = np.arange(south + cell_m / 2, north, cell_m)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1)
    shapely.prepare(area)
    inside = np.asarray(shapely.contains_xy(area, grid[..., 0], grid[..., 1]))
    edge = shapely.get_coordinates(shapely.segmentize(area.boundary, cell_m))
    ground, edge_ground = _ground(grid, frame, terrain), _ground(edge, frame, terrain)
    if not (np.isfinite(ground[inside]).all() and np.isfinite(edge_ground).all()):
        raise SkyshadeError("the DEM does not cover the whole area", hint="use one that does")
    count, edge_count = np.zeros(inside.shape, np.int32), np.zeros(len(edge), np.int32)
    return Lattice(xs, ys, inside, edge, ground, edge_ground, count, edge_count)


def _ground(points: FloatArray, frame: LocalFrame, terrain: Terrain | None) -> FloatArray:
    """Ground height over home's ground at points (..., 2), metres; NaN where unknown."""
    if terrain is None:
        return np.zeros(points.shape[:-1])
    lonlat = frame.to_lonlat(points)
    over_home: FloatArray = terrain.heights_m(lonlat[..., 0], lonlat[..., 1])
    return over_home - terrain.heights_m(*frame.origin.xy)


def _eyes(shots: Sequence[Shot], frame: LocalFrame, terrain: Terrain | None) -> list[Eye]:
    """Where each shot looks from: east, north, up over home's ground."""
    lonlat = np.array([s.lonlat.xy for s in shots]).reshape(-1, 2)
    xy = frame.to_local(lonlat[:, 0], lonlat[:, 1])
    ground = _ground(xy, frame, terrain)
    ups = []
    for shot, below in zip(shots, ground, strict=True):
        if shot.altitude.datum not in {Datum.HOME, Datum.GROUND}:
            raise ValueError(f"shot altitude must be above home or ground, got {shot.altitude.datum.value}")
        ups.append(shot.altitude.value_m + (float(below) if shot.altitude.datum is Datum.GROUND else 0.0))
    return [(float(e), float(n), up) for (e, n), up in zip(xy, ups, strict=True)]


def _look(lattice: Lattice, shot: Shot, eye: Eye, camera: Camera, cell_m: float) -> None:
    reach = _reach_m(camera, eye[2] - float(np.nanmin(lattice.ground))) + cell_m
    columns = slice(*np.searchsorted(lattice.xs, (eye[0] - reach, eye[0] + reach)))
    rows = slice(*np.searchsorted(lattice.ys, (eye[1] - reach, eye[1] + reach)))
    cells = np.stack(np.meshgrid(lattice.xs[columns], lattice.ys[rows]), axis=-1)
    lattice.count[rows, columns] += _in_image(cells, lattice.ground[rows, columns], eye, shot, camera)
    near = np.flatnonzero((np.abs(lattice.edge - eye[:2]) <= reach).all(axis=1))
    lattice.edge_count[near] += _in_image(lattice.edge[near], lattice.edge_ground[near], eye, shot, camera)


def _reach_m(camera: Camera, height_m: float) -> float:
    """A distance no footprint of a camera looking down exceeds, lens distortion allowed for."""
    return 1.15 * math.hypot(*camera.footprint_m(max(height_m, 0.1))) / 2.0


def _in_image(
    points: FloatArray, ground: FloatArray, eye: Eye, shot: Shot, camera: Camera
) -> NDArray[np.bool_]:
    """Whether points (..., 2) with ground heights (...,) fall inside the shot's image."""
    if shot.attitude is None:
        raise ValueError(f"shot {shot.index} has no attitude")
    rays = np.concatenate([points - eye[:2], (ground - eye[2])[..., None]], axis=-1)
    pixels = camera.project(rays @ shot.attitude.camera_to_enu())
    x, y = pixels[..., 0], pixels[..., 1]
    with np.errstate(invalid="ignore"):
        across = np.abs(x - (camera.width_px - 1) / 2) <= camera.width_px / 2
        return np.asarray(across & (np.abs(y - (camera.height_px - 1) / 2) <= camera.height_px / 2))


def legs_outside_m(missions: Iterable[Mission], allowed: Area) -> float:
    """Metres of legs, home to last place of every mission, that leave `allowed` (lon/lat)."""
    total = 0.0
    for mission in missions:
        frame = LocalFrame(mission.home.position)
        space = to_metres(allowed, frame).buffer(0.02)
        shapely.prepare(space)
        places = np.array([p.xy for p in mission.places])
        xy = frame.to_local(places[:, 0], places[:, 1])
        legs = np.atleast_1d(np.asarray(shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))))
        out = legs[~shapely.covers(space, legs)]
        total += float(shapely.length(shapely.difference(out, space)).sum())
    return total
