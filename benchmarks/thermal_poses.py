"""Poses against known truth: rendered flights by texture and receiver, and what aligning them costs.

    python benchmarks/thermal_poses.py CACHE [--frames 32] [--seeds 1 2 3] [--textures ...] [--dem] [--gcp]
        [--rtk-sigma LEVEL HEIGHT]
    python benchmarks/thermal_poses.py CACHE --scale 100 300 1000

"camera" is the RMSE of the adjusted camera centres in metres. The rest is horizontal, in pixels of ground
sample distance, of spots on the bare ground that frames truly see: "poses" how far from their true place the
adjusted frames put them on the true relief (raised as a whole to meet the tie points, as a height model is:
from straight above, focal length and height of the ground cannot be told apart); "loose" the same without its
mean; "inner" the difference between two overlapping frames; "map" as "poses", on the ground that the map is
drawn on. All against the renderer's truth, nothing of the adjustment's own.
"""

import argparse
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rendered_flights import FlightParams, RenderedFlight, rendered_flight

from core.camera import Camera
from core.geo import LocalFrame, LonLat
from core.shot import CameraAttitude
from gis.raster import read_band
from thermal.frames import find_frames, read_frame
from thermal.ground import Ground, RasterGround
from thermal.mapmaker import Inputs, MapParams, sort_frames
from thermal.placement import Placement, place
from thermal.pose import CameraPose, rotation_of

FloatArray = NDArray[np.float64]
GRID = 9  # spots along each side of a frame


@dataclass(frozen=True, slots=True)
class Figures:
    """Errors of one flight; metres, and pixels of the flight's ground sample distance."""

    used: int
    frames: int
    camera_m: float
    poses_px: float
    loose_px: float
    inner_px: float
    map_px: float
    rmse_px: float
    cpu_s: float
    wall_s: float


def placed(flight: RenderedFlight, *, dem: bool, gcp: bool) -> tuple[Placement, float, float]:
    """The placement, and its CPU and wall seconds from the folder on."""
    wall, cpu = time.perf_counter(), time.process_time()
    params = MapParams()
    given = Inputs(dem=read_band(flight.ground) if dem else None)
    good = sort_frames(find_frames(flight.frames), params, read_frame, given, None)
    extra: dict[str, Any] = {}
    if gcp:
        from thermal.control import read_control

        extra["control"] = read_control(flight.gcps)
    out = place(
        good.flight, good.seen, params.ties, params.align, given.dem, workers=2, progress=None, **extra
    )
    return out, time.process_time() - cpu, time.perf_counter() - wall


def true_camera(flight: RenderedFlight) -> Camera:
    """The renderer's lens."""
    c = flight.camera
    return Camera(
        "true", c.width_px, c.height_px, c.focal_px * 12.0 / 1000.0, 12.0, cx_offset_px=c.cx_px - 319.5,
        cy_offset_px=c.cy_px - 255.5, k1=c.k1, k2=c.k2, k3=c.k3, p1=c.p1, p2=c.p2,
    )  # fmt: skip


def true_poses(flight: RenderedFlight, frame: LocalFrame) -> dict[str, CameraPose]:
    """The true poses in the flight's frame."""
    poses = {}
    for k, name in enumerate(flight.names):
        east, north = frame.point(LonLat(*flight.lonlat[k]))
        turn = rotation_of(CameraAttitude(*flight.attitude_deg[k]))
        poses[name] = CameraPose(np.array([east, north, flight.center_m[k, 2]], float), turn)
    return poses


def on_ground(pose: CameraPose, camera: Camera, pixels: FloatArray, ground: Ground) -> FloatArray:
    """Where pixels (n, 2) meet the ground, (n, 3) in the flight's frame."""
    rays = pose.rays(pixels, camera)
    up = np.zeros(len(pixels))
    for _ in range(5):
        at = pose.center_m + rays * ((up - pose.center_m[2]) / rays[:, 2])[:, None]
        up = np.nan_to_num(ground.heights_m(at[:, :2]))
    return np.column_stack([at[:, :2], up])


def spots(pose: CameraPose, camera: Camera, ground: Ground) -> FloatArray:
    """A grid of ground spots the frame truly sees, (n, 3) in the flight's frame."""
    across, down = (np.linspace(10, n - 11, GRID) for n in (camera.width_px, camera.height_px))
    return on_ground(pose, camera, np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2), ground)


