"""The candidates as a table for spreadsheets: the chosen first, then the others with their reasons."""

import csv
import io
import math
from pathlib import Path
from typing import Any

from core.files import write_text
from gis.siting.model import ChosenSite, SitingResult

RANK_COLUMNS = ("rank", "rank_low", "rank_high", "tied_with", "chosen_again", "score_person_K", "why")


def write_csv(result: SitingResult, path: Path) -> None:
    """One row a candidate; utf-8-sig, so that spreadsheets read Korean."""
    write_text(path, csv_text(result), encoding="utf-8-sig")


def csv_text(result: SitingResult) -> str:
    """The table as text, ranks first, rejected ones last in the order of their layer."""
    rules = [f"rule_{rule.id}" for rule in result.rules.rules]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = ["site_id", "name", *RANK_COLUMNS, "rejected", "unknown", "surface_C", "sigma_K"]
    writer.writerow([*head, *rules, "lon", "lat"])
    by_row = {site.row: site for site in result.chosen}
    places = result.candidates.geometry.representative_point().to_crs("EPSG:4326")
    table = result.candidates.reset_index(drop=True)
    rejected = table["rejected"] != ""
    order = sorted(table.index, key=lambda r: (by_row[r].rank if r in by_row else math.inf, rejected[r], r))
    for row in order:
        values = table.iloc[row]
        writer.writerow(
            [
                spreadsheet_text(values["site_id"]),
                spreadsheet_text(values["site_name"]),
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
    return out.getvalue()


def _ranks(site: ChosenSite | None) -> list[Any]:
    if site is None:
        return [""] * len(RANK_COLUMNS)
    tied = spreadsheet_text(", ".join(site.tied_with))
    return [
        site.rank,
        site.rank_low,
        site.rank_high,
        tied,
        _number(site.again, 3),
        _number(site.score, 1),
        site.why,
    ]


def _number(value: float, digits: int) -> str:
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def spreadsheet_text(text: str) -> str:
    """Text that a spreadsheet takes as text, not as a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} and not text.lstrip("+-").isdigit() else text
