"""A tile in cells of a few pixels: which frames each can be drawn from, and how much they differ there."""

import math
from dataclasses import dataclass

import numba
import numpy as np

from thermal.candidates import NO_FRAME, Candidates, IntArray
from thermal.frame import CelsiusArray
from thermal.ortho import BlendParams

_MOST = 64  # frames that a cell's pixels may name between them; more are left aside


@dataclass(frozen=True, slots=True)
class Cells:
    """Per cell (rows, columns) and slot: `frame` int32 (..., kept), NO_FRAME where a slot is empty.

    `weight` float32 (..., kept) mean weight, and `filled` the share of the cell that the frame covers;
    `energy` float32 (..., kept) K^2, of what is finer than the blurred copy; `step` and `fine` float32
    (..., kept, kept) K^2, mean squares of the slots' difference and of its fine part, NaN without common
    pixels.
    """

    frame: IntArray
    weight: CelsiusArray
    filled: CelsiusArray
    energy: CelsiusArray
    step: CelsiusArray
    fine: CelsiusArray


def cells_of(kept: Candidates, params: BlendParams) -> Cells:
    """The cells of candidates whose first pixel starts a cell."""
    size = params.cell_px
    rows, cols, slots = kept.weight.shape
    shape = (-(-rows // size), -(-cols // size), slots)
    frame = np.full(shape, NO_FRAME, np.int32)
    weight, filled, energy = (np.zeros(shape, np.float32) for _ in range(3))
    step, fine = (np.full((*shape, slots), np.nan, np.float32) for _ in range(2))
    _gather(kept.weight, kept.celsius, kept.low, kept.frame, size, frame, weight, filled, energy, step, fine)
    return Cells(frame, weight, filled, energy, step, fine)


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _gather(
    weights: CelsiusArray, values: CelsiusArray, lows: CelsiusArray, frames: IntArray, size: int,
    frame: IntArray, weight: CelsiusArray, filled: CelsiusArray, energy: CelsiusArray, step: CelsiusArray,
    fine: CelsiusArray,
) -> None:  # fmt: skip
    slots = weights.shape[2]
    names, sums = np.empty(_MOST, np.int32), np.empty(_MOST, np.float32)
    t, h = np.empty((size * size, slots), np.float32), np.empty((size * size, slots), np.float32)
    for ci in range(frame.shape[0]):
        for cj in range(frame.shape[1]):
            i0, j0 = ci * size, cj * size
            i1, j1 = min(i0 + size, weights.shape[0]), min(j0 + size, weights.shape[1])
            known = _named(weights[i0:i1, j0:j1], frames[i0:i1, j0:j1], names, sums)
            used = _heaviest(names, sums, known, frame[ci, cj])
            if used == 0:
                continue
            t[:] = np.nan
            pixels = 0
            for i in range(i0, i1):
                for j in range(j0, j1):
                    _take(
                        weights[i, j], values[i, j], lows[i, j], frames[i, j], frame[ci, cj, :used],
                        weight[ci, cj], t[pixels], h[pixels],
                    )  # fmt: skip
                    pixels += 1
            _compare(t, h, used, pixels, filled[ci, cj], energy[ci, cj], step[ci, cj], fine[ci, cj])
            for s in range(used):
                weight[ci, cj, s] /= max(filled[ci, cj, s] * pixels, 1.0)


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _take(
    weights: CelsiusArray, values: CelsiusArray, lows: CelsiusArray, frames: IntArray, names: IntArray,
    weight: CelsiusArray, t: CelsiusArray, h: CelsiusArray,
) -> None:  # fmt: skip
    """Sort one pixel's list into its cell's slots: temperatures, their fine part, weights' sums."""
    for k in range(weights.shape[0]):
        if weights[k] <= 0.0:
            return
        for s in range(names.shape[0]):
            if names[s] == frames[k]:
                t[s], h[s] = values[k], values[k] - lows[k]
                weight[s] += weights[k]
                break


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _named(weights: CelsiusArray, frames: IntArray, names: IntArray, sums: CelsiusArray) -> int:
    """Collect the frames that a cell's pixels name, and their weights' sums; how many there are."""
    known = 0
    for i in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            for k in range(weights.shape[2]):
                if weights[i, j, k] <= 0.0:
                    break
                s = 0
                while s < known and names[s] != frames[i, j, k]:
                    s += 1
                if s == known:
                    if known == names.shape[0]:
                        continue
                    names[s], sums[s] = frames[i, j, k], 0.0
                    known += 1
                sums[s] += weights[i, j, k]
    return known


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _heaviest(names: IntArray, sums: CelsiusArray, known: int, into: IntArray) -> int:
    """Put the heaviest frames into a cell's slots, by weight and then by number; how many there are."""
    used: int = min(known, into.shape[0])
    for s in range(used):
        best = -1
        for k in range(known):
            if sums[k] < 0.0:
                continue
            if best < 0 or sums[k] > sums[best] or (sums[k] == sums[best] and names[k] < names[best]):
                best = k
        into[s] = names[best]
        sums[best] = -1.0
    return used


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _compare(
    t: CelsiusArray, h: CelsiusArray, used: int, pixels: int, filled: CelsiusArray, energy: CelsiusArray,
    step: CelsiusArray, fine: CelsiusArray,
) -> None:  # fmt: skip
    for a in range(used):
        count, own = 0, np.float32(0.0)
        for p in range(pixels):
            if math.isfinite(t[p, a]):
                own += h[p, a] * h[p, a]
                count += 1
        filled[a] = count / pixels
        energy[a] = own / max(count, 1)
        for b in range(a):
            common, steps, fines = 0, np.float32(0.0), np.float32(0.0)
            for p in range(pixels):
                d = t[p, a] - t[p, b]
                if math.isfinite(d):
                    e = h[p, a] - h[p, b]
                    steps += d * d
                    fines += e * e
                    common += 1
            if common:
                step[a, b] = step[b, a] = steps / common
                fine[a, b] = fine[b, a] = fines / common
