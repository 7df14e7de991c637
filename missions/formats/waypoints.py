"""QGC WPL 110 (.waypoints): one tab-separated line an item, item 0 is home."""

import math
from pathlib import Path

from core.errors import BadFileError
from core.files import write_text
from core.geo import LonLat
from missions.formats.frames import frame_of, item_from, seven
from missions.formats.text import read_text
from missions.model import Home, Mission, MissionItem

HEADER = "QGC WPL 110"


def read(path: Path) -> Mission:
    """Read a .waypoints file; raises `BadFileError` naming the line."""
    lines = read_text(path).splitlines()
    if not lines or lines[0].strip() != HEADER:
        raise BadFileError(path, f"does not start with {HEADER!r}")
    rows = [(n, line) for n, line in enumerate(lines[1:], start=2) if line.strip()]
    if len(rows) < 2:
        raise BadFileError(path, "holds no item after home")
    try:
        return Mission(_home(*rows[0]), tuple(_item(n, line) for n, line in rows[1:]), name=path.stem)
    except ValueError as error:
        raise BadFileError(path, str(error)) from error


def write(mission: Mission, path: Path) -> tuple[str, ...]:
    """Write a .waypoints file; returns what it cannot say."""
    home = mission.home
    first = MissionItem(16)
    place = (0.0, 0.0, 0.0, 0.0, home.position.lat, home.position.lon, home.elevation_m or 0.0)
    rows = [_row(0, 0, first.command, place, go_on=True, current=True)]
    for number, item in enumerate(mission.items, start=1):
        rows.append(_row(number, frame_of(item), item.command, seven(item), go_on=item.autocontinue))
    write_text(path, "\n".join([HEADER, *rows]) + "\n")
    return tuple(_lost(mission))


def _row(
    number: int, frame: int, command: int, values: tuple[float, ...], *, go_on: bool, current: bool = False
) -> str:
    numbers = [f"{0.0 if math.isnan(v) else v:.8f}" for v in values]
    return "\t".join(
        [str(number), str(int(current)), str(frame), str(int(command)), *numbers, str(int(go_on))]
    )


def _fields(number: int, line: str) -> tuple[int, int, list[float], bool]:
    parts = line.split()
    if len(parts) != 12:
        raise ValueError(f"line {number} has {len(parts)} fields, not 12")
    try:
        return int(parts[2]), int(parts[3]), [float(p) for p in parts[4:11]], parts[11] != "0"
    except ValueError as error:
        raise ValueError(f"line {number} holds no numbers ({error})") from error


def _home(number: int, line: str) -> Home:
    _, _, values, _ = _fields(number, line)
    return Home(LonLat(values[5], values[4]), values[6])


def _item(number: int, line: str) -> MissionItem:
    frame, command, values, go_on = _fields(number, line)
    try:
        return item_from(command, frame, values, autocontinue=go_on)
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from error


def _lost(mission: Mission) -> list[str]:
    lost = []
    if not mission.fence.empty:
        lost.append("the geofence")
    if mission.rally:
        lost.append(f"{len(mission.rally)} rally points")
    if mission.home.elevation_m is None:
        lost.append("that home's elevation is unknown (written as 0)")
    if any(math.isnan(v) for item in mission.items for v in item.params):
        lost.append("parameters left to the vehicle (written as 0)")
    return [*lost, "the planned cruise and hover speeds"]
