"""Reading any vector file or table with places, with the traps of Korean public data handled and listed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFileError
from gis.siting.columns import find_column
from gis.siting.systems import contradiction, likely_crs
from gis.siting.tables import Table, read_csv, repaired
from gis.siting.vectorfile import (
    SHEET_SUFFIXES,
    TEXT_SUFFIXES,
    read_overpass,
    read_records,
    read_sheet,
    read_vector,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Layer", "find_column", "likely_crs", "point_positions", "read_layer", "read_table", "yes_no"]

LON_NAMES = ("경도", "lon", "lng", "long", "longitude", "lot", "lo", "refine_wgs84_logt", "wgs84_lon")
LAT_NAMES = ("위도", "lat", "latitude", "la", "refine_wgs84_lat", "wgs84_lat")
X_NAMES = ("x", "xcord", "x좌표", "x_coord", "좌표정보(x)", "좌표정보x", "x좌표값")
Y_NAMES = ("y", "ycord", "y좌표", "y_coord", "좌표정보(y)", "좌표정보y", "y좌표값")


@dataclass(frozen=True, slots=True)
class Layer:
    """A GeoDataFrame with a known coordinate system, where it came from, and what was repaired.

    Rows without a place are left out of `frame` and counted in `repairs`; `rows` int64 (n,) says which row of
    the file each one is, as a person counts them: features from 1, lines of a table from 2 (1 is the header).
    """

    path: Path
    frame: Any
    repairs: tuple[str, ...] = ()
    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


def read_layer(path: Path, *, crs: str | None = None, layer: str | None = None, osm: str = "points") -> Layer:
    """Read a vector file, a table with coordinates (CSV, XLSX), OpenStreetMap (PBF or Overpass JSON).

    `crs` is used only where the file does not name its coordinate system; `osm` says what of an OpenStreetMap
    file is wanted: points, lines or multipolygons. Raises `BadFileError` when the file
    cannot be read, holds no place, or its coordinate system is not known or cannot be true.
    """
    path = Path(path)
    if not path.exists():
        raise BadFileError(path, "does not exist")
    table, geometry_crs = _read(path, layer, osm)
    frame, repairs = _with_crs(path, table, geometry_crs, crs)
    _refuse_contradiction(path, frame)
    first = 2 if _is_table(path) else 1
    numbered = table.rows or range(first, len(frame) + first)
    return _only_places(path, frame, repairs, np.array(numbered, np.int64))


def read_table(path: Path) -> Table:
    """Read rows without needing places: CSV, a spreadsheet, or the attributes of anything pyogrio reads."""
    path = Path(path)
    if not path.exists():
        raise BadFileError(path, "does not exist")
    if _is_table(path):
        return _table(path)
    frame, notes = read_vector(path, None)
    table = repaired(frame.drop(columns="geometry", errors="ignore"))
    return Table(table.frame, (*notes, *table.repairs))


def _is_table(path: Path) -> bool:
    return path.suffix.lower() in TEXT_SUFFIXES | SHEET_SUFFIXES


def _table(path: Path) -> Table:
    return repaired(read_sheet(path)) if path.suffix.lower() in SHEET_SUFFIXES else read_csv(path)


def _read(path: Path, layer: str | None, osm: str) -> tuple[Table, str | None]:
    if _is_table(path):
        return _placed_table(path, _table(path))
    answer = path.suffix.lower() == ".json"
    found = read_overpass(path) if answer else None
    if answer and found is None and (records := read_records(path)) is not None:
        return _placed_table(path, repaired(records))
    frame, notes = read_vector(path, layer, osm) if found is None else found
    attributes = repaired(frame.drop(columns="geometry"))
    out = frame.copy()
    for name in attributes.frame.columns:
        out[name] = attributes.frame[name]
    return Table(out, (*notes, *attributes.repairs)), None if frame.crs is None else frame.crs.to_string()


def _placed_table(path: Path, table: Table) -> tuple[Table, str | None]:
    """A table's coordinate columns made points; degrees win over metres."""
    degrees = find_column(table.frame.columns, LON_NAMES), find_column(table.frame.columns, LAT_NAMES)
    metres = find_column(table.frame.columns, X_NAMES), find_column(table.frame.columns, Y_NAMES)
    if degrees[0] is not None and degrees[1] is not None and (metres[0] is None or _filled(table, degrees)):
        return _points(table, degrees[0], degrees[1], degrees_known=True), "EPSG:4326"
    if metres[0] is not None and metres[1] is not None:
        placed = _points(table, metres[0], metres[1], degrees_known=False)
        return placed, None
    raise BadFileError(
        path,
        "has no coordinate columns",
        hint=f"name two of them 경도/위도 or lon/lat; it has {', '.join(map(str, table.frame.columns))}",
    )


