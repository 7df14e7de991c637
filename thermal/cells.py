"""A tile in cells of a few pixels: which frames each can be drawn from, and how much they differ there."""

from dataclasses import dataclass

import numpy as np

from thermal.candidates import CELSIUS, LOW, NAME, NO_FRAME, WEIGHT, Candidates, IntArray
from thermal.compiled import kernel, part
from thermal.frame import CelsiusArray

_MOST = 64  # frames that a cell's pixels may name between them; more are left aside
_GUIDED = np.float32(1e6)  # heavier than any frame that the larger cells did not choose
_REORDERED = {"reassoc", "contract", "nsz"}  # sums of a few pixels, which are known


@dataclass(frozen=True, slots=True)
class Cells:
    """Per cell (rows, columns) and slot: `frame` int32 (..., slots), NO_FRAME where a slot is empty.

    `weight` float32 (..., slots) mean weight, and `filled` the share of the cell that the frame covers;
    `energy` float32 (..., slots) K^2, of what is finer than the blurred copy; `step` float32 (..., slots,
    slots) K^2, mean squares of the slots' difference, NaN without common pixels.
    """

    frame: IntArray
    weight: CelsiusArray
    filled: CelsiusArray
    energy: CelsiusArray
    step: CelsiusArray


def cells_of(kept: Candidates, size: int, slots: int, guide: IntArray | None = None, far: int = 1) -> Cells:
    """Cells of `size` pixels of candidates whose first pixel starts a cell, each with its heaviest frames.

    Frames that cells `far` times as large chose about a cell (`guide`, see `chosen_frames`) come first.
    """
    rows, cols, _, _ = kept.lists.shape
    shape = (-(-rows // size), -(-cols // size), slots)
    frame = np.full(shape, NO_FRAME, np.int32)
    weight, filled, energy = (np.zeros(shape, np.float32) for _ in range(3))
    step = np.full((*shape, slots), np.nan, np.float32)
    around = np.zeros((0, 0), np.int32) if guide is None else np.ascontiguousarray(guide)
    names, sums, room = (
        np.empty(_MOST, np.int32),
        np.empty(_MOST, np.float32),
        np.empty((3, slots, size * size), np.float32),
    )
    _gather(kept.lists, size, around, far, names, sums, *room, frame, weight, filled, energy, step)
    return Cells(frame, weight, filled, energy, step)


@part()
def near(guide: IntArray, row: int, col: int, number: int) -> bool:
    """Whether one of nine larger cells chose a frame."""
    for i in range(row, row + 3):
        for j in range(col, col + 3):
            if guide[i, j] == number:
                return True
    return False


@kernel()
def _gather(  # noqa: C901  # one compiled loop
    lists: CelsiusArray, size: int, guide: IntArray, far: int, names: IntArray, sums: CelsiusArray,
    there: CelsiusArray, t: CelsiusArray, fine: CelsiusArray, frame: IntArray, weight: CelsiusArray,
    filled: CelsiusArray, energy: CelsiusArray, step: CelsiusArray,
) -> None:  # fmt: skip
    """`names`, `sums`, `there`, `t` and `fine` are room to work in."""
    for ci in range(frame.shape[0]):
        for cj in range(frame.shape[1]):
            i0, j0 = ci * size, cj * size
            i1, j1 = min(i0 + size, lists.shape[0]), min(j0 + size, lists.shape[1])
            known = _named(lists, i0, i1, j0, j1, names, sums)
            if guide.size:
                for s in range(known):
                    if near(guide, ci // far, cj // far, names[s]):
                        sums[s] += _GUIDED
            used = _heaviest(names, sums, known, frame[ci, cj])
            if used == 0:
                continue
            pixels = (i1 - i0) * (j1 - j0)
            for s in range(used):
                for p in range(pixels):
                    there[s, p] = t[s, p] = fine[s, p] = 0.0
            for i in range(i0, i1):
                for j in range(j0, j1):
                    at = (i - i0) * (j1 - j0) + j - j0
                    _take(lists[i, j], frame[ci, cj], used, at, weight[ci, cj], there, t, fine)
            _compare(there, t, fine, used, pixels, filled[ci, cj], energy[ci, cj], step[ci, cj])
            for s in range(used):
                weight[ci, cj, s] /= max(filled[ci, cj, s] * pixels, 1.0)


@part()
def _take(
    pixel: CelsiusArray, names: IntArray, used: int, at: int, weight: CelsiusArray, there: CelsiusArray,
    t: CelsiusArray, fine: CelsiusArray,
) -> None:  # fmt: skip
    """Sort one pixel's list into its cell's slots: temperatures, their fine part, weights' sums."""
    for k in range(pixel.shape[1]):
        if pixel[WEIGHT, k] <= 0.0:
            return
        for s in range(used):
            if names[s] + 1 == pixel[NAME, k]:
                there[s, at], t[s, at] = 1.0, pixel[CELSIUS, k]
                fine[s, at] = pixel[CELSIUS, k] - pixel[LOW, k]
                weight[s] += pixel[WEIGHT, k]
                break


@part()
def _named(
    lists: CelsiusArray, i0: int, i1: int, j0: int, j1: int, names: IntArray, sums: CelsiusArray
) -> int:
    """Collect the frames that a cell's pixels name, and their weights' sums; how many there are."""
    known = 0
    for i in range(i0, i1):
        for j in range(j0, j1):
            for k in range(lists.shape[3]):
                w = lists[i, j, WEIGHT, k]
                if w <= 0.0:
                    break
                number = np.int32(lists[i, j, NAME, k]) - 1
                s = k if k < known and names[k] == number else 0
                while s < known and names[s] != number:
                    s += 1
                if s == known:
                    if known == names.shape[0]:
                        continue
                    names[s], sums[s] = number, 0.0
                    known += 1
                sums[s] += w
    return known


@part()
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


@part(fastmath=_REORDERED)
def _compare(
    there: CelsiusArray, t: CelsiusArray, fine: CelsiusArray, used: int, pixels: int, filled: CelsiusArray,
    energy: CelsiusArray, step: CelsiusArray,
) -> None:  # fmt: skip
    for a in range(used):
        count, own = np.float32(0.0), np.float32(0.0)
        for p in range(pixels):
            own += fine[a, p] * fine[a, p]
            count += there[a, p]
        filled[a] = count / pixels
        energy[a] = own / max(count, np.float32(1.0))
        for b in range(a):
            common, steps = np.float32(0.0), np.float32(0.0)
            for p in range(pixels):
                both = there[a, p] * there[b, p]
                d = (t[a, p] - t[b, p]) * both
                steps += d * d
                common += both
            if common > 0.0:
                step[a, b] = step[b, a] = steps / common
