"""Ground control points: surveyed places and where frames show them, from CSV or ODM's gcp_list.txt.

A CSV has one line a mark: `name`, the place as `x`, `y`, `crs` or as `lon`, `lat`, its height `z` (may be
empty), the `image` file, and the pixel `px`, `py` from the picture's upper left corner (the first pixel's
centre is 0.5, 0.5). `check` (yes, no) holds a point back from the adjustment; `sigma_m` is the survey's.
A gcp_list.txt has the coordinate system on its first line, then `x y z px py image [name]` (z may be NaN);
lines of one place without a name are one point. Heights count among each other: any datum will do.
"""

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath

from core.errors import BadFileError

COLUMNS = "name, x, y, crs (or lon, lat), z, image, px, py and, if wished, check, sigma_m"
SIGMA_M = 0.03
_ALIKE = {
    "label": "name", "gcp": "name", "gcp_name": "name", "point": "name", "easting": "x", "northing": "y",
    "longitude": "lon", "latitude": "lat", "height": "z", "elevation": "z", "alt": "z", "altitude": "z",
    "file": "image", "filename": "image", "image_name": "image", "photo": "image", "im_x": "px", "im_y": "py",
    "pixel_x": "px", "pixel_y": "py", "u": "px", "v": "py", "epsg": "crs", "accuracy_m": "sigma_m",
}  # fmt: skip
_YES, _NO = {"yes", "y", "true", "1", "check"}, {"", "no", "n", "false", "0", "control"}
_UTM = re.compile(r"WGS ?84 UTM (\d{1,2}) ?([NS])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mark:
    """A point seen in a frame: the file's name, and the pixel counted from the first pixel's centre."""

    image: str
    px: float
    py: float


@dataclass(frozen=True, slots=True)
class ControlPoint:
    """A surveyed point: `x`, `y` in `crs`, `z` metres or None, and its marks; `check` = not adjusted to."""

    name: str
    x: float
    y: float
    z: float | None
    crs: str
    marks: tuple[Mark, ...]
    check: bool = False
    sigma_m: float = SIGMA_M

    def __post_init__(self) -> None:
        if not (math.isfinite(self.x) and math.isfinite(self.y)):
            raise ValueError(f"x and y must be finite, got {self.x}, {self.y}")
        if not 0.0 < self.sigma_m <= 100.0:
            raise ValueError(f"sigma_m must be in (0, 100], got {self.sigma_m}")


def read_control(path: Path, check: Sequence[str] = ()) -> tuple[ControlPoint, ...]:
    """Points of a file, those named in `check` held back besides; raises `BadFileError`."""
    text = _text(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    rows = _list_rows(path, text) if _is_list(first) else _csv_rows(path, text)
    points = _gathered(path, rows)
    if not points:
        raise BadFileError(path, "holds no ground control points", hint=f"columns: {COLUMNS}")
    unknown = sorted(set(check) - {p.name for p in points})
    if unknown:
        raise BadFileError(path, f"has no point {unknown[0]!r} to hold back", hint=_names(points))
    return tuple(replace(p, check=p.check or p.name in check) for p in points)


def _names(points: Iterable[ControlPoint]) -> str:
    return "it has " + ", ".join(p.name for p in points)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadFileError(path, f"cannot be read ({error.strerror})", hint="check the name") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp949", errors="replace")


def _is_list(first: str) -> bool:
    """Whether a file's first line names a coordinate system, as a gcp_list.txt does."""
    line = first.strip()
    return line.startswith("+proj") or bool(
        re.fullmatch(r"EPSG:\d+", line, re.IGNORECASE) or _UTM.match(line)
    )


def _list_rows(path: Path, text: str) -> list[tuple[int, dict[str, str]]]:
    lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
    crs = _system(lines[0][1])
    rows = []
    for number, line in lines[1:]:
        parts = line.split()
        if len(parts) < 6:
            raise BadFileError(
                path, f"line {number} has {len(parts)} fields", hint="x y z px py image [name]"
            )
        row = dict(zip(("x", "y", "z", "px", "py", "image"), parts[:6], strict=True))
        name = parts[6] if len(parts) > 6 else f"{parts[0]} {parts[1]}"
        rows.append((number, {**row, "name": name, "crs": crs}))
    return rows


def _system(line: str) -> str:
    zone = _UTM.match(line)
    if zone is None:
        return line
    return f"EPSG:{(32600 if zone[2].upper() == 'N' else 32700) + int(zone[1])}"


def _csv_rows(path: Path, text: str) -> list[tuple[int, dict[str, str]]]:
    first = text.lstrip().split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    read = csv.DictReader(io.StringIO(text), delimiter=mark)
    names = {n: _ALIKE.get(n.strip().lower(), n.strip().lower()) for n in read.fieldnames or [] if n}
    missing = [c for c in ("name", "image", "px", "py") if c not in names.values()]
    if missing:
        raise BadFileError(path, f"has no column {missing[0]!r}", hint=f"columns: {COLUMNS}")
    return [
        (
            read.line_num,
            {names[k]: (v or "").strip() for k, v in row.items() if k in names and isinstance(v, str)},
        )
        for row in read
        if any(isinstance(v, str) and v.strip() for v in row.values())
    ]


def _gathered(path: Path, rows: Iterable[tuple[int, Mapping[str, str]]]) -> list[ControlPoint]:
    """Lines of one name as one point; a frame that marks a point twice keeps the first mark."""
    found: dict[str, ControlPoint] = {}
    for number, row in rows:
        try:
            point = _point(row)
        except ValueError as error:
            raise BadFileError(path, f"line {number}: {error}", hint=f"columns: {COLUMNS}") from error
        known = found.setdefault(point.name, point)
        if math.hypot(known.x - point.x, known.y - point.y) > 1e-3 * (1.0 if abs(known.x) > 400 else 1e-5):
            raise BadFileError(
                path,
                f"line {number}: {point.name} lies at another place than before",
                hint="name each point once",
            )
        if known is not point and point.marks[0].image not in {m.image for m in known.marks}:
            found[point.name] = replace(known, marks=(*known.marks, *point.marks))
    return list(found.values())


def _point(row: Mapping[str, str]) -> ControlPoint:
    place, crs = _place(row)
    check = row.get("check", "").lower()
    if check not in _YES | _NO:
        raise ValueError(f"check must be yes or no, got {row['check']!r}")
    image = PureWindowsPath(row["image"]).name
    if not row["name"] or not image:
        raise ValueError("name or image is empty")
    height = row.get("z", "")
    z = _number(row, "z") if height and height.lower() != "nan" else None
    sigma = _number(row, "sigma_m") if row.get("sigma_m") else SIGMA_M
    mark = Mark(image, _number(row, "px") - 0.5, _number(row, "py") - 0.5)
    return ControlPoint(row["name"], *place, z, crs, (mark,), check in _YES, sigma)


def _place(row: Mapping[str, str]) -> tuple[tuple[float, float], str]:
    if row.get("lon") and row.get("lat"):
        return (_number(row, "lon"), _number(row, "lat")), "EPSG:4326"
    if not row.get("x") or not row.get("y"):
        raise ValueError("has no place: x and y, or lon and lat")
    crs = row.get("crs", "")
    if not crs:
        raise ValueError("x and y need a coordinate system in the column crs, such as EPSG:5186")
    return (_number(row, "x"), _number(row, "y")), f"EPSG:{crs}" if crs.isdigit() else crs


def _number(row: Mapping[str, str], name: str) -> float:
    try:
        value = float(row[name])
    except (KeyError, ValueError):
        raise ValueError(f"{name} is no number: {row.get(name, '')!r}") from None
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, got {row[name]}")
    return value
