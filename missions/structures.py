"""Buildings and masts with their heights, from a layer: the height limit counts from the tallest near by."""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFileError
from core.geo import FloatArray
from gis.vector import read_layer

HEIGHT_FIELDS = (
    "height_m", "height", "building:height", "bld_height", "bldg_height", "높이", "건물높이",
)  # fmt: skip
TALLEST_M = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Structures:
    """`shapes` (n,) in lon/lat and `heights_m` (n,) over the ground at their foot; NaN = not known."""

    shapes: NDArray[np.object_]
    heights_m: FloatArray

    def __post_init__(self) -> None:
        if len(self.shapes) != len(self.heights_m):
            raise ValueError(f"{len(self.shapes)} shapes, but {len(self.heights_m)} heights")

    @property
    def unknown(self) -> int:
        """How many have no height."""
        return int(np.isnan(self.heights_m).sum())


def read_structures(path: Path | str) -> Structures:
    """Read buildings (polygons) and masts (points) from GeoJSON, GeoPackage, shapefile or KML.

    The height is metres over the ground in `height_m` or another field met for it (`HEIGHT_FIELDS`); a
    missing one is unknown. Raises `BadFileError` naming the feature for one that cannot be.
    """
    path = Path(path)
    frame = read_layer(path)
    fields = {str(c).strip().lower(): c for c in frame.columns}
    field = next((fields[name] for name in HEIGHT_FIELDS if name in fields), None)
    if field is None:
        raise BadFileError(
            path, "has no field with heights", hint=f"name it {HEIGHT_FIELDS[0]}, in metres over the ground"
        )
    heights = [_height_m(path, n, value) for n, value in enumerate(frame[field].tolist(), start=1)]
    return Structures(np.array([*frame.geometry, None], object)[:-1], np.array(heights, float))


def _height_m(path: Path, number: int, value: Any) -> float:
    if value is None or value != value or value == "":  # noqa: PLR0124  # NaN is the one unequal to itself
        return math.nan
    found = re.fullmatch(r"\s*([+-]?\d*\.?\d+(?:[eE][+-]?\d+)?)\s*m?\s*", str(value))
    height = float(found.group(1)) if found else math.nan
    if not (math.isfinite(height) and 0.0 <= height <= TALLEST_M):
        raise BadFileError(
            path, f"feature {number}: height {value!r} is not within 0 and {TALLEST_M:g} m",
            hint="leave it empty where it is not known",
        )  # fmt: skip
    return height if height > 0.0 else math.nan
