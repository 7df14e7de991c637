"""Reading plan files as text, with the errors a user can act on."""

import json
from pathlib import Path
from typing import Any

from core.errors import BadFileError


def read_text(path: Path) -> str:
    """The file as UTF-8 text; raises `BadFileError` when it is missing or something else."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise BadFileError(path, "not found") from error
    except UnicodeDecodeError as error:
        raise BadFileError(
            path, "is not UTF-8 text", hint="save it again from the program it came from"
        ) from error


def read_json(path: Path) -> dict[str, Any]:
    """The file as one JSON object; raises `BadFileError` saying where it breaks."""
    try:
        value = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise BadFileError(path, f"is not JSON (line {error.lineno}: {error.msg})") from error
    except RecursionError as error:
        raise BadFileError(path, "is nested too deeply to be a plan") from error
    if not isinstance(value, dict):
        raise BadFileError(path, "holds no JSON object")
    return value
