"""Min-sum belief propagation on a grid of cells, each with its own few choices.

Arrays have the choices first and the columns last, so that a round runs on eight cells of a row at a time.
"""

import numpy as np
from numpy.typing import NDArray

from thermal.candidates import NO_FRAME, IntArray
from thermal.compiled import kernel, part
from thermal.frame import CelsiusArray

Labels = NDArray[np.int8]
UNUSED_COST = np.float32(1e5)
"""Of a slot without a frame: never chosen where there is any other."""
_UNSEEN_COST = np.float32(60.0)  # of changing between frames that no cell compares
_LARGE = np.float32(3.0)  # steps; beyond it a difference costs in proportion, not squared
_HALF, _NOTHING, _NONE = np.float32(0.5), np.float32(0.0), np.float32(5e4)


def edge_costs(
    frame: IntArray, step: CelsiusArray, step_K: float, border: float
) -> tuple[CelsiusArray, CelsiusArray]:
    """Cost of each pair of choices of a cell and its right neighbour, and of the one below.

    `frame` int32 (rows, columns, kept); `step` float32 (rows, columns, kept, kept), mean squares of the
    frames' difference, NaN if unknown. Both results float32 (kept, kept, rows, columns): own choice, then the
    neighbour's.
    """
    rows, cols, kept = frame.shape
    right, down = (np.zeros((kept, kept, rows, cols), np.float32) for _ in range(2))
    scale, each = np.float32(1.0 / step_K**2), np.float32(border)
    room = np.empty((2, kept), np.int64)
    _edges(frame, step, scale, each, 0, 1, *room, right)
    _edges(frame, step, scale, each, 1, 0, *room, down)
    return right, down


@kernel()
def _edges(  # noqa: C901, PLR0912  # one compiled loop over pairs of choices
    frame: IntArray, step: CelsiusArray, scale: np.float32, border: np.float32, down: int, right: int,
    in_p: NDArray[np.int64], in_q: NDArray[np.int64], out: CelsiusArray,
) -> None:  # fmt: skip
    """`in_p` and `in_q` (kept,) are room to work in."""
    rows, cols, kept = frame.shape
    for r in range(rows - down):
        for c in range(cols - right):
            p, q = frame[r, c], frame[r + down, c + right]
            here, there = step[r, c], step[r + down, c + right]
            for k in range(kept):
                in_p[k], in_q[k] = -1, -1
            for i in range(kept):
                for j in range(kept):
                    if p[i] == q[j] and p[i] != NO_FRAME:
                        in_p[j], in_q[i] = i, j
            for i in range(kept):
                if p[i] == NO_FRAME:
                    break
                for j in range(kept):
                    if q[j] == NO_FRAME:
                        break
                    if in_q[i] == j:
                        continue
                    cost, known = _NOTHING, 0
                    if in_p[j] >= 0 and here[i, in_p[j]] >= _NOTHING:
                        cost, known = cost + _price(here[i, in_p[j]] * scale), known + 1
                    if in_q[i] >= 0 and there[in_q[i], j] >= _NOTHING:
                        cost, known = cost + _price(there[in_q[i], j] * scale), known + 1
                    mean = _UNSEEN_COST if known == 0 else cost if known == 1 else _HALF * cost
                    out[i, j, r, c] = border + mean


@part(inline="always")
def _price(square: np.float32) -> np.float32:
    """What a difference costs, given squared in steps: the square while small, in proportion when large."""
    if square < _LARGE * _LARGE:
        return square
    price: np.float32 = np.float32(2.0) * _LARGE * np.sqrt(square) - _LARGE * _LARGE
    return price


def beliefs(data: CelsiusArray, right: CelsiusArray, down: CelsiusArray, rounds: int) -> CelsiusArray:
    """The cost of each choice with what came from up to `rounds` cells away, float32 (kept, rows, columns).

    `data` float32 (kept, rows, columns), UNUSED_COST for slots without a frame.
    """
    kept, rows, cols = data.shape
    old, new = (np.zeros((4, kept, rows, cols), np.float32) for _ in range(2))
    room = np.empty((3, kept, cols), np.float32)
    for _ in range(rounds):
        _pass_on(data, right, down, old, new, *room, room[0, 0].copy())
        old, new = new, old
    out: CelsiusArray = data + old.sum(axis=0)
    return out


