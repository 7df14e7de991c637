"""Which way to sweep, and runs in flying order that photograph all of an area."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import shapely

from gis.vector import Area
from missions.energy import Cost, PathPoint, path_cost
from missions.route import XY
from missions.survey.area import Ground
from missions.survey.cells import split_cells, visit
from missions.survey.lines import (
    Pass,
    Run,
    Swath,
    flown,
    lay_passes,
    left_over,
    spot_passes,
    turned,
    turned_back,
)
from missions.survey.sorties import Load
from missions.survey.track import Flyer

COVER_ROUNDS = 6
SPOT_ROUNDS = 12


def best_angle(ground: Ground, swath: Swath, load: Load) -> float:
    """The course (0-180 degrees) with the least flying time, turns and wind counted; energy breaks ties."""
    costs = {a: _rough_cost(ground, swath, load, a) for a in _angles(ground.target)}
    quickest = min(cost.duration_s for cost in costs.values())
    near = {a: cost for a, cost in costs.items() if cost.duration_s <= 1.01 * quickest}
    return min(near, key=lambda a: near[a].energy_Wh)


def _angles(target: Area) -> list[float]:
    """Every 15 degrees, and along the sides of the area's hull (Huang 2001: the best sweep follows one)."""
    hull = shapely.get_coordinates(target.convex_hull.simplify(2.0))
    sides = np.diff(hull, axis=0)
    longest = sides[np.argsort(-np.hypot(*sides.T))[:8]]
    along = np.degrees(np.arctan2(longest[:, 0], longest[:, 1])) % 180.0
    return sorted({*np.arange(0.0, 180.0, 15.0).tolist(), *np.round(along, 1).tolist()})


def _rough_cost(ground: Ground, swath: Swath, load: Load, angle: float) -> Cost:
    """Passes in serpentine order with straight transits: good enough to compare courses."""
    passes = lay_passes(turned(ground.target, angle), turned(ground.working, angle), swath, angle)
    speed_ms = load.survey_ms
    points = [PathPoint(0.0, 0.0, 0.0, speed_ms)]
    here: XY = (0.0, 0.0)
    for line in passes:
        ends = [(line.x_from - swath.lead_m, line.y), (line.x_to + swath.tail_m, line.y)]
        ends.sort(key=lambda end: math.dist(here, end))
        points += [PathPoint(*turned_back(*end, angle), 0.0, speed_ms) for end in ends]
        here = ends[-1]
    points.append(PathPoint(0.0, 0.0, 0.0, speed_ms))
    try:
        return path_cost(points, load.aircraft, load.wind)
    except ValueError:
        return Cost(0.0, math.inf, math.inf)


def cover(
    ground: Ground, swath: Swath, flyer: Flyer, load: Load, angle_deg: float | None = None
) -> list[Run]:
    """Runs in flying order that photograph all of the target: passes, then passes over what is left.

    All at `angle_deg` if it is given, else each at the course that is flown quickest.
    """
    angle = best_angle(ground, swath, load) if angle_deg is None else angle_deg
    target, working = turned(ground.target, angle), turned(ground.working, angle)
    passes = lay_passes(target, working, swath, angle)
    runs: list[Run] = []
    for attempt in range(COVER_ROUNDS + SPOT_ROUNDS):
        runs = _ordered(passes, swath, flyer)
        rest = left_over(target, runs, swath)
        if rest.is_empty:
            break
        row = max((p.row for p in passes), default=0) + 2
        passes = passes + list(_more(rest, working, swath, angle, row, spots=attempt >= COVER_ROUNDS))
    return runs


def _more(rest: Area, working: Area, swath: Swath, angle: float, row: int, *, spots: bool) -> Iterable[Pass]:
    if spots:
        yield from spot_passes(rest, working, angle, row)
        return
    for part in shapely.get_parts(rest):
        found = lay_passes(part, working, swath, angle, row)
        gaining = [p for p in found if not _gains_nothing(part, p, swath)]
        yield from gaining or spot_passes(part, working, angle, row)
        row += len(found) + 2


def _gains_nothing(part: Area, line: Pass, swath: Swath) -> bool:
    """Whether a pass would photograph nothing of `part`."""
    return not left_over(part, [flown(line, swath, forward=True)], swath).area < part.area - 1e-6


def _ordered(passes: list[Pass], swath: Swath, flyer: Flyer) -> list[Run]:
    def distance(a: XY, b: XY) -> float:
        way = flyer.way(a, b)
        return sum(math.dist(p, q) for p, q in itertools.pairwise(way))

    return visit(split_cells(passes), (0.0, 0.0), swath, distance)  # home: the origin of both frames


def main_course(runs: Sequence[Run]) -> float:
    """The course (0-180 degrees) that most of the way is photographed on."""
    lengths: dict[float, float] = defaultdict(float)
    for run in runs:
        lengths[round(run.line.angle_deg % 180.0, 6)] += abs(run.shots[-1] - run.shots[0])
    return max(lengths, key=lambda angle: lengths[angle], default=0.0)
