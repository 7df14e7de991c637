"""The quickest way to sweep an area: cells, angles, lines, and the tour through them."""

import math
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import repeat

import numpy as np
import shapely

from core.geo import FloatArray
from gis.vector import Area, as_area
from missions.energy import leg_seconds
from missions.survey.area import Ground
from missions.survey.decompose import CELL_S, Cell, decomposed, merged
from missions.survey.lines import (
    BARELY_M,
    Pass,
    Run,
    Swath,
    flown,
    lay_passes,
    left_over,
    spot_passes,
    turned,
)
from missions.survey.pace import Pace, make_pace
from missions.survey.scan import fit_angles, sweep_seconds
from missions.survey.sorties import Load
from missions.survey.splitting import split
from missions.survey.tour import (
    QUICK,
    WORK,
    best_directions,
    best_tour,
    nearest_tour,
    row_by_row,
    tour_seconds,
)
from missions.survey.track import Flyer, timed
from missions.survey.transits import Corners, corners_of, transit_seconds

COVER_ROUNDS = 6
SPOT_ROUNDS = 12
LIKELIEST = 10  # whole degrees, however near one another
SINGLES = 4
SINGLES_APART_DEG = 1.5
CUT_TURNS_DEG = (0.0, 90.0)  # cells are cut along the best sweep, and across it
STAGES = 4
ALIKE_DEG = 6.0  # rows of two cells nearer than this are neighbours: they must overlap
MOST_CELLS = 10
MOST_DECOMPOSED = 12  # among many holes no stage is ever quickest, and all are slow to try
FINALISTS = 3
MORE_JUDGED = 3
PLAIN_JUDGED = 8
LINES_TOURED = 4000  # in all layouts together; the table of times grows as the square of a layout's lines
LEAST_TOURED = 3
AT_ONCE = 2  # layouts toured side by side
TABLE_ERROR = 0.03  # what the times of two tours may be wrong by beside each other
Layout = Sequence[Cell]


