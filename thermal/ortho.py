"""Exact projection of frames on the ground, row by row in single precision about each camera."""

import math
from dataclasses import dataclass

import numpy as np

from core.camera import Camera
from core.geo import FloatArray
from thermal.compiled import kernel, part
from thermal.frame import CelsiusArray
from thermal.pose import CameraPose
from thermal.sightlines import block_lowest

FLAGS = {"contract", "arcp", "nsz"}
"""Liberties the compiler may take with single precision; missing values stay missing."""

_ZERO, _HALF, _ONE, _TWO = (np.float32(v) for v in (0.0, 0.5, 1.0, 2.0))
_F4 = np.float32


@dataclass(frozen=True, slots=True)
class Sights:
    """What may hide the ground of a tile, on a lattice of its own.

    `surface_m` float32 (rows, columns), one node every `step` pixels of the tile (at least 1), the first at
    row and column `first` of it (not above 0); `tops_m` the highest node of each 8 x 8; `reach` nodes are
    looked along a sight line at most.
    """

    surface_m: CelsiusArray
    tops_m: CelsiusArray
    first: tuple[float, float]
    step: float
    reach: int


@dataclass(frozen=True, slots=True)
class TileGround:
    """Where the pixel centres of a tile lie: east, north and up, each float64 (rows, columns) metres.

    `lowest_m` is the lowest of each BLOCK x BLOCK of them. `sights` (None: a plane) tells which of them a
    camera cannot see.
    """

    east_m: FloatArray
    north_m: FloatArray
    up_m: FloatArray
    lowest_m: FloatArray
    sights: Sights | None = None

    @classmethod
    def over(
        cls, east_m: FloatArray, north_m: FloatArray, up_m: FloatArray, sights: Sights | None = None
    ) -> "TileGround":
        """The ground of these pixel centres."""
        return cls(east_m, north_m, up_m, block_lowest(up_m), sights)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.up_m.shape[0], self.up_m.shape[1]


@dataclass(frozen=True, slots=True)
class BlendParams:
    """How frames share the map.

    A frame weighs (1 + (t / s)^2 / 8)^-4, nearly a Gaussian: t is the tangent of the angle off nadir and s
    `nadir_share` of the camera's own half diagonal; the weight fades over `edge_px` at the frame's border.
    Each pixel keeps its `kept` heaviest frames, without those lighter than `least_share` of the heaviest.

    Which of them is drawn is chosen for cells of `cell_px` pixels: being lighter (`light_weight`) or less
    sharp (`sharp_weight`) than the best costs, and so does each border between two cells of different frames,
    by their difference over `step_K`, squared while it is small. Choices are passed on over `rounds` cells;
    before that, over `far_rounds` cells that are `far` times as large, to find ways round whole buildings. A
    cell chooses among `slots` frames, those that the larger cells chose before all.

    Differences wider than a few pixels are feathered while small against `feather_K`; finer ones are averaged
    away only where the frames agree within `agree` times the noise.
    """

    nadir_share: float = 0.22
    edge_px: float = 16.0
    least_share: float = 0.05
    kept: int = 5
    cell_px: int = 4
    slots: int = 3
    rounds: int = 10
    far: int = 4
    far_rounds: int = 16
    step_K: float = 0.3
    border_cost: float = 0.25
    light_weight: float = 0.15
    sharp_weight: float = 1.0
    feather_K: float = 1.5
    agree: float = 2.5

    def __post_init__(self) -> None:
        for field in ("nadir_share", "edge_px", "step_K", "feather_K", "agree"):
            if not getattr(self, field) > 0:
                raise ValueError(f"{field} must be > 0, got {getattr(self, field)}")
        if not 1 <= self.slots <= 16:
            raise ValueError(f"slots must be in [1, 16], got {self.slots}")
        if not (
            1 <= self.kept <= 16 and 1 <= self.cell_px <= 64 and 0 <= self.rounds <= 100 and self.far >= 1
        ):
            raise ValueError(
                "kept must be in [1, 16], cell_px in [1, 64], rounds in [0, 100], "
                f"got {self.kept}, {self.cell_px}, {self.rounds}"
            )


def half_diagonal(camera: Camera) -> float:
    """Tangent of half the diagonal field of view."""
    return math.hypot(camera.width_px, camera.height_px) / 2.0 / camera.focal_px


