"""From candidates and chosen frames to the map's bands: steps feathered, edges left to one frame alone.

A pixel shows its chosen frame. Where the frames beside it differ by something broad and small, as drift does,
the broad part is shared by smooth weights, so that no step shows at a cut. What is finer is averaged only
where the frames agree within noise; where they do not (a moved or misaligned edge) the chosen frame stands
alone, and keeps its contrast.
"""

import math

import numba
import numpy as np
from numpy.typing import NDArray

from thermal.candidates import Candidates, IntArray
from thermal.cells import Cells
from thermal.frame import CelsiusArray
from thermal.ortho import BlendParams

SEAM_STEP_K = 0.02
SEAM_BINS = 1001


def drawn_slots(kept: Candidates, chosen: IntArray, cell_px: int) -> NDArray[np.int8]:
    """The slot that each pixel is drawn from, int8 (rows, columns), -1 where no frame was seen.

    A pixel that its cell's frame does not reach takes its heaviest.
    """
    slots = np.empty(kept.weight.shape[:2], np.int8)
    _slots(kept.weight, kept.frame, chosen, cell_px, slots)
    return slots


def blended(
    kept: Candidates, slots: NDArray[np.int8], cells: Cells, params: BlendParams, noise_K: float
) -> CelsiusArray:
    """Temperature, count, sigma and source frame, float32 (4, rows, columns), NaN where no frame was seen.

    Count: frames kept for the pixel, at most `params.kept`. Sigma: their weighted spread about the value,
    never less than `noise_K` divided by the root of the number of frames that share in it.
    """
    out = np.full((4, *slots.shape), np.nan, np.float32)
    least = 2.0 * (params.agree * noise_K) ** 2
    settings = np.array([params.least_share, params.feather_K, least, noise_K, params.cell_px], np.float32)
    _mix(kept.weight, kept.celsius, kept.low, kept.frame, slots, cells.frame, cells.fine, settings, out)
    return out


def seam_steps(kept: Candidates, slots: NDArray[np.int8], inner: tuple[slice, slice]) -> NDArray[np.int64]:
    """Counts, by SEAM_STEP_K, of what two frames differ by where the drawn frame changes between them.

    Each pair of neighbours whose first (left or upper) pixel lies in `inner` counts once: the mean of
    the differences at those of the two places that both frames saw, before anything is blended.
    """
    rows, cols = inner
    box = np.array([rows.start, rows.stop, cols.start, cols.stop], np.int64)
    out = np.zeros(SEAM_BINS, np.int64)
    _steps(kept.celsius, kept.frame, slots, box, out)
    return out


