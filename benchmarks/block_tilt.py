"""What a height model does to a flight with plain GPS: its tilt, its bend and its places, against the truth.

    python benchmarks/block_tilt.py CACHE [--frames 32] [--seeds 1 2 3] [--textures strong] [--rtk]

Each rendered flight is placed three times: with nothing but its frames, with the bare terrain, and with the
surface. Heights of tie points are held against the true surface (those within 3 m of it): "tilt" is the slope
of what is left, "bend" how far it then rises from the middle to 50 m out, "height" its RMSE without the
mean, which no flight knows. "ground" is how far the frames put spots of the bare ground from their true
places, horizontally, on the true relief raised to the tie points; "loose" without its mean.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rendered_flights import FlightParams, RenderedFlight, rendered_flight
from thermal_poses import on_ground, spots, true_camera, true_poses

from gis.raster import read_band
from thermal.frames import find_frames, read_frame
from thermal.ground import RasterGround, common_gap_m
from thermal.mapmaker import Inputs, MapParams, sort_frames
from thermal.placement import Placement, place

FloatArray = NDArray[np.float64]
OUT_M = 50.0


@dataclass(frozen=True, slots=True)
class Shape:
    """`tilt` mm/m, `bend_m` at 50 m from the middle, `height_m` RMSE; ground places in metres."""

    tilt: float
    bend_m: float
    height_m: float
    ground_m: float
    loose_m: float


def shape(flight: RenderedFlight, out: Placement) -> Shape:
    """Hold a placed flight against its truth."""
    surface = RasterGround(read_band(flight.dsm), out.flight.frame, -flight.home_elevation_m)
    points = out.aligned.points_m
    gap = points[:, 2] - surface.heights_m(points[:, :2])
    gap -= (mean := common_gap_m(gap, width_m=3.0))
    near = np.abs(gap) < 3.0
    gap, at = gap[near] - np.median(gap[near]), points[near, :2] - np.median(points[:, :2], axis=0)
    slope = _robust(np.column_stack([np.ones(len(at)), at]), gap)
    bent = _robust(np.column_stack([np.ones(len(at)), at, (at**2).sum(axis=1)]), gap)
    off = _places(flight, out, mean)
    return Shape(
        1000.0 * float(np.hypot(*slope[1:])), float(bent[3]) * OUT_M**2, float(np.sqrt(np.mean(gap**2))),
        _rms(off), _rms(off - off.mean(axis=0)),
    )  # fmt: skip


def _robust(design: FloatArray, values: FloatArray) -> FloatArray:
    """Least squares, those far off losing their say."""
    weight = np.ones(len(values))
    for _ in range(8):
        found = np.linalg.lstsq(design * weight[:, None], values * weight, rcond=None)[0]
        weight = 1.0 / (1.0 + ((values - design @ found) / 0.3) ** 2)
    return np.asarray(found, float)


def _places(flight: RenderedFlight, out: Placement, up_m: float) -> FloatArray:
    frame, truth = out.flight.frame, true_camera(flight)
    real = true_poses(flight, frame)
    relief = RasterGround(read_band(flight.ground), frame, -flight.home_elevation_m)
    raised = replace(relief, shift_m=relief.shift_m + up_m)
    rows = []
    for prior, pose in zip(out.flight.priors, out.aligned.poses, strict=True):
        true = real[prior.info.path.name]
        at = spots(true, truth, relief)
        rows.append(on_ground(pose, out.aligned.camera, true.pixels(at, truth), raised)[:, :2] - at[:, :2])
    return np.concatenate(rows)


def _rms(rows: FloatArray) -> float:
    return float(np.sqrt((rows**2).sum(axis=1).mean()))


def main() -> None:
    parser = argparse.ArgumentParser(description="Tilt and bend of flights, with and without a height model.")
    parser.add_argument("cache", type=Path)
    parser.add_argument("--frames", type=int, default=32)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--textures", nargs="+", default=["strong"])
    parser.add_argument("--rtk", action="store_true")
    given = parser.parse_args()
    print("| flight | height model | tilt mm/m | bend at 50 m, m | height m | ground m | loose m |")
    print("|---" * 7 + "|")
    for texture in given.textures:
        for seed in given.seeds:
            flight = rendered_flight(given.cache, FlightParams(given.frames, seed, texture, rtk=given.rtk))
            params = MapParams()
            good = sort_frames(find_frames(flight.frames), params, read_frame, Inputs(), None)
            for name, path in (("none", None), ("terrain", flight.ground), ("surface", flight.dsm)):
                dem = None if path is None else read_band(path)
                out = place(good.flight, good.seen, params.ties, params.align, dem, workers=2, progress=None)
                s = shape(flight, out)
                title = f"{given.frames} frames, {texture}, seed {seed}"
                figures = (
                    f"{s.tilt:.1f} | {s.bend_m:+.2f} | {s.height_m:.2f} | {s.ground_m:.2f} | {s.loose_m:.2f}"
                )
                print(f"| {title} | {name} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
