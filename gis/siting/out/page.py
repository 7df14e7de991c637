"""The map page of a result."""

import datetime as dt
import math
from typing import Any

import numpy as np

from gis.legend import CITY_LEGEND, Legend, even_legend
from gis.siting.background import add_ground, ground
from gis.siting.layers import find_column
from gis.siting.model import SitingResult
from gis.siting.out.backdrop import add_tiles, tile_files, vector_tile_frames
from gis.siting.out.figures import fairness_rows, kills_most, rule_counts, summary
from gis.siting.out.frames import checks, chosen_frame
from gis.siting.out.sources import KST
from gis.siting.out.thin import demand_cells, said
from gis.siting.places import NAME_NAMES
from gis.siting.words import LANGUAGES, both
from gis.tiles import TileArea
from gis.webmap import Style, Text, WebMap

MARGIN = 0.15
MOST_BYTES = 10_000_000
MOST_CHECKED = 8000  # candidates whose cards list every rule
MOST_IN_CLASS = 0.7  # a map nearly all in one colour shows nobody where it is hotter
DEMAND = Style("#333333", 1, "#ffffff", fill_opacity=0.8, radius_px=3)
ELIGIBLE = Style("#ffffff", 1.5, "#1a9850", fill_opacity=0.95, radius_px=6)
REJECTED = Style("#ffffff", 1.5, "#777777", fill_opacity=0.95, radius_px=5)
EXISTING = Style("#0b3d91", 2, "#3f7fff", fill_opacity=0.9, radius_px=6)
HOT = Style("#7a0177", 1.5, "#7a0177", fill_opacity=0.12)
ZONES = Style("#222222", 2)


def map_page(
    result: SitingResult, cells: Any, heat_times: tuple[dt.datetime, dt.datetime] | None = None
) -> tuple[WebMap, list[str]]:
    """The page, and what was made lighter to fit in it; `heat_times` is when the heat was seen."""
    first = result.params.language
    languages = [first, *(language for language in LANGUAGES if language != first)]
    page = WebMap(both("title"), view(result), subtitle=_subtitle(heat_times), languages=languages)
    area = tile_area(result)
    frames = vector_tile_frames(result, area) | dict(result.background)
    made = ground(frames, on_screens(view_m(result)), result.heat.crs, blank=not tile_files(result))
    add_ground(page, made)
    page.add_heat(
        result.heat, name=both("heat"), legend=legend(result), title=both("heat"), note=both("not_felt")
    )
    _add_areas(page, result, cells)
    demand = demand_cells(result.demand)
    _add_demand(page, demand.frame, both("demand") if demand.cell_m is None else _cells_name(demand.cell_m))
    _add_candidates(page, result)
    _add_existing(page, result)
    _add_chosen(page, result)
    _add_sections(page, result)
    notes = said(dict(made.layers) | {"demand": demand})
    if len(result.candidates) > MOST_CHECKED:
        notes.append(f"map: verdicts of all {len(result.candidates)} candidates are in sites.csv alone")
    if tile_files(result):
        notes += add_tiles(page, result, area, MOST_BYTES - len(page.html().encode()))
    return page, notes


def _subtitle(heat_times: tuple[dt.datetime, dt.datetime] | None) -> dict[str, str]:
    if heat_times is None:
        return both("not_felt")
    return both("not_felt_at", when=f"{heat_times[0].astimezone(KST):%Y-%m-%d %H:%M} KST")


def _cells_name(cell_m: float) -> dict[str, str]:
    return both("demand_cells", cell=cell_m)


def _add_areas(page: WebMap, result: SitingResult, cells: Any) -> None:
    if result.zones is not None:
        name = find_column(result.zones.columns, (*NAME_NAMES, "adm_nm", "emd_nm", "동"))
        popup = _heading(name) | {"mean_C": both("mean"), "p90_C": both("p90")}
        popup["unknown_share"] = both("unknown_share")
        page.add_vector(
            result.zones, name=both("zones"), style=ZONES, popup=popup, title=name, search=_given(name)
        )
    if len(cells):
        page.add_vector(cells, name=both("hotspots"), style=HOT, show=False)


def _heading(name: str | None) -> dict[str, Text]:
    return {} if name is None else {name: both("name")}


