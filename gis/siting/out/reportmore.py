"""Further sections of the report: how stable the first places are, other weights, other plans."""

import math
from typing import Any

from reportlab.platypus import Spacer

from gis.pdf.face import Words
from gis.pdf.table import table
from gis.siting.model import Plan, SitingResult
from gis.siting.weights import Weighing
from gis.siting.words import words

Flow = list[Any]
MOST_RANKS = 5


def stability_lines(result: SitingResult) -> list[str]:
    """How much of the first 1, 3 and all places stays first over the draws."""
    if result.intervals is None:
        return []
    kept, word = result.intervals.stability, words(result.params.language)
    numbers = sorted({n for n in (1, 3, len(kept)) if 0 < n <= len(kept)})
    return [word["first_kept"].format(count=n, share=float(kept[n - 1])) for n in numbers]


def weights_section(result: SitingResult, say: Words, width_pt: float) -> Flow:
    """Ways to weigh criteria side by side, and where they put the first chosen sites."""
    if not result.weighings:
        return []
    word = words(result.params.language)
    sites = result.chosen[:MOST_RANKS]
    head = [word[key] for key in ("weighing", "weights", "ratio", "agreement")]
    head += [site.name or site.id for site in sites]
    places = _places(result)
    rows = [
        [*_weighing(one, word), *(f"{int(one.ranks[places[site.row]])}" for site in sites)]
        for one in result.weighings
    ]
    each = 0.36 / max(1, len(sites))
    widths = [share * width_pt for share in (0.14, 0.26, 0.1, 0.14, *[each] * len(sites))]
    numbers = range(2, 4 + len(sites))
    return [
        say.say(word["weights_heading"], "heading"),
        table(say, head, rows, widths, numbers=numbers),
        Spacer(0, 3),
        say.say(word["weights_note"], "small"),
    ]


def frontier_section(result: SitingResult, say: Words, width_pt: float) -> Flow:
    """Plans between the most load covered and the shortest way of the worst-off."""
    if not result.frontier:
        return []
    word = words(result.params.language)
    head = [
        word["plan"],
        word["covered"],
        word["worst"].format(share=result.params.worst_share),
        word["sites"],
    ]
    names = {str(row.site_id): str(row.site_name) for row in result.candidates.itertuples()}
    rows = [_plan(number, plan, names) for number, plan in enumerate(result.frontier, start=1)]
    widths = [share * width_pt for share in (0.08, 0.17, 0.2, 0.55)]
    return [
        say.say(word["frontier"], "heading"),
        table(say, head, rows, widths, numbers=(1, 2)),
        Spacer(0, 3),
        say.say(word["frontier_note"], "small"),
    ]


def _places(result: SitingResult) -> dict[int, int]:
    """Numbers of candidates among those that no rule rejects, by row."""
    allowed = [row for row, why in enumerate(result.candidates["rejected"]) if why == ""]
    return {row: at for at, row in enumerate(allowed)}


def _weighing(one: Weighing, word: dict[str, str]) -> list[str]:
    shares = ", ".join(
        f"{word.get(f'criterion_{key}', key)} {value:.2f}" for key, value in one.weights.items()
    )
    return [
        word.get(f"weighing_{one.name}", one.name),
        shares,
        "" if one.ratio is None else f"{one.ratio:.2f}",
        word["not_known"] if one.agreement is None else f"{one.agreement:+.2f}",
    ]


def _plan(number: int, plan: Plan, names: dict[str, str]) -> list[str]:
    worst = f"{plan.worst_m:,.0f} m" if math.isfinite(plan.worst_m) else "∞"
    return [
        str(number),
        f"{plan.solution.objective:,.0f}",
        worst,
        ", ".join(names.get(key) or key for key in plan.ids),
    ]
