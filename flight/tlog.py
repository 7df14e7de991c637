"""Reading recordings: .tlog files, 8 bytes of big-endian UTC microseconds before each MAVLink frame.

Only frames whose checksum is right are given out; damaged stretches are stepped over and counted. .gz files
are read as they are. What stands where in a message comes from pymavlink's tables.
"""

import difflib
import functools
import logging
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import BadFileError, SkyshadeError
from flight.columns import Layout, Layouts, Recording, Sender, Table, index, tables
from flight.wire import Fields

log = logging.getLogger(__name__)

_GZIP = 31  # zlib's number for gzip with its header
_NUMPY_CODES = {"c": "S", "b": "i1", "B": "u1", "h": "<i2", "H": "<u2", "i": "<i4", "I": "<u4", "q": "<i8",
                "Q": "<u8", "f": "<f4", "d": "<f8"}  # fmt: skip


class UnknownMessageError(SkyshadeError):
    """A name that no MAVLink message has; names like it are offered."""

    def __init__(self, name: str, known: Collection[str]) -> None:
        near = difflib.get_close_matches(name.upper(), known, 3)
        super().__init__(
            f"{name!r} is no MAVLink message", hint=f"did you mean {', '.join(near)}?" if near else None
        )


@dataclass(frozen=True, slots=True)
class Frame:
    """One recorded frame: UTC seconds, message id, sender, and the frame's bytes."""

    utc_s: float
    message_id: int
    system: int
    component: int
    data: bytes


@dataclass(frozen=True, slots=True)
class LoggedMessage:
    """A decoded message: UTC seconds of the recording, its MAVLink name, who sent it, its fields."""

    utc_s: float
    name: str
    system: int
    component: int
    fields: Fields


@dataclass(frozen=True, slots=True)
class LogSummary:
    """What a recording holds: counts by message name, first and last UTC second, bytes that are no frames,
    messages by system, frames of types that no table holds by message id, and the losses of each sender.
    """

    messages: int
    duration_s: float
    types: Mapping[str, int]
    start_s: float | None = None
    skipped_bytes: int = 0
    systems: Mapping[int, int] = field(default_factory=dict)
    unknown: Mapping[int, int] = field(default_factory=dict)
    senders: tuple[Sender, ...] = ()


def read_log_bytes(path: Path) -> bytes:
    """The recording's bytes, unpacked when its name ends in .gz; raises `BadFileError`."""
    path = Path(path)
    try:
        data = path.read_bytes()
        return _unpacked(data) if path.suffix == ".gz" else data
    except (OSError, zlib.error) as error:
        raise BadFileError(path, f"cannot be read ({error})") from error


def _unpacked(data: bytes) -> bytes:
    """All parts of a gzip file, also of one that was cut off."""
    parts = []
    while data:
        part = zlib.decompressobj(_GZIP)
        parts.append(part.decompress(data))
        data = part.unused_data
    return b"".join(parts)


def read_recording(path: Path) -> Recording:
    """Find every frame of a recording; raises `BadFileError` when there is none."""
    found = index(read_log_bytes(path), layouts())
    if not len(found):
        raise BadFileError(path, "holds no MAVLink frames", hint="a .tlog recording is wanted")
    return found


def read_columns(path: Path, names: Collection[str] | None = None) -> Mapping[str, Table]:
    """A recording as one table a message type, only those called `names` where given.

    A type that does not occur has no table. Raises `BadFileError` and `UnknownMessageError`.
    """
    check_names(names or ())
    return tables(read_recording(path), names)


def check_names(names: Collection[str]) -> None:
    """Raises `UnknownMessageError` when one of them is no MAVLink message."""
    known = layouts().by_name
    for name in names:
        if name not in known:
            raise UnknownMessageError(name, known)


@functools.cache
def layouts() -> Layouts:
    """Every message type of ArduPilot's dialect, by message id."""
    from pymavlink.dialects.v20 import ardupilotmega as dialect

    kinds = dialect.mavlink_map
    return Layouts([_layout(kinds[number]) for number in sorted(kinds)])


def _layout(kind: Any) -> Layout:
    codes = kind.native_format.decode("ascii").lstrip("<")
    named = zip(kind.ordered_fieldnames, codes, kind.array_lengths, strict=True)
    row = np.dtype([(name, *_column_type(code, length)) for name, code, length in named])
    units = dict(kind.fieldunits_by_name)
    return Layout(kind.id, kind.msgname, kind.crc_extra, row, tuple(kind.fieldnames), units)


def _column_type(code: str, length: int) -> tuple[Any, ...]:
    if code == "c":
        return (f"S{max(length, 1)}",)
    return (_NUMPY_CODES[code], (length,)) if length else (_NUMPY_CODES[code],)


def frames(data: bytes) -> Iterator[Frame]:
    """Every frame of a recording's bytes whose checksum is right; all else is stepped over."""
    found = index(data, layouts())
    for place in range(len(found)):
        yield _frame(found, place)


def _frame(found: Recording, place: int) -> Frame:
    sender = int(found.system[place]), int(found.component[place])
    return Frame(int(found.stamps_us[place]) / 1e6, int(found.found[place, 2]), *sender, found.frame(place))


def messages(
    path: Path, names: Collection[str] | None = None, *, system: int | None = None
) -> Iterator[LoggedMessage]:
    """Decoded messages of a recording, only those called `names` and from `system` where given."""
    check_names(names or ())
    found = index(read_log_bytes(path), layouts())
    wanted = np.ones(len(found), bool) if system is None else found.system == system
    if names is not None:
        wanted &= np.isin(found.found[:, 1], [layouts().by_name[name] for name in names])
    return _decoded(found, np.flatnonzero(wanted).tolist())


def _decoded(found: Recording, places: Collection[int]) -> Iterator[LoggedMessage]:
    from pymavlink.dialects.v20 import ardupilotmega as dialect

    codec: Any = dialect.MAVLink(None)
    for place in places:
        frame = _frame(found, place)
        try:
            message = codec.decode(bytearray(frame.data))
        except dialect.MAVError as error:
            log.debug("frame of type %d at %.3f: %s", frame.message_id, frame.utc_s, error)
            continue
        fields = {name: getattr(message, name) for name in message.fieldnames}
        yield LoggedMessage(frame.utc_s, message.get_type(), frame.system, frame.component, fields)


def summarise(path: Path) -> LogSummary:
    """Counts, losses and duration; raises `BadFileError` when there is no frame."""
    return summary_of(read_recording(path))


def summary_of(found: Recording) -> LogSummary:
    """Counts, losses and duration of a recording with at least one frame."""
    first_s, last_s = found.stamps_us.min() / 1e6, found.stamps_us.max() / 1e6
    systems = np.bincount(found.system)
    return LogSummary(
        messages=len(found),
        duration_s=float(last_s - first_s),
        types=found.counts,
        start_s=float(first_s),
        skipped_bytes=found.bad_bytes,
        systems={int(s): int(systems[s]) for s in np.flatnonzero(systems)},
        unknown=found.unknown,
        senders=found.senders,
    )