def _given(name: str | None) -> list[str]:
    return [] if name is None else [name]


def _add_demand(page: WebMap, points: Any, name: Text) -> None:
    headings = {
        "demand_people": both("people"),
        "surface_C": both("surface"),
        "nearest_before_m": both("nearest_before"),
        "nearest_after_m": both("nearest_after"),
    }
    shown = points[["geometry"]].assign(
        demand_people=[f"{people:,.4g}" for people in points["demand_people"]],
        surface_C=[_degrees(value) for value in points["surface_C"]],
        nearest_before_m=[_metres(value) for value in points["nearest_before_m"]],
        nearest_after_m=[_metres(value) for value in points["nearest_after_m"]],
    )
    page.add_vector(shown, name=name, style=DEMAND, popup=headings)


def _degrees(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.1f}"


def _metres(value: float) -> str:
    return "" if math.isnan(value) else f"{value:,.0f} m"


def _add_candidates(page: WebMap, result: SitingResult) -> None:
    frame = _sites(result)
    out = np.asarray(result.candidates["rejected"] != "")
    taken = np.zeros(len(frame), bool)
    taken[[site.row for site in result.chosen]] = True
    headings = {"site_id": both("id"), "surface": both("surface"), "rejections": both("rejections")}
    if len(frame) <= MOST_CHECKED:
        headings["checks"] = both("rules")
    for rows, name, style in ((out, "rejected", REJECTED), (~out & ~taken, "candidates", ELIGIBLE)):
        if rows.any():
            page.add_vector(
                frame[rows],
                name=both(name),
                style=style,
                popup=headings,
                title="title",
                search=["title", "site_id"],
            )


def _sites(result: SitingResult) -> Any:
    """The candidates with what their cards show."""
    points = result.candidates.geometry.representative_point()
    heat = result.candidates[["surface_C", "sigma_K"]].to_numpy(float)
    return result.candidates[["site_id", "geometry"]].assign(
        geometry=points,
        title=[
            name or str(number)
            for name, number in zip(result.candidates["site_name"], result.candidates["site_id"], strict=True)
        ],
        surface=[_heat_text(celsius, sigma) for celsius, sigma in heat],
        rejections=[_rejections(row) for row in result.verdicts],
        checks=[checks(row) for row in result.verdicts],
    )


def _heat_text(celsius: float, sigma: float) -> Text:
    if math.isnan(celsius):
        return both("not_known")
    return f"{celsius:.1f}" if math.isnan(sigma) else f"{celsius:.1f} ± {sigma:.1f}"


def _rejections(verdicts: Any) -> list[Text]:
    failed = [v for v in verdicts if v.verdict.value == "fail" and v.rule.required]
    return [{language: v.message(language) for language in LANGUAGES} for v in failed]


def _add_existing(page: WebMap, result: SitingResult) -> None:
    if result.existing is not None:
        name = find_column(result.existing.columns, NAME_NAMES)
        page.add_vector(
            result.existing,
            name=both("existing"),
            style=EXISTING,
            popup=_heading(name),
            title=name,
            search=_given(name),
        )


def _add_chosen(page: WebMap, result: SitingResult) -> None:
    rows = [site.row for site in result.chosen]
    sites = _sites(result).iloc[rows]
    frame = chosen_frame(result).assign(
        geometry=sites.geometry.to_numpy(), title=sites["title"].to_list(), checks=sites["checks"].to_list()
    )
    frame["scores"] = [f"{site.score:,.0f}" for site in result.chosen]
    frame["again_share"] = [f"{site.again:.0%}" for site in result.chosen]
    frame["reasons"] = [_reasons(site.facts) for site in result.chosen]
    frame["short"] = [
        {language: site.facts.parts(language)[0] for language in LANGUAGES} for site in result.chosen
    ]
    frame["rest"] = [
        {language: "; ".join(site.facts.parts(language)[1:]) for language in LANGUAGES}
        for site in result.chosen
    ]
    level = result.params.confidence.level
    rank_heading = both("rank_range", level=level)
    frame["rank_line"] = [
        {language: f"{rank_heading[language]} {text}" for language in LANGUAGES} for text in frame["ranks"]
    ]
    page.add_points(
        frame,
        name=both("chosen"),
        label="rank",
        title="title",
        lines=["rank_line", "short", "rest"],
        search=["title", "site_id"],
        popup={
            "site_id": both("id"),
            "ranks": rank_heading,
            "again_share": both("again"),
            "scores": both("score"),
            "reasons": both("why"),
            "checks": both("rules"),
        },
    )


