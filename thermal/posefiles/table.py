"""Poses from tables: CSV with named columns (ours, Pix4D's, Metashape's), and OpenDroneMap's geo.txt.

Columns are known by their names in any order and case; a height must say what it is measured from, by its
name or by the user.
"""

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import BadFileError, SkyshadeError
from core.geo import Datum, LonLat
from core.shot import CameraAttitude
from thermal.posefiles.angles import attitudes
from thermal.posefiles.record import Heights, PoseFile, PoseRecord, Sigmas, prior_of

WGS84 = "EPSG:4326"
UNSTATED_M = (3.0, 5.0)

_NAMES: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "image", "imagename", "filename", "file", "label", "photo"),
    "number": ("number", "index", "seq"),
    "time_s": ("times", "utcs", "timestamp"),
    "lon": ("lon", "longitude", "long"),
    "lat": ("lat", "latitude"),
    "x": ("x", "easting", "xeasting", "geox", "east"),
    "y": ("y", "northing", "ynorthing", "geoy", "north"),
    "height": ("z", "alt", "altitude", "height", "zaltitude", "geoz", "altm", "altitudem", "heightm"),
    "home": ("althomem", "altitudehomem", "relativealtitude", "heighthomem"),
    "ellipsoid": ("altellipsoidm", "altitudeellipsoidm", "ellh", "ellipsoidheight", "heightellipsoidm"),
    "geoid": ("altgeoidm", "altitudegeoidm", "altamsl", "altmslm", "heightgeoidm"),
    "gimbal_yaw": ("gimbalyawdeg", "gimbalyaw", "gimbalyawdegree"),
    "gimbal_pitch": ("gimbalpitchdeg", "gimbalpitch", "gimbalpitchdegree"),
    "gimbal_roll": ("gimbalrolldeg", "gimbalroll", "gimbalrolldegree"),
    "yaw": ("yaw", "yawdeg", "heading"),
    "pitch": ("pitch", "pitchdeg"),
    "roll": ("roll", "rolldeg"),
    "omega": ("omega", "omegadeg"),
    "phi": ("phi", "phideg"),
    "kappa": ("kappa", "kappadeg"),
    "sigma_across": ("sigmahorizontalm", "accuracyhorz", "horzaccuracy", "accuracyxy", "sigmaxym"),
    "sigma_up": ("sigmaverticalm", "accuracyvert", "vertaccuracy", "accuracyz", "sigmazm"),
    "sigma_angle": ("sigmaattitudedeg",),
}
_GEO_ORDER = ("name", "x", "y", "height", "yaw", "pitch", "roll", "sigma_across", "sigma_up")
_TEXT = frozenset({"name"})
_CRS_LINE = re.compile(r"^\s*(EPSG:\s*\d+|\+proj=.*|WGS84 UTM \d+[NS])\s*$", re.IGNORECASE)
_UTM = re.compile(r"WGS84 UTM (\d+)([NS])", re.IGNORECASE)