def figures(flight: RenderedFlight, *, dem: bool = False, gcp: bool = False) -> Figures:
    """Place a flight and hold it against its truth."""
    out, cpu_s, wall_s = placed(flight, dem=dem, gcp=gcp)
    frame, camera, truth = out.flight.frame, out.aligned.camera, true_camera(flight)
    real = true_poses(flight, frame)
    names = [p.info.path.name for p in out.flight.priors]
    found = dict(zip(names, out.aligned.poses, strict=True))
    relief = RasterGround(read_band(flight.ground), frame, -flight.home_elevation_m)
    raised = replace(relief, shift_m=relief.shift_m + _gap_m(out, flight))
    away = np.array([found[n].center_m - real[n].center_m for n in names])
    seen = {n: spots(real[n], truth, relief) for n in names}

    def off(name: str, at: FloatArray, ground: Ground) -> FloatArray:
        return on_ground(found[name], camera, real[name].pixels(at, truth), ground)[:, :2] - at[:, :2]

    every = np.concatenate([off(n, seen[n], raised) for n in names])
    drawn = np.concatenate([off(n, seen[n], out.ground) for n in names])
    inner = [off(a, at, raised) - off(b, at, raised) for a, b, at in _shared(names, seen, real, truth)] or [
        np.zeros((0, 2))
    ]
    gsd = flight.gsd_m
    return Figures(
        len(names), len(flight.names), _rms(away), _rms(every) / gsd, _rms(every - every.mean(axis=0)) / gsd,
        _rms(np.concatenate(inner)) / gsd, _rms(drawn) / gsd, out.aligned.rmse_px or float("nan"),
        cpu_s, wall_s,
    )  # fmt: skip


def _gap_m(out: Placement, flight: RenderedFlight) -> float:
    """How far the tie points lie above the true surface, the flight's zero being home."""
    points = out.aligned.points_m
    surface = RasterGround(read_band(flight.dsm), out.flight.frame, -flight.home_elevation_m)
    return float(np.nanmedian(points[:, 2] - surface.heights_m(points[:, :2]))) if len(points) else 0.0


def _shared(
    names: list[str], seen: dict[str, FloatArray], real: dict[str, CameraPose], truth: Camera
) -> Iterator[tuple[str, str, FloatArray]]:
    """Two overlapping frames and the spots both see."""
    centers = np.array([real[n].center_m[:2] for n in names])
    for a, name in enumerate(names):
        near = np.argsort(np.hypot(*(centers - centers[a]).T), kind="stable")[1:9]
        for other in (names[b] for b in near if b > a):
            pixels = real[other].pixels(seen[name], truth)
            inside = ((pixels > 5) & (pixels < (truth.width_px - 6, truth.height_px - 6))).all(axis=1)
            if inside.any():
                yield name, other, seen[name][inside]


def _rms(rows: FloatArray) -> float:
    """Root of the mean squared length; of differences between two it counts both."""
    return float(np.sqrt((rows**2).sum(axis=1).mean()))


HEADER = (
    "| flight | used | camera m | poses px | loose px | inner px | map px | tie points px | CPU-s | wall s |"
)


def row(title: str, f: Figures) -> str:
    """One line of the table."""
    return (
        f"| {title} | {f.used}/{f.frames} | {f.camera_m:.3f} | {f.poses_px:.2f} | {f.loose_px:.2f} | "
        f"{f.inner_px:.2f} | {f.map_px:.2f} | {f.rmse_px:.2f} | {f.cpu_s:.1f} | {f.wall_s:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Poses of rendered flights against their truth.")
    parser.add_argument("cache", type=Path)
    parser.add_argument("--frames", type=int, default=32)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--textures", nargs="+", default=["weak", "medium", "strong"])
    parser.add_argument("--receivers", nargs="+", default=["rtk", "gps"], choices=["rtk", "gps"])
    parser.add_argument("--dem", action="store_true", help="with the flight's terrain model")
    parser.add_argument("--gcp", action="store_true", help="with the flight's control points")
    parser.add_argument(
        "--rtk-sigma", type=float, nargs=2, default=FlightParams().rtk_sigma_m, metavar=("LEVEL", "HEIGHT"),
        help="metres, of RTK tags; their errors are drawn from it",
    )  # fmt: skip
    parser.add_argument("--scale", type=int, nargs="+", help="numbers of frames, one seed each")
    given = parser.parse_args()
    print(HEADER)
    print("|---" * 10 + "|")
    counts = given.scale or [given.frames]
    for count in counts:
        for texture in ["medium"] if given.scale else given.textures:
            for receiver in given.receivers:
                for seed in [1] if given.scale else given.seeds:
                    params = FlightParams(
                        count, seed, texture, rtk=receiver == "rtk", rtk_sigma_m=tuple(given.rtk_sigma)
                    )  # fmt: skip
                    flight = rendered_flight(given.cache, params)
                    title = f"{count} frames, {texture}, {receiver}, seed {seed}"
                    print(row(title, figures(flight, dem=given.dem, gcp=given.gcp)), flush=True)
    print(f"\nPeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB.")


if __name__ == "__main__":
    main()
