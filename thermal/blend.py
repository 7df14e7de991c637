"""From candidates and chosen frames to the map's bands: steps feathered, edges left to one frame alone.

A pixel shows its chosen frame. Where the frames beside it differ by something broad and small, as drift does,
the broad part is shared by smooth weights, so that no step shows at a cut. What is finer is averaged only
where the frames agree within noise; where they do not (a moved or misaligned edge) the chosen frame stands
alone, and keeps its contrast.
"""

import math

import numpy as np
from numpy.typing import NDArray

from thermal.candidates import CELSIUS, LOW, NAME, WEIGHT, Candidates, IntArray
from thermal.compiled import kernel, part
from thermal.frame import CelsiusArray
from thermal.ortho import BlendParams

SEAM_STEP_K = 0.02
SEAM_BINS = 1001
_MOST = 64  # frames that a cell's pixels may name between them; more are left aside
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)


def drawn_slots(kept: Candidates, chosen: IntArray, cell_px: int) -> NDArray[np.int8]:
    """The slot that each pixel is drawn from, int8 (rows, columns), -1 where no frame was seen.

    A pixel that its cell's frame does not reach takes its heaviest.
    """
    slots = np.empty(kept.lists.shape[:2], np.int8)
    _slots(kept.lists, chosen, cell_px, slots)
    return slots


def blended(
    kept: Candidates, slots: NDArray[np.int8], chosen: IntArray, params: BlendParams, noise_K: float,
    inner: tuple[slice, slice],
) -> CelsiusArray:  # fmt: skip
    """Temperature, count, sigma and source frame of the `inner` pixels, float32 (4, rows, columns).

    NaN where no frame was seen. Count: frames kept for the pixel, at most `params.kept`. Sigma: their
    weighted spread about the value, never less than `noise_K` divided by the root of the number of frames
    that share in it.
    """
    rows, cols = inner
    out = np.full((4, rows.stop - rows.start, cols.stop - cols.start), np.nan, np.float32)
    least = 2.0 * (params.agree * noise_K) ** 2
    settings = np.array([params.least_share, params.feather_K, least, noise_K], np.float32)
    room = np.empty((3, _MOST), np.float32), np.empty(kept.lists.shape[3], np.float32)
    _mix(kept.lists, slots, chosen, params.cell_px, rows.start, cols.start, settings, *room[0], room[1], out)
    return out


def seam_steps(kept: Candidates, slots: NDArray[np.int8], inner: tuple[slice, slice]) -> NDArray[np.int64]:
    """Counts, by SEAM_STEP_K, of what two frames differ by where the drawn frame changes between them.

    Each pair of neighbours whose first (left or upper) pixel lies in `inner` counts once: the mean of
    the differences at those of the two places that both frames saw, before anything is blended.
    """
    rows, cols = inner
    box = np.array([rows.start, rows.stop, cols.start, cols.stop], np.int64)
    out = np.zeros(SEAM_BINS, np.int64)
    _steps(kept.lists, slots, box, out)
    return out


def seam_quantile_K(seam: NDArray[np.int64], share: float = 0.95) -> float | None:
    """`share` of the steps of a histogram of tiles are smaller; None where no two frames meet."""
    total = int(seam.sum())
    if not total:
        return None
    return (int(np.searchsorted(np.cumsum(seam), share * total)) + 0.5) * SEAM_STEP_K