def _filled(table: Table, columns: Sequence[str | None]) -> bool:
    """Whether any of the columns holds anything: blank degrees give way to metres."""
    return any(name is not None and table.frame[name].notna().any() for name in columns)


def _points(table: Table, x_name: str, y_name: str, *, degrees_known: bool) -> Table:
    import geopandas as gpd
    import pandas as pd

    x = pd.to_numeric(table.frame[x_name], errors="coerce").to_numpy(float)
    y = pd.to_numeric(table.frame[y_name], errors="coerce").to_numpy(float)
    repairs = list(table.repairs)
    if degrees_known and _swapped(x, y):
        x, y = y, x
        repairs.append(f"{x_name} and {y_name} were swapped")
    empty = ~np.isfinite(x) | ~np.isfinite(y) | ((x == 0) & (y == 0))
    points = gpd.points_from_xy(np.where(empty, math.nan, x), np.where(empty, math.nan, y))
    points[empty] = None
    return Table(gpd.GeoDataFrame(table.frame, geometry=points), tuple(repairs), table.rows)


def _swapped(lon: Any, lat: Any) -> bool:
    good = np.isfinite(lon) & np.isfinite(lat) & (lon != 0)
    return bool(
        good.any() and np.all((lat[good] > 124) & (lat[good] < 132) & (lon[good] > 32) & (lon[good] < 39))
    )


def _with_crs(path: Path, table: Table, found: str | None, given: str | None) -> tuple[Any, list[str]]:
    import geopandas as gpd

    frame = gpd.GeoDataFrame(table.frame, geometry="geometry")
    repairs = list(table.repairs)
    if found is None and given is None:
        guess = likely_crs(frame.total_bounds)
        looks = f"its numbers look like {guess}; " if guess else ""
        raise BadFileError(path, "names no coordinate system", hint=f"{looks}say which it is (--crs EPSG:N)")
    if found is None:
        repairs.append(f"no coordinate system in the file, taken as {given}")
    if frame.crs is None:
        frame = frame.set_crs(found or given)
    return frame, repairs


def _refuse_contradiction(path: Path, frame: Any) -> None:
    wrong = None if frame.empty else contradiction(frame.crs, _finite_bounds(frame))
    if wrong is not None:
        raise BadFileError(
            path,
            f"says its coordinates are {wrong.said}, but its numbers look like {wrong.likely}",
            hint="set the layer's coordinate system right (QGIS: Set Layer CRS) and save it again",
        )


def _finite_bounds(frame: Any) -> list[float]:
    bounds = [float(v) for v in frame.total_bounds]
    return bounds if all(map(math.isfinite, bounds)) else [0.0, 0.0, 0.0, 0.0]


def _only_places(path: Path, frame: Any, repairs: list[str], numbered: NDArray[np.int64]) -> Layer:
    placed = (frame.geometry.notna() & ~frame.geometry.is_empty).to_numpy(bool)
    lost = numbered[~placed]
    if lost.size:
        some = ", ".join(str(row) for row in lost[:5]) + (", ..." if lost.size > 5 else "")
        which = f"{'row' if lost.size == 1 else 'rows'} {some}"
        repairs.append(f"{lost.size} of {len(frame)} rows have no place and are left out: {which}")
    if not placed.any():
        raise BadFileError(path, "holds no row with a place")
    kept, mended = _mended(frame[placed])
    if mended.any():
        repairs.append(f"{int(mended.sum())} self-crossing outlines repaired")
    return Layer(path, kept.reset_index(drop=True), tuple(repairs), numbered[placed])


def _mended(frame: Any) -> tuple[Any, NDArray[np.bool_]]:
    """The frame with areas that cross themselves made sound, and which those were."""
    broken = (~frame.geometry.is_valid & frame.geom_type.isin(["Polygon", "MultiPolygon"])).to_numpy(bool)
    if broken.any():
        frame = frame.copy()
        shapes = frame.geometry.make_valid(method="structure", keep_collapsed=False)
        frame.geometry = frame.geometry.where(~broken, shapes)
    return frame, broken


def point_positions(frame: Any, crs: str) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Positions (n, 2) of a layer's rows in `crs`: points as they are, lines and areas by an inner point."""
    shapes = frame.geometry.to_crs(crs)
    inner = shapes.where(shapes.geom_type == "Point", shapes.representative_point())
    return np.column_stack([inner.x.to_numpy(float), inner.y.to_numpy(float)])


def yes_no(values: "pd.Series[Any]") -> list[bool | None]:
    """Y/N, 예/아니오, 유/무, 1/0 as True/False; anything else, above all nothing, is None: unknown."""
    yes, no = (
        {"y", "yes", "예", "유", "true", "1", "1.0", "o"},
        {"n", "no", "아니오", "무", "false", "0", "0.0", "x"},
    )

    def one(value: Any) -> bool | None:
        text = str(value).strip().lower()
        return True if text in yes else False if text in no else None

    return [one(value) for value in values]
