"""The example polygons of ETH's polygon_coverage_planning, planned, and that planner's own published costs.

The folder is a checkout or bare repository of github.com/ethz-asl/polygon_coverage_planning, read by git.
Areas are blown up so that they are swept with some tens of lines; costs are published for the generated
polygons of arXiv 1907.09224, and the shares beside one direction are what can be compared.

python benchmarks/survey_eth.py FOLDER
"""

import argparse
import csv
import io
import subprocess
from collections import defaultdict

import numpy as np
import yaml
from shapely import affinity
from shapely.geometry import Polygon
from survey_polygons import boustrophedon, single_direction, sweeper_over

from missions.survey.sweep import cover

POLYGONS = "polygon_coverage_ros/cfg/polygons"
RESULTS = "polygon_coverage_benchmark/data/coverage_results.txt"
WANTED_M2 = 100_000.0


def read(folder: str, path: str) -> str:
    """A file of the repository's newest commit."""
    command = ["git", "-C", folder, "show", f"HEAD:{path}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def ring(points: list[dict[str, float]]) -> list[tuple[float, float]]:
    """The corners of a hull or hole."""
    return [(p["x"], p["y"]) for p in points]


def polygon(text: str) -> Polygon:
    """The polygon of a file, ten hectares large."""
    shape = yaml.safe_load(text)["polygon"]["polygon"]
    holes = [ring(h["points"]) for h in shape.get("holes") or []]
    area = Polygon(ring(shape["hull"]["points"]), holes).buffer(0)
    scale = (WANTED_M2 / area.area) ** 0.5
    return affinity.scale(area, scale, scale, origin=(0, 0))


def published(text: str) -> None:
    """What their decompositions cost beside one direction, by holes."""
    costs: dict[str, dict[str, float]] = defaultdict(dict)
    for row in csv.DictReader(io.StringIO(text)):
        costs[row["instance"]][row["planner"]] = float(row["cost"])
    for planner in sorted({p for c in costs.values() for p in c}):
        shares = [c[planner] / c["one_dir_gk"] for c in costs.values() if planner in c and "one_dir_gk" in c]
        print(f"| {planner} | {len(shares)} | {np.mean(shares):.3f} | {np.median(shares):.3f} |")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    folder = parser.parse_args().folder
    names = ["git", "-C", folder, "ls-tree", "--name-only", "HEAD", f"{POLYGONS}/"]
    files = subprocess.run(names, check=True, capture_output=True, text=True).stdout.split()
    print("| polygon | holes | lines | s | single, by rows | single, nearest | cells, one angle |")
    print("|---|---|---|---|---|---|---|")
    for path in files:
        area = polygon(read(folder, path))
        made = sweeper_over(area)
        runs = cover(made.ground, made.swath, made.flyer, made.load)
        own = made.flown_s(runs)
        rows, near = (single_direction(made, greedy=g)[0] for g in (False, True))
        cells = boustrophedon(made)[0]
        name = path.rsplit("/", 1)[-1].removesuffix(".yaml")
        beside = " | ".join(f"{own / other:.3f}" for other in (rows, near, cells))
        print(f"| {name} | {len(area.interiors)} | {len(runs)} | {own:.0f} | {beside} |", flush=True)
    print("\n| their planner | polygons | beside one_dir_gk, mean | median |\n|---|---|---|---|")
    published(read(folder, RESULTS))


if __name__ == "__main__":
    main()
