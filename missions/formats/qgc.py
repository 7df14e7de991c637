"""QGroundControl .plan files (JSON): mission with home, geofence, rally points.

Source: QGroundControl's plan file format and its behaviour: DO_JUMP names an item by its doJumpId, complex
items carry the items they were drawn into, null stands for "leave to the vehicle".
"""

import json
from pathlib import Path

from core.errors import BadFileError
from core.files import write_text
from missions.formats.loss import lost_between
from missions.formats.qgc_read import parse
from missions.formats.qgc_write import document
from missions.formats.text import read_json
from missions.formats.values import shown
from missions.model import Mission

__all__ = ["document", "parse", "read", "write"]


def read(path: Path) -> Mission:
    """Read a .plan; simple items, and the items embedded in survey and corridor items.

    Raises `BadFileError` naming the item that cannot be used.
    """
    found = read_json(path)
    if found.get("fileType") != "Plan":
        kind = shown(found.get("fileType"))
        raise BadFileError(
            path, f"fileType is {kind}, not 'Plan'", hint="save it in QGroundControl as a .plan"
        )
    try:
        return parse(found)
    except ValueError as error:
        raise BadFileError(path, str(error), hint="open and save it again in QGroundControl") from error


def write(mission: Mission, path: Path) -> tuple[str, ...]:
    """Write a .plan that QGroundControl opens; returns what it cannot say."""
    found = document(mission)
    try:
        after = parse(found)
    except ValueError as error:
        raise BadFileError(path, f"cannot hold this mission: {error}") from error
    write_text(path, json.dumps(found, indent=4, ensure_ascii=False) + "\n")
    return lost_between(mission, after)
