"""Radiometric JPEGs as a DJI Zenmuse XT (a FLIR core) writes them.

A viewable JPEG; EXIF and XMP tags; and an FFF container cut over APP1 segments "FLIR": a 64-byte header, a
directory of 32-byte entries, the raw image and the camera's calibration block, all little-endian. Layout as
published in ExifTool's FLIR tag tables and as found in files of that camera.
"""

import datetime as dt
import io
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.files import write_bytes
from core.geo import LonLat
from core.shot import CameraAttitude
from skyshade.demo.radiance import Calibration, Surroundings

RawFormat = Literal["plain", "png"]
SEOUL = dt.timezone(dt.timedelta(hours=9), "KST")
_ZERO_C = 273.15
_RAW_DATA, _CAMERA_INFO = 0x01, 0x20
_RAW_LITTLE, _RAW_PNG = 2, 3  # record subtypes
_HEADER_BYTES, _ENTRY_BYTES, _INFO_BYTES = 64, 32, 0x83C
_PART_BYTES = 65524  # of the container in one APP1 segment: 65535 less length, name, part numbers


@dataclass(frozen=True, slots=True)
class FrameTags:
    """What the file says beside its pixels.

    `time_s` UTC seconds since 1970, written as local time with its offset; heights in metres; `flight` is
    the airframe's attitude. Like a Zenmuse XT the file says model FLIR in its EXIF and leaves the model in
    the calibration block empty. `rtk_std_m` (level, height) adds the tags of a fixed RTK solution; the
    absolute altitude is then above the WGS84 ellipsoid, else above mean sea level.
    """

    lonlat: LonLat
    relative_altitude_m: float
    absolute_altitude_m: float
    gimbal: CameraAttitude
    flight: CameraAttitude
    time_s: float
    focal_mm: float = 13.0
    make: str = "DJI"
    model: str = "FLIR"
    camera_model: str = ""
    lens_model: str = "13 mm"
    serial: str = "SKYSHADE-DEMO"
    calibration: Calibration = field(default_factory=Calibration)
    surroundings: Surroundings = field(default_factory=Surroundings)
    raw_format: RawFormat = "plain"
    rtk_std_m: tuple[float, float] | None = None


def write_radiometric_jpeg(
    path: Path, raw: NDArray[np.uint16], preview: NDArray[np.uint8], tags: FrameTags
) -> None:
    """Write counts (height, width) uint16 and a grey preview (height, width) uint8 as one radiometric JPEG.

    Raises `ValueError` when the two differ in size, `OutputError` when the file cannot be written.
    """
    write_bytes(path, radiometric_jpeg(raw, preview, tags))


def radiometric_jpeg(raw: NDArray[np.uint16], preview: NDArray[np.uint8], tags: FrameTags) -> bytes:
    """The whole file as bytes."""
    if raw.shape != preview.shape or raw.ndim != 2:
        raise ValueError(
            f"raw image and preview must have one 2-D shape, got {raw.shape} and {preview.shape}"
        )
    picture = _preview_jpeg(preview)
    segments = [
        _segment(b"Exif\0\0" + exif_block(tags)),
        _segment(b"http://ns.adobe.com/xap/1.0/\0" + xmp_packet(tags).encode()),
        *_flir_segments(fff_container(raw, tags)),
    ]
    start = 2 + 2 + int.from_bytes(picture[4:6], "big")  # behind SOI and the JFIF segment
    return picture[:start] + b"".join(segments) + picture[start:]


