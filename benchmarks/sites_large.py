"""Maximal covering at the size of a city: 50,000 people points, 2,000 candidate sites, 100 to choose.

People are drawn in Seongnam's dongs by their population (../shared/data or SKYSHADE_DATA), candidates
uniformly in the city, weights 1-100, all from one seed. Usage: python benchmarks/sites_large.py [SECONDS]
[RADIUS_M ...]. Each radius runs in a process of its own, so that its peak memory is its own.
"""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

import numpy as np
import shapely

from gis.siting.confidence import ConfidenceParams, Cover, Setting, greedy_order, ranks_over
from gis.siting.covering import solve_mclp
from gis.siting.coverrows import cover_rows
from gis.siting.layers import read_layer, read_table
from gis.siting.ways import StraightWays

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SKYSHADE_DATA") or ROOT.parent / "shared" / "data") / "gis" / "seongnam"
PEOPLE, SITES, COUNT, SEED = 50_000, 2_000, 100, 1


def drawn(shape: shapely.Geometry, many: int, rng: np.random.Generator) -> np.ndarray:
    """`many` points (many, 2) drawn uniformly in a shape."""
    west, south, east, north = shape.bounds
    found: list[np.ndarray] = []
    while sum(len(part) for part in found) < many:
        points = rng.uniform((west, south), (east, north), (4 * many + 16, 2))
        found.append(points[shapely.contains_xy(shape, points)])
    return np.vstack([np.zeros((0, 2)), *found])[:many]


def made() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(people (n, 2), candidates (m, 2), weights (n,)) in EPSG:5186."""
    dongs = read_layer(DATA / "BND_ADM_DONG_PG.shp").frame.to_crs("EPSG:5186")
    table = read_table(DATA / "seongnam_population_households.csv").frame.set_index("동")
    heads = table["인구수_계"].astype(float).reindex(dongs["ADM_NM"]).fillna(0.0).to_numpy()
    rng = np.random.default_rng(SEED)
    counts = rng.multinomial(PEOPLE, heads / heads.sum())
    people = [drawn(shape, int(n), rng) for shape, n in zip(dongs.geometry, counts, strict=True)]
    candidates = drawn(dongs.union_all(), SITES, rng)
    return np.vstack(people), candidates, rng.integers(1, 101, PEOPLE).astype(float)


def resident_mb() -> float:
    """What this process holds now, in MB (Linux)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


class Peak:
    """The most memory held between `with` and its end."""

    def __enter__(self) -> Self:
        self.mb, self._done = resident_mb(), threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._done.wait(0.05):
            self.mb = max(self.mb, resident_mb())

    def __exit__(self, *exc: object) -> None:
        self._done.set()
        self._thread.join()


def warm() -> float:
    """Seconds for compiling, or loading what was compiled before."""
    began = time.perf_counter()
    rng = np.random.default_rng(0)
    demand, site = np.nonzero(rng.random((200, 40)) < 0.1)
    solve_mclp(cover_rows(np.ones(200), site, demand, np.ones(len(site)), sites=40), 5)
    return time.perf_counter() - began


def one(radius_m: float, seconds: float) -> None:
    people, candidates, weights = made()
    cold_s = warm()
    with Peak() as peak:
        began = time.perf_counter()
        ways = StraightWays(candidates, people).within(radius_m)
        rows = cover_rows(weights, ways.site, ways.demand, np.ones(len(ways.site)), sites=SITES)
        built_s = time.perf_counter() - began
        built_mb = peak.mb
        before = time.process_time()
        found = solve_mclp(rows, COUNT, seconds=seconds)
        cpu_s = time.process_time() - before
    print(
        f"| {radius_m:.0f} | {rows.reach.shape[0]} | {built_s:.2f} | {built_mb:.0f} | {found.wall_s:.1f} "
        f"| {cpu_s:.1f} | {found.objective:.0f} | {found.bound:.0f} | {found.gap:.3%} | {peak.mb:.0f} "
        f"| {cold_s:.1f} |",
        flush=True,
    )


def sure(radius_m: float) -> None:
    """Ranks of the sites of a greedy choice over 1,000 draws."""
    people, candidates, weights = made()
    ways = StraightWays(candidates, people).within(radius_m)
    cover = Cover(ways.site, ways.demand, np.ones(len(ways.site)), np.zeros(PEOPLE))
    chosen = np.array([site for site, _ in greedy_order(cover, weights, SITES, COUNT)])
    setting = Setting(cover, weights, np.full(PEOPLE, 5.0), np.ones(PEOPLE), people, np.full(PEOPLE, 0.2))
    began, before = time.perf_counter(), time.process_time()
    found = ranks_over([setting], chosen, SITES, ConfidenceParams(draws=1000))
    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - before
    width = float((found.high - found.low).mean())
    print(
        f"\n1,000 draws of {PEOPLE} people points and {SITES} sites, {COUNT} chosen, {radius_m:.0f} m: "
        f"{wall_s:.1f} s ({cpu_s:.1f} s CPU), intervals {width:.1f} ranks wide in the mean"
    )


def main() -> int:
    if not DATA.is_dir():
        print(f"no layers at {DATA}: set SKYSHADE_DATA")
        return 1
    if len(sys.argv) > 3 and sys.argv[1] == "--one":
        one(float(sys.argv[2]), float(sys.argv[3]))
        return 0
    seconds = sys.argv[1] if len(sys.argv) > 1 else "60"
    print("| R m | rows | build s | build MB | solve s | CPU s | covered | bound | gap | peak MB | cold s |")
    print("|---|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for radius in sys.argv[2:] or ["300", "500"]:
        subprocess.run([sys.executable, __file__, "--one", radius, seconds], check=True)
    sure(300.0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
