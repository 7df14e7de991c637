"""The heaviest few frames of each pixel of a tile, gathered frame by frame in any order."""

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.geo import FloatArray
from thermal.frame import CelsiusArray
from thermal.lowpass import LOW_PX
from thermal.ortho import FLAGS, BlendParams, Sights, TileGround, lens_vector, project_row, sampled
from thermal.pose import CameraPose
from thermal.sightlines import BLOCK, ceiling_of, hidden, lowest

IntArray = NDArray[np.int32]
NO_FRAME = -1
_ZERO, _HALF = np.float32(0.0), np.float32(0.5)
_PER_LOW, _LEAST = np.float32(1.0 / LOW_PX), np.float32(1e-3)


@dataclass(frozen=True, slots=True)
class Candidates:
    """What is kept of a tile, each (rows, columns, kept), the heaviest first.

    `weight` float32, 0 where there is none; `celsius` float32; `low` float32, the frame's own blurred
    temperatures at the place; `frame` int32.
    """

    weight: CelsiusArray
    celsius: CelsiusArray
    low: CelsiusArray
    frame: IntArray

    @classmethod
    def empty(cls, shape: tuple[int, int], kept: int) -> "Candidates":
        """No frame anywhere."""
        size = (*shape, kept)
        zeros = [np.zeros(size, np.float32) for _ in range(3)]
        return cls(zeros[0], zeros[1], zeros[2], np.full(size, NO_FRAME, np.int32))


@dataclass(frozen=True, slots=True)
class Looking:
    """A frame over a tile: its number, pose and lens, and the pixels of the tile that it may reach."""

    number: int
    pose: CameraPose
    camera: Camera
    part: tuple[slice, slice]

    def box(self) -> NDArray[np.int64]:
        """First and last row and column, the last ones not included."""
        rows, cols = self.part
        return np.array([rows.start, rows.stop, cols.start, cols.stop], np.int64)


def add_frame(
    kept: Candidates, ground: TileGround, look: Looking, celsius: CelsiusArray, low: CelsiusArray,
    params: BlendParams,
) -> None:  # fmt: skip
    """Put a frame into the lists of the pixels where it is among the heaviest; the GIL is free meanwhile.

    `celsius` float32 (height, width), `low` its blurred copy (see lowpass).
    """
    _add(*_arguments(kept, ground, look, params), celsius, low, kept.celsius, kept.low, False)


def may_enter(kept: Candidates, ground: TileGround, look: Looking, params: BlendParams) -> bool:
    """Whether the frame is among the heaviest of any pixel so far: if not, it need not be read."""
    nothing = np.zeros((2, 2), np.float32)
    return bool(_add(*_arguments(kept, ground, look, params), nothing, nothing, kept.celsius, kept.low, True))


