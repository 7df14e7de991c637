"""Pictures of three hard areas with the lines drawn: a comb, a ring with islands, a winding stream.

python benchmarks/survey_pictures.py FOLDER
"""

import argparse
from pathlib import Path

import numpy as np
import shapely
from survey_polygons import PARAMS, sweeper_over

from missions.survey.sweep import cover


def areas() -> dict[str, shapely.Geometry]:
    """The three areas, metres."""
    comb = shapely.union_all(
        [shapely.box(0, 0, 460, 60), *(shapely.box(x, 0, x + 45, 320) for x in range(0, 460, 100))]
    )
    ring = shapely.Point(300, 300).buffer(260).difference(shapely.Point(300, 300).buffer(110))
    islands = [
        shapely.Point(300 + 185 * np.cos(a), 300 + 185 * np.sin(a)).buffer(32) for a in (0.5, 1.9, 4.1)
    ]
    along = np.linspace(0, 900, 120)
    stream = shapely.LineString(np.column_stack([along, 130 * np.sin(along / 95)])).buffer(38).simplify(1.0)
    return {"comb": comb, "ring": ring.difference(shapely.union_all(islands)).simplify(1.0), "stream": stream}


def main() -> None:
    """Draw each area and its lines into a PNG file."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, area in areas().items():
        sweeper = sweeper_over(area)
        runs = cover(sweeper.ground, sweeper.swath, sweeper.flyer, sweeper.load)
        figure, axes = plt.subplots(figsize=(11, 8))
        for ring in (r for p in shapely.get_parts(sweeper.ground.target) for r in (p.exterior, *p.interiors)):
            axes.fill(*np.asarray(ring.coords).T, facecolor="none", edgecolor="black", linewidth=1.2)
        way = np.array([p.xy for p in sweeper.flyer.track(runs)])
        axes.plot(*way.T, color="tab:orange", linewidth=0.8)
        for run in runs:
            ends = np.array([run.place(run.shots[0]), run.place(run.shots[-1])])
            axes.plot(*ends.T, color="tab:blue", linewidth=1.6)
        angles = len({run.line.angle_deg for run in runs})
        seconds = sweeper.flown_s(runs)
        axes.set_title(
            f"{name}: {len(runs)} lines at {angles} angles, {seconds:.0f} s, gsd {PARAMS.gsd_m:g} m"
        )
        axes.set_aspect("equal")
        figure.savefig(folder / f"{name}.png", dpi=80)
        print(f"{name}: {len(runs)} lines, {angles} angles, {seconds:.0f} s")


if __name__ == "__main__":
    main()
