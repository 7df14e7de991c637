"""Heat maps of 100, 300 and 1,000 rendered frames: seconds, CPU a frame by stage, memory, seams, tiles kept.

`python benchmarks/map_scale.py CACHE [FRAMES...]` renders flights into CACHE once (a quarter CPU-second a
frame), maps each in a process of its own, then maps it again with the last twentieth of its frames added.
`--start` measures the command from a cold start on 32 frames instead, the very first run (compiling) beside
it, and pyorthomosaic in .venv-bench on the same frames. `--draw N` draws the tiles of a flight of N frames
that re-uses the frames of the largest rendered one at shifted places: no alignment, the drawing alone.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from measure import run, skyshade
from rendered_flights import FlightParams, rendered_flight

from thermal.drawing import PlacedFrame, planned
from thermal.frames import read_frame
from thermal.inputs import Inputs, MapParams
from thermal.mapmaker import find_drift, find_level, make_map, placed_frames
from thermal.mosaic import map_grid
from thermal.placement import Placement
from thermal.pose import CameraPose
from thermal.sorting import sort_frames
from thermal.tiles import MapPlace
from thermal.work.drawmap import DrawParams, draw_map
from thermal.work.executors import Threads
from thermal.work.framesource import adopt
from thermal.work.plan import Plan, planned_drawing
from thermal.work.record import Drawing, FrameFacts, FrameKey
from thermal.work.shelf import Shelf

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("decode", "read", "align", "drift", "draw")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("cache", type=Path)
    parser.add_argument("frames", type=int, nargs="*", default=[100, 300, 1000])
    parser.add_argument("--start", action="store_true", help="the command's cold start on 32 frames")
    parser.add_argument(
        "--draw", type=int, help="draw the tiles of so many frames, re-used at shifted places"
    )
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        inside(given.inside, given.draw)
    elif given.start:
        cold_start(given.cache)
    elif given.draw:
        drawing(given.cache, max(given.frames), given.draw)
    else:
        table(given.cache, given.frames)


def table(cache: Path, counts: list[int]) -> None:
    print(
        "| frames | map MP | wall s | CPU ms a frame: read and features | align | drift | draw and write |",
        end="",
    )
    print(" of these: decoding once | peak MB | reprojection px | seam p95 K | 5 % added: tiles kept |")
    print("|" + "---|" * 12)
    for count in counts:
        flight = rendered_flight(cache, FlightParams(count))
        done = run([sys.executable, __file__, str(cache), "--inside", str(flight.frames)], ROOT)
        told = json.loads(done.output.strip().splitlines()[-1])
        cpu = {k: f"{1000.0 * told['cpu_s'][k] / count:.0f}" for k in STAGES}
        print(
            f"| {count} | {told['map_mp']:.0f} | {told['wall_s']:.0f} | {cpu['read']} | {cpu['align']} "
            f"| {cpu['drift']} | {cpu['draw']} | {cpu['decode']} | {done.peak_mb:.0f} "
            f"| {told['reprojection_px']:.2f} | {told['seam_K']:.2f} | {told['kept']} |",
            flush=True,
        )


class Spent:
    """CPU seconds (all threads) by stage."""

    def __init__(self) -> None:
        self.cpu_s: dict[str, float] = {}

    @contextmanager
    def on(self, stage: str) -> Iterator[None]:
        """Count what the block costs."""
        start = time.process_time()
        yield
        self.cpu_s[stage] = self.cpu_s.get(stage, 0.0) + time.process_time() - start


def inside(frames: Path, drawn_frames: int | None) -> None:
    """One map in this process, stage by stage; prints one line of JSON."""
    spent, paths = Spent(), sorted(frames.iterdir())
    with tempfile.TemporaryDirectory() as folder:
        out, begin = Path(folder) / "map.tif", time.perf_counter()
        plan, placed = planned_map(paths, spent)
        if drawn_frames:
            plan, begin = repeated(plan, drawn_frames), time.perf_counter()
        with spent.on("draw"):
            result = draw_map(Shelf(out), plan.job, plan.drawing, {}, DrawParams(Threads(2)))
        told = {
            "wall_s": time.perf_counter() - begin, "reprojection_px": placed.aligned.rmse_px,
            "map_mp": np.prod(plan.job.place.grid.shape) / 1e6, "seam_K": result.seam_p95_K,
            "map_mb": out.stat().st_size / 1e6, "tiles": result.tiles_drawn,
            "kept": None if drawn_frames else added(paths, Path(folder) / "added.tif"),
        }  # fmt: skip
    some = paths[:100]
    with spent.on("decode"):
        for path in some:
            read_frame(path)
    spent.cpu_s["decode"] *= len(paths) / len(some)
    print(json.dumps({**told, "cpu_s": spent.cpu_s}, default=float))


def planned_map(paths: list[Path], spent: Spent) -> tuple[Plan, Placement]:
    """The recipe of `make_map` up to the drawing."""
    params = MapParams()
    with spent.on("read"):
        good = sort_frames(paths, params, read_frame, Inputs(), None)
    with spent.on("align"):
        placed = placed_frames(good, params, Inputs(), None)
    with spent.on("drift"):
        drift = find_drift(placed, params.drift)
        level = find_level(placed, drift, (), good.store, params.blend)
    plan = planned_drawing(placed, drift, level, params, read_frame, None, None)
    adopt(plan.correction, good.store)
    return plan, placed


def added(paths: list[Path], out: Path) -> str:
    """Tiles kept when the last twentieth of the frames comes later."""
    make_map(paths[: len(paths) - max(len(paths) // 20, 1)], out)
    result = make_map(paths, out)
    return f"{result.tiles_kept} of {result.tiles_kept + result.tiles_drawn}"


def repeated(plan: Plan, count: int) -> Plan:
    """The flight over and over, side by side, until it has `count` frames."""
    job, ground = plan.job, plan.job.ground
    centers = np.array([f.pose.center_m for f in job.frames])
    step = np.ptp(centers[:, :2], axis=0) * (1.0 + 1.0 / np.sqrt(len(centers)))
    across = int(np.ceil(np.sqrt(count / len(centers))))
    frames = []
    for k in range(count):
        copy, frame = divmod(k, len(centers))
        pose = job.frames[frame].pose
        at = pose.center_m[:2] + step * (copy % across, copy // across)
        up = float(ground.heights_m(at)) - float(ground.heights_m(pose.center_m[:2]))
        frames.append(
            PlacedFrame(
                CameraPose(np.array([*at, pose.center_m[2] + up]), pose.rotation), job.frames[frame].load
            )
        )
    local, old = job.place.frame, job.place.grid
    grid = map_grid([f.pose for f in frames], job.camera, ground, local, old.crs, old.pixel_m)
    wide = planned(replace(job, frames=tuple(frames), place=MapPlace(grid, local), plan=None))
    nowhere = np.zeros((9, 2)), np.zeros(10)
    facts = tuple(FrameFacts(FrameKey(str(k), 0, 0), k, *nowhere) for k in range(count))
    return replace(plan, job=wide, drawing=Drawing("repeated", grid, facts))


def drawing(cache: Path, base: int, count: int) -> None:
    """The drawing alone, of many frames."""
    flight = rendered_flight(cache, FlightParams(base))
    call = [sys.executable, __file__, str(cache), "--inside", str(flight.frames), "--draw", str(count)]
    done = run(call, ROOT)
    told = json.loads(done.output.strip().splitlines()[-1])
    print(
        "| frames drawn | map MP | tiles | wall s | CPU ms a frame | map MB | peak MB |\n" + "|---" * 7 + "|"
    )
    print(
        f"| {count} ({base} re-used) | {told['map_mp']:.0f} | {told['tiles']} | {told['wall_s']:.0f} "
        f"| {1000.0 * told['cpu_s']['draw'] / count:.1f} | {told['map_mb']:.0f} | {done.peak_mb:.0f} |"
    )


def cold_start(cache: Path) -> None:
    """The command on 32 frames: the very first run, the next ones, and a peer."""
    flight = rendered_flight(cache, FlightParams(32))
    print("| 32 rendered M3T frames to a finished map | wall s | CPU s | peak MB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NUMBA_CACHE_DIR"] = f"{folder}/compiled"
        for number, title in enumerate(
            ("skyshade, very first run (compiles)", "skyshade", "skyshade, again")
        ):
            call = skyshade("thermal", "map", str(flight.frames), "-o", f"{folder}/{number}.tif", "--json")
            row(title, call)
        peer = ROOT / ".venv-bench" / ("Scripts" if sys.platform == "win32" else "bin") / "orthomosaic"
        if peer.exists():
            row(
                "pyorthomosaic",
                [str(peer), str(flight.frames), "-o", f"{folder}/peer.tif", "--backend", "cpu"],
            )


def row(title: str, call: list[str]) -> None:
    done = run(call, ROOT)
    failed = "" if done.status == 0 else f" (failed: {done.output.strip()[-80:]})"
    print(f"| {title}{failed} | {done.wall_s:.1f} | {done.cpu_s:.1f} | {done.peak_mb:.0f} |", flush=True)


if __name__ == "__main__":
    main()
