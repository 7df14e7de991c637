"""Joining pair matches into tie points that many frames see."""

from collections.abc import Sequence

import numpy as np

from core.geo import FloatArray
from thermal.bundle import Observations
from thermal.tiepoints import PairMatch


def build_tracks(pixels: Sequence[FloatArray], matches: Sequence[PairMatch], sigma_px: float) -> Observations:
    """Observations of connected keypoints, sorted by point.

    Keypoints linked by matches are one point; a point that a frame would see twice is a mistake and left out.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    first = np.concatenate([[0], np.cumsum([len(p) for p in pixels])]).astype(np.int64)
    if not matches:
        empty = np.zeros(0, np.int64)
        return Observations(empty, empty, np.zeros((0, 2)), np.zeros(0))
    a = np.concatenate([first[m.first] + m.index[:, 0] for m in matches])
    b = np.concatenate([first[m.second] + m.index[:, 1] for m in matches])
    size = int(first[-1])
    graph = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(size, size))
    label = connected_components(graph, directed=False)[1].astype(np.int64)
    nodes = np.unique(np.concatenate([a, b]))
    frame = np.searchsorted(first, nodes, side="right") - 1
    point = label[nodes]
    twice = _points_seen_twice(frame, point, int(label.max()) + 1)
    keep = ~twice[point]
    nodes, frame, point = nodes[keep], frame[keep], point[keep]
    order = np.argsort(point, kind="stable")
    index = np.unique(point[order], return_inverse=True)[1].astype(np.int64)
    pixel = np.concatenate(list(pixels))[nodes[order]]
    return Observations(frame[order].astype(np.int64), index, pixel, np.full(len(order), sigma_px))


def _points_seen_twice(frame: np.ndarray, point: np.ndarray, points: int) -> np.ndarray:
    key = point * (int(frame.max()) + 1) + frame
    unique, count = np.unique(key, return_counts=True)
    bad = np.zeros(points, bool)
    bad[unique[count > 1] // (int(frame.max()) + 1)] = True
    return bad


def thinned(obs: Observations, size_px: tuple[int, int], per_cell: int, cells: int = 5) -> Observations:
    """Fewer tie points, evenly spread: long tracks first, and only where a frame's cell still wants some.

    Each frame is parted into `cells` x `cells`; a point stays when one of its observations falls in a cell
    with fewer than `per_cell`. Adjustment costs grow with the points, its accuracy hardly.
    """
    width, height = size_px
    column = np.clip(obs.pixel[:, 0] / width * cells, 0, cells - 1).astype(np.int64)
    row = np.clip(obs.pixel[:, 1] / height * cells, 0, cells - 1).astype(np.int64)
    cell = (obs.frame * cells + row) * cells + column
    points = int(obs.point.max()) + 1 if len(obs.point) else 0
    starts = np.searchsorted(obs.point, np.arange(points + 1))
    held = np.zeros(int(cell.max()) + 1 if len(cell) else 0, np.int64)
    keep = np.zeros(points, bool)
    for p in np.argsort(-np.diff(starts), kind="stable"):
        mine = cell[starts[p] : starts[p + 1]]
        if (held[mine] < per_cell).any():
            keep[p] = True
            held[mine] += 1
    kept = obs.select(keep[obs.point])
    index = np.unique(kept.point, return_inverse=True)[1].astype(np.int64)
    return Observations(kept.frame, index, kept.pixel, kept.sigma_px)
