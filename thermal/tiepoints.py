"""Tie points: the same spot found in two frames on thermal texture alone."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray
from thermal.frame import CelsiusArray
from thermal.nearest import guided

ByteImage = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class TieParams:
    """How tie points are found.

    Frames are shrunk to `work_px` on the longer side. `features` at most a frame. A match must lie within
    `gate_share` of the frame's width of where the prior poses expect it, beat the next best by `ratio`, and
    fit its pair's homography within `tolerance_px` (full pixels); `least` such matches make a pair.
    """

    work_px: int = 320
    features: int = 450
    gate_share: float = 0.22
    ratio: float = 0.85
    tolerance_px: float = 4.0
    least: int = 10


@dataclass(frozen=True, slots=True)
class Keypoints:
    """`pixels` (n, 2) full-resolution positions; `descriptors` (n, 128) float32 of unit length."""

    pixels: FloatArray
    descriptors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PairMatch:
    """Frames `first` and `second` share the keypoints `index` (n, 2)."""

    first: int
    second: int
    index: NDArray[np.int64]


def stretched(celsius: CelsiusArray, work_px: int) -> ByteImage:
    """The frame shrunk and with its local contrast stretched (CLAHE), 8 bit."""
    import cv2

    known = np.isfinite(celsius)
    t = (celsius if known.all() else np.where(known, celsius, np.nanmedian(celsius))).astype(np.float32)
    scale = min(work_px / max(t.shape), 1.0)
    size = (round(t.shape[1] * scale), round(t.shape[0] * scale))
    small = cv2.resize(t, size, interpolation=cv2.INTER_AREA)
    small = small - cv2.GaussianBlur(small, (0, 0), max(size) / 12.0)
    low, high = np.percentile(small, [0.5, 99.5])
    spread = max(float(high - low), 0.6)  # K; below it there is noise only
    level = (small - (low + high) / 2.0) / spread + 0.5
    grey = np.clip(level * 255.0, 0, 255).astype(np.uint8)
    out: ByteImage = cv2.createCLAHE(clipLimit=3.0, tileGridSize=(6, 6)).apply(grey)
    return out


def detect(celsius: CelsiusArray, params: TieParams) -> Keypoints:
    """SIFT keypoints (Lowe 2004) with root-normalised descriptors (Arandjelovic and Zisserman 2012)."""
    import cv2

    image = stretched(celsius, params.work_px)
    sift = cv2.SIFT.create(nfeatures=params.features, contrastThreshold=0.02, enable_precise_upscale=True)
    points, raw = sift.detectAndCompute(image, None)
    if raw is None or len(points) == 0:
        return Keypoints(np.zeros((0, 2)), np.zeros((0, 128), np.float32))
    at = np.array([p.pt for p in points], float)
    scale = np.array([celsius.shape[1] / image.shape[1], celsius.shape[0] / image.shape[0]])
    root = np.sqrt(raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-9))
    return Keypoints((at + 0.5) * scale - 0.5, root.astype(np.float32))


@dataclass(frozen=True, slots=True)
class PairTask:
    """Two frames to match; `expected` (n, 2) : the first's keypoints as the prior puts them in the second."""

    first: int
    second: int
    expected: FloatArray


def match_pairs(
    keypoints: Sequence[Keypoints],
    tasks: Sequence[PairTask],
    width_px: int,
    params: TieParams,
    *,
    workers: int,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[PairMatch]:
    """Match every task's pair; pairs without enough agreeing matches are left out."""
    found: list[PairMatch] = []
    with ThreadPoolExecutor(workers) as pool:
        results = pool.map(lambda t: _match(keypoints, t, width_px, params), tasks)
        for done, match in enumerate(results, start=1):
            if match is not None:
                found.append(match)
            if progress:
                progress("matching", done, len(tasks))
    return found


def _match(
    keypoints: Sequence[Keypoints], task: PairTask, width_px: int, params: TieParams
) -> PairMatch | None:
    a, b = keypoints[task.first], keypoints[task.second]
    inside = np.flatnonzero(np.isfinite(task.expected).all(axis=1))
    if min(len(inside), len(b.pixels)) < params.least:
        return None
    pairs = _nearest(a, b, task.expected, inside, params.gate_share * width_px, params.ratio)
    if len(pairs) < params.least:
        return None
    agreeing = _one_plane(a.pixels[pairs[:, 0]], b.pixels[pairs[:, 1]], params.tolerance_px)
    if agreeing.sum() < max(params.least, 0.2 * len(pairs)):
        return None
    return PairMatch(task.first, task.second, pairs[agreeing])


def _nearest(
    a: Keypoints, b: Keypoints, expected: FloatArray, inside: NDArray[np.int64], gate_px: float, ratio: float
) -> NDArray[np.int64]:
    """Mutual nearest descriptors within the gate that beat the second best by `ratio`, (n, 2) indices."""
    best, top, second, back = guided(
        a.descriptors, b.descriptors, expected, b.pixels, inside, np.float64(gate_px**2)
    )
    rows = np.arange(len(inside))
    distance, other = (np.sqrt(np.maximum(2.0 - 2.0 * likeness, 0.0)) for likeness in (top, second))
    good = (best >= 0) & (distance < ratio * other) & (back[best] == rows)
    return np.column_stack([inside[good], best[good]]).astype(np.int64)


def _one_plane(a: FloatArray, b: FloatArray, tolerance_px: float) -> NDArray[np.bool_]:
    """Matches that agree with one homography: the ground between two frames, without its roofs."""
    import cv2

    _, mask = cv2.findHomography(a, b, cv2.USAC_MAGSAC, tolerance_px, maxIters=2000, confidence=0.999)
    return np.zeros(len(a), bool) if mask is None else mask.ravel().astype(bool)
