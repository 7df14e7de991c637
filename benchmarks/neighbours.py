"""How far neighbouring frames lie off each other on the map: measured between pictures, not tie points.

    python benchmarks/neighbours.py [FOLDER] [--dem FILE] [--beside]

FOLDER: ../shared/data/thermal/m3t_rtk_seq (or $SKYSHADE_DATA/thermal/...) unless given. Frames are placed as
`skyshade thermal map` does; then each pair that overlaps by 30 % is drawn on one grid, each frame by itself,
and patches of 6.4 m are compared by normalised cross-correlation of their gradients, the peak to a fraction
of a pixel (a parabola through it). Patches count that have texture, agree (correlation of 0.6 or more) and
whose match, searched back, returns within half a pixel. Nothing here is shared with how tie points are found;
temperatures enter as read, without drift taken off. Roofs and trees are among the patches: without a height
model they lean, and are counted. "RMSE of pairs' medians" is how far whole frames lie off each other. With
`--beside` the same poses on a plane, and the tags' own poses on the same ground, are measured too.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray
from gis.grid import Window
from gis.raster import read_band
from thermal.align import overlapping
from thermal.drawing import ground_under
from thermal.frames import find_frames, read_frame
from thermal.ground import fit_ground_plane
from thermal.inputs import Inputs, MapParams
from thermal.mapmaker import sort_frames
from thermal.mosaic import map_grid
from thermal.ortho import draw_frame
from thermal.placement import Placement, place
from thermal.pose import CameraPose
from thermal.tileground import tile_ground
from thermal.tiles import MapPlace

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SKYSHADE_DATA") or ROOT.parent / "shared" / "data") / "thermal" / "m3t_rtk_seq"
PATCH_M, SEARCH_M, LEAST_LIKENESS, LEAST_GRADIENT_K = 6.4, 1.6, 0.6, 0.05
Picture = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Offset:
    """What one patch says: where (map row, column), and how far the second frame lies off, metres."""

    pair: tuple[int, int]
    row: int
    col: int
    east_m: float
    north_m: float

    @property
    def away_m(self) -> float:
        """The distance."""
        return float(np.hypot(self.east_m, self.north_m))


def gradients(celsius: Picture) -> Picture:
    """Size of gradients, smoothed by a pixel; not known (NaN) near what is not known."""
    smooth = cv2.GaussianBlur(celsius, (0, 0), 1.0)
    return np.asarray(np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)) / 8)


def shift(patch: Picture, around: Picture) -> tuple[float, float, float] | None:
    """Rows and columns by which `patch` lies off the middle of `around`, and its likeness there."""
    like = cv2.matchTemplate(around, patch, cv2.TM_CCOEFF_NORMED)
    _, best, _, (c, r) = cv2.minMaxLoc(like)
    if not (0 < r < like.shape[0] - 1 and 0 < c < like.shape[1] - 1):
        return None
    down = _vertex(like[r - 1, c], like[r, c], like[r + 1, c])
    right = _vertex(like[r, c - 1], like[r, c], like[r, c + 1])
    middle = (like.shape[0] - 1) / 2
    return r + down - middle, c + right - middle, float(best)


def _vertex(before: float, at: float, after: float) -> float:
    bend = before - 2.0 * at + after
    return float(0.5 * (before - after) / bend) if bend < 0 else 0.0


def compared(first: Picture, second: Picture, pixel_m: float) -> Iterator[tuple[int, int, float, float]]:
    """(row, column, east, north) of every patch that tells how far `second` lies off `first`."""
    half, reach = round(PATCH_M / pixel_m / 2), round(SEARCH_M / pixel_m)
    for row in range(half + reach, first.shape[0] - half - reach, half):
        for col in range(half + reach, first.shape[1] - half - reach, half):
            inner = np.s_[row - half : row + half + 1, col - half : col + half + 1]
            outer = np.s_[
                row - half - reach : row + half + reach + 1, col - half - reach : col + half + reach + 1
            ]
            if not (np.isfinite(first[outer]).all() and np.isfinite(second[outer]).all()):
                continue
            if min(first[inner].std(), second[inner].std()) < LEAST_GRADIENT_K:
                continue
            there, back = shift(first[inner], second[outer]), shift(second[inner], first[outer])
            if there is None or back is None or min(there[2], back[2]) < LEAST_LIKENESS:
                continue
            if np.hypot(there[0] + back[0], there[1] + back[1]) > 1.0:
                continue
            down, right = (there[0] - back[0]) / 2, (there[1] - back[1]) / 2
            yield row, col, right * pixel_m, -down * pixel_m


def offsets(out: Placement, poses: Sequence[CameraPose], crs: str) -> list[Offset]:
    """All patches of all overlapping pairs, the frames drawn one by one."""
    camera, flight = out.aligned.camera, out.flight
    heights = [p.center_m[2] - ground_under(out.ground, p) for p in poses]
    grid = map_grid(poses, camera, out.ground, flight.frame, crs, camera.gsd_m(float(np.median(heights))))
    ground = tile_ground(MapPlace(grid, flight.frame), Window(0, 0, *grid.shape), out.ground, 0.0)
    level = float(np.median([ground_under(out.ground, p) for p in poses]))
    drawn = [
        gradients(draw_frame(ground, read_frame(prior.info.path).celsius, pose, camera))
        for prior, pose in zip(flight.priors, poses, strict=True)
    ]
    return [
        Offset((a, b), row, col, east, north)
        for a, b in overlapping(poses, camera, level, 0.3, 16)
        for row, col, east, north in compared(drawn[a], drawn[b], grid.pixel_m)
    ]


def row(title: str, found: Sequence[Offset]) -> str:
    """One line of the table."""
    away = np.array([o.away_m for o in found])
    if not len(away):
        return f"| {title} | 0 | | | | |"
    pairs: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for o in found:
        pairs.setdefault(o.pair, []).append((o.east_m, o.north_m))
    whole = np.array([np.median(v, axis=0) for v in pairs.values() if len(v) >= 5]).reshape(-1, 2)
    figures = f"{np.median(away):.3f} | {rms(away):.3f} | {np.percentile(away, 95):.3f}"
    return f"| {title} | {len(away)} in {len(pairs)} pairs | {figures} | {rms(np.hypot(*whole.T)):.3f} |"


def rms(values: FloatArray) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(values)))) if len(values) else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description="Offsets between neighbouring frames on the map.")
    parser.add_argument("folder", type=Path, nargs="?", default=DATA)
    parser.add_argument("--dem", type=Path)
    parser.add_argument("--crs", default="EPSG:32631", help="of the grid; metres")
    parser.add_argument("--beside", action="store_true", help="a plane, and the tags alone, too")
    given = parser.parse_args()
    params = MapParams()
    dem = read_band(given.dem) if given.dem else None
    good = sort_frames(find_frames(given.folder), params, read_frame, Inputs(dem=dem), None)
    out = place(good.flight, good.seen, params.ties, params.align, dem, workers=2, progress=None)
    print(
        "| poses | patches | median m | RMSE m | 95 % below m | RMSE of pairs' medians m |\n"
        + "|---" * 6
        + "|"
    )
    print(row("adjusted", offsets(out, out.aligned.poses, given.crs)), flush=True)
    if given.beside:
        plane = replace(out, ground=fit_ground_plane(out.aligned.points_m))
        print(row("adjusted, on a plane", offsets(plane, out.aligned.poses, given.crs)), flush=True)
        print(row("tags alone", offsets(out, [p.pose for p in out.flight.priors], given.crs)))


if __name__ == "__main__":
    main()
