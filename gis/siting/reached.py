"""Shortest ways from many places at once, cut off at a limit: a compiled Dijkstra that forgets quickly."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
F = TypeVar("F", bound=Callable[..., Any])

BLOCK = 64  # sources a task: enough to share the scratch memory, few enough to spread over threads


def _compiled(function: F) -> F:
    machine_code: F = njit(cache=True, nogil=True)(function)
    return machine_code


def reached(
    graph: "csr_array", sources: IntArray, targets: IntArray, limit_m: float, *, threads: int = 2
) -> tuple[IntArray, IntArray, FloatArray]:
    """All pairs (number among `sources`, number among `targets`, metres) no farther apart than `limit_m`.

    `graph` is CSR (n, n), symmetric, metres; `sources`, `targets` node numbers, no target twice. From each
    source only the nodes within the limit are touched.
    """
    place = np.full(graph.shape[0], -1, np.int64)
    place[targets] = np.arange(len(targets))
    start, to = graph.indptr.astype(np.int64), graph.indices.astype(np.int64)
    cost = np.ascontiguousarray(graph.data, dtype=np.float64)
    blocks = [np.asarray(sources[at : at + BLOCK], np.int64) for at in range(0, len(sources), BLOCK)]

    def run(number: int) -> tuple[IntArray, IntArray, FloatArray]:
        who, target, metres = _from_block(start, to, cost, blocks[number], place, float(limit_m))
        return who + number * BLOCK, target, metres

    with ThreadPoolExecutor(max(1, threads)) as pool:
        found = list(pool.map(run, range(len(blocks))))
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    who, target, metres = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return who, target, metres


@_compiled
def _from_block(  # pragma: no cover  # compiled
    start: Any, to: Any, cost: Any, sources: Any, place: Any, limit: float
) -> Any:
    """Ways from each of `sources`; what one source touched is wiped before the next."""
    best = np.full(len(place), np.inf)
    touched = np.empty(len(place), np.int64)
    heap_cost, heap_node = np.empty(len(to) + 1), np.empty(len(to) + 1, np.int64)
    who, target, metres = np.empty(4096, np.int64), np.empty(4096, np.int64), np.empty(4096)
    found = 0
    for number in range(len(sources)):
        size = _search(start, to, cost, sources[number], limit, best, touched, heap_cost, heap_node)
        if found + size > len(metres):
            more = max(size, len(metres))
            who = np.concatenate((who, np.empty(more, np.int64)))
            target = np.concatenate((target, np.empty(more, np.int64)))
            metres = np.concatenate((metres, np.empty(more)))
        for k in range(size):
            node = touched[k]
            if place[node] >= 0:
                who[found], target[found], metres[found] = number, place[node], best[node]
                found += 1
            best[node] = np.inf
    return who[:found].copy(), target[:found].copy(), metres[:found].copy()


@_compiled
def _search(  # pragma: no cover  # compiled
    start: Any,
    to: Any,
    cost: Any,
    source: int,
    limit: float,
    best: Any,
    touched: Any,
    heap_cost: Any,
    heap_node: Any,
) -> int:
    """Dijkstra from one source: `best` of every node within the limit; returns how many were `touched`."""
    best[source], touched[0], size = 0.0, source, 1
    heap_cost[0], heap_node[0], waiting = 0.0, source, 1
    while waiting > 0:
        way, node = heap_cost[0], heap_node[0]
        waiting -= 1
        _sink(heap_cost, heap_node, waiting)
        if way > best[node]:
            continue
        for edge in range(start[node], start[node + 1]):
            other, longer = to[edge], way + cost[edge]
            if longer <= limit and longer < best[other]:
                if best[other] == np.inf:
                    touched[size] = other
                    size += 1
                best[other] = longer
                _rise(heap_cost, heap_node, waiting, longer, other)
                waiting += 1
    return size


@_compiled
def _rise(heap_cost: Any, heap_node: Any, at: int, cost: float, node: int) -> None:  # pragma: no cover
    """Put a node in at the end of the heap and let it rise."""
    while at > 0:
        above = (at - 1) // 2
        if heap_cost[above] <= cost:
            break
        heap_cost[at], heap_node[at] = heap_cost[above], heap_node[above]
        at = above
    heap_cost[at], heap_node[at] = cost, node


@_compiled
def _sink(heap_cost: Any, heap_node: Any, size: int) -> None:  # pragma: no cover
    """Take the last node (at `size`) to the top and let it sink."""
    if size == 0:
        return
    cost, node = heap_cost[size], heap_node[size]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and heap_cost[below + 1] < heap_cost[below]:
            below += 1
        if heap_cost[below] >= cost:
            break
        heap_cost[at], heap_node[at] = heap_cost[below], heap_node[below]
        at = below
    heap_cost[at], heap_node[at] = cost, node
