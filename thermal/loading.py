"""Reading a folder of frames once: headers, small copies, detail and tie point candidates."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import BadFileError
from thermal.blunders import Detail, detail
from thermal.frame import CelsiusArray, Frame, FrameInfo
from thermal.pose import Rejection
from thermal.store import FrameStore
from thermal.tiepoints import Keypoints, TieParams, detect

ReadFrame = Callable[[Path], Frame]
SMALL = 4
"""A small copy's pixel is the mean of SMALL x SMALL pixels."""


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """What matching and drift need of a frame; the full temperatures stay in the store.

    `small` is the frame averaged over SMALL x SMALL pixels, float32.
    """

    info: FrameInfo
    small: CelsiusArray
    detail: Detail
    keypoints: Keypoints


def load_frames(
    paths: Sequence[Path],
    read: ReadFrame,
    ties: TieParams,
    *,
    workers: int,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[list[SeenFrame], list[Rejection], FrameStore]:
    """Read every file; those that cannot be read are rejected with the reader's reason."""
    store = FrameStore(lambda path: read(path).celsius)
    seen: list[SeenFrame] = []
    rejected: list[Rejection] = []
    with ThreadPoolExecutor(workers) as pool:
        for done, got in enumerate(pool.map(lambda p: _load(p, read, ties, store), paths), start=1):
            if isinstance(got, Rejection):
                rejected.append(got)
            else:
                seen.append(got)
            if progress:
                progress("reading", done, len(paths))
    return seen, rejected, store


def _load(path: Path, read: ReadFrame, ties: TieParams, store: FrameStore) -> SeenFrame | Rejection:
    try:
        frame = read(path)
    except BadFileError as error:
        return Rejection(path, f"cannot be read: {error.problem}")
    if not np.isfinite(frame.celsius).any():
        return Rejection(path, "holds no temperatures")
    store.put(path, frame.celsius)
    return SeenFrame(frame.info, shrink(frame.celsius), detail(frame.celsius), detect(frame.celsius, ties))


def shrink(celsius: CelsiusArray, by: int = SMALL) -> CelsiusArray:
    """Means of `by` x `by` pixels; a rest at the right and bottom is left out."""
    rows, cols = celsius.shape[0] // by, celsius.shape[1] // by
    blocks = celsius[: rows * by, : cols * by].reshape(rows, by, cols, by)
    small: CelsiusArray = blocks.mean(axis=(1, 3), dtype=np.float32)
    return small
