"""Frames to named fields and back; only what somebody wants is decoded."""

import struct
from collections.abc import Callable, Collection, Mapping
from typing import Any

from flight.cutter import Frame

Decoded = dict[str, Any]
_Decode = Callable[[bytes], Decoded]


class Decoder:
    """Decodes the payloads of the messages called `wanted`; the others give None.

    `kinds` are pymavlink's message classes by id. Values are those of pymavlink: characters end at the first
    zero, arrays are lists, what a frame leaves out at its end is zero.
    """

    def __init__(self, kinds: Mapping[int, Any], wanted: Collection[str]) -> None:
        self._kinds = kinds
        self._wanted: dict[int, tuple[str, _Decode]] = {}
        self.want(wanted)

    def want(self, names: Collection[str]) -> None:
        """Decode these too; raises `ValueError` for a name that is not in the dialect."""
        by_name = {str(kind.msgname): number for number, kind in self._kinds.items()}
        missing = sorted(set(names) - set(by_name))
        if missing:
            raise ValueError(f"unknown message {', '.join(missing)}")
        for name in names:
            number = by_name[name]
            self._wanted[number] = (name, _decode_of(self._kinds[number]))

    def decode(self, frame: Frame) -> tuple[str, Decoded] | None:
        """The message's name and fields, None when nobody wants it."""
        found = self._wanted.get(frame.message_id)
        if found is None or not frame.checked:
            return None
        return found[0], found[1](frame.data[frame.payload_at : frame.payload_end])


def _decode_of(kind: Any) -> _Decode:
    layout: struct.Struct = kind.unpacker
    size, unpack = layout.size, layout.unpack
    names, arrays = list(kind.ordered_fieldnames), list(kind.array_lengths)

    def plain(payload: bytes) -> Decoded:
        if len(payload) != size:
            payload = payload[:size].ljust(size, b"\0")
        return dict(zip(names, unpack(payload), strict=True))

    def with_arrays(payload: bytes) -> Decoded:
        values = unpack(payload[:size].ljust(size, b"\0"))
        fields: Decoded = {}
        at = 0
        for name, length in zip(names, arrays, strict=True):
            value = values[at]
            if isinstance(value, bytes):
                fields[name] = value.split(b"\0", 1)[0].decode("ascii", errors="replace")
                at += 1
            elif length:
                fields[name] = list(values[at : at + length])
                at += length
            else:
                fields[name] = value
                at += 1
        return fields

    return with_arrays if any(arrays) else plain


def extras_of(kinds: Mapping[int, Any]) -> dict[int, int]:
    """The byte that closes each message's checksum, by message id."""
    return {number: int(kind.crc_extra) for number, kind in kinds.items()}
