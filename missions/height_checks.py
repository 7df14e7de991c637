"""The height limit: over the ground, or over the tallest structure near by where structures are known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from core.geo import FloatArray, LocalFrame
from missions.case import Case
from missions.finding import Finding, Verdict
from missions.intervals import Parts, common, joined, missing, where_at_most
from missions.legair import LegAir, legs_in_air
from missions.space_checks import spans_of
from missions.structures import Structures

RULE = "height_above_ground"
NEAR_M = 150.0  # how far from the aircraft a structure counts
SLACK_M = 0.5
DEEPEST_VALLEY_M = 1000.0  # no flight leads over ground so far below its home
LOWER = "fly lower there"


def height_findings(case: Case) -> Iterator[Finding]:
    """Whether the flight stays under the limit everywhere along its legs."""
    limit = case.rules.max_height_above_ground_m.value
    if case.terrain is None:
        yield _without_ground(case, limit)
        return
    legs = legs_in_air(
        spans_of(case.points, LocalFrame(case.mission.home.position)), case.mission, case.terrain
    )
    known = [leg for leg in legs if np.isfinite(leg.up_m - leg.ground_m).all()]
    if not known:
        yield Finding(RULE, Verdict.UNKNOWN, "no leg has a known height above ground", limit=limit)
        return
    over = [leg for leg in known if float((leg.up_m - leg.ground_m).max()) > limit + SLACK_M]
    top = max(float((leg.up_m - leg.ground_m).max()) for leg in known)
    if over:
        yield _over(case, over, top, limit)
    elif len(known) < len(legs):
        item = next(leg.item for leg in legs if not np.isfinite(leg.up_m - leg.ground_m).all())
        why = "the DEM does not cover this leg, or its altitude has no known datum"
        yield Finding(RULE, Verdict.UNKNOWN, why, item=item, value=top, limit=limit, cure="use a wider DEM")
    else:
        yield Finding(
            RULE, Verdict.PASS, f"{top:.1f} m above ground, limit {limit:g} m", value=top, limit=limit
        )


def _without_ground(case: Case, limit: float) -> Finding:
    tops = [p.up_m for p in case.points if p.up_m is not None]
    top = max(tops, default=None)
    if top is not None and top > limit + DEEPEST_VALLEY_M:
        item = next(p.item for p in case.points if p.up_m == top)
        why = f"{top:g} m over home is too high over any ground"
        return Finding(RULE, Verdict.FAIL, why, item=item, value=top, limit=limit, cure=LOWER)
    why = "no terrain given (--dem): height above ground is not known"
    return Finding(
        RULE, Verdict.UNKNOWN, why, value=top, limit=limit, cure="give the ground's heights (--dem)"
    )


def _over(case: Case, legs: Sequence[LegAir], top: float, limit: float) -> Finding:
    """Legs over the limit above ground: structures near them may raise it."""
    worst = max(legs, key=lambda leg: float((leg.up_m - leg.ground_m).max()))
    if case.structures is None:
        why = f"{top:.1f} m above ground, limit {limit:g} m"
        cure = f"{LOWER}, or give the buildings (--buildings): over tall ones the limit is higher"
        return Finding(RULE, Verdict.FAIL, why, item=worst.item, value=top, limit=limit, cure=cure)
    near = _near(case, case.structures, legs)
    unsure: LegAir | None = None
    for leg in legs:
        high = where_at_most(leg.share, limit + SLACK_M - (leg.up_m - leg.ground_m))
        left = missing(high, near.allowed(leg, limit), 1e-6)
        if left and missing(left, near.unknown(leg), 1e-6):
            return _failed(leg, left, limit)
        unsure = leg if left and unsure is None else unsure
    if unsure is not None:
        why = f"{top:.1f} m above ground, near structures whose height is not known"
        cure = f"{LOWER}, or give the heights of the buildings there"
        return Finding(RULE, Verdict.UNKNOWN, why, item=unsure.item, value=top, limit=limit, cure=cure)
    why = f"{top:.1f} m above ground, and never more than {limit:g} m over the tallest structure near by"
    return Finding(RULE, Verdict.PASS, why, item=worst.item, value=top, limit=limit)


def _failed(leg: LegAir, left: Parts, limit: float) -> Finding:
    at = np.array([s for part in left for s in part])
    high = float(np.interp(at, leg.share, leg.up_m - leg.ground_m).max())
    why = (
        f"{high:.1f} m above ground and too high over every structure within {NEAR_M:g} m, limit {limit:g} m"
    )
    return Finding(RULE, Verdict.FAIL, why, item=leg.item, value=high, limit=limit, cure=LOWER)


@dataclass(frozen=True, slots=True, eq=False)
class _Near:
    """Structures in metres with their reach, and the height of each top over home (NaN = not known)."""

    reach: NDArray[np.object_]
    top_m: FloatArray
    tree: shapely.STRtree

    def allowed(self, leg: LegAir, limit: float) -> Parts:
        """Where a leg is no more than the limit over a structure near by."""
        found: list[tuple[float, float]] = []
        for i in self.tree.query(leg.line, predicate="intersects").tolist():
            if np.isfinite(self.top_m[i]):
                low = where_at_most(leg.share, leg.up_m - self.top_m[i] - limit - SLACK_M)
                found += common(leg.over(self.reach[i]), low)
        return joined(found)

    def unknown(self, leg: LegAir) -> Parts:
        """Where a leg is near a structure of unknown height."""
        near = self.tree.query(leg.line, predicate="intersects").tolist()
        return joined(p for i in near if np.isnan(self.top_m[i]) for p in leg.over(self.reach[i]))


def _near(case: Case, structures: Structures, legs: Sequence[LegAir]) -> _Near:
    """The structures within reach of legs; one's foot is the lowest ground under its corners."""
    assert case.terrain is not None  # noqa: S101  # asked by the caller
    frame = LocalFrame(case.mission.home.position)
    lines = np.array([leg.line for leg in legs], object)
    shapes = shapely.transform(structures.shapes, lambda xy: frame.to_local(xy[:, 0], xy[:, 1]))
    near = np.unique(shapely.STRtree(shapes).query(lines, predicate="dwithin", distance=NEAR_M)[1])
    kept = shapes[near]
    lonlat, owner = shapely.get_coordinates(structures.shapes[near], return_index=True)
    home = float(case.terrain.heights_m(*case.mission.home.position.xy))
    foot = np.full(len(near), np.inf)
    np.minimum.at(foot, owner, case.terrain.heights_m(lonlat[:, 0], lonlat[:, 1]) - home)
    reach = shapely.buffer(kept, NEAR_M, quad_segs=64)
    return _Near(reach, foot + structures.heights_m[near], shapely.STRtree(reach))
