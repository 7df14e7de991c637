"""Walking distances along a network of paths; straight ones, and named so, where there is none."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

CHUNK = 128  # sources a Dijkstra call: bounds the dense (sources, nodes) answer


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


@dataclass(frozen=True, slots=True)
class WalkNetwork:
    """Straight pieces of paths: piece k runs from node `start[k]` to node `end[k]`.

    `nodes_m` float64 (n, 2), metres in `crs`; `start`, `end` int64 (m,); `cost_m` float64 (m,), what walking
    the whole piece costs in metres.
    """

    nodes_m: FloatArray
    start: IntArray
    end: IntArray
    cost_m: FloatArray
    crs: str

    @property
    def parts(self) -> int:
        """How many separate networks it is made of."""
        from scipy.sparse.csgraph import connected_components

        return int(connected_components(_graph(len(self.nodes_m), self.start, self.end, self.cost_m))[0])


def network_from_lines(frame: Any, crs: str, *, join_m: float = 0.05) -> WalkNetwork:
    """A network from a GeoDataFrame of lines: paths meet where they share a vertex (within `join_m`).

    Lines that merely cross (a bridge over a road) do not meet. Every line may be walked both ways.
    """
    import shapely

    lines = shapely.get_parts(frame.geometry.to_crs(crs).to_numpy())
    lines = lines[np.isin(shapely.get_type_id(lines), (1, 2))]
    points, line_of = shapely.get_coordinates(lines, return_index=True)
    if len(points) < 2:
        raise ValueError("a walking network needs lines, got none")
    grid = np.round(points / join_m).astype(np.int64)
    _, first, node = np.unique(grid, axis=0, return_index=True, return_inverse=True)
    node = node.reshape(-1).astype(np.int64)
    same_line = line_of[1:] == line_of[:-1]
    start, end = node[:-1][same_line], node[1:][same_line]
    moved = start != end
    nodes = points[first]
    start, end = start[moved], end[moved]
    return WalkNetwork(nodes, start, end, np.linalg.norm(nodes[start] - nodes[end], axis=1), crs)


@dataclass(frozen=True, slots=True)
class _Snapped:
    """Places tied to the network: piece number, share along it, metres beside it; piece -1 = too far away."""

    piece: IntArray
    share: FloatArray
    aside_m: FloatArray


def _snap(network: WalkNetwork, places_m: FloatArray, limit_m: float) -> _Snapped:
    import shapely

    a, b = network.nodes_m[network.start], network.nodes_m[network.end]
    pieces: Any = shapely.linestrings(np.stack([a, b], axis=1))
    tree = shapely.STRtree(pieces)
    piece = np.full(len(places_m), -1, np.int64)
    share, aside = np.zeros(len(places_m)), np.full(len(places_m), np.inf)
    asked, nearest = tree.query_nearest(shapely.points(places_m), all_matches=False, max_distance=limit_m)
    piece[asked] = nearest
    along = b[nearest] - a[nearest]
    to_place = places_m[asked] - a[nearest]
    share[asked] = np.clip((to_place * along).sum(1) / (along**2).sum(1), 0.0, 1.0)
    foot = a[nearest] + share[asked, None] * along
    aside[asked] = np.linalg.norm(places_m[asked] - foot, axis=1)
    return _Snapped(piece, share, aside)


def walking_distances(
    network: WalkNetwork,
    sites_m: FloatArray,
    demand_m: FloatArray,
    *,
    limit_m: float,
    snap_m: float = 100.0,
) -> Distances:
    """Shortest ways from each site to each demand point, up to `limit_m`.

    A place joins the nearest path at its foot point and walks there straight; farther than `snap_m` from any
    path it is off the network, and the notes say how many are. Two places nearer to each other than to the
    paths need no path between them. Dijkstra through scipy, cut off at the limit.
    """
    places_m = np.vstack([sites_m, demand_m]).reshape(-1, 2)
    snapped = _snap(network, places_m, snap_m)
    graph, node_of, off = _joined(network, snapped)
    sites, demand = node_of[: len(sites_m)], node_of[len(sites_m) :]
    found = [_chunk(graph, sites, demand, at, limit_m) for at in range(0, len(sites), CHUNK)]
    found.append(_beside(places_m, len(sites_m), snapped.aside_m, min(snap_m, limit_m)))
    site, to, metres = _shortest(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
    notes = () if off == 0 else (f"{off} places lie more than {snap_m:g} m from any path",)
    return Distances(site, to, metres, limit_m, "walking", notes)


def _nothing() -> tuple[IntArray, IntArray, FloatArray]:
    return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)


def _beside(
    places_m: FloatArray, sites: int, aside_m: FloatArray, most_m: float
) -> tuple[IntArray, IntArray, FloatArray]:
    """Straight ways between a site and a demand point that lie nearer to each other than to the paths."""
    near = straight_distances(places_m[:sites], places_m[sites:], limit_m=most_m)
    kept = near.metres <= np.maximum(aside_m[near.site], aside_m[sites + near.demand])
    return near.site[kept], near.demand[kept], near.metres[kept]


def _shortest(site: IntArray, demand: IntArray, metres: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Each pair once, with its shortest way."""
    order = np.lexsort((metres, demand, site))
    site, demand, metres = site[order], demand[order], metres[order]
    first = np.ones(len(site), bool)
    first[1:] = (site[1:] != site[:-1]) | (demand[1:] != demand[:-1])
    return site[first], demand[first], metres[first]


