"""How good and how sure a choice is, under the keys of `skyshade sites choose --json`, and as lines."""

from typing import Any

from gis.siting.columns import labels
from gis.siting.model import Plan, SitingResult


def choice_json(result: SitingResult) -> dict[str, Any]:
    """`aim`, `confidence` (draws, stability of the first n), `weights` and `frontier`."""
    return {
        "aim": result.params.aim,
        "confidence": _confidence(result),
        "weights": _weights(result),
        "frontier": [_plan(plan) for plan in result.frontier],
    }


def _confidence(result: SitingResult) -> dict[str, Any] | None:
    if result.intervals is None:
        return None
    params = result.params.confidence
    return {
        "draws": params.draws,
        "level": params.level,
        "units": params.units,
        "stability": [round(float(one), 4) for one in result.intervals.stability],
    }


def _weights(result: SitingResult) -> list[dict[str, Any]]:
    """Each way to weigh, and which rank the chosen sites have among all allowed candidates by it."""
    ids, _ = labels(result.candidates)
    return [
        {
            "name": one.name,
            "weights": {key: round(value, 4) for key, value in one.weights.items()},
            "consistency_ratio": one.ratio,
            "agreement": one.agreement,
            "ranks": {
                ids[site.row]: int(one.ranks[at])
                for site, at in zip(result.chosen, _places(result), strict=True)
            },
        }
        for one in result.weighings
    ]


def _places(result: SitingResult) -> list[int]:
    """The numbers of the chosen sites among the allowed candidates."""
    allowed = [row for row, why in enumerate(result.candidates["rejected"]) if why == ""]
    place = {row: at for at, row in enumerate(allowed)}
    return [place[site.row] for site in result.chosen]


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "sites": list(plan.ids),
        "objective": plan.solution.objective,
        "bound": plan.solution.bound,
        "gap": plan.solution.gap,
        "worst_m": plan.worst_m,
        "equity": dict(plan.equity),
    }


def choice_lines(result: SitingResult) -> list[str]:
    """Stability, agreement of other weights, and the frontier, for people to read."""
    out = []
    if result.intervals is not None and len(result.chosen) > 0:
        stable = float(result.intervals.stability[0])
        draws = result.params.confidence.draws
        out.append(f"first place kept in {stable:.0%} of {draws} draws of heat, people, weights and units")
    for one in result.weighings:
        ratio = "" if one.ratio is None else f", consistency ratio {one.ratio:.2f}"
        agreement = "unknown" if one.agreement is None else f"{one.agreement:.2f}"
        weights = ", ".join(f"{key} {value:.2f}" for key, value in one.weights.items())
        out.append(f"weights {one.name} ({weights}{ratio}): rank correlation with load {agreement}")
    return out + frontier_lines(result)


def frontier_lines(result: SitingResult) -> list[str]:
    """The frontier as a table."""
    if not result.frontier:
        return []
    share = result.params.worst_share
    head = f"{'covered':>14}  {'gap':>7}  {f'{share:.0%} walk <=':>12}  {'r need':>6}  sites"
    return [head, *(_line(plan) for plan in result.frontier)]


def _line(plan: Plan) -> str:
    need = plan.equity.get("capacity_vs_vulnerable_r_after")
    fit = "-" if need is None else f"{need:.2f}"
    walk = f"{plan.worst_m:,.0f} m" if plan.worst_m < float("inf") else "beyond"
    solved = plan.solution
    return f"{solved.objective:>14,.1f}  {solved.gap:>7.3%}  {walk:>12}  {fit:>6}  {', '.join(plan.ids)}"
