"""The marker segments of a JPEG file: where cameras keep EXIF, XMP and raw thermal data."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

START = b"\xff\xd8"
APP1, APP3, APP4, APP5 = 0xE1, 0xE3, 0xE4, 0xE5
_END, _SCAN, _FILL = 0xD9, 0xDA, 0xFF
_FRAME_SIZES = frozenset({0xC0, 0xC1, 0xC2})
_SEEN = 8
_XMP = b"http://ns.adobe.com/xap/1.0/\x00"
_EXIF = b"Exif\x00\x00"


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment before the image data: its `marker` byte and its `payload` without the length field."""

    marker: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Segments:
    """All segments of a file in order; `whole` is False when the file ends inside one of them."""

    items: tuple[Segment, ...]
    whole: bool

    def payloads(self, marker: int, prefix: bytes = b"") -> list[bytes]:
        """Payloads of one marker that start with `prefix`, in file order, `prefix` included."""
        return [s.payload for s in self.items if s.marker == marker and s.payload.startswith(prefix)]

    @property
    def exif(self) -> bytes:
        """The EXIF block as a TIFF structure; empty when there is none."""
        found = self.payloads(APP1, _EXIF)
        return found[0][len(_EXIF) :] if found else b""

    @property
    def xmp(self) -> str:
        """The XMP packet as text; empty when there is none."""
        found = self.payloads(APP1, _XMP)
        return found[0][len(_XMP) :].decode("utf-8", errors="replace") if found else ""

    @property
    def picture_size(self) -> tuple[int, int] | None:
        """(width, height) of the visible picture in pixels, from the frame header."""
        for s in self.items:
            if s.marker in _FRAME_SIZES and len(s.payload) >= 5:
                height, width = struct.unpack_from(">HH", s.payload, 1)
                return int(width), int(height)
        return None


def segments(data: bytes) -> Segments:
    """Cut a JPEG file into its marker segments, up to the image data.

    Source: ITU-T T.81, annex B. Stops at the first byte that is no marker.
    """
    items: list[Segment] = []
    at = len(START)
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == _FILL:
            at += 1
            continue
        if marker in {_END, _SCAN}:
            return Segments(tuple(items), whole=True)
        (length,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + length
        if length < 2 or end > len(data):
            break
        items.append(Segment(marker, data[at + 4 : end]))
        at = end
    return Segments(tuple(items), whole=False)


@dataclass(frozen=True, slots=True)
class Outline:
    """A segment seen from outside: its marker, payload length, and the payload's first bytes."""

    marker: int
    length: int
    start: bytes


def outlines(file: BinaryIO) -> Iterator[Outline]:
    """Walk a JPEG file's segments without reading their contents, up to the image data."""
    if file.read(2) != START:
        return
    while len(head := file.read(4)) == 4 and head[0] == 0xFF and head[1] not in {_END, _SCAN}:
        if head[1] == _FILL:
            file.seek(-3, 1)
            continue
        length = int.from_bytes(head[2:], "big") - 2
        if length < 0:
            return
        start = file.read(min(length, _SEEN))
        yield Outline(head[1], length, start)
        file.seek(length - len(start), 1)
