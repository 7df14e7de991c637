"""Where within an area its people are: by buildings and their floors, else by paths, else by land."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.siting.demand import Support
from gis.siting.layers import find_column

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FLOOR_AREA_NAMES = ("floor_area_m2", "연면적", "totarea", "a14", "vl_rat_estm_totarea")
FLOORS_NAMES = ("floors", "지상층수", "grnd_flr", "gro_flo_co", "building:levels", "levels", "층수", "a26")
USE_NAMES = ("use", "용도", "주용도", "주용도명", "건축물용도명", "a9", "building", "bdtyp_cd", "usability")
HOME_WORDS = (
    "주택",
    "아파트",
    "빌라",
    "오피스텔",
    "기숙사",
    "residential",
    "apartments",
    "house",
    "dormitory",
)

BY_BUILDINGS, BY_PATHS, BY_LAND = "buildings", "paths", "land"


def spread_areas(
    areas: Any, *, buildings: Any | None = None, paths: Any | None = None, water: Any | None = None,
    step_m: float = 20.0,
) -> Support:  # fmt: skip
    """Support of the polygons of GeoSeries `areas`, in their system (metres).

    With `buildings` (GeoDataFrame of outlines): by floor area where a column gives it, else by outline times
    storeys where known; of dwellings only where a use is named. An area without any building goes by its
    `paths` (GeoDataFrame of lines), one without these by its land (outside `water`), and the notes say so.
    """
    shapes = areas.to_numpy()
    sources: list[tuple[str, FloatArray, FloatArray]] = []
    notes: list[str] = []
    if buildings is not None:
        points, weights, how = building_points(buildings.to_crs(areas.crs))
        sources.append((f"{BY_BUILDINGS} ({how})", points, weights))
    if paths is not None:
        sources.append((BY_PATHS, *path_points(paths.to_crs(areas.crs), step_m)))
    sources.append(
        (BY_LAND, *land_points(shapes, None if water is None else water.to_crs(areas.crs), step_m))
    )
    return _first_that_serves(shapes, sources, notes)


def _first_that_serves(
    shapes: Sequence[Any], sources: Sequence[tuple[str, FloatArray, FloatArray]], notes: list[str]
) -> Support:
    """For each area the first source that has something in it; an inner point when none has."""
    waiting = np.ones(len(shapes), bool)
    parts: list[tuple[FloatArray, IntArray, FloatArray]] = []
    used: list[str] = []
    for name, points, weights in sources:
        owner = owners(shapes, points)
        mine = (owner >= 0) & (weights > 0)
        mine[mine] = waiting[owner[mine]]
        served = np.unique(owner[mine])
        if served.size:
            parts.append((points[mine], owner[mine], weights[mine]))
            used.append(f"{len(served)} by {name}")
            waiting[served] = False
    if waiting.any():
        used.append(f"{int(waiting.sum())} at one inner point")
        parts.append(_inner_points(shapes, np.flatnonzero(waiting)))
    places, owner, weight = (np.concatenate(part) for part in zip(*parts, strict=True))
    total = np.bincount(owner, weights=weight, minlength=len(shapes))
    text = f"people of {len(shapes)} areas are spread within them: {', '.join(used)}"
    return Support(places, owner.astype(np.int64), weight / total[owner], used[0], (*notes, text))


def _inner_points(shapes: Sequence[Any], rows: IntArray) -> tuple[FloatArray, IntArray, FloatArray]:
    import shapely

    inner = shapely.get_coordinates(shapely.point_on_surface(np.asarray(shapes)[rows]))
    return inner, rows.astype(np.int64), np.ones(len(rows))


def owners(shapes: Iterable[Any], points: FloatArray) -> IntArray:
    """The first of the `shapes` that each point (n, 2) lies in, -1 where it lies in none."""
    import shapely

    out = np.full(len(points), -1, np.int64)
    if not len(points):
        return out
    spots: Any = shapely.points(points)
    tree = shapely.STRtree(spots)
    for number, shape in enumerate(shapes):
        shapely.prepare(shape)
        found = tree.query(shape, predicate="intersects")
        out[found[out[found] < 0]] = number
    return out


def building_points(buildings: Any) -> tuple[FloatArray, FloatArray, str]:
    """(inner points (n, 2), floor area or what stands for it (n,), how it was found) of building outlines."""
    import shapely

    use = find_column(buildings.columns, USE_NAMES)
    how = []
    if use is not None:
        homes = buildings[use].map(_is_home).to_numpy(bool)
        if homes.any():
            buildings, how = buildings[homes], ["dwellings"]
    shapes = buildings.geometry.to_numpy()
    points = shapely.get_coordinates(shapely.point_on_surface(shapes))
    outline = shapely.area(shapes)
    area, floors = _column(buildings, FLOOR_AREA_NAMES), _column(buildings, FLOORS_NAMES)
    if area is not None:
        # 0 stands for "not filled in": such a building counts by its outline and storeys
        weights, text = np.where(area > 0, area, outline * _storeys(floors, len(outline))), "floor area"
    elif floors is not None:
        weights, text = outline * _storeys(floors, len(outline)), "outline times storeys"
    else:
        weights, text = outline, "outline"
    return points, np.nan_to_num(weights, nan=0.0), ", ".join([*how, text])


def _is_home(value: Any) -> bool:
    text = str(value).lower()
    return any(word in text for word in HOME_WORDS)


def _column(frame: Any, names: Sequence[str]) -> FloatArray | None:
    import pandas as pd

    found = find_column(frame.columns, names)
    if found is None:
        return None
    numbers = np.asarray(pd.to_numeric(frame[found], errors="coerce"), float)
    return numbers if np.isfinite(numbers).any() else None


def _storeys(floors: FloatArray | None, count: int) -> FloatArray:
    """Storeys, 1 where unknown."""
    return np.ones(count) if floors is None else np.where(floors >= 1, floors, 1.0)


def path_points(paths: Any, step_m: float) -> tuple[FloatArray, FloatArray]:
    """Points about each `step_m` along lines, with the metres each stands for."""
    import shapely

    lines = shapely.get_parts(paths.geometry.to_numpy())
    lines = lines[np.isin(shapely.get_type_id(lines), (1, 2)) & (shapely.length(lines) > 0)]
    length = shapely.length(lines)
    pieces = np.maximum(1, np.ceil(length / step_m)).astype(np.int64)
    line = np.repeat(np.arange(len(lines)), pieces)
    number = np.arange(len(line)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    each = length / pieces
    points = shapely.line_interpolate_point(lines[line], (number + 0.5) * each[line])
    return shapely.get_coordinates(points), each[line]


def land_points(shapes: Sequence[Any], water: Any | None, step_m: float) -> tuple[FloatArray, FloatArray]:
    """A lattice of `step_m` within the shapes and outside `water` (GeoDataFrame or GeoSeries), one each."""
    import shapely

    lattices = [_lattice(shape, step_m) for shape in shapes]
    points = np.unique(np.concatenate([np.zeros((0, 2)), *lattices]), axis=0)
    if water is not None and len(water):
        wet = owners([shapely.union_all(shapely.make_valid(water.geometry.to_numpy()))], points) >= 0
        points = points[~wet]
    return points, np.ones(len(points))


def _lattice(shape: Any, step_m: float) -> FloatArray:
    import shapely

    west, south, east, north = shape.bounds
    x = (np.arange(math.floor(west / step_m), math.ceil(east / step_m)) + 0.5) * step_m
    y = (np.arange(math.floor(south / step_m), math.ceil(north / step_m)) + 0.5) * step_m
    every = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    shapely.prepare(shape)
    return every[shapely.contains_xy(shape, every)]
