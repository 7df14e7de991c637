"""DJI's image log (`*_Timestamp.MRK`): one line a photo with its RTK place.

Source: the column list in DJI's user manuals (Matrice 4, Mavic 3 Enterprise, Phantom 4 RTK). Place and height
are the camera's, the antenna's offset taken off already; the height is ellipsoidal.
"""

import math
import re
from pathlib import Path

from core.errors import BadFileError
from core.geo import LonLat
from thermal.posefiles.gpstime import utc_of_gps
from thermal.posefiles.record import Heights, PoseFile, PoseRecord, Sigmas, prior_of

FLOOR_M = (0.02, 0.03)  # exposure timing, antenna offset
FLOAT_M, SINGLE_M = (0.5, 0.8), (3.0, 5.0)
FIXED, FLOAT_FROM = 50, 32

_NUMBER = r"\s*([-+]?[0-9.]+(?:[eE][-+]?\d+)?)\s*"
_LINE = re.compile(
    rf"^\s*(\d+)\s+{_NUMBER}\s+\[(\d+)\].*?"
    rf"{_NUMBER},\s*Lat\s+{_NUMBER},\s*Lon\s+{_NUMBER},\s*Ellh\s+{_NUMBER},{_NUMBER},{_NUMBER}\s(\d+),\s*Q"
)


def looks_like_mrk(text: str) -> bool:
    """Whether the first line that holds anything is one of an image log."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return _LINE.match(first) is not None


def parse_mrk(path: Path, text: str) -> PoseFile:
    """All photos of an image log; raises BadFileError naming the line."""
    records: list[PoseRecord] = []
    lost: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        found = _LINE.match(line)
        if found is None:
            raise BadFileError(path, f"line {number} is no line of an image log: {line.strip()[:60]!r}")
        record = _record(path, number, found)
        if record is None:
            lost.append(found.group(1))
        else:
            records.append(record)
    if not records:
        raise BadFileError(path, "holds no photo with a position")
    notes = (f"{len(lost)} photos have no position (numbers {', '.join(lost[:8])})",) if lost else ()
    return PoseFile(path, tuple(records), notes=notes)


def _record(path: Path, number: int, found: "re.Match[str]") -> PoseRecord | None:
    """A photo's record; None where the receiver had no position."""
    photo, seconds, week, lat, lon, height, s_north, s_east, s_up, quality = found.groups()
    try:
        place = LonLat(float(lon), float(lat))
        time_s = utc_of_gps(int(week), float(seconds))
    except ValueError as error:
        raise BadFileError(path, f"line {number}: {error}") from error
    if int(quality) == 0 or place.xy == (0.0, 0.0):
        return None
    sigmas = _sigmas(int(quality), (float(s_north), float(s_east), float(s_up)))
    prior = prior_of(place, Heights(ellipsoid_m=float(height)), None, sigmas, path.name)
    return PoseRecord(prior, number=int(photo), time_s=time_s)


def _sigmas(quality: int, stated_m: tuple[float, float, float]) -> Sigmas:
    """The receiver's own deviations, never better than the exposure's timing allows."""
    usual = FLOOR_M if quality == FIXED else FLOAT_M if quality >= FLOAT_FROM else SINGLE_M
    across = math.hypot(max(stated_m[0], stated_m[1]), FLOOR_M[0])
    up = math.hypot(stated_m[2], FLOOR_M[1])
    if quality == FIXED:
        return Sigmas(across, up)
    return Sigmas(max(across, usual[0]), max(up, usual[1]))
