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
    return read_plan_noting(path)[0]


def read_plan_noting(path: Path | str) -> tuple[Mission, tuple[str, ...]]:
    """Read a mission file, with what it holds besides that a `Mission` cannot say."""
    path = Path(path)
    module = _format(path)
    if hasattr(module, "read_noting"):
        noted: tuple[Mission, tuple[str, ...]] = module.read_noting(path)
        return noted
    mission: Mission = module.read(path)
    return mission, ()


def write_plan(mission: Mission, path: Path | str, *, drone: str | None = None) -> tuple[str, ...]:
    """Write a mission file by extension, whole or not at all; returns what the format cannot say.

    `drone` names the DJI aircraft that a .kmz is for (M3T, M30T; other formats have no such field).
    """
    path = Path(path)
    writer: Callable[..., tuple[str, ...]] = _format(path).write
    named = {"drone": drone} if drone is not None and known_format(path) == "wpml" else {}
    return writer(mission, path, **named)


def known_format(path: Path) -> str:
    """The module that handles a file's extension; raises `BadFileError` listing the known ones."""
    module = FORMATS.get(path.suffix.lower())
    if module is None:
        raise BadFileError(path, "is not a mission format this knows", hint=f"use {', '.join(FORMATS)}")
    return module


def _format(path: Path) -> Any:
    return import_module(f"missions.formats.{known_format(path)}")
