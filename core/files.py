"""Writing beside and renaming, so that Ctrl-C or a full disk leaves no half-written file."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import OutputError


@contextmanager
def written_beside(target: Path) -> Iterator[Path]:
    """Yield a temporary path next to `target`; rename it to `target` on success, remove it on failure.

    The temporary name keeps the suffix, for libraries that choose a format by it. Raises `OutputError` when
    the folder cannot be made or written.
    """
    target = Path(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
        os.close(handle)
    except OSError as error:
        raise OutputError(
            target, f"cannot be written ({error.strerror})", hint="choose another place"
        ) from error
    beside = Path(name)
    try:
        yield beside
        beside.chmod(0o644)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def write_text(target: Path, text: str, *, encoding: str = "utf-8") -> None:
    """Write text to `target`, whole or not at all."""
    with written_beside(target) as beside:
        beside.write_text(text, encoding=encoding, newline="\n")


def write_bytes(target: Path, data: bytes) -> None:
    """Write bytes to `target`, whole or not at all."""
    with written_beside(target) as beside:
        beside.write_bytes(data)


def writable_folder(folder: Path) -> Path:
    """Make `folder` and prove that it can be written; raises `OutputError`."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(
            folder, f"cannot be written ({error.strerror})", hint="choose another folder"
        ) from error
    return folder
