"""A STAC item (version 1.0.0) that names the files of a result, where it lies and how it came about."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

from core.files import write_text
from gis.siting.model import SitingResult

ASSETS = {
    "map": ("map.html", "text/html", "overview", "Map page that opens without a network"),
    "report": ("report.pdf", "application/pdf", "metadata", "Report"),
    "layers": ("sites.gpkg", "application/geopackage+sqlite3", "data", "All layers, styled for QGIS"),
    "table": ("sites.csv", "text/csv", "data", "Candidates with ranks, reasons and rejections"),
    "chosen": ("parquet/chosen.parquet", "application/vnd.apache.parquet", "data", "Chosen sites"),
    "candidates": ("parquet/candidates.parquet", "application/vnd.apache.parquet", "data", "Candidates"),
}


def write_stac(result: SitingResult, made: dt.datetime, heat_time: dt.datetime | None, path: Path) -> None:
    """Write the item beside the files it names."""
    text = json.dumps(stac_item(result, made, heat_time), ensure_ascii=False, indent=1)
    write_text(path, text + "\n")


def stac_item(result: SitingResult, made: dt.datetime, heat_time: dt.datetime | None) -> dict[str, Any]:
    """The item; `made` is when the choice was made, `heat_time` when the heat was seen, None = not known.

    Its datetime is the heat's; where that is not known it is the time of making, and the description says so.
    """
    west, south, east, north = _degrees(result)
    moment = heat_time or made
    said = (
        "" if heat_time else " The heat map does not say when it was taken; the date is that of this choice."
    )
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": ["https://stac-extensions.github.io/projection/v1.1.0/schema.json"],
        "id": f"sites-{made.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}",
        "bbox": [west, south, east, north],
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
        },
        "properties": {
            "datetime": _utc(moment),
            "created": _utc(made),
            "title": "Chosen sites",
            "description": f"{len(result.chosen)} sites chosen among {len(result.candidates)}.{said}",
            "proj:epsg": _epsg(result.heat.crs),
            "skyshade:objective": result.solution.objective,
            "skyshade:bound": result.solution.bound,
            "skyshade:method": result.solution.method,
            "skyshade:rules": f"{result.rules.name} {result.rules.version}",
            "skyshade:inputs": {key: path.name for key, path in given_files(result)},
        },
        "links": [],
        "assets": {
            name: {"href": f"./{href}", "type": kind, "roles": [role], "title": title}
            for name, (href, kind, role, title) in ASSETS.items()
        },
    }


def given_files(result: SitingResult) -> list[tuple[str, Path]]:
    """The files a result stands on, by the name of their option."""
    import dataclasses

    out: list[tuple[str, Path]] = []
    for field in dataclasses.fields(result.inputs):
        value = getattr(result.inputs, field.name)
        several = value if isinstance(value, tuple) else (value,)
        out += [(field.name, path) for path in several if isinstance(path, Path)]
    return out


def _degrees(result: SitingResult) -> tuple[float, float, float, float]:
    from pyproj import Transformer

    there = Transformer.from_crs(result.heat.crs, "EPSG:4326", always_xy=True)
    west, south, east, north = (round(v, 7) for v in there.transform_bounds(*result.heat.bounds))
    return west, south, east, north


def _epsg(crs: str) -> int | None:
    from pyproj import CRS

    return CRS.from_user_input(crs).to_epsg()


def _utc(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
