"""The weather someone measured or forecast for a flight, from a TOML file; what is not said stays unknown."""

import math
import tomllib
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from core.errors import BadFileError
from core.wind import Wind
from missions.airspace import parse_time

_BOUNDS = {
    "wind_ms": (0.0, 100.0),
    "wind_from_deg": (0.0, 360.0),
    "gust_ms": (0.0, 150.0),
    "visibility_m": (0.0, 100_000.0),
    "rain_mm_h": (0.0, 500.0),
    "temperature_C": (-60.0, 60.0),
    "cloud_base_m": (0.0, 20_000.0),
}


@dataclass(frozen=True, slots=True)
class Weather:
    """Wind and gusts (m/s, from degrees) at flying height, visibility and cloud base (m above ground), rain
    (mm/h), temperature (C); None = unknown. `valid_from` and `valid_until` UTC, `source` who says so.
    """

    wind_ms: float | None = None
    wind_from_deg: float | None = None
    gust_ms: float | None = None
    visibility_m: float | None = None
    rain_mm_h: float | None = None
    temperature_C: float | None = None
    cloud_base_m: float | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    source: str = ""

    def __post_init__(self) -> None:
        for name, (low, high) in _BOUNDS.items():
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and low <= value <= high):
                raise ValueError(f"{name} must be in [{low:g}, {high:g}], got {value}")
        if self.gust_ms is not None and self.wind_ms is not None and self.gust_ms < self.wind_ms:
            raise ValueError(f"gust_ms {self.gust_ms:g} is below wind_ms {self.wind_ms:g}")
        if self.valid_from and self.valid_until and self.valid_until <= self.valid_from:
            raise ValueError("the weather ends before it begins")

    @property
    def wind(self) -> Wind | None:
        """The wind, where its speed is known; with no direction given it counts from the north."""
        return None if self.wind_ms is None else Wind(self.wind_ms, self.wind_from_deg or 0.0)

    def holds(self, at_time: datetime | None) -> bool | None:
        """Whether it is said for that time; None where either side gives no time."""
        if at_time is None or (self.valid_from is None and self.valid_until is None):
            return None
        begun = self.valid_from is None or at_time >= self.valid_from
        return begun and (self.valid_until is None or at_time <= self.valid_until)


def read_weather(path: Path | str) -> Weather:
    """Read a TOML file with the fields of `Weather` (`from` and `until` are ISO times with zone).

    Raises `BadFileError` naming the key.
    """
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise BadFileError(path, "not found") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFileError(path, f"is not valid TOML ({error})") from error
    try:
        return Weather(**{_FIELDS.get(k, k): _value(path, k, v) for k, v in table.items()})
    except ValueError as error:
        raise BadFileError(path, str(error)) from error


_FIELDS = {"from": "valid_from", "until": "valid_until"}


def _value(path: Path, key: str, value: Any) -> Any:
    if key in _FIELDS:
        return parse_time(value.isoformat() if isinstance(value, datetime) else str(value), key)
    known = [f.name for f in fields(Weather) if not f.name.startswith("valid_")]
    if key not in known:
        raise BadFileError(path, f"has unknown key {key!r}", hint=f"known: {', '.join([*known, *_FIELDS])}")
    if key == "source":
        return str(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadFileError(path, f"{key} must be a number, got {value!r}")
    return float(value)
