"""The p-median over the sites that a bound left unsettled, as a linear model with few variables."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.siting.branching import Proof, Search
from gis.siting.coverrows import Stopwatch
from gis.siting.linear import LinearModel, Relaxation

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def proved_by_levels(
    cost: FloatArray, count: int, value: float, root: Relaxation, *, step: float, seconds: float,
    now: Stopwatch,
) -> Proof:  # fmt: skip
    """Branch and bound in Elloumi's (2010) form, without the sites that `root` settles.

    `value` is the cost of a choice in hand; the proof counts whole costs and all sites.
    """
    enough = value - step + 1e-6 if step else value * (1 - 1e-9)
    closed = (root.reduced > 0) & (root.bound + root.reduced >= enough)
    kept = np.flatnonzero(~closed)
    held = ((root.reduced < 0) & (root.bound - root.reduced >= enough))[kept]
    rows = _levels(cost[:, kept], held)

    def tried(share: FloatArray) -> tuple[IntArray, float]:
        sites = kept[np.argsort(-share, kind="stable")[:count]]
        return sites, float(cost[:, sites].min(axis=1).sum()) - rows.base

    tree = Search(rows.model(held, count), value - rows.base, step=step, tried=tried, opened=held)
    proof = tree.run(seconds=seconds, now=now)
    bound = min(proof.bound + rows.base, value)  # no choice with a settled site the other way beats `value`
    return Proof(proof.sites, proof.cost + rows.base, bound, proof.nodes, proof.settled)


@dataclass(frozen=True, slots=True)
class _Levels:
    """Elloumi's rows: level variable z of a demand says that no open site lies within that distance.

    `worth` what each z costs, `least` right-hand sides, (`row`, `column`, `sign`) the matrix entries, where
    columns >= 0 are sites and -1 - k is level k; `base` what is paid anyhow.
    """

    worth: FloatArray
    least: FloatArray
    row: IntArray
    column: IntArray
    sign: FloatArray
    base: float

    def model(self, opened: NDArray[np.bool_], count: int) -> LinearModel:
        """The choice of `count` of the sites, those in `opened` among them."""
        from scipy.sparse import csr_array, vstack

        sites = len(opened)
        column = np.where(self.column >= 0, self.column, sites - 1 - self.column)
        shape = (len(self.least), sites + len(self.worth))
        levels = csr_array((-self.sign, (self.row, column)), shape=shape)
        counted = csr_array(np.concatenate([np.ones(sites), np.zeros(len(self.worth))])[None, :])
        matrix: csr_array = csr_array(vstack([levels, counted]))
        worth = np.concatenate([np.zeros(sites), self.worth])
        return LinearModel(worth, matrix, np.append(-self.least, float(count)), sites)


def _levels(cost: FloatArray, fixed: NDArray[np.bool_]) -> _Levels:
    worth: list[float] = []
    least: list[float] = []
    entries: list[tuple[int, int, float]] = []
    base = 0.0
    for demand in cost:
        order = np.argsort(demand, kind="stable")
        distances, first = np.unique(demand[order], return_index=True)
        groups = np.split(order, first[1:])
        base += float(distances[0])
        for level, group in enumerate(groups):
            row, settled = len(least), bool(fixed[group].any())
            least.append(1.0 if level == 0 else 0.0)
            entries += [(row, int(site), 1.0) for site in group]
            if level:
                entries.append((row, -len(worth), -1.0))
            if settled or level == len(groups) - 1:
                break
            entries.append((row, -1 - len(worth), 1.0))
            worth.append(float(distances[level + 1] - distances[level]))
    rows, columns, signs = zip(*entries, strict=True)
    return _Levels(np.array(worth), np.array(least), np.array(rows), np.array(columns), np.array(signs), base)