def _arguments(
    kept: Candidates, ground: TileGround, look: Looking, params: BlendParams
) -> tuple[object, ...]:
    sights, ceilings = ground.sights, np.zeros((0, 0), np.float32)
    if sights is None:
        sights = Sights(np.zeros((0, 0), np.float32), np.zeros((0, 0), np.float32), (0, 0), 1, 0)
    else:
        rows, cols = ground.shape
        ceilings = np.full((-(-rows // BLOCK), -(-cols // BLOCK)), np.nan, np.float32)
    top = float(sights.tops_m.max()) if sights.tops_m.size else 0.0
    lattice = np.array([*sights.first, sights.step, sights.reach, top], float)
    return (
        kept.weight, kept.frame, ground.east_m, ground.north_m, ground.up_m, sights.surface_m, sights.tops_m,
        lattice, _metres_to_pixels(ground), ceilings, look.pose.center_m,
        lens_vector(look.pose, look.camera, params), look.box(), look.number,
    )  # fmt: skip


def _metres_to_pixels(ground: TileGround) -> FloatArray:
    """The 2x2 matrix from (east, north) metres to (row, column) steps of the map."""
    e, n = ground.east_m, ground.north_m
    rows, cols = max(e.shape[0] - 1, 1), max(e.shape[1] - 1, 1)
    step = np.array(
        [
            [(e[-1, 0] - e[0, 0]) / rows, (e[0, -1] - e[0, 0]) / cols],
            [(n[-1, 0] - n[0, 0]) / rows, (n[0, -1] - n[0, 0]) / cols],
        ]
    )
    return np.asarray(np.linalg.inv(step), float)


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _add(
    weights: CelsiusArray, frames: IntArray, east: FloatArray, north: FloatArray, up: FloatArray,
    surface: CelsiusArray, tops: CelsiusArray, lattice: FloatArray, to_px: FloatArray,
    ceilings: CelsiusArray, center: FloatArray, lens: CelsiusArray, box: NDArray[np.int64], number: int,
    image: CelsiusArray, low: CelsiusArray, values: CelsiusArray, lows: CelsiusArray, only_ask: bool,
) -> bool:  # fmt: skip
    c0, c1, last = box[2], box[3], weights.shape[2] - 1
    u = np.empty(max(c1 - c0, 0), np.float32)
    v = np.empty_like(u)
    weight = np.empty_like(u)
    for i in range(box[0], box[1]):
        project_row(east[i, c0:c1], north[i, c0:c1], up[i, c0:c1], lens, center, u, v, weight)
        for j in range(c0, c1):
            w = weight[j - c0]
            if w < weights[i, j, last] or w == _ZERO:
                continue
            if w == weights[i, j, last] and number > frames[i, j, last]:
                continue
            if ceilings.size and _covered(
                i, j, east, north, up, surface, tops, lattice, to_px, ceilings, center
            ):
                continue
            if only_ask:
                return True
            t = sampled(image, u[j - c0], v[j - c0])
            if not math.isfinite(t):
                continue
            soft = _low(low, u[j - c0], v[j - c0])
            _insert(weights[i, j], values[i, j], lows[i, j], frames[i, j], w, t, soft, number)
    return False


@numba.njit(cache=True, nogil=True, fastmath=FLAGS, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _low(low: CelsiusArray, u: float, v: float) -> float:
    """The blurred copy at a pixel of the frame; its own pixels are LOW_PX wide."""
    x = (u + _HALF) * _PER_LOW - _HALF
    y = (v + _HALF) * _PER_LOW - _HALF
    x = min(max(x, _ZERO), np.float32(low.shape[1] - 1) - _LEAST)
    y = min(max(y, _ZERO), np.float32(low.shape[0] - 1) - _LEAST)
    value: float = sampled(low, x, y)
    return value


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _insert(
    weights: CelsiusArray, values: CelsiusArray, lows: CelsiusArray, frames: IntArray,
    w: float, t: float, soft: float, number: int,
) -> None:  # fmt: skip
    """Into one pixel's list, by weight and then by number, so that the order of frames does not matter."""
    k = weights.shape[0] - 1
    while k > 0 and (weights[k - 1] < w or (weights[k - 1] == w and frames[k - 1] > number)):
        weights[k], values[k] = weights[k - 1], values[k - 1]
        lows[k], frames[k] = lows[k - 1], frames[k - 1]
        k -= 1
    weights[k], values[k], lows[k], frames[k] = w, t, soft, number


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _covered(
    i: int, j: int, east: FloatArray, north: FloatArray, up: FloatArray, surface: CelsiusArray,
    tops: CelsiusArray, lattice: FloatArray, to_px: FloatArray, ceilings: CelsiusArray, center: FloatArray,
) -> bool:  # fmt: skip
    """Whether something hides a pixel; what may hide any of its block is found out once."""
    step, reach, top = lattice[2], int(lattice[3]), lattice[4]
    bi, bj = i // BLOCK, j // BLOCK
    dx, dy = center[0] - east[i, j], center[1] - north[i, j]
    to_row, to_col = to_px[0, 0] * dx + to_px[0, 1] * dy, to_px[1, 0] * dx + to_px[1, 1] * dy
    if math.isnan(ceilings[bi, bj]):
        low = lowest(up, bi * BLOCK, bj * BLOCK)
        row, col = bi * BLOCK + (BLOCK - 1) / 2.0, bj * BLOCK + (BLOCK - 1) / 2.0
        ceilings[bi, bj] = ceiling_of(
            (row - lattice[0]) / step, (col - lattice[1]) / step, low, (i - row + to_row) / step,
            (j - col + to_col) / step, center[2] - low, top, tops, reach,
        )  # fmt: skip
    ceiling = ceilings[bi, bj]
    if ceiling == -np.inf:
        return False
    found: bool = hidden(
        (i - lattice[0]) / step, (j - lattice[1]) / step, up[i, j], to_row / step, to_col / step,
        center[2] - up[i, j], ceiling, surface, reach,
    )  # fmt: skip
    return found
