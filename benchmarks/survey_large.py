"""Ten square kilometres at 12 cm with 20 holes over a 5 m height model: the whole plan, from area to proof.

The area and the hills (200 m between the lowest and the highest) are made from a seed. The plan is made in a
process of its own, which is measured: seconds of wall and CPU, and its peak memory, libraries included. With
--profile the functions that took longest are printed.

python benchmarks/survey_large.py [--km2 10] [--seed 1] [--profile]
"""

import argparse
import cProfile
import pstats
import resource
import subprocess
import sys
import time

import numpy as np
import shapely
from shapely.geometry import Polygon

from core.geo import LocalFrame, LonLat
from gis.crs import change_between
from gis.terrain import GridTerrain
from missions.cameras import load_camera
from missions.route import to_degrees
from missions.survey import SurveyParams, SurveyPlan, plan_survey

FRAME = LocalFrame(LonLat(127.11, 37.37))
CRS = "EPSG:5186"
DEM_M = 5.0
HOLES = 20
RELIEF_M = 200.0


def area(km2: float, seed: int) -> Polygon:
    """An uneven outline with holes that do not touch."""
    rng = np.random.default_rng(seed)
    angles = np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)
    waves = sum(rng.uniform(0.03, 0.1) * np.cos(k * angles + rng.uniform(0, 6.3)) for k in range(2, 6))
    outer = Polygon(np.stack([(1.0 + waves) * np.cos(angles), (1.0 + waves) * np.sin(angles)], axis=1))
    scale = 1000.0 * (km2 / outer.area) ** 0.5
    outer = shapely.affinity.scale(outer, scale, scale, origin=(0, 0))
    holes: list[shapely.Geometry] = []
    while len(holes) < HOLES:
        middle, size = rng.uniform(-scale, scale, 2), rng.uniform(0.02, 0.06) * scale
        corners = np.sort(rng.uniform(0, 2 * np.pi, 9))
        reach = size * rng.uniform(0.7, 1.3, 9)
        hole = Polygon(middle + np.stack([reach * np.cos(corners), reach * np.sin(corners)], axis=1)).buffer(
            0
        )
        apart = all(hole.distance(other) > 0.05 * scale for other in holes)
        if apart and outer.buffer(-0.05 * scale).contains(hole):
            holes.append(hole)
    made = outer.difference(shapely.union_all(holes))
    assert isinstance(made, Polygon)
    return made


def hills(shape: Polygon, seed: int) -> GridTerrain:
    """A height model of the place and a kilometre round it."""
    rng = np.random.default_rng(seed)
    lonlat = shapely.get_coordinates(to_degrees(shape.buffer(1000.0), FRAME))
    corners = change_between("EPSG:4326", CRS).transform(*lonlat.T)
    (west, east), (south, north) = ((np.min(c), np.max(c)) for c in corners)
    x, y = np.arange(west, east, DEM_M), np.arange(north, south, -DEM_M)
    heights = np.zeros((len(y), len(x)))
    for _ in range(12):
        length, turn = rng.uniform(600.0, 4000.0), rng.uniform(0, 2 * np.pi)
        along = x[None, :] * np.cos(turn) + y[:, None] * np.sin(turn)
        heights += length * np.sin(2 * np.pi * along / length + rng.uniform(0, 6.3))
    heights = RELIEF_M * (heights - heights.min()) / np.ptp(heights)
    return GridTerrain(heights, (1 / DEM_M, 0.0, -west / DEM_M, 0.0, -1 / DEM_M, north / DEM_M), CRS)


def planned(km2: float, seed: int) -> SurveyPlan:
    """The plan of the place."""
    shape = area(km2, seed)
    params = SurveyParams(0.12, margin_m=30.0, terrain=hills(shape, seed), height_tolerance_m=5.0)
    home = FRAME.place(*np.array(shape.representative_point().coords)[0])
    return plan_survey(to_degrees(shape, FRAME), load_camera("M3T"), home, params)


def child(km2: float, seed: int, *, profile: bool) -> None:
    """Plan a small place first, so that compiled code is there; then what is asked, measured."""
    planned(0.05, seed)
    profiler = cProfile.Profile()
    wall, cpu = time.perf_counter(), time.process_time()
    if profile:
        profiler.enable()
    plan = planned(km2, seed)
    profiler.disable()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    shots = sum(len(s.shots) for s in plan.sorties)
    assert plan.proof is not None
    overlaps = [f"{o.least:.1%}" for o in (plan.proof.along, plan.proof.across) if o is not None]
    print(
        f"| {km2:g} | {shots:,} | {len(plan.sorties)} | {sum(s.duration_s for s in plan.sorties) / 3600:.1f} "
        f"| {plan.coverage.fraction:.3%} | {', '.join(overlaps)} | {plan.legs_outside_m:.1f} | {plan.proved} "
        f"| {wall:.1f} | {cpu:.1f} | {peak_mb:.0f} |"
    )
    print("\n".join(plan.proof.faults), file=sys.stderr)
    if profile:
        pstats.Stats(profiler, stream=sys.stderr).sort_stats("cumulative").print_stats(45)


def main() -> None:
    """Print one row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--km2", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    wishes = parser.parse_args()
    if wishes.child:
        child(wishes.km2, wishes.seed, profile=wishes.profile)
        return
    print(
        "| km2 | photographs | flights | flown h | seen | least overlap along, across | m outside | proved "
        "| wall s | CPU s | peak MB |\n" + "|---" * 11 + "|",
        flush=True,
    )
    subprocess.run([sys.executable, *sys.argv, "--child"], check=True)


if __name__ == "__main__":
    main()
