"""Writing a recording: a .tlog as other ground stations read it, 8 bytes of time before each frame."""

import logging
import struct
import threading
from pathlib import Path

from core.errors import OutputError

log = logging.getLogger(__name__)

_STAMP = struct.Struct(">Q")  # microseconds since 1970


class Tape:
    """A recording that several threads write to. A disk that fails ends it, never the flight: `trouble`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trouble: str | None = None
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("wb")
        except OSError as error:
            raise OutputError(
                path, f"cannot be written ({error.strerror})", hint="choose another folder"
            ) from error

    def keep(self, frame: bytes, utc_s: float) -> None:
        """Add one frame."""
        with self._lock:
            if self.trouble is None and not self._file.closed:
                try:
                    self._file.write(_STAMP.pack(round(utc_s * 1e6)) + frame)
                except OSError as error:
                    self._fail(error)

    def flush(self) -> None:
        """Bring what is written to the disk: a crash from now on loses nothing of it."""
        with self._lock:
            if self.trouble is None and not self._file.closed:
                try:
                    self._file.flush()
                except OSError as error:
                    self._fail(error)

    def close(self) -> None:
        """End the recording."""
        with self._lock:
            try:
                self._file.close()
            except OSError as error:
                self._fail(error)

    def _fail(self, error: OSError) -> None:
        self.trouble = f"{self.path}: the recording ended early ({error.strerror or error})"
        log.error("%s", self.trouble)
