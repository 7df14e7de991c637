"""320 seeded areas: every one planned, proved, and timed against two plain planners.

`single`: one direction over the whole area (180 estimated, the ten quickest of them flown exactly), lines
broken by holes and flown row by row, or always the nearest line next. `edge to edge` is the same row by row
with lines as ground stations lay them: half a spacing inside, cut off where they meet the area's edge, and
photographed from edge to edge; corners between lines may stay unseen. `run-ups of 10 m` are these lines with
as much before and after them (as far as may be flown), a waypoint each where the camera starts and stops:
QGroundControl's survey as it comes; Mission Planner's comes without.
`boustrophedon`: cells cut at one angle (18 tried), each row the same through all cells, each cell swept to
and fro, the cells in the best order of 40 begun with different ones. Navigator and the clock
(`missions.energy.path_cost`) are the same for all, lines and run-ups those of the plan where no others are
named.

`bound` is what no plan with these lines can beat: the ground's area at survey speed and full spacing, less
what may stay unflown at its edges, the fewest lines that its longest chord allows, each with the quickest
turn onto it, take-off and landing.

python benchmarks/survey_polygons.py [--areas 320] [--every 1] [--jobs 2] [--wind-ms 0]
"""

import argparse
import math
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import Polygon

from core.geo import LocalFrame, LonLat
from core.wind import Wind
from missions.cameras import load_camera
from missions.energy import path_cost
from missions.survey import SurveyParams, plan_survey
from missions.survey.decompose import Cell, decomposed
from missions.survey.lines import Pass, Run, flown, turned, turned_back
from missions.survey.plan import load_of, survey_site
from missions.survey.scan import sweep_seconds
from missions.survey.shooting import shooting
from missions.survey.sweep import Sweeper, cover, make_sweeper
from missions.survey.tour import nearest_tour
from missions.survey.track import TrackPoint, timed
from missions.survey.transits import corners_of, transit_seconds

CELL_ORDERS = 40
RUN_UP_M = 10.0
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
    found = []
    for angle in _likeliest(sweeper):
        passes = sweeper.passes([Cell(sweeper.ground.target, angle, 0.0)])
        rows = [_serpentine(passes, back=b) for b in (False, True)]
        found += _timed(sweeper, passes, None if greedy else rows)
    return _quickest(sweeper, found, 8)


def edge_to_edge(sweeper: Sweeper) -> tuple[float, float]:
    """The quickest direction row by row, lines cut off where they meet the area's edge: seconds without
    run-ups, and with.
    """
    plain = replace(sweeper, swath=replace(sweeper.swath, lead_m=0.0))
    found = []
    for angle in _likeliest(plain):
        passes = list(_clipped(plain, angle))
        found += _timed(plain, passes, [_serpentine(passes, back=b) for b in (False, True)])
    best = [runs for _, runs in sorted(found, key=lambda f: f[0])[:8]]
    return min(map(plain.flown_s, best)), min(_with_run_ups_s(plain, runs) for runs in best)


def _with_run_ups_s(sweeper: Sweeper, runs: list[Run]) -> float:
    """Seconds of runs with a waypoint before and after each."""
    flyer, home = sweeper.flyer, (0.0, 0.0)
    places = [home]
    for run in runs:
        first, last = sorted((run.line.x_from, run.line.x_to), reverse=not run.forward)
        ends = first - run.course * RUN_UP_M, first, last, last + run.course * RUN_UP_M
        kept = [run.place(min(max(x, run.line.low), run.line.high)) for x in ends]
        places += [*flyer.way(places[-1], kept[0])[1:], *kept[1:]]
    track = [TrackPoint(xy, flyer.up_m(xy), on_pass=k > 0) for k, xy in enumerate(places)]
    track += [TrackPoint(xy, flyer.up_m(xy)) for xy in flyer.way(places[-1], home)[1:]]
    path = timed(track, sweeper.load.aircraft, sweeper.load.survey_ms)
    return path_cost(path, sweeper.load.aircraft, sweeper.load.wind).duration_s


def _clipped(sweeper: Sweeper, angle: float) -> Iterator[Pass]:
    target, air = (turned(a, angle) for a in (sweeper.ground.target, sweeper.inner))
    west, _, east, _ = air.bounds
    low, high = target.bounds[1], target.bounds[3]
    count = max(1, math.ceil((high - low) / sweeper.swath.line_m - 1e-9))
    for row in range(count):
        y = low + (high - low) * (row + 0.5) / count
        line = shapely.LineString([(west - 1.0, y), (east + 1.0, y)])
        chords = [c.bounds for c in shapely.get_parts(air.intersection(line)) if c.length > 0]
        for piece in shapely.get_parts(target.intersection(line)):
            a, b = piece.bounds[0], piece.bounds[2]
            limits = [(c[0], c[2]) for c in chords if c[0] <= a + 0.01 and c[2] >= b - 0.01]
            if limits and b > a:
                yield Pass(angle, row, y, a, b, *limits[0])


