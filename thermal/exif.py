"""The tags of a TIFF structure: a TIFF file's own, or the EXIF block inside a JPEG."""

import struct
from dataclasses import dataclass, field

Value = str | bytes | tuple[float, ...]

MAKE, MODEL, XMP, EXIF_IFD, GPS_IFD = 0x010F, 0x0110, 700, 0x8769, 0x8825
_TYPES = {1: "B", 3: "H", 4: "L", 6: "b", 8: "h", 9: "l", 11: "f", 12: "d"}
_TEXT, _RATIONAL, _RAW, _SIGNED_RATIONAL = 2, 5, 7, 10
_MAX_ENTRIES = 512
_MAX_COUNT = 1 << 22


@dataclass(frozen=True, slots=True)
class Tags:
    """Tag number to value, of the main directory with the EXIF one, and of the GPS one."""

    main: dict[int, Value] = field(default_factory=dict)
    gps: dict[int, Value] = field(default_factory=dict)

    def text(self, tag: int) -> str:
        """A text tag without padding; empty when missing."""
        return as_text(self.main.get(tag, ""))

    def numbers(self, tag: int) -> tuple[float, ...]:
        """A numeric tag; empty when missing or not a number."""
        value = self.main.get(tag, ())
        return value if isinstance(value, tuple) else ()

    def number(self, tag: int) -> float | None:
        """The first number of a tag, None when missing or not finite."""
        values = self.numbers(tag)
        return values[0] if values and abs(values[0]) < float("inf") else None


def as_text(value: Value) -> str:
    """A text value as cameras write it: up to the first NUL, stripped."""
    if isinstance(value, tuple):
        return " ".join(f"{v:g}" for v in value)
    text = value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value
    return text.split("\x00", 1)[0].strip()


def parse_tags(block: bytes) -> Tags:
    """Read the first directory and its EXIF and GPS directories.

    Damaged entries are left out, never raised: a picture with a broken tag is still a picture.
    Source: TIFF 6.0; CIPA DC-008 (EXIF 2.32).
    """
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return Tags()
    magic, first = struct.unpack_from(order + "HL", block, 2)
    if magic != 42:
        return Tags()
    main = _directory(block, first, order)
    gps = _directory(block, _pointer(main, GPS_IFD), order)
    main.update(_directory(block, _pointer(main, EXIF_IFD), order))
    return Tags(main, gps)


def _pointer(tags: dict[int, Value], tag: int) -> int:
    value = tags.get(tag)
    return int(value[0]) if isinstance(value, tuple) and value else 0


def _directory(block: bytes, offset: int, order: str) -> dict[int, Value]:
    if not 8 <= offset <= len(block) - 2:
        return {}
    (count,) = struct.unpack_from(order + "H", block, offset)
    tags: dict[int, Value] = {}
    for k in range(min(count, _MAX_ENTRIES)):
        at = offset + 2 + 12 * k
        if at + 12 > len(block):
            break
        tag, kind, size = struct.unpack_from(order + "HHL", block, at)
        value = _value(block, at + 8, kind, size, order)
        if value is not None:
            tags.setdefault(tag, value)
    return tags


def _value(block: bytes, at: int, kind: int, count: int, order: str) -> Value | None:
    unit = 8 if kind in {_RATIONAL, _SIGNED_RATIONAL} else struct.calcsize("<" + _TYPES.get(kind, "B"))
    size = unit * count
    if count > _MAX_COUNT:
        return None
    if size > 4:
        (at,) = struct.unpack_from(order + "L", block, at)
    raw = block[at : at + size]
    return _decode(raw, kind, count, order) if len(raw) == size else None


def _decode(raw: bytes, kind: int, count: int, order: str) -> Value | None:
    if kind == _TEXT:
        return raw.decode("utf-8", errors="replace")
    if kind == _RAW:
        return raw
    if kind in {_RATIONAL, _SIGNED_RATIONAL}:
        parts = struct.unpack(f"{order}{2 * count}{'L' if kind == _RATIONAL else 'l'}", raw)
        return tuple(n / d if d else float("nan") for n, d in zip(parts[::2], parts[1::2], strict=True))
    if kind in _TYPES:
        return tuple(float(v) for v in struct.unpack(f"{order}{count}{_TYPES[kind]}", raw))
    return None
