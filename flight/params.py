"""Parameters: read one, set one and see it set, read a file of them."""

import math
from collections.abc import Mapping
from pathlib import Path

from core.errors import BadFileError, SkyshadeError
from flight.exchange import Wire
from flight.wire import Fields, float32

TRIES = 5
ANSWER_S = 1.0
PAUSE_S = 0.02
MESSAGES_WAITED = 5000
LONGEST_NAME = 16
REAL32 = 9  # MAV_PARAM_TYPE_REAL32


class ParameterError(SkyshadeError):
    """A parameter that the vehicle does not have or does not take."""


def get_parameter(wire: Wire, name: str) -> float:
    """The value of one parameter; raises `ParameterError` when the vehicle does not answer for it."""
    for _ in range(TRIES):
        wire.send("PARAM_REQUEST_READ", {"param_id": name.encode(), "param_index": -1})
        fields = _answer(wire, name)
        if fields is not None:
            return float(fields["param_value"])
    raise ParameterError(f"the vehicle has no parameter {name!r}, or does not answer for it")


def set_parameter(wire: Wire, name: str, value: float) -> float:
    """Set, read back, compare; the value the vehicle holds. Raises `ParameterError` when it differs."""
    get_parameter(wire, name)
    held = math.nan
    for _ in range(TRIES):
        fields = {"param_id": name.encode(), "param_value": value, "param_type": REAL32}
        wire.send("PARAM_SET", fields)
        _answer(wire, name)
        held = get_parameter(wire, name)
        if math.isclose(held, float32(value), rel_tol=1e-6, abs_tol=1e-9):
            return held
    raise ParameterError(f"{name}: {value:g} was set, the vehicle holds {held:g}")


def _answer(wire: Wire, name: str) -> Fields | None:
    """The next PARAM_VALUE of that name; None after a second of silence or many other messages."""
    silent = 0
    for _ in range(MESSAGES_WAITED):
        message = wire.receive(PAUSE_S)
        silent += message is None
        if message is not None and message.name == "PARAM_VALUE" and message.fields["param_id"] == name:
            return message.fields
        if silent * PAUSE_S > ANSWER_S:
            return None
    return None


def parse_parameters(text: str, path: Path) -> Mapping[str, float]:
    """Lines `NAME VALUE` or `NAME,VALUE[,TYPE]`, # starts a comment; raises `BadFileError`."""
    values: dict[str, float] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split("#", 1)[0].replace(",", " ").split()
        if not words:
            continue
        try:
            name, value = words[0], float(words[1])
        except (IndexError, ValueError):
            raise BadFileError(path, f"line {number}: {line.strip()!r} is no NAME VALUE") from None
        if len(name) > LONGEST_NAME or not math.isfinite(value):
            raise BadFileError(path, f"line {number}: {line.strip()!r} is no parameter")
        values[name] = value
    return values


def read_parameters(path: Path) -> Mapping[str, float]:
    """A .parm file; raises `BadFileError`."""
    try:
        return parse_parameters(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise BadFileError(path, f"cannot be read ({error})") from error
