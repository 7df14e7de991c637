"""Values out of files that others wrote: of the right type and of this world, or refused with their name."""

import math
from typing import Any

LONGEST_SHOWN = 40


class WrongValueError(ValueError):
    """A value of a file that cannot be; the message names it."""


def number(value: Any, what: str, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number in [low, high]; raises `WrongValueError` naming `what`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongValueError(f"{what} must be a number, got {shown(value)}")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise WrongValueError(f"{what} must be a finite number, got {shown(value)}")
    if not low <= found <= high:
        raise WrongValueError(f"{what} must be in [{low:g}, {high:g}], got {found:g}")
    return found


def number_or_nan(value: Any, what: str) -> float:
    """A number that a file may leave to the vehicle (null or NaN)."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return math.nan
    return number(value, what)


def whole(value: Any, what: str, low: int, high: int) -> int:
    """A whole number in [low, high]; raises `WrongValueError` naming `what`."""
    found = number(value, what, low, high)
    if not found.is_integer():
        raise WrongValueError(f"{what} must be a whole number, got {found:g}")
    return int(found)


def table(value: Any, what: str) -> dict[str, Any]:
    """A JSON object; raises `WrongValueError` naming `what`."""
    if not isinstance(value, dict):
        raise WrongValueError(f"{what} must be an object, got {shown(value)}")
    return value


def listed(value: Any, what: str) -> list[Any]:
    """A JSON list; raises `WrongValueError` naming `what`."""
    if not isinstance(value, list):
        raise WrongValueError(f"{what} must be a list, got {shown(value)}")
    return value


def truth(value: Any, what: str) -> bool:
    """True or false; raises `WrongValueError` naming `what`."""
    if not isinstance(value, bool):
        raise WrongValueError(f"{what} must be true or false, got {shown(value)}")
    return value


def text(value: Any, what: str) -> str:
    """Text that can be written again (lone surrogates replaced); raises `WrongValueError` naming `what`."""
    if not isinstance(value, str):
        raise WrongValueError(f"{what} must be text, got {shown(value)}")
    return value.encode("utf-8", "replace").decode("utf-8")


def shown(value: Any) -> str:
    """A value, cut short for a message."""
    if isinstance(value, dict | list):
        return f"a {'list' if isinstance(value, list) else 'JSON object'}"
    found = "null" if value is None else ascii(value)[: LONGEST_SHOWN + 1]
    return found if len(found) <= LONGEST_SHOWN else f"{found[:LONGEST_SHOWN]}..."
