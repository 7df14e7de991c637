"""Vector layers: areas and attribute tables from GeoJSON, GeoPackage, shapefile and KML, in lon/lat."""

from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from core.errors import BadFileError

Area = Polygon | MultiPolygon
"""Polygons in degrees (EPSG:4326), longitude first."""

SUFFIXES = (".geojson", ".json", ".gpkg", ".shp", ".kml")
CRS_HINT = "store it in the file (QGIS: Export > Save Features As) or put a .prj file beside it"


def read_layer(path: Path | str, layer: str | None = None) -> Any:
    """Read one layer as a GeoDataFrame in EPSG:4326, two-dimensional, empty geometries dropped.

    `layer` names a layer of a GeoPackage or KML (default: the first). Shapefiles that do not say their
    encoding are tried as UTF-8, then as cp949. Raises `BadFileError` when the file is missing, cannot be
    read, has no CRS, or holds coordinates that no longitude and latitude can have.
    """
    path = Path(path)
    frame = _read(path, layer)
    if frame.crs is None:
        raise BadFileError(path, "has no coordinate reference system", hint=CRS_HINT)
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)].to_crs(4326)
    frame = frame.set_geometry(shapely.force_2d(frame.geometry.to_numpy()), crs=4326)
    _check_degrees(path, frame)
    return frame.reset_index(drop=True)


def read_area(path: Path | str, layer: str | None = None) -> Area:
    """Read every polygon of a layer as one (multi)polygon in lon/lat degrees; touching parts are joined.

    Raises `BadFileError` when there is no polygon, or one is empty, without area, or crosses itself (saying
    where).
    """
    path = Path(path)
    frame = read_layer(path, layer)
    parts: list[Polygon] = []
    for number, geometry in enumerate(frame.geometry, start=1):
        parts += _polygons(path, number, geometry)
    if not parts:
        raise BadFileError(
            path, "holds no polygon", hint="draw the area as a polygon, not as a line or point"
        )
    return as_area(shapely.union_all(parts))


def as_area(geometry: BaseGeometry) -> Area:
    """The polygon parts of any geometry as one area; lines and points are dropped."""
    flat = shapely.get_parts(shapely.get_parts(geometry))
    parts = [g for g in flat if isinstance(g, Polygon) and not g.is_empty]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _read(path: Path, layer: str | None) -> Any:
    import geopandas
    import pyogrio

    if not path.exists():
        raise BadFileError(path, "not found")
    if path.suffix.lower() not in SUFFIXES:
        raise BadFileError(path, "is not a layer this reads", hint=f"use {', '.join(SUFFIXES)}")
    problem = ""
    for encoding in _encodings(path):
        try:
            return geopandas.read_file(path, layer=layer, engine="pyogrio", encoding=encoding)
        except UnicodeDecodeError:
            problem = "its text is neither UTF-8 nor cp949"
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
            told = " ".join(str(error).split()).split("It might help")[0].strip(" ;.")
            problem = f"cannot be read as {path.suffix.lower()} ({told})"
    raise BadFileError(path, problem, hint="open and save it again in a GIS program")


def _encodings(path: Path) -> tuple[str | None, ...]:
    undeclared = path.suffix.lower() == ".shp" and not path.with_suffix(".cpg").exists()
    return ("utf-8", "cp949") if undeclared else (None,)


def _check_degrees(path: Path, frame: Any) -> None:
    if len(frame) == 0:
        return
    west, south, east, north = frame.total_bounds
    if west >= -180 and east <= 180 and south >= -90 and north <= 90:
        return
    if west >= -90 and east <= 90 and south >= -180 and north <= 180:
        raise BadFileError(
            path,
            f"coordinates such as {west:.6g}, {south:.6g} stand latitude first",
            hint="GeoJSON and KML write longitude first, then latitude; export it again so",
        )
    raise BadFileError(
        path,
        f"coordinates such as {west:.6g}, {south:.6g} are not degrees",
        hint="GeoJSON and KML must be in longitude and latitude (EPSG:4326); export it again",
    )


def _polygons(path: Path, number: int, geometry: BaseGeometry) -> list[Polygon]:
    if geometry.geom_type == "GeometryCollection":
        return [p for g in geometry.geoms for p in _polygons(path, number, g)]  # type: ignore[attr-defined]
    if geometry.geom_type not in {"Polygon", "MultiPolygon"}:
        return []
    if not geometry.is_valid:
        raise BadFileError(
            path,
            f"polygon {number} is not valid: {_where(geometry)}",
            hint="mend it in a GIS program (QGIS: Fix geometries)",
        )
    if geometry.area == 0:
        raise BadFileError(path, f"polygon {number} has no area", hint="draw at least three corners")
    return [p for p in shapely.get_parts(geometry) if isinstance(p, Polygon)]


def _where(geometry: BaseGeometry) -> str:
    reason = explain_validity(geometry)
    what, _, place = reason.partition("[")
    place = place.rstrip("]").replace(" ", ", ")
    what = "it crosses itself" if what.startswith(("Self-inter", "Ring Self")) else what.lower()
    return f"{what} at {place} (lon, lat)" if place else what
