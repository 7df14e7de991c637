"""The figures of a result in words, in every language: for the map page and the report."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gis.siting.model import SitingResult
from gis.siting.out.frames import rule_title
from gis.siting.rules import Verdict
from gis.siting.words import WORDS, both
from gis.webmap import Text

PROVED = 1e-6  # a relative gap below this is rounding


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many candidates pass, fail and are unknown under one rule."""

    title: dict[str, str]
    limit: str
    required: bool
    passes: int
    fails: int
    unknowns: int


def summary(result: SitingResult) -> list[Text]:
    """What came out, a line a fact."""
    asked, chosen = asked_count(result), len(result.chosen)
    counts = {"candidates": len(result.candidates), "chosen": chosen, "rejected": rejected_count(result)}
    lines: list[Text] = [both("chosen_count", **counts)]
    if chosen < asked:
        lines.append(both("fewer", count=asked, chosen=chosen))
    load = result.demand["load_person_K"]
    total = float(load.sum())
    if total > 0:
        now, then = (float((load * result.demand[f"cover_{w}"]).sum()) / total for w in ("before", "after"))
        lines.append(both("load_covered", covered=total, share=then, now=now, radius=result.params.radius_m))
    return [*lines, bound_line(result)]


def asked_count(result: SitingResult) -> int:
    """How many sites were asked for; as many as were needed when the fewest were."""
    return len(result.chosen) if result.params.aim == "fewest" else result.params.count


def bound_line(result: SitingResult) -> dict[str, str]:
    """How much better any other choice could be."""
    gap = result.solution.gap
    if not math.isfinite(gap):
        return both("unproved")
    return both("proved") if gap <= PROVED else both("gap", gap=gap)


def rejected_count(result: SitingResult) -> int:
    """Candidates that break a required rule."""
    return int((result.candidates["rejected"] != "").sum())


def rule_counts(result: SitingResult) -> list[RuleCount]:
    """Every rule with its verdicts counted, the one that rejects most first."""
    counts = []
    for at, rule in enumerate(result.rules.rules):
        said = [row[at].verdict for row in result.verdicts]
        counts.append(
            RuleCount(
                title=rule_title(result.verdicts[0][at]),
                limit=rule.limit.replace(" and ", ", "),
                required=rule.required,
                passes=said.count(Verdict.PASS),
                fails=said.count(Verdict.FAIL),
                unknowns=said.count(Verdict.UNKNOWN),
            )
        )
    return sorted(counts, key=lambda count: (not count.required, -count.fails))


def kills_most(result: SitingResult) -> dict[str, str]:
    """Which required rule rejects most candidates, in words."""
    required = [count for count in rule_counts(result) if count.required and count.fails]
    if not required:
        return both("kills_none")
    return both("kills_most", title=required[0].title, count=required[0].fails)


def fairness_rows(result: SitingResult) -> list[tuple[Text, Text, Text]]:
    """(figure, before, after) of everything that is known before and after the plan."""
    equity = result.equity
    stems = [key.removesuffix("_before") for key in equity if key.endswith("_before")]
    limit_m = max(result.params.radius_m, result.params.fairness_limit_m)
    rows: list[tuple[Text, Text, Text]] = []
    for stem in stems:
        title = both(stem, limit=limit_m) if stem in WORDS else stem.replace("_", " ")
        before, after = (_figure(stem, equity.get(f"{stem}_{when}"), limit_m) for when in ("before", "after"))
        rows.append((title, before, after))
    return rows


def _figure(stem: str, value: float | None, limit_m: float) -> Text:
    """A fairness figure with its unit, told by the end of its key."""
    if value is None or not math.isfinite(value):
        return both("not_known")
    if stem.endswith("_m"):
        return both("beyond", limit=limit_m) if value >= limit_m else f"{value:,.0f} m"
    if stem.endswith("_r"):
        return f"{value:+.2f}"
    share = stem in {"within", "beyond_limit"} or "share" in stem
    return f"{value:.1%}" if share else f"{value:,.4g}"


def in_language(text: Text, language: str) -> str:
    """A text as it is said in one language."""
    return text if isinstance(text, str) else text.get(language, next(iter(text.values())))


def row_in(row: Sequence[Text], language: str) -> list[str]:
    """A table's row in one language."""
    return [in_language(text, language) for text in row]
