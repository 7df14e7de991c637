"""Columns hold what pymavlink decodes, message by message, whatever happened to the recording."""

import gzip
import math
import os
import random
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymavlink.dialects.v20 import ardupilotmega as dialect  # noqa: TID251  # the oracle

from core.errors import BadFileError
from flight.columns import index, tables
from flight.tlog import UnknownMessageError, frames, layouts, messages, read_columns, read_log_bytes

DATA = Path(os.environ.get("SKYSHADE_DATA", Path(__file__).parents[3] / "shared" / "data"))
BEGAN_US = 1_790_000_000_000_000
LIMITS = {
    "b": (-128, 127), "B": (0, 255), "h": (-(2**15), 2**15 - 1), "H": (0, 2**16 - 1),
    "i": (-(2**31), 2**31 - 1), "I": (0, 2**32 - 1), "q": (-(2**63), 2**63 - 1), "Q": (0, 2**64 - 1),
}  # fmt: skip


def sender(system=1, component=1):
    return dialect.MAVLink(None, system, component)


def packed(codec, message, **options):
    frame = message.pack(codec, **options)
    codec.seq = (codec.seq + 1) % 256
    return frame


def stamped(all_frames):
    """A recording, a millisecond between frames."""
    return b"".join(struct.pack(">Q", BEGAN_US + 1000 * i) + f for i, f in enumerate(all_frames))


def beat(number=0):
    return dialect.MAVLink_heartbeat_message(2, 3, 81, number, 4, 3)


def made(kind, rng):
    """A message of that type with random values; every third text is shorter than its field."""
    values = {}
    codes = kind.native_format.decode().lstrip("<")
    for name, code, length in zip(kind.ordered_fieldnames, codes, kind.array_lengths, strict=True):
        if code == "c":
            size = rng.choice((length, max(length - 3, 0), length // 2)) if length else 1
            values[name] = bytes(rng.randrange(33, 127) for _ in range(size))
            continue
        many = [number(code, rng) for _ in range(max(length, 1))]
        values[name] = many if length else many[0]
    return kind(**values)


def number(code, rng):
    if rng.random() < 0.3:
        return 0
    if code in "fd":
        return struct.unpack("<f", struct.pack("<f", rng.uniform(-1e6, 1e6)))[0]
    return rng.randint(*LIMITS[code])


def same(ours, theirs):
    if isinstance(theirs, str):
        return str(ours) == theirs
    ours, theirs = np.atleast_1d(ours), np.atleast_1d(np.array(theirs))
    return len(ours) == len(theirs) and all(
        a == b or (math.isnan(a) and math.isnan(b))
        for a, b in zip(ours.tolist(), theirs.tolist(), strict=True)
    )


def assert_decoded_alike(data):
    """Every column entry equals what pymavlink's decoder says of the same frame."""
    found = index(data, layouts())
    columns, codec, row = tables(found), sender(), dict.fromkeys(found.counts, 0)
    for frame in frames(data):
        message = codec.decode(bytearray(frame.data))
        table, at = columns[message.get_type()], row[message.get_type()]
        row[message.get_type()] += 1
        assert table.time_s[at] == frame.utc_s
        head = (message.get_srcSystem(), message.get_srcComponent(), message.get_seq())
        assert (table.system[at], table.component[at], table.sequence[at]) == head
        assert list(table.fields) == message.fieldnames
        for name in message.fieldnames:
            assert same(table[name][at], getattr(message, name)), (message.get_type(), name)
    assert {name: len(table) for name, table in columns.items()} == row


@pytest.mark.parametrize("options", [{}, {"force_mavlink1": True}], ids=["version 2", "version 1"])
def test_every_message_type_comes_out_as_pymavlink_decodes_it(options):
    rng, codec = random.Random(7), sender(3, 190)
    kinds = [k for k in dialect.mavlink_map.values() if not options or k.id < 256]
    data = stamped([packed(codec, made(kind, rng), **options) for kind in kinds for _ in range(3)])
    assert len(index(data, layouts())) == 3 * len(kinds)
    assert_decoded_alike(data)


def test_signed_frames_are_read_like_others():
    codec = sender()
    codec.signing.secret_key, codec.signing.sign_outgoing = b"k" * 32, True
    data = stamped([packed(codec, beat(n)) for n in range(5)])
    columns = tables(index(data, layouts()))
    assert columns["HEARTBEAT"]["custom_mode"].tolist() == [0, 1, 2, 3, 4]
    assert len(data) > 5 * (8 + 12 + 13)


def test_arrays_are_two_dimensional_and_texts_are_strings(tmp_path):
    codec = sender()
    said = dialect.MAVLink_statustext_message(6, b"\xea\xb0\x80 up", 0, 0)
    battery = made(dialect.MAVLink_battery_status_message, random.Random(1))
    path = tmp_path / "비행 1.tlog"
    path.write_bytes(stamped([packed(codec, said), packed(codec, battery), packed(codec, battery)]))
    columns = read_columns(path)
    assert columns["BATTERY_STATUS"]["voltages"].shape == (2, 10)
    assert columns["BATTERY_STATUS"]["voltages"].dtype == np.uint16
    assert columns["BATTERY_STATUS"].units["voltages"] == "mV"
    assert columns["STATUSTEXT"]["text"].tolist() == ["\ufffd\ufffd\ufffd up"]


def test_only_the_wanted_types_and_systems_are_given(tmp_path):
    path = tmp_path / "two.tlog"
    codecs = [sender(1), sender(2)]
    every = [packed(c, m) for c in codecs for m in (beat(), dialect.MAVLink_mission_current_message(4))]
    path.write_bytes(stamped(every))
    columns = read_columns(path, {"MISSION_CURRENT", "ATTITUDE"})
    assert set(columns) == {"MISSION_CURRENT"}
    assert columns["MISSION_CURRENT"].sent_by(2).system.tolist() == [2]
    assert [m.system for m in messages(path, {"HEARTBEAT"}, system=2)] == [2]


def test_a_type_that_no_table_holds_is_counted_and_costs_no_other():
    codec = sender()
    strange = bytearray(packed(codec, beat()))
    strange[7:10] = (200_000).to_bytes(3, "little")
    data = stamped([packed(codec, beat(1)), bytes(strange), packed(codec, beat(2))])
    found = index(data, layouts())
    assert found.unknown == {200_000: 1}
    assert found.counts == {"HEARTBEAT": 2}
    assert found.bad_bytes == 0


def test_missing_sequence_numbers_are_counted_by_sender():
    codec, other = sender(1), sender(255, 190)
    every = [packed(codec, beat(n)) for n in range(600)]
    kept = [f for n, f in enumerate(every) if n % 5 or n in (0, 595)]
    kept.insert(100, packed(other, beat()))
    senders = {s.system: s for s in index(stamped(kept), layouts()).senders}
    assert (senders[1].heard, senders[1].lost) == (len(kept) - 1, 600 - len(kept) + 1)
    assert senders[1].loss == pytest.approx(118 / 600)
    assert (senders[255].heard, senders[255].lost) == (1, 0)


def test_a_restart_of_the_vehicle_is_no_loss():
    first, second = sender(), sender()
    every = [packed(first, beat()) for _ in range(10)] + [packed(second, beat()) for _ in range(3)]
    assert index(stamped(every), layouts()).senders[0].lost == 0


EVERY = [
    packed(CODEC, made(kind, random.Random(kind.id)))
    for CODEC in [sender()]
    for kind in list(dialect.mavlink_map.values())[::9]
]
WHOLE = stamped(EVERY)


@given(st.lists(st.tuples(st.integers(0, len(EVERY)), st.binary(min_size=1, max_size=60)), max_size=4))
def test_junk_between_records_loses_none_of_them(junk):
    pieces = [struct.pack(">Q", BEGAN_US + 1000 * i) + f for i, f in enumerate(EVERY)]
    for at, data in sorted(junk, reverse=True):
        pieces.insert(at, data)
    found = index(b"".join(pieces), layouts())
    assert [found.frame(place) for place in range(len(found))] == EVERY
    assert found.bad_bytes == sum(len(data) for _, data in junk)


@given(st.data())
def test_mutated_bytes_never_crash_and_never_give_a_frame_whose_checksum_is_wrong(data):
    raw = bytearray(WHOLE)
    size = len(raw) - 1
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, size), st.integers(0, 255)), max_size=40)):
        raw[at] = value
    cut = data.draw(st.integers(0, len(raw)))
    del raw[cut:]
    codec = sender()
    for frame in frames(bytes(raw)):
        codec.decode(bytearray(frame.data))  # raises on a wrong checksum
    assert all(len(table) for table in tables(index(bytes(raw), layouts())).values())


