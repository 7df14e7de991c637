"""Reading plan files as bytes, text and JSON, with the errors a user can act on."""

import codecs
import json
from pathlib import Path
from typing import Any

from core.errors import BadFileError

LARGEST_BYTES = 50_000_000
MOST_ITEMS = 65_535
"""MISSION_COUNT counts in 16 bits: no vehicle can be sent more."""

_TEXT_HINT = "save it again from the program it came from"


def read_bytes(path: Path) -> bytes:
    """The whole file; raises `BadFileError` when it is missing, a folder, shut, empty, or a giant."""
    try:
        if path.is_dir():
            raise BadFileError(path, "is a folder", hint="name a file in it")
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise BadFileError(
                path, f"is {size / 1e6:.0f} MB; a plan is at most {LARGEST_BYTES / 1e6:.0f} MB"
            )
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise BadFileError(path, "not found") from error
    except OSError as error:
        raise BadFileError(path, f"cannot be read ({error.strerror or error})") from error
    if not data.strip():
        raise BadFileError(path, "is empty", hint=_TEXT_HINT)
    return data


def read_text(path: Path) -> str:
    """The file as text: UTF-8 or UTF-16 by its mark, else UTF-8, else cp949 (Korean Windows).

    Raises `BadFileError` for anything else.
    """
    data = read_bytes(path)
    for encoding in encodings_of(data):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadFileError(path, "is not text in UTF-8, UTF-16 or cp949", hint=_TEXT_HINT)


def encodings_of(data: bytes) -> tuple[str, ...]:
    """Encodings to try, by the mark at the beginning."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    return ("utf-8-sig", "cp949")


def read_json(path: Path) -> dict[str, Any]:
    """The file as one JSON object; raises `BadFileError` saying where it breaks."""
    try:
        value = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadFileError(path, f"is not JSON ({where}: {error.msg})", hint=_TEXT_HINT) from error
    except RecursionError as error:
        raise BadFileError(path, "is nested too deeply to be a plan") from error
    except ValueError as error:  # a number of thousands of digits
        raise BadFileError(path, "holds a number that is too long", hint=_TEXT_HINT) from error
    if not isinstance(value, dict):
        raise BadFileError(path, "holds no JSON object")
    return value


def few_enough(count: int) -> None:
    """Raises `ValueError` for more items than any vehicle can be sent."""
    if count > MOST_ITEMS:
        raise ValueError(f"holds {count} items; no vehicle takes more than {MOST_ITEMS}")
