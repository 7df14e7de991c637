"""What a drawn map is: its grid, and what its tiles add up to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.camera import Camera
from core.geo import LocalFrame
from gis.grid import GeoGrid
from thermal.drawing import BANDS, MosaicJob, PlacedFrame, ground_under
from thermal.ground import Ground
from thermal.pose import CameraPose, footprint_m

__all__ = ["BANDS", "MosaicJob", "MosaicResult", "PlacedFrame", "Progress", "ground_under", "map_grid"]

Progress = Callable[[str, int, int], None]
"""Called with (stage, done, total)."""


@dataclass(frozen=True, slots=True)
class MosaicResult:
    """`seam_p95_K`: 95 % of the steps where the drawn frame changes are smaller; `covered`: share of grid.

    `tiles_kept` stood already, finished by a run that was stopped or in the map of before. `seam_counts`: the
    steps by `SEAM_STEP_K`.
    """

    seam_p95_K: float | None
    covered: float
    coldest_C: float
    hottest_C: float
    tiles_kept: int = 0
    tiles_drawn: int = 0
    seam_counts: tuple[int, ...] = ()


def map_grid(
    poses: Sequence[CameraPose], camera: Camera, ground: Ground, frame: LocalFrame, crs: str, gsd_m: float
) -> GeoGrid:
    """The grid that covers every frame's footprint."""
    from pyproj import Transformer

    to_map = Transformer.from_crs(frame.proj4, crs, always_xy=True)
    corners = np.concatenate([footprint_m(p, camera, ground_under(ground, p)) for p in poses])
    x, y = to_map.transform(corners[:, 0], corners[:, 1])
    return GeoGrid.covering(crs, (float(min(x)), float(min(y)), float(max(x)), float(max(y))), gsd_m)