Timed = tuple[float, list[Run]]


def _timed(sweeper: Sweeper, passes: list[Pass], tours: list[list[int]] | None) -> list[Timed]:
    """Tours (None: the nearest line next) by the seconds of the table."""
    nodes = _both_ways(passes, sweeper)
    seconds = transit_seconds(nodes, (0.0, 0.0), corners_of(sweeper.ground.flight), sweeper.pace)
    found = []
    for tour in [nearest_tour(seconds)] if tours is None else tours:
        total = sum(float(seconds[a, b]) for a, b in zip([-1, *tour], [*tour, -1], strict=True))
        found.append((total, [nodes[k] for k in tour]))
    return found


def _quickest(sweeper: Sweeper, found: list[Timed], judged: int) -> Timed:
    """The quickest by the clock of those that the table says are."""
    best = sorted(found, key=lambda f: f[0])[:judged]
    return min(((sweeper.flown_s(runs), runs) for _, runs in best), key=lambda f: f[0])


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
    """The quickest of 18 angles, each cell of Choset's decomposition to and fro, cells in a good order."""
    space = corners_of(sweeper.ground.flight)
    found = []
    for angle in range(0, 180, 10):
        target = sweeper.ground.target
        passes = sweeper.passes([Cell(target, float(angle), 0.0)])
        cells = _shared_out(passes, decomposed(target, float(angle)))
        nodes = _both_ways(passes, sweeper)
        seconds = transit_seconds(nodes, (0.0, 0.0), space, sweeper.pace)
        tours = [_cell_by_cell(cells, seconds, np.random.default_rng(k)) for k in range(CELL_ORDERS)]
        found += [(_seconds_of(t, seconds), [nodes[k] for k in t]) for t in tours]
    return _quickest(sweeper, found, 8)


def _seconds_of(tour: list[int], seconds: np.ndarray) -> float:
    return sum(float(seconds[a, b]) for a, b in zip([-1, *tour], [*tour, -1], strict=True))


def _shared_out(passes: list[Pass], cells: list[Polygon]) -> list[list[int]]:
    """The passes of each cell, by the cell that holds the middle of a pass; rows run through all cells."""
    shares: list[list[int]] = [[] for _ in cells]
    for k, line in enumerate(passes):
        middle = shapely.Point(turned_back((line.x_from + line.x_to) / 2.0, line.y, line.angle_deg))
        shares[min(range(len(cells)), key=lambda c: cells[c].distance(middle))].append(k)
    return [share for share in shares if share]


def _cell_by_cell(cells: list[list[int]], seconds: np.ndarray, rng: np.random.Generator) -> list[int]:
    """The nearest entry next, now and then the second nearest."""
    left, here, tour = list(cells), len(seconds) - 1, []
    while left:
        ways = sorted(
            ((c, w) for c, cell in enumerate(left) for w in _to_and_fro(cell)),
            key=lambda cw: seconds[here, cw[1][0]],
        )
        c, way = ways[min(len(ways) - 1, int(rng.geometric(0.75)) - 1)]
        tour += way
        here = way[-1]
        left.pop(c)
    return tour


def _to_and_fro(cell: list[int]) -> list[list[int]]:
    """The four ways to fly a cell."""
    return [
        [2 * k + (i + start) % 2 for i, k in enumerate(lines)]
        for lines in (cell, cell[::-1]) for start in (0, 1)
    ]  # fmt: skip


def bound_s(sweeper: Sweeper, runs: list[Run]) -> float:
    """Seconds that no plan at this spacing and speed goes below."""
    target, swath, speed = sweeper.ground.target, sweeper.swath, sweeper.load.survey_ms
    nodes = [flown(run.line, swath, forward=f) for run in runs for f in (True, False)]
    seconds = transit_seconds(nodes, (0.0, 0.0), corners_of(sweeper.ground.flight), sweeper.pace)
    onto = seconds[:-1, :-1].min(axis=0) - [abs(r.shots[-1] - r.shots[0]) / speed for r in nodes]
    hull = np.asarray(target.convex_hull.exterior.coords)
    longest = float(np.hypot(*(hull[:, None] - hull[None]).transpose(2, 0, 1)).max())
    lines = math.ceil(target.area / swath.line_m / longest)
    apiece = float(onto.min()) - 2.0 * swath.inset_m / speed
    spared = (2.0 * swath.edge_m / swath.line_m - 1.0) * longest
    return sweeper.flown_s([]) + (target.area / swath.line_m - spared) / speed + lines * max(0.0, apiece)