@kernel()
def _slots(lists: CelsiusArray, chosen: IntArray, size: int, slots: NDArray[np.int8]) -> None:
    for i in range(slots.shape[0]):
        for j in range(slots.shape[1]):
            slots[i, j] = 0 if lists[i, j, WEIGHT, 0] > 0.0 else -1
            for k in range(lists.shape[3]):
                if lists[i, j, WEIGHT, k] > 0.0 and lists[i, j, NAME, k] == chosen[i // size, j // size] + 1:
                    slots[i, j] = k
                    break


@kernel()
def _mix(
    lists: CelsiusArray, slots: NDArray[np.int8], chosen: IntArray, size: int, top: int, left: int,
    settings: CelsiusArray, names: CelsiusArray, agree: CelsiusArray, counts: CelsiusArray,
    shares: CelsiusArray, out: CelsiusArray,
) -> None:  # fmt: skip
    """Cell by cell: how far each frame agrees with the chosen one there, then its pixels.

    `names`, `agree`, `counts` and `shares` (kept,) are room to work in.
    """
    bottom, right = top + out.shape[1], left + out.shape[2]
    for ci in range(top // size, -(-bottom // size)):
        for cj in range(left // size, -(-right // size)):
            i0, i1 = ci * size, min((ci + 1) * size, slots.shape[0])
            j0, j1 = cj * size, min((cj + 1) * size, slots.shape[1])
            known = _agreement(
                lists, slots, chosen[ci, cj] + 1, i0, i1, j0, j1, settings[2], names, agree, counts
            )
            for i in range(max(i0, top), min(i1, bottom)):
                for j in range(max(j0, left), min(j1, right)):
                    main = slots[i, j]
                    if main < 0:
                        continue
                    own = lists[i, j, NAME, main] == chosen[ci, cj] + 1
                    for k in range(shares.shape[0]):
                        shares[k] = _found(lists[i, j, NAME, k], k, names, agree, known) if own else _ZERO
                    _pixel(lists[i, j], main, shares, settings, out[:, i - top, j - left])


@part()
def _agreement(
    lists: CelsiusArray, slots: NDArray[np.int8], name: int, i0: int, i1: int, j0: int, j1: int,
    least: np.float32, names: CelsiusArray, agree: CelsiusArray, counts: CelsiusArray,
) -> int:  # fmt: skip
    """How far each frame's fine part may be averaged with the chosen one's in a cell, 0 to 1."""
    known = 0
    for i in range(i0, i1):
        for j in range(j0, j1):
            main = slots[i, j]
            if main < 0 or lists[i, j, NAME, main] != name:
                continue
            own = lists[i, j, CELSIUS, main] - lists[i, j, LOW, main]
            for k in range(lists.shape[3]):
                if lists[i, j, WEIGHT, k] <= _ZERO:
                    break
                s = k if k < known and names[k] == lists[i, j, NAME, k] else 0
                while s < known and names[s] != lists[i, j, NAME, k]:
                    s += 1
                if s == known:
                    if known == names.shape[0]:
                        continue
                    names[s], agree[s], counts[s] = lists[i, j, NAME, k], _ZERO, _ZERO
                    known += 1
                apart = lists[i, j, CELSIUS, k] - lists[i, j, LOW, k] - own
                agree[s] += apart * apart
                counts[s] += _ONE
    for s in range(known):
        apart = agree[s] / (counts[s] * least)
        agree[s] = _ONE / (_ONE + apart * apart)
    return known


@part()
def _found(name: np.float32, guess: int, names: CelsiusArray, agree: CelsiusArray, known: int) -> np.float32:
    share = _ZERO
    if guess < known and names[guess] == name:
        share = agree[guess]
    else:
        for s in range(known):
            if names[s] == name:
                share = agree[s]
    return share


@part()
def _pixel(
    pixel: CelsiusArray, main: int, agree: CelsiusArray, settings: CelsiusArray, out: CelsiusArray
) -> None:
    """A pixel's bands.

    Weights count from the lightest kept one, so that a frame enters a full list with nothing. The squared
    shares of the frames in its fine part are summed for the sigma.
    """
    kept, feather = pixel.shape[1], _ONE / (settings[1] * settings[1])
    base, weights, total = pixel[WEIGHT, kept - 1], _ZERO, _ZERO
    for k in range(kept):
        total += pixel[WEIGHT, k] - base if pixel[WEIGHT, k] > _ZERO else _ZERO
    value, own, squares, each = pixel[CELSIUS, main], _ONE, _ZERO, _ONE / total
    for k in range(kept):
        if pixel[WEIGHT, k] <= base:
            break
        if k == main:
            continue
        share = (pixel[WEIGHT, k] - base) * each
        broad = pixel[LOW, k] - pixel[LOW, main]
        apart = broad * broad * feather
        let = _ONE / (_ONE + apart * apart)
        value += share * (broad * let + agree[k] * (pixel[CELSIUS, k] - pixel[CELSIUS, main] - broad))
        own -= share * agree[k]
        squares += share * agree[k] * share * agree[k]
    count, spread = 0, _ZERO
    for k in range(kept):
        if pixel[WEIGHT, k] > _ZERO and pixel[WEIGHT, k] >= settings[0] * pixel[WEIGHT, 0]:
            count += 1
            weights += pixel[WEIGHT, k]
            apart = pixel[CELSIUS, k] - value
            spread += pixel[WEIGHT, k] * apart * apart
    out[0], out[1] = value, count
    out[2] = max(math.sqrt(spread / weights), settings[3] * math.sqrt(squares + own * own))
    out[3] = pixel[NAME, main]


@kernel()
def _steps(
    lists: CelsiusArray, slots: NDArray[np.int8], box: NDArray[np.int64], out: NDArray[np.int64]
) -> None:
    for i in range(box[0], box[1]):
        for j in range(box[2], box[3]):
            if slots[i, j] < 0:
                continue
            for down in range(2):
                r, c = i + down, j + 1 - down
                if r >= slots.shape[0] or c >= slots.shape[1] or slots[r, c] < 0:
                    continue
                a, b = lists[i, j, NAME, slots[i, j]], lists[r, c, NAME, slots[r, c]]
                if a == b:
                    continue
                here, there = _apart(lists[i, j], a, b), _apart(lists[r, c], a, b)
                step = here if there < 0.0 else there if here < 0.0 else (here + there) / 2.0
                if step >= 0.0:
                    out[min(int(step / SEAM_STEP_K), SEAM_BINS - 1)] += 1


@part()
def _apart(pixel: CelsiusArray, a: float, b: float) -> float:
    """How much two frames differ at a pixel; negative where it keeps not both."""
    first = second = -1
    for k in range(pixel.shape[1]):
        if pixel[NAME, k] == a:
            first = k
        if pixel[NAME, k] == b:
            second = k
    if first < 0 or second < 0:
        return -1.0
    apart: float = abs(pixel[CELSIUS, first] - pixel[CELSIUS, second])
    return apart
