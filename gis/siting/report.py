"""A siting result as files: map page, report, layers for map programs, tables."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gis.fonts import korean_fonts
from gis.siting.hotspots import hot_cells
from gis.siting.model import ChosenSite, SitingResult
from gis.siting.out.csvtable import spreadsheet_text, write_csv
from gis.siting.out.figures import rejected_count
from gis.siting.out.frames import chosen_frame, layers_of, rank_text
from gis.siting.out.geopackage import write_geopackage, write_styles
from gis.siting.out.page import map_page
from gis.siting.out.parquet import write_parquet
from gis.siting.out.pdfreport import write_report
from gis.siting.out.sources import heat_times
from gis.siting.out.stac import write_stac
from gis.siting.out.together import written_together

__all__ = ["Outputs", "as_json", "chosen_frame", "rank_text", "spreadsheet_text", "write_outputs"]


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where the files of a result lie; `notes` say what was made lighter to fit.

    `parquet` and `styles` are folders with one file a layer.
    """

    map: Path
    report: Path
    gpkg: Path
    csv: Path
    parquet: Path
    styles: Path
    stac: Path
    notes: tuple[str, ...] = ()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def write_outputs(
    result: SitingResult,
    folder: Path,
    *,
    font: Path | None = None,
    now: Callable[[], dt.datetime] = _now,
) -> Outputs:
    """Write every file of a result into `folder`, all of them or none.

    `font` is a TrueType file for the report, None = see `korean_fonts`. Raises `OutputError` when the folder,
    or an older file in it, cannot be written.
    """
    folder, fonts = Path(folder), korean_fonts(font)
    made, times = now(), heat_times(result.inputs.heat)
    cells = hot_cells(result.heat, result.surface)
    layers = layers_of(result, cells)
    with written_together(folder) as new:
        page, notes = map_page(result, cells, times)
        page.save(new / "map.html")
        write_report(result, new / "report.pdf", fonts, made, times, tuple(notes))
        write_csv(result, new / "sites.csv")
        write_geopackage(layers, new / "sites.gpkg")
        write_styles(layers, new / "styles")
        write_parquet(layers, new / "parquet")
        write_stac(result, made, None if times is None else times[0], new / "item.json")
    return Outputs(
        map=folder / "map.html",
        report=folder / "report.pdf",
        gpkg=folder / "sites.gpkg",
        csv=folder / "sites.csv",
        parquet=folder / "parquet",
        styles=folder / "styles",
        stac=folder / "item.json",
        notes=tuple(notes),
    )


def as_json(result: SitingResult, outputs: Outputs) -> dict[str, Any]:
    """The result under the keys of `skyshade sites choose --json`."""
    return {
        "chosen": [_site_json(site) for site in result.chosen],
        "objective": result.solution.objective,
        "bound": result.solution.bound,
        "gap": result.solution.gap,
        "method": result.solution.method,
        "wall_s": round(result.solution.wall_s, 3),
        "reference_C": result.reference_C,
        "distances": result.distances,
        "equity": dict(result.equity),
        "rejected": rejected_count(result),
        "rules": {
            "name": result.rules.name,
            "version": result.rules.version,
            "date": result.rules.date,
        },
        "notes": [*result.notes, *outputs.notes],
        "map": str(outputs.map),
        "report": str(outputs.report),
        "gpkg": str(outputs.gpkg),
        "csv": str(outputs.csv),
        "parquet": str(outputs.parquet),
        "styles": str(outputs.styles),
        "stac": str(outputs.stac),
    }


def _site_json(site: ChosenSite) -> dict[str, Any]:
    return {
        "id": site.id,
        "name": site.name,
        "rank": site.rank,
        "rank_low": site.rank_low,
        "rank_high": site.rank_high,
        "score": site.score,
        "why": site.why,
        "again": site.again,
        "tied_with": list(site.tied_with),
        "unknown": list(site.unknown),
    }
