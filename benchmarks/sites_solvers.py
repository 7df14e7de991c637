"""Covering, p-median and p-center on published instances; zonal statistics and Gi* on made rasters.

Instances: ../shared/data/gis or $SKYSHADE_DATA/gis.
"""

import os
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from gis.heat import HeatMap
from gis.siting.covering import solve_mclp
from gis.siting.coverrows import cover_rows
from gis.siting.hotspots import getis_ord, neighbours
from gis.siting.instances import solve_instance
from gis.siting.ways import StraightWays
from gis.siting.zonal import zonal_stats

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SKYSHADE_DATA") or ROOT.parent / "shared" / "data") / "gis"
COVERING = {
    "SJC324": (800, {1: 5461, 2: 8790, 3: 11604, 4: 12106, 5: 12152}),
    "SJC402": (800, {1: 6555, 2: 11339, 3: 14690, 5: 15970, 6: 15984}),
    "SJC500": (800, {1: 7944, 3: 15730, 5: 18859, 8: 19707}),
    "NewYork": (400, {50: 1153640}),
}


def covering() -> None:
    print("| instance | sites | published optimum | ours | bound | s |\n|---|---|---|---|---|---|")
    for name, (radius_m, optima) in COVERING.items():
        for count, optimum in optima.items():
            path = DATA / "mclp" / f"{name}.txt"
            found = solve_instance(path, "mclp", count, radius_m=radius_m, seconds=120)
            print(
                f"| {name} | {count} | {optimum} | {found.objective:.0f} | {found.bound:.0f} "
                f"| {found.wall_s:.2f} |"
            )


def library() -> None:
    print("\n| instance | sites | p-median optimum | ours | s | p-center optimum | ours | s |")
    print("|---|---|---|---|---|---|---|---|")
    optima = [
        dict(line.split() for line in (DATA / "pmed" / name).read_text().splitlines() if line.strip())
        for name in ("pmedopt.txt", "kcenteropt.txt")
    ]
    for number in range(1, 21):
        name = f"pmed{number}"
        path = DATA / "pmed" / f"{name}.txt"
        count = int(path.read_text().split()[2])
        cells = [name, str(count)]
        for problem, table in zip(("pmedian", "pcenter"), optima, strict=True):
            found = solve_instance(path, problem, count, seconds=60)
            proved = "" if found.gap == 0 else f" (bound {found.bound:.0f})"
            cells += [table[name], f"{found.objective:.0f}{proved}", f"{found.wall_s:.2f}"]
        print(f"| {' | '.join(cells)} |")


def made_covering() -> None:
    print("\n| demand x sites, radius, p | build s | solve s | objective | gap |\n|---|---|---|---|---|")
    for demands, sites, radius_m, count, side_m in (
        (5_000, 500, 300, 30, 7_000),
        (50_000, 2_000, 300, 100, 15_000),
    ):
        rng = np.random.default_rng(1)
        people, places = rng.uniform(0, side_m, (demands, 2)), rng.uniform(0, side_m, (sites, 2))
        began = time.perf_counter()
        ways = StraightWays(places, people).within(radius_m)
        weights = rng.integers(1, 100, demands).astype(float)
        rows = cover_rows(weights, ways.site, ways.demand, np.ones(len(ways.site)), sites=sites)
        built = time.perf_counter() - began
        found = solve_mclp(rows, count, seconds=60)
        size = f"{demands} x {sites}, {radius_m} m, {count}"
        print(f"| {size} | {built:.2f} | {found.wall_s:.2f} | {found.objective:.0f} | {found.gap:.3%} |")


def zones(side_px: int = 10_000, areas: int = 1_000) -> None:
    rng = np.random.default_rng(0)
    heat = HeatMap(rng.normal(35, 4, (side_px, side_px)).astype(np.float32), "EPSG:5186", 0.0, side_px, 1.0)
    frame = shapely.box(0, 0, side_px, side_px)
    seeds = shapely.multipoints(rng.uniform(0, side_px, (areas, 2)))
    parts = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=frame))
    cells = gpd.GeoSeries(shapely.intersection(parts, frame), crs="EPSG:5186")
    zonal_stats(heat, cells[:2])  # compiles
    began = time.perf_counter()
    found = zonal_stats(heat, cells, (90.0,))
    assert abs(found.known.sum() - side_px**2) < 1
    print(
        f"\nzonal mean and p90, {side_px} x {side_px} pixels, {areas} areas: "
        f"{time.perf_counter() - began:.2f} s"
    )


def hot() -> None:
    rng = np.random.default_rng(0)
    row, column = np.mgrid[0:316, 0:316]
    places = np.column_stack([column.ravel(), row.ravel()]).astype(float)
    values = rng.normal(size=len(places))
    began = time.perf_counter()
    getis_ord(values, neighbours(places, 1.5))
    print(f"Gi*, {len(places)} cells: {time.perf_counter() - began:.2f} s")


if __name__ == "__main__":
    if DATA.is_dir():
        covering()
        library()
    else:
        print(f"no instances at {DATA}: set SKYSHADE_DATA")
    made_covering()
    zones()
    hot()
