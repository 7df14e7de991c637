"""Reading map layers of any kind pyogrio, geopandas or Overpass can give, with what had to be mended."""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import BadFileError

TEXT_SUFFIXES = frozenset({".csv", ".tsv", ".txt"})
SHEET_SUFFIXES = frozenset({".xlsx", ".ods"})
OSM_SUFFIXES = frozenset({".pbf", ".osm"})
PARQUET_SUFFIXES = frozenset({".parquet", ".geoparquet", ".pq"})


def read_vector(path: Path, layer: str | None, osm: str = "points") -> tuple[Any, tuple[str, ...]]:
    """A GeoDataFrame (its crs may be None) and notes; raises `BadFileError` naming the row where it can.

    `osm` names which layer of an OpenStreetMap file is meant where `layer` does not.
    """
    if path.suffix.lower() in PARQUET_SUFFIXES:
        frame = _read_parquet(path)
        notes: tuple[str, ...] = ()
    else:
        with _quiet():
            frame, notes = _read_any(path, _options(path, layer, osm))
    if "geometry" not in frame:
        raise BadFileError(
            path, "holds no places", hint="give a layer with geometry or a CSV with coordinates"
        )
    _refuse_endless(path, frame)
    return frame, notes


def read_sheet(path: Path) -> Any:
    """The first sheet of a spreadsheet as a DataFrame; its first row names the columns."""
    import pyogrio
    from pyogrio.errors import DataSourceError

    try:
        with _quiet():
            return pyogrio.read_dataframe(path, read_geometry=False, HEADERS="FORCE")
    except (DataSourceError, ValueError) as error:
        raise BadFileError(
            path, f"cannot be read as a spreadsheet ({_told(error)})", hint="save it as CSV UTF-8"
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Could not parse column")  # it stays text, as we want it
        warnings.filterwarnings("ignore", message="More than one layer found")  # said in the notes
        warnings.filterwarnings("ignore", message="Non closed ring")  # mended or refused with its row
        warnings.filterwarnings("ignore", message="driver OSM does not support")
        yield


def _read_parquet(path: Path) -> Any:
    import geopandas as gpd

    try:
        return gpd.read_parquet(path)
    except (ValueError, OSError, KeyError) as error:
        raise BadFileError(path, f"cannot be read as GeoParquet ({_told(error)})") from error


def _options(path: Path, layer: str | None, osm: str) -> dict[str, str]:
    if layer is not None:
        return {"layer": layer}
    return {"layer": osm} if path.suffix.lower() in OSM_SUFFIXES else {}


def _read_any(path: Path, options: dict[str, str]) -> tuple[Any, tuple[str, ...]]:
    import pyogrio
    from pyogrio.errors import DataSourceError
    from shapely.errors import GEOSException

    try:
        try:
            frame, notes = pyogrio.read_dataframe(path, **options), _which_layer(path, options)
        except UnicodeDecodeError:
            frame = pyogrio.read_dataframe(path, encoding="cp949", **options)
            notes = (*_which_layer(path, options), "text was cp949")
    except GEOSException as error:
        raise _unreadable_row(path, options, error) from error
    except UnicodeDecodeError as error:
        raise BadFileError(
            path, "holds text that is neither UTF-8 nor cp949", hint="export it again as UTF-8"
        ) from error
    except (DataSourceError, ValueError) as error:
        raise BadFileError(path, f"cannot be read as a map layer ({_told(error)})") from error
    return frame, notes


def _which_layer(path: Path, options: dict[str, str]) -> tuple[str, ...]:
    import pyogrio

    if options:
        return ()
    names = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
    others = f"holds layers {', '.join(names)}; {names[0]} is read" if len(names) > 1 else ""
    return (others,) if others else ()


def _unreadable_row(path: Path, options: dict[str, str], error: Exception) -> BadFileError:
    import shapely
    from pyogrio.raw import read

    _, _, shapes, _ = read(path, **options)
    hint = "draw that geometry again, or delete its row"
    for row, raw in enumerate([] if shapes is None else shapes, start=1):
        if raw is not None and shapely.from_wkb(raw, on_invalid="ignore") is None:
            return BadFileError(path, f"row {row}: its geometry cannot be read ({_told(error)})", hint=hint)
    return BadFileError(path, f"a geometry cannot be read ({_told(error)})", hint=hint)


def _refuse_endless(path: Path, frame: Any) -> None:
    """Coordinates that are infinite or no number (an empty point is a row without a place, not this)."""
    import shapely

    points, row = shapely.get_coordinates(frame.geometry.to_numpy(), return_index=True)
    wrong = row[~np.isfinite(points).all(axis=1)]
    if wrong.size:
        raise BadFileError(
            path,
            f"row {int(wrong[0]) + 1}: its geometry holds coordinates that are no numbers",
            hint="draw that geometry again, or delete its row",
        )


def _told(error: Exception) -> str:
    return " ".join(str(error).split()).split("It might help")[0].strip(" ;.")


def read_records(path: Path) -> Any | None:
    """The rows of an open-data API's JSON answer as a DataFrame; None when the JSON holds no such rows.

    Rows are the longest list of flat objects in it, wherever it stands (body, row, items, data).
    """
    import pandas as pd

    rows = _longest_rows(_json(path))
    return pd.DataFrame(rows) if rows else None


def _longest_rows(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, list):
        flat = all(isinstance(row, dict) and not any(map(_nested, row.values())) for row in content)
        if content and flat:
            return content
        return max((_longest_rows(item) for item in content), key=len, default=[])
    if isinstance(content, dict) and "type" not in content:
        return max((_longest_rows(item) for item in content.values()), key=len, default=[])
    return []


def _nested(value: Any) -> bool:
    return isinstance(value, dict | list)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, UnicodeDecodeError):
        return None


def read_overpass(path: Path) -> tuple[Any, tuple[str, ...]] | None:
    """Nodes of an Overpass answer as points with their tags; None when the JSON is something else."""
    import geopandas as gpd

    content = _json(path)
    if not isinstance(content, dict) or not isinstance(content.get("elements"), list):
        return None
    nodes = [e for e in content["elements"] if e.get("type") == "node" and "lon" in e and "lat" in e]
    if not nodes:
        raise BadFileError(path, "holds no OpenStreetMap node")
    rows = [{"osm_id": str(node["id"]), **node.get("tags", {})} for node in nodes]
    points = gpd.points_from_xy([node["lon"] for node in nodes], [node["lat"] for node in nodes])
    return gpd.GeoDataFrame(rows, geometry=points, crs="EPSG:4326"), ()
