"""Parameter files: `NAME VALUE` of ArduPilot and MAVProxy, `NAME,VALUE`, QGroundControl's tabs."""

import math
from collections.abc import Mapping
from pathlib import Path

from core.errors import BadFileError
from core.files import write_text

LONGEST_NAME = 16


def parse_parameters(text: str, path: Path) -> Mapping[str, float]:
    """Names and values in the file's order, the last of a name that stands twice; `#` starts a comment.

    QGroundControl's lines begin with the vehicle's and the component's number. Raises `BadFileError`.
    """
    values: dict[str, float] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split("#", 1)[0].replace(",", " ").split()
        if not words:
            continue
        if len(words) == 5 and words[0].isdecimal() and words[1].isdecimal():
            words = words[2:]
        try:
            name, value = words[0].upper(), float(words[1])
        except (IndexError, ValueError):
            raise BadFileError(path, f"line {number}: {line.strip()!r} is no NAME VALUE") from None
        if len(name) > LONGEST_NAME or not name.isascii() or not math.isfinite(value):
            raise BadFileError(path, f"line {number}: {line.strip()!r} is no parameter")
        values[name] = value
    return values


def read_parameters(path: Path) -> Mapping[str, float]:
    """A .parm or .param file; raises `BadFileError`."""
    try:
        return parse_parameters(path.read_text(encoding="utf-8-sig"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise BadFileError(path, f"cannot be read ({error})") from error


def write_parameters(values: Mapping[str, float], path: Path) -> None:
    """Write `NAME,VALUE` lines by name, which all ground stations read; nine digits keep every float32."""
    write_text(path, "".join(f"{name},{values[name]:.9g}\n" for name in sorted(values)))
