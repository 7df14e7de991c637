"""A set of files that appears whole or not at all, over an older set as well."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import OutputError
from core.files import writable_folder


@contextmanager
def written_together(folder: Path) -> Iterator[Path]:
    """Yield an empty folder; when the block ends well, its files take their places in `folder`.

    Files of the same name are replaced; when one of them cannot be (another program holds it open), all
    old ones are put back and `OutputError` names it. Other files in `folder` stay as they are.
    """
    folder = writable_folder(folder)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=folder) as name:
        new, old = Path(name) / "new", Path(name) / "old"
        new.mkdir()
        yield new
        _exchange(new, old, folder)


def _exchange(new: Path, old: Path, folder: Path) -> None:
    done: list[Path] = []
    names = sorted(path.relative_to(new) for path in new.rglob("*") if path.is_file())
    try:
        for name in names:
            _move(folder / name, old / name)
            done.append(name)
            _move(new / name, folder / name)
    except BaseException as error:
        _put_back(done, old, folder)
        if isinstance(error, OSError):
            raise OutputError(
                folder / name,
                f"cannot be replaced ({error.strerror})",
                hint="close it in other programs, or choose another folder",
            ) from error
        raise


def _put_back(names: list[Path], old: Path, folder: Path) -> None:
    for name in reversed(names):
        (folder / name).unlink(missing_ok=True)
        _move(old / name, folder / name)


def _move(source: Path, target: Path) -> None:
    if source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