def _reasons(facts: Any) -> list[Text]:
    """The reasons in every language, a text each."""
    said_in = {language: facts.parts(language) for language in LANGUAGES}
    return [dict(zip(LANGUAGES, texts, strict=True)) for texts in zip(*said_in.values(), strict=True)]


def _add_sections(page: WebMap, result: SitingResult) -> None:
    page.add_section(both("at_a_glance"), lines=summary(result))
    rows = fairness_rows(result)
    if rows:
        page.add_section(
            both("fairness"),
            head=[both("figure"), both("before"), both("after")],
            rows=rows,
            numbers=[1, 2],
        )
    counts: list[list[Text]] = [
        [count.title, count.limit, str(count.fails), str(count.unknowns)] for count in rule_counts(result)
    ]
    page.add_section(
        both("kills"),
        lines=[kills_most(result)],
        head=[both("rule"), both("limit"), both("fails"), both("unknowns")],
        rows=counts,
        numbers=[2, 3],
    )


def legend(result: SitingResult) -> Legend:
    """The city's classes; the same colours over the map's own range when most of it falls into one class."""
    known = result.heat.celsius[np.isfinite(result.heat.celsius)]
    low, high = (float(v) for v in np.percentile(known, [5, 95]))
    counts = np.bincount(CITY_LEGEND.classes(known))
    if counts.max() > MOST_IN_CLASS * known.size and high - low > 0.5:
        return even_legend(CITY_LEGEND.title, round(low, 1), round(high, 1))
    return CITY_LEGEND


def view_m(result: SitingResult) -> tuple[float, float, float, float]:
    """What the maps show, in the heat map's metres: all candidates, and their areas, with a margin."""
    left, bottom, right, top = (float(v) for v in result.candidates.total_bounds)
    if result.zones is not None:
        left, bottom, right, top = _with_zones((left, bottom, right, top), result.zones.total_bounds)
    margin = max(50.0, MARGIN * max(right - left, top - bottom))
    return left - margin, bottom - margin, right + margin, top + margin


def on_screens(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """A box widened to what wide and tall screens show of it."""
    left, bottom, right, top = box
    more_x = max(0.0, 1.7 * (top - bottom) - (right - left)) / 2
    more_y = max(0.0, (right - left) / 0.6 - (top - bottom)) / 2
    return left - more_x, bottom - more_y, right + more_x, top + more_y


def _with_zones(box: tuple[float, float, float, float], zones: Any) -> tuple[float, float, float, float]:
    """A box that holds the areas as well, unless they reach far beyond it."""
    left, bottom, right, top = (float(v) for v in zones)
    wide = max(left, box[0]), max(bottom, box[1]), min(right, box[2]), min(top, box[3])
    if max(right - left, top - bottom) > 3 * max(box[2] - box[0], box[3] - box[1]) or wide[0] > wide[2]:
        return box
    return min(left, box[0]), min(bottom, box[1]), max(right, box[2]), max(top, box[3])


def tile_area(result: SitingResult) -> TileArea:
    """Where tiles are wanted: the view and what a screen shows beside it."""
    west, south, east, north = view(result)
    high, wide = north - south, (east - west) * math.cos(math.radians((south + north) / 2))
    more_lon = max(0.2 * (east - west), (1.6 * high - wide) / 2)
    more_lat = max(0.1 * high, (0.6 * wide - high) / 2)
    return TileArea(west - more_lon, south - more_lat, east + more_lon, north + more_lat)


def view(result: SitingResult) -> tuple[float, float, float, float]:
    """What the page shows when opened: west, south, east, north in degrees."""
    from pyproj import Transformer

    there = Transformer.from_crs(result.heat.crs, "EPSG:4326", always_xy=True)
    west, south, east, north = there.transform_bounds(*view_m(result))
    return west, south, east, north
