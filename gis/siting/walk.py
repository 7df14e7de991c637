"""A network of paths from lines, and places joined to it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gis.siting.access import slope_cost, slopes

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

PIECE_M = 30.0  # longest straight piece where slopes count: a hill between its ends must show
CLOSED_TO_WALKERS = frozenset(
    {
        "motorway",
        "motorway_link",
        "trunk",
        "trunk_link",
        "construction",
        "proposed",
        "raceway",
        "bus_guideway",
    }
)


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
    notes: tuple[str, ...] = ()

    @property
    def parts(self) -> int:
        """How many separate networks it is made of."""
        from scipy.sparse.csgraph import connected_components

        return int(connected_components(_graph(len(self.nodes_m), self.start, self.end, self.cost_m))[0])


def network_from_lines(frame: Any, crs: str, *, join_m: float = 0.05, dem: Path | None = None) -> WalkNetwork:
    """A network from a GeoDataFrame of lines: paths meet where they share a vertex (within `join_m`).

    Lines that merely cross (a bridge over a road) do not meet. Every line may be walked both ways, but for
    roads that are closed to walkers (see `walkable`). With `dem`, a raster of ground heights, slopes count.
    Raises `ValueError` when there is no line.
    """
    import shapely

    open_ways, notes = walkable(frame)
    lines = shapely.get_parts(shapely.force_2d(open_ways.geometry.to_crs(crs).to_numpy()))
    lines = lines[np.isin(shapely.get_type_id(lines), (1, 2))]
    if dem is not None:
        lines = shapely.segmentize(lines, PIECE_M)
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
    length = np.linalg.norm(nodes[start] - nodes[end], axis=1)
    if dem is not None:
        length, told = _sloped(nodes, start, end, length, crs, dem)
        notes = (*notes, told)
    return WalkNetwork(nodes, start, end, length, crs, notes)


def walkable(frame: Any) -> tuple[Any, tuple[str, ...]]:
    """Lines without the roads that OpenStreetMap tags as closed to walkers, and a note on what was left out.

    Left out: motorways and motor roads, roads being built, `foot=no`; layers without such columns stay whole.
    """
    kind = frame["highway"].map(_tags) if "highway" in frame else None
    closed = np.zeros(len(frame), bool)
    if kind is not None:
        closed |= kind.map(lambda tags: bool(tags) and tags <= CLOSED_TO_WALKERS).to_numpy(bool)
        if "other_tags" in frame or "osm_id" in frame:
            closed |= kind.map(lambda tags: not tags).to_numpy(bool)  # rivers and borders of an OSM file
    if "foot" in frame:
        closed |= frame["foot"].isin(["no", "private"]).to_numpy(bool)
    if "other_tags" in frame:
        more = frame["other_tags"].fillna("")
        for tag in ('"foot"=>"no"', '"motorroad"=>"yes"'):
            closed |= more.str.contains(tag, regex=False).to_numpy(bool)
    left_out = int(closed.sum())
    note = (f"{left_out} of {len(frame)} lines are closed to walkers and left out of the network",)
    return frame[~closed], note if left_out else ()


def _tags(value: Any) -> frozenset[str]:
    """One tag or several (as graphs that merge roads keep them) as a set; nothing is none."""
    if isinstance(value, str):
        return frozenset(value.strip("[]'\"").replace("'", "").split(", ")) - {""}
    return frozenset(map(str, value)) if isinstance(value, list | tuple | np.ndarray) else frozenset()


def _sloped(
    nodes: FloatArray, start: IntArray, end: IntArray, length_m: FloatArray, crs: str, dem: Path
) -> tuple[FloatArray, str]:
    """Lengths in metres of level ground that cost as much, and a note; unknown heights count as level."""
    from gis.crs import change_between
    from gis.raster import read_band

    band = read_band(dem)
    x, y = change_between(crs, band.grid.crs).transform(nodes[:, 0], nodes[:, 1])
    height = band.sample(np.column_stack([x, y]))
    slope = slopes(height[end] - height[start], length_m)
    known = np.isfinite(slope)
    cost = length_m * np.where(known, slope_cost(np.nan_to_num(slope)), 1.0)
    share = float(length_m[~known].sum() / max(length_m.sum(), 1e-9))
    told = f"slopes count by {dem.name}: ways are {cost.sum() / length_m.sum():.2f} times as long as level"
    return (
        cost,
        told if share < 1e-4 else f"{told}; {share:.0%} of the network has no height and counts level",
    )


@dataclass(frozen=True, slots=True)
class Snapped:
    """Places tied to the network: number of the piece (-1 = too far away), share along it (0..1), metres
    beside it.
    """

    piece: IntArray
    share: FloatArray
    aside_m: FloatArray


def snap(network: WalkNetwork, places_m: FloatArray, limit_m: float) -> Snapped:
    """Tie places (n, 2) to the nearest piece within `limit_m`, at their foot point on it."""
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
    return Snapped(piece, share, aside)


def joined(network: WalkNetwork, snapped: Snapped) -> tuple["csr_array", IntArray]:
    """The network as a symmetric graph of metres, and the node each place has become.

    Places are joined to their foot points, which split their piece; what is off the network is a lone node.
    """
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
    return graph, place


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
