"""Cheapest ways where a metre costs less in some areas and more in others (the weighted region problem).

The air is cut into faces of one weight each. Ways turn at corners of what is closed and, where they pass from
face to face, at places set every `step_m` along the faces' common edges; within a face they are shortest ways
over its own corners. Let the cheapest way of all meet those edges K times: moving each meeting to the next
place costs at most half a step in each of the two faces, so the way found costs at most
K * step * greatest weight more (the argument of Aleksandrov, Maheshwari & Sack 2005). Afterwards the places
slide along their edges to where light would be refracted, which makes it only cheaper.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from core.geo import FloatArray
from gis.vector import Area, as_area
from missions.visibility import Ints, Walls, seen_among, seen_places, walls_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array

XY = tuple[float, float]
PLACES_MOST = 800  # along all edges together; more would be set farther apart
NEAR_M = 1e-3
SWEEPS, HALVINGS = 12, 48


@dataclass(frozen=True, slots=True)
class Face:
    """A piece of air where a metre costs `weight`; its walls, and the numbers of the net's nodes on it.

    `held` is the area grown by a millimetre.
    """

    area: Area
    held: Area
    weight: float
    walls: Walls
    nodes: Ints


@dataclass(frozen=True, slots=True)
class Weighted:
    """A net over faces: `nodes` (n, 2), the edge (x, y, x, y) that each may slide along (NaN = none), and the
    cost of legs. `step_m` is the greatest distance of neighbouring places on an edge.
    """

    faces: tuple[Face, ...]
    nodes: FloatArray
    edges: FloatArray
    costs: "csr_array"
    step_m: float

    @property
    def heaviest(self) -> float:
        """The greatest weight."""
        return max(f.weight for f in self.faces)

    def bound_m(self, meetings: int) -> float:
        """How much cheaper a way may be at most that meets edges of areas so often, weighted metres."""
        return meetings * self.step_m * self.heaviest


def weighted_net(free: Area, regions: Sequence[tuple[Area, float]], step_m: float) -> Weighted:
    """The net of `free` (metres) with regions and their weights; outside them a metre costs 1.

    Where regions overlap the greatest weight counts.
    """
    pieces = list(_pieces(free, regions))
    edges, step = _places(free, [area for area, _ in pieces], step_m)
    drawn = [(area, weight, walls_of(area)) for area, weight in pieces]
    nodes, slides = _nodes([walls for _, _, walls in drawn], edges)
    faces = tuple(Face(a, _held(a), weight, walls, _on(a, nodes)) for a, weight, walls in drawn)
    return Weighted(faces, nodes, slides, _costs(faces, nodes), step)


def _held(area: Area) -> Area:
    held = as_area(area.buffer(NEAR_M, join_style="mitre"))
    shapely.prepare(held)
    return held


def _pieces(free: Area, regions: Sequence[tuple[Area, float]]) -> Iterator[tuple[Area, float]]:
    rest: BaseGeometry = free
    for area, weight in sorted(regions, key=lambda r: -r[1]):
        piece = as_area(rest.intersection(area))
        rest = rest.difference(area)
        if not piece.is_empty:
            yield piece, weight
    if not as_area(rest).is_empty:
        yield as_area(rest), 1.0


def _places(free: Area, pieces: Sequence[Area], step_m: float) -> tuple[FloatArray, float]:
    """Rows (x, y, and the ends of the edge it lies on: NaN at an edge's own end) on common edges."""
    shared = shapely.union_all([p.boundary for p in pieces]).difference(free.boundary.buffer(NEAR_M))
    lines = [np.asarray(g.coords) for g in shapely.get_parts(shapely.line_merge(shared))]
    sides = [(a, b) for line in lines for a, b in itertools.pairwise(line)]
    length = sum(math.dist(a, b) for a, b in sides)
    step = max(step_m, length / PLACES_MOST)
    rows = [np.empty((0, 6))]
    for a, b in sides:
        share = np.linspace(0.0, 1.0, 1 + max(1, math.ceil(math.dist(a, b) / step)))[:, None]
        side = np.full((len(share), 4), np.nan)
        side[1:-1] = [*a, *b]
        rows.append(np.hstack([(1 - share) * a + share * b, side]))
    return np.vstack(rows), step


def _nodes(walls: Sequence[Walls], places: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Corners of all faces and places on their edges, each once, and what they may slide along."""
    corners = np.vstack([w.corners for w in walls])
    rows = np.vstack([places, np.hstack([corners, np.full((len(corners), 4), np.nan)])])
    _, first = np.unique(np.round(rows[:, :2], 3), axis=0, return_index=True)
    kept = rows[np.sort(first)]
    return np.ascontiguousarray(kept[:, :2]), np.ascontiguousarray(kept[:, 2:])


def _on(area: Area, nodes: FloatArray) -> Ints:
    return np.flatnonzero(shapely.dwithin(area, shapely.points(nodes), NEAR_M)).astype(np.int64)


def _costs(faces: Sequence[Face], nodes: FloatArray) -> "csr_array":
    """The cheapest cost of a leg between nodes that see each other within one face."""
    from scipy.sparse import csr_array

    count = len(nodes)
    cost = np.full((count, count), np.inf)
    shared = sum((np.bincount(f.nodes, minlength=count) for f in faces), np.zeros(count, np.int64)) > 1
    for face in faces:
        places = nodes[face.nodes]
        seen = seen_among(face.walls, places, _corner_of(face, places, shared[face.nodes]))
        apart = face.weight * np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
        block = np.ix_(face.nodes, face.nodes)
        cost[block] = np.minimum(cost[block], np.where(seen, apart, np.inf))
    rows, columns = np.nonzero(np.isfinite(cost))
    return csr_array((np.maximum(cost[rows, columns], 1e-9), (rows, columns)), shape=(count, count))


def _corner_of(face: Face, places: FloatArray, shared: NDArray[np.bool_]) -> Ints:
    """The wall that begins at each place that is a corner of this face alone; -1 for all others."""
    found = np.full(len(places), -1, np.int64)
    corners = face.walls.corners
    if not len(corners):
        return found
    apart = np.hypot(*(places[:, None] - corners[None]).transpose(2, 0, 1))
    nearest = apart.argmin(axis=1)
    own = (apart.min(axis=1) <= NEAR_M) & ~shared
    found[own] = face.walls.reflex[nearest[own]]
    return found


def cheapest(net: Weighted, start: XY, goal: XY) -> list[XY] | None:
    """The cheapest way over the net, its places on edges slid to where it costs least; None = no way."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    count = len(net.nodes)
    away, back = _reach(net, start), _reach(net, goal)
    rows, columns = net.costs.nonzero()
    first, last = np.flatnonzero(np.isfinite(away)), np.flatnonzero(np.isfinite(back))
    legs = [(rows, columns, net.costs.data), (np.full(len(first), count), first, away[first])]
    legs.append((last, np.full(len(last), count + 1), back[last]))
    straight = _straight(net, start, goal)
    if math.isfinite(straight):
        legs.append((np.array([count]), np.array([count + 1]), np.array([straight])))
    row, column, cost = (np.concatenate(part) for part in zip(*legs, strict=True))
    graph = csr_array((np.maximum(cost, 1e-9), (row, column)), shape=(count + 2, count + 2))
    far, before = dijkstra(graph, indices=np.array([count]), return_predecessors=True)
    if not math.isfinite(float(far[0, count + 1])):
        return None
    chain = [count + 1]
    while chain[-1] != count:
        chain.append(int(before[0, chain[-1]]))
    return _slid(net, start, goal, chain[-2:0:-1])


def _reach(net: Weighted, place: XY) -> FloatArray:
    """The cost (n,) of a straight leg from a place to each node that it sees within one face."""
    cost = np.full(len(net.nodes), np.inf)
    point = shapely.Point(place)
    for face in net.faces:
        if not len(face.nodes) or face.area.distance(point) > NEAR_M:
            continue
        there = net.nodes[face.nodes]
        seen = seen_places(face.walls, place, there)
        apart = face.weight * np.hypot(*(there - place).T)
        cost[face.nodes] = np.minimum(cost[face.nodes], np.where(seen, apart, np.inf))
    return cost


def _straight(net: Weighted, start: XY, goal: XY) -> float:
    line = shapely.LineString([start, goal])
    fits = [f.weight for f in net.faces if f.held.covers(line)]
    return min(fits) * math.dist(start, goal) if fits else math.inf


def _slid(net: Weighted, start: XY, goal: XY, chain: Sequence[int]) -> list[XY]:
    """The way over nodes, those on edges moved along them; as it was where a leg would leave its face."""
    way = [start, *((float(x), float(y)) for x, y in net.nodes[list(chain)]), goal]
    edges = [None, *(net.edges[k] if np.isfinite(net.edges[k]).all() else None for k in chain), None]
    weights = [_leg_weight(net, a, b) for a, b in itertools.pairwise(way)]
    moved = list(way)
    for _ in range(SWEEPS):
        for i, edge in enumerate(edges):
            if edge is not None:
                moved[i] = _lightest(moved[i - 1], moved[i + 1], edge, weights[i - 1], weights[i])
    legs = zip(itertools.pairwise(moved), weights, strict=True)
    kept = all(_leg_weight(net, a, b) <= weight + 1e-12 for (a, b), weight in legs)
    return moved if kept else way


def _leg_weight(net: Weighted, a: XY, b: XY) -> float:
    """The least weight of a face that holds a whole leg; infinite where none does."""
    line = shapely.LineString([a, b]) if a != b else shapely.Point(a)
    fits = (f.weight for f in net.faces if f.held.covers(line))
    return min(fits, default=math.inf)


def _lightest(a: XY, b: XY, edge: FloatArray, to: float, on: float) -> XY:
    """The place on an edge where `to` times the way from `a` and `on` times the way to `b` is least."""
    p, q = (float(edge[0]), float(edge[1])), (float(edge[2]), float(edge[3]))

    def at(share: float) -> XY:
        return p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])

    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        one, two = low + (high - low) / 3.0, high - (high - low) / 3.0
        costs = [to * math.dist(a, at(s)) + on * math.dist(at(s), b) for s in (one, two)]
        low, high = (low, two) if costs[0] <= costs[1] else (one, high)
    return at((low + high) / 2.0)


def weigh(net: Weighted, way: Sequence[XY]) -> tuple[float, float]:
    """Weighted metres of any way in the air, and its metres in areas lighter than 1."""
    rest: BaseGeometry = shapely.LineString(way)
    total, sought = 0.0, 0.0
    for face in sorted(net.faces, key=lambda f: f.weight):
        inside = rest.intersection(face.held).length
        rest = rest.difference(face.held)
        total += face.weight * inside
        sought += inside if face.weight < 1.0 else 0.0
    return total, sought
