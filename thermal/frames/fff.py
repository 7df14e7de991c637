"""FLIR's FFF container: records with raw counts and with the camera's state. Bytes in, values out.

Source: the record layout as documented by ExifTool's FLIR tag tables.
"""

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thermal.cameras import LensTags
from thermal.frame import Radiometry
from thermal.posetags import CameraClock
from thermal.radiometry import PlanckConstants

MAGIC = b"FFF\x00"
RAW_DATA, CAMERA_INFO = 0x01, 0x20
_MAX_RECORDS = 256
_MAX_PIXELS = 16_000_000
_PIXELS_AT = 32
_PNG = b"\x89PNG\r\n\x1a\n"
_PLANCK_AT = {"R1": 0x58, "B": 0x5C, "F": 0x60, "alpha1": 0x70, "alpha2": 0x74, "beta1": 0x78, "beta2": 0x7C}
_INFO_BYTES = 0x310
_CLOCK_AT = 0x384
_PLAUSIBLE_S = (788_918_400, 4_102_444_800)  # 1995 to 2100


@dataclass(frozen=True, slots=True)
class CameraBlock:
    """The camera info record: calibration, stored parameters, and the camera's own words."""

    planck: PlanckConstants
    radiometry: Radiometry
    model: str
    lens_name: str
    lens: LensTags
    clock: CameraClock | None


@dataclass(frozen=True, slots=True)
class RawBlock:
    """The raw data record, not yet decoded: (width, height) in pixels, byte order and payload."""

    size: tuple[int, int]
    order: str
    payload: bytes


def records(data: bytes) -> dict[int, bytes]:
    """Record type to its bytes (the first of each type); a record cut off by the end of file is left out."""
    if not data.startswith(MAGIC) or len(data) < 64:
        raise ValueError("no FFF header")
    order, start, count = _index(data)
    found: dict[int, bytes] = {}
    for k in range(min(count, _MAX_RECORDS)):
        at = start + 32 * k
        if at + 32 > len(data):
            break
        kind, _, _, _, offset, length = struct.unpack_from(order + "HHIIII", data, at)
        if kind and offset + length <= len(data):
            found.setdefault(kind, data[offset : offset + length])
    return found


def _index(data: bytes) -> tuple[str, int, int]:
    for order in (">", "<"):
        version, start, count = struct.unpack_from(order + "III", data, 0x14)
        if 100 <= version < 200:
            return order, int(start), int(count)
    raise ValueError("unknown FFF version")


def _record_order(record: bytes, name: str) -> str:
    if len(record) < _PIXELS_AT:
        raise ValueError(f"the {name} record is cut")
    return "<" if struct.unpack_from("<H", record)[0] in {2, 3} else ">"


def parse_camera(record: bytes) -> CameraBlock:
    """Read the camera info record; raises ValueError when it is cut or its constants make no sense."""
    order = _record_order(record, "camera")
    if len(record) < _INFO_BYTES:
        raise ValueError("the camera record is cut")

    def real(at: int) -> float:
        return float(struct.unpack_from(order + "f", record, at)[0])

    constants = {name: real(at) for name, at in _PLANCK_AT.items()}
    (offset,) = struct.unpack_from(order + "i", record, 0x308)
    planck = PlanckConstants(**constants, X=real(0x80), R2=real(0x30C), O=float(offset))
    humidity = real(0x3C)
    return CameraBlock(
        planck=planck,
        radiometry=Radiometry(
            emissivity=_clean(real(0x20)),
            distance_m=_clean(real(0x24)),
            humidity=_clean(humidity / 100.0 if humidity > 2.0 else humidity),
            reflected_C=_clean(real(0x28) - 273.15),
            ambient_C=_clean(real(0x2C) - 273.15),
            window_C=_clean(real(0x30) - 273.15),
            window_transmission=_clean(real(0x34)),
        ),
        model=_text(record[0xD4:0xF4]),
        lens_name=_text(record[0x170:0x190]),
        lens=LensTags(field_of_view_deg=_clean(real(0x1B4))),
        clock=_clock(record, order),
    )


def _clock(record: bytes, order: str) -> CameraClock | None:
    """Seconds, milliseconds and minutes from UTC; a zone of 0 may as well mean that none was set."""
    if len(record) < _CLOCK_AT + 10:
        return None
    seconds, milliseconds, zone = struct.unpack_from(order + "IIh", record, _CLOCK_AT)
    if not _PLAUSIBLE_S[0] < seconds < _PLAUSIBLE_S[1]:
        return None
    return CameraClock(seconds + (milliseconds & 0xFFFF) / 1000.0, zoned=zone != 0)


def _clean(value: float) -> float | None:
    """Stored as float32; rounded to the digits that it holds."""
    return float(f"{value:.6g}") if abs(value) < 1e6 else None


def _text(field: bytes) -> str:
    return field.split(b"\x00", 1)[0].decode("latin-1").strip()


def _size(record: bytes, order: str) -> tuple[int, int]:
    width, height = struct.unpack_from(order + "HH", record, 2)
    return int(width), int(height)


def parse_raw(record: bytes) -> RawBlock:
    """Read the header of the raw data record; raises ValueError when the size makes no sense."""
    order = _record_order(record, "raw data")
    width, height = _size(record, order)
    if not 0 < width * height <= _MAX_PIXELS:
        raise ValueError(f"the raw image is {width}x{height} pixels")
    return RawBlock((width, height), order, record[_PIXELS_AT:])


def raw_counts(block: RawBlock) -> NDArray[np.uint16]:
    """The raw image, uint16 (height, width); raises ValueError when the payload is cut or damaged.

    A PNG payload holds its 16 bit values byte-swapped.
    """
    width, height = block.size
    if block.payload.startswith(_PNG):
        return _png_counts(block)
    plain = block.payload[: 2 * width * height]
    if len(plain) < 2 * width * height:
        raise ValueError("the raw image is cut")
    return np.frombuffer(plain, dtype=block.order + "u2").astype(np.uint16, copy=False).reshape(height, width)


def _png_counts(block: RawBlock) -> NDArray[np.uint16]:
    import cv2

    width, height = block.size
    if struct.unpack_from(">II", block.payload.ljust(24, b"\x00"), 16) != (width, height):
        raise ValueError("the raw image's PNG has another size than its record")
    _check_chunks(block.payload)
    try:
        image = cv2.imdecode(np.frombuffer(block.payload, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise ValueError("the raw image's PNG is damaged") from error
    if image is None or image.shape != (height, width) or image.dtype != np.uint16:
        raise ValueError("the raw image's PNG is damaged or not 16 bit grey")
    swapped: NDArray[np.uint16] = image.byteswap()
    return swapped


def _check_chunks(png: bytes) -> None:
    """Every chunk whole and its checksum right, up to the end: a decoder may pass over what is missing."""
    at = len(_PNG)
    while True:
        length, kind = struct.unpack_from(">I4s", png, at)
        end = at + 8 + length
        if end + 4 > len(png) or zlib.crc32(png[at + 4 : end]) != struct.unpack_from(">I", png, end)[0]:
            raise ValueError("the raw image's PNG is damaged")
        if kind == b"IEND":
            return
        at = end + 4
