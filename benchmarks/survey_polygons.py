"""320 seeded areas: every one planned, proved, and timed against two plain planners.

`single`: one direction over the whole area (180 estimated, the ten quickest of them flown exactly), lines
broken by holes and flown row by row, or always the nearest line next.
`boustrophedon`: cells cut at one angle (18 tried), each swept to and fro, the nearest
cell next. Lines, lead-ins, navigator and the clock (`missions.energy.path_cost`) are the same for all.

python benchmarks/survey_polygons.py [--areas 320] [--every 1] [--jobs 2]
"""

import argparse
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import Polygon

from core.geo import LocalFrame, LonLat
from missions.cameras import load_camera
from missions.survey import SurveyParams, plan_survey
from missions.survey.decompose import Cell, decomposed
from missions.survey.lines import Pass, Run, flown
from missions.survey.plan import load_of, survey_site
from missions.survey.scan import sweep_seconds
from missions.survey.shooting import shooting
from missions.survey.sweep import Sweeper, cover, make_sweeper
from missions.survey.tour import nearest_tour
from missions.survey.transits import corners_of, transit_seconds

FRAME = LocalFrame(LonLat(127.11, 37.37))
CAMERA = load_camera("M3T")
PARAMS = SurveyParams(gsd_m=0.10, front=0.8, side=0.7, margin_m=10.0)


def make_area(number: int) -> Polygon:
    """Area `number`: 0-15 holes (20 areas of each), every third concave, 5-40 ha with its holes."""
    rng = np.random.default_rng(1000 + number)
    holes, concave = number // 20, number % 3 == 0
    outer = _outline(rng, concave=concave)
    side = outer.area**0.5
    apart = 0.04 * side
    room = outer.buffer(-apart)
    free, made = room, []
    for _ in range(400):
        if len(made) == holes or free.is_empty:
            break
        hole = _hole(rng, free, side)
        if room.contains(hole):
            made.append(hole)
            free = free.difference(hole.buffer(apart))
    if len(made) < holes:
        return make_area(number + 100_000)
    return outer.difference(shapely.union_all(made))


def _outline(rng: np.random.Generator, *, concave: bool) -> Polygon:
    wanted_m2 = 10_000.0 * np.exp(rng.uniform(*np.log([5.0, 40.0])))
    while True:
        count = int(rng.integers(8, 15))
        turns = np.sort(rng.uniform(0, 2 * np.pi, count))
        radii = rng.uniform(0.35 if concave else 0.8, 1.0, count)
        stretch = rng.uniform(0.6, 1.5)
        shape = Polygon(np.column_stack([radii * np.cos(turns) * stretch, radii * np.sin(turns)]))
        if not concave:
            shape = shape.convex_hull
        full = shape.area / shape.convex_hull.area
        if shape.is_valid and (full < 0.85) == concave:
            grow = (wanted_m2 / shape.area) ** 0.5
            return affinity.scale(shape, grow, grow, origin=(0, 0))


def _hole(rng: np.random.Generator, free: shapely.Geometry, side_m: float) -> Polygon:
    """A hole 6-18 % of the area's side across."""
    west, south, east, north = free.bounds
    x, y = rng.uniform((west, south), (east, north))
    count, size = int(rng.integers(3, 8)), rng.uniform(0.03, 0.09) * side_m
    turns = np.sort(rng.uniform(0, 2 * np.pi, count))
    radii = size * rng.uniform(0.6, 1.0, count)
    return Polygon(np.column_stack([x + radii * np.cos(turns), y + radii * np.sin(turns)])).convex_hull


def sweeper_over(area: Polygon) -> Sweeper:
    """The planner's own parts, made ready for an area in metres."""
    shots = shooting(CAMERA, PARAMS)
    site = survey_site(lonlat_of(area), start_of(area), shots, PARAMS)
    load = load_of(site, shots, PARAMS)
    return make_sweeper(site.ground, shots.swath, site.flyer, load)


def lonlat_of(area: Polygon) -> Polygon:
    """An area of metres in degrees."""
    return shapely.transform(area, FRAME.to_lonlat)


