"""Other ways through a polygonal space: the shortest of those that pass obstacles on another side.

A way that is taut at each of its corners is the one shortest way of its kind (homotopy class): two taut ways
are never of one kind. Each leg of the visibility graph, joined to its ends by shortest ways, is a candidate
(via-paths: Abraham, Delling, Goldberg & Werneck 2013, here over legs). The shortest way of any other kind is
among them: were neither its beginning nor its end a shortest way at some place on it, exchanging both for
shorter ones would give a still shorter way of another kind.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from core.geo import FloatArray
from missions.visibility import SLACK_M, Graph, Walls, seen_from

XY = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Net:
    """The corners of a space with a start and a goal: `nodes` (m + 2, 2), directed legs and their lengths."""

    nodes: FloatArray
    tails: NDArray[np.int64]
    heads: NDArray[np.int64]
    lengths_m: FloatArray


def net_of(walls: Walls, graph: Graph, start: XY, goal: XY, *, direct: bool) -> Net:
    """The taut legs between corners, and those from the start and to the goal."""
    corners = walls.corners
    count = len(corners)
    from_start = np.flatnonzero(seen_from(walls, start))
    to_goal = np.flatnonzero(seen_from(walls, goal))
    inner = np.repeat(np.arange(count), np.diff(graph.starts))
    tails = [inner, np.full(len(from_start), count), to_goal, np.full(int(direct), count)]
    heads = [graph.legs, from_start, np.full(len(to_goal), count + 1), np.full(int(direct), count + 1)]
    nodes = np.vstack([corners, [start], [goal]])
    tail, head = np.concatenate(tails).astype(np.int64), np.concatenate(heads).astype(np.int64)
    return Net(nodes, tail, head, np.hypot(*(nodes[tail] - nodes[head]).T))


def other_ways(walls: Walls, net: Net, longest: float) -> Iterator[list[XY]]:
    """Taut ways without crossings, the shortest first, none longer than `longest` times the shortest.

    The first is the shortest of all, the second the shortest of any other kind; after them not every kind
    need come.
    """
    away, back = _trees(net)
    totals = away.far[net.tails] + net.lengths_m + back.far[net.heads]
    if not len(totals) or not math.isfinite(float(totals.min())):
        return
    seen: set[tuple[int, ...]] = set()
    for leg in np.argsort(totals, kind="stable").tolist():
        if totals[leg] > longest * totals.min() + SLACK_M:
            return
        nodes = (*away.chain(int(net.tails[leg]))[::-1], *back.chain(int(net.heads[leg])))
        if nodes in seen or len(set(nodes)) < len(nodes):
            continue
        seen.add(nodes)
        way = [(float(x), float(y)) for x, y in net.nodes[list(nodes)]]
        if _taut(walls, nodes, net.nodes) and shapely.LineString(way).is_simple:
            yield way


def apart_m(way: Sequence[XY], other: Sequence[XY]) -> float:
    """The greatest distance of a place on one way from the other (Hausdorff's), metres."""
    a, b = (shapely.segmentize(shapely.LineString(w), 10.0) for w in (way, other))
    return float(shapely.hausdorff_distance(a, b))


@dataclass(frozen=True, slots=True)
class _Tree:
    """Shortest distances from one node, and the node before each."""

    far: FloatArray
    before: NDArray[np.int64]

    def chain(self, node: int) -> tuple[int, ...]:
        """From a node back to the tree's root."""
        nodes = [node]
        while self.before[nodes[-1]] >= 0:
            nodes.append(int(self.before[nodes[-1]]))
        return tuple(nodes)


def _trees(net: Net) -> tuple[_Tree, _Tree]:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    count = len(net.nodes)
    lengths = np.maximum(net.lengths_m, 1e-9)
    legs = csr_array((lengths, (net.tails, net.heads)), shape=(count, count))
    found = []
    for graph, root in ((legs, count - 2), (csr_array(legs.T), count - 1)):
        far, before = dijkstra(graph, indices=np.array([root]), return_predecessors=True)
        found.append(_Tree(far[0], before[0].astype(np.int64)))
    return found[0], found[1]


def _taut(walls: Walls, nodes: tuple[int, ...], places: FloatArray) -> bool:
    """Whether at every corner the way bends round the obstacle there."""
    return all(
        _bends(walls, b, places[a], places[b], places[c])
        for a, b, c in zip(nodes, nodes[1:], nodes[2:], strict=False)
    )


def _bends(walls: Walls, corner: int, a: FloatArray, b: FloatArray, c: FloatArray) -> bool:
    edge = int(walls.reflex[corner])
    beside = walls.ends[walls.before[edge], :2], walls.ends[edge, 2:]
    turn = _side(a, b, c)
    if abs(turn) <= SLACK_M:
        return True
    sign = math.copysign(1.0, turn)
    return all(
        sign * _side(p, q, wall) >= -SLACK_M for (p, q), wall in itertools.product(((a, b), (b, c)), beside)
    )


def _side(a: FloatArray, b: FloatArray, c: FloatArray) -> float:
    """How far `c` lies to the left of the line from `a` through `b`, metres."""
    dx, dy = float(b[0] - a[0]), float(b[1] - a[1])
    length = math.hypot(dx, dy) or 1.0
    return (dx * float(c[1] - b[1]) - dy * float(c[0] - b[0])) / length