def _joined(network: WalkNetwork, snapped: "_Snapped") -> tuple["csr_array", IntArray, int]:
    """The network with every place as a node of its own, joined at foot points that split their piece."""
    places = len(snapped.piece)
    on = np.flatnonzero(snapped.piece >= 0)
    base = len(network.nodes_m)
    foot = base + np.arange(len(on))
    place = base + len(on) + np.arange(places)
    order = np.lexsort((snapped.share[on], snapped.piece[on]))
    starts, ends, costs = _split(network, snapped.piece[on][order], snapped.share[on][order], foot[order])
    starts = np.concatenate([starts, foot])
    ends = np.concatenate([ends, place[on]])
    costs = np.concatenate([costs, snapped.aside_m[on]])
    graph = _graph(base + len(on) + places, starts, ends, costs)
    return graph, place, places - len(on)


def _split(
    network: WalkNetwork, piece: IntArray, share: FloatArray, foot: IntArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Pieces of the network cut at foot points, which come sorted by piece and share along it."""
    whole = np.ones(len(network.start), bool)
    whole[piece] = False
    first = np.concatenate([[True], piece[1:] != piece[:-1]]) if len(piece) else np.zeros(0, bool)
    last = np.roll(first, -1)
    before = np.where(first, network.start[piece], np.roll(foot, 1))
    from_share = np.where(first, 0.0, np.roll(share, 1))
    tail = piece[last]
    starts = np.concatenate([network.start[whole], before, foot[last]])
    ends = np.concatenate([network.end[whole], foot, network.end[tail]])
    cost = network.cost_m
    costs = [cost[whole], (share - from_share) * cost[piece], (1.0 - share[last]) * cost[tail]]
    return starts, ends, np.concatenate(costs)


def _graph(size: int, start: IntArray, end: IntArray, cost: FloatArray) -> "csr_array":
    """A symmetric graph that keeps the shortest of parallel pieces; zero lengths become a nanometre, because
    a sparse zero is no edge.
    """
    from scipy.sparse import csr_array

    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.lexsort((cost, high, low))
    low, high, cost = low[order], high[order], np.maximum(cost[order], 1e-9)
    fresh = np.ones(len(low), bool)
    fresh[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    both = (
        np.concatenate([cost[fresh], cost[fresh]]),
        (np.concatenate([low[fresh], high[fresh]]), np.concatenate([high[fresh], low[fresh]])),
    )
    return csr_array(both, shape=(size, size))


def _chunk(
    graph: "csr_array", sites: IntArray, demand: IntArray, at: int, limit_m: float
) -> tuple[IntArray, IntArray, FloatArray]:
    from scipy.sparse.csgraph import dijkstra

    metres = dijkstra(graph, directed=False, indices=sites[at : at + CHUNK], limit=limit_m)[:, demand]
    row, column = np.nonzero(metres <= limit_m)
    return (row + at).astype(np.int64), column.astype(np.int64), np.asarray(metres[row, column], float)


def straight_distances(sites_m: FloatArray, demand_m: FloatArray, *, limit_m: float) -> Distances:
    """Straight distances up to `limit_m`; for want of a walking network, and named "straight"."""
    from scipy.spatial import cKDTree

    if len(sites_m) == 0 or len(demand_m) == 0:
        return Distances(*_nothing(), limit_m, "straight", _no_network())
    near: Any = cKDTree(sites_m).query_ball_point(demand_m, limit_m)
    demand = np.repeat(np.arange(len(demand_m)), [len(found) for found in near])
    site = np.concatenate([np.asarray(found, np.int64) for found in near])
    metres = np.linalg.norm(np.asarray(sites_m)[site] - np.asarray(demand_m)[demand], axis=1)
    return Distances(site, demand.astype(np.int64), metres, limit_m, "straight", _no_network())


def _no_network() -> tuple[str, ...]:
    return ("no walking network was given: distances are straight lines, shorter than any walk",)


def nearest_m(distances: Distances, sites: IntArray, demand_count: int) -> FloatArray:
    """Distance from each demand point to the nearest of `sites`, (demand_count,); beyond the limit inf."""
    out = np.full(demand_count, math.inf)
    chosen = np.isin(distances.site, sites)
    np.minimum.at(out, distances.demand[chosen], distances.metres[chosen])
    return out