class UnstatedHeightError(SkyshadeError):
    """Heights whose datum nobody names."""


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What the user knows of a table that does not say it: the CRS of x and y, the datum of its heights."""

    crs: str | None = None
    datum: Datum | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    numbers: dict[str, float]
    name: str | None


def parse_table(path: Path, text: str, options: TableOptions) -> PoseFile:
    """All rows of a table; raises BadFileError naming the line and `UnstatedHeightError`."""
    crs, rows = _rows(path, text)
    if not rows:
        raise BadFileError(path, "holds no poses")
    _datum_is_known(path, rows, options.datum)
    looks, said = attitudes([row.numbers for row in rows])
    places = _places(path, rows, options.crs or crs)
    records = [
        _record(path, row, place, look, options.datum)
        for row, place, look in zip(rows, places, looks, strict=True)
    ]
    return PoseFile(path, tuple(records), notes=(f"{path.name}: {said}",) if said else ())


def _rows(path: Path, text: str) -> tuple[str | None, list[_Row]]:
    """The CRS line, if there is one, and the rows by our names."""
    lines = text.splitlines()
    at = next((i for i, line in enumerate(lines) if line.strip()), 0)
    found = _CRS_LINE.match(lines[at]) if lines else None
    if found is not None:
        return _crs_name(found.group(1)), _geo_rows(path, lines, at + 1)
    return None, _csv_rows(path, lines, at)


def _crs_name(text: str) -> str:
    utm = _UTM.fullmatch(text)
    if utm is None:
        return text.replace(" ", "") if text.upper().startswith("EPSG") else text
    return f"EPSG:{(32600 if utm.group(2).upper() == 'N' else 32700) + int(utm.group(1))}"


def _geo_rows(path: Path, lines: Sequence[str], start: int) -> list[_Row]:
    cells = ((i, line.split()) for i, line in enumerate(lines[start:], start=start + 1) if line.strip())
    return [_row(path, i, zip(_GEO_ORDER, parts, strict=False)) for i, parts in cells]


def _csv_rows(path: Path, lines: Sequence[str], start: int) -> list[_Row]:
    """Rows under a header; the separator is what the header holds most of."""
    header = lines[start].lstrip("#") if lines else ""
    separator = max(",;\t", key=header.count)
    columns = [_ours(cell) for cell in next(csv.reader([header], delimiter=separator), [])]
    if not {"lon", "lat"} <= set(columns) and not {"x", "y"} <= set(columns):
        raise BadFileError(
            path, "has no header with lon and lat, or x and y", hint="name the columns in the first line"
        )
    body = io.StringIO("\n".join(lines[start + 1 :]))
    read = enumerate(csv.reader(body, delimiter=separator), start=start + 2)
    return [
        _row(path, i, ((c, v) for c, v in zip(columns, cells, strict=False) if c is not None))
        for i, cells in read
        if any(cell.strip() for cell in cells) and not cells[0].lstrip().startswith("#")
    ]


def _ours(column: str) -> str | None:
    plain = re.sub(r"\(.*?\)|\[.*?\]|[^a-z0-9]", "", column.lower())
    return next((ours for ours, names in _NAMES.items() if plain in names), None)


def _row(path: Path, line: int, cells: Iterable[tuple[str, str]]) -> _Row:
    numbers, name = {}, None
    for column, cell in cells:
        if column in _TEXT:
            name = cell.strip() or None
        elif cell.strip():
            numbers[column] = _number(path, line, column, cell)
    return _Row(line, numbers, name)


def _number(path: Path, line: int, column: str, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadFileError(path, f"line {line}: {column} {cell.strip()!r} is no number")
    return value


def _datum_is_known(path: Path, rows: Sequence[_Row], datum: Datum | None) -> None:
    stated = any({"home", "ellipsoid", "geoid"} & set(row.numbers) for row in rows)
    if stated or datum is not None or not any("height" in row.numbers for row in rows):
        return
    raise UnstatedHeightError(
        f"{path}: the file does not say what its heights are measured from",
        hint="name it with --poses-height home, ellipsoid or geoid",
    )


def _places(path: Path, rows: Sequence[_Row], crs: str | None) -> list[LonLat]:
    if all("lon" in row.numbers and "lat" in row.numbers for row in rows):
        return [_lonlat(path, row, row.numbers["lon"], row.numbers["lat"]) for row in rows]
    missing = next((row for row in rows if not {"x", "y"} <= set(row.numbers)), None)
    if missing is not None:
        raise BadFileError(path, f"line {missing.line} holds no place")
    if crs is None:
        raise BadFileError(path, "x and y need a coordinate system", hint="name it with --poses-crs EPSG:N")
    from gis.crs import change_between

    try:
        change = change_between(crs, WGS84)
    except Exception as error:  # pyproj's own errors share no base with Python's
        raise BadFileError(
            path, f"unknown coordinate system {crs!r}", hint="name it like EPSG:5186"
        ) from error
    lon, lat = change.transform([r.numbers["x"] for r in rows], [r.numbers["y"] for r in rows])
    return [_lonlat(path, row, x, y) for row, x, y in zip(rows, lon, lat, strict=True)]


def _lonlat(path: Path, row: _Row, lon: float, lat: float) -> LonLat:
    try:
        return LonLat(float(lon), float(lat))
    except ValueError as error:
        raise BadFileError(
            path, f"line {row.line}: {error}", hint="are longitude and latitude swapped?"
        ) from error


def _record(
    path: Path, row: _Row, place: LonLat, look: CameraAttitude | None, datum: Datum | None
) -> PoseRecord:
    n = row.numbers
    heights = _heights(n, datum)
    if not heights.known:
        raise BadFileError(path, f"line {row.line} holds no height")
    across, up = n.get("sigma_across", UNSTATED_M[0]), n.get("sigma_up", UNSTATED_M[1])
    if min(across, up) <= 0:
        raise BadFileError(path, f"line {row.line}: accuracies must be > 0, got {across:g} and {up:g}")
    prior = prior_of(place, heights, look, Sigmas(across, up, n.get("sigma_angle", 2.0)), path.name)
    number = int(n["number"]) if "number" in n else None
    return PoseRecord(prior, name=row.name, number=number, time_s=n.get("time_s"))


def _heights(n: Mapping[str, float], datum: Datum | None) -> Heights:
    plain = n.get("height")
    return Heights(
        home_m=n.get("home", plain if datum is Datum.HOME else None),
        ellipsoid_m=n.get("ellipsoid", plain if datum is Datum.ELLIPSOID else None),
        geoid_m=n.get("geoid", plain if datum is Datum.GEOID else None),
    )