def cover(
    ground: Ground, swath: Swath, flyer: Flyer, load: Load, angle_deg: float | None = None
) -> list[Run]:
    """Runs in flying order that photograph all of the target, begun and ended at the frame's origin.

    All at `angle_deg` if it is given; else the quickest of several sweeps over the whole and of several ways
    to cut it into cells with angles of their own.
    """
    sweeper = make_sweeper(ground, swath, flyer, load)
    layouts = [[Cell(ground.target, angle_deg, 0.0)]] if angle_deg is not None else sweeper.layouts()
    return sweeper.quickest(layouts)


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Everything a sweep is laid and judged with.

    Lines end in `inner`, as far from the edge of the air as ways between them keep: a line's end nearer to
    it would cost a leg of half a metre each time. `judged` is the swath with the run-up there is room for.
    """

    ground: Ground
    swath: Swath
    flyer: Flyer
    load: Load
    pace: Pace
    inner: Area
    judged: Swath

    def layouts(self) -> list[Layout]:
        """Ways to share out angles over the ground, worth a closer look."""
        target = self.ground.target
        angles = np.unique(np.concatenate([np.arange(180.0), fit_angles(target)]))
        ranked = self._ranked(target, angles)
        likeliest = [cell for cell in ranked if cell.angle_deg % 1.0 == 0.0][:LIKELIEST]
        others = [cell for cell in _apart(ranked, SINGLES_APART_DEG)[:SINGLES] if cell not in likeliest]
        found: list[Layout] = [[cell] for cell in (*likeliest, *others)]
        if target.area < 0.999 * target.convex_hull.area:
            for turn in CUT_TURNS_DEG:
                found += self._cut((_along_sides(ranked[0].angle_deg, target) + turn) % 180.0)
            found += self._promising(split(target, self.judged, self.pace))
        return found

    def _ranked(self, ground: Area, angles: FloatArray) -> list[Cell]:
        seconds = sweep_seconds(ground, angles, self.judged, self.pace)
        return [Cell(ground, float(angles[k]), float(seconds[k])) for k in np.argsort(seconds, kind="stable")]

    def _cut(self, angle_deg: float) -> list[Layout]:
        """The most promising stages of putting cells together that were cut at an angle."""
        target = self.ground.target
        cells = decomposed(target, angle_deg)
        if len(cells) > MOST_DECOMPOSED:
            return []
        tried = np.unique(np.concatenate([fit_angles(target, 8), np.arange(0.0, 180.0, 15.0), [angle_deg]]))
        stages = merged(cells, tried, self.judged, self.pace)
        return self._promising([s for s in stages if len(s) <= MOST_CELLS])

    def _promising(self, stages: Sequence[Layout]) -> list[Layout]:
        """The stages at several angles that are estimated quickest."""
        mixed = [s for s in stages if len({c.angle_deg for c in s}) > 1]
        return list(sorted(mixed, key=_estimate_s)[:STAGES])

    def quickest(self, layouts: Sequence[Layout]) -> list[Run]:
        """The runs of the layout that is flown quickest, judged by the clock itself.

        What a plain planner would fly over the same lines is among the tours judged.
        """
        space = corners_of(self.ground.flight)
        every = [self.toured(layouts[0], space)]
        room = max(LEAST_TOURED, LINES_TOURED // max(1, len(every[0].tour)))
        rest = layouts[1:] if room >= len(layouts) else sorted(layouts[1:], key=_estimate_s)[: room - 1]
        with ThreadPoolExecutor(AT_ONCE) as pool:  # what takes long of it runs outside of the interpreter
            every += pool.map(self.toured, rest, repeat(space))
        toured = sorted(every, key=lambda t: t.seconds)
        shaken = sorted((t.shaken() for t in toured[:FINALISTS]), key=lambda t: t.seconds)
        more = [t.shaken(work=QUICK) for t in toured[FINALISTS : FINALISTS + MORE_JUDGED]]
        most_s = shaken[0].seconds * (1.0 + TABLE_ERROR)
        plain = [t for t in _likely_plain(every[:LIKELIEST]) if t.seconds < most_s]
        judged = [t.runs for t in (*shaken, *more, *plain)]
        return min(judged, key=self.flown_s)

    def toured(self, layout: Layout, space: Corners) -> "Toured":
        """A good tour through the lines of a layout."""
        passes = self.passes(layout)
        nodes = [flown(line, self.swath, forward=f) for line in passes for f in (True, False)]
        seconds = transit_seconds(nodes, (0.0, 0.0), space, self.pace)
        first = [nearest_tour(seconds), best_directions(seconds, list(range(len(passes)))), *_rows(passes)]
        return Toured(nodes, seconds, best_tour(seconds, first, work=0.0))

    def passes(self, layout: Layout) -> list[Pass]:
        """Lines over every cell, and over what they leave."""
        passes: list[Pass] = []
        for number, cell in enumerate(layout):
            others = [*layout[:number], *layout[number + 1 :]]
            beside = any(_goes_on(cell, other, self.swath) for other in others)
            swath = replace(self.swath, inside=0.5) if beside else self.swath
            passes += self._laid(cell.ground, cell.angle_deg, passes, swath)
        for attempt in range(COVER_ROUNDS + SPOT_ROUNDS):
            rest = left_over(self.ground.target, passes, self.swath)
            if rest.is_empty:
                break
            more = [
                line
                for part in shapely.get_parts(rest)
                for line in self._more(part, _angle_near(layout, part), passes, spots=attempt >= COVER_ROUNDS)
            ]
            if not more:
                break
            passes += more
        return passes

    def _laid(
        self, part: Area, angle: float, before: Sequence[Pass], swath: Swath, *, edge: bool = False
    ) -> list[Pass]:
        row = max((p.row for p in before), default=-2) + 2
        air = self.ground.working if edge else self.inner
        return lay_passes(turned(part, angle), turned(air, angle), swath, angle, row)

    def _more(self, part: Area, angle: float, before: Sequence[Pass], *, spots: bool) -> list[Pass]:
        """Passes over a part that is left, each of which gains ground."""
        laid = [] if spots else self._laid(part, angle, before, self.swath, edge=True)
        row = max((p.row for p in before), default=-2) + 2
        working = turned(self.ground.working, angle)
        return self._gaining(laid, part) or self._gaining(
            spot_passes(turned(part, angle), working, angle, row), part
        )

    def _gaining(self, passes: Sequence[Pass], part: Area) -> list[Pass]:
        return [p for p in passes if left_over(part, [p], self.swath).area < part.area - 1e-6]

    def flown_s(self, runs: Sequence[Run]) -> float:
        """Seconds of the flight through `runs`, over flat ground and on one battery."""
        flat = replace(self.flyer, surface=replace(self.flyer.surface, terrain=None))
        path = timed(flat.track(runs), self.load.aircraft, self.load.survey_ms)
        try:
            return sum(leg_seconds(path, self.load.aircraft, self.load.wind), 0.0)
        except ValueError:  # the wind is too strong for a leg
            return math.inf


def make_sweeper(ground: Ground, swath: Swath, flyer: Flyer, load: Load) -> Sweeper:
    """A sweeper made ready for a ground."""
    inner = as_area(ground.working.buffer(-flyer.space.inset_m - BARELY_M, join_style="mitre"))
    pace = make_pace(load.aircraft, load.wind, load.survey_ms)
    room_m = max(0.0, (ground.working.area - ground.target.area) / ground.target.length)
    judged = replace(swath, lead_m=min(swath.lead_m, room_m + swath.inset_m))
    return Sweeper(ground, swath, flyer, load, pace, ground.working if inner.is_empty else inner, judged)


@dataclass(frozen=True, slots=True)
class Toured:
    """A tour: the runs to choose from, each line there and back, seconds between them, the nodes flown."""

    nodes: list[Run]
    table: FloatArray
    tour: list[int]

    @property
    def seconds(self) -> float:
        """How long the tour takes in the air."""
        return float(tour_seconds(self.table, np.array(self.tour, np.int64)))

    @property
    def runs(self) -> list[Run]:
        """The runs in flying order."""
        return [self.nodes[k] for k in self.tour]

    def row_by_row(self) -> "list[Toured]":
        """The same lines row by row, from either side."""
        return [replace(self, tour=tour) for tour in _rows([run.line for run in self.nodes[::2]])]

    def nearest_next(self) -> "Toured":
        """The same lines, always on to the nearest."""
        return replace(self, tour=nearest_tour(self.table))

    def shaken(self, work: float = WORK) -> "Toured":
        """The same tour, looked at for longer."""
        return replace(self, tour=best_tour(self.table, [self.tour], work=work))


def _estimate_s(layout: Layout) -> float:
    return sum(cell.seconds + CELL_S for cell in layout)


def _likely_plain(toured: Sequence[Toured]) -> list[Toured]:
    """What plain planners would fly over the same lines: the likeliest row by row, and nearest next."""
    rows = sorted((r for t in toured for r in t.row_by_row()), key=lambda t: t.seconds)
    nearest = sorted((t.nearest_next() for t in toured), key=lambda t: t.seconds)
    return rows[:PLAIN_JUDGED] + nearest[:PLAIN_JUDGED]


def _rows(passes: Sequence[Pass]) -> list[list[int]]:
    rows, begun = [p.row for p in passes], [p.x_from for p in passes]
    return [row_by_row(rows, begun, back=back) for back in (False, True)]


def _apart(ranked: Sequence[Cell], least_deg: float) -> list[Cell]:
    """The best of each group of angles that lie near one another."""
    found: list[Cell] = []
    for cell in ranked:
        if all(_apart_deg(cell.angle_deg, f.angle_deg) >= least_deg for f in found):
            found.append(cell)
    return found


def _along_sides(angle_deg: float, ground: Area) -> float:
    """The course along a long side of the ground next to an angle; the angle itself where there is none."""
    sides = [float(side) for side in fit_angles(ground) if _apart_deg(float(side), angle_deg) < ALIKE_DEG]
    return min(sides, key=lambda side: _apart_deg(side, angle_deg), default=angle_deg)


def _apart_deg(one: float, two: float) -> float:
    """How far two courses are apart, whichever way they are flown."""
    return abs((one - two + 90.0) % 180.0 - 90.0)


def _goes_on(cell: Cell, other: Cell, swath: Swath) -> bool:
    """Whether rows of another cell are neighbours of a cell's own."""
    alike = _apart_deg(cell.angle_deg, other.angle_deg) < ALIKE_DEG
    return alike and bool(shapely.dwithin(cell.ground, other.ground, 2.0 * swath.line_m))


def _angle_near(layout: Layout, part: Area) -> float:
    return min(layout, key=lambda cell: cell.ground.distance(part)).angle_deg


def main_course(runs: Sequence[Run]) -> float:
    """The course (0-180 degrees) that most of the way is photographed on."""
    lengths: dict[float, float] = defaultdict(float)
    for run in runs:
        lengths[round(run.line.angle_deg % 180.0, 6)] += abs(run.shots[-1] - run.shots[0])
    return max(lengths, key=lambda angle: lengths[angle], default=0.0)
