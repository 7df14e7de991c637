"""Which frame is drawn where: cuts that run through calm ground, chosen by passing costs between cells.

Each cell takes one frame. It costs to take one seen more obliquely or less sharply than the best, and
to change frames between two cells, by how much the two differ in both. The sum is made small by
min-sum belief propagation on the grid of cells, a fixed number of rounds, so that a cell's choice depends
on what lies within that many cells and on nothing else (Pearl 1988; seam cost as in Kwatra et al. 2003).
"""

import math

import numpy as np

from thermal.candidates import NO_FRAME, IntArray
from thermal.cells import Cells, near
from thermal.compiled import kernel, part
from thermal.frame import CelsiusArray
from thermal.messages import UNUSED_COST, beliefs, edge_costs, settle
from thermal.ortho import BlendParams

_HOLE_COST = np.float32(300.0)  # of a frame that covers nothing of a cell
_ASTRAY_COST = np.float32(15.0)  # of a frame that the larger cells did not choose
_AROUND = 2  # cells about one whose sharpness counts with its own
SETTLE = 3  # last rounds, in which single cells follow their neighbours
_F4 = np.float32


def halo_cells(rounds: int) -> int:
    """How many cells away from a cell its choice depends on."""
    return rounds + 2 * SETTLE + _AROUND + 1


def chosen_frames(
    cells: Cells, params: BlendParams, noise_K: float, first: tuple[int, int], rounds: int,
    guide: IntArray | None = None,
) -> IntArray:  # fmt: skip
    """The frame to draw in each cell, int32 (rows, columns), NO_FRAME where there is none.

    `first`: row and column of the first cell in the map, which give the order of the last rounds. `guide`
    int32: what cells `params.far` times as large chose, one row and column of them more on each side than
    the cells fill; frames that none of the nine about a cell chose are taken hardly.
    """
    data = _data_cost(cells, params, noise_K, guide)
    right, down = edge_costs(cells.frame, cells.step, params.step_K, params.border_cost)
    labels = np.argmin(beliefs(data, right, down, rounds), axis=0).astype(np.int8)
    for _ in range(SETTLE):
        settle(data, right, down, labels, (first[0] + first[1]) % 2)
    return np.take_along_axis(cells.frame, labels[..., None].astype(np.int64), axis=2)[..., 0]


def _data_cost(cells: Cells, params: BlendParams, noise_K: float, guide: IntArray | None) -> CelsiusArray:
    """What it costs to draw each slot's frame, float32 (kept, rows, columns): lighter, duller, with holes."""
    rows, cols, kept = cells.frame.shape
    out = np.empty((kept, rows, cols), np.float32)
    settings = np.array([params.light_weight, params.sharp_weight, 4.0 * noise_K**2 + 1e-9], np.float32)
    around = np.zeros((0, 0), np.int32) if guide is None else np.ascontiguousarray(guide)
    level = np.empty(kept, np.float32)
    _costs(cells.frame, cells.weight, cells.filled, cells.energy, around, params.far, settings, level, out)
    return out


@kernel()
def _costs(
    frame: IntArray, weight: CelsiusArray, filled: CelsiusArray, energy: CelsiusArray, guide: IntArray,
    far: int, settings: CelsiusArray, level: CelsiusArray, out: CelsiusArray,
) -> None:  # fmt: skip
    """`level` (kept,) is room to work in."""
    rows, cols, kept = frame.shape
    for r in range(rows):
        for c in range(cols):
            heaviest, fullest, sharpest = _F4(1e-12), _F4(0.0), _F4(1e-9)
            for k in range(kept):
                out[k, r, c] = UNUSED_COST
                if frame[r, c, k] == NO_FRAME:
                    continue
                level[k] = _smooth(frame, energy, r, c, frame[r, c, k]) + settings[2]
                heaviest = max(heaviest, weight[r, c, k])
                fullest = max(fullest, filled[r, c, k])
                sharpest = max(sharpest, level[k])
            for k in range(kept):
                if frame[r, c, k] == NO_FRAME:
                    continue
                light = math.log(heaviest / max(weight[r, c, k], _F4(1e-12)))
                dull = _F4(0.5) * math.log(sharpest / level[k])
                cost = settings[0] * light + settings[1] * dull + _HOLE_COST * (fullest - filled[r, c, k])
                if guide.size and not near(guide, r // far, c // far, frame[r, c, k]):
                    cost += _ASTRAY_COST
                out[k, r, c] = cost


@part()
def _smooth(frame: IntArray, energy: CelsiusArray, row: int, col: int, number: int) -> np.float32:
    """A frame's mean fine energy in the cells about one that have it."""
    total, count = _F4(0.0), 0
    for r in range(max(row - _AROUND, 0), min(row + _AROUND + 1, frame.shape[0])):
        for c in range(max(col - _AROUND, 0), min(col + _AROUND + 1, frame.shape[1])):
            for k in range(frame.shape[2]):
                if frame[r, c, k] == number:
                    total += energy[r, c, k]
                    count += 1
                    break
    return total / _F4(max(count, 1))
