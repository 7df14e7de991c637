"""Temperatures of maps made from rendered flights, against the truth, after anchoring by two patches.

    .venv/bin/python benchmarks/heat_truth.py [--frames 32] [--seeds 1 2 3] [--textures weak medium strong]

Each flight is mapped with its surface model and with the ground that is found from the frames ("tie points").
"Open" pixels are those where the true temperature stays within 1 K over 0.5 m and the surface within 0.5 m:
no wall, roof edge or paint line is near. On the found ground roofs are drawn as ground and lean over their
neighbours, by up to 0.55 of their height in a picture's corner: pixels that far from anything higher than 1 m
are left out there (at least 5 m). "All" is every pixel that the map shows and the truth knows. The bias is
what anchoring left.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT
from rendered_flights import FlightParams, RenderedFlight, rendered_flight
from scipy.ndimage import maximum_filter, minimum_filter

from thermal.mapmaker import MapParams, make_map

CACHE = Path(tempfile.gettempdir()) / "skyshade-rendered"
FloatGrid = NDArray[np.float32]
HEIGHTS_M = tuple(float(h) for h in range(1, 25, 4))
LEAN = 0.55  # half a picture's diagonal over the focal length, and the gimbal's error


@dataclass(frozen=True, slots=True)
class Errors:
    """Map less truth, K: over open pixels and over all; `open_share` of the map's pixels."""

    open_rmse: float
    open_bias: float
    open_p95: float
    all_rmse: float
    open_share: float


def main() -> None:
    asked = _asked()
    head = "texture | seed | ground | RMSE open K | bias K | 95 % of errors below K | RMSE all K | open %"
    print(f"| {head} | level | drift before, after K | CPU s |\n|" + "---|" * 11)
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for texture in asked.textures:
            for seed in asked.seeds:
                params = FlightParams(frames=asked.frames, seed=seed, texture=texture)
                flight = rendered_flight(asked.cache, params)
                for ground in ("surface model", "tie points"):
                    worst = max(worst, _row(flight, ground, Path(folder) / "map.tif"))
    print(f"\nWorst RMSE over open pixels: {worst:.2f} K")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, default=32)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--textures", nargs="+", default=["weak", "medium", "strong"])
    parser.add_argument("--cache", type=Path, default=CACHE)
    return parser.parse_args()


def _row(flight: RenderedFlight, ground: str, out: Path) -> float:
    started = time.process_time()
    dem = flight.dsm if ground == "surface model" else None
    made = make_map(flight.frames, out, MapParams(references=flight.references, dem=dem))
    cpu = time.process_time() - started
    e = errors(out, flight, on_found=dem is None)
    drift = f"{made.drift_rms_before_K:.2f}, {made.drift_rms_after_K:.2f}"
    figures = f"{e.open_rmse:.2f} | {e.open_bias:+.2f} | {e.open_p95:.2f} | {e.all_rmse:.2f}"
    figures += f" | {100 * e.open_share:.0f}"
    place = f"{flight.params.texture} | {flight.params.seed} | {ground}"
    print(f"| {place} | {figures} | {made.level} | {drift} | {cpu:.1f} |", flush=True)
    return e.open_rmse


def errors(path: Path, flight: RenderedFlight, *, on_found: bool) -> Errors:
    """The map against the true temperature, on the map's own grid."""
    with rasterio.open(path) as source:
        seen = source.read(1)
        grid = {
            "crs": source.crs, "transform": source.transform, "width": source.width, "height": source.height,
        }  # fmt: skip
    true, surface = (_on(grid, p) for p in (flight.temperature, flight.dsm))
    reach = 2 * round(0.25 / grid["transform"].a) + 1
    with np.errstate(invalid="ignore"):
        level = (_range(true, reach) < 1.0) & (_range(surface, reach) < 0.5)
    if on_found:
        above = surface - _on(grid, flight.ground)
        level &= ~_leaned_over(above, grid["transform"].a)
    off = (seen - true).astype(float)
    known = np.isfinite(off)
    calm = off[known & level]
    return Errors(
        float(np.sqrt(np.mean(calm**2))), float(calm.mean()), float(np.percentile(np.abs(calm), 95)),
        float(np.sqrt(np.mean(off[known] ** 2))), calm.size / int(known.sum()),
    )  # fmt: skip


def _leaned_over(above: FloatGrid, gsd_m: float) -> NDArray[np.bool_]:
    """Pixels over which something may lean that is drawn as ground; `above` metres over bare ground."""
    out = np.zeros(above.shape, bool)
    for height in HEIGHTS_M:
        reach = max(5.0, LEAN * (height + HEIGHTS_M[1] - HEIGHTS_M[0]))
        out |= maximum_filter(np.nan_to_num(above) > height, 2 * round(reach / gsd_m) + 1)
    return out


def _on(grid: dict[str, object], path: Path) -> FloatGrid:
    with rasterio.open(path) as source, WarpedVRT(source, resampling=Resampling.bilinear, **grid) as warped:
        values: FloatGrid = warped.read(1, masked=True).filled(np.nan)
    return values


def _range(values: FloatGrid, size: int) -> FloatGrid:
    return np.asarray(maximum_filter(values, size) - minimum_filter(values, size), np.float32)


if __name__ == "__main__":
    main()
