"""Min-sum belief propagation on a grid of cells, each with its own few choices."""

import numba
import numpy as np
from numpy.typing import NDArray

from thermal.candidates import NO_FRAME, IntArray
from thermal.frame import CelsiusArray

Labels = NDArray[np.int8]
_UNSEEN_COST = np.float32(60.0)  # of changing between frames that no cell compares
_KEEP = np.float32(0.5)  # share of the last round's message that stays: choices do not swing
_HALF = np.float32(0.5)
_UNKNOWN = np.float32(-1.0)


def edge_costs(frame: IntArray, change: CelsiusArray, border: float) -> tuple[CelsiusArray, CelsiusArray]:
    """Cost of each pair of choices of a cell and its right neighbour, and of the one below.

    `frame` int32 (rows, columns, kept); `change` float32 (rows, columns, kept, kept), negative if unknown.
    Both results float32 (rows, columns, kept, kept): own choice, then the neighbour's.
    """
    right, down = (np.zeros(change.shape, np.float32) for _ in range(2))
    _edges(frame, change, np.float32(border), 0, 1, right)
    _edges(frame, change, np.float32(border), 1, 0, down)
    return right, down


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _edges(
    frame: IntArray, change: CelsiusArray, border: np.float32, down: int, right: int, out: CelsiusArray
) -> None:
    rows, cols, kept = frame.shape
    for r in range(rows - down):
        for c in range(cols - right):
            p, q = frame[r, c], frame[r + down, c + right]
            for i in range(kept):
                for j in range(kept):
                    if p[i] != q[j] and p[i] != NO_FRAME and q[j] != NO_FRAME:
                        here = _between(p, change[r, c], p[i], q[j])
                        there = _between(q, change[r + down, c + right], p[i], q[j])
                        out[r, c, i, j] = border + _mean(here, there)


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _between(names: IntArray, change: CelsiusArray, a: int, b: int) -> np.float32:
    """What a cell says two frames differ by; negative when it does not know."""
    first = second = -1
    for k in range(names.shape[0]):
        if names[k] == a:
            first = k
        if names[k] == b:
            second = k
    if first < 0 or second < 0:
        return _UNKNOWN
    apart: np.float32 = change[first, second]
    return apart


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _mean(here: np.float32, there: np.float32) -> np.float32:
    if here >= 0.0 and there >= 0.0:
        return _HALF * (here + there)
    if here < 0.0 and there < 0.0:
        return _UNSEEN_COST
    return max(here, there)


def beliefs(data: CelsiusArray, right: CelsiusArray, down: CelsiusArray, rounds: int) -> CelsiusArray:
    """The cost of each choice with what came from up to `rounds` cells away, float32 (rows, cols, kept)."""
    shape = (*data.shape[:2], 4, data.shape[2])
    old, new = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for _ in range(rounds):
        _pass_on(data, right, down, old, new)
        old, new = new, old
    out: CelsiusArray = data + old.sum(axis=2)
    return out


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _pass_on(
    data: CelsiusArray, right: CelsiusArray, down: CelsiusArray, old: CelsiusArray, new: CelsiusArray
) -> None:
    """One round; `old` and `new` (rows, columns, from left / right / above / below, choice)."""
    rows, cols, kept = data.shape
    own = np.empty(kept, np.float32)
    for r in range(rows):
        for c in range(cols):
            for k in range(kept):
                own[k] = data[r, c, k] + old[r, c, 0, k] + old[r, c, 1, k] + old[r, c, 2, k] + old[r, c, 3, k]
            if c + 1 < cols:
                _send(own, old[r, c, 1], right[r, c], False, old[r, c + 1, 0], new[r, c + 1, 0])
            if c > 0:
                _send(own, old[r, c, 0], right[r, c - 1], True, old[r, c - 1, 1], new[r, c - 1, 1])
            if r + 1 < rows:
                _send(own, old[r, c, 3], down[r, c], False, old[r + 1, c, 2], new[r + 1, c, 2])
            if r > 0:
                _send(own, old[r, c, 2], down[r - 1, c], True, old[r - 1, c, 3], new[r - 1, c, 3])


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _send(
    own: CelsiusArray, back: CelsiusArray, edge: CelsiusArray, turned: bool, last: CelsiusArray,
    out: CelsiusArray,
) -> None:  # fmt: skip
    """What one cell tells another: for each of the other's choices, its own least cost."""
    kept = own.shape[0]
    least_of_all = np.float32(np.inf)
    for j in range(kept):
        least = np.float32(np.inf)
        for i in range(kept):
            cost = own[i] - back[i] + (edge[j, i] if turned else edge[i, j])
            least = min(least, cost)
        out[j] = least
        least_of_all = min(least_of_all, least)
    if least_of_all == np.inf:  # a cell without any frame says nothing
        out[:] = 0.0
        return
    for j in range(kept):
        out[j] = _KEEP * last[j] + (np.float32(1.0) - _KEEP) * (out[j] - least_of_all)


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def settle(data: CelsiusArray, right: CelsiusArray, down: CelsiusArray, labels: Labels, parity: int) -> None:
    """Each cell takes what is cheapest beside its neighbours: first one colour of a chessboard."""
    rows, cols, kept = data.shape
    for colour in range(2):
        for r in range(rows):
            for c in range((r + colour + parity) % 2, cols, 2):
                best, least = labels[r, c], np.float32(np.inf)
                for k in range(kept):
                    cost = data[r, c, k]
                    if c + 1 < cols:
                        cost += right[r, c, k, labels[r, c + 1]]
                    if c > 0:
                        cost += right[r, c - 1, labels[r, c - 1], k]
                    if r + 1 < rows:
                        cost += down[r, c, k, labels[r + 1, c]]
                    if r > 0:
                        cost += down[r - 1, c, labels[r - 1, c], k]
                    if cost < least:
                        best, least = k, cost
                labels[r, c] = best
