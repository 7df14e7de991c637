"""A made flight as files on disk: float Celsius TIFFs with the tags a drone would write."""

import datetime as dt
from dataclasses import replace
from functools import partial

from thermal.convert import tags_of
from thermal.exif import Tags
from thermal.frame import Frame
from thermal.frames import ReadOptions, read_frame
from thermal.frames.source import Opened, Source, TiffScale
from thermal.tiffwrite import encode_tiff

READ = partial(read_frame, options=ReadOptions(scale=TiffScale.CELSIUS))
"""Reads the files written here, in any process."""


def store(frames, folder, *, tags=True, names="DJI_{:04d}.tif"):
    """Write frames as TIFFs into `folder`; without `tags` they say nothing of themselves."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, frame in enumerate(frames, start=1):
        path = folder / names.format(number)
        path.write_bytes(stored(frame, tags=tags))
        paths.append(path)
    return paths


def stored(frame: Frame, *, tags=True) -> bytes:
    """One frame as the bytes of a TIFF."""
    info = replace(frame.info, camera=replace(frame.info.camera, source="calibrated"))
    packet = {} if not tags or info.pose is None else _xmp(info)
    if not tags:
        info = replace(info, pose=None, time_s=None)
    source = Source(info.path, b"", exif=Tags(), xmp=packet)
    return encode_tiff(frame.celsius, tags_of(Opened(info, lambda: frame.celsius, source)))


def _xmp(info) -> dict[str, str]:
    pose, look = info.pose, info.pose.attitude
    packet = {
        "drone-dji:GpsLatitude": f"{pose.lonlat.lat:.9f}",
        "drone-dji:GpsLongitude": f"{pose.lonlat.lon:.9f}",
        "drone-dji:RelativeAltitude": f"{pose.altitude_home_m:+.3f}",
    }
    if pose.sigma_horizontal_m < 0.1:
        stds = {f"drone-dji:RtkStd{axis}": f"{pose.sigma_horizontal_m:.3f}" for axis in ("Lon", "Lat", "Hgt")}
        packet |= {"drone-dji:RtkFlag": "50", **stds}
    if look is not None:
        packet |= {
            "drone-dji:GimbalYawDegree": f"{look.yaw_deg:+.3f}",
            "drone-dji:GimbalPitchDegree": f"{look.pitch_deg:+.3f}",
            "drone-dji:GimbalRollDegree": f"{look.roll_deg:+.3f}",
        }
    if info.time_s is not None:
        moment = dt.datetime.fromtimestamp(info.time_s, dt.UTC)
        packet["drone-dji:UTCAtExposure"] = moment.strftime("%Y:%m:%d %H:%M:%S.%f")
    return packet
