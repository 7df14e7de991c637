"""Gi* with its false-discovery rate on a made raster and on made points, beside esda in the same run.

316 x 316 cells (queen neighbours) and as many points (100 m); esda and libpysal run in .venv-bench.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from gis.siting.hotspots import HotSpots, hot_grid, hot_spots

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / ".venv-bench" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
SIDE, REACH_M = 316, 100.0
PEER = """
import sys, time
folder, kind, side, reach = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
import numpy as np
from esda import G_Local
from libpysal.weights import DistanceBand, lat2W
values, places = np.load(folder + "/values.npy"), np.load(folder + "/places.npy")
began, used = time.perf_counter(), time.process_time()
if kind == "raster":
    weights = lat2W(side, side, rook=False)
else:
    weights = DistanceBand(places, reach, binary=True, silence_warnings=True)
found = G_Local(values, weights, transform="B", star=True, permutations=0)
print(time.perf_counter() - began, time.process_time() - used)
np.save(folder + "/z.npy", found.Zs)
"""


def main() -> int:
    if not PEERS.exists():
        print("the peers are missing: make .venv-bench/.installed")
        return 1
    rng = np.random.default_rng(1)
    values = 35 + rng.normal(0, 2, (SIDE, SIDE)) + 3 * np.sin(np.arange(SIDE) / 20)
    places = rng.uniform(0, SIDE * 40.0, (SIDE * SIDE, 2))
    cold = timed(lambda: hot_grid(values[:5, :5], 1.5))[1]
    print(f"first call (compiled or from the cache): {cold:.2f} s\n")
    print("| cells | | s | CPU s | ratio to ours | largest difference of z |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        np.save(folder / "values.npy", values.ravel())
        np.save(folder / "places.npy", places)
        rows("raster", folder, lambda: hot_grid(values, 1.5))
        rows("points", folder, lambda: hot_spots(values.ravel(), places, REACH_M))
    return 0


def rows(kind: str, folder: Path, ours: Callable[[], HotSpots]) -> None:
    ours()
    found, seconds, cpu = min((timed(ours) for _ in range(5)), key=lambda run: run[1])
    command = [PEERS, "-c", PEER, folder, kind, SIDE, REACH_M]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True)
    wall, used = (float(word) for word in done.stdout.split()[-2:])
    off = np.nanmax(np.abs(np.load(folder / "z.npy") - found.z.ravel()))
    print(f"| {SIDE * SIDE} {kind} | skyshade (z, p, q) | {seconds:.4f} | {cpu:.3f} | 1 | |")
    print(
        f"| | libpysal + esda (z) | {wall:.2f} | {used:.2f} | {wall / seconds:.0f} | {off:.1e} |", flush=True
    )


def timed(work: Callable[[], HotSpots]) -> tuple[HotSpots, float, float]:
    began, used = time.perf_counter(), time.process_time()
    found = work()
    return found, time.perf_counter() - began, time.process_time() - used


if __name__ == "__main__":
    sys.exit(main())
