"""Where the pixels of the map lie in the flight's metres, and which frames see a tile."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.geo import FloatArray, LocalFrame
from gis.crs import change_between
from gis.grid import GeoGrid, Window
from thermal.compiled import kernel
from thermal.pose import CameraPose, footprint_m

IntArray = NDArray[np.int64]
_KNOT_PX = 64  # the map projection is bent less than 0.1 mm between knots


@dataclass(frozen=True, slots=True)
class MapPlace:
    """A map grid over a flight's frame."""

    grid: GeoGrid
    frame: LocalFrame

    def east_north(self, window: Window, margin_px: int = 0) -> tuple[FloatArray, FloatArray]:
        """East and north metres of the pixel centres of `window` with a margin, each (rows, columns)."""
        return self.coordinates(window, margin_px, self.frame.proj4)

    def coordinates(self, window: Window, margin_px: int, crs: str) -> tuple[FloatArray, FloatArray]:
        """X and y in `crs` of the pixel centres of `window` with a margin, each (rows, columns)."""
        rows = np.arange(window.row - margin_px, window.row + window.height + margin_px)
        cols = np.arange(window.col - margin_px, window.col + window.width + margin_px)
        return self.at(rows, cols, crs)

    def at(self, rows: IntArray, cols: IntArray, crs: str) -> tuple[FloatArray, FloatArray]:
        """X and y in `crs` where map `rows` and `cols` (ascending) cross, each (rows, columns).

        Read between knots that lie at fixed places of the map, so that a pixel's place does not depend on
        what else is asked for.
        """
        knot_rows, knot_cols = _knots(rows), _knots(cols)
        at = self.grid.xy(*np.meshgrid(knot_rows.astype(float), knot_cols.astype(float), indexing="ij"))
        xs, ys = change_between(self.grid.crs, crs).transform(at[..., 0], at[..., 1])
        x, y = np.empty((2, len(rows), len(cols)))
        line = np.empty(len(knot_cols))
        _between(xs, rows, cols, knot_rows[0], knot_cols[0], line, x)
        _between(ys, rows, cols, knot_rows[0], knot_cols[0], line, y)
        return x, y


def _knots(at: IntArray) -> IntArray:
    """The multiples of _KNOT_PX about ascending whole numbers."""
    return np.arange(at[0] // _KNOT_PX, at[-1] // _KNOT_PX + 2) * _KNOT_PX


@kernel()
def _between(
    values: FloatArray, rows: IntArray, cols: IntArray, first_row: int, first_col: int, line: FloatArray,
    out: FloatArray,
) -> None:  # fmt: skip
    """Linear interpolation of `values`, given on knots: along the rows (into `line`), then the columns."""
    for i in range(len(rows)):
        r = (rows[i] - first_row) // _KNOT_PX
        share = (rows[i] - first_row) / _KNOT_PX - r
        for k in range(len(line)):
            line[k] = values[r, k] * (1.0 - share) + values[r + 1, k] * share
        for j in range(len(cols)):
            c = (cols[j] - first_col) // _KNOT_PX
            share = (cols[j] - first_col) / _KNOT_PX - c
            out[i, j] = line[c] * (1.0 - share) + line[c + 1] * share


@dataclass(frozen=True, slots=True)
class FrameBox:
    """The pixels of the map a frame may reach: first and last row and column, the last ones not included."""

    row: int
    row_end: int
    col: int
    col_end: int

    def every(self, stride: int) -> "FrameBox":
        """The box on a lattice of every `stride`th row and column, not smaller than it."""
        low, high = (n // stride for n in (self.row, self.col)), (self.row_end, self.col_end)
        (row, col), (row_end, col_end) = low, (-(-n // stride) for n in high)
        return FrameBox(row, row_end, col, col_end)

    def part_of(self, window: Window) -> tuple[slice, slice]:
        """The rows and columns of the window that lie in the box."""
        return (
            slice(max(self.row - window.row, 0), min(self.row_end - window.row, window.height)),
            slice(max(self.col - window.col, 0), min(self.col_end - window.col, window.width)),
        )

    def meets(self, window: Window) -> bool:
        """Whether the box and the window share a pixel."""
        return (
            self.row < window.row + window.height
            and window.row < self.row_end
            and self.col < window.col + window.width
            and window.col < self.col_end
        )


def frame_box(pose: CameraPose, camera: Camera, place: MapPlace, low_m: float) -> FrameBox:
    """The box of a frame's footprint on the lowest ground."""
    corners = footprint_m(pose, camera, low_m)
    to_map = change_between(place.frame.proj4, place.grid.crs)
    x, y = to_map.transform(corners[:, 0], corners[:, 1])
    rc = place.grid.row_col(np.column_stack([x, y]))
    low, high = np.floor(rc.min(axis=0)).astype(int) - 2, np.ceil(rc.max(axis=0)).astype(int) + 3
    return FrameBox(int(low[0]), int(high[0]), int(low[1]), int(high[1]))
