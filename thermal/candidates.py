"""The heaviest few frames of each pixel of a tile, gathered frame by frame in any order."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.geo import FloatArray
from thermal.compiled import kernel, part, was_compiled
from thermal.frame import CelsiusArray
from thermal.lowpass import LOW_PX
from thermal.ortho import FLAGS, BlendParams, Sights, TileGround, lens_vector, project_row, sampled
from thermal.pose import CameraPose
from thermal.shadows import HIDDEN, UNKNOWN, Shadow, cast_shadow
from thermal.sightlines import BLOCK

IntArray = NDArray[np.int32]
NO_FRAME = -1
WEIGHT, CELSIUS, LOW, NAME = range(4)
_MOST_FRAMES = 2**24  # float32 tells no more whole numbers apart
_ZERO, _HALF = np.float32(0.0), np.float32(0.5)
_LOW_HALF = (1 << 32) - 1
_PER_LOW, _LEAST = np.float32(1.0 / LOW_PX), np.float32(1e-3)


@dataclass(frozen=True, slots=True)
class Candidates:
    """What is kept of a tile: `lists` float32 (rows, columns, 4, kept), the heaviest frame first.

    By the third axis: WEIGHT, 0 where there is none; CELSIUS; LOW, the frame's own blurred temperatures at
    the place; NAME, its number counted from 1, 0 where there is none. A pixel's list lies in one piece.
    `least` float32 (one a block of BLOCK x BLOCK pixels): no pixel of the block takes a lighter frame.
    """

    lists: CelsiusArray
    least: CelsiusArray

    @classmethod
    def empty(cls, shape: tuple[int, int], kept: int) -> "Candidates":
        """No frame anywhere."""
        blocks = [-(-n // BLOCK) for n in shape]
        return cls(np.zeros((*shape, 4, kept), np.float32), np.zeros(blocks, np.float32))

    @property
    def weight(self) -> CelsiusArray:
        """(rows, columns, kept)."""
        return self.lists[:, :, WEIGHT]

    @property
    def celsius(self) -> CelsiusArray:
        """(rows, columns, kept)."""
        return self.lists[:, :, CELSIUS]

    @property
    def low(self) -> CelsiusArray:
        """(rows, columns, kept)."""
        return self.lists[:, :, LOW]

    @property
    def frame(self) -> IntArray:
        """(rows, columns, kept), NO_FRAME where there is none."""
        return self.lists[:, :, NAME].astype(np.int32) - 1


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
    _add(*_arguments(kept, ground, look, params), celsius, low, False)


def may_enter(kept: Candidates, ground: TileGround, look: Looking, params: BlendParams) -> bool:
    """Whether the frame is among the heaviest of any pixel so far: if not, it need not be read."""
    nothing = np.zeros((2, 2), np.float32)
    return bool(_add(*_arguments(kept, ground, look, params), nothing, nothing, True))


def compiled_before() -> bool:
    """Whether this machine has compiled the inner loops already: else the first frame waits for it."""
    return was_compiled(_add)


def _arguments(
    kept: Candidates, ground: TileGround, look: Looking, params: BlendParams
) -> tuple[object, ...]:
    if look.number + 1 >= _MOST_FRAMES:
        raise ValueError(f"a map takes {_MOST_FRAMES} frames at most, frame {look.number} was given")
    sights = ground.sights
    shadow = None if sights is None else np.zeros(ground.shape, np.int8)
    if sights is None:
        sights = Sights(np.zeros((0, 0), np.float32), np.zeros((0, 0), np.float32), (0, 0), 1, 0)
    top = float(sights.tops_m.max()) if sights.tops_m.size else 0.0
    lattice = np.array([*sights.first, sights.step, sights.reach, top], float)
    row = np.empty((3, BLOCK * kept.least.shape[1]), np.float32)
    return (
        kept.lists, kept.least, ground.east_m, ground.north_m, ground.up_m, ground.lowest_m,
        sights.surface_m, sights.tops_m, lattice, _metres_to_pixels(ground), shadow, look.pose.center_m,
        lens_vector(look.pose, look.camera, params), look.box(), look.number + 1,
        *row, np.empty(3, np.float32),
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


@kernel(no_rewrites=False)  # what None makes idle is cut off, and not compiled
def _add(  # noqa: C901  # one compiled loop: parts of it would be handed twenty arrays
    lists: CelsiusArray, least: CelsiusArray, east: FloatArray, north: FloatArray, up: FloatArray,
    lowest: FloatArray, surface: CelsiusArray, tops: CelsiusArray, lattice: FloatArray, to_px: FloatArray,
    shadow: Shadow | None, center: FloatArray, lens: CelsiusArray, box: NDArray[np.int64], name: int,
    u: CelsiusArray, v: CelsiusArray, weight: CelsiusArray, span: CelsiusArray, image: CelsiusArray,
    low: CelsiusArray, only_ask: bool,
) -> bool:  # fmt: skip
    """Row by row of blocks; those where the frame is too light for every pixel are not looked at.

    `u`, `v`, `weight` (columns or more) and `span` (3,) are room to work in. Without a `shadow` nothing that
    casts one is compiled.
    """
    last = lists.shape[3] - 1
    for bi in range(box[0] // BLOCK, -(-box[1] // BLOCK)):
        found = _asked(least, lowest, east, north, center, lens, box, bi)
        c0, c1 = max((found >> 32) * BLOCK, box[2]), min((found & _LOW_HALF) * BLOCK, box[3])
        if c1 <= c0:
            continue
        r0, r1 = max(bi * BLOCK, box[0]), min((bi + 1) * BLOCK, box[1])
        for i in range(r0, r1):
            project_row(east[i, c0:c1], north[i, c0:c1], up[i, c0:c1], lens, center, u, v, weight)
            for j in range(c0, c1):
                w = weight[j - c0]
                lightest = lists[i, j, WEIGHT, last]
                if w < lightest or w == _ZERO or (w == lightest and name > lists[i, j, NAME, last]):
                    continue
                if shadow is not None:
                    if shadow[i, j] == UNKNOWN:
                        cast_shadow(
                            i // BLOCK * BLOCK, j // BLOCK * BLOCK, east, north, up, lowest[bi, j // BLOCK],
                            surface, tops, lattice, to_px, center, span, shadow,
                        )  # fmt: skip
                    if shadow[i, j] == HIDDEN:
                        continue
                if only_ask:
                    return True
                t = sampled(image, u[j - c0], v[j - c0])
                if math.isfinite(t):
                    _insert(lists[i, j], w, t, _low(low, u[j - c0], v[j - c0]), name)
        if not only_ask:
            _remember(lists, least, bi, r0, r1, c0, c1)
    return False


@part()
def _asked(
    least: CelsiusArray, lowest: FloatArray, east: FloatArray, north: FloatArray, center: FloatArray,
    lens: CelsiusArray, box: NDArray[np.int64], bi: int,
) -> int:  # fmt: skip
    """First and last block (not included) of a row of blocks where the frame may be heavy enough.

    In one number, the first 32 bits up: two would be a tuple, which takes long to compile.
    """
    first, end = 1 << 30, 0
    i = min(bi * BLOCK + BLOCK // 2, east.shape[0] - 1)
    for bj in range(box[2] // BLOCK, -(-box[3] // BLOCK)):
        j = min(bj * BLOCK + BLOCK // 2, east.shape[1] - 1)
        dx, dy, dz = east[i, j] - center[0], north[i, j] - center[1], lowest[bi, bj] - center[2]
        across = abs(east[i, j] - east[bi * BLOCK, bj * BLOCK]) + abs(
            north[i, j] - north[bi * BLOCK, bj * BLOCK]
        )
        away = max(math.sqrt(dx * dx + dy * dy) - 1.5 * across, 0.0)
        share = 1.0 / (1.0 + lens[20] * away * away / (dz * dz))
        if 1.001 * share * share * share * share >= least[bi, bj] and dz < 0.0:
            first, end = min(first, bj), bj + 1
    return (first << 32) + end


@part()
def _remember(lists: CelsiusArray, least: CelsiusArray, bi: int, r0: int, r1: int, c0: int, c1: int) -> None:
    """The lightest weights that are kept in those blocks of a row that were looked at whole."""
    rows, cols, last = lists.shape[0], lists.shape[1], lists.shape[3] - 1
    if r0 > bi * BLOCK or r1 < min((bi + 1) * BLOCK, rows):
        return
    for bj in range(-(-c0 // BLOCK), -(-c1 // BLOCK)):
        end = min((bj + 1) * BLOCK, cols)
        if end > c1 or lists[r0, bj * BLOCK, WEIGHT, last] == _ZERO:
            continue
        found = np.float32(1.0)
        for i in range(r0, r1):
            for j in range(bj * BLOCK, end):
                found = min(lists[i, j, WEIGHT, last], found)
        least[bi, bj] = found


@part(fastmath=FLAGS)
def _low(low: CelsiusArray, u: float, v: float) -> float:
    """The blurred copy at a pixel of the frame; its own pixels are LOW_PX wide."""
    x = (u + _HALF) * _PER_LOW - _HALF
    y = (v + _HALF) * _PER_LOW - _HALF
    x = min(max(x, _ZERO), np.float32(low.shape[1] - 1) - _LEAST)
    y = min(max(y, _ZERO), np.float32(low.shape[0] - 1) - _LEAST)
    value: float = sampled(low, x, y)
    return value


@part()
def _insert(pixel: CelsiusArray, w: float, t: float, soft: float, name: int) -> None:
    """Into one pixel's lists, by weight and then by number, so that the order of frames does not matter."""
    k = pixel.shape[1] - 1
    while k > 0 and (pixel[WEIGHT, k - 1] < w or (pixel[WEIGHT, k - 1] == w and pixel[NAME, k - 1] > name)):
        for what in range(4):
            pixel[what, k] = pixel[what, k - 1]
        k -= 1
    pixel[WEIGHT, k], pixel[CELSIUS, k], pixel[LOW, k], pixel[NAME, k] = w, t, soft, name
