"""Solutions of post-processing (`*.pos` of RTKLIB): a track, or one line an event of the camera.

Source: the solution format in RTKLIB's manual, appendix B. Heights are ellipsoidal, or above the geoid where
the header says so. The place is the antenna's: the offset to the camera is not in the file.
"""

import datetime as dt
import math
import re
from pathlib import Path

from core.errors import BadFileError
from core.geo import LonLat
from thermal.posefiles.gpstime import utc_of_gps, utc_of_gps_clock
from thermal.posefiles.record import Heights, PoseFile, PoseRecord, Sigmas, prior_of

ANTENNA_M = 0.1  # antenna to camera, whose offset the file does not hold
_QUALITY_M = {1: (0.02, 0.03), 2: (0.5, 0.8), 3: (1.0, 2.0), 4: (1.0, 2.0), 5: (3.0, 5.0), 6: (0.1, 0.2)}
_COLUMNS = re.compile(r"latitude\(deg\)\s+longitude\(deg\)\s+height\(m\)")


def looks_like_pos(text: str) -> bool:
    """Whether its header speaks of a solution in degrees."""
    return any(_COLUMNS.search(line) for line in text.splitlines()[:60] if line.startswith("%"))


def parse_pos(path: Path, text: str) -> PoseFile:
    """All lines of a solution; raises BadFileError naming the line."""
    header = [line for line in text.splitlines() if line.startswith("%")]
    utc = any(re.match(r"%\s+UTC\b", line) for line in header)
    geoid = any("geodetic" in line.lower() for line in header if "height" in line.lower())
    records = [
        _record(path, number, line.split(), utc=utc, geoid=geoid)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.startswith("%")
    ]
    if not records:
        raise BadFileError(path, "holds no solution")
    events = "event" in path.stem.lower()
    note = f"{path.name} holds the antenna's places: {ANTENNA_M:g} m is allowed for its way to the camera"
    return PoseFile(path, tuple(records), track=not events, notes=(note,))


def _record(path: Path, number: int, parts: list[str], *, utc: bool, geoid: bool) -> PoseRecord:
    try:
        time_s = _time(parts[0], parts[1], utc=utc)
        lat, lon, height, quality = (float(p) for p in parts[2:6])
        place = LonLat(lon, lat)
        stated = tuple(float(p) for p in parts[7:10])
    except (ValueError, IndexError) as error:
        raise BadFileError(path, f"line {number} is no line of a solution ({error})") from error
    heights = Heights(geoid_m=height) if geoid else Heights(ellipsoid_m=height)
    return PoseRecord(prior_of(place, heights, None, _sigmas(int(quality), stated), path.name), time_s=time_s)


def _time(first: str, second: str, *, utc: bool) -> float:
    """Calendar time or GPS week and seconds, as UTC."""
    if "/" not in first:
        return utc_of_gps(int(first), float(second))
    clock = dt.datetime.fromisoformat(f"{first.replace('/', '-')}T{second}").replace(tzinfo=dt.UTC)
    return clock.timestamp() if utc else utc_of_gps_clock(clock.timestamp())


def _sigmas(quality: int, stated_m: tuple[float, ...]) -> Sigmas:
    usual = _QUALITY_M.get(quality, _QUALITY_M[5])
    across, up = (max(stated_m[:2]), stated_m[2]) if len(stated_m) == 3 else usual
    return Sigmas(math.hypot(max(across, usual[0]), ANTENNA_M), math.hypot(max(up, usual[1]), ANTENNA_M))
