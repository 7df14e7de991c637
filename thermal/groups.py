"""Which frames lie together: a map shows all areas near each other, and says which frames stand alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.geo import FloatArray
from thermal.pose import CameraPose

IntArray = NDArray[np.int64]
_NEAR = 6.0  # footprints between frames of one area
_FAR_M = 1500.0  # a second area further away makes a map of its own
_LEAST = 3  # frames that overlap each other make an area; fewer, far away, have a wrong tag


@dataclass(frozen=True, slots=True)
class Groups:
    """`alone` frames that overlap no other; `lost` frames too far from all others, with the reason.

    `parts` how many groups without a common pair are drawn.
    """

    alone: tuple[int, ...]
    lost: dict[int, str]
    parts: int


def grouped(
    poses: Sequence[CameraPose], pairs: Sequence[tuple[int, int]], camera: Camera, ground_m: float
) -> Groups:
    """Sort frames by the pairs that overlap, and by how far apart they lie."""
    centers = np.array([p.center_m[:2] for p in poses])
    heights = np.array([p.center_m[2] - ground_m for p in poses])
    wide_m = max(float(np.median(heights)), 1.0) * camera.width_px / camera.focal_px
    overlap = _components(len(poses), pairs)
    lost = _far(centers, overlap, _near(centers, _NEAR * wide_m))
    size = np.bincount(overlap)
    kept = [k for k in range(len(poses)) if k not in lost]
    alone = tuple(k for k in kept if size[overlap[k]] == 1 and len(kept) > 1)
    return Groups(alone, lost, len({int(overlap[k]) for k in kept}))


def _components(n: int, pairs: Sequence[tuple[int, int]]) -> IntArray:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    a, b = np.array(pairs, np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _near(centers: FloatArray, reach_m: float) -> IntArray:
    from scipy.spatial import cKDTree

    pairs = cKDTree(centers).query_pairs(reach_m, output_type="ndarray")
    return _components(len(centers), [(int(a), int(b)) for a, b in pairs])


def _far(centers: FloatArray, overlap: IntArray, area: IntArray) -> dict[int, str]:
    """Frames of areas that must not be drawn with the largest one."""
    main = area == int(np.bincount(area).argmax())
    middle = np.median(centers[main], axis=0)
    out: dict[int, str] = {}
    for other in set(area[~main].tolist()):
        frames = np.flatnonzero(area == other)
        apart = np.hypot(*(centers[frames][:, None] - centers[main][None]).T).min()
        together = np.bincount(overlap[frames]).max() >= _LEAST
        if not (together and apart < _FAR_M):
            out |= {int(k): _reason(centers[k], middle, len(frames), together) for k in frames}
    return out


def _reason(at: FloatArray, middle: FloatArray, frames: int, together: bool) -> str:
    away = float(np.hypot(*(at - middle)))
    told = f"overlaps no frame of the flight: its tag puts it {away:.0f} m from the middle"
    return f"{told}, with {frames - 1} others: make a map of their own of them" if together else told
