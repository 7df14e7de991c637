"""Vehicle routing with time windows on Solomon's instances, distance only, against the best known solutions.

FOLDER holds the public files (C101.txt ...: rows of number, x, y, demand, ready, due, service; the depot
first); distances are cut to one decimal, as in the DIMACS challenge of 2021. Where the published solution
lies beside (C101.sol, as in PyVRP/VRPLIB), its routes are driven here: its windows, loads and length are what
the gap is measured against; else a table's length is taken. Besides, seeded instances of the same make are
solved, against a run ten times as long and a lower bound: the cheapest way to give each visit a successor
that its window allows.

Usage: python benchmarks/dispatch_routes.py [FOLDER] [--all] [--seconds 10 --seed 0]
"""

import argparse
import math
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from delivery.routing import Effort, Fleet, Problem, Stop, solve

OPTIMA = {
    "C101": 827.3, "C109": 827.3, "C201": 589.1, "R101": 1637.7, "R112": 948.6, "R201": 1143.2,
    "R211": 746.7, "RC101": 1619.8, "RC201": 1261.8, "RC208": 776.1,
}  # fmt: skip
CAPACITY = {"C1": 200, "R1": 200, "RC1": 200, "C2": 700, "R2": 1000, "RC2": 1000}
VEHICLES = 25


def problem_of(rows: np.ndarray, capacity: int) -> Problem:
    """Rows of x, y, demand, ready, due, service; the depot first."""
    xy = rows[:, :2]
    exact = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    metres = np.floor(exact * 10.0 + 1e-9) / 10.0  # as the published lengths are
    stops = tuple(Stop(n, (int(r[2]),), (r[3], r[4]), r[5]) for n, r in enumerate(rows[1:], start=1))
    fleet = Fleet(0, VEHICLES, (capacity,), (rows[0][3], rows[0][4]))
    return Problem(stops, (fleet,), (metres,), (metres,))


def read(path: Path) -> np.ndarray:
    lines = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    return np.array(
        [[float(v) for v in words[1:]] for words in lines if len(words) == 7 and words[0].isdigit()]
    )


def made(seed: int, count: int = 100) -> np.ndarray:
    """A random instance with windows round random times."""
    rng = np.random.default_rng(seed)
    xy = np.vstack([[35.0, 35.0], rng.uniform(0.0, 70.0, (count, 2))])
    away = np.hypot(*(xy - xy[0]).T)
    middle = rng.uniform(away, 230.0 - away - 10.0)
    ready = np.maximum(0.0, middle - 30.0)
    due = np.minimum(middle + 30.0, 230.0 - away - 10.0)
    ready[0], due[0] = 0.0, 230.0
    demand = rng.integers(1, 41, count + 1)
    demand[0] = 0
    return np.column_stack([xy, demand, ready, due, np.where(np.arange(count + 1) > 0, 10.0, 0.0)])


def family(name: str) -> str:
    letters = name.rstrip("0123456789")
    return letters + name[len(letters)]


def published(path: Path, problem: Problem) -> float | None:
    """The length of the solution beside an instance, driven with our distances; it must keep every rule."""
    if not path.exists():
        return None
    lines = path.read_text(encoding="ascii").splitlines()
    routes = [[int(n) for n in line.split(":")[1].split()] for line in lines if line.startswith("Route")]
    if sorted(n for route in routes for n in route) != list(range(1, len(problem.stops) + 1)):
        raise SystemExit(f"{path}: not every visit is made once")
    return sum(_driven(path, problem, route) for route in routes)


def _driven(path: Path, problem: Problem, route: list[int]) -> float:
    metres, fleet = problem.costs[0], problem.fleets[0]
    clock, place, length, load = fleet.window_s[0], 0, 0.0, 0
    for number in route:
        stop = problem.stops[number - 1]
        clock = max(clock + metres[place, stop.place], stop.window_s[0])
        length, load = length + metres[place, stop.place], load + stop.load[0]
        if clock > stop.window_s[1] + 1e-6 or load > fleet.capacity[0]:
            raise SystemExit(f"{path}: visit {number} breaks its window or the load")
        clock, place = clock + stop.service_s, stop.place
    return length + float(metres[place, 0])


def bound(problem: Problem) -> float:
    """No routes are shorter: each visit and each vehicle gets one successor, whatever tours that makes."""
    stops, metres = problem.stops, problem.costs[0]
    count, size = len(stops), len(stops) + VEHICLES
    costs = np.full((size, size), np.inf)
    costs[count:, count:] = 0.0  # a vehicle that stays
    costs[count:, :count], costs[:count, count:] = metres[0, 1:], metres[1:, :1]
    costs[:count, :count] = metres[1:, 1:]
    begin, end = (np.array([s.window_s[side] for s in stops]) for side in (0, 1))
    service = np.array([s.service_s for s in stops])
    late = (begin + service)[:, None] + metres[1:, 1:] > end[None] + 1e-9
    costs[:count, :count][late] = np.inf
    np.fill_diagonal(costs[:count, :count], np.inf)
    rows, columns = linear_sum_assignment(np.where(np.isinf(costs), 1e9, costs))
    return float(costs[rows, columns].sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--all", action="store_true", help="every instance in FOLDER, not ten")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    effort = Effort(seconds=options.seconds, seed=options.seed)
    print(f"| instance | best known | bound | ours after {options.seconds:g} s | gap % | vehicles |")
    print("|---|--:|--:|--:|--:|--:|")
    gaps = []
    for path in _instances(options.folder, every=options.all):
        problem = problem_of(read(path), CAPACITY[family(path.stem)])
        best = published(path.with_suffix(".sol"), problem) or OPTIMA[path.stem]
        gaps.append(_row(path.stem, best, problem, effort))
    for seed in (1, 2):
        problem = problem_of(made(seed), 200)
        long = solve(problem, Effort(seconds=10.0 * options.seconds, seed=options.seed + 1))
        gaps.append(_row(f"seeded {seed}", long.cost, problem, effort))
    print(f"| mean | | | | {np.mean(gaps):.2f} | |")


def _instances(folder: Path | None, *, every: bool) -> list[Path]:
    if folder is None:
        return []
    return sorted(folder.glob("*.txt")) if every else [folder / f"{name}.txt" for name in OPTIMA]


def _row(name: str, best: float, problem: Problem, effort: Effort) -> float:
    found = solve(problem, effort)
    gap = 100.0 * (found.cost / best - 1.0) if math.isfinite(found.cost) else math.inf
    least = bound(problem)
    print(
        f"| {name} | {best:.1f} | {least:.1f} | {found.cost:.1f} | {gap:.2f} | {len(found.routes)} |",
        flush=True,
    )
    return gap


if __name__ == "__main__":
    main()
