"""Exact projection of frames on the ground, added up tile by tile."""

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.geo import FloatArray
from thermal.frame import CelsiusArray
from thermal.pose import CameraPose

IntArray = NDArray[np.int32]
BoolArray = NDArray[np.bool_]
NO_FRAME = -1


@dataclass(frozen=True, slots=True)
class TileGround:
    """Where the pixel centres of a tile lie: east, north and up, each float64 (rows, columns) metres.

    `surface_m` is the height model with `margin_px` more pixels on each side, for hiding (None: a plane), and
    `top_m` its highest place.
    """

    east_m: FloatArray
    north_m: FloatArray
    up_m: FloatArray
    surface_m: FloatArray | None = None
    margin_px: int = 0
    top_m: float = 0.0


@dataclass(frozen=True, slots=True)
class TileSum:
    """Running sums of a tile, each (rows, columns).

    `weight`, `weighted` (K) and `squared` (K^2) float64; `count` int32 frames; the heaviest frame's weight,
    value and number, and the second heaviest's weight and value; `reach`: frames seen at a larger squared
    tangent off nadir are too light to be taken.
    """

    weight: FloatArray
    weighted: FloatArray
    squared: FloatArray
    count: IntArray
    best_weight: FloatArray
    best_value: FloatArray
    best_frame: IntArray
    second_weight: FloatArray
    second_value: FloatArray
    reach: FloatArray

    @classmethod
    def empty(cls, shape: tuple[int, int]) -> "TileSum":
        """All zero, no frame anywhere."""
        f = [np.zeros(shape) for _ in range(7)]
        none = np.full(shape, NO_FRAME, np.int32)
        far = np.full(shape, np.inf)
        return cls(f[0], f[1], f[2], np.zeros(shape, np.int32), f[3], f[4], none, f[5], f[6], far)


@dataclass(frozen=True, slots=True)
class BlendParams:
    """How frames share a pixel.

    A frame weighs exp(-(t / s)^2 / 2), t the tangent of the angle off nadir and s `nadir_share` of the
    camera's own half diagonal, fading to nothing over `edge_px` at its border. Frames lighter than
    `least_share` of the heaviest are not taken.
    """

    nadir_share: float = 0.22
    edge_px: float = 16.0
    least_share: float = 0.05


def half_diagonal(camera: Camera) -> float:
    """Tangent of half the diagonal field of view."""
    return math.hypot(camera.width_px, camera.height_px) / 2.0 / camera.focal_px


def camera_vector(camera: Camera) -> FloatArray:
    """(f, cx, cy, k1, k2, k3, p1, p2), pixels and OpenCV's signs, as the kernels take it."""
    m = camera.matrix
    c = camera
    return np.array([c.focal_px, m[0, 2], m[1, 2], c.k1, c.k2, c.k3, c.p1, c.p2])


def add_frame(
    total: TileSum,
    ground: TileGround,
    celsius: CelsiusArray,
    pose: CameraPose,
    camera: Camera,
    number: int,
    params: BlendParams,
    part: tuple[slice, slice] | None = None,
) -> None:
    """Add one frame to a tile's sums, in place; the GIL is free meanwhile.

    `part` (rows, columns): the pixels of the tile that the frame may reach.
    """
    rows, cols = part or (slice(0, ground.up_m.shape[0]), slice(0, ground.up_m.shape[1]))
    box = np.array([rows.start, rows.stop, cols.start, cols.stop], np.int64)
    hidden = np.zeros((0, 0), np.bool_)
    if ground.surface_m is not None:
        hidden = np.zeros(ground.up_m.shape, np.bool_)
        _hide(
            hidden, ground.east_m, ground.north_m, ground.up_m, ground.surface_m, ground.margin_px,
            _metres_to_pixels(ground), pose.center_m, ground.top_m, total.reach, box,
        )  # fmt: skip
    scale = params.nadir_share * half_diagonal(camera)
    _add(
        total.weight, total.weighted, total.squared, total.count,
        total.best_weight, total.best_value, total.best_frame, total.second_weight, total.second_value,
        total.reach, box,
        ground.east_m, ground.north_m, ground.up_m, hidden,
        celsius, pose.center_m, np.ascontiguousarray(pose.rotation), camera_vector(camera), number,
        np.array([scale, params.edge_px, params.least_share, (1.3 * half_diagonal(camera)) ** 2]),
    )  # fmt: skip


