"""Where and when a frame says it was taken: EXIF GPS, DJI and Pix4D XMP tags -> PosePrior and UTC time."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.geo import LonLat
from core.shot import CameraAttitude
from thermal.exif import Tags, Value, as_text
from thermal.frame import PosePrior
from thermal.xmp import number

GPS_SIGMA_M = 3.0
HEIGHT_SIGMA_M = 3.0
ABSOLUTE_HEIGHT_SIGMA_M = 30.0  # barometric "absolute" altitudes of drones, wrong by up to 100 m
GIMBAL_SIGMA_DEG = 2.0
AIRFRAME_YAW_SIGMA_DEG = 10.0
_NO_ZONE = "time without a zone: taken as UTC"
_RTK_FIXED, _RTK_FLOAT = 50, 34
_RTK_FALLBACK_M = {_RTK_FIXED: (0.05, 0.08), _RTK_FLOAT: (0.5, 0.8)}
_RTK_FLOOR_M = (0.02, 0.03)  # antenna to camera, exposure timing


@dataclass(frozen=True, slots=True)
class Placed:
    """A pose prior (None = the file does not say), the UTC time, and what must be known about both."""

    pose: PosePrior | None
    time_s: float | None
    warnings: tuple[str, ...] = ()
    facts: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class CameraClock:
    """A time outside the tags: seconds since 1970, and whether the camera knew its zone."""

    time_s: float
    zoned: bool


def laser(xmp: Mapping[str, str]) -> dict[str, str]:
    """What a drone's laser range finder measured, as facts to show; empty where it measured nothing.

    `laser_distance_m` from the camera along its axis; `laser_target` longitude, latitude and height over
    take-off of what it hit.
    """
    distance_m = number(xmp, "drone-dji:LRFTargetDistance")
    if xmp.get("drone-dji:LRFStatus", "Normal") != "Normal" or not distance_m or distance_m < 0:
        return {}
    facts = {"laser_distance_m": f"{distance_m:g}"}
    target = [number(xmp, f"drone-dji:LRFTarget{name}") for name in ("Lon", "Lat", "Alt")]
    if None not in target and _lonlat(target[0], target[1]) is not None:
        facts["laser_target"] = ", ".join(f"{v}" for v in target)
    return facts


def placed(exif: Tags, xmp: Mapping[str, str], clock: CameraClock | None = None) -> Placed:
    """Read position, attitude and time out of the tags; `clock` is used where they know no time or zone."""
    pose, pose_warnings, facts = _pose(exif, xmp)
    facts = {**facts, **laser(xmp)}
    time_s, time_warnings = utc_time(exif, xmp)
    if clock is not None and time_warnings and (clock.zoned or time_s is None):
        time_s, time_warnings = clock.time_s, () if clock.zoned else (_NO_ZONE,)
    return Placed(pose, time_s, pose_warnings + time_warnings, facts)


def _pose(exif: Tags, xmp: Mapping[str, str]) -> tuple[PosePrior | None, tuple[str, ...], dict[str, str]]:
    lonlat, source = position(exif, xmp)
    if lonlat is None:
        return None, ("no position in the tags",) if source else (), {}
    attitude, attitude_sigma, warnings = attitude_of(xmp)
    heights = _heights(exif, xmp)
    across, up = _sigmas(xmp, heights)
    pose = PosePrior(
        lonlat,
        altitude_home_m=heights.home_m,
        altitude_ellipsoid_m=heights.ellipsoid_m,
        altitude_geoid_m=heights.geoid_m,
        attitude=attitude,
        sigma_horizontal_m=across,
        sigma_vertical_m=up,
        sigma_attitude_deg=attitude_sigma,
        source=source,
    )
    return pose, warnings, heights.facts


def position(exif: Tags, xmp: Mapping[str, str]) -> tuple[LonLat | None, str]:
    """The stated position and the tags it came from; (None, "") when no tag speaks of one."""
    lat = number(xmp, "drone-dji:GpsLatitude")
    lon = number(xmp, "drone-dji:GpsLongitude")
    lon = number(xmp, "drone-dji:GpsLongtitude") if lon is None else lon  # the makers' own spelling
    found = _lonlat(lon, lat)
    if found:
        return found, "XMP drone-dji"
    lat, lon = _degrees(exif.gps, 2, "S"), _degrees(exif.gps, 4, "W")
    return _lonlat(lon, lat), "" if lat is None and lon is None else "EXIF GPS"


def _lonlat(lon: float | None, lat: float | None) -> LonLat | None:
    if lon is None or lat is None or not (abs(lon) <= 180 and abs(lat) <= 90) or (lon == 0 and lat == 0):
        return None
    return LonLat(lon, lat)


def _degrees(gps: Mapping[int, Value], tag: int, negative: str) -> float | None:
    parts = gps.get(tag)
    if not isinstance(parts, tuple) or len(parts) != 3 or not all(map(math.isfinite, parts)):
        return None
    value = parts[0] + parts[1] / 60 + parts[2] / 3600
    return -value if as_text(gps.get(tag - 1, "")).upper() == negative else value


def attitude_of(xmp: Mapping[str, str]) -> tuple[CameraAttitude | None, float, tuple[str, ...]]:
    """The camera's attitude, its sigma in degrees, and warnings.

    Gimbal tags first, then Pix4D camera tags. `Flight*` tags are the airframe's: with those alone the camera
    is taken to look straight down with the airframe's yaw, at a larger sigma.
    """
    gimbal = [number(xmp, f"drone-dji:Gimbal{a}Degree") for a in ("Yaw", "Pitch", "Roll")]
    if gimbal[0] is not None and gimbal[1] is not None:
        return CameraAttitude(gimbal[0], gimbal[1], gimbal[2] or 0.0), GIMBAL_SIGMA_DEG, ()
    mounted = [number(xmp, f"Camera:{a}") for a in ("Yaw", "Pitch", "Roll")]
    if mounted[0] is not None and mounted[1] is not None:
        return from_pix4d(mounted[0], mounted[1], mounted[2] or 0.0), GIMBAL_SIGMA_DEG, ()
    yaw = number(xmp, "drone-dji:FlightYawDegree")
    if yaw is None:
        return None, GIMBAL_SIGMA_DEG, ()
    return (
        CameraAttitude(yaw, -90.0),
        AIRFRAME_YAW_SIGMA_DEG,
        ("no gimbal tags: taken to look straight down with the airframe's yaw",),
    )


def from_pix4d(yaw_deg: float, pitch_deg: float, roll_deg: float) -> CameraAttitude:
    """Pix4D camera angles (all 0 = straight down, image top to north) as gimbal angles.

    Source: Pix4D's definition of yaw, pitch, roll for `Camera:` tags; the two frames differ by a
    rotation of -90 degrees in pitch.
    """
    yaw, pitch, roll = (math.radians(a) for a in (yaw_deg, pitch_deg, roll_deg))
    turn = _about_z(yaw) @ _about_y(pitch) @ _about_x(roll) @ _about_y(-math.pi / 2)
    down = float(np.clip(-turn[2, 0], -1.0, 1.0))
    if abs(down) > 1 - 1e-13:  # straight down: yaw and roll turn about the same axis
        return CameraAttitude(
            math.degrees(math.atan2(-turn[0, 1], turn[1, 1])), math.degrees(math.asin(down))
        )
    return CameraAttitude(
        math.degrees(math.atan2(turn[1, 0], turn[0, 0])),
        math.degrees(math.asin(down)),
        math.degrees(math.atan2(turn[2, 1], turn[2, 2])),
    )


def _about_x(a: float) -> np.ndarray:
    return np.array([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]])


def _about_y(a: float) -> np.ndarray:
    return np.array([[math.cos(a), 0, math.sin(a)], [0, 1, 0], [-math.sin(a), 0, math.cos(a)]])


def _about_z(a: float) -> np.ndarray:
    return np.array([[math.cos(a), -math.sin(a), 0], [math.sin(a), math.cos(a), 0], [0, 0, 1]])


@dataclass(frozen=True, slots=True)
class _Heights:
    home_m: float | None
    ellipsoid_m: float | None
    geoid_m: float | None
    facts: dict[str, str]


def _heights(exif: Tags, xmp: Mapping[str, str]) -> _Heights:
    """Heights by datum.

    A drone's own "absolute" altitude without RTK is kept as a fact, not used, where the height over
    take-off is known: it can be wrong by 100 m and more while the other is good.
    """
    home = number(xmp, "drone-dji:RelativeAltitude")
    absolute = number(xmp, "drone-dji:AbsoluteAltitude")
    absolute = _gps_altitude(exif) if absolute is None else absolute
    if absolute is None:
        return _Heights(home, None, None, {})
    facts = {"absolute_altitude_m": f"{absolute:g}"}
    if _rtk_flag(xmp) in _RTK_FALLBACK_M or xmp.get("drone-dji:AltitudeType") == "RtkAlt":
        return _Heights(home, absolute, None, facts)
    return _Heights(home, None, absolute if home is None else None, facts)


def _gps_altitude(exif: Tags) -> float | None:
    value = exif.gps.get(6)
    if not isinstance(value, tuple) or not value or not math.isfinite(value[0]):
        return None
    below = exif.gps.get(5) in {b"\x01", (1.0,)}
    return -value[0] if below else value[0]


def _rtk_flag(xmp: Mapping[str, str]) -> int:
    return int(number(xmp, "drone-dji:RtkFlag") or 0)


def _sigmas(xmp: Mapping[str, str], heights: _Heights) -> tuple[float, float]:
    fallback = _RTK_FALLBACK_M.get(_rtk_flag(xmp))
    if fallback is None:
        usual_up = ABSOLUTE_HEIGHT_SIGMA_M if heights.home_m is None else HEIGHT_SIGMA_M
        across, up = (number(xmp, f"Camera:GPS{axis}Accuracy") for axis in ("XY", "Z"))
        return across or GPS_SIGMA_M, up or usual_up
    lon, lat, up = (number(xmp, f"drone-dji:RtkStd{a}") for a in ("Lon", "Lat", "Hgt"))
    across = fallback[0] if not lon or not lat else math.hypot(max(lon, lat), _RTK_FLOOR_M[0])
    return across, math.hypot(up, _RTK_FLOOR_M[1]) if up else fallback[1]


_ORIGINAL, _DIGITIZED, _MODIFIED = 0x9003, 0x9004, 0x0132
_SUBSECOND = {_ORIGINAL: 0x9291, _DIGITIZED: 0x9292, _MODIFIED: 0x9290}
_OFFSET = {_ORIGINAL: 0x9011, _DIGITIZED: 0x9012, _MODIFIED: 0x9010}


def utc_time(exif: Tags, xmp: Mapping[str, str]) -> tuple[float | None, tuple[str, ...]]:
    """UTC seconds since 1970 and warnings: exact tags first, then local time with offset, then without."""
    for name in ("drone-dji:UTCAtExposure", "skyshade:UTC"):
        exact = _iso(xmp.get(name, ""), "Z")
        if exact is not None:
            return exact, ()
    for tag in (_ORIGINAL, _DIGITIZED, _MODIFIED):
        clock = _exif_clock(exif, tag)
        if clock is not None:
            return _zoned(exif, xmp, tag, clock)
    return None, ("no time in the tags",)


def _zoned(exif: Tags, xmp: Mapping[str, str], tag: int, clock: str) -> tuple[float | None, tuple[str, ...]]:
    offset = exif.text(_OFFSET[tag]) or xmp.get("xmp:CreateDate", "")[19:].lstrip("0123456789.")
    zoned = _iso(clock, offset) if offset else None
    if zoned is not None:
        return zoned, ()
    return _iso(clock, "Z"), (_NO_ZONE,)


def _exif_clock(exif: Tags, tag: int) -> str | None:
    text = exif.text(tag)
    if len(text) < 19 or not text[:4].isdigit():
        return None
    fraction = "".join(c for c in exif.text(_SUBSECOND[tag]) if c.isdigit())[:6]
    clock = text[:10].replace(":", "-") + "T" + text[11:19]
    return f"{clock}.{fraction:0<6}" if fraction else clock


def _iso(clock: str, zone: str) -> float | None:
    try:
        moment = dt.datetime.fromisoformat(clock + zone)
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or dt.UTC).timestamp()
