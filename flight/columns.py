"""A recording as columns: for each message type an array a field, for a whole flight at once.

The layouts (what stands where in a payload) are arguments, so that nothing here knows a MAVLink library.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

REPLACED = 0xFFFD  # stands for what is no ASCII
BYTES_PER_FRAME = 40  # a first guess, for how many frames to make room


@dataclass(frozen=True, slots=True)
class Layout:
    """One message type: MAVLink id and name, the extra byte of its checksum, `row` the packed little-endian
    payload in wire order, `fields` its names in the order of its definition, `units` of those that have one.
    """

    message_id: int
    name: str
    crc_extra: int
    row: np.dtype[Any]
    fields: tuple[str, ...]
    units: Mapping[str, str] = field(default_factory=dict)


class Layouts(Sequence[Layout]):
    """Message types by place, and the tables by which compiled loops find them."""

    def __init__(self, layouts: Sequence[Layout]) -> None:
        self._layouts = tuple(layouts)
        self.extras = np.array([layout.crc_extra for layout in layouts], np.uint8)
        self.sizes = np.array([layout.row.itemsize for layout in layouts], np.int64)
        ids = [layout.message_id for layout in layouts]
        self.kinds = np.full(max(ids, default=0) + 1, -1, np.int16)
        self.kinds[ids] = np.arange(len(ids), dtype=np.int16)

    def __len__(self) -> int:
        return len(self._layouts)

    def __getitem__(self, place: Any) -> Any:
        return self._layouts[place]

    @cached_property
    def by_name(self) -> Mapping[str, int]:
        """The place of each message name."""
        return {layout.name: place for place, layout in enumerate(self._layouts)}


@dataclass(frozen=True, slots=True)
class Table:
    """All messages of one type, in the order of the recording; n rows.

    `time_s` UTC seconds of the recording, float64 (n,); `system`, `component`, `sequence` of the sender,
    uint8 (n,); `fields` by name in the type they have on the wire: numbers (n,), arrays (n, k), text as
    strings (n,), characters that are no ASCII replaced. `units` as MAVLink names them, where it does.
    """

    name: str
    time_s: NDArray[np.float64]
    system: Bytes
    component: Bytes
    sequence: Bytes
    fields: Mapping[str, Column]
    units: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.time_s)

    def __getitem__(self, name: str) -> Column:
        return self.fields[name]

    def sent_by(self, system: int) -> "Table":
        """Only the rows of one system."""
        keep = self.system == system
        fields = {name: values[keep] for name, values in self.fields.items()}
        heads = (self.time_s[keep], self.system[keep], self.component[keep], self.sequence[keep])
        return Table(self.name, *heads, fields, self.units)


@dataclass(frozen=True, slots=True)
class Sender:
    """One talker in a recording: frames heard, and sequence numbers that are missing between them."""

    system: int
    component: int
    heard: int
    lost: int

    @property
    def loss(self) -> float:
        """The share of its frames that is missing, 0..1."""
        return self.lost / (self.heard + self.lost)


@dataclass(frozen=True, slots=True)
class Recording:
    """Where the frames of a recording are: n whole frames whose checksum is right, in order.

    `data` uint8, the recording; `found` int64 (n, 4) as `frames.scan` describes it; `stamps_us` int64 (n,)
    microseconds since 1970; `system`, `component`, `sequence` uint8 (n,); `unknown` counts by message id the
    frames of types that the layouts do not hold (nobody can judge their checksum); `bad_bytes` belong to no
    frame; `senders` says who speaks, and how much of it was lost.
    """

    layouts: Layouts
    data: Bytes
    found: Ints
    stamps_us: Ints
    system: Bytes
    component: Bytes
    sequence: Bytes
    unknown: Mapping[int, int]
    bad_bytes: int
    senders: tuple[Sender, ...]

    def __len__(self) -> int:
        return len(self.found)

    @property
    def counts(self) -> Mapping[str, int]:
        """Frames by message name, the most frequent first."""
        counts = np.bincount(self.found[:, 1], minlength=len(self.layouts))
        order = np.argsort(-counts, kind="stable")
        return {self.layouts[place].name: int(counts[place]) for place in order if counts[place]}

    def frame(self, place: int) -> bytes:
        """The bytes of one frame."""
        start, _, _, length = self.found[place]
        return self.data[start : start + length].tobytes()


def index(data: bytes, layouts: Layouts) -> Recording:
    """Find every frame of a recording's bytes; damage is stepped over and counted."""
    from flight import frames

    raw = np.frombuffer(data, np.uint8)
    found = _all_found(raw, layouts)
    heads = frames.headers(raw, found)
    bad = len(raw) - int(found[:, frames.LENGTH].sum()) - frames.STAMP * len(found)
    senders = _senders(*heads[1:])
    strange = found[:, frames.KIND] == frames.UNKNOWN
    ids, counts = np.unique(found[strange, frames.MESSAGE], return_counts=True)
    unknown = dict(zip(ids.tolist(), counts.tolist(), strict=True))
    if unknown:
        found = found[~strange]
        heads = frames.headers(raw, found)
    return Recording(layouts, raw, found, *heads, unknown, bad, senders)


