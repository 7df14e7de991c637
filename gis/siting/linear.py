"""Linear models of choices, relaxed by HiGHS; bounds are worked out anew, safe from rounding."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FloatArray = NDArray[np.float64]

EPS = float(np.finfo(np.float64).eps)
LARGE = 30_000  # non-zeros from which an interior point beats the simplex method


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Minimise `cost` @ x over `matrix` @ x <= `limit`, 0 <= x <= 1; the first `sites` columns are whole.

    `cost` (columns,), `matrix` CSR (rows, columns), `limit` (rows,).
    """

    cost: FloatArray
    matrix: "csr_array"
    limit: FloatArray
    sites: int

    @property
    def columns(self) -> int:
        """How many variables there are."""
        return len(self.cost)

    def relaxed(
        self, lower: FloatArray, upper: FloatArray, prices: FloatArray | None, *, seconds: float
    ) -> "Relaxation | None":
        """See `relax`; HiGHS takes no earlier prices."""
        del prices
        return relax(self, lower, upper, seconds=seconds)


@dataclass(frozen=True, slots=True)
class Relaxation:
    """`bound`: no x within the limits costs less, rounding included; `x` what HiGHS found, None = nothing.

    `reduced` (columns,) are safe reduced costs: what a unit of a column costs at least, at `prices`.
    """

    bound: float
    x: FloatArray | None
    reduced: FloatArray
    prices: FloatArray | None = None


def relax(
    model: LinearModel, lower: FloatArray, upper: FloatArray, *, seconds: float = 60.0
) -> Relaxation | None:
    """The linear relaxation between `lower` and `upper`; None when nothing fits.

    When time runs out the bound is that of no prices at all: true and weak.
    """
    from scipy.optimize import linprog

    solver: Any = linprog  # its stubs know no sparse matrix
    answer = solver(
        model.cost,
        A_ub=model.matrix,
        b_ub=model.limit,
        bounds=np.column_stack([lower, upper]),
        method="highs-ipm" if model.matrix.nnz >= LARGE else "highs",
        options={"time_limit": max(0.05, seconds)},
    )
    if answer.status == 2:
        return None
    if answer.status != 0 or answer.x is None:
        return safe_bound(model, lower, upper, np.zeros(len(model.limit)))
    found = safe_bound(model, lower, upper, np.maximum(-np.asarray(answer.ineqlin.marginals), 0.0))
    return Relaxation(found.bound, np.asarray(answer.x, float), found.reduced)


def safe_bound(model: LinearModel, lower: FloatArray, upper: FloatArray, prices: FloatArray) -> Relaxation:
    """The bound that any `prices` >= 0 of the rows give, rounded down (Neumaier and Shcherbina 2004).

    cost @ x >= cost @ x + prices @ (matrix @ x - limit), whose least value between the bounds is a sum; its
    rounding errors are bounded and taken off.
    """
    turned = model.matrix.T.tocsr()
    reduced = model.cost + turned @ prices
    terms = np.diff(turned.indptr) + 2.0
    doubt = 2.0 * EPS * terms * (np.abs(model.cost) + abs(turned) @ prices)
    reduced = reduced - doubt  # x >= 0: less is always safe
    least = np.where(reduced >= 0, reduced * lower, reduced * upper)
    paid = prices * model.limit
    total = math.fsum(least.tolist()) - math.fsum(paid.tolist())
    slack = 4.0 * EPS * (float(np.abs(least).sum()) + float(np.abs(paid).sum()))
    return Relaxation(total - slack, None, reduced)
