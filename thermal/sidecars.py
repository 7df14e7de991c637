"""What lies beside a map: a STAC item for catalogues and a colour ramp for QGIS."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np

from core.files import write_text
from gis.grid import GeoGrid

RAMP = (
    "#000004",
    "#1b0c41",
    "#4a0c6b",
    "#781c6d",
    "#a52c60",
    "#cf4446",
    "#ed6925",
    "#fb9b06",
    "#f7d13d",
    "#fcffa4",
)
"""The inferno ramp of matplotlib (CC0), cold to hot."""

_STAC_EXTENSIONS = (
    "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
    "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
    "https://stac-extensions.github.io/processing/v1.2.0/schema.json",
)


@dataclass(frozen=True, slots=True)
class MapFacts:
    """What the files beside a map say: times in UTC seconds since 1970, None where no frame tells."""

    grid: GeoGrid
    bands: Sequence[tuple[str, str]]
    start_s: float | None
    end_s: float | None
    level: str


def iso(seconds: float | None) -> str | None:
    """UTC seconds as 2026-07-01T13:05:09Z."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stac_item(path: Path, facts: MapFacts) -> dict[str, Any]:
    """A STAC 1.0 item with the projection, raster and processing extensions."""
    ring, box = _outline(facts.grid)
    t = facts.grid.transform
    properties: dict[str, Any] = {
        "datetime": iso(facts.start_s),
        "proj:epsg": _epsg(facts.grid.crs),
        "proj:shape": list(facts.grid.shape),
        "proj:transform": [t.a, t.b, t.c, t.d, t.e, t.f],
        "processing:software": {"skyshade": _version()},
        "processing:level": "L3",
        "skyshade:level": facts.level,
    }
    if facts.start_s is not None:
        properties |= {"start_datetime": iso(facts.start_s), "end_datetime": iso(facts.end_s)}
    raster = [
        {
            "name": name,
            "data_type": "float32",
            "nodata": "nan",
            "unit": unit,
            "spatial_resolution": facts.grid.pixel_m,
        }
        for name, unit in facts.bands
    ]
    return {
        "type": "Feature", "stac_version": "1.0.0", "stac_extensions": list(_STAC_EXTENSIONS),
        "id": path.stem,
        "geometry": {"type": "Polygon", "coordinates": [ring]}, "bbox": box, "properties": properties,
        "links": [],
        "assets": {
            "map": {
                "href": f"./{path.name}", "type": "image/tiff; application=geotiff; profile=cloud-optimized",
                "title": "Surface temperature", "roles": ["data"], "raster:bands": raster,
            }
        },
    }  # fmt: skip


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


def _epsg(crs: str) -> int | None:
    from pyproj import CRS

    return CRS.from_user_input(crs).to_epsg()


def qml(coldest_C: float, hottest_C: float) -> str:
    """A QGIS style: the temperature band in the inferno ramp from coldest to hottest."""
    stops = np.linspace(coldest_C, hottest_C, len(RAMP))
    rows = [
        {"value": f"{v:.3f}", "color": c, "alpha": "255", "label": f"{v:.1f} °C"}
        for v, c in zip(stops, RAMP, strict=True)
    ]
    items = "\n".join(
        "          <item " + " ".join(f"{k}={quoteattr(v)}" for k, v in row.items()) + "/>" for row in rows
    )
    return f"""<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.34" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" nodataColor=""
      classificationMin="{coldest_C:.3f}" classificationMax="{hottest_C:.3f}">
      <rastershader>
        <colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0">
{items}
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
  </pipe>
</qgis>
"""


def write_sidecars(path: Path, facts: MapFacts, coldest_C: float, hottest_C: float) -> None:
    """Write `<map>.stac.json` and `<map>.qml` beside the map."""
    item = json.dumps(stac_item(path, facts), ensure_ascii=False, indent=1)
    write_text(path.with_suffix(".stac.json"), item + "\n")
    if np.isfinite([coldest_C, hottest_C]).all():
        write_text(path.with_suffix(".qml"), qml(coldest_C, hottest_C))
