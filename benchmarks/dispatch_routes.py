"""Vehicle routing with time windows on Solomon's instances, distance only, against the proved optima.

FOLDER holds the public files (C101.txt ...: rows of number, x, y, demand, ready, due, service; the depot
first); distances are cut to one decimal, as the optima are (DIMACS 2021). Besides, seeded instances of the
same make are solved, against a run ten times as long.

Usage: python benchmarks/dispatch_routes.py [FOLDER] [--seconds 10 --seed 0]
"""

import argparse
import math
from pathlib import Path

import numpy as np

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
    metres = np.floor(exact * 10.0 + 1e-9) / 10.0
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    effort = Effort(seconds=options.seconds, seed=options.seed)
    gaps = []
    print(f"| instance | best known | ours after {options.seconds:g} s | gap % | vehicles |")
    print("|---|--:|--:|--:|--:|")
    for name, best in OPTIMA.items() if options.folder else ():
        found = solve(problem_of(read(options.folder / f"{name}.txt"), CAPACITY[family(name)]), effort)
        gaps.append(_row(name, best, found))
    for seed in (1, 2):
        problem = problem_of(made(seed), 200)
        long = solve(problem, Effort(seconds=10.0 * options.seconds, seed=options.seed + 1))
        gaps.append(_row(f"seeded {seed}", long.cost, solve(problem, effort)))
    print(f"| mean | | | {np.mean(gaps):.2f} | |")


def _row(name: str, best: float, found: object) -> float:
    gap = 100.0 * (found.cost / best - 1.0) if math.isfinite(found.cost) else math.inf
    print(f"| {name} | {best:.1f} | {found.cost:.1f} | {gap:.2f} | {len(found.routes)} |", flush=True)
    return gap


if __name__ == "__main__":
    main()
