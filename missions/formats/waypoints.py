"""QGC WPL 110 (.waypoints): one tab-separated line an item, item 0 is home."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.errors import BadFileError
from core.files import write_text
from core.geo import LonLat
from missions.formats.frames import HIGHEST_M, frame_of, item_from, seven
from missions.formats.loss import leaves_to_vehicle, lost_between, without_nan
from missions.formats.text import few_enough, read_text
from missions.formats.values import number as finite
from missions.model import Home, Mission, MissionItem

HEADER = "QGC WPL 110"
COMMENT = "#"
FENCE_OR_RALLY = frozenset(range(5000, 5005)) | {5100}


def read(path: Path) -> Mission:
    """Read a .waypoints file; raises `BadFileError` naming the line."""
    try:
        return parse(read_text(path).splitlines(), path.stem)
    except ValueError as error:
        hint = "save it again in Mission Planner or QGroundControl"
        raise BadFileError(path, str(error), hint=hint) from error


def parse(lines: Sequence[str], name: str) -> Mission:
    """The file's lines as a mission; raises `ValueError` naming the line."""
    if not lines or lines[0].strip() != HEADER:
        raise ValueError(f"does not start with {HEADER!r}")
    rows = [
        (n, line)
        for n, line in enumerate(lines[1:], start=2)
        if line.strip() and not line.lstrip().startswith(COMMENT)
    ]
    if len(rows) < 2:
        raise ValueError("holds no item after home")
    few_enough(len(rows))
    items = tuple(_item(n, line) for n, line in rows[1:])
    if all(item.command in FENCE_OR_RALLY for item in items):
        raise ValueError("holds fence or rally points, no mission")
    return Mission(_home(*rows[0]), items, name=name)


def write(mission: Mission, path: Path) -> tuple[str, ...]:
    """Write a .waypoints file; returns what it cannot say."""
    home = mission.home
    first = MissionItem(16)
    place = (0.0, 0.0, 0.0, 0.0, home.position.lat, home.position.lon, home.elevation_m or 0.0)
    rows = [_row(0, 0, first.command, place, go_on=True, current=True)]
    for number, item in enumerate(mission.items, start=1):
        rows.append(_row(number, frame_of(item), item.command, seven(item), go_on=item.autocontinue))
    text = "\n".join([HEADER, *rows]) + "\n"
    write_text(path, text)
    return _lost(mission, parse(text.splitlines(), path.stem))


def _row(
    number: int, frame: int, command: int, values: tuple[float, ...], *, go_on: bool, current: bool = False
) -> str:
    numbers = [_digits(0.0 if math.isnan(v) else v) for v in values]
    return "\t".join(
        [str(number), str(int(current)), str(frame), str(int(command)), *numbers, str(int(go_on))]
    )


def _digits(value: float) -> str:
    """Eight places as everybody writes them; all there are where eight would change the number."""
    short = f"{value:.8f}"
    return short if float(short) == value else repr(value)


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
    try:
        return Home(LonLat(values[5], values[4]), finite(values[6], "home's altitude", -HIGHEST_M, HIGHEST_M))
    except ValueError as error:
        raise ValueError(f"line {number} (home): {error}") from error


def _item(number: int, line: str) -> MissionItem:
    frame, command, values, go_on = _fields(number, line)
    try:
        return item_from(command, frame, values, autocontinue=go_on)
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from error


def _lost(mission: Mission, after: Mission) -> tuple[str, ...]:
    """What the file says otherwise; its name is the file's, and NaN is none of its numbers."""
    told = lost_between(without_nan(replace(mission, name="")), after)
    left = ("parameters left to the vehicle (written as 0)",) if leaves_to_vehicle(mission) else ()
    return (*told, *left)
