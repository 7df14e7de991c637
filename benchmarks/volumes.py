"""Reserved volumes: how long a new flight's question takes, beside looking at every pair.

python benchmarks/volumes.py [--reserved 10000] [--flights 200]
"""

import argparse
import random
import statistics
import time

import numpy as np
import shapely

from core.geo import LocalFrame, LonLat
from missions.route import to_degrees
from missions.volumes.book import Book
from missions.volumes.volume import Volume4D

FRAME = LocalFrame(LonLat(127.12, 37.40))
CITY_M, DAY_S, PIECE_M = 8000.0, 6 * 3600.0, 150.0


def flight(rng: random.Random) -> list[Volume4D]:
    """A delivery over a city: up, 1-3 km in a lane, down, and back; a volume for every 150 m."""
    x, y = rng.uniform(0, CITY_M), rng.uniform(0, CITY_M)
    bearing, length = rng.uniform(0, 2 * np.pi), rng.uniform(1000, 3000)
    lane, now = rng.choice([90.0, 100.0, 110.0, 120.0]), rng.uniform(0, DAY_S)
    step = PIECE_M * np.cos(bearing), PIECE_M * np.sin(bearing)
    found = []
    for k in range(int(length / PIECE_M)):
        line = shapely.LineString(
            [(x + k * step[0], y + k * step[1]), (x + (k + 1) * step[0], y + (k + 1) * step[1])]
        )
        outline = to_degrees(line.buffer(15.0, quad_segs=4), FRAME)
        found.append(Volume4D(outline, lane - 5, lane + 5, now + 15 * k - 5, now + 15 * k + 35))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reserved", type=int, default=10_000)
    parser.add_argument("--flights", type=int, default=200)
    options = parser.parse_args()
    rng, book, held, built = random.Random(1), Book(), [], 0.0
    while len(held) < options.reserved:
        volumes = flight(rng)
        began = time.perf_counter()
        book.reserve(f"flight {len(held)}", volumes)
        built += time.perf_counter() - began
        held += volumes
    asked = [flight(rng) for _ in range(options.flights)]
    seconds, met = [], 0
    for volumes in asked:
        began = time.perf_counter()
        found = book.meetings(volumes)
        seconds.append(time.perf_counter() - began)
        met += bool(found)
    few = asked[: max(1, min(20, len(asked)))]
    began = time.perf_counter()
    pairs = [{i for i, v in enumerate(new) if any(v.meets(h) for h in held)} for new in few]
    every = (time.perf_counter() - began) / len(few)
    agree = sum(p == {m.index for m in book.meetings(new)} for p, new in zip(pairs, few, strict=True))
    sizes = statistics.mean(map(len, asked))
    print(f"{len(held)} volumes reserved in {built:.2f} s; {options.flights} flights asked,")
    print(f"{sizes:.0f} volumes each; {met} meet others\n")
    print("| way | median ms | 95 % ms | most ms |\n|---|---|---|---|")
    ordered = sorted(1000 * s for s in seconds)
    middle, late = statistics.median(ordered), ordered[int(0.95 * len(ordered))]
    print(f"| book | {middle:.2f} | {late:.2f} | {ordered[-1]:.2f} |")
    print(f"| every pair | {1000 * every:.1f} | | |\n\nthe same answer: {agree} of {len(few)}")


if __name__ == "__main__":
    main()
