"""Covering as rows: what each choice of sites is worth, partial cover and existing places included."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


Stopwatch = Callable[[], float]


@dataclass(frozen=True, slots=True)
class CoverRows:
    """Demand rows: row i is worth `weights[i]` when one of its sites is open.

    `reach` is CSR (rows, sites), non-zero where the site covers the row. `always` is worth that counts
    whatever is chosen (what existing places cover already).
    """

    weights: FloatArray
    reach: "csr_array"
    always: float = 0.0

    @property
    def sites(self) -> int:
        """How many sites there are to choose from."""
        return int(self.reach.shape[1])


def cover_rows(
    weights: FloatArray,
    site: IntArray,
    demand: IntArray,
    share: FloatArray,
    *,
    sites: int,
    existing: FloatArray | None = None,
) -> CoverRows:
    """Rows from pairs: `site[k]` covers the `share[k]` (0..1] of `demand[k]`; the best open site counts.

    Partial cover is exact: a demand with shares s1 > s2 > ... becomes rows worth weight * (s1 - s2), ... that
    are covered by every site with at least that share. `existing` (n,) is the share covered already; only
    what lies above it can still be won. Rows with the same sites are merged.
    """
    weights = np.asarray(weights, float)
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if bad.size:
        raise ValueError(f"weights[{bad[0]}] must be a number of at least 0, got {weights[bad[0]]}")
    held = np.zeros(len(weights)) if existing is None else np.asarray(existing, float)
    useful = share > held[demand]
    site, demand, share = site[useful], demand[useful], share[useful]
    order = np.lexsort((-share, demand))
    site, demand, share = site[order], demand[order], share[order]
    row_of, row_weight, pair_site = _levels(weights, held, site, demand, share)
    reach = _binary(row_of, pair_site, (len(row_weight), sites))
    merged_weight, merged = merge_rows(row_weight, reach)
    return CoverRows(merged_weight, merged, float((weights * held).sum()))


def _binary(row: IntArray, column: IntArray, shape: tuple[int, int]) -> "csr_array":
    from scipy.sparse import csr_array

    out = csr_array((np.ones(len(row), np.int8), (row, column)), shape=shape)
    out.sum_duplicates()
    out.data[:] = 1
    return out


def _levels(
    weights: FloatArray, held: FloatArray, site: IntArray, demand: IntArray, share: FloatArray
) -> tuple[IntArray, FloatArray, IntArray]:
    """(row of each pair, weight of each row, site of each pair), shares falling within each demand."""
    rows: list[IntArray] = []
    worth: list[float] = []
    sites: list[IntArray] = []
    starts = (
        np.flatnonzero(np.concatenate([[True], demand[1:] != demand[:-1]]))
        if len(demand)
        else np.zeros(0, int)
    )
    ends = np.append(starts[1:], len(demand)) if len(demand) else starts
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        who = int(demand[start])
        falls = np.flatnonzero(share[start:end][:-1] > share[start:end][1:]) + 1
        stops = np.append(falls, end - start)
        below = np.append(share[start:end][falls], held[who])
        for stop, low in zip(stops.tolist(), below.tolist(), strict=True):
            rows.append(np.full(stop, len(worth), np.int64))
            sites.append(site[start : start + stop])
            worth.append(float(weights[who] * (share[start + stop - 1] - low)))
    if not rows:
        return np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64)
    return np.concatenate(rows), np.asarray(worth), np.concatenate(sites)


def objective_of(rows: CoverRows, sites: IntArray) -> float:
    """What a choice of sites covers, `always` included."""
    open_sites = np.zeros(rows.sites)
    open_sites[np.asarray(sites, np.int64)] = 1.0
    return float(rows.weights[(rows.reach @ open_sites) > 0].sum()) + rows.always


def merge_rows(weights: FloatArray, reach: "csr_array") -> tuple[FloatArray, "csr_array"]:
    """Add up rows with identical sites; rows without worth or sites go."""
    reach.sort_indices()
    found: dict[bytes, int] = {}
    kept: list[int] = []
    total: list[float] = []
    for row, weight in enumerate(weights.tolist()):
        key = reach.indices[reach.indptr[row] : reach.indptr[row + 1]].tobytes()
        if not key or weight <= 0:
            continue
        slot = found.setdefault(key, len(kept))
        if slot == len(kept):
            kept.append(row)
            total.append(0.0)
        total[slot] += weight
    return np.asarray(total, float), reach[np.asarray(kept, np.int64)]
