"""The photographs that a recording says were taken: .tlog, DataFlash .bin, or shots.csv of a flight."""

import csv
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.errors import BadFileError
from core.geo import Altitude, Datum, LonLat
from core.shot import Shot

MOST_UNHEARD = 2000  # at once: more is another flight's count

Row = tuple[float, float, float, float, int | None]
"""UTC or log seconds, longitude, latitude, metres over home, the camera's own count (None: it has none)."""


def read_shots(paths: Sequence[Path]) -> tuple[Shot, ...]:
    """All photographs in some recordings, in order, repeats of one message left out; heights over home.

    A folder stands for the flight.tlog in it, which holds the camera's count, or for its shots.csv. Raises
    `BadFileError` for a file that is no recording, or one in which no camera reports anything.
    """
    rows = [row for path in paths for row in _of_file(path)]
    return tuple(each_once(_shots(rows)))


def unheard(shots: Sequence[Shot]) -> int:
    """How many pictures the camera counted between those recorded that no recording holds."""
    counts = [shot.number for shot in shots if shot.number is not None]
    known, missing = set(counts), 0
    for first, last in itertools.pairwise(counts):
        missing += sum(number not in known for number in range(first + 1, min(last, first + MOST_UNHEARD)))
    return missing


def _of_file(path: Path) -> list[Row]:
    if path.is_dir():
        path = next((path / n for n in ("flight.tlog", "shots.csv") if (path / n).exists()), path)
    name = path.name.lower()
    reader: Callable[[Path], Iterable[Row]] = (
        _csv if name.endswith(".csv") else _dataflash if name.endswith((".bin", ".log")) else _tlog
    )
    rows = list(reader(path))
    if not rows:
        raise BadFileError(
            path,
            "holds no photograph: the vehicle reports none (CAMERA_FEEDBACK, CAM)",
            hint="set CAM1_TYPE on the vehicle, or plan the survey anew if nothing was photographed",
        )
    return rows


def _tlog(path: Path) -> Iterator[Row]:
    from flight.tlog import read_columns

    table = read_columns(path, {"CAMERA_FEEDBACK"}).get("CAMERA_FEEDBACK")
    if table is None:
        return
    for i in range(len(table)):
        lon, lat, up = (float(table[n][i]) for n in ("lng", "lat", "alt_rel"))
        yield float(table["time_usec"][i]) / 1e6, lon / 1e7, lat / 1e7, up, int(table["img_idx"][i])


def _dataflash(path: Path) -> Iterator[Row]:
    from skyshade.dataflash import read_messages

    cam = read_messages(path, "CAM")
    missing = [name for name in ("TimeUS", "Lat", "Lng", "RelAlt") if cam and name not in cam]
    if missing:
        raise BadFileError(path, f"its CAM messages lack {missing[0]}")
    for i in range(len(cam.get("TimeUS", np.empty(0)))):
        yield (
            float(cam["TimeUS"][i]) / 1e6,
            float(cam["Lng"][i]),
            float(cam["Lat"][i]),
            float(cam["RelAlt"][i]),
            int(cam["Img"][i]) if "Img" in cam else None,
        )


def _csv(path: Path) -> Iterator[Row]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                count = int(row["number"]) if row.get("number") else None
                place = float(row["lon"]), float(row["lat"]), float(row["alt_home_m"])
                yield float(row["time_s"]), *place, count
    except OSError as error:
        raise BadFileError(path, f"cannot be read ({error.strerror})") from error
    except (KeyError, ValueError, TypeError) as error:
        raise BadFileError(path, f"is no shots.csv of a flight ({error})") from error


def _shots(rows: Iterable[Row]) -> Iterator[Shot]:
    """Places that are degrees."""
    for time_s, lon, lat, up, count in rows:
        if abs(lon) <= 180 and abs(lat) <= 90 and (lon, lat) != (0.0, 0.0):
            yield Shot(0, LonLat(lon, lat), Altitude(up, Datum.HOME), time_s, number=count)


def each_once(shots: Iterable[Shot]) -> Iterator[Shot]:
    """Each picture once, though it may be told twice or stand in two recordings; numbered in order."""
    seen: set[tuple[float | None, int, int]] = set()
    for shot in shots:
        lon, lat = (round(degrees * 1e7) for degrees in shot.lonlat.xy)
        key = (shot.time_s if shot.number is None else shot.number, lon, lat)
        if key not in seen:
            seen.add(key)
            yield replace(shot, index=len(seen) - 1)
