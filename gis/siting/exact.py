"""A linear model of a choice settled: HiGHS looks for a good choice, branch and bound proves how good."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.siting.branching import Search
from gis.siting.coverrows import Stopwatch
from gis.siting.linear import LinearModel

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

Judged = Callable[[IntArray], float]  # open sites -> what they cost; inf = they do not fit


@dataclass(frozen=True, slots=True)
class Settled:
    """`sites` None = nothing that fits was found; no choice costs less than `bound`; `proved`: all seen."""

    sites: IntArray | None
    cost: float
    bound: float
    proved: bool
    nodes: int


def settle(
    model: LinearModel, judge: Judged, *, step: float, seconds: float, now: Stopwatch = time.monotonic
) -> Settled:
    """The cheapest choice that `judge` takes; costs are multiples of `step` (0 = of nothing).

    HiGHS has half of `seconds`. Its bound is not used: every bound here is proved by prices.
    """
    began = now()
    tree = Search(model, np.inf, step=step, tried=lambda share: _judged(share, judge))
    proof = tree.run(seconds=seconds, nodes=1, now=now)
    best = proof.sites
    if not proof.settled:
        found = highs_choice(model, max(0.1, seconds / 2))
        if found is not None and judge(found) < tree.cost:
            best = found
            tree.know(judge(found))
        proof = tree.run(seconds=max(0.0, seconds - (now() - began)), now=now)
        best = best if proof.sites is None else proof.sites
    return Settled(best, proof.cost, proof.bound, proof.settled, proof.nodes)


def highs_choice(model: LinearModel, seconds: float) -> IntArray | None:
    """The sites that HiGHS opens within `seconds`; None when it finds nothing."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    solver: Any = milp
    answer = solver(
        c=model.cost,
        constraints=LinearConstraint(model.matrix, ub=model.limit),
        integrality=(np.arange(model.columns) < model.sites).astype(int),
        bounds=Bounds(0, 1),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    return None if answer.x is None else np.flatnonzero(answer.x[: model.sites] > 0.5)


def _judged(share: FloatArray, judge: Judged) -> tuple[IntArray, float]:
    sites = np.flatnonzero(share > 0.5)
    return sites, judge(sites)