@dataclass(frozen=True, slots=True)
class Figures:
    """One area: its number, holes, whether concave; seconds flown by each planner; what the proof found."""

    area: int
    holes: int
    concave: bool
    own_s: float
    edges_s: float
    stations_s: float
    rows_s: float
    nearest_s: float
    boustrophedon_s: float
    bound_s: float
    least_seen: int
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
        sweeper.flown_s(runs), *edge_to_edge(sweeper), single_direction(sweeper, greedy=False)[0],
        single_direction(sweeper, greedy=True)[0], boustrophedon(sweeper)[0],
        bound_s(sweeper, runs), plan.coverage.min_overlap, plan_s, whole_s,
        plan.coverage.fraction, plan.legs_outside_m, plan.proved, len(runs),
        len({run.line.angle_deg for run in runs}),
    )  # fmt: skip


def report(found: list[Figures]) -> None:
    """The tables, in markdown."""
    odd = [f for f in found if f.concave]
    print(f"{len(found)} areas planned, {len(odd)} of them with holes or concave")
    print(f"covered whole: {sum(f.fraction >= 1.0 for f in found)}; 0 m outside: ", end="")
    print(f"{sum(f.outside_m <= 0.01 for f in found)}; proof holds: {sum(f.proved for f in found)}")
    print(f"pictures of the least seen cell: {sorted(f.least_seen for f in found)}")
    slower = [f.area for f in found if f.own_s > min(f.edges_s, f.rows_s, f.nearest_s) + 0.5]
    print(f"slower than a single direction: {len(slower)} {slower}")
    print(f"flown with more than one angle: {sum(f.angles > 1 for f in found)}\n")
    print("| flown time beside | mean | 5 % | median | 95 % | most |\n|---|---|---|---|---|---|")
    for name, key in (
        ("single direction, row by row, edge to edge", "edges_s"),
        ("the same with run-ups of 10 m", "stations_s"),
        ("single direction, row by row, lines of the plan", "rows_s"),
        ("single direction, nearest line next", "nearest_s"),
        ("boustrophedon cells, one angle", "boustrophedon_s"),
        ("the bound", "bound_s"),
    ):
        for label, group in (("all", found), ("holes or concave", odd)):
            if group:
                ratios = np.array([f.own_s / getattr(f, key) for f in group])
                parts = [ratios.mean(), *np.percentile(ratios, [5, 50, 95]), ratios.max()]
                print(f"| {name}, {label} | " + " | ".join(f"{v:.3f}" for v in parts) + " |")
    for name, key in (("edge to edge", "edges_s"), ("lines of the plan", "rows_s")):
        shares = [getattr(f, key) / f.bound_s for f in odd or found]
        print(f"single direction, {name}, beside the bound: mean {statistics.mean(shares):.3f}")
    print("\n| CPU seconds | median | 95 % | most |\n|---|---|---|---|")
    for name, key in (("sweep chosen", "plan_cpu_s"), ("whole plan with proof", "whole_cpu_s")):
        values = [getattr(f, key) for f in found]
        middle, late = statistics.median(values), np.percentile(values, 95)
        print(f"| {name} | {middle:.2f} | {late:.2f} | {max(values):.2f} |")


def _blow(wind: Wind) -> None:
    """Let a wind blow over all that this process plans."""
    global PARAMS  # noqa: PLW0603  # set once, as the process begins
    PARAMS = replace(PARAMS, wind=wind)


def main() -> None:
    """Measure the areas asked for, several at a time, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--areas", type=int, default=320)
    parser.add_argument("--every", type=int, default=1, help="take every so manieth of the 320")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--wind-ms", type=float, default=0.0, help="out of 300 degrees")
    options = parser.parse_args()
    numbers = list(range(0, 320, options.every))[: options.areas]
    began = time.perf_counter()
    sweeper_over(make_area(0)).quickest([[Cell(sweeper_over(make_area(0)).ground.target, 0.0, 0.0)]])
    print(f"start and compiled code: {time.perf_counter() - began:.1f} s")
    wind = Wind(options.wind_ms, 300.0)
    with ProcessPoolExecutor(options.jobs, initializer=_blow, initargs=(wind,)) as pool:
        report(list(pool.map(measure, numbers)))


if __name__ == "__main__":
    main()
