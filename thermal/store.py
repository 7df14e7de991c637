"""Frames on disk, read when needed and kept while memory allows."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from thermal.frame import CelsiusArray

Reader = Callable[[Path], CelsiusArray]


@dataclass(slots=True)
class FrameStore:
    """A cache of temperatures by path: the least recently used leave when it holds `limit_bytes`."""

    read: Reader
    limit_bytes: int = 250_000_000
    _held: OrderedDict[Path, CelsiusArray] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, path: Path, celsius: CelsiusArray) -> None:
        """Keep `celsius` for `path`."""
        with self._lock:
            old = self._held.pop(path, None)
            self._bytes += celsius.nbytes - (0 if old is None else old.nbytes)
            self._held[path] = celsius
            while self._bytes > self.limit_bytes and len(self._held) > 1:
                self._bytes -= self._held.popitem(last=False)[1].nbytes

    def get(self, path: Path) -> CelsiusArray:
        """The frame's temperatures, read again when they had to leave."""
        with self._lock:
            held = self._held.get(path)
            if held is not None:
                self._held.move_to_end(path)
                return held
        celsius = self.read(path)
        self.put(path, celsius)
        return celsius
