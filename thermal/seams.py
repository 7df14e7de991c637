"""Which frame is drawn where: cuts that run through calm ground, chosen by passing costs between cells.

Each cell takes one frame. It costs to take one seen more obliquely or less sharply than the best, and
to change frames between two cells, by how much the two differ in both. The sum is made small by
min-sum belief propagation on the grid of cells, a fixed number of rounds, so that a cell's choice depends
on what lies within that many cells and on nothing else (Pearl 1988; seam cost as in Kwatra et al. 2003).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from thermal.candidates import NO_FRAME, IntArray
from thermal.cells import Cells
from thermal.frame import CelsiusArray
from thermal.messages import beliefs, edge_costs, settle
from thermal.ortho import BlendParams

_HOLE_COST = 300.0  # of a frame that covers nothing of a cell
_ASTRAY_COST = 15.0  # of a frame that the larger cells did not choose
_LARGE = 3.0  # times `step_K`: beyond it a difference costs in proportion
_AROUND = 2  # cells about one whose sharpness counts with its own
SETTLE = 3  # last rounds, in which single cells follow their neighbours


def halo_cells(rounds: int) -> int:
    """How many cells away from a cell its choice depends on."""
    return rounds + 2 * SETTLE + _AROUND + 1


def chosen_frames(
    cells: Cells, params: BlendParams, noise_K: float, first: tuple[int, int], rounds: int,
    guide: IntArray | None = None,
) -> IntArray:  # fmt: skip
    """The frame to draw in each cell, int32 (rows, columns), NO_FRAME where there is none.

    `first`: row and column of the first cell in the map, which give the order of the last rounds. `guide`
    int32 (rows, columns, 9): the frames that larger cells chose about each one, others are taken hardly.
    """
    data = _data_cost(cells, params, noise_K)
    if guide is not None:
        near = (cells.frame[..., None] == guide[:, :, None, :]).any(axis=3)
        data += np.where(near, 0.0, _ASTRAY_COST).astype(np.float32)
    right, down = edge_costs(cells.frame, _change_cost(cells, params), params.border_cost)
    labels = np.argmin(beliefs(data, right, down, rounds), axis=2).astype(np.int8)
    for _ in range(SETTLE):
        settle(data, right, down, labels, (first[0] + first[1]) % 2)
    return np.take_along_axis(cells.frame, labels[..., None].astype(np.int64), axis=2)[..., 0]


def guided(coarse: IntArray, shape: tuple[int, int], far: int) -> IntArray:
    """What larger cells chose about each smaller one, int32 (rows, columns, 9).

    `coarse` int32, one row and column more on each side than the smaller cells fill.
    """
    rows, cols = np.arange(shape[0]) // far + 1, np.arange(shape[1]) // far + 1
    around = [coarse[rows[:, None] + r, cols[None, :] + c] for r in (-1, 0, 1) for c in (-1, 0, 1)]
    return np.stack(around, axis=-1)


def _change_cost(cells: Cells, params: BlendParams) -> CelsiusArray:
    """What a border between two slots' frames costs by their difference, negative where it is unknown."""
    apart = np.sqrt(cells.step) / params.step_K
    cost = np.where(apart < _LARGE, apart**2, 2.0 * _LARGE * apart - _LARGE**2)
    return np.where(np.isnan(apart), -1.0, cost).astype(np.float32)


def _data_cost(cells: Cells, params: BlendParams, noise_K: float) -> CelsiusArray:
    """What it costs to draw each slot's frame: lighter, less sharp, with holes."""
    used = cells.frame != NO_FRAME
    best = np.maximum(cells.weight.max(axis=2, keepdims=True), 1e-12)
    with np.errstate(divide="ignore"):
        light = -np.log(np.where(used, np.maximum(cells.weight, 1e-12) / best, 1.0))
    hole = _HOLE_COST * (cells.filled.max(axis=2, keepdims=True) - cells.filled)
    cost = params.light_weight * light + hole + params.sharp_weight * _dullness(cells, noise_K)
    return np.where(used, cost, np.inf).astype(np.float32)


def _dullness(cells: Cells, noise_K: float) -> NDArray[np.float64]:
    """Half the logarithm of the sharpest frame's fine energy over each one's own, noise added to both."""
    frames = np.unique(cells.frame[cells.frame != NO_FRAME])
    smooth = np.zeros(cells.energy.shape)
    size = 2 * _AROUND + 1
    for number in frames:
        here = cells.frame == number
        energy = uniform_filter(np.where(here, cells.energy, 0.0).sum(axis=2), size, mode="constant")
        share = uniform_filter(here.any(axis=2).astype(float), size, mode="constant")
        mean = energy / np.maximum(share, 1e-9)
        smooth = np.where(here, mean[..., None], smooth)
    level = smooth + 4.0 * noise_K**2 + 1e-9
    sharpest = np.where(cells.frame == NO_FRAME, 0.0, level).max(axis=2, keepdims=True)
    return np.asarray(0.5 * np.log(np.maximum(sharpest, 1e-9) / level))
