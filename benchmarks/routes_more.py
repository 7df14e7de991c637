"""More of routes: alternates, areas of preference against a grid search, flights in altitude lanes.

python benchmarks/routes.py runs it.
"""

import contextlib
import math
import statistics
import time
from collections.abc import Callable

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from core.geo import Altitude, Datum, FloatArray, LocalFrame, LonLat
from gis.terrain import GridTerrain
from missions.aircraft import load_aircraft
from missions.airspace import Zone, ZoneKind
from missions.lanes import Router
from missions.model import Home
from missions.preference import cheapest, weigh, weighted_net
from missions.route import Navigator, NoRouteError, way_length
from missions.sky import Obstacle, Sky

SIDE_M, CELL_M = 4000.0, 50.0
REGIONS = (
    (shapely.LineString([(0, 900), (1500, 1800), (2600, 1500), (4000, 2600)]).buffer(120), 0.4),
    (shapely.box(2200, 2300, 3300, 3600), 2.5),
    (shapely.Point(1000, 3000).buffer(500, quad_segs=4), 0.7),
)


def clocked(run: Callable[[], object]) -> tuple[object, float]:
    """What a call gives, and its CPU milliseconds."""
    began = time.process_time()
    found = run()
    return found, 1000.0 * (time.process_time() - began)


def spread(milli: list[float]) -> str:
    """Median, 95 % and most."""
    milli = sorted(milli)
    return f"{statistics.median(milli):.1f} | {milli[int(0.95 * len(milli))]:.1f} | {milli[-1]:.1f}"


def alternates(navigator: Navigator, places: FloatArray) -> None:
    """Up to three ways 100 m apart, at most half as long again."""
    counts, longer, milli = [], [], []
    for start, goal in places:
        ends = tuple(start), tuple(goal)
        ways, spent = clocked(lambda e=ends: navigator.ways(*e, 3, apart_m=100.0, longest=1.5))
        milli.append(spent)
        counts.append(len(ways))
        longer += [way_length(w) / way_length(ways[0]) - 1.0 for w in ways[1:]]
    print("\n| alternates | pairs | ways, mean | longer, median | CPU ms, median | 95 % | most |")
    print("|---|---|---|---|---|---|---|")
    mean, middle = statistics.mean(counts), statistics.median(longer)
    print(f"| up to 3, 100 m apart | {len(places)} | {mean:.2f} | {middle:.1%} | {spread(milli)} |")


def preferences(free: shapely.Geometry, places: FloatArray) -> None:
    """Weighted ways for several steps against a grid of 50 m with 32 directions."""
    grid = [grid_cost(free, tuple(a), tuple(b)) for a, b in places]
    print("\n| areas of preference: step | build, CPU s | places | CPU ms, median | 95 % | most "
          "| cost against the grid's, mean | worst | bound for 8 meetings, m |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|")
    for step in (80.0, 40.0, 20.0):
        net, built = clocked(lambda s=step: weighted_net(free, REGIONS, s))
        milli, ratios = [], []
        for (start, goal), limit in zip(places, grid, strict=True):
            ends = tuple(start), tuple(goal)
            way, spent = clocked(lambda e=ends, n=net: cheapest(n, *e))
            milli.append(spent)
            if way is not None and math.isfinite(limit):
                ratios.append(weigh(net, way)[0] / limit)
        print(f"| {net.step_m:.0f} m | {built / 1000:.2f} | {len(net.nodes)} | {spread(milli)} "
              f"| {statistics.mean(ratios):.4f} | {max(ratios):.4f} | {net.bound_m(8):.0f} |")  # fmt: skip


def grid_cost(free: shapely.Geometry, start: tuple[float, float], goal: tuple[float, float]) -> float:
    """The cheapest way over a grid: a real way, so never cheaper than the cheapest of all."""
    nodes, tail, head, cost = grid_legs(free)
    ends = np.array([start, goal])
    near = [np.flatnonzero(np.hypot(*(nodes - end).T) < 3.5 * CELL_M) for end in ends]
    tails = np.concatenate([np.full(len(n), len(nodes) + k) for k, n in enumerate(near)])
    heads = np.concatenate(near)
    everything = np.vstack([nodes, ends])
    kept, more = weighed(free, everything, tails, heads)
    rows, columns = np.concatenate([tail, tails[kept]]), np.concatenate([head, heads[kept]])
    graph = csr_array((np.concatenate([cost, more]), (rows, columns)), shape=(len(everything),) * 2)
    return float(dijkstra(graph, directed=False, indices=len(nodes))[len(nodes) + 1])


_KEPT: dict[int, tuple[FloatArray, ...]] = {}