def lens_vector(pose: CameraPose, camera: Camera, params: BlendParams) -> CelsiusArray:
    """The camera as the kernels take it, float32 (22,).

    Rotation by rows (9), f, cx, cy, k1, k2, k3, p1, p2 in OpenCV's signs, last column and row, the squared
    radius where the lens ends (the polynomial may fold back beyond), the fall of weight and of the border.
    """
    m, c = camera.matrix, camera
    scale = params.nadir_share * half_diagonal(camera)
    return np.array(
        [
            *pose.rotation.ravel(), c.focal_px, m[0, 2], m[1, 2], c.k1, c.k2, c.k3, c.p1, c.p2,
            c.width_px - 1.0, c.height_px - 1.0, (1.3 * half_diagonal(camera)) ** 2,
            0.125 / scale**2, 1.0 / params.edge_px,
        ],
        np.float32,
    )  # fmt: skip


def draw_frame(ground: TileGround, celsius: CelsiusArray, pose: CameraPose, camera: Camera) -> CelsiusArray:
    """One frame on the ground, float32 (rows, columns), NaN where it does not reach; hiding is not asked."""
    out = np.full(ground.shape, np.nan, np.float32)
    lens = lens_vector(pose, camera, BlendParams())
    room = np.empty((3, ground.shape[1]), np.float32)
    _draw(celsius, ground.east_m, ground.north_m, ground.up_m, lens, pose.center_m, *room, out)
    return out


@part(fastmath=FLAGS)
def project_row(
    east: FloatArray,
    north: FloatArray,
    up: FloatArray,
    lens: CelsiusArray,
    center: FloatArray,
    u: CelsiusArray,
    v: CelsiusArray,
    weight: CelsiusArray,
) -> None:
    """Columns `u`, rows `v` and weights of a row of ground points; weight 0 where the frame does not reach.

    Written so that it runs on eight points at a time: no branch, single precision once the camera's place is
    taken off in double.
    """
    r00, r01, r02, r10, r11, r12 = lens[0], lens[1], lens[2], lens[3], lens[4], lens[5]
    r20, r21, r22, f, cx, cy = lens[6], lens[7], lens[8], lens[9], lens[10], lens[11]
    k1, k2, k3, p1, p2 = lens[12], lens[13], lens[14], lens[15], lens[16]
    right, bottom, far2, fall, edge = lens[17], lens[18], lens[19], lens[20], lens[21]
    c0, c1, c2 = center[0], center[1], center[2]
    for j in range(east.shape[0]):
        dx = _F4(east[j] - c0)
        dy = _F4(north[j] - c1)
        dz = _F4(up[j] - c2)
        z = r02 * dx + r12 * dy + r22 * dz
        near = _ONE / z
        x = (r00 * dx + r10 * dy + r20 * dz) * near
        y = (r01 * dx + r11 * dy + r21 * dz) * near
        r2 = x * x + y * y
        radial = _ONE + r2 * (k1 + r2 * (k2 + r2 * k3))
        xy = _TWO * x * y
        col = f * (x * radial + p1 * xy + p2 * (r2 + _TWO * x * x)) + cx
        row = f * (y * radial + p2 * xy + p1 * (r2 + _TWO * y * y)) + cy
        across, along = min(col, right - col), min(row, bottom - row)
        border = min(across, along)
        share = _ONE / (_ONE + fall * (dx * dx + dy * dy) / (dz * dz))
        share = share * share
        share = share * share * min(_ONE, (border + _HALF) * edge)
        seen = (border >= _ZERO) & (z > _ZERO) & (dz < _ZERO) & (r2 <= far2)
        u[j] = col
        v[j] = row
        weight[j] = share if seen else _ZERO


@part(fastmath=FLAGS)
def sampled(image: CelsiusArray, u: float, v: float) -> float:
    """The image between its pixels, bilinear, at a column and row inside it."""
    c = min(int(u), image.shape[1] - 2)
    r = min(int(v), image.shape[0] - 2)
    a = u - _F4(c)
    b = v - _F4(r)
    top = image[r, c] + a * (image[r, c + 1] - image[r, c])
    low = image[r + 1, c] + a * (image[r + 1, c + 1] - image[r + 1, c])
    value: float = top + b * (low - top)
    return value


@kernel()
def _draw(
    image: CelsiusArray,
    east: FloatArray,
    north: FloatArray,
    up: FloatArray,
    lens: CelsiusArray,
    center: FloatArray,
    u: CelsiusArray,
    v: CelsiusArray,
    weight: CelsiusArray,
    out: CelsiusArray,
) -> None:
    for i in range(east.shape[0]):
        project_row(east[i], north[i], up[i], lens, center, u, v, weight)
        for j in range(east.shape[1]):
            if weight[j] > _ZERO:
                out[i, j] = sampled(image, u[j], v[j])
