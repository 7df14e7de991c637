"""How near the tours through a survey's lines are to the best there are, and what they cost.

Lines are those the planner lays over the areas of `survey_polygons.py` (its layout estimated quickest and two
others); the times between them are its own. The best tour is found by linear programming with cuts (Dantzig,
Fulkerson, Johnson 1954) and, once the ways that cannot be in it are struck out by their reduced costs, as
whole numbers (HiGHS through scipy). Where that takes longer than --limit, the gap is to the bound proved.
Simpler tours stand beside: row by row, nearest line next, and lines in a row-by-row order with the best
directions. --large adds areas of very many lines, without the best, where longer search stands beside.

python benchmarks/survey_tours.py [--every 8] [--limit 20] [--large]
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow
from survey_polygons import make_area, sweeper_over

from core.geo import FloatArray
from missions.survey.lines import Pass, flown
from missions.survey.tour import (
    QUICK,
    WORK,
    best_directions,
    best_tour,
    nearest_tour,
    row_by_row,
    tour_seconds,
)
from missions.survey.transits import corners_of, transit_seconds

Ints = NDArray[np.int64]
FLOW = 1e6  # whole numbers for a way flown once
SLACK_S = 1e-4
LARGE = (200, 500, 1000)


@dataclass(frozen=True, slots=True)
class Case:
    """Lines of one layout: seconds (2n + 1, 2n + 1) between nodes, tours to begin with."""

    name: str
    seconds: FloatArray
    first: list[list[int]]


@dataclass(frozen=True, slots=True)
class Best:
    """What no tour is quicker than, and whether one is as quick."""

    seconds: float
    proved: bool


def cases(number: int) -> list[Case]:
    """The first layout of an area, and two more."""
    made = sweeper_over(make_area(number))
    layouts, space = made.layouts(), corners_of(made.ground.flight)
    found = []
    for k in sorted({0, len(layouts) // 2, len(layouts) - 1}):
        passes = made.passes(layouts[k])
        nodes = [flown(line, made.swath, forward=f) for line in passes for f in (True, False)]
        seconds = transit_seconds(nodes, (0.0, 0.0), space, made.pace)
        found.append(Case(f"{number}/{k}", seconds, simple_tours(seconds, passes)))
    return found


def simple_tours(seconds: FloatArray, passes: list[Pass]) -> list[list[int]]:
    """Nearest next, best directions in the order laid, row by row from either side."""
    rows, begun = [p.row for p in passes], [p.x_from for p in passes]
    laid = best_directions(seconds, list(range(len(passes))))
    return [nearest_tour(seconds), laid, *(row_by_row(rows, begun, back=b) for b in (False, True))]


class Program:
    """The linear program of a table: a number for each way, lines entered once and left as entered."""

    def __init__(self, seconds: FloatArray) -> None:
        nodes = len(seconds)
        one, two = np.meshgrid(np.arange(nodes), np.arange(nodes), indexing="ij")
        keep = one >> 1 != two >> 1
        self.one, self.two = one[keep], two[keep]
        self.costs, self.nodes, self.cuts = seconds[self.one, self.two], nodes, list[NDArray[np.bool_]]()

    @property
    def lines(self) -> int:
        """Lines; home comes after them."""
        return self.nodes // 2

    def rules(self) -> tuple[sparse.csr_array, FloatArray]:
        """Equalities: every line (and home) entered once; every node left as often as entered."""
        count, ways = len(self.costs), np.arange(len(self.costs))
        entered = sparse.coo_array((np.ones(count), (self.two >> 1, ways)), (self.lines + 1, count))
        signs = np.r_[np.ones(count), -np.ones(count)]
        through = sparse.coo_array(
            (signs, (np.r_[self.two, self.one], np.r_[ways, ways])), (self.nodes, count)
        )
        right = np.r_[np.ones(self.lines + 1), np.zeros(self.nodes)]
        return sparse.csr_array(sparse.vstack([entered, through])), right

    def left(self) -> sparse.csr_array:
        """Ways out of each set of lines that must be left at least once."""
        one, two = self.one >> 1, self.two >> 1
        return sparse.csr_array(np.array([(c[one] & ~c[two]).astype(float) for c in self.cuts]))

    def strike(self, keep: NDArray[np.bool_]) -> None:
        """Do without some ways."""
        self.one, self.two, self.costs = self.one[keep], self.two[keep], self.costs[keep]

    def net(self, share: FloatArray) -> sparse.csr_array:
        """How much is flown from line to line."""
        on = share > 1e-6
        ends = (self.one[on] >> 1, self.two[on] >> 1)
        return sparse.csr_array(sparse.coo_array((share[on], ends), (self.lines + 1, self.lines + 1)))


def shut_in(program: Program, share: FloatArray) -> list[NDArray[np.bool_]]:
    """Sets of lines that are never left."""
    count, label = connected_components(program.net(share), connection="strong")
    sets = [label == c for c in range(count)] if count > 1 else []
    return [~s if s[-1] else s for s in sets]


def barely_left(program: Program, share: FloatArray) -> list[NDArray[np.bool_]]:
    """Sets of lines that are left less than once, one for each line at most."""
    net, found = program.net(share), shut_in(program, share)
    flows = sparse.csr_array(((net.data * FLOW).round().astype(np.int32), net.indices, net.indptr), net.shape)
    for line in range(program.lines):
        flow = maximum_flow(flows, line, program.lines)
        if flow.flow_value > FLOW * (1.0 - 1e-3):
            continue
        over = sparse.csr_array(flows - flow.flow)
        over.data = (over.data > 0).astype(np.int32)
        over.eliminate_zeros()
        inside = np.zeros(program.lines + 1, bool)
        inside[breadth_first_order(over, line, return_predecessors=False)] = True
        if not inside[-1] and not any((inside == other).all() for other in found):
            found.append(inside)
    return found


def best_of_all(seconds: FloatArray, known_s: float, limit_s: float) -> Best:
    """The best tour's seconds, or a bound if finding it takes too long."""
    program, until = Program(seconds), time.perf_counter() + limit_s
    more: list[NDArray[np.bool_]] | None = None
    while more is None or more:
        rules, right = program.rules()
        under = (-program.left(), -np.ones(len(program.cuts))) if program.cuts else (None, None)
        found = linprog(program.costs, *under, rules, right, (0, 1), method="highs")
        more = barely_left(program, found.x)
        program.cuts += more
        if time.perf_counter() > until:
            return Best(float(found.fun), proved=False)
    bound = float(found.fun)
    program.strike(np.asarray(found.lower.marginals) <= known_s - bound + SLACK_S)
    return in_whole_numbers(program, bound, until)


