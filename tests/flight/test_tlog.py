"""Recordings are read whole, damaged or packed."""

import gzip
import os
import struct
from pathlib import Path

import pytest

from core.clock import RealClock
from core.errors import BadFileError
from flight.link import Link
from flight.ports import Address, UdpPipe
from flight.tlog import frames, messages, read_log_bytes, summarise

DATA = Path(os.environ.get("SKYSHADE_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture
def recording(tmp_path):
    """A recording made by our own link: ten parameter requests among its heartbeats."""
    path = tmp_path / "녹화.tlog"
    pipe = UdpPipe(Address("udp", "127.0.0.1", 9))
    with Link(pipe, RealClock(), name="nobody", log_path=path) as link:
        for number in range(10):
            link.send("PARAM_REQUEST_READ", {"param_id": b"RTL_ALT", "param_index": number})
    return path


def test_what_was_sent_is_read_back_with_time_and_sender(recording):
    asked = list(messages(recording, {"PARAM_REQUEST_READ"}))
    assert [m.fields["param_index"] for m in asked] == list(range(10))
    assert {(m.system, m.component) for m in asked} == {(255, 190)}
    assert [m.utc_s for m in asked] == sorted(m.utc_s for m in asked)


def test_a_stamp_is_eight_bytes_of_big_endian_microseconds(recording):
    data = recording.read_bytes()
    first = next(frames(data))
    assert struct.unpack(">Q", data[:8])[0] / 1e6 == first.utc_s


def test_junk_between_frames_is_stepped_over_and_counted(recording):
    whole = recording.read_bytes()
    cut = 8 + len(next(frames(whole)).data)
    recording.write_bytes(whole[:cut] + b"\xfd\xfe junk \x00" + whole[cut:])
    assert summarise(recording).skipped_bytes == 9
    assert sum(1 for _ in messages(recording, {"PARAM_REQUEST_READ"})) == 10


def test_a_recording_cut_off_in_a_frame_keeps_what_came_before(recording):
    recording.write_bytes(recording.read_bytes()[:-5])
    assert summarise(recording).types["PARAM_REQUEST_READ"] in (9, 10)


def test_a_packed_recording_reads_the_same(recording):
    packed = recording.with_suffix(".tlog.gz")
    packed.write_bytes(gzip.compress(recording.read_bytes()))
    assert summarise(packed).types == summarise(recording).types


def test_a_file_without_frames_is_refused_by_name(tmp_path):
    path = tmp_path / "notes.tlog"
    path.write_text("this is no recording, only words, and enough of them")
    with pytest.raises(BadFileError, match=r"notes\.tlog: holds no MAVLink frames"):
        summarise(path)


def test_a_missing_file_is_one_clear_error(tmp_path):
    with pytest.raises(BadFileError, match=r"gone\.tlog: cannot be read"):
        read_log_bytes(tmp_path / "gone.tlog")


@pytest.mark.shared_data
def test_a_real_session_with_ardupilot_is_read_without_a_byte_left_over():
    path = DATA / "flight" / "main10.tlog.gz"
    if not path.exists():
        pytest.skip(f"real recordings are not at {DATA}")
    summary = summarise(path)
    assert summary.skipped_bytes == 0
    decoded = sum(1 for _ in messages(path))
    assert decoded == summary.messages
    parameters = {m.fields["param_id"] for m in messages(path, {"PARAM_VALUE"}, system=1)}
    listed = (DATA / "flight" / "copter-4.6.2-sitl.param").read_text().split()
    assert {line.split(",")[0] for line in listed if "," in line} <= parameters
