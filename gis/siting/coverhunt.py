"""Good covers in the background: rounds of annealing in a thread, the best ones merged by HiGHS."""

import itertools
import math
import threading
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gis.siting.coverrows import CoverRows, merge_rows, objective_of
from gis.siting.coversearch import HOT_SHARE, anneal, cover_arrays

if TYPE_CHECKING:
    from gis.siting.linear import LinearModel

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ELITES = 8  # choices that are kept and merged
STEPS_A_PAIR = 40  # of the first rounds, for each pair of a site and an open site
FIRST_STEPS = 1_000_000  # at most, in the first rounds
DOUBLED_AFTER = 8  # rounds; after them some begin from the best choice as well
MOST_DOUBLED = 3


class Hunt:
    """Keeps the best choices met; every round of annealing has its own seed and cooling.

    `round` runs one; `start` runs them in a thread until `stop`. `add` takes a choice from elsewhere.
    """

    def __init__(self, rows: CoverRows, first: IntArray, seed: int) -> None:
        self._rows, self._cover, self._first = rows, cover_arrays(rows), np.asarray(first, np.int64)
        self._rounds = itertools.count(seed)
        self._steps = min(FIRST_STEPS, STEPS_A_PAIR * rows.sites * max(4, len(first)))
        self._begun = seed
        self._halt = np.zeros(1, np.bool_)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._elites: list[tuple[float, tuple[int, ...]]] = []
        self.add(self._first)

    @property
    def best(self) -> tuple[float, IntArray]:
        """Worth and sites of the best choice so far."""
        with self._lock:
            value, sites = self._elites[0]
        return value, np.array(sites, np.int64)

    @property
    def elites(self) -> list[tuple[int, ...]]:
        """The best different choices so far, best first."""
        with self._lock:
            return [sites for _, sites in self._elites]

    def add(self, sites: IntArray) -> None:
        """Keep a choice if it is among the best; of equals the first that came stays first."""
        made = (objective_of(self._rows, sites), tuple(sorted(int(site) for site in sites)))
        with self._lock:
            if made not in self._elites:
                self._elites.append(made)
                self._elites.sort(key=lambda one: -one[0])
                del self._elites[ELITES:]

    def round(self) -> None:
        """One cooling, from the first choice or from the best."""
        number = next(self._rounds)
        grown = (number - self._begun) // DOUBLED_AFTER
        value, best = self.best
        start, hot = (best, 0.3) if grown and number % 3 == 0 else (self._first, 1.0)
        heat = hot * HOT_SHARE * max(value, 1e-300) / len(start)
        steps = self._steps * 2 ** min(grown, MOST_DOUBLED)
        self.add(anneal(self._cover, start, steps, number % 2**31, heat, self._halt))

    def start(self) -> None:
        """Rounds in a thread of their own; does nothing when it runs already."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._rounds_until_halted, name="cover hunt", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread; what it found stays."""
        self._halt[0] = True
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _rounds_until_halted(self) -> None:
        while not self._halt[0]:
            self.round()


def merged(rows: CoverRows, elites: list[tuple[int, ...]], count: int, seconds: float) -> IntArray | None:
    """The best choice among the sites of several good ones, those common to all kept open; by HiGHS."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    kept = np.array(sorted(set().union(*elites)), np.int64)
    common = np.array(sorted(set(elites[0]).intersection(*elites[1:])), np.int64)
    weights, reach = merge_rows(rows.weights, rows.reach[:, kept])
    model = cover_model(CoverRows(weights, reach), count)
    lower = np.zeros(model.columns)
    lower[: len(kept)] = np.isin(kept, common)
    answer = milp(
        c=model.cost,
        constraints=LinearConstraint(model.matrix, ub=model.limit),
        integrality=(np.arange(model.columns) < model.sites).astype(int),
        bounds=Bounds(lower, 1),
        options={"time_limit": max(0.1, seconds), "mip_rel_gap": 1e-6},
    )
    if answer.x is None:
        return None
    share = np.asarray(answer.x[: model.sites], float)
    return np.sort(kept[np.argsort(-share, kind="stable")[: math.floor(share.sum() + 0.5)]])


def cover_model(rows: CoverRows, count: int) -> "LinearModel":
    """Church and ReVelle (1974): minimise -w @ y over y_i <= sum of x_j that cover i, sum x <= count."""
    from scipy.sparse import csr_array, eye_array, hstack, vstack

    from gis.siting.linear import LinearModel

    many, sites = rows.reach.shape
    covered = hstack([-rows.reach.astype(float), eye_array(many)])
    counted = csr_array(np.concatenate([np.ones(sites), np.zeros(many)])[None, :])
    matrix: csr_array = csr_array(vstack([covered, counted]))
    cost = np.concatenate([np.zeros(sites), -rows.weights])
    return LinearModel(cost, matrix, np.append(np.zeros(many), float(count)), sites)
