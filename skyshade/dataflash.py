"""ArduPilot's on-board logs (DataFlash, .bin): the messages of one type as columns.

Layout (AP_Logger/LogStructure.h): 0xA3 0x95, a type byte, a packed little-endian body. FMT (type 128) tells
of each type its length (head included), name, format characters and labels.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFileError

HEAD = b"\xa3\x95"
FMT = 128
_FMT_BODY = struct.Struct("<BB4s16s64s")
_CODES = {
    "b": "i1", "B": "u1", "h": "<i2", "H": "<u2", "i": "<i4", "I": "<u4", "q": "<i8", "Q": "<u8", "f": "<f4",
    "d": "<f8", "c": "<i2", "C": "<u2", "e": "<i4", "E": "<u4", "L": "<i4", "M": "u1", "n": "S4", "N": "S16",
    "Z": "S64", "a": "(32,)<i2", "g": "<f2",
}  # fmt: skip
_SCALES = {"c": 0.01, "C": 0.01, "e": 0.01, "E": 0.01, "L": 1e-7}


def read_messages(path: Path, name: str) -> dict[str, NDArray[Any]]:
    """The columns of all messages called `name`, in the log's order; hundredths and 1e7 degrees as floats.

    Empty where there is none. Raises `BadFileError` for a file that is no such log.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadFileError(path, f"cannot be read ({error.strerror})") from error
    formats = dict(_formats(data))
    if not formats:
        raise BadFileError(path, "is no DataFlash log", hint="a .bin from the vehicle or a .tlog is wanted")
    wanted = next((kind for kind, (_, called, _, _) in formats.items() if called == name), None)
    if wanted is None:
        return {}
    length, _, codes, labels = formats[wanted]
    row = np.dtype([(label, _CODES[code]) for label, code in zip(labels, codes, strict=True)])
    if row.itemsize != length - 3:
        raise BadFileError(path, f"says that {name} is {length - 3} bytes, its fields are {row.itemsize}")
    bodies = b"".join(data[at + 3 : at + length] for at, kind in _places(data, formats) if kind == wanted)
    table = np.frombuffer(bodies, row)
    return {label: _scaled(table[label], code) for label, code in zip(labels, codes, strict=True)}


def _scaled(values: NDArray[Any], code: str) -> NDArray[Any]:
    return values * _SCALES[code] if code in _SCALES else values


def _formats(data: bytes) -> Iterator[tuple[int, tuple[int, str, str, list[str]]]]:
    at = 0
    mark = HEAD + bytes([FMT])
    while (at := data.find(mark, at)) >= 0 and at + 3 + _FMT_BODY.size <= len(data):
        kind, length, name, codes, labels = _FMT_BODY.unpack_from(data, at + 3)
        texts = [part.split(b"\0")[0].decode("ascii", "replace") for part in (name, codes, labels)]
        names = texts[2].split(",") if texts[2] else []
        if length >= 3 and len(names) == len(texts[1]) and all(c in _CODES for c in texts[1]):
            yield kind, (length, texts[0], texts[1], names)
        at += 3


def _places(data: bytes, formats: dict[int, tuple[int, str, str, list[str]]]) -> Iterator[tuple[int, int]]:
    """Where each whole message begins, and its type; damage is stepped over."""
    at = data.find(HEAD)
    while 0 <= at <= len(data) - 3:
        known = formats.get(data[at + 2])
        if data[at : at + 2] != HEAD or known is None:
            at = data.find(HEAD, at + 1)
            continue
        if at + known[0] > len(data):
            return
        yield at, data[at + 2]
        at += known[0]
