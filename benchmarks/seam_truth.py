"""Against the truth of a rendered flight: edges of its targets, and temperatures."""

import json
from pathlib import Path

import numpy as np
from scipy.ndimage import map_coordinates, maximum_filter, minimum_filter

from gis.crs import change_between
from gis.grid import Window
from gis.raster import read_band
from thermal.drawing import MosaicJob
from thermal.ortho import draw_frame
from thermal.tileground import tile_ground

LEVEL_M = 0.6  # the surface changes less than this over 3 x 3 of its pixels where it counts as level


def edge_widths(celsius: np.ndarray, job: MosaicJob, truth: Path) -> tuple[float, float]:
    """Median 10-90 % rise of the targets' sides in the map and in the nearest frame alone, map pixels."""
    targets = json.loads((truth / "truth.json").read_text(encoding="utf-8"))["targets"]
    crs = read_band(truth / "temperature.tif").grid.crs
    mine, alone = [], []
    for target in targets:
        at = np.array(change_between(crs, job.place.grid.crs).transform(target["x_m"], target["y_m"]))
        row, col = job.place.grid.row_col(at)
        reach = int(2.0 * target["half_m"] / job.place.grid.pixel_m)
        window = Window(int(row) - reach, int(col) - reach, 2 * reach, 2 * reach)
        if window.row < 0 or window.col < 0:
            continue
        mine += _sides(celsius[window.slices])
        alone += _sides(_alone(job, window, at))
    return float(np.median(mine)), float(np.median(alone))


def _alone(job: MosaicJob, window: Window, at: np.ndarray) -> np.ndarray:
    """The frame nearest above a place, drawn by itself."""
    local = np.array(change_between(job.place.grid.crs, job.place.frame.proj4).transform(*at))
    frame = min(job.frames, key=lambda f: float(np.hypot(*(f.pose.center_m[:2] - local))))
    return draw_frame(tile_ground(job.place, window, job.ground, 0.0), frame.load(), frame.pose, job.camera)


def _sides(patch: np.ndarray) -> list[float]:
    """10-90 % rises of a square's four sides, from the lines through its inner half."""
    n = len(patch)
    found = []
    for turn in range(4):
        half = np.rot90(patch, turn)[n // 2 - n // 8 : n // 2 + n // 8, : n // 2]
        for line in half:
            low, high = np.median(line[: n // 8]), np.median(line[-n // 8 :])
            if np.isfinite(line).all() and abs(high - low) > 2.0:
                found.append(_rise((line - low) / (high - low)))
    return [f for f in found if np.isfinite(f)]


def _rise(share: np.ndarray) -> float:
    """Pixels from 10 % to 90 %, about where the profile passes the half."""
    middle = int(np.argmax(share > 0.5))
    below = np.flatnonzero(share[:middle] < 0.1)
    above = np.flatnonzero(share[middle:] > 0.9)
    if not below.size or not above.size:
        return float("nan")
    i, j = below[-1], above[0] + middle
    start = i + (0.1 - share[i]) / (share[i + 1] - share[i])
    end = j - (share[j] - 0.9) / (share[j] - share[j - 1])
    return float(end - start)


def error_K(celsius: np.ndarray, job: MosaicJob, truth: Path) -> float:
    """RMSE of the map on level ground without its mean error."""
    true, surface = (read_band(truth / n) for n in ("temperature.tif", "dsm.tif"))
    level = maximum_filter(surface.values, 3) - minimum_filter(surface.values, 3) < LEVEL_M
    ground = read_band(truth / "ground.tif").values
    level &= surface.values - ground < LEVEL_M if ground.shape == surface.values.shape else True
    rows, cols = (a.astype(float) for a in np.meshgrid(*map(np.arange, celsius.shape), indexing="ij"))
    xy = job.place.grid.xy(rows, cols)
    x, y = change_between(job.place.grid.crs, true.grid.crs).transform(xy[..., 0], xy[..., 1])
    points = np.stack([x, y], axis=-1)
    on = (
        map_coordinates(level.astype(float), np.moveaxis(surface.grid.row_col(points), -1, 0), order=1) > 0.99
    )
    gap = np.where(on, celsius - true.sample(points), np.nan)
    return float(np.nanstd(gap))
