"""Limits a plan is checked against, kept as data with source and date."""

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from core.errors import BadFileError


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit: its value, where it was found, and when."""

    value: float
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class Rules:
    """The limits of one country; `authoritative` is False where they come from secondary sources.

    Limits that may be None are not asked where a file does not give them.
    """

    country: str
    authoritative: bool
    max_height_above_ground_m: Limit
    min_terrain_clearance_m: Limit
    max_leg_m: Limit
    max_items: Limit
    min_visibility_m: Limit | None = None
    min_sun_elevation_deg: Limit | None = None


def load_rules(path: Path | str | None = None) -> Rules:
    """The packaged rules for Korea, or those of a user's TOML file of the same shape."""
    try:
        if path is None:
            return _packaged()
        return _parse(tomllib.loads(Path(path).read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise BadFileError(str(path), "not found") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else f"is not a rules file ({error})"
        raise BadFileError(str(path), what) from error


@functools.cache
def _packaged() -> Rules:
    """Rules never change, so they are read once."""
    text = (resources.files("missions") / "data" / "rules_korea.toml").read_text(encoding="utf-8")
    return _parse(tomllib.loads(text))


def _parse(table: dict[str, Any]) -> Rules:
    names = ("max_height_above_ground_m", "min_terrain_clearance_m", "max_leg_m", "max_items")
    more = tuple(n for n in ("min_visibility_m", "min_sun_elevation_deg") if n in table)
    limits = {
        n: Limit(float(table[n]["value"]), table[n]["source"], str(table[n]["date"])) for n in names + more
    }
    return Rules(table["country"], bool(table["authoritative"]), **limits)