def _metres_to_pixels(ground: TileGround) -> FloatArray:
    """The 2x2 matrix from (east, north) metres to (row, column) steps."""
    e, n = ground.east_m, ground.north_m
    rows, cols = max(e.shape[0] - 1, 1), max(e.shape[1] - 1, 1)
    step = np.array(
        [
            [(e[-1, 0] - e[0, 0]) / rows, (e[0, -1] - e[0, 0]) / cols],
            [(n[-1, 0] - n[0, 0]) / rows, (n[0, -1] - n[0, 0]) / cols],
        ]
    )
    return np.asarray(np.linalg.inv(step), float)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _add(  # noqa: C901, PLR0915  # one kernel, compiled whole
    weight: FloatArray,
    weighted: FloatArray,
    squared: FloatArray,
    count: IntArray,
    best_weight: FloatArray,
    best_value: FloatArray,
    best_frame: IntArray,
    second_weight: FloatArray,
    second_value: FloatArray,
    reach: FloatArray,
    box: NDArray[np.int64],
    east: FloatArray,
    north: FloatArray,
    up: FloatArray,
    hidden: BoolArray,
    celsius: CelsiusArray,
    center: FloatArray,
    rot: FloatArray,
    cam: FloatArray,
    number: int,
    blend: FloatArray,
) -> None:
    height, width = celsius.shape
    f, cx, cy, k1, k2, k3, p1, p2 = cam[0], cam[1], cam[2], cam[3], cam[4], cam[5], cam[6], cam[7]
    scale, edge, least, far2 = blend[0], blend[1], blend[2], blend[3]
    some_hidden = hidden.shape[0] > 0
    for i in range(box[0], box[1]):
        for j in range(box[2], box[3]):
            if some_hidden and hidden[i, j]:
                continue
            dx = east[i, j] - center[0]
            dy = north[i, j] - center[1]
            dz = up[i, j] - center[2]
            tangent2 = (dx * dx + dy * dy) / (dz * dz)
            if tangent2 > reach[i, j]:
                continue
            z = rot[0, 2] * dx + rot[1, 2] * dy + rot[2, 2] * dz
            if not (z > 0.0 and dz < 0.0):
                continue
            x = (rot[0, 0] * dx + rot[1, 0] * dy + rot[2, 0] * dz) / z
            y = (rot[0, 1] * dx + rot[1, 1] * dy + rot[2, 1] * dz) / z
            r2 = x * x + y * y
            if r2 > far2:  # beyond the lens, where the distortion polynomial may fold back
                continue
            radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
            u = f * (x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x)) + cx
            v = f * (y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y) + cy
            if not (u >= 0.0 and v >= 0.0 and u <= width - 1.0 and v <= height - 1.0):
                continue
            w = math.exp(-0.5 * tangent2 / (scale * scale))
            border = min(u, width - 1.0 - u, v, height - 1.0 - v) + 0.5
            if border < edge:
                w *= border / edge
            if w < least * best_weight[i, j]:
                continue
            c0 = min(int(u), width - 2)
            r0 = min(int(v), height - 2)
            a = u - c0
            b = v - r0
            t = (1.0 - b) * ((1.0 - a) * celsius[r0, c0] + a * celsius[r0, c0 + 1]) + b * (
                (1.0 - a) * celsius[r0 + 1, c0] + a * celsius[r0 + 1, c0 + 1]
            )
            if not math.isfinite(t):
                continue
            weight[i, j] += w
            weighted[i, j] += w * t
            squared[i, j] += w * t * t
            count[i, j] += 1
            if w > best_weight[i, j]:
                second_weight[i, j] = best_weight[i, j]
                second_value[i, j] = best_value[i, j]
                best_weight[i, j] = w
                reach[i, j] = -2.0 * scale * scale * math.log(least * w)
                best_value[i, j] = t
                best_frame[i, j] = number
            elif w > second_weight[i, j]:
                second_weight[i, j] = w
                second_value[i, j] = t


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _hide(  # one kernel, compiled whole
    hidden: BoolArray,
    east: FloatArray,
    north: FloatArray,
    up: FloatArray,
    surface: FloatArray,
    margin: int,
    to_px: FloatArray,
    center: FloatArray,
    top: float,
    reach: FloatArray,
    box: NDArray[np.int64],
) -> None:
    """Mark pixels whose sight line to the camera meets the surface; steps of one pixel, 0.3 m of grace."""
    for i in range(box[0], box[1]):
        for j in range(box[2], box[3]):
            dx = center[0] - east[i, j]
            dy = center[1] - north[i, j]
            dz = center[2] - up[i, j]
            if not dx * dx + dy * dy <= reach[i, j] * dz * dz:
                continue
            drow = to_px[0, 0] * dx + to_px[0, 1] * dy
            dcol = to_px[1, 0] * dx + to_px[1, 1] * dy
            length = math.sqrt(drow * drow + dcol * dcol)
            if not (length > 1.0 and dz > 0.0):
                continue
            climb = dz / length
            for k in range(1, int(length) + 1):
                ray = up[i, j] + climb * k
                if ray > top:
                    break
                r = int(i + margin + drow * k / length + 0.5)
                c = int(j + margin + dcol * k / length + 0.5)
                if r < 0 or c < 0 or r >= surface.shape[0] or c >= surface.shape[1]:
                    break
                if surface[r, c] > ray + 0.3:
                    hidden[i, j] = True
                    break
