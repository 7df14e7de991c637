"""Catalogues of TOML files: the packaged ones by name, or the user's own by path."""

import tomllib
from dataclasses import fields
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from core.errors import BadFileError, UnknownNameError

Entry = TypeVar("Entry")


def names(kind: str) -> list[str]:
    """The packaged names of a kind (`aircraft` or `cameras`), sorted."""
    return sorted(p.name.removesuffix(".toml") for p in _folder(kind).iterdir() if p.name.endswith(".toml"))


def load(kind: str, label: str, name_or_path: str | Path, cls: type[Entry]) -> Entry:
    """Make a `cls` (a dataclass) from the packaged entry of that name, or from a user's .toml file.

    Names match without regard to case, spaces, `-` and `_`. Raises `UnknownNameError` listing the known
    names, `BadFileError` when a file is missing, no TOML, or has a wrong, missing or unknown key.
    """
    text = str(name_or_path)
    if text.lower().endswith(".toml"):
        return _entry(Path(text), _read(Path(text)), cls)
    wanted = _key(text)
    for name in names(kind):
        if _key(name) == wanted:
            source = _folder(kind) / f"{name}.toml"
            return _entry(Path(str(source)), tomllib.loads(source.read_text(encoding="utf-8")), cls)
    raise UnknownNameError(label, text, names(kind))


def _folder(kind: str) -> Any:
    return resources.files("missions") / "data" / kind


def _key(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadFileError(path, "not found") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFileError(path, f"is not valid TOML ({error})") from error


def _entry(path: Path, table: dict[str, Any], cls: type[Entry]) -> Entry:
    known = [f.name for f in fields(cls)]  # type: ignore[arg-type]  # every Entry is a dataclass
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise BadFileError(path, f"has unknown key {unknown[0]!r}", hint=f"known: {', '.join(known)}")
    try:
        return cls(**table)
    except (TypeError, ValueError) as error:
        raise BadFileError(path, str(error).replace("__init__() ", "")) from error
