"""Frames on the ground: output pixels a CPU second, on a plane and on a surface model with hiding; blending.

One M3T frame (640 x 512) at its own resolution; output MP = pixels of the map that the frame covers, so those
outside it are not counted. Peers draw the same frame on the same ground in .venv-bench: orthority and
gdalwarp (through rasterio's WarpedVRT, by ground control points); rasterio.merge joins drawn frames as the
blend does. CPU seconds of one thread; ours warm, the cold start (compiling) beside it.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from ortho_peers import PEER, write_scene

from core.camera import Camera
from core.geo import LocalFrame, LonLat
from core.shot import CameraAttitude
from gis.grid import GeoGrid, Window
from gis.raster import Band
from thermal.blend import blended, drawn_slots
from thermal.candidates import Candidates, Looking, add_frame
from thermal.cells import cells_of
from thermal.ground import Ground, PlaneGround, RasterGround
from thermal.lowpass import lowpass
from thermal.ortho import BlendParams, draw_frame
from thermal.pose import CameraPose, rotation_of
from thermal.seams import chosen_frames
from thermal.tileground import tile_ground
from thermal.tiles import MapPlace

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / ".venv-bench" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
FRAME = LocalFrame(LonLat(127.11, 37.37))
CAMERA = Camera("M3T", 640, 512, 9.1, 12.0, 3.5, -0.9, -0.04, 0.04)
HEIGHT_M, RUNS = 75.0, 12
GSD_M = round(CAMERA.gsd_m(HEIGHT_M), 3)
POSE = CameraPose(np.array([0.0, 0.0, HEIGHT_M]), rotation_of(CameraAttitude(24.0, -88.0, 1.0)))


def main() -> int:
    cold_s = _cold()
    image = np.random.default_rng(1).normal(30.0, 5.0, (512, 640)).astype(np.float32)
    print("| frame on the ground | output MP / CPU-s | worst place against OpenCV, px |\n|---|---|---|")
    for title, ground, params in (
        ("skyshade, plane", PlaneGround(0.0), None),
        ("skyshade, plane, into the lists of a tile", PlaneGround(0.0), BlendParams()),
        ("skyshade, surface model with hiding, into the lists", town(), BlendParams()),
    ):
        rate = _rate(image, ground, params)
        print(f"| {title} | {rate:.0f} | {_worst(ground):.4f} |")
    for title, told in _peers(image).items():
        print(f"| {title} | {told} | |")
    print(f"\nCold start (reading and compiling, once a machine): {cold_s:.1f} CPU-s.\n")
    _blend()
    return 0


def town() -> RasterGround:
    """Roofs 5 to 20 m high over a third of the ground, trees beside them; half-metre pixels."""
    rng, heights = np.random.default_rng(2), np.zeros((400, 400))
    for _ in range(60):
        r, c, h, w = *rng.integers(0, 370, 2), *rng.integers(14, 34, 2)
        heights[r : r + h, c : c + w] = rng.uniform(5.0, 20.0)
    for _ in range(400):
        r, c = rng.integers(0, 392, 2)
        heights[r : r + 6, c : c + 6] = np.maximum(heights[r : r + 6, c : c + 6], rng.uniform(3.0, 8.0))
    grid = GeoGrid(FRAME.proj4, Affine(0.5, 0, -100, 0, -0.5, 100), heights.shape)
    return RasterGround(Band(heights, grid), FRAME)


def place(size: int = 768) -> tuple[MapPlace, Window]:
    half = size * GSD_M / 2
    grid = GeoGrid(FRAME.proj4, Affine(GSD_M, 0, -half, 0, -GSD_M, half), (size, size))
    return MapPlace(grid, FRAME), Window(0, 0, size, size)


def _rate(image: np.ndarray, ground: Ground, params: BlendParams | None) -> float:
    """Output megapixels a CPU second."""
    where, window = place()
    tile = tile_ground(where, window, ground, 25.0)
    covered = float(np.isfinite(draw_frame(tile, image, POSE, CAMERA)).sum())
    if params is None:
        return covered / _seconds(lambda: draw_frame(tile, image, POSE, CAMERA)) / 1e6
    look = Looking(0, POSE, CAMERA, (slice(0, 768), slice(0, 768)))
    lists = [Candidates.empty(tile.shape, params.kept) for _ in range(RUNS + 1)]
    for kept in lists:  # a tile's memory is touched once, for all its frames
        kept.lists.fill(0.0)
    every = iter(lists)
    return covered / _seconds(lambda: add_frame(next(every), tile, look, image, lowpass(image), params)) / 1e6


def _seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one call: the median of several, after one that does not count."""
    work()
    took = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return float(np.median(took))


