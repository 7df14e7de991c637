"""Reading recordings: .tlog files, 8 bytes of big-endian UTC microseconds before each MAVLink frame.

Frames are cut by their headers and decoded only when their type is wanted, so that a long flight is read
quickly. Damaged stretches are skipped and counted; .gz files are read as they are.
"""

import gzip
import logging
import struct
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import BadFileError
from flight.wire import Fields

log = logging.getLogger(__name__)

_STAMP = struct.Struct(">Q")
_V1, _V2 = 0xFE, 0xFD
_SIGNED = 0x01
_EARLIEST_US, _LATEST_US = 946_684_800_000_000, 4_102_444_800_000_000  # years 2000 to 2100


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
    """What a recording holds: counts by message name, first and last UTC second, bytes that are no frames."""

    messages: int
    duration_s: float
    types: Mapping[str, int]
    start_s: float | None = None
    skipped_bytes: int = 0
    systems: Mapping[int, int] = field(default_factory=dict)


def read_log_bytes(path: Path) -> bytes:
    """The recording's bytes, unpacked when its name ends in .gz; raises `BadFileError`."""
    try:
        data = Path(path).read_bytes()
        return gzip.decompress(data) if path.suffix == ".gz" else data
    except (OSError, EOFError, gzip.BadGzipFile) as error:
        raise BadFileError(path, f"cannot be read ({error})") from error


def frames(data: bytes) -> Iterator[Frame]:
    """Every frame of a recording's bytes; what is no frame is stepped over."""
    at, end = 0, len(data)
    while at + 8 + 8 <= end:
        frame = _frame_at(data, at)
        if frame is None:
            at += 1
            continue
        yield frame
        at += 8 + len(frame.data)


def _frame_at(data: bytes, at: int) -> Frame | None:
    magic = data[at + 8]
    if magic not in (_V1, _V2):
        return None
    (stamp_us,) = _STAMP.unpack_from(data, at)
    if not _EARLIEST_US < stamp_us < _LATEST_US:
        return None
    start, payload = at + 8, data[at + 9]
    if magic == _V1:
        length, message_id, system, component = payload + 8, data[start + 5], data[start + 3], data[start + 4]
    else:
        if start + 12 > len(data):
            return None
        length = payload + 12 + (13 if data[start + 2] & _SIGNED else 0)
        message_id = int.from_bytes(data[start + 7 : start + 10], "little")
        system, component = data[start + 5], data[start + 6]
    if start + length > len(data):
        return None
    return Frame(stamp_us / 1e6, message_id, system, component, data[start : start + length])


def messages(
    path: Path, names: Collection[str] | None = None, *, system: int | None = None
) -> Iterator[LoggedMessage]:
    """Decoded messages of a recording, only those called `names` and from `system` where given."""
    from pymavlink.dialects.v20 import ardupilotmega as dialect

    wanted = None if names is None else _ids(dialect, names)
    codec: Any = dialect.MAVLink(None)
    for frame in frames(read_log_bytes(path)):
        if wanted is not None and frame.message_id not in wanted:
            continue
        if system is not None and frame.system != system:
            continue
        message = _decoded(codec, dialect, frame)
        if message is not None:
            fields = {name: getattr(message, name) for name in message.fieldnames}
            yield LoggedMessage(frame.utc_s, message.get_type(), frame.system, frame.component, fields)


def summarise(path: Path) -> LogSummary:
    """Counts and duration, from frame headers alone; raises `BadFileError` when there is no frame."""
    from pymavlink.dialects.v20 import ardupilotmega as dialect

    data = read_log_bytes(path)
    counts: Counter[int] = Counter()
    systems: Counter[int] = Counter()
    used, first_s, last_s = 0, None, 0.0
    for frame in frames(data):
        counts[frame.message_id] += 1
        systems[frame.system] += 1
        used += 8 + len(frame.data)
        first_s = frame.utc_s if first_s is None else first_s
        last_s = frame.utc_s
    if first_s is None:
        raise BadFileError(path, "holds no MAVLink frames", hint="a .tlog recording is wanted")
    types = {_name(dialect, number): count for number, count in counts.most_common()}
    return LogSummary(sum(counts.values()), last_s - first_s, types, first_s, len(data) - used, dict(systems))


def _ids(dialect: Any, names: Collection[str]) -> frozenset[int]:
    known = {kind.msgname: number for number, kind in dialect.mavlink_map.items()}
    missing = sorted(set(names) - set(known))
    if missing:
        raise ValueError(f"unknown message {', '.join(missing)}")
    return frozenset(known[name] for name in names)


def _name(dialect: Any, number: int) -> str:
    kind = dialect.mavlink_map.get(number)
    return f"UNKNOWN_{number}" if kind is None else str(kind.msgname)


def _decoded(codec: Any, dialect: Any, frame: Frame) -> Any:
    if frame.message_id not in dialect.mavlink_map:
        return None
    try:
        return codec.decode(bytearray(frame.data))
    except dialect.MAVError as error:
        log.debug("frame of type %d at %.3f: %s", frame.message_id, frame.utc_s, error)
        return None