def grid_legs(free: shapely.Geometry) -> tuple[FloatArray, ...]:
    """The grid's nodes, and its legs that stay inside with their cost."""
    if id(free) not in _KEPT:
        side = np.arange(0.0, SIDE_M + CELL_M, CELL_M)
        nodes = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
        column, row = np.meshgrid(np.arange(len(side)), np.arange(len(side)))
        pairs = [np.empty((2, 0), int)]
        for i in range(-3, 4):
            for j in range(4):
                if math.gcd(i, j) == 1 and (j, i) > (0, 0):
                    good = (column + i >= 0) & (column + i < len(side)) & (row + j < len(side))
                    here = (row * len(side) + column)[good]
                    pairs.append(np.stack([here, here + j * len(side) + i]))
        tail, head = np.hstack(pairs)
        kept, cost = weighed(free, nodes, tail, head)
        _KEPT[id(free)] = nodes, tail[kept], head[kept], cost
    return _KEPT[id(free)]


def weighed(
    free: shapely.Geometry, nodes: FloatArray, tail: FloatArray, head: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Which legs stay inside, and the weighted metres of those."""
    lines = shapely.linestrings(np.stack([nodes[tail], nodes[head]], axis=1))
    shapely.prepare(free)
    kept = shapely.covers(free, lines)
    rest, cost = lines[kept], np.zeros(int(kept.sum()))
    for area, weight in sorted(REGIONS, key=lambda r: -r[1]):
        cost += weight * shapely.length(shapely.intersection(rest, area))
        rest = shapely.difference(rest, area)
    return kept, np.maximum(cost + shapely.length(rest), 1e-9)


def town(seed: int) -> Sky:
    """Hills of 10 m cells under 400 buildings and 12 zones, 5 km across."""
    rng = np.random.default_rng(seed)
    home = LonLat(127.11, 37.37)
    frame = LocalFrame(home)
    at = np.stack(np.meshgrid(np.arange(-3000, 3000, 10.0), np.arange(3000, -3000, -10.0)), axis=-1)
    ground = np.full(at.shape[:2], 30.0)
    for middle in rng.uniform(-2500, 2500, (12, 2)):
        far = np.hypot(*(at - middle).transpose(2, 0, 1))
        ground += rng.uniform(20, 60) * np.exp(-((far / 350.0) ** 2))
    ground -= ground[300, 300] - 30.0
    to_pixel = (0.1, 0.0, 300.5, 0.0, -0.1, 300.5)
    terrain = GridTerrain(ground, to_pixel, frame.proj4)

    def lonlat(shape: shapely.Geometry) -> shapely.Geometry:
        return shapely.transform(shape, frame.to_lonlat)

    buildings = [
        Obstacle(f"b{n}", lonlat(shapely.box(x, y, x + 30, y + 20)), Altitude(h, Datum.GROUND))
        for n, (x, y, h) in enumerate(rng.uniform((-2400, -2400, 8), (2400, 2400, 90), (400, 3)))
    ]
    zones = [
        Zone(f"z{n}", ZoneKind.NO_FLY, lonlat(shapely.Point(x, y).buffer(r, quad_segs=4)))
        for n, (x, y, r) in enumerate(rng.uniform((-2200, -2200, 80), (2200, 2200, 250), (12, 3)))
        if math.hypot(x, y) > r + 60
    ]
    return Sky(Home(home, 30.0), tuple(zones), tuple(buildings), terrain)


def lanes() -> None:
    """Flights from the middle of a town in three kinds of lane."""
    sky, craft = town(5), load_aircraft("quad-4kg")
    ends = [sky.frame.place(*p) for p in np.random.default_rng(6).uniform(-1900, 1900, (40, 2))]
    print("\n| flights in a lane | first, CPU ms | flown of 40 | CPU ms, median | 95 % | most "
          "| lowest over the ground, m |\n|---|---|---|---|---|---|---|")  # fmt: skip
    for lane in (
        Altitude(60.0, Datum.HOME), Altitude(60.0, Datum.GROUND), Altitude(120.0, Datum.GEOID)
    ):  # fmt: skip
        router, milli, low = Router(sky, craft), [], []
        for end in ends:
            began = time.process_time()
            with contextlib.suppress(NoRouteError):
                low.append(router.plan(sky.home.position, end, lane).clearance_m)
            milli.append(1000.0 * (time.process_time() - began))
        print(f"| {lane.value_m:g} m above {lane.datum.value} | {milli[0]:.0f} | {len(low)} "
              f"| {spread(milli[1:])} | {min(low):.1f} |")  # fmt: skip
