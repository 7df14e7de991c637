"""Branch and bound over whether a site is open; every bound in it is proved (see `linear`)."""

import heapq
import itertools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gis.siting.coverrows import Stopwatch
from gis.siting.linear import Relaxation

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

Tried = Callable[[FloatArray], tuple[IntArray, float]]  # site shares of a relaxation -> (open sites, cost)


class Model(Protocol):
    """A choice of sites that can be relaxed; costs are minimised and the first columns are the sites."""

    @property
    def sites(self) -> int:
        """How many sites."""
        ...

    @property
    def columns(self) -> int:
        """How many variables."""
        ...

    def relaxed(
        self, lower: FloatArray, upper: FloatArray, prices: FloatArray | None, *, seconds: float
    ) -> Relaxation | None:
        """The relaxation between two limits of the variables; None when nothing fits."""
        ...


@dataclass(frozen=True, slots=True)
class Proof:
    """`sites` a choice cheaper than what was known, or None; `cost` the best; `bound` no choice is below it.

    `nodes` relaxations were solved; `settled` = nothing is left to look at.
    """

    sites: IntArray | None
    cost: float
    bound: float
    nodes: int
    settled: bool


@dataclass(order=True, slots=True)
class _Node:
    bound: float
    number: int
    lower: FloatArray = field(compare=False)
    upper: FloatArray = field(compare=False)
    prices: FloatArray | None = field(compare=False)


class Search:
    """A tree over the sites of `model`, best bound first.

    `known` is the cost of a choice in hand, `step` what costs are multiples of (0 = nothing): bounds are
    rounded up to the next one. `tried` turns the shares of a relaxation into a choice; the sites in `opened`
    (sites,) are open in every choice.
    """

    def __init__(
        self,
        model: Model,
        known: float,
        *,
        step: float,
        tried: Tried,
        opened: NDArray[np.bool_] | None = None,
    ) -> None:
        self.cost, self.nodes = known, 0
        self.sites: IntArray | None = None
        self._model, self._step, self._tried = model, step, tried
        self._count = itertools.count()
        self._open: list[_Node] = []
        self._lost = math.inf  # the least bound of what was left aside
        lower = np.zeros(model.columns)
        if opened is not None:
            lower[: model.sites] = opened
        self._push(-math.inf, lower, np.ones(model.columns), None)

    @property
    def bound(self) -> float:
        """No choice costs less."""
        waiting = self._open[0].bound if self._open else math.inf
        return min(self.cost, self._rounded(min(waiting, self._lost, self._left_aside)))

    @property
    def _left_aside(self) -> float:
        """Branches were cut from this bound on; multiples of the step below the cost are not among them."""
        return self.cost if self._step else self._enough

    def know(self, cost: float) -> None:
        """Somebody else found a choice of this cost."""
        if cost < self.cost:
            self.cost, self.sites = cost, None

    def run(self, *, seconds: float, nodes: int | None = None, now: Stopwatch = time.monotonic) -> Proof:
        """Look at nodes until all is settled, `seconds` are over or `nodes` more were solved."""
        until, most = now() + seconds, math.inf if nodes is None else self.nodes + nodes
        while self._open and self.nodes < most and now() < until:
            node = heapq.heappop(self._open)
            if not self._hopeless(node.bound):
                self._look(node, until - now())
        return Proof(self.sites, self.cost, self.bound, self.nodes, not self._open)

    def _look(self, node: _Node, seconds: float) -> None:
        found = self._model.relaxed(node.lower, node.upper, node.prices, seconds=seconds)
        self.nodes += 1
        if found is None:
            return
        bound = max(node.bound, found.bound)
        if found.x is None:  # time ran out inside: the node stays as it was
            self._push(node.bound, node.lower, node.upper, node.prices)
            return
        share = found.x[: self._model.sites]
        sites, cost = self._tried(share)
        if cost < self.cost:
            self.cost, self.sites = cost, sites
        if not self._hopeless(bound):
            self._split(node, found, bound, share)

    def _split(self, node: _Node, found: Relaxation, bound: float, share: FloatArray) -> None:
        lower, upper = self._settled(node, found)
        free = np.flatnonzero(lower[: len(share)] < upper[: len(share)])
        if free.size == 0:
            self._decided(node, lower, upper, bound)
            return
        unsure = np.abs(share[free] - 0.5)
        at = int(free[np.argmin(unsure)])
        for value in (0.0, 1.0):
            low, high = lower.copy(), upper.copy()
            low[at] = high[at] = value
            self._push(bound, low, high, found.prices)

    def _decided(self, node: _Node, lower: FloatArray, upper: FloatArray, bound: float) -> None:
        """One choice is left: looked at once more if it was not alone before."""
        many = self._model.sites
        if (node.lower[:many] < node.upper[:many]).any():
            self._push(bound, lower, upper, None)
        else:
            self._lost = min(self._lost, bound)

    def _settled(self, node: _Node, found: Relaxation) -> tuple[FloatArray, FloatArray]:
        """Bounds after closing and opening what reduced costs decide: the other way is hopeless."""
        lower, upper = node.lower.copy(), node.upper.copy()
        reduced = found.reduced[: self._model.sites]
        free = lower[: len(reduced)] < upper[: len(reduced)]
        margin = 1e-9 * (1.0 + abs(found.bound))
        worse = found.bound + np.abs(reduced) - margin
        decided = free & (worse >= self._enough)
        upper[: len(reduced)][decided & (reduced > 0)] = 0.0
        lower[: len(reduced)][decided & (reduced < 0)] = 1.0
        return lower, upper

    @property
    def _enough(self) -> float:
        """A bound from which on nothing better than the cost in hand is possible."""
        if not math.isfinite(self.cost):
            return self.cost
        return self.cost - self._step + 1e-9 if self._step else self.cost - 1e-9 * abs(self.cost)

    def _hopeless(self, bound: float) -> bool:
        return bound >= self._enough

    def _rounded(self, bound: float) -> float:
        if not self._step or not math.isfinite(bound):
            return bound
        return math.ceil(bound / self._step - 1e-9) * self._step

    def _push(self, bound: float, lower: FloatArray, upper: FloatArray, prices: FloatArray | None) -> None:
        heapq.heappush(self._open, _Node(bound, next(self._count), lower, upper, prices))
