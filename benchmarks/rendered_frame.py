"""Radiometric JPEGs as a DJI Mavic 3T writes them: DJI's tags, raw words in APP3, parameters in APP4.

Raw words are black-body kelvin in steps of 1/16, shifted left by two. The files carry a transmission table of
ones, and air so dry that the maker's humidity term falls away: what is left is the grey body law.
"""

import datetime as dt
import io
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.geo import LonLat
from core.shot import CameraAttitude

EMISSIVITY, REFLECTED_C, AIR_C = 0.95, 22.0, 30.0
_ZERO_C = 273.15
_HUMIDITY = 14.216 / 42.338  # vapour pressure at which the law has no humidity term, over saturation at 30 C
_SEOUL = dt.timezone(dt.timedelta(hours=9))


@dataclass(frozen=True, slots=True)
class Said:
    """What a frame's tags say. `std_m` (level, height) of the receiver; `rtk` whether it had a fix."""

    lonlat: LonLat
    height_home_m: float
    height_ellipsoid_m: float
    gimbal: CameraAttitude
    time_s: float
    std_m: tuple[float, float]
    rtk: bool


def words_of(celsius: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Raw words of surface temperatures, by the grey body law."""
    kelvin = celsius + np.float32(_ZERO_C)
    sky = np.float32((1.0 - EMISSIVITY) * (REFLECTED_C + _ZERO_C) ** 4)
    square = kelvin * kelvin
    seen = np.sqrt(np.sqrt(np.float32(EMISSIVITY) * square * square + sky))
    return np.rint(seen * np.float32(16.0)).astype(np.uint16) << 2


def m3t_jpeg(words: NDArray[np.uint16], preview: NDArray[np.uint8], said: Said) -> bytes:
    """The whole file."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(preview).save(buffer, "JPEG", quality=80)
    picture = buffer.getvalue()
    raw = words.astype("<u2").tobytes()
    parts = [
        _segment(0xE1, b"Exif\0\0" + _exif(said)),
        _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + _xmp(said).encode()),
        *(_segment(0xE3, raw[at : at + 65532]) for at in range(0, len(raw), 65532)),
        _segment(0xE4, _parameters(said.height_home_m)),
        _segment(0xE5, b"\0" * 256 + struct.pack("<H", 16384) * (64 * 21)),
    ]
    return picture[:2] + b"".join(parts) + picture[2:]


def _segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def _parameters(distance_m: float) -> bytes:
    block = bytearray(256)
    block[:8] = b"\xff\xd2\xd1\xffiirp"
    struct.pack_into("<5f", block, 0x20, AIR_C, distance_m, EMISSIVITY, _HUMIDITY, REFLECTED_C)
    return bytes(block)


def _exif(said: Said) -> bytes:
    from PIL import Image
    from PIL.TiffImagePlugin import IFDRational

    clock = dt.datetime.fromtimestamp(said.time_s, _SEOUL).strftime("%Y:%m:%d %H:%M:%S")
    exif = Image.Exif()
    exif.update({0x010F: "DJI", 0x0110: "M3T", 0x0132: clock})
    details = exif.get_ifd(0x8769)
    details.update({0x9003: clock, 0x9011: "+09:00", 0x920A: IFDRational(9100, 1000), 0xA405: 40})
    gps = exif.get_ifd(0x8825)
    gps.update({1: "N", 2: _sexagesimal(said.lonlat.lat), 3: "E", 4: _sexagesimal(said.lonlat.lon)})
    gps[6] = IFDRational(round(said.height_ellipsoid_m * 1000), 1000)
    return exif.tobytes().removeprefix(b"Exif\x00\x00")


def _sexagesimal(degrees: float) -> tuple[float, float, float]:
    from PIL.TiffImagePlugin import IFDRational

    minutes, rest = divmod(round(degrees * 3600 * 10_000), 60 * 10_000)
    return IFDRational(minutes // 60, 1), IFDRational(minutes % 60, 1), IFDRational(rest, 10_000)  # type: ignore[return-value]


def _xmp(said: Said) -> str:
    moment = dt.datetime.fromtimestamp(said.time_s, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    level, height = said.std_m
    facts = {
        "drone-dji:GpsLatitude": f"{said.lonlat.lat:+.9f}",
        "drone-dji:GpsLongitude": f"{said.lonlat.lon:+.9f}",
        "drone-dji:AbsoluteAltitude": f"{said.height_ellipsoid_m:+.3f}",
        "drone-dji:RelativeAltitude": f"{said.height_home_m:+.3f}",
        "drone-dji:GimbalRollDegree": f"{said.gimbal.roll_deg:+.2f}",
        "drone-dji:GimbalYawDegree": f"{said.gimbal.yaw_deg:+.2f}",
        "drone-dji:GimbalPitchDegree": f"{said.gimbal.pitch_deg:+.2f}",
        "drone-dji:FlightYawDegree": f"{said.gimbal.yaw_deg:+.2f}",
        "drone-dji:UTCAtExposure": moment,
    }
    if said.rtk:
        facts |= {"drone-dji:AltitudeType": "RtkAlt", "drone-dji:RtkFlag": "50"}
        axis = f"{level / np.sqrt(2.0):.5f}"
        facts |= {"drone-dji:RtkStdLon": axis, "drone-dji:RtkStdLat": axis}
        facts |= {"drone-dji:RtkStdHgt": f"{height:.5f}"}
    else:
        facts |= {"Camera:GPSXYAccuracy": f"{level:.2f}", "Camera:GPSZAccuracy": f"{height:.2f}"}
    attributes = "\n".join(f'{name}="{value}"' for name, value in facts.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '<rdf:Description rdf:about="DJI Meta Data" xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/" '
        f'xmlns:Camera="http://pix4d.com/camera/1.0"\n{attributes}/>\n'
        '</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    )