def _senders(system: Bytes, component: Bytes, sequence: Bytes) -> tuple[Sender, ...]:
    from flight import frames

    heard, lost = frames.lost(system, component, sequence)
    who = np.flatnonzero(heard)
    return tuple(Sender(int(s) >> 8, int(s) & 0xFF, int(heard[s]), int(lost[s])) for s in who)


def _all_found(raw: Bytes, layouts: Layouts) -> Ints:
    from flight import frames

    table, parts, at = frames.crc_table(), [], 0
    room = raw.size // BYTES_PER_FRAME + 16
    while at < raw.size:
        found = np.empty((room, 4), np.int64)
        count, at = frames.scan(raw, at, layouts.kinds, layouts.extras, table, found)
        parts.append(found[:count])
    return parts[0] if len(parts) == 1 else np.concatenate([np.empty((0, 4), np.int64), *parts])


def tables(recording: Recording, names: Collection[str] | None = None) -> Mapping[str, Table]:
    """The columns of the types called `names` (by default of all that occur), by name.

    A type that does not occur has no table. Raises `KeyError` on a name that is in no layout.
    """
    layouts = recording.layouts
    counts = np.bincount(recording.found[:, 1], minlength=len(layouts)).astype(np.int64)
    if names is not None:
        unwanted = np.ones(len(layouts), bool)
        unwanted[[layouts.by_name[name] for name in names]] = False
        counts[unwanted] = 0
    return {table.name: table for table in _tables(recording, counts)}


def _tables(recording: Recording, counts: Ints) -> Iterator[Table]:
    from flight import frames

    layouts = recording.layouts
    ends = np.cumsum(counts * layouts.sizes)
    starts, firsts = ends - counts * layouts.sizes, np.cumsum(counts) - counts
    payloads = np.zeros(int(ends[-1]) if len(ends) else 0, np.uint8)
    wanted = np.where(counts > 0, starts, -1)
    places = frames.gather(recording.data, recording.found, layouts.sizes, wanted, firsts, payloads)
    for kind in np.flatnonzero(counts):
        rows = payloads[starts[kind] : ends[kind]].view(layouts[kind].row)
        yield _table(recording, layouts[kind], rows, places[firsts[kind] : firsts[kind] + counts[kind]])


def _table(recording: Recording, layout: Layout, rows: Column, places: Ints) -> Table:
    fields = {name: _column(rows[name]) for name in layout.fields}
    return Table(
        layout.name,
        recording.stamps_us[places] / 1e6,
        recording.system[places],
        recording.component[places],
        recording.sequence[places],
        fields,
        layout.units,
    )


def _column(values: Column) -> Column:
    if values.dtype.kind == "S":
        return _texts(values)
    return np.ascontiguousarray(values)


def _texts(raw: Column) -> Column:
    """Characters up to the first zero as strings."""
    width = raw.dtype.itemsize
    codes = np.ascontiguousarray(raw).view(np.uint8).reshape(-1, width).astype(np.uint32)
    codes[np.maximum.accumulate(codes == 0, axis=1)] = 0
    codes[codes > 127] = REPLACED
    return codes.view(f"U{width}").reshape(-1)
