"""Shortest ways round obstacles: building, asking, and whether they are the shortest.

The independent answer is a plain search over every pair of corners with shapely's own predicates.
Then alternates, areas of preference against a grid search, and flights in lanes over a hilly town.
python benchmarks/routes.py [--pairs 1000]
"""

import argparse
import math
import statistics
import time

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from missions.route import Navigator, way_length

SIDE_M = 4000.0


def obstacles(seed: int, count: int = 60, corners: int = 413) -> shapely.Geometry:
    """Star-shaped obstacles that do not meet, with so many corners together."""
    rng = np.random.default_rng(seed)
    share = [corners // count + (k < corners % count) for k in range(count)]
    found: list[shapely.Polygon] = []
    while len(found) < count:
        centre, number = rng.uniform(200, SIDE_M - 200, 2), share[len(found)]
        angles = np.arange(number) * 2 * np.pi / number + rng.uniform(0, 4 / number, number)
        radii = rng.uniform(60, 180, number)
        shape = shapely.Polygon(np.column_stack([np.cos(angles), np.sin(angles)]) * radii[:, None] + centre)
        if shape.is_valid and not any(shape.distance(other) < 1.0 for other in found):
            found.append(shape)
    return shapely.union_all(found)


def plain(free: shapely.Geometry, pairs: np.ndarray) -> np.ndarray:
    """Lengths by Dijkstra's algorithm over all corners and ends that see each other, by shapely alone."""
    corners = np.unique(shapely.get_coordinates(free), axis=0)
    nodes = np.vstack([corners, pairs.reshape(-1, 2)])
    grown = free.buffer(1e-3, join_style="mitre")
    shapely.prepare(grown)
    first = len(corners)
    rows, cols = np.triu_indices(first, 1)
    ends = np.arange(first, len(nodes))
    rows = np.concatenate([rows, np.repeat(ends, first), ends[::2]])
    cols = np.concatenate([cols, np.tile(np.arange(first), len(ends)), ends[1::2]])
    seen = shapely.covers(grown, shapely.linestrings(np.stack([nodes[rows], nodes[cols]], axis=1)))
    rows, cols = rows[seen], cols[seen]
    lengths = np.hypot(*(nodes[rows] - nodes[cols]).T)
    graph = csr_array((lengths, (rows, cols)), shape=(len(nodes), len(nodes)))
    among = csr_array(graph + graph.T)
    between = dijkstra(among[:first, :first], directed=False)
    answers = []
    for a, b in zip(ends[::2], ends[1::2], strict=True):
        one, two = (among[[k], :].toarray()[0] for k in (a, b))
        direct = one[b] if one[b] > 0 else math.inf
        out, back = (np.where(v[:first] > 0, v[:first], math.inf) for v in (one, two))
        answers.append(min(direct, float((out[:, None] + between + back[None, :]).min())))
    return np.array(answers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1000)
    options = parser.parse_args()
    began = time.perf_counter()
    Navigator(shapely.box(0, 0, 9, 9).difference(shapely.box(3, 3, 6, 6))).way((1, 4), (8, 5))
    print(f"start and compiled code: {time.perf_counter() - began:.2f} s\n")
    blocked = obstacles(1)
    free = shapely.box(0, 0, SIDE_M, SIDE_M).difference(blocked)
    rng = np.random.default_rng(2)
    places = rng.uniform(0, SIDE_M, (4 * options.pairs, 2))
    places = places[shapely.contains_xy(free, places)][: 2 * options.pairs].reshape(-1, 2, 2)
    began = time.perf_counter()
    navigator = Navigator(free, inset_m=0.0)
    navigator.way(tuple(places[0, 0]), tuple(places[0, 1]))
    built = time.perf_counter() - began
    lengths, seconds = [], []
    for start, goal in places:
        began = time.perf_counter()
        way = navigator.way(tuple(start), tuple(goal))
        seconds.append(time.perf_counter() - began)
        lengths.append(way_length(way) if way else math.inf)
    began = time.perf_counter()
    expected = plain(free, places)
    plain_s = time.perf_counter() - began
    apart = np.abs(np.array(lengths) - expected)
    count = len(shapely.get_coordinates(blocked)) - len(shapely.get_parts(blocked))
    milli = sorted(1000 * s for s in seconds)
    print(f"{len(shapely.get_parts(blocked))} obstacles, {count} corners, {len(places)} pairs\n")
    print("| | build s | query ms, median | 95 % | most |\n|---|---|---|---|---|")
    middle, late = statistics.median(milli), milli[int(0.95 * len(milli))]
    print(f"| skyshade | {built:.3f} | {middle:.2f} | {late:.2f} | {milli[-1]:.2f} |")
    print(f"\nplain search over all pairs of corners: {plain_s:.1f} s for all pairs of places")
    print(f"equal within 1 mm: {int((apart < 1e-3).sum())} of {len(places)}; most {apart.max():.1e} m")
    more(free, navigator, places)


def more(free: shapely.Geometry, navigator: Navigator, places: np.ndarray) -> None:
    """The other tables."""
    from routes_more import alternates, lanes, preferences

    alternates(navigator, places[:100])
    preferences(free, places[:20])
    lanes()


if __name__ == "__main__":
    main()