def seam_quantile_K(seam: NDArray[np.int64], share: float = 0.95) -> float | None:
    """`share` of the steps of a histogram of tiles are smaller; None where no two frames meet."""
    total = int(seam.sum())
    if not total:
        return None
    return (int(np.searchsorted(np.cumsum(seam), share * total)) + 0.5) * SEAM_STEP_K


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _slots(
    weights: CelsiusArray, frames: IntArray, chosen: IntArray, size: int, slots: NDArray[np.int8]
) -> None:
    for i in range(slots.shape[0]):
        for j in range(slots.shape[1]):
            slots[i, j] = 0 if weights[i, j, 0] > 0.0 else -1
            for k in range(weights.shape[2]):
                if weights[i, j, k] > 0.0 and frames[i, j, k] == chosen[i // size, j // size]:
                    slots[i, j] = k
                    break


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _mix(
    weights: CelsiusArray, values: CelsiusArray, lows: CelsiusArray, frames: IntArray,
    slots: NDArray[np.int8], cell_frames: IntArray, fine: CelsiusArray, settings: CelsiusArray,
    out: CelsiusArray,
) -> None:  # fmt: skip
    least_share, noise, size = settings[0], settings[3], int(settings[4])
    agree = np.empty(weights.shape[2], np.float32)
    for i in range(slots.shape[0]):
        for j in range(slots.shape[1]):
            main = slots[i, j]
            if main < 0:
                continue
            w, t, h = weights[i, j], values[i, j], lows[i, j]
            _agreement(
                frames[i, j], main, cell_frames[i // size, j // size], fine[i // size, j // size],
                settings[2], agree,
            )  # fmt: skip
            value, shares = _shared(w, t, h, main, agree, settings[1])
            count, spread, total = 0, np.float32(0.0), np.float32(0.0)
            for k in range(w.shape[0]):
                if w[k] > 0.0 and w[k] >= least_share * w[0]:
                    count += 1
                    total += w[k]
                    spread += w[k] * (t[k] - value) ** 2
            out[0, i, j] = value
            out[1, i, j] = count
            out[2, i, j] = max(math.sqrt(spread / total), noise * math.sqrt(shares))
            out[3, i, j] = frames[i, j, main] + 1


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _agreement(
    frames: IntArray, main: int, cell_frames: IntArray, fine: CelsiusArray, least: float,
    agree: CelsiusArray,
) -> None:  # fmt: skip
    """How far each frame's fine part may be averaged with the drawn one's, 0 to 1, as its cell says."""
    at = -1
    for s in range(cell_frames.shape[0]):
        if cell_frames[s] == frames[main]:
            at = s
    for k in range(frames.shape[0]):
        agree[k] = 0.0
        if at < 0 or frames[k] < 0:
            continue
        for s in range(cell_frames.shape[0]):
            if cell_frames[s] == frames[k] and math.isfinite(fine[at, s]):
                apart = fine[at, s] / least
                agree[k] = np.float32(1.0) / (np.float32(1.0) + apart * apart)


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _shared(
    w: CelsiusArray, t: CelsiusArray, h: CelsiusArray, main: int, agree: CelsiusArray, feather: float
) -> tuple[np.float32, np.float32]:
    """A pixel's value, and the sum of the squared shares of the frames in its fine part.

    Weights count from the lightest kept one, so that a frame enters a full list with nothing.
    """
    last = w.shape[0] - 1
    base = w[last]
    total = np.float32(0.0)
    for k in range(last + 1):
        total += w[k] - base if w[k] > 0.0 else np.float32(0.0)
    if total <= 0.0:
        return t[main], np.float32(1.0)
    value, own, squares = np.float32(t[main]), np.float32(1.0), np.float32(0.0)
    for k in range(last + 1):
        if k == main or w[k] <= 0.0:
            continue
        share = (w[k] - base) / total
        broad = h[k] - h[main]
        apart = (broad / feather) ** 2
        let = np.float32(1.0) / (np.float32(1.0) + apart * apart)
        value += share * (broad * let + agree[k] * (t[k] - t[main] - broad))
        own -= share * agree[k]
        squares += (share * agree[k]) ** 2
    return value, squares + own * own


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _steps(
    values: CelsiusArray, frames: IntArray, slots: NDArray[np.int8], box: NDArray[np.int64],
    out: NDArray[np.int64],
) -> None:  # fmt: skip
    for i in range(box[0], box[1]):
        for j in range(box[2], box[3]):
            if slots[i, j] < 0:
                continue
            for down in range(2):
                r, c = i + down, j + 1 - down
                if r >= slots.shape[0] or c >= slots.shape[1] or slots[r, c] < 0:
                    continue
                a, b = frames[i, j, slots[i, j]], frames[r, c, slots[r, c]]
                if a == b:
                    continue
                here, there = (
                    _apart(values[i, j], frames[i, j], a, b),
                    _apart(values[r, c], frames[r, c], a, b),
                )
                step = here if there < 0.0 else there if here < 0.0 else (here + there) / 2.0
                if step >= 0.0:
                    out[min(int(step / SEAM_STEP_K), SEAM_BINS - 1)] += 1


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _apart(values: CelsiusArray, frames: IntArray, a: int, b: int) -> float:
    """How much two frames differ at a pixel; negative where it keeps not both."""
    first = second = -1
    for k in range(frames.shape[0]):
        if frames[k] == a:
            first = k
        if frames[k] == b:
            second = k
    if first < 0 or second < 0:
        return -1.0
    apart: float = abs(values[first] - values[second])
    return apart
