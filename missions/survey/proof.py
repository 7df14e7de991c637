"""An independent proof of a survey: every cell of a fine grid looked up in every photograph.

It uses only the finished plan (shots, items, home) and the camera model, none of the planner's passes.
"""

import math
from collections.abc import Iterable, Sequence

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

CELLS_WANTED = 120_000


def prove_coverage(
    target: Area, shots: Sequence[Shot], camera: Camera, home: LonLat, terrain: Terrain | None = None
) -> Coverage:
    """Count, for each grid cell of `target` (lon/lat), the shots whose image really holds it.

    Shot altitudes are above home or ground; without `terrain` the ground is flat at home's height. The cell
    follows from the area, 0.25-5 m.
    """
    frame = LocalFrame(home)
    area = to_metres(target, frame)
    cell_m = float(np.clip(math.sqrt(area.area / CELLS_WANTED), 0.25, 5.0))
    cells = _cells(area, cell_m)
    ground = _ground(cells, frame, terrain)
    count = np.zeros(len(cells), dtype=np.int32)
    order = np.argsort(cells[:, 0])
    cells, ground = cells[order], ground[order]
    for shot in shots:
        _add(count, cells, ground, shot, camera, frame, terrain)
    return Coverage(float(np.mean(count > 0)), int(count.min()), float(np.median(count)), cell_m)


def _cells(area: Area, cell_m: float) -> FloatArray:
    """Centres (n, 2) of the grid cells inside the area, its corners with them."""
    west, south, east, north = area.bounds
    xs = np.arange(west + cell_m / 2, east, cell_m)
    ys = np.arange(south + cell_m / 2, north, cell_m)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    shapely.prepare(area)
    inside = grid[shapely.contains_xy(area, grid[:, 0], grid[:, 1])]
    found: FloatArray = np.vstack([inside, shapely.get_coordinates(area)])
    return found


def _ground(cells: FloatArray, frame: LocalFrame, terrain: Terrain | None) -> FloatArray:
    """Ground height over home's ground at each cell, metres."""
    if terrain is None:
        return np.zeros(len(cells))
    lonlat = frame.to_lonlat(cells)
    over_home: FloatArray = terrain.heights_m(lonlat[:, 0], lonlat[:, 1]) - terrain.heights_m(
        *frame.origin.xy
    )
    if not np.isfinite(over_home).all():
        raise SkyshadeError("the DEM does not cover the whole area", hint="use one that does")
    return over_home


def _add(
    count: NDArray[np.int32],
    cells: FloatArray,
    ground: FloatArray,
    shot: Shot,
    camera: Camera,
    frame: LocalFrame,
    terrain: Terrain | None,
) -> None:
    east, north = frame.point(shot.lonlat)
    up = _up(shot, (east, north), frame, terrain)
    reach = _reach_m(camera, up - float(ground.min()))
    low, high = np.searchsorted(cells[:, 0], (east - reach, east + reach))
    near = np.flatnonzero(np.abs(cells[low:high, 1] - north) <= reach) + low
    seen = _in_image(cells[near], ground[near], (east, north, up), shot, camera)
    count[near[seen]] += 1


def _up(shot: Shot, xy: tuple[float, float], frame: LocalFrame, terrain: Terrain | None) -> float:
    if shot.altitude.datum is Datum.HOME:
        return shot.altitude.value_m
    if shot.altitude.datum is Datum.GROUND:
        return shot.altitude.value_m + float(_ground(np.array([xy]), frame, terrain)[0])
    raise ValueError(f"shot altitude must be above home or ground, got {shot.altitude.datum.value}")


def _reach_m(camera: Camera, height_m: float) -> float:
    """A distance no footprint of a camera looking down exceeds, lens distortion allowed for."""
    return 1.3 * math.hypot(*camera.footprint_m(max(height_m, 0.1))) / 2.0


def _in_image(
    cells: FloatArray, ground: FloatArray, eye: tuple[float, float, float], shot: Shot, camera: Camera
) -> NDArray[np.bool_]:
    if shot.attitude is None:
        raise ValueError(f"shot {shot.index} has no attitude")
    rays = np.column_stack([cells - eye[:2], ground - eye[2]])
    pixels = camera.project(rays @ shot.attitude.camera_to_enu())
    with np.errstate(invalid="ignore"):
        inside = (np.abs(pixels - (camera.width_px - 1, camera.height_px - 1) * np.array(0.5))) <= (
            camera.width_px / 2,
            camera.height_px / 2,
        )
    return np.asarray(inside.all(axis=-1))


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
