"""Seams, contrast and temperature of maps: drawn with and without feathering, beside one frame alone.

Rendered flights of several seeds (on a plane, and on their surface model), the M3T and XT flights. Seams: the
difference of the two frames where the drawn one changes, before blending, p95. Edge: 10-90 % rise, in map
pixels, of the rendered targets' sides, in the map and in the frame that saw the target best. RMSE: map
less truth on ground where the surface model lies level, its mean taken off. `--quick`: one seed.
"""

import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rendered_flights import FlightParams, rendered_flight
from seam_truth import edge_widths, error_K
from thermal_map import DATA

from gis.grid import Window
from thermal import mapmaker
from thermal.blend import seam_quantile_K
from thermal.drawing import SEAM_BINS, MosaicJob, draw_tile

FEATHERED, PLAIN = 1.5, 1e-3


@dataclass(frozen=True, slots=True)
class Made:
    """A drawn map: bands (4, rows, columns), its job, and the histogram of its steps."""

    bands: np.ndarray
    job: MosaicJob
    seam: np.ndarray


class JobTaken(Exception):  # noqa: N818  # carries the job out of the recipe, is no error
    """Stops a map before it is drawn."""


def main() -> None:
    print("| flight | ground | seam p50, p95 K | edge: map, best frame px | RMSE K | RMSE K unfeathered |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for seed in (1,) if "--quick" in sys.argv else (1, 2, 3):
            for texture in ("weak", "strong"):
                flight = rendered_flight(Path(folder), FlightParams(frames=32, seed=seed, texture=texture))
                for dem in (None, flight.folder / "dsm.tif"):
                    _row(f"rendered, {texture}, seed {seed}", flight.folder / "frames", dem, flight.folder)
        for name in ("m3t_rtk_seq", "flir_xt_field"):
            _row(name, DATA / name, None, None)


def _row(title: str, frames: Path, dem: Path | None, truth: Path | None) -> None:
    job = job_of(frames, mapmaker.MapParams(dem=dem))
    made = drawn(job)
    p50, p95 = (seam_quantile_K(made.seam, q) for q in (0.5, 0.95))
    row = f"| {title} | {'surface model' if dem else 'found from frames'} | {p50:.2f}, {p95:.2f} |"
    if truth is None:
        print(f"{row} | | |", flush=True)
        return
    plain = drawn(replace(job, blend=replace(job.blend, feather_K=PLAIN, agree=PLAIN)))
    mine, alone = edge_widths(made.bands[0], job, truth)
    errors = [error_K(m.bands[0], job, truth) for m in (made, plain)]
    print(f"{row} {mine:.2f}, {alone:.2f} | {errors[0]:.2f} | {errors[1]:.2f} |", flush=True)


def job_of(frames: Path, params: mapmaker.MapParams) -> MosaicJob:
    """The planned job of a folder, everything but the drawing done."""
    taken: list[MosaicJob] = []

    def take(_: object, job: MosaicJob, *__: object, **___: object) -> None:
        taken.append(job)
        raise JobTaken

    whole = vars(mapmaker)["draw_map"]
    vars(mapmaker)["draw_map"] = take
    try:
        with tempfile.TemporaryDirectory() as folder:
            mapmaker.make_map(frames, Path(folder) / "map.tif", params)
    except JobTaken:
        return taken[0]
    finally:
        vars(mapmaker)["draw_map"] = whole
    raise RuntimeError(f"{frames}: no map was begun")


def drawn(job: MosaicJob) -> Made:
    """The whole map in tiles of 1024."""
    bands = np.full((4, *job.place.grid.shape), np.nan, np.float32)
    seam = np.zeros(SEAM_BINS, np.int64)
    for window in job.place.grid.windows(1024):
        tile = draw_tile(job, Window(window.row, window.col, window.height, window.width))
        if tile is not None:
            bands[:, *window.slices] = tile.bands
            seam += tile.seam
    return Made(bands, job, seam)


if __name__ == "__main__":
    main()
