"""Mission files: read and write by extension."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from core.errors import BadFileError
from missions.model import Mission

FORMATS = {
    ".plan": "qgc",
    ".waypoints": "waypoints",
    ".kmz": "wpml",
    ".kml": "kml",
    ".geojson": "geojson",
}


def read_plan(path: Path | str) -> Mission:
    """Read a mission file; the format follows from its extension. Raises `BadFileError`."""
    path = Path(path)
    reader: Callable[[Path], Mission] = _format(path).read
    return reader(path)


def write_plan(mission: Mission, path: Path | str) -> tuple[str, ...]:
    """Write a mission file by extension, whole or not at all; returns what the format cannot say."""
    path = Path(path)
    writer: Callable[[Mission, Path], tuple[str, ...]] = _format(path).write
    return writer(mission, path)


def known_format(path: Path) -> str:
    """The module that handles a file's extension; raises `BadFileError` listing the known ones."""
    module = FORMATS.get(path.suffix.lower())
    if module is None:
        raise BadFileError(path, "is not a mission format this knows", hint=f"use {', '.join(FORMATS)}")
    return module


def _format(path: Path) -> Any:
    return import_module(f"missions.formats.{known_format(path)}")