def _worst(ground: Ground) -> float:
    """The largest distance between where a frame is read and where OpenCV projects the ground."""
    import cv2

    where, window = place()
    tile = tile_ground(where, window, ground, 25.0)
    cols, rows = np.meshgrid(np.arange(640.0), np.arange(512.0))
    seen = np.stack([draw_frame(tile, a.astype(np.float32), POSE, CAMERA) for a in (cols, rows)], -1)
    points = np.stack([tile.east_m, tile.north_m, tile.up_m], -1).reshape(-1, 3)
    turn, shift = cv2.Rodrigues(POSE.rotation.T)[0], -POSE.rotation.T @ POSE.center_m
    truth = cv2.projectPoints(points, turn, shift, CAMERA.matrix, CAMERA.distortion)[0].reshape(seen.shape)
    return float(np.nanmax(np.abs(seen - truth)))


def _cold() -> float:
    """CPU seconds of a first drawing with nothing compiled."""
    with tempfile.TemporaryDirectory() as folder:
        code = "import ortho; ortho.first()"
        env = {
            **os.environ,
            "NUMBA_CACHE_DIR": folder,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'benchmarks'}",
        }
        before = os.times()
        subprocess.run([sys.executable, "-c", code], env=env, check=True)
        after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def first() -> None:
    """Everything once."""
    _stack(town(), 2)


def _stack(ground: Ground, count: int) -> Candidates:
    rng, params = np.random.default_rng(3), BlendParams()
    where, window = place()
    tile = tile_ground(where, window, ground, 25.0)
    kept = Candidates.empty(tile.shape, params.kept)
    for k in range(count):
        image = rng.normal(30.0, 1.0, (512, 640)).astype(np.float32)
        pose = replace(POSE, center_m=POSE.center_m + rng.uniform(-12.0, 12.0, 3) * np.array([1.0, 1.0, 0.0]))
        look = Looking(k, pose, CAMERA, (slice(0, 768), slice(0, 768)))
        add_frame(kept, tile, look, image, lowpass(image), params)
    return _drawn(kept, params)


def _drawn(kept: Candidates, params: BlendParams) -> Candidates:
    """Cuts and blending of a tile."""
    cells = cells_of(kept, params.cell_px, params.slots)
    chosen = chosen_frames(cells, params, 0.1, (0, 0), params.rounds)
    rows, cols = kept.least.shape[0] * 8, kept.least.shape[1] * 8
    slots = drawn_slots(kept, chosen, params.cell_px)
    blended(kept, slots, chosen, params, 0.1, (slice(0, rows), slice(0, cols)))
    return kept


def _blend() -> None:
    """Input megapixels (of the frames in the lists) a CPU second: cuts and blending."""
    kept = _stack(PlaneGround(0.0), 8)
    into = float((kept.weight > 0).sum())
    rate = into / _seconds(lambda: _drawn(kept, BlendParams())) / 1e6
    print("| blending | input MP / CPU-s |\n|---|---|")
    print(f"| skyshade: cells, cuts, bands | {rate:.0f} |")
    if PEERS.exists():
        print(f"| rasterio.merge of drawn frames | {_merge():.1f} |")


def _merge() -> float:
    from rasterio.merge import merge

    where, window = place()
    tile = tile_ground(where, window, PlaneGround(0.0), 0.0)
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for k in range(8):
            image = np.full((512, 640), 30.0 + k, np.float32)
            names.append(f"{folder}/{k}.tif")
            profile = {"driver": "GTiff", "height": 768, "width": 768, "count": 1, "dtype": "float32",
                       "crs": FRAME.proj4, "transform": where.grid.transform, "nodata": np.nan}  # fmt: skip
            with rasterio.open(names[-1], "w", **profile) as out:
                out.write(draw_frame(tile, image, POSE, CAMERA), 1)
        covered = np.isfinite(draw_frame(tile, image, POSE, CAMERA)).sum() * 8
        return float(covered) / _seconds(lambda: merge(names)) / 1e6


def _peers(image: np.ndarray) -> dict[str, str]:
    if not PEERS.exists():
        return {"peers": "missing: make .venv-bench/.installed"}
    with tempfile.TemporaryDirectory() as folder:
        write_scene(Path(folder), image, POSE, CAMERA, FRAME, GSD_M, town())
        found = {}
        for name in ("orthority", "orthority dem", "gdalwarp"):
            done = subprocess.run(
                [str(PEERS), "-c", PEER, name, folder], capture_output=True, text=True, check=False
            )
            last = (done.stdout or done.stderr).strip().splitlines()[-1:]
            found[name] = f"{float(last[0]):.2f}" if done.returncode == 0 and last else f"failed: {last}"
    return found


if __name__ == "__main__":
    sys.exit(main())
