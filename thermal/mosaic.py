"""Writing the map: tiles are drawn and put into one file."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.geo import FloatArray, LocalFrame
from gis.grid import GeoGrid, Window
from gis.raster import cog_written
from thermal.drawing import (
    BANDS,
    SEAM_BINS,
    SEAM_STEP_K,
    MosaicJob,
    PlacedFrame,
    Tile,
    draw_tile,
    ground_under,
    planned,
)
from thermal.ground import Ground
from thermal.pose import CameraPose, footprint_m

__all__ = [
    "BANDS", "MosaicJob", "MosaicResult", "PlacedFrame", "Progress", "ground_under", "map_grid",
    "write_mosaic",
]  # fmt: skip
_TILE_PX = 512

Progress = Callable[[str, int, int], None]
"""Called with (stage, done, total)."""


@dataclass(frozen=True, slots=True)
class MosaicResult:
    """`seam_p95_K`: 95 % of the steps where the drawn frame changes are smaller; `covered`: share of grid.

    `tiles_kept` stood already, finished by a run that was stopped or in the map of before.
    """

    seam_p95_K: float | None
    covered: float
    coldest_C: float
    hottest_C: float
    tiles_kept: int = 0
    tiles_drawn: int = 0


@dataclass(slots=True)
class _Tally:
    """What tiles add up to; guarded by its lock."""

    seam: NDArray[np.int64] = field(default_factory=lambda: np.zeros(SEAM_BINS, np.int64))
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    covered: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, tile: Tile) -> None:
        seen = tile.bands[0][np.isfinite(tile.bands[0])]
        self.seam += tile.seam
        self.covered += seen.size
        if seen.size:
            low, high = np.percentile(seen, [0.5, 99.5])
            self.low.append(float(low))
            self.high.append(float(high))


def map_grid(
    poses: Sequence[CameraPose], camera: Camera, ground: Ground, frame: LocalFrame, crs: str, gsd_m: float
) -> GeoGrid:
    """The grid that covers every frame's footprint."""
    from pyproj import Transformer

    to_map = Transformer.from_crs(frame.proj4, crs, always_xy=True)
    corners = np.concatenate([footprint_m(p, camera, ground_under(ground, p)) for p in poses])
    x, y = to_map.transform(corners[:, 0], corners[:, 1])
    return GeoGrid.covering(crs, (float(min(x)), float(min(y)), float(max(x)), float(max(y))), gsd_m)


def write_mosaic(
    job: MosaicJob, path: Path, tags: dict[str, str], *, workers: int, progress: Progress | None = None
) -> MosaicResult:
    """Draw the map of `job` into a COG at `path`, `workers` tiles at a time."""
    job = planned(job)
    windows = list(job.place.grid.windows(_TILE_PX))
    tally = _Tally()
    with cog_written(path, job.place.grid, BANDS, tags) as writer, ThreadPoolExecutor(workers) as pool:

        def draw(window: Window) -> None:
            tile = draw_tile(job, window)
            if tile is None:
                return
            with tally.lock:
                writer.write(window, tile.bands)
                tally.add(tile)

        for done, _ in enumerate(pool.map(draw, windows), start=1):
            if progress:
                progress("drawing", done, len(windows))
    return _result(tally, job.place.grid)


def _result(tally: _Tally, grid: GeoGrid) -> MosaicResult:
    nothing: FloatArray = np.array([np.nan])
    return MosaicResult(
        seam_p95_K=seam_p95_K(tally.seam),
        covered=tally.covered / (grid.shape[0] * grid.shape[1]),
        coldest_C=float(np.median(tally.low or nothing)),
        hottest_C=float(np.median(tally.high or nothing)),
    )


def seam_p95_K(seam: NDArray[np.int64]) -> float | None:
    """95 % of the steps of a histogram of tiles are smaller; None where no two frames meet."""
    total = int(seam.sum())
    if not total:
        return None
    return (int(np.searchsorted(np.cumsum(seam), 0.95 * total)) + 0.5) * SEAM_STEP_K
