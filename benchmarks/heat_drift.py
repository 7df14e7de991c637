"""Drift of real flights on pairs of frames that were held out, and its cost by the number of frames.

    .venv/bin/python benchmarks/heat_drift.py [--frames 100 300 1000]

A fifth of the pairs is never compared by the solution that is measured on them. "Offsets alone" is the plain
way: one offset a frame by least squares. Frames: ../shared/data/thermal or $SKYSHADE_DATA/thermal. The cost
is that of made flights (small copies of 160 x 128 pixels; M3T, 75 m, 75 % and 65 % overlap) with drift and a
shutter's jump every hundred frames.
"""

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from core.camera import Camera
from thermal.drift import Drift, DriftParams, held_out, solve_drift
from thermal.driftsolve import SolveParams
from thermal.frames import find_frames, read_frame
from thermal.ground import PlaneGround
from thermal.mapmaker import Inputs, MapParams, sort_frames
from thermal.overlaps import Samples, sample_overlaps
from thermal.placement import place
from thermal.pose import CameraPose

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SKYSHADE_DATA") or ROOT.parent / "shared" / "data") / "thermal"
FLIGHTS = {"flir_xt_field": "26 XT frames, 40 m", "m3t_rtk_seq": "14 M3T frames, 75 m"}
NONE = 1e-6
WAYS = {
    "offsets alone": SolveParams(scale_K=1e3, flat_K=NONE, linear_K=NONE, ramp_K=NONE, walk_K=1e3, rounds=1),
    "robust, flat field": SolveParams(ramp_K=NONE),
    "robust, flat field, ramps": SolveParams(),
}
DOWN = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, nargs="+", default=[100, 300, 1000])
    frames = parser.parse_args().frames
    if DATA.is_dir():
        print(f"| flight | pairs held out | before, RMS K | {' | '.join(WAYS)} | jumps | steepest ramp, K |")
        print("|" + "---|" * (5 + len(WAYS)))
        for name, title in FLIGHTS.items():
            print(_row(title, *real(DATA / name)), flush=True)
    print("\n| made frames | samples | sampling, CPU s | solving, CPU s | offsets off, RMS K | jumps found |")
    print("|---|---|---|---|---|---|")
    for n in frames:
        print(cost(n), flush=True)


def real(folder: Path) -> tuple[Samples, np.ndarray]:
    """The overlaps of a flight as `skyshade thermal map` sees them, and when its frames were taken."""
    params = MapParams()
    good = sort_frames(find_frames(folder), params, read_frame, Inputs(), None)
    placed = place(good.flight, good.seen, params.ties, params.align, None, workers=2, progress=None)
    a = placed.aligned
    samples = sample_overlaps([s.small for s in placed.seen], a.poses, a.camera, placed.ground)
    return samples, np.array([p.info.time_s for p in placed.flight.priors], float)


def _row(title: str, samples: Samples, times: np.ndarray) -> str:
    cells, before, pairs = [], None, 0
    for params in WAYS.values():
        before, after, pairs = held_out(samples, times, DriftParams(solve=params))
        cells.append("-" if after is None else f"{after:.2f}")
    found = solve_drift(samples, times)
    jumps = ", ".join(f"{j.size_K:+.1f} K" for j in found.jumps) or "none"
    told = "-" if before is None else f"{before:.2f}"
    return f"| {title} | {pairs} | {told} | {' | '.join(cells)} | {jumps} | {found.largest_ramp_K:.2f} |"


def cost(n: int) -> str:
    camera = Camera("M3T", 640, 512, 9.1, 12.0)
    frames = list(made(n, camera))
    start = time.process_time()
    samples = sample_overlaps([f[0] for f in frames], [f[1] for f in frames], camera, PlaneGround(0.0))
    sampled = time.process_time()
    found = solve_drift(samples, np.arange(n) * 2.0)
    solved = time.process_time()
    off = _off(found, np.array([f[2] for f in frames]))
    figures = f"{sampled - start:.2f} | {solved - sampled:.2f} | {off:.3f} | {len(found.jumps)}"
    return f"| {n} | {len(samples.frame):,} | {figures} of {sum(k % 100 == 50 for k in range(n))} |"


def _off(found: Drift, true: np.ndarray) -> float:
    return float(np.std(found.offsets_K - true))


def made(n: int, camera: Camera, per_line: int = 40) -> Iterator[tuple[np.ndarray, CameraPose, float]]:
    """Small copies, poses and offsets of a lawnmower flight over flat textured ground."""
    rng = np.random.default_rng(1)
    texture = gaussian_filter(rng.normal(size=(512, 512)), 3.0, mode="wrap")
    texture *= 5.0 / texture.std()
    wide, long = camera.footprint_m(75.0)
    step = 4.0 * 75.0 / camera.focal_px
    right, below = np.meshgrid((np.arange(160) - 79.5) * step, (np.arange(128) - 63.5) * step)
    level = 0.0
    for k in range(n):
        line, shot = divmod(k, per_line)
        back = line % 2 == 1
        sign = -1.0 if back else 1.0
        center = np.array([line * wide * 0.35, (per_line - 1 - shot if back else shot) * long * 0.25, 75.0])
        level += rng.normal(0.0, 0.05) - (6.0 if k % 100 == 50 else 0.0)
        at = (center[1] - sign * below) / 1.5 % 512, (center[0] + sign * right) / 1.5 % 512
        small = map_coordinates(texture, at, order=1, mode="grid-wrap") + 35.0 + level
        yield small.astype(np.float32), CameraPose(center, np.diag([sign, sign, 1.0]) @ DOWN), level


if __name__ == "__main__":
    main()
