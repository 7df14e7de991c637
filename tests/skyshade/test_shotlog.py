"""Photographs read back from recordings: tlog, DataFlash, shots.csv."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymavlink.dialects.v20 import ardupilotmega as dialect  # noqa: TID251  # writes what is then read

from core.errors import BadFileError
from core.geo import Datum
from skyshade.dataflash import read_messages
from skyshade.shotlog import read_shots

PLACES = [(127.11 + 1e-4 * n, 37.37 - 1e-4 * n, 90.0 + n) for n in range(4)]


def feedback(number, lon, lat, up):
    return dialect.MAVLink_camera_feedback_message(
        10**15 + number * 10**6, 1, 0, number, round(lat * 1e7), round(lon * 1e7), 130.0, up,
        0.0, -29.0, 90.0, 0.0, 0, 0,
    )  # fmt: skip


def tlog(path, messages):
    link = dialect.MAVLink(None, srcSystem=1, srcComponent=1)
    path.write_bytes(b"".join(struct.pack(">Q", 1_700_000_000_000_000) + m.pack(link) for m in messages))
    return path


LABELS = "TimeUS,I,Img,Lat,Lng,Alt,RelAlt,GPSAlt"


def fmt(kind, length, name, codes, labels):
    texts = (name.encode(), codes.encode(), labels.encode())
    return b"\xa3\x95\x80" + struct.pack("<BB4s16s64s", kind, length, *texts)


def bin_log(path, *, junk=b""):
    head = fmt(128, 89, "FMT", "BBnNZ", "Type,Length,Name,Format,Columns") + fmt(
        70, 3 + 31, "CAM", "QBHLLfff", LABELS
    )
    rows = [
        b"\xa3\x95\x46"
        + struct.pack("<QBHiifff", 1_000_000 * n, 0, n, round(lat * 1e7), round(lon * 1e7), 130.0, up, 0.0)
        for n, (lon, lat, up) in enumerate(PLACES)
    ]
    assert len(rows[0]) == 3 + 31
    path.write_bytes(head + rows[0] + junk + b"".join(rows[1:]))
    return path


def places(shots):
    return [(s.lonlat.lon, s.lonlat.lat, s.altitude.value_m) for s in shots]


def close(shots):
    return places(shots) == [pytest.approx(p, abs=1e-6) for p in PLACES]


def test_camera_feedback_of_a_tlog(tmp_path):
    shots = read_shots([tlog(tmp_path / "비행.tlog", [feedback(n, *p) for n, p in enumerate(PLACES)])])
    assert close(shots)
    assert all(s.altitude.datum is Datum.HOME and s.attitude is None for s in shots)


def test_a_message_recorded_twice_counts_once(tmp_path):
    messages = [feedback(n, *p) for n, p in enumerate(PLACES)]
    assert close(read_shots([tlog(tmp_path / "a.tlog", [m for m in messages for _ in range(2)])]))


def test_cam_messages_of_a_dataflash_log(tmp_path):
    assert close(read_shots([bin_log(tmp_path / "00000012.BIN")]))


def test_damage_in_a_dataflash_log_is_stepped_over(tmp_path):
    assert close(read_shots([bin_log(tmp_path / "a.bin", junk=b"\x00\xa3\x95\xff" * 7)]))


def test_two_recordings_are_one_survey(tmp_path):
    first = tlog(tmp_path / "1.tlog", [feedback(n, *p) for n, p in enumerate(PLACES[:2])])
    second = tlog(tmp_path / "2.tlog", [feedback(n + 9, *p) for n, p in enumerate(PLACES[2:])])
    assert close(read_shots([first, second]))


def test_the_camera_s_own_count_is_read_where_there_is_one(tmp_path):
    table = "time_s,lon,lat,alt_home_m,number\n1,127.11,37.37,90,7\n2,127.12,37.37,90,\n"
    (tmp_path / "shots.csv").write_text(table, encoding="utf-8")
    sources = [
        tlog(tmp_path / "a.tlog", [feedback(n + 3, *p) for n, p in enumerate(PLACES)]),
        bin_log(tmp_path / "a.bin"),
        tmp_path / "shots.csv",
    ]
    assert [[s.number for s in read_shots([p])] for p in sources] == [[3, 4, 5, 6], [0, 1, 2, 3], [7, None]]


def test_a_flight_recorded_on_the_ground_and_on_board_counts_once(tmp_path):
    heard = tlog(tmp_path / "a.tlog", [feedback(n, *p) for n, p in enumerate(PLACES) if n != 2])
    shots = read_shots([heard, bin_log(tmp_path / "a.bin")])
    assert sorted(s.number for s in shots) == [0, 1, 2, 3]


def test_of_a_flight_s_folder_the_recording_that_counts_is_read(tmp_path):
    (tmp_path / "shots.csv").write_text("time_s,lon,lat,alt_home_m\n1,127.1,37.3,90\n", encoding="utf-8")
    tlog(tmp_path / "flight.tlog", [feedback(n, *p) for n, p in enumerate(PLACES)])
    assert [s.number for s in read_shots([tmp_path])] == [0, 1, 2, 3]


def test_a_camera_without_position_is_left_out(tmp_path):
    messages = [feedback(0, 0.0, 0.0, 90.0), *(feedback(n, *p) for n, p in enumerate(PLACES, start=1))]
    assert close(read_shots([tlog(tmp_path / "a.tlog", messages)]))


def test_a_recording_without_camera_says_so(tmp_path):
    beat = dialect.MAVLink_heartbeat_message(2, 3, 0, 0, 0, 3)
    with pytest.raises(BadFileError, match="holds no photograph"):
        read_shots([tlog(tmp_path / "a.tlog", [beat])])


def test_a_file_that_is_no_log_is_named(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"hello")
    with pytest.raises(BadFileError, match="no DataFlash log"):
        read_shots([path])


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "a.bin"
    path.write_bytes(fmt(70, 11, "CAM", "QB", "TimeUS,I")[:-1] + data)
    with contextlib.suppress(BadFileError):
        assert read_messages(path, "CAM") is not None
