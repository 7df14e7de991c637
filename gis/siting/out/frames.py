"""The layers of a result as the files hold them."""

from collections.abc import Sequence
from typing import Any

from gis.siting.model import ChosenSite, SitingResult
from gis.siting.rules import RuleVerdict
from gis.siting.words import LANGUAGES
from gis.webmap import Check, Text


def rank_text(site: ChosenSite) -> str:
    """A rank with its interval: `2 (1-3)`, and `=` where the order to another site is not settled."""
    tie = "=" if site.tied_with else ""
    return f"{site.rank}{tie} ({site.rank_low}-{site.rank_high})"


def chosen_frame(result: SitingResult) -> Any:
    """The chosen sites as a GeoDataFrame, best first."""
    import geopandas as gpd

    sites = result.chosen
    columns: dict[str, list[Any]] = {
        "site_id": [site.id for site in sites],
        "site_name": [site.name for site in sites],
        "rank": [site.rank for site in sites],
        "rank_low": [site.rank_low for site in sites],
        "rank_high": [site.rank_high for site in sites],
        "ranks": [rank_text(site) for site in sites],
        "score": [site.score for site in sites],
        "again": [site.again for site in sites],
        "tied_with": [", ".join(site.tied_with) for site in sites],
        "why": [site.why for site in sites],
        "unknown": [" / ".join(site.unknown) for site in sites],
    }
    shapes = result.candidates.geometry.iloc[[site.row for site in sites]].to_numpy()
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=result.heat.crs)


def layers_of(result: SitingResult, cells: Any) -> dict[str, Any]:
    """Every layer with rows by its name; `cells` are the hot ones."""
    layers = {
        "chosen": chosen_frame(result),
        "candidates": result.candidates,
        "existing": result.existing,
        "demand": result.demand,
        "hotspots": cells,
        "zones": result.zones,
    }
    return {name: _storable(frame) for name, frame in layers.items() if frame is not None and len(frame)}


def _storable(frame: Any) -> Any:
    """A frame that files can hold: lists as text, no column called fid."""
    import numpy as np

    out = frame.rename(columns={name: f"{name}_" for name in frame.columns if str(name).lower() == "fid"})
    for name in out.columns:
        if name != "geometry" and any(isinstance(v, list | dict | np.ndarray) for v in out[name]):
            out[name] = [None if v is None else str(v) for v in out[name]]
    return out


def checks(verdicts: Sequence[RuleVerdict]) -> list[Check]:
    """A site's verdicts as the page shows them."""
    return [
        Check(rule_title(v), v.verdict.value, value_text(v), v.rule.limit.replace(" and ", ", "))
        for v in verdicts
    ]


def rule_title(verdict: RuleVerdict) -> dict[str, str]:
    """A rule's title in every language."""
    return {language: verdict.rule.called(language) for language in LANGUAGES}


def value_text(verdict: RuleVerdict) -> Text:
    """What a rule found at a site, with its unit; nothing when it is not known."""
    return "" if verdict.value is None else f"{verdict.value:.4g} {verdict.rule.unit}".strip()