def _preview_jpeg(preview: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(preview).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def _segment(payload: bytes) -> bytes:
    return b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload


def _flir_segments(container: bytes) -> list[bytes]:
    parts = [container[at : at + _PART_BYTES] for at in range(0, len(container), _PART_BYTES)]
    last = len(parts) - 1
    return [_segment(b"FLIR\0\x01" + bytes([n, last]) + part) for n, part in enumerate(parts)]


def fff_container(raw: NDArray[np.uint16], tags: FrameTags) -> bytes:
    """Header, directory, raw image record and camera record."""
    image = _raw_record(raw, tags.raw_format)
    info = _camera_record(raw, tags)
    first = _HEADER_BYTES + 2 * _ENTRY_BYTES
    subtype = _RAW_PNG if tags.raw_format == "png" else _RAW_LITTLE
    header = struct.pack("<4s16sIIII", b"FFF\0", b"SKYSHADE", 100, _HEADER_BYTES, 2, 3)
    directory = _entry(_RAW_DATA, subtype, 100, 2, first, len(image)) + _entry(
        _CAMERA_INFO, 0, 102, 1, first + len(image), len(info)
    )
    return header.ljust(_HEADER_BYTES, b"\0") + directory + image + info


def _entry(kind: int, subtype: int, version: int, index: int, offset: int, length: int) -> bytes:
    return struct.pack("<HHIIII", kind, subtype, version, index, offset, length).ljust(_ENTRY_BYTES, b"\0")


def _raw_record(raw: NDArray[np.uint16], raw_format: RawFormat) -> bytes:
    height, width = raw.shape
    head = struct.pack("<9H", 2, width, height, 0, 0, 0, width - 1, 0, height - 1).ljust(32, b"\0")
    little = raw.astype("<u2")
    return head + (_swapped_png(little) if raw_format == "png" else little.tobytes())


def _swapped_png(little: NDArray[np.uint16]) -> bytes:
    """A 16-bit PNG whose samples stand in the camera's low-byte-first order, against the PNG standard."""
    import cv2

    done, data = cv2.imencode(".png", little.byteswap(), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise ValueError("the raw image could not be packed as PNG")
    return bytes(data.tobytes())


def _camera_record(raw: NDArray[np.uint16], tags: FrameTags) -> bytes:
    """The calibration block: fields at fixed offsets in an otherwise empty record."""
    block = bytearray(_INFO_BYTES)
    height, width = raw.shape
    struct.pack_into("<3H", block, 0x00, 2, width, height)
    struct.pack_into("<2I", block, 0x0C, width - 1, height - 1)
    around, k = tags.surroundings, tags.calibration
    kelvin = [c + _ZERO_C for c in (around.reflected_C, around.air_C, around.window_C)]
    struct.pack_into("<6f", block, 0x20, around.emissivity, around.distance_m, *kelvin, 1.0)
    struct.pack_into("<f", block, 0x3C, around.humidity)
    struct.pack_into("<3f", block, 0x58, k.R1, k.B, k.F)
    struct.pack_into("<5f", block, 0x70, k.alpha1, k.alpha2, k.beta1, k.beta2, k.X)
    limits = [c + _ZERO_C for c in (135.0, -25.0, 150.0, -60.0, 135.0, -25.0, 150.0, -60.0)]
    struct.pack_into("<8f", block, 0x90, *limits)
    for offset, size, text in _texts(tags):
        struct.pack_into(f"<{size}s", block, offset, text.encode("ascii", "replace")[: size - 1])
    struct.pack_into("<if", block, 0x308, round(k.O), k.R2)
    struct.pack_into("<2H", block, 0x310, 0, 65535)
    struct.pack_into("<H", block, 0x338, int(np.median(raw)))
    struct.pack_into("<H", block, 0x33C, int(raw.max()) - int(raw.min()))
    whole = int(tags.time_s)
    struct.pack_into("<IIh", block, 0x384, whole, int((tags.time_s - whole) * 1000), -540)
    return bytes(block)


def _texts(tags: FrameTags) -> list[tuple[int, int, str]]:
    """(offset, size, text) of the names in the calibration block."""
    return [(0xD4, 32, tags.camera_model), (0x104, 16, tags.serial), (0x170, 32, tags.lens_model)]


def exif_block(tags: FrameTags) -> bytes:
    """A TIFF structure with camera, time and place; seconds of arc to 1/100000."""
    from PIL import Image
    from PIL.TiffImagePlugin import IFDRational

    local = dt.datetime.fromtimestamp(tags.time_s, SEOUL)
    clock, fraction = local.strftime("%Y:%m:%d %H:%M:%S"), f"{local.microsecond // 1000:03d}"
    exif = Image.Exif()
    exif.update({0x010F: tags.make, 0x0110: tags.model, 0x0131: "skyshade demo", 0x0132: clock})
    details: dict[int, Any] = exif.get_ifd(0x8769)
    details.update({0x9003: clock, 0x9011: "+09:00", 0x9291: fraction, 0x829D: IFDRational(14, 10)})
    details[0x920A] = IFDRational(round(tags.focal_mm * 1000), 1000)
    gps: dict[int, Any] = exif.get_ifd(0x8825)
    gps.update(_gps(tags.lonlat))
    gps[5] = b"\x01" if tags.absolute_altitude_m < 0 else b"\x00"
    gps[6] = IFDRational(round(abs(tags.absolute_altitude_m) * 1000), 1000)
    gps[18] = "WGS-84"
    return exif.tobytes().removeprefix(b"Exif\x00\x00")


def _gps(place: LonLat) -> dict[int, Any]:
    return {
        1: "N" if place.lat >= 0 else "S",
        2: _sexagesimal(place.lat),
        3: "E" if place.lon >= 0 else "W",
        4: _sexagesimal(place.lon),
    }


def _sexagesimal(degrees: float) -> tuple[Any, Any, Any]:
    from PIL.TiffImagePlugin import IFDRational

    ticks = round(abs(degrees) * 3600 * 100_000)
    minutes, rest = divmod(ticks, 60 * 100_000)
    return IFDRational(minutes // 60, 1), IFDRational(minutes % 60, 1), IFDRational(rest, 100_000)


def xmp_packet(tags: FrameTags) -> str:
    """DJI's XMP packet: heights, gimbal and airframe attitude (yaw -180..180)."""
    facts = {
        "AbsoluteAltitude": f"{tags.absolute_altitude_m:.2f}",
        "RelativeAltitude": f"{tags.relative_altitude_m:.2f}",
        "GimbalRollDegree": f"{tags.gimbal.roll_deg:.2f}",
        "GimbalYawDegree": f"{_half_turn(tags.gimbal.yaw_deg):.2f}",
        "GimbalPitchDegree": f"{tags.gimbal.pitch_deg:.2f}",
        "FlightRollDegree": f"{tags.flight.roll_deg:.2f}",
        "FlightYawDegree": f"{_half_turn(tags.flight.yaw_deg):.2f}",
        "FlightPitchDegree": f"{tags.flight.pitch_deg:.2f}",
    }
    if tags.rtk_std_m is not None:
        level, height = (f"{std:.4f}" for std in tags.rtk_std_m)
        facts |= {"AltitudeType": "RtkAlt", "RtkFlag": "50"}
        facts |= {"RtkStdLon": level, "RtkStdLat": level, "RtkStdHgt": height}
    attributes = "\n".join(f'drone-dji:{name}="{value}"' for name, value in facts.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '<rdf:Description rdf:about="DJI Meta Data" xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/"\n'
        f"{attributes}/>\n</rdf:RDF></x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    )


def _half_turn(degrees: float) -> float:
    """An angle as DJI writes it, in [-180, 180)."""
    return (degrees + 180.0) % 360.0 - 180.0
