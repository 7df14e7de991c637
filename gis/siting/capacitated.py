"""Capacitated covering: sites take only so many people, and whoever finds one full is not served."""

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gis.siting.branching import Search
from gis.siting.coverrows import Stopwatch
from gis.siting.exact import highs_choice
from gis.siting.linear import LinearModel, relax
from gis.siting.solution import Solution, snapped

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Served:
    """Pairs of a site and a demand it reaches, and what goes into them.

    `site`, `demand` int64 (k,), `share` (k,) what a served person counts there, 0..1. `people` (demands,)
    heads, `worth` (demands,) of all of them, `capacity` (sites,) heads. Of the sites the first `standing` are
    open already and do not count.
    """

    site: IntArray
    demand: IntArray
    share: FloatArray
    people: FloatArray
    worth: FloatArray
    capacity: FloatArray
    standing: int = 0

    def __post_init__(self) -> None:
        for name in ("people", "worth", "capacity"):
            values = getattr(self, name)
            bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
            if bad.size:
                raise ValueError(f"{name}[{bad[0]}] must be a number of at least 0, got {values[bad[0]]}")


def solve_capacitated(
    served: Served, count: int, *, seconds: float = 60.0, now: Stopwatch = time.monotonic
) -> Solution:
    """The `count` sites whose places serve the most worth; a demand point may be split between sites.

    Current and Storbeck (1988). `sites` are numbered as in `served`, those standing already left out.
    """
    new = len(served.capacity) - served.standing
    if not 1 <= count <= new:
        raise ValueError(f"count must be in 1..{new}, got {count}")
    began = now()
    model = _model(_with_room(served), count)
    opened = np.arange(model.sites) < served.standing

    def tried(share: FloatArray) -> tuple[IntArray, float]:
        best = served.standing + np.argsort(-share[served.standing :], kind="stable")[:count]
        return _fixed(model, np.concatenate([np.flatnonzero(opened), best]))

    tree = Search(model, 0.0, step=0.0, tried=tried, opened=opened)
    proof = tree.run(seconds=seconds, nodes=1, now=now)
    sites = proof.sites
    if not proof.settled:
        found = highs_choice(model, max(0.1, seconds / 3))
        if found is not None:
            found, cost = _fixed(model, np.union1d(found, np.flatnonzero(opened)))
            if cost < tree.cost:
                sites = found
                tree.know(cost)
        proof = tree.run(seconds=max(0.0, seconds - (now() - began)), now=now)
        sites = sites if proof.sites is None else proof.sites
    chosen = [] if sites is None else [int(j) for j in sites if j >= served.standing]
    how = f"HiGHS, branch and bound, {proof.nodes} nodes"
    return Solution(
        tuple(sorted(chosen)), -proof.cost, snapped(-proof.cost, -proof.bound), how, now() - began
    )


def _fixed(model: LinearModel, sites: IntArray) -> tuple[IntArray, float]:
    """These sites and what serving from them costs (minus the worth served)."""
    lower, upper = np.zeros(model.columns), np.ones(model.columns)
    upper[: model.sites] = 0.0
    lower[sites] = upper[sites] = 1.0
    found = relax(model, lower, upper)
    if found is None or found.x is None:
        return sites, 0.0
    return sites, float(model.cost @ found.x)


def _with_room(served: Served) -> Served:
    """Without the pairs of sites that have no room."""
    kept = served.capacity[served.site] > 0
    return replace(served, site=served.site[kept], demand=served.demand[kept], share=served.share[kept])


def _model(served: Served, count: int) -> LinearModel:
    """Columns: sites, then the part of each pair's demand that the site serves."""
    from scipy.sparse import csr_array, vstack

    sites, pairs, demands = len(served.capacity), len(served.site), len(served.people)
    columns, own = sites + pairs, sites + np.arange(pairs)
    one = np.ones(pairs)
    used = served.people[served.demand] / served.capacity[served.site]
    once = csr_array((one, (served.demand, own)), shape=(demands, columns))
    room = csr_array(
        (np.concatenate([used, -np.ones(sites)]), (_two(served.site, sites), _two(own, sites))),
        shape=(sites, columns),
    )
    opened = csr_array(
        (np.concatenate([one, -one]), (np.tile(np.arange(pairs), 2), np.concatenate([own, served.site]))),
        shape=(pairs, columns),
    )
    counted = csr_array((np.arange(columns) < sites).astype(float)[None, :])
    limit = np.concatenate([np.ones(demands), np.zeros(sites + pairs), [float(count + served.standing)]])
    worth = served.worth[served.demand] * served.share
    cost = np.concatenate([np.zeros(sites), -worth])
    return LinearModel(cost, csr_array(vstack([once, room, opened, counted])), limit, sites)


def _two(first: IntArray, many: int) -> IntArray:
    return np.concatenate([first, np.arange(many)])
