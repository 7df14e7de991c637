"""What a recording tells: which modes were flown, what the vehicle said, how high and how fast it was."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray
from flight.columns import Table
from flight.modes import mode_name
from flight.state import ARMED_FLAG, COPTER_TYPES
from flight.texts import Texts

NO_AUTOPILOT = 8  # MAV_AUTOPILOT_INVALID: stations, gimbals, cameras
STATION = 6  # MAV_TYPE_GCS
AUTOPILOT_COMPONENT = 1
UNKNOWN_MV = 65535
STORY = ("HEARTBEAT", "STATUSTEXT", "GLOBAL_POSITION_INT", "SYS_STATUS", "CAMERA_FEEDBACK")


@dataclass(frozen=True, slots=True)
class ModeSpan:
    """A vehicle in one mode, armed or not, between two UTC seconds."""

    system: int
    mode: str
    armed: bool
    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """How long it lasted."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class LoggedText:
    """A text of a vehicle, put together where it came in pieces: severity 0 (emergency) to 7 (debug)."""

    utc_s: float
    system: int
    severity: int
    text: str


@dataclass(frozen=True, slots=True)
class Series:
    """Something measured over time: UTC seconds and values, both float64 (n,); NaN where it was unknown."""

    label: str
    unit: str
    time_s: FloatArray
    values: FloatArray


def vehicles(tables: Mapping[str, Table]) -> tuple[int, ...]:
    """The systems that are vehicles, by their heartbeats (stations and gimbals are none)."""
    beats = tables.get("HEARTBEAT")
    return () if beats is None else tuple(np.unique(beats.system[_of_vehicles(beats)]).tolist())


def _of_vehicles(beats: Table) -> NDArray[np.bool_]:
    strange = (beats["autopilot"] == NO_AUTOPILOT) | (beats["type"] == STATION)
    real: NDArray[np.bool_] = (beats.component == AUTOPILOT_COMPONENT) & ~strange
    return real


def modes_flown(tables: Mapping[str, Table]) -> tuple[ModeSpan, ...]:
    """Each vehicle's modes one after the other, as its heartbeats tell them."""
    beats = tables.get("HEARTBEAT")
    if beats is None:
        return ()
    spans: list[ModeSpan] = []
    for system in vehicles(tables):
        rows = np.flatnonzero(_of_vehicles(beats) & (beats.system == system))
        spans += _spans(beats, rows, system)
    return tuple(spans)


def _spans(beats: Table, rows: NDArray[np.intp], system: int) -> list[ModeSpan]:
    copter = int(beats["type"][rows[0]]) in COPTER_TYPES
    numbers, times = beats["custom_mode"][rows].tolist(), beats.time_s[rows].tolist()
    armed = ((beats["base_mode"][rows] & ARMED_FLAG) > 0).tolist()
    changed = [
        i for i in range(len(rows)) if i == 0 or (numbers[i], armed[i]) != (numbers[i - 1], armed[i - 1])
    ]
    ends = [*changed[1:], len(rows) - 1]
    return [
        ModeSpan(
            system, mode_name(numbers[a]) if copter else f"mode {numbers[a]}", armed[a], times[a], times[b]
        )
        for a, b in zip(changed, ends, strict=True)
    ]


def texts(tables: Mapping[str, Table]) -> tuple[LoggedText, ...]:
    """Everything that was said, in order."""
    said = tables.get("STATUSTEXT")
    if said is None:
        return ()
    gathering: dict[tuple[int, int], Texts] = {}
    found: list[LoggedText] = []
    for row in range(len(said)):
        sender = int(said.system[row]), int(said.component[row])
        fields = {name: values[row] for name, values in said.fields.items()}
        wholes = gathering.setdefault(sender, Texts()).take(fields)
        found += [_text(said.time_s[row], sender[0], whole) for whole in wholes]
    last_s = said.time_s[-1] if len(said) else 0.0
    rests = ((system, whole) for (system, _), left in gathering.items() for whole in left.rest())
    return (*found, *(_text(last_s, system, whole) for system, whole in rests))


def _text(utc_s: float, system: int, fields: Mapping[str, object]) -> LoggedText:
    return LoggedText(float(utc_s), system, int(str(fields["severity"])), str(fields["text"]))


def flight_series(tables: Mapping[str, Table], system: int) -> tuple[tuple[Series, ...], ...]:
    """What is worth a look first, in groups: height, speeds, battery; empty where nothing was said."""
    return (_height(tables, system), _speeds(tables, system), _battery(tables, system))


def _height(tables: Mapping[str, Table], system: int) -> tuple[Series, ...]:
    place = _table(tables, "GLOBAL_POSITION_INT", system)
    if place is None:
        return ()
    return (Series("height above home", "m", place.time_s, place["relative_alt"] / 1000.0),)


def _speeds(tables: Mapping[str, Table], system: int) -> tuple[Series, ...]:
    place = _table(tables, "GLOBAL_POSITION_INT", system)
    if place is None:
        return ()
    ground = np.hypot(place["vx"] / 100.0, place["vy"] / 100.0)
    return (
        Series("ground speed", "m/s", place.time_s, ground),
        Series("climb", "m/s", place.time_s, place["vz"] / -100.0),
    )


def _battery(tables: Mapping[str, Table], system: int) -> tuple[Series, ...]:
    status = _table(tables, "SYS_STATUS", system)
    if status is None:
        return ()
    raw = status["voltage_battery"]
    volts = np.where((raw == 0) | (raw == UNKNOWN_MV), np.nan, raw / 1000.0)
    current = np.where(status["current_battery"] < 0, np.nan, status["current_battery"] / 100.0)
    return (Series("battery", "V", status.time_s, volts), Series("current", "A", status.time_s, current))


def _table(tables: Mapping[str, Table], name: str, system: int) -> Table | None:
    table = tables.get(name)
    mine = None if table is None else table.sent_by(system)
    return mine if mine is not None and len(mine) else None


def armed_s(spans: tuple[ModeSpan, ...]) -> float:
    """Seconds armed, all vehicles together."""
    return sum(span.duration_s for span in spans if span.armed)
