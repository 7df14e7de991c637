"""Permissions that someone holds for zones, with their dates, from a TOML file."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.errors import BadFileError
from missions.airspace import parse_time


@dataclass(frozen=True, slots=True)
class Permit:
    """Permission to fly in the zone of that name; `number` as the authority wrote it; times UTC."""

    zone: str
    valid_from: datetime
    valid_until: datetime
    number: str = ""

    def __post_init__(self) -> None:
        if self.valid_until <= self.valid_from:
            raise ValueError(f"permit for {self.zone!r} ends before it begins")


def read_permits(path: Path | str) -> tuple[Permit, ...]:
    """Read `[[permit]]` tables with `zone`, `from`, `until` (ISO times with zone) and `number`.

    Raises `BadFileError` naming the permit.
    """
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadFileError(path, "not found") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFileError(path, f"is not valid TOML ({error})") from error
    return tuple(_permit(path, n, row) for n, row in enumerate(table.get("permit", []), start=1))


def _permit(path: Path, number: int, row: dict[str, Any]) -> Permit:
    try:
        begin, end = (_time(row[key], key) for key in ("from", "until"))
        return Permit(str(row["zone"]), begin, end, str(row.get("number", "")))
    except KeyError as error:
        raise BadFileError(path, f"permit {number} lacks {error}") from error
    except ValueError as error:
        raise BadFileError(path, f"permit {number}: {error}") from error


def _time(value: object, key: str) -> datetime:
    return parse_time(value.isoformat() if isinstance(value, datetime) else str(value), key)


def held(permits: Sequence[Permit], at_time: datetime | None) -> frozenset[str] | None:
    """The zones permitted at a time; None (unknown) when no time is given, for every permit has dates."""
    if at_time is None:
        return None
    return frozenset(p.zone for p in permits if p.valid_from <= at_time <= p.valid_until)