def start_of(area: Polygon) -> LonLat:
    """The corner farthest south-west: an operator stands at the edge."""
    corners = np.asarray(area.exterior.coords)
    x, y = corners[np.argmin(corners.sum(axis=1))]
    return FRAME.place(float(x), float(y))


def single_direction(sweeper: Sweeper, *, greedy: bool) -> tuple[float, list[Run]]:
    """The quickest direction, lines row by row to and fro, or always the nearest next."""
    space = corners_of(sweeper.ground.flight)
    found = []
    for angle in _likeliest(sweeper):
        passes = sweeper.passes([Cell(sweeper.ground.target, float(angle), 0.0)])
        nodes = _both_ways(passes, sweeper)
        seconds = transit_seconds(nodes, (0.0, 0.0), space, sweeper.pace)
        rows = [_serpentine(passes, back=b) for b in (False, True)]
        for tour in [nearest_tour(seconds)] if greedy else rows:
            total = sum(float(seconds[a, b]) for a, b in zip([-1, *tour], [*tour, -1], strict=True))
            found.append((total, [nodes[k] for k in tour]))
    found.sort(key=lambda f: f[0])
    return min(((sweeper.flown_s(runs), runs) for _, runs in found[:8]), key=lambda f: f[0])


def _likeliest(sweeper: Sweeper) -> list[float]:
    """The ten of 180 directions that `missions.survey.scan` estimates quickest; these are flown exactly."""
    angles = np.arange(180.0)
    seconds = sweep_seconds(sweeper.ground.target, angles, sweeper.judged, sweeper.pace)
    return [float(angle) for angle in angles[np.argsort(seconds, kind="stable")[:10]]]


def _both_ways(passes: list[Pass], sweeper: Sweeper) -> list[Run]:
    return [flown(line, sweeper.swath, forward=f) for line in passes for f in (True, False)]


def _serpentine(passes: list[Pass], *, back: bool = False) -> list[int]:
    """Row after row from either side, every piece of a row before the next."""
    rows = sorted({p.row for p in passes}, reverse=back)
    tour = []
    for number, row in enumerate(rows):
        pieces = sorted((k for k, p in enumerate(passes) if p.row == row), key=lambda k: passes[k].x_from)
        tour += [2 * k for k in pieces] if number % 2 == 0 else [2 * k + 1 for k in reversed(pieces)]
    return tour


def boustrophedon(sweeper: Sweeper) -> tuple[float, list[Run]]:
    """The quickest of 18 angles, each cell of Choset's decomposition to and fro, the nearest cell next."""
    space = corners_of(sweeper.ground.flight)
    found = []
    for angle in range(0, 180, 10):
        cells = [Cell(c, float(angle), 0.0) for c in decomposed(sweeper.ground.target, float(angle))]
        passes = sweeper.passes(cells)
        nodes = _both_ways(passes, sweeper)
        seconds = transit_seconds(nodes, (0.0, 0.0), space, sweeper.pace)
        tour = _cell_by_cell(passes, seconds)
        total = sum(float(seconds[a, b]) for a, b in zip([-1, *tour], [*tour, -1], strict=True))
        found.append((total, [nodes[k] for k in tour]))
    found.sort(key=lambda f: f[0])
    return min(((sweeper.flown_s(runs), runs) for _, runs in found[:4]), key=lambda f: f[0])


def _cell_by_cell(passes: list[Pass], seconds: np.ndarray) -> list[int]:
    """Cells, told apart by the gaps that `passes` leaves between their rows, nearest entry next."""
    cells: list[list[int]] = []
    for k, line in enumerate(passes):
        if k == 0 or line.row - passes[k - 1].row not in (0, 1):
            cells.append([])
        cells[-1].append(k)
    here, tour = len(seconds) - 1, []
    while cells:
        ways = [(c, w) for c, cell in enumerate(cells) for w in _to_and_fro(cell)]
        c, way = min(ways, key=lambda cw: seconds[here, cw[1][0]])
        tour += way
        here = way[-1]
        cells.pop(c)
    return tour


