"""How far people walk: along a network of paths, or straight, and then named so, where there is none."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gis.siting.reached import reached
from gis.siting.walk import Snapped, WalkNetwork, joined, snap

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Distances:
    """Pairs (site, demand) no farther apart than `limit_m`: three arrays of one length.

    `site` and `demand` int64 row numbers, `metres` float64. `kind` is "walking" or "straight".
    """

    site: IntArray
    demand: IntArray
    metres: FloatArray
    limit_m: float
    kind: str
    notes: tuple[str, ...] = ()


class Ways(Protocol):
    """Ways between fixed sites and fixed demand points."""

    kind: str

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know about these distances."""
        ...

    def within(self, limit_m: float) -> Distances:
        """All pairs no farther apart than `limit_m`."""
        ...

    def nearest(self, sites: IntArray, limit_m: float) -> FloatArray:
        """Metres from each demand point to the nearest of `sites` (row numbers); beyond the limit inf."""
        ...


class StraightWays:
    """Straight lines, for want of a network: shorter than any walk."""

    kind = "straight"

    def __init__(self, sites_m: FloatArray, demand_m: FloatArray) -> None:
        self._sites_m = np.asarray(sites_m, float).reshape(-1, 2)
        self._demand_m = np.asarray(demand_m, float).reshape(-1, 2)

    @property
    def notes(self) -> tuple[str, ...]:
        return ("no walking network was given: distances are straight lines, shorter than any walk",)

    def within(self, limit_m: float) -> Distances:
        from scipy.spatial import cKDTree

        if len(self._sites_m) == 0 or len(self._demand_m) == 0:
            return Distances(*_nothing(), limit_m, self.kind, self.notes)
        near: Any = cKDTree(self._sites_m).query_ball_point(self._demand_m, limit_m)
        demand = np.repeat(np.arange(len(near)), [len(found) for found in near])
        site = np.concatenate([np.asarray(found, np.int64) for found in near])
        metres = np.linalg.norm(self._sites_m[site] - self._demand_m[demand], axis=1)
        return Distances(site, demand.astype(np.int64), metres, limit_m, self.kind, self.notes)

    def nearest(self, sites: IntArray, limit_m: float) -> FloatArray:
        from scipy.spatial import cKDTree

        if len(sites) == 0:
            return np.full(len(self._demand_m), math.inf)
        tree = cKDTree(self._sites_m[sites])
        return np.asarray(tree.query(self._demand_m, distance_upper_bound=limit_m)[0], float)


class WalkingWays:
    """Shortest ways along a network, cut off at a limit.

    A place joins the nearest path at its foot point and walks there straight; farther than `snap_m` from any
    path it is off the network, and the notes say how many are. Two places nearer to each other than to the
    paths need no path between them.
    """

    kind = "walking"

    def __init__(
        self, network: WalkNetwork, sites_m: FloatArray, demand_m: FloatArray, *, snap_m: float = 100.0
    ) -> None:
        self._sites_m = np.asarray(sites_m, float).reshape(-1, 2)
        self._demand_m = np.asarray(demand_m, float).reshape(-1, 2)
        self._snap_m = snap_m
        self._network_notes = network.notes
        self._snapped: Snapped = snap(network, np.vstack([self._sites_m, self._demand_m]), snap_m)
        self._graph, nodes = joined(network, self._snapped)
        self._site_nodes, self._demand_nodes = np.split(nodes, [len(self._sites_m)])

    @property
    def notes(self) -> tuple[str, ...]:
        off = int((self._snapped.piece < 0).sum())
        lost = () if off == 0 else (f"{off} places lie more than {self._snap_m:g} m from any path",)
        return (*self._network_notes, *lost)

    def within(self, limit_m: float) -> Distances:
        walked = reached(self._graph, self._site_nodes, self._demand_nodes, limit_m)
        site, demand, metres = self._beside
        near = metres <= limit_m
        found = [walked, (site[near], demand[near], metres[near])]
        pairs = _shortest(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
        return Distances(*pairs, limit_m, self.kind, self.notes)

    def nearest(self, sites: IntArray, limit_m: float) -> FloatArray:
        from scipy.sparse.csgraph import dijkstra

        if len(sites) == 0:
            return np.full(len(self._demand_m), math.inf)
        sources = self._site_nodes[sites]
        found = dijkstra(self._graph, indices=sources, limit=limit_m, min_only=True)
        out = np.asarray(found, float)[self._demand_nodes]
        site, demand, metres = self._beside
        taken = np.isin(site, sites)
        np.minimum.at(out, demand[taken], metres[taken])
        return np.where(out <= limit_m, out, math.inf)

    @cached_property
    def _beside(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Straight ways between a site and a demand point nearer to each other than to the paths."""
        near = StraightWays(self._sites_m, self._demand_m).within(self._snap_m)
        aside = self._snapped.aside_m
        kept = near.metres <= np.maximum(aside[near.site], aside[len(self._sites_m) + near.demand])
        return near.site[kept], near.demand[kept], near.metres[kept]


def _nothing() -> tuple[IntArray, IntArray, FloatArray]:
    return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)


def _shortest(site: IntArray, demand: IntArray, metres: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Each pair once, with its shortest way."""
    order = np.lexsort((metres, demand, site))
    site, demand, metres = site[order], demand[order], metres[order]
    first = np.ones(len(site), bool)
    first[1:] = (site[1:] != site[:-1]) | (demand[1:] != demand[:-1])
    return site[first], demand[first], metres[first]
