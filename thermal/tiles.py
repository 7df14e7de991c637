"""Where the pixels of the map lie in the flight's metres, and which frames see a tile."""

from dataclasses import dataclass

import numpy as np

from core.camera import Camera
from core.geo import FloatArray, LocalFrame
from gis.crs import change_between
from gis.grid import GeoGrid, Window
from thermal.ground import Ground
from thermal.ortho import TileGround
from thermal.pose import CameraPose, footprint_m

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
        rows = _knots(window.row - margin_px, window.height + 2 * margin_px)
        cols = _knots(window.col - margin_px, window.width + 2 * margin_px)
        at = self.grid.xy(*np.meshgrid(rows, cols, indexing="ij"))
        xs, ys = change_between(self.grid.crs, crs).transform(at[..., 0], at[..., 1])
        full_rows = np.arange(window.height + 2 * margin_px, dtype=float) + window.row - margin_px
        full_cols = np.arange(window.width + 2 * margin_px, dtype=float) + window.col - margin_px
        x, y = (_between(values, rows, cols, full_rows, full_cols) for values in (xs, ys))
        return x, y

    def ground(self, window: Window, ground: Ground, margin_m: float) -> TileGround:
        """The tile's ground; a height model comes with `margin_m` of surroundings to hide behind."""
        if ground.top_m is None:
            east, north = self.east_north(window)
            return TileGround(east, north, ground.heights_m(np.stack([east, north], axis=-1)))
        margin = int(np.ceil(margin_m / self.grid.pixel_m))
        east, north = self.east_north(window, margin)
        own = (east, north) if ground.crs is None else self.coordinates(window, margin, ground.crs)
        surface = ground.heights_at(np.stack(own, axis=-1))
        inner = slice(margin, margin + window.height), slice(margin, margin + window.width)
        east, north, up = (np.ascontiguousarray(a[inner]) for a in (east, north, surface))
        top = float(np.nanmax(surface)) if np.isfinite(surface).any() else 0.0
        return TileGround(east, north, up, surface, margin, top)


def _knots(first: int, size: int) -> FloatArray:
    count = max(int(np.ceil((size - 1) / _KNOT_PX)), 1) + 1
    return np.linspace(first, first + max(size - 1, 1), count)


def _between(
    values: FloatArray, rows: FloatArray, cols: FloatArray, at_rows: FloatArray, at_cols: FloatArray
) -> FloatArray:
    """Bilinear interpolation of `values` on knots to a full grid."""
    return _weights(rows, at_rows) @ values @ _weights(cols, at_cols).T


def _weights(knots: FloatArray, at: FloatArray) -> FloatArray:
    step = (at - knots[0]) / (knots[1] - knots[0])
    low = np.clip(step.astype(int), 0, len(knots) - 2)
    out = np.zeros((len(at), len(knots)))
    index = np.arange(len(at))
    out[index, low] = 1.0 - (step - low)
    out[index, low + 1] = step - low
    return out


@dataclass(frozen=True, slots=True)
class FrameBox:
    """The pixels of the map a frame may reach: first and last row and column, the last ones not included."""

    row: int
    row_end: int
    col: int
    col_end: int

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