@kernel()
def _pass_on(
    data: CelsiusArray, right: CelsiusArray, down: CelsiusArray, old: CelsiusArray, new: CelsiusArray,
    own: CelsiusArray, told: CelsiusArray, less: CelsiusArray, least: CelsiusArray,
) -> None:  # fmt: skip
    """One round; `old` and `new` (from left / right / above / below, choice, rows, columns).

    `own`, `told`, `less` (kept, columns) and `least` (columns,) are room to work in.
    """
    kept, rows, cols = data.shape
    for r in range(rows):
        for k in range(kept):
            for c in range(cols):
                own[k, c] = (
                    data[k, r, c] + old[0, k, r, c] + old[1, k, r, c] + old[2, k, r, c] + old[3, k, r, c]
                )
        for way in range(4):  # to the right, to the left, down, up
            if (way == 2 and r + 1 == rows) or (way == 3 and r == 0):
                continue
            skip, into = (1 if way == 1 else 0), (1 if way == 0 else 0)
            length = cols - 1 if way < 2 else cols
            to = r + 1 if way == 2 else r - 1 if way == 3 else r
            back, edges = way + 1 - 2 * (way % 2), right if way < 2 else down
            for k in range(kept):
                _take_off(own[k, skip:], old[back, k, r, skip:], less[k], length)
            for j in range(kept):
                for i in range(kept):
                    edge = edges[j, i, to] if way % 2 else edges[i, j, r]
                    _lower(less[i], edge, told[j], length, i == 0)
                _floor(told[j], least, length, j == 0)
            for j in range(kept):
                _send(told[j], least, old[way, j, to, into:], new[way, j, to, into:], length)


@part()
def _take_off(own: CelsiusArray, back: CelsiusArray, out: CelsiusArray, length: int) -> None:
    for c in range(length):
        out[c] = own[c] - back[c]


@part()
def _lower(less: CelsiusArray, edge: CelsiusArray, out: CelsiusArray, length: int, first: bool) -> None:
    for c in range(length):
        cost = less[c] + edge[c]
        out[c] = cost if first or cost < out[c] else out[c]


@part()
def _floor(told: CelsiusArray, least: CelsiusArray, length: int, first: bool) -> None:
    for c in range(length):
        least[c] = told[c] if first or told[c] < least[c] else least[c]


@part()
def _send(
    told: CelsiusArray, least: CelsiusArray, last: CelsiusArray, out: CelsiusArray, length: int
) -> None:
    """Messages count from the least; half of the last round's stays, so that choices do not swing.

    A cell without any frame says nothing.
    """
    for c in range(length):
        fresh = told[c] - least[c] if least[c] < _NONE else _NOTHING
        out[c] = _HALF * last[c] + _HALF * fresh


@kernel()
def settle(data: CelsiusArray, right: CelsiusArray, down: CelsiusArray, labels: Labels, parity: int) -> None:
    """Each cell takes what is cheapest beside its neighbours: first one colour of a chessboard."""
    kept, rows, cols = data.shape
    for colour in range(2):
        for r in range(rows):
            for c in range((r + colour + parity) % 2, cols, 2):
                best, least = labels[r, c], np.float32(np.inf)
                for k in range(kept):
                    cost = data[k, r, c]
                    if c + 1 < cols:
                        cost += right[k, labels[r, c + 1], r, c]
                    if c > 0:
                        cost += right[labels[r, c - 1], k, r, c - 1]
                    if r + 1 < rows:
                        cost += down[k, labels[r + 1, c], r, c]
                    if r > 0:
                        cost += down[labels[r - 1, c], k, r - 1, c]
                    if cost < least:
                        best, least = k, cost
                labels[r, c] = best