@given(st.binary(max_size=400))
def test_random_bytes_hold_no_frames(raw):
    assert len(index(raw, layouts())) == 0


@pytest.mark.soak
def test_a_million_mutations_and_random_bytes_give_no_wrong_frame():
    rng, codec = np.random.default_rng(5), sender()
    for seed in range(60):
        raw = np.frombuffer(WHOLE * 4, np.uint8).copy()
        raw[rng.integers(0, raw.size, 200 + 40 * seed)] = rng.integers(0, 256, 200 + 40 * seed)
        for frame in frames(raw.tobytes()):
            codec.decode(bytearray(frame.data))
    assert len(index(rng.integers(0, 256, 10_000_000, dtype=np.uint8).tobytes(), layouts())) == 0


def test_a_recording_cut_off_anywhere_keeps_what_came_before():
    ends = np.cumsum([8 + len(f) for f in EVERY])
    for cut in range(0, len(WHOLE), 17):
        assert len(index(WHOLE[:cut], layouts())) == np.searchsorted(ends, cut, side="right")


def test_a_packed_recording_that_was_cut_off_gives_what_is_there(tmp_path):
    path = tmp_path / "cut.tlog.gz"
    whole = gzip.compress(WHOLE * 50, 1)
    path.write_bytes(whole[: len(whole) // 2])
    found = index(read_log_bytes(path), layouts())
    assert 0 < len(found) < 50 * len(EVERY)


def test_a_name_that_is_no_message_is_refused_with_names_like_it(tmp_path):
    path = tmp_path / "a.tlog"
    path.write_bytes(WHOLE)
    with pytest.raises(UnknownMessageError, match="'ATITUDE' is no MAVLink message; did you mean ATTITUDE"):
        read_columns(path, ["ATITUDE"])


def test_what_is_no_gzip_is_named(tmp_path):
    path = tmp_path / "a.tlog.gz"
    path.write_bytes(b"no gzip at all")
    with pytest.raises(BadFileError, match=r"a\.tlog\.gz: cannot be read"):
        read_columns(path)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    "name", ["main10", "tlogs/signing", "tlogs/ftp", "tlogs/gripwinch", "tlogs/mission_proto"]
)
def test_real_sessions_come_out_as_pymavlink_decodes_them(shared_data, name):
    data = read_log_bytes(shared_data / "flight" / f"{name}.tlog.gz")
    assert index(data, layouts()).bad_bytes == 0
    assert_decoded_alike(data)
