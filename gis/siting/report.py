"""A siting result as files: GeoPackage, CSV for spreadsheets, one self-contained web map."""

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.files import writable_folder, write_text, written_beside
from gis.legend import CITY_LEGEND, Legend, even_legend
from gis.siting.background import add_background
from gis.siting.hotspots import hot_cells
from gis.siting.model import ChosenSite, SitingResult
from gis.siting.places import NAME_NAMES, labels
from gis.siting.words import words
from gis.webmap import Style, WebMap


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where the files of a result lie."""

    map: Path
    gpkg: Path
    csv: Path


def write_outputs(result: SitingResult, folder: Path) -> Outputs:
    """Write sites.gpkg, sites.csv and map.html into `folder`, each whole or not at all."""
    folder = writable_folder(folder)
    cells = hot_cells(result.heat, result.surface)
    return Outputs(
        map=_write_map(result, cells, folder / "map.html"),
        gpkg=_write_gpkg(result, cells, folder / "sites.gpkg"),
        csv=_write_csv(result, folder / "sites.csv"),
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
        "rejected": int((result.candidates["rejected"] != "").sum()),
        "rules": {
            "name": result.rules.name,
            "version": result.rules.version,
            "date": result.rules.date,
        },
        "notes": list(result.notes),
        "map": str(outputs.map),
        "gpkg": str(outputs.gpkg),
        "csv": str(outputs.csv),
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


def chosen_frame(result: SitingResult) -> Any:
    """The chosen sites as a GeoDataFrame, best first."""
    import geopandas as gpd

    rows = [site.row for site in result.chosen]
    columns: dict[str, list[Any]] = {
        "site_id": [site.id for site in result.chosen],
        "site_name": [site.name for site in result.chosen],
        "rank": [site.rank for site in result.chosen],
        "rank_low": [site.rank_low for site in result.chosen],
        "rank_high": [site.rank_high for site in result.chosen],
        "ranks": [rank_text(site) for site in result.chosen],
        "score": [site.score for site in result.chosen],
        "why": [site.why for site in result.chosen],
        "unknown": [" / ".join(site.unknown) for site in result.chosen],
    }
    shapes = result.candidates.geometry.iloc[rows].to_numpy()
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=result.heat.crs)


def rank_text(site: ChosenSite) -> str:
    """A rank with its interval: `2 (1-3)`, and `=` where the order to another site is not settled."""
    tie = "=" if site.tied_with else ""
    return f"{site.rank}{tie} ({site.rank_low}-{site.rank_high})"


def _write_gpkg(result: SitingResult, cells: Any, path: Path) -> Path:
    layers = {
        "chosen": chosen_frame(result),
        "candidates": result.candidates,
        "demand": result.demand,
        "hotspots": cells,
    }
    if result.existing is not None:
        layers["existing"] = result.existing
    if result.zones is not None:
        layers["zones"] = result.zones
    with written_beside(path) as beside:
        beside.unlink()
        for name, frame in layers.items():
            if len(frame):
                _storable(frame).to_file(beside, layer=name, driver="GPKG")
    return path


def _storable(frame: Any) -> Any:
    """A frame GeoPackage can hold: lists as text, no column called fid."""
    out = frame.rename(columns={name: f"{name}_" for name in frame.columns if str(name).lower() == "fid"})
    for name in out.columns:
        if name != "geometry" and any(isinstance(v, list | dict | np.ndarray) for v in out[name]):
            out[name] = [None if v is None else str(v) for v in out[name]]
    return out


def _write_csv(result: SitingResult, path: Path) -> Path:
    """One row a candidate: the chosen first, then the others, with reasons and rejections; utf-8-sig."""
    ids, names = labels(result.candidates)
    by_row = {site.row: site for site in result.chosen}
    places = result.candidates.geometry.to_crs("EPSG:4326").representative_point()
    rules = [f"rule_{rule.id}" for rule in result.rules.rules]
    head = [
        "site_id",
        "name",
        "rank",
        "rank_low",
        "rank_high",
        "score_person_K",
        "why",
        "rejected",
        "unknown",
    ]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*head, "surface_C", "sigma_K", *rules, "lon", "lat"])
    for row in sorted(range(len(ids)), key=lambda r: (by_row[r].rank if r in by_row else math.inf, r)):
        values = result.candidates.iloc[row]
        writer.writerow(
            [
                spreadsheet_text(ids[row]),
                spreadsheet_text(names[row]),
                *_ranks(by_row.get(row)),
                values["rejected"],
                values["unknown"],
                _number(values["surface_C"], 2),
                _number(values["sigma_K"], 2),
                *(values[rule] for rule in rules),
                f"{places.iloc[row].x:.7f}",
                f"{places.iloc[row].y:.7f}",
            ]
        )
    write_text(path, out.getvalue().replace("\r\n", "\n"), encoding="utf-8-sig")
    return path


def _ranks(site: ChosenSite | None) -> list[Any]:
    if site is None:
        return ["", "", "", "", ""]
    return [site.rank, site.rank_low, site.rank_high, _number(site.score, 1), site.why]


def _number(value: float, digits: int) -> str:
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def spreadsheet_text(text: str) -> str:
    """Text that a spreadsheet takes as text, not as a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} and not text.lstrip("+-").isdigit() else text


