"""Heat maps of real flights: time, memory, drift, seams, and the XT flight against surveyed ground points.

Frames: ../shared/data/thermal or $SKYSHADE_DATA/thermal. The ground points are not used for the map.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from measure import run, skyshade
from pyproj import Transformer

from thermal.frames import find_frames, read_frame
from thermal.mapmaker import Inputs, MapParams, sort_frames
from thermal.placement import place
from thermal.pose import CameraPose

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SKYSHADE_DATA") or ROOT.parent / "shared" / "data") / "thermal"
FLIGHTS = {"flir_xt_field": "26 XT frames, 40 m, plain GPS", "m3t_rtk_seq": "14 M3T frames, 75 m, RTK"}


def main() -> None:
    print("| flight | wall s | peak MB | reprojection px | drift before, after K | seam p95 K |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, title in FLIGHTS.items():
            done = run(
                skyshade("thermal", "map", str(DATA / name), "-o", f"{folder}/{name}.tif", "--json"), ROOT
            )
            made = json.loads(done.output.strip().splitlines()[-1])
            drift = f"{made['drift_rms_before_K']:.2f}, {made['drift_rms_after_K']:.2f}"
            figures = f"{made['reprojection_rmse_px']:.2f} | {drift} | {made['seam_p95_K']:.2f}"
            print(f"| {title} | {done.wall_s:.1f} | {done.peak_mb:.0f} | {figures} |")
    ground_points()


def ground_points() -> None:
    """Errors of the XT flight on surveyed points, by tags alone and as adjusted."""
    truth = json.loads((DATA / "flir_xt_field" / "reference.json").read_text(encoding="utf-8"))
    params = MapParams()
    good = sort_frames(find_frames(DATA / "flir_xt_field"), params, read_frame, Inputs(), None)
    placed = place(good.flight, good.seen, params.ties, params.align, None, workers=2, progress=None)
    ground = placed.ground
    priors = {p.info.path.name: p.pose for p in good.flight.priors}
    adjusted = {
        p.info.path.name: pose for p, pose in zip(placed.flight.priors, placed.aligned.poses, strict=True)
    }
    print("\n| XT flight on ground control points | RMSE m | RMSE m without the mean |\n|---|---|---|")
    for title, poses, camera in (
        ("tags alone", priors, good.flight.priors[0].info.camera),
        ("adjusted", adjusted, placed.aligned.camera),
    ):
        off = np.array(list(_errors(truth, poses, camera, ground, good.flight.frame.proj4)))
        loose = np.sqrt(((off - off.mean(axis=0)) ** 2).sum(axis=1).mean())
        print(f"| {title} | {np.sqrt((off**2).sum(axis=1).mean()):.2f} | {loose:.2f} |")


def _errors(truth: Any, poses: dict[str, CameraPose], camera: Any, ground: Any, local: str) -> Any:
    to_local = Transformer.from_crs(truth["crs"], local, always_xy=True)
    for seen in truth["obs"]:
        pose = poses.get(seen["image"])
        if pose is None:
            continue
        ray = pose.rays(np.array([seen["x"] - 0.5, seen["y"] - 0.5]), camera)
        up = 0.0
        for _ in range(5):
            at = pose.center_m + ray * ((up - pose.center_m[2]) / ray[2])
            up = float(ground.heights_m(at[:2]))
        east, north, _ = truth["gcps"][seen["gcp"]]
        yield at[:2] - np.array(to_local.transform(east, north))


if __name__ == "__main__":
    main()
