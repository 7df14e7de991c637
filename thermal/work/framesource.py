"""A frame's corrected temperatures by path: a small value that any process can be handed."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.camera import Camera
from core.geo import FloatArray
from thermal.drift import Drift, corrected, flat_image
from thermal.driftsolve import flat_basis
from thermal.frame import CelsiusArray
from thermal.loading import ReadFrame
from thermal.overlaps import centred
from thermal.references import Anchor
from thermal.store import FrameStore

WORKER_BYTES = 300_000_000
"""What a worker process keeps of decoded frames."""

_stores: "OrderedDict[str, Kept]" = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Kept:
    """What a process keeps between tiles of one run: decoded frames and the flat field as an image."""

    frames: FrameStore
    flat: CelsiusArray


@dataclass(frozen=True, slots=True)
class Correction:
    """What frames of a run are corrected by: drift, then the level. `run` tells runs apart."""

    run: str
    read: ReadFrame
    drift: Drift
    camera: Camera
    level: Anchor

    def at_all(self, pixels: FloatArray) -> FloatArray:
        """What is taken off each frame, K (frames, n + 1), at `pixels` (n, 2).

        The last column is what the level's scale does to a place 20 K warmer than its pivot.
        """
        places = centred(pixels, self.camera)
        flat = flat_basis(places) @ self.drift.flat
        own = self.drift.offsets_K[:, None] + self.drift.ramps_K @ places.T
        taken = (own + flat) * self.level.gain + self.level.shift_K
        return np.column_stack([taken, np.full(len(taken), (1.0 - self.level.gain) * 20.0)])

    def applied(self, celsius: CelsiusArray, frame: int, flat: CelsiusArray) -> CelsiusArray:
        """Frame number `frame` freed of drift and at the level; `flat` is the flat field as an image."""
        level = self.level
        if level.gain == 1.0:
            return corrected(celsius, self.drift, frame, flat, self.camera, level.shift_K)
        out = corrected(celsius, self.drift, frame, flat, self.camera)
        out *= np.float32(level.gain)
        out += np.float32(level.pivot_C * (1.0 - level.gain) - level.shift_K)
        return out


@dataclass(frozen=True, slots=True)
class CorrectedFrame:
    """Loads frame number `index` of a run from `path` and takes off its drift; decoded frames are kept."""

    path: Path
    index: int
    correction: Correction

    def __call__(self) -> CelsiusArray:
        kept = _kept(self.correction)
        return self.correction.applied(kept.frames.get(self.path), self.index, kept.flat)


def adopt(correction: Correction, store: FrameStore) -> None:
    """Let this process use frames that it has decoded already."""
    with _lock:
        _put(correction, store)


def release(correction: Correction) -> None:
    """Forget the frames of a run that has ended."""
    with _lock:
        _stores.pop(correction.run, None)


def _kept(correction: Correction) -> Kept:
    with _lock:
        found = _stores.get(correction.run)
        if found is None:
            read = correction.read
            found = _put(correction, FrameStore(lambda path: read(path).celsius, WORKER_BYTES))
        return found


def _put(correction: Correction, store: FrameStore) -> Kept:
    kept = Kept(store, flat_image(correction.drift.flat, correction.camera))
    _stores[correction.run] = kept
    while len(_stores) > 2:  # a worker of a cluster may serve two maps at a time
        _stores.popitem(last=False)
    return kept