def _write_map(result: SitingResult, cells: Any, path: Path) -> Path:
    say = words(result.params.language)
    chosen = chosen_frame(result)
    bounds = _view(result)
    page = WebMap(say["title"], bounds)
    add_background(page, dict(result.background), dict(say))
    page.add_heat(result.heat, name=say["heat"], legend=_legend(result, say))
    if result.zones is not None:
        popup = _name_column(result.zones, say) | {
            "mean_C": say["mean"],
            "p90_C": say["p90"],
            "unknown_share": say["unknown_share"],
        }
        page.add_vector(result.zones, name=say["zones"], style=Style("#222222", 2), popup=popup)
    if len(cells):
        hot = Style("#7a0177", 1.5, "#7a0177", fill_opacity=0.12)
        page.add_vector(cells, name=say["hotspots"], style=hot, show=False)
    demand = result.demand.assign(geometry=result.demand.geometry.representative_point())
    page.add_vector(
        demand,
        name=say["demand"],
        style=Style("#333333", 1, "#ffffff", fill_opacity=0.8, radius_px=3),
        popup={
            "demand_people": say["people"],
            "surface_C": say["surface"],
            "nearest_after_m": say["nearest"],
        },
    )
    _add_candidates(page, result, say)
    if result.existing is not None:
        popup = _name_column(result.existing, say)
        page.add_vector(
            result.existing,
            name=say["existing"],
            style=Style("#0b3d91", 2, "#3f7fff", fill_opacity=0.9, radius_px=6),
            popup=popup,
        )
    page.add_points(
        chosen.assign(geometry=chosen.geometry.representative_point()),
        name=say["chosen"],
        label="rank",
        popup={
            "site_id": say["id"],
            "site_name": say["name"],
            "ranks": say["rank"],
            "score": say["score"],
            "why": say["why"],
        },
    )
    return page.save(path)


def _name_column(frame: Any, say: Mapping[str, str]) -> dict[str, str]:
    from gis.siting.layers import find_column

    name = find_column(frame.columns, NAME_NAMES)
    return {} if name is None else {name: say["name"]}


def _add_candidates(page: WebMap, result: SitingResult, say: Mapping[str, str]) -> None:
    out = result.candidates["rejected"] != ""
    shared = {
        "site_id": say["id"],
        "site_name": say["name"],
        "surface_C": say["surface"],
        "unknown": say["unknown"],
    }
    for rows, name, style in (
        (~out, say["candidates"], Style("#ffffff", 1.5, "#1a9850", fill_opacity=0.9, radius_px=5)),
        (out, say["rejected"], Style("#ffffff", 1.5, "#777777", fill_opacity=0.9, radius_px=5)),
    ):
        frame = result.candidates[rows]
        if len(frame):
            popup = shared | ({"rejected": say["rejections"]} if name == say["rejected"] else {})
            page.add_vector(frame, name=name, style=style, popup=popup)


def _legend(result: SitingResult, say: Mapping[str, str]) -> Legend:
    """The city's classes; spread over the map's own range when nearly all of it falls into one of them."""
    known = result.heat.celsius[np.isfinite(result.heat.celsius)]
    low, high = (float(v) for v in np.percentile(known, [5, 95]))
    inside = np.searchsorted(CITY_LEGEND.edges_C, [low, high])
    if inside[0] == inside[1] and high - low > 0.5:
        return even_legend(say["heat"], round(low, 1), round(high, 1))
    return Legend(say["heat"], CITY_LEGEND.edges_C, CITY_LEGEND.colours)


def _view(result: SitingResult) -> tuple[float, float, float, float]:
    shapes = result.candidates.geometry.to_crs("EPSG:4326")
    west, south, east, north = (float(v) for v in shapes.total_bounds)
    margin = max(0.0005, 0.1 * max(east - west, north - south))
    return west - margin, south - margin, east + margin, north + margin