def _to_and_fro(cell: list[int]) -> list[list[int]]:
    """The four ways to fly a cell."""
    return [
        [2 * k + (i + start) % 2 for i, k in enumerate(lines)]
        for lines in (cell, cell[::-1]) for start in (0, 1)
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figures:
    """One area: its number, holes, whether concave; seconds flown by each planner; what the proof found."""

    area: int
    holes: int
    concave: bool
    own_s: float
    rows_s: float
    nearest_s: float
    boustrophedon_s: float
    plan_cpu_s: float
    whole_cpu_s: float
    fraction: float
    outside_m: float
    proved: bool
    lines: int
    angles: int


def measure(number: int) -> Figures:
    """Plan one area by all planners, and prove the plan."""
    area = make_area(number)
    sweeper = sweeper_over(area)
    began = time.process_time()
    runs = cover(sweeper.ground, sweeper.swath, sweeper.flyer, sweeper.load)
    plan_s = time.process_time() - began
    began = time.process_time()
    plan = plan_survey(lonlat_of(area), CAMERA, start_of(area), PARAMS)
    whole_s = time.process_time() - began
    return Figures(
        number, len(area.interiors), area.area < 0.999 * area.convex_hull.area or bool(area.interiors),
        sweeper.flown_s(runs), single_direction(sweeper, greedy=False)[0],
        single_direction(sweeper, greedy=True)[0], boustrophedon(sweeper)[0], plan_s, whole_s,
        plan.coverage.fraction, plan.legs_outside_m, plan.proved, len(runs),
        len({run.line.angle_deg for run in runs}),
    )  # fmt: skip


def report(found: list[Figures]) -> None:
    """The tables, in markdown."""
    odd = [f for f in found if f.concave]
    print(f"{len(found)} areas planned, {len(odd)} of them with holes or concave")
    print(f"covered whole: {sum(f.fraction >= 1.0 for f in found)}; 0 m outside: ", end="")
    print(f"{sum(f.outside_m <= 0.01 for f in found)}; proof holds: {sum(f.proved for f in found)}")
    slower = [f.area for f in found if f.own_s > min(f.rows_s, f.nearest_s) + 0.5]
    print(f"slower than a single direction: {len(slower)} {slower}")
    print(f"flown with more than one angle: {sum(f.angles > 1 for f in found)}\n")
    print("| flown time beside | mean | 5 % | median | 95 % | most |\n|---|---|---|---|---|---|")
    for name, key in (
        ("single direction, row by row", "rows_s"),
        ("single direction, nearest line next", "nearest_s"),
        ("boustrophedon cells, one angle", "boustrophedon_s"),
    ):
        for label, group in (("all", found), ("holes or concave", odd)):
            if group:
                ratios = np.array([f.own_s / getattr(f, key) for f in group])
                parts = [ratios.mean(), *np.percentile(ratios, [5, 50, 95]), ratios.max()]
                print(f"| {name}, {label} | " + " | ".join(f"{v:.3f}" for v in parts) + " |")
    print("\n| CPU seconds | median | 95 % | most |\n|---|---|---|---|")
    for name, key in (("sweep chosen", "plan_cpu_s"), ("whole plan with proof", "whole_cpu_s")):
        values = [getattr(f, key) for f in found]
        middle, late = statistics.median(values), np.percentile(values, 95)
        print(f"| {name} | {middle:.2f} | {late:.2f} | {max(values):.2f} |")


def main() -> None:
    """Measure the areas asked for, several at a time, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--areas", type=int, default=320)
    parser.add_argument("--every", type=int, default=1, help="take every so manieth of the 320")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    numbers = list(range(0, 320, options.every))[: options.areas]
    began = time.perf_counter()
    sweeper_over(make_area(0)).quickest([[Cell(sweeper_over(make_area(0)).ground.target, 0.0, 0.0)]])
    print(f"start and compiled code: {time.perf_counter() - began:.1f} s")
    with ProcessPoolExecutor(options.jobs) as pool:
        report(list(pool.map(measure, numbers)))


if __name__ == "__main__":
    main()
