"""What lies beside a map: a STAC item for catalogues and colours for QGIS."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from core.files import write_text
from gis.grid import GeoGrid
from thermal.styles import RAMP, classes_qml, ramp_qml

__all__ = ["RAMP", "MapFacts", "iso", "stac_item", "write_sidecars"]

_STAC_EXTENSIONS = (
    "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
    "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
    "https://stac-extensions.github.io/processing/v1.2.0/schema.json",
)
_ALWAYS = ("1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
_TYPES = {
    "map": "image/tiff; application=geotiff; profile=cloud-optimized", "style": "application/xml",
    "classes": "application/xml", "report": "text/html", "figures": "application/json",
}  # fmt: skip
_TITLES = {
    "map": "Surface temperature",
    "style": "QGIS style, the map's own range",
    "classes": "QGIS style, the city's classes",
    "report": "Quality report",
    "figures": "Quality report, figures",
}
_ENDS = {"style": ".qml", "classes": ".classes.qml", "report": ".quality.html", "figures": ".quality.json"}


@dataclass(frozen=True, slots=True)
class MapFacts:
    """What the files beside a map say: times in UTC seconds since 1970, None where no frame tells.

    `report`: whether a quality report lies beside it too.
    """

    grid: GeoGrid
    bands: Sequence[tuple[str, str]]
    start_s: float | None
    end_s: float | None
    level: str
    report: bool = True


def iso(seconds: float | None) -> str | None:
    """UTC seconds as 2026-07-01T13:05:09Z."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stac_item(path: Path, facts: MapFacts) -> dict[str, Any]:
    """A STAC 1.0 item with the projection, raster and processing extensions.

    A map that does not know its hour spans all time, as STAC wants some; `skyshade:time` says so.
    """
    ring, box = _outline(facts.grid)
    return {
        "type": "Feature", "stac_version": "1.0.0", "stac_extensions": list(_STAC_EXTENSIONS),
        "id": path.stem, "geometry": {"type": "Polygon", "coordinates": [ring]}, "bbox": box,
        "properties": {**_time(facts), **_place(facts.grid), **_origin(facts)},
        "links": [], "assets": _assets(path, facts),
    }  # fmt: skip


def _time(facts: MapFacts) -> dict[str, Any]:
    start, end = iso(facts.start_s), iso(facts.end_s)
    if start is None:
        first, last = _ALWAYS
        return {"datetime": None, "start_datetime": first, "end_datetime": last, "skyshade:time": "unknown"}
    return {"datetime": start, "start_datetime": start, "end_datetime": end or start}


def _place(grid: GeoGrid) -> dict[str, Any]:
    from pyproj import CRS

    t, crs = grid.transform, CRS.from_user_input(grid.crs)
    place = {
        "proj:epsg": crs.to_epsg(), "proj:shape": list(grid.shape), "proj:bbox": list(grid.bounds),
        "proj:transform": [t.a, t.b, t.c, t.d, t.e, t.f],
    }  # fmt: skip
    return place if place["proj:epsg"] is not None else {**place, "proj:wkt2": crs.to_wkt()}


def _origin(facts: MapFacts) -> dict[str, Any]:
    return {
        "processing:software": {"skyshade": _version()},
        "processing:level": "L3",
        "skyshade:level": facts.level,
    }


def _assets(path: Path, facts: MapFacts) -> dict[str, Any]:
    names = ["map", "style", "classes", *(["report", "figures"] if facts.report else [])]
    assets: dict[str, Any] = {
        name: {
            "href": f"./{path.name if name == 'map' else path.stem + _ENDS[name]}",
            "type": _TYPES[name], "title": _TITLES[name], "roles": ["data" if name == "map" else "metadata"],
        }
        for name in names
    }  # fmt: skip
    assets["map"]["raster:bands"] = [
        {
            "name": name, "data_type": "float32", "nodata": "nan", "unit": unit, "sampling": "area",
            "spatial_resolution": facts.grid.pixel_m,
        }
        for name, unit in facts.bands
    ]  # fmt: skip
    return assets


def _outline(grid: GeoGrid) -> tuple[list[list[float]], list[float]]:
    from pyproj import Transformer

    left, bottom, right, top = grid.bounds
    to_lonlat = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    xs, ys = [left, right, right, left, left], [bottom, bottom, top, top, bottom]
    lon, lat = to_lonlat.transform(xs, ys)
    ring = [[round(float(a), 7), round(float(b), 7)] for a, b in zip(lon, lat, strict=True)]
    places = np.array(ring)
    return ring, [*places.min(axis=0).tolist(), *places.max(axis=0).tolist()]


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("skyshade")
    except PackageNotFoundError:
        return "unknown"


def write_sidecars(path: Path, facts: MapFacts, coldest_C: float, hottest_C: float) -> None:
    """Write `<map>.stac.json`, `<map>.qml` and `<map>.classes.qml` (the city's classes) beside the map."""
    item = json.dumps(stac_item(path, facts), ensure_ascii=False, indent=1)
    write_text(path.with_suffix(".stac.json"), item + "\n")
    write_text(path.with_suffix(".classes.qml"), classes_qml())
    if np.isfinite([coldest_C, hottest_C]).all():
        write_text(path.with_suffix(".qml"), ramp_qml(coldest_C, hottest_C))
