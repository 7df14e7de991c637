"""Reading any vector file or table with places, with the traps of Korean public data handled and listed."""

import json
import math
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import BadFileError
from gis.siting.tables import Table, read_csv, repaired

if TYPE_CHECKING:
    import pandas as pd

LON_NAMES = ("경도", "lon", "lng", "long", "longitude", "lot", "lo", "refine_wgs84_logt", "wgs84_lon")
LAT_NAMES = ("위도", "lat", "latitude", "la", "refine_wgs84_lat", "wgs84_lat")
X_NAMES = ("x", "xcord", "x좌표", "x_coord", "좌표정보(x)", "좌표정보x", "x좌표값")
Y_NAMES = ("y", "ycord", "y좌표", "y_coord", "좌표정보(y)", "좌표정보y", "y좌표값")

# (code, x low, x high, y low, y high): where South Korea lies in each system
KOREAN_SYSTEMS = (
    ("EPSG:4326", 124.0, 132.0, 32.5, 39.0),
    ("EPSG:5179", 700_000, 1_450_000, 1_350_000, 2_150_000),
    ("EPSG:3857", 13_800_000, 14_700_000, 3_800_000, 4_750_000),
    ("EPSG:5186", 50_000, 400_000, 480_000, 720_000),
    ("EPSG:5174 or EPSG:5181", 50_000, 400_000, 50_000, 480_000),
)


@dataclass(frozen=True, slots=True)
class Layer:
    """A GeoDataFrame with a known coordinate system, where it came from, and what was repaired.

    Rows without a place are left out of `frame` and counted in `repairs`.
    """

    path: Path
    frame: Any
    repairs: tuple[str, ...] = ()


def read_layer(path: Path, *, crs: str | None = None, layer: str | None = None) -> Layer:
    """Read a vector file, a CSV with coordinates, or OpenStreetMap JSON (Overpass).

    `crs` is used only where the file does not name its coordinate system. Raises `BadFileError` when the file
    cannot be read, holds no place, or no coordinate system is known.
    """
    path = Path(path)
    if not path.exists():
        raise BadFileError(path, "does not exist")
    table, geometry_crs = _read(path, layer)
    frame, repairs = _with_crs(path, table, geometry_crs, crs)
    return _only_places(path, frame, repairs)


def read_table(path: Path) -> Table:
    """Read rows without needing places: CSV, or the attribute table of anything pyogrio reads."""
    path = Path(path)
    if not path.exists():
        raise BadFileError(path, "does not exist")
    if path.suffix.lower() in {".csv", ".tsv", ".txt"}:
        return read_csv(path)
    frame, notes = _read_vector(path, None)
    table = repaired(frame.drop(columns="geometry", errors="ignore"))
    return Table(table.frame, (*notes, *table.repairs))


def _read(path: Path, layer: str | None) -> tuple[Table, str | None]:
    suffix = path.suffix.lower()
    if suffix in {".csv", ".tsv", ".txt"}:
        return _placed_table(path, read_csv(path))
    if suffix == ".json" and (elements := _overpass(path)) is not None:
        return elements, "EPSG:4326"
    frame, notes = _read_vector(path, layer)
    attributes = repaired(frame.drop(columns="geometry"))
    out = frame.copy()
    for name in attributes.frame.columns:
        out[name] = attributes.frame[name]
    return Table(out, (*notes, *attributes.repairs)), None if frame.crs is None else frame.crs.to_string()


def _read_vector(path: Path, layer: str | None) -> tuple[Any, tuple[str, ...]]:
    options = {} if layer is None else {"layer": layer}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Could not parse column")  # it stays text, as we want it
        return _read_frame(path, options)


def _read_frame(path: Path, options: dict[str, str]) -> tuple[Any, tuple[str, ...]]:
    import pyogrio
    from pyogrio.errors import DataSourceError

    notes: tuple[str, ...] = ()
    try:
        try:
            frame = pyogrio.read_dataframe(path, **options)
        except UnicodeDecodeError:
            frame, notes = pyogrio.read_dataframe(path, encoding="cp949", **options), ("text was cp949",)
    except (DataSourceError, ValueError, UnicodeDecodeError) as error:
        raise BadFileError(path, f"cannot be read as a map layer ({error})") from error
    if "geometry" not in frame:
        raise BadFileError(
            path, "holds no places", hint="give a layer with geometry or a CSV with coordinates"
        )
    return frame, notes


def _overpass(path: Path) -> Table | None:
    """Nodes of an Overpass answer as points with their tags; None when the JSON is something else."""
    import geopandas as gpd

    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, UnicodeDecodeError):
        return None
    if not isinstance(content, dict) or not isinstance(content.get("elements"), list):
        return None
    nodes = [e for e in content["elements"] if e.get("type") == "node" and "lon" in e and "lat" in e]
    if not nodes:
        raise BadFileError(path, "holds no OpenStreetMap node")
    rows = [{"osm_id": str(node["id"]), **node.get("tags", {})} for node in nodes]
    points = gpd.points_from_xy([node["lon"] for node in nodes], [node["lat"] for node in nodes])
    return Table(gpd.GeoDataFrame(rows, geometry=points), ())


def _placed_table(path: Path, table: Table) -> tuple[Table, str | None]:
    """A CSV's coordinate columns made points; degrees win over metres."""
    degrees = find_column(table.frame.columns, LON_NAMES), find_column(table.frame.columns, LAT_NAMES)
    if degrees[0] is not None and degrees[1] is not None:
        return _points(table, degrees[0], degrees[1], degrees_known=True), "EPSG:4326"
    metres = find_column(table.frame.columns, X_NAMES), find_column(table.frame.columns, Y_NAMES)
    if metres[0] is not None and metres[1] is not None:
        placed = _points(table, metres[0], metres[1], degrees_known=False)
        return placed, None
    raise BadFileError(
        path,
        "has no coordinate columns",
        hint=f"name two of them 경도/위도 or lon/lat; it has {', '.join(map(str, table.frame.columns))}",
    )


def find_column(columns: Iterable[Any], names: Sequence[str]) -> str | None:
    """The first of `names` that is among `columns`, whatever the case; None if there is none."""
    by_name = {str(column).strip().casefold(): str(column) for column in columns}
    return next((by_name[name.casefold()] for name in names if name.casefold() in by_name), None)


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
    return Table(gpd.GeoDataFrame(table.frame, geometry=points), tuple(repairs))


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


def likely_crs(bounds: Sequence[float]) -> str | None:
    """The Korean coordinate system whose range holds (left, bottom, right, top), or None."""
    left, bottom, right, top = (float(v) for v in bounds)
    for name, x0, x1, y0, y1 in KOREAN_SYSTEMS:
        if x0 <= left <= right <= x1 and y0 <= bottom <= top <= y1:
            return name
    return None


def _only_places(path: Path, frame: Any, repairs: list[str]) -> Layer:
    placed = frame.geometry.notna() & ~frame.geometry.is_empty
    lost = int((~placed).sum())
    if lost:
        repairs.append(f"{lost} of {len(frame)} rows have no place and are left out")
    if not placed.any():
        raise BadFileError(path, "holds no row with a place")
    kept = frame[placed]
    broken = ~kept.geometry.is_valid
    if broken.any():
        kept = kept.copy()
        kept.geometry = kept.geometry.make_valid()
        repairs.append(f"{int(broken.sum())} self-crossing outlines repaired")
    return Layer(path, kept.reset_index(drop=True), tuple(repairs))


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
