"""A float32 image and its tags as the bytes of a plain TIFF: one strip, no compression, EXIF and GPS kept.

Source: TIFF 6.0; CIPA DC-008 (EXIF 2.32). Written out here because GDAL keeps no EXIF directories.
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from thermal.exif import EXIF_IFD, GPS_IFD, Value
from thermal.frame import CelsiusArray

_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _RAW = 1, 2, 3, 4, 5, 7
_MAIN_AT = 8
_STRIP, _XMP, _NODATA = 273, 700, 42113
_DENOMINATOR = 10_000_000
_GPS_TEXT = frozenset({1, 3, 8, 9, 10, 12, 14, 16, 18, 19, 21, 23, 25, 29})
_GPS_RATIONAL = frozenset({2, 4, 6, 7, 11, 13, 15, 17, 20, 22, 24, 26})
_GPS_BYTES = frozenset({0, 5})


@dataclass(frozen=True, slots=True)
class TiffTags:
    """Tags to write beside an image: text and numbers by tag number, and an XMP packet."""

    main: Mapping[int, str] = field(default_factory=dict)
    exif: Mapping[int, Value] = field(default_factory=dict)
    gps: Mapping[int, Value] = field(default_factory=dict)
    xmp: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: int
    count: int
    data: bytes


def encode_tiff(celsius: CelsiusArray, tags: TiffTags) -> bytes:
    """The file's bytes; `celsius` float32 (height, width), NaN is nodata."""
    pixels = np.ascontiguousarray(celsius, dtype="<f4").tobytes()
    exif = {t: e for t, v in tags.exif.items() if (e := _exif_entry(v))}
    gps = {t: e for t, v in tags.gps.items() if (e := _gps_entry(t, v))}
    main = _main_entries(celsius.shape[1], celsius.shape[0], len(pixels), tags)
    exif_at = _MAIN_AT + len(_directory(main, _MAIN_AT))
    gps_at = exif_at + len(_directory(exif, exif_at))
    strip_at = gps_at + len(_directory(gps, gps_at))
    main |= {EXIF_IFD: _long(exif_at), GPS_IFD: _long(gps_at), _STRIP: _long(strip_at)}
    directories = _directory(main, _MAIN_AT) + _directory(exif, exif_at) + _directory(gps, gps_at)
    return struct.pack("<2sHL", b"II", 42, _MAIN_AT) + directories + pixels


def _main_entries(width: int, height: int, size: int, tags: TiffTags) -> dict[int, _Entry]:
    """The main directory; offsets of what comes behind it are still 0."""
    entries = {t: _text(v) for t, v in tags.main.items() if v}
    entries |= {256: _long(width), 257: _long(height), 258: _short(32), 259: _short(1), 262: _short(1)}
    entries |= {_STRIP: _long(0), 277: _short(1), 278: _long(height), 279: _long(size), 339: _short(3)}
    entries |= {_NODATA: _text("nan"), EXIF_IFD: _long(0), GPS_IFD: _long(0)}
    if tags.xmp:
        packet = tags.xmp.encode()
        entries[_XMP] = _Entry(_BYTE, len(packet), packet)
    return entries


def _directory(entries: Mapping[int, _Entry], at: int) -> bytes:
    """A directory that will stand at byte `at`, with its longer values right behind it."""
    head = struct.pack("<H", len(entries))
    behind = at + 2 + 12 * len(entries) + 4
    tail = b""
    for tag in sorted(entries):
        entry = entries[tag]
        if len(entry.data) <= 4:
            value = entry.data.ljust(4, b"\x00")
        else:
            value = struct.pack("<L", behind + len(tail))
            tail += entry.data + b"\x00" * (len(entry.data) % 2)
        head += struct.pack("<HHL", tag, entry.kind, entry.count) + value
    return head + struct.pack("<L", 0) + tail + b"\x00" * (len(tail) % 2)


def _long(value: int) -> _Entry:
    return _Entry(_LONG, 1, struct.pack("<L", value))


def _short(value: int) -> _Entry:
    return _Entry(_SHORT, 1, struct.pack("<H", value))


def _text(value: str) -> _Entry:
    data = value.encode() + b"\x00"
    return _Entry(_ASCII, len(data), data)


def _rational(values: tuple[float, ...]) -> _Entry | None:
    if not values or not all(math.isfinite(v) and 0 <= v < 2**31 for v in values):
        return None
    parts = [_fraction(v) for v in values]
    return _Entry(_RATIONAL, len(parts), b"".join(struct.pack("<LL", n, d) for n, d in parts))


def _fraction(value: float) -> tuple[int, int]:
    """The simplest fraction with 32 bit parts; gives back the same float where the file had one."""
    bound = max(1, min(_DENOMINATOR, int((2**32 - 1) / max(1.0, value))))
    part = Fraction(value).limit_denominator(bound)
    return part.numerator, part.denominator


def _exif_entry(value: Value) -> _Entry | None:
    if isinstance(value, str):
        return _text(value)
    return _Entry(_RAW, len(value), value) if isinstance(value, bytes) else _rational(value)


def _gps_entry(tag: int, value: Value) -> _Entry | None:
    if tag in _GPS_RATIONAL and isinstance(value, tuple):
        return _rational(value)
    if tag in _GPS_TEXT and isinstance(value, str):
        return _text(value.split("\x00", 1)[0])
    if tag in _GPS_BYTES and isinstance(value, tuple):
        data = bytes(int(v) & 0xFF for v in value)
        return _Entry(_BYTE, len(data), data)
    return None
