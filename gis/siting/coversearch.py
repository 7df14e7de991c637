# ruff: noqa: NPY002 - compiled code knows only the older generator, seeded in each round
"""A search for good covers: compiled simulated annealing over exchanges of one open site for another."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gis.siting.coverrows import CoverRows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

F = TypeVar("F", bound=Callable[..., Any])

HOT_SHARE = 0.1  # of what a site is worth: the temperature that a round of annealing starts with
COOLING = 40.0  # how many times colder it ends
BESIDE = 0.5  # share of exchanges tried with a site that covers a row of the leaving one


def _compiled(function: F) -> F:
    machine_code: F = njit(cache=True, nogil=True)(function)
    return machine_code


class CoverArrays(NamedTuple):
    """The rows of site j are `site_rows[site_start[j]:site_start[j + 1]]`, the sites of a row likewise."""

    site_start: IntArray
    site_rows: IntArray
    row_start: IntArray
    row_sites: IntArray
    weights: FloatArray
    worth: FloatArray


class CoverState(NamedTuple):
    """What is open: `times` a row is covered, `owners` the sum of the sites that cover it.

    `change[j]` is what opening a closed site j adds, or what closing an open one loses.
    """

    times: IntArray
    owners: IntArray
    change: FloatArray
    opened: NDArray[np.bool_]


def cover_arrays(rows: CoverRows) -> CoverArrays:
    """`rows` as plain arrays for compiled loops."""
    by_row, by_site = rows.reach, rows.reach.tocsc()
    by_site.sort_indices()
    starts = [np.asarray(part.indptr, np.int64) for part in (by_site, by_row)]
    places = [np.asarray(part.indices, np.int64) for part in (by_site, by_row)]
    worth = np.asarray(rows.weights @ rows.reach, float).reshape(-1)
    weights = np.asarray(rows.weights, float)
    return CoverArrays(starts[0], places[0], starts[1], places[1], weights, worth)


@_compiled
def _open(cover: CoverArrays, state: CoverState, site: int) -> None:
    for at in range(cover.site_start[site], cover.site_start[site + 1]):
        row = cover.site_rows[at]
        if state.times[row] == 0:
            for k in range(cover.row_start[row], cover.row_start[row + 1]):
                state.change[cover.row_sites[k]] -= cover.weights[row]
            state.change[site] += cover.weights[row]
        elif state.times[row] == 1:
            state.change[state.owners[row]] -= cover.weights[row]
        state.times[row] += 1
        state.owners[row] += site
    state.opened[site] = True


@_compiled
def _close(cover: CoverArrays, state: CoverState, site: int) -> None:
    for at in range(cover.site_start[site], cover.site_start[site + 1]):
        row = cover.site_rows[at]
        state.times[row] -= 1
        state.owners[row] -= site
        if state.times[row] == 0:
            for k in range(cover.row_start[row], cover.row_start[row + 1]):
                state.change[cover.row_sites[k]] += cover.weights[row]
            state.change[site] -= cover.weights[row]
        elif state.times[row] == 1:
            state.change[state.owners[row]] += cover.weights[row]
    state.opened[site] = False


@_compiled
def _only_both(cover: CoverArrays, state: CoverState, out: int, into: int) -> float:
    """Worth of the rows that only `out` covers now and that `into` covers too."""
    a, b = cover.site_start[out], cover.site_start[into]
    total = 0.0
    while a < cover.site_start[out + 1] and b < cover.site_start[into + 1]:
        row, other = cover.site_rows[a], cover.site_rows[b]
        if row == other and state.times[row] == 1:
            total += cover.weights[row]
        a += row <= other
        b += other <= row
    return total


@_compiled
def _begin(cover: CoverArrays, sites: IntArray) -> CoverState:
    rows, many = len(cover.weights), len(cover.site_start) - 1
    state = CoverState(
        np.zeros(rows, np.int64), np.zeros(rows, np.int64), cover.worth.copy(), np.zeros(many, np.bool_)
    )
    for site in sites:
        _open(cover, state, site)
    return state


@_compiled
def _drawn(cover: CoverArrays, out: int) -> int:
    """A site drawn beside `out`, or anywhere."""
    first, last = cover.site_start[out], cover.site_start[out + 1]
    if last > first and np.random.random() < BESIDE:
        row = cover.site_rows[np.random.randint(first, last)]
        return int(cover.row_sites[np.random.randint(cover.row_start[row], cover.row_start[row + 1])])
    return int(np.random.randint(len(cover.site_start) - 1))


@_compiled
def _gain(cover: CoverArrays, state: CoverState, out: int, into: int, least: float) -> float:
    """What exchanging `out` for `into` gains; -inf as soon as it is seen to be below `least`."""
    gain = state.change[into] - state.change[out]
    if gain + min(state.change[out], cover.worth[into] - state.change[into]) < least:
        return -np.inf
    return float(gain + _only_both(cover, state, out, into))


@_compiled
def anneal(
    cover: CoverArrays, sites: IntArray, steps: int, seed: int, hot: float, stop: NDArray[np.bool_]
) -> IntArray:
    """The best sites met on one cooling from `hot`, beginning with `sites`; `stop[0]` ends it early.

    Kirkpatrick, Gelatt and Vecchi (1983): an exchange that loses d is made with probability exp(-d / T).
    """
    np.random.seed(seed)
    state = _begin(cover, sites)
    current, best = sites.copy(), sites.copy()
    value, most = 0.0, 0.0
    for step in range(steps):
        if step % 1024 == 0 and stop[0]:
            break
        at = np.random.randint(len(current))
        into = _drawn(cover, current[at])
        if state.opened[into]:
            continue
        heat = hot * COOLING ** (-step / steps)
        least = heat * np.log(1.0 - np.random.random())
        gain = _gain(cover, state, current[at], into, least)
        if gain < least:
            continue
        _close(cover, state, current[at])
        _open(cover, state, into)
        current[at] = into
        value += gain
        if value > most + 1e-9:
            most = value
            best[:] = current
    return best