def in_whole_numbers(program: Program, bound: float, until: float) -> Best:
    """The best tour of the ways left over, cuts added until it is one."""
    rules, right = program.rules()
    while (left_s := until - time.perf_counter()) > 0.0:
        limits = [LinearConstraint(rules, right, right)]
        if program.cuts:
            limits.append(LinearConstraint(program.left(), 1.0, np.inf))
        options = {"time_limit": left_s, "mip_rel_gap": 1e-7}
        found = milp(
            program.costs, integrality=np.ones(len(program.costs)), bounds=Bounds(0, 1),
            constraints=limits, options=options,
        )  # fmt: skip
        bound = max(bound, float(found.mip_dual_bound or bound))
        if found.status != 0:
            break
        more = shut_in(program, np.round(found.x))
        if not more:
            return Best(float(found.fun), proved=True)
        program.cuts += more
    return Best(bound, proved=False)


def measured(case: Case, plan: Callable[[], list[int]]) -> tuple[float, float]:
    """Seconds of a tour, CPU milliseconds to find it."""
    began = time.process_time()
    tour = plan()
    cpu_ms = 1e3 * (time.process_time() - began)
    return float(tour_seconds(case.seconds, np.array(tour, np.int64))), cpu_ms


def ways_to_plan(case: Case) -> dict[str, Callable[[], list[int]]]:
    """What is compared, by name."""
    table, first = case.seconds, case.first
    return {
        "row by row, the better side": lambda: min(first[2:], key=lambda t: tour_seconds(table, np.array(t))),
        "nearest line next": lambda: nearest_tour(table),
        "in the order laid, best directions": lambda: best_directions(table, list(range(len(table) // 2))),
        "mended": lambda: best_tour(table, first, work=0.0),
        f"quick (work {QUICK:g} a line)": lambda: best_tour(table, first, work=QUICK),
        f"long (work {WORK:g} a line)": lambda: best_tour(table, first),
    }


def report(every: int, limit_s: float) -> None:
    """The table of gaps, in markdown."""
    rows: dict[str, list[tuple[float, float]]] = {}
    tables = [case for number in range(4, 320, every) for case in cases(number)]
    tables = [case for case in tables if len(case.seconds) > 7]
    bests = []
    for case in tables:
        found = {name: measured(case, plan) for name, plan in ways_to_plan(case).items()}
        bests.append(best_of_all(case.seconds, min(s for s, _ in found.values()), limit_s))
        for name, (seconds, cpu_ms) in found.items():
            rows.setdefault(name, []).append((seconds / bests[-1].seconds - 1.0, cpu_ms))
    proved = np.array([b.proved for b in bests])
    lines = sorted(len(case.seconds) // 2 for case in tables)
    print(
        f"{len(tables)} tables of {lines[0]} to {lines[-1]} lines (median {lines[len(lines) // 2]}); ", end=""
    )
    print(f"the best tour is proved for {proved.sum()}\n")
    print("| tour | above the best: mean | 95 % | most | best found |", end="")
    print(" above the bound where not proved: mean | CPU ms: mean | 95 % |\n" + "|---" * 8 + "|")
    for name, values in rows.items():
        gaps, cpu = 100.0 * np.array([v[0] for v in values]), np.array([v[1] for v in values])
        sure, unsure = gaps[proved], gaps[~proved]
        other = f"{unsure.mean():.3f} %" if len(unsure) else "-"
        spread = f"{sure.mean():.3f} % | {np.percentile(sure, 95):.3f} % | {sure.max():.3f} %"
        print(
            f"| {name} | {spread} | {np.mean(sure < 1e-4):.0%} | {other} "
            f"| {cpu.mean():.1f} | {np.percentile(cpu, 95):.1f} |"
        )


def strewn(lines: int) -> Case:
    """Rows 25 m apart over a square, each broken by gaps, and a wind: a survey among many holes."""
    rng = np.random.default_rng(lines)
    rows = int(lines**0.5 * 1.6)
    row = np.sort(rng.integers(0, rows, lines))
    width, wind = 25.0 * rows, 0.3
    cuts = [np.sort(rng.uniform(0.0, width, 2 * int((row == r).sum()))) for r in range(rows)]
    spans = np.concatenate([c.reshape(-1, 2) for c in cuts])
    y = np.repeat(25.0 * row, 2)
    begins = np.vstack([np.column_stack([spans.reshape(-1), y]), [[0.0, 0.0]]])
    ends = np.vstack([np.column_stack([spans[:, ::-1].reshape(-1), y]), [[0.0, 0.0]]])
    way, run = begins[None] - ends[:, None], ends - begins
    turn_s = 4.0
    seconds = (np.hypot(*np.moveaxis(way, 2, 0)) - wind * way[..., 0]) / 10.0 + turn_s
    seconds = seconds + ((np.hypot(*run.T) - wind * run[:, 0]) / 8.0)[None]
    first = [nearest_tour(seconds), best_directions(seconds, list(range(lines)))]
    first += [row_by_row([int(r) for r in row], spans[:, 0].tolist(), back=b) for b in (False, True)]
    return Case(f"{lines}", seconds, first)


def report_large() -> None:
    """Very many lines: the seconds of tours beside those of a search ten times as long."""
    print("\n| lines | tour | above a tenfold search | CPU ms |\n|---|---|---|---|")
    for count in LARGE:
        case = strewn(count)
        tour = best_tour(case.seconds, case.first, work=10.0 * WORK)
        least = tour_seconds(case.seconds, np.array(tour, np.int64))
        for name, plan in ways_to_plan(case).items():
            seconds, cpu_ms = measured(case, plan)
            print(
                f"| {count} | {name} | {100.0 * (seconds / least - 1.0):.2f} % | {cpu_ms:.0f} |", flush=True
            )


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=8, help="take every so manieth of the 320 areas")
    parser.add_argument("--limit", type=float, default=20.0, help="seconds for one best tour")
    parser.add_argument("--large", action="store_true")
    options = parser.parse_args()
    began = time.process_time()
    best_tour(strewn(9).seconds, [list(range(0, 18, 2))])
    print(f"start and compiled code: {time.process_time() - began:.1f} CPU-s\n")
    report(options.every, options.limit)
    if options.large:
        report_large()


if __name__ == "__main__":
    main()
