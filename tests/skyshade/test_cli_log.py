"""`skyshade log`: a recording as facts, as columns, as a picture."""

import csv
import json
import struct
from dataclasses import replace

import click
import numpy as np
import pytest

from core.errors import BadFileError, SkyshadeError
from core.geo import Altitude, Datum, LocalFrame, LonLat
from flight.fly import fly_mission
from flight.locations import Start
from flight.simulator.messages import mavlink
from flight.sitl import start_vehicle
from missions.formats import write_plan
from missions.model import Command, Home, Mission, MissionItem
from skyshade.cli.log import command

BEGAN_US = 1_790_000_000_000_000


def flight(codec):
    """Twenty seconds: ten standing in GUIDED, ten armed in AUTO, climbing a metre a second."""
    for second in range(20):
        auto = second >= 10
        yield mavlink.MAVLink_heartbeat_message(2, 3, 209 if auto else 81, 3 if auto else 4, 4, 3)
        up_mm = max(0, second - 10) * 1000
        yield mavlink.MAVLink_global_position_int_message(
            second * 1000, 373700000, 1271100000, 40000 + up_mm, up_mm, 300, 400, -100, 9000
        )
        health = (1, 1, 1, 100, 12600 if second < 19 else 65535, 1250, 80)
        yield mavlink.MAVLink_sys_status_message(*health, 0, 0, 0, 0, 0, 0)
    yield mavlink.MAVLink_statustext_message(
        4, b"Battery 1 is low 10.20V used 100 mAh and ".ljust(50, b"."), 7, 0
    )
    yield mavlink.MAVLink_statustext_message(4, b"that is all", 7, 1)


@pytest.fixture
def recording(tmp_path):
    """The made flight with a station's heartbeat in front, one frame of the vehicle lost."""
    vehicle, station = mavlink.MAVLink(None, 1, 1), mavlink.MAVLink(None, 255, 190)
    every = [mavlink.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3).pack(station)]
    for message in flight(vehicle):
        every.append(message.pack(vehicle))
        vehicle.seq = (vehicle.seq + 1) % 256
    del every[20]  # a position
    stamps = [BEGAN_US + 333_333 * i for i in range(len(every))]
    path = tmp_path / "비행 기록.tlog"
    path.write_bytes(b"".join(struct.pack(">Q", t) + f for t, f in zip(stamps, every, strict=True)) + b"junk")
    return path


def run(*args):
    return command.main([str(arg) for arg in args], standalone_mode=False)


def told(capsys, *args):
    run(*args, "--json")
    return json.loads(capsys.readouterr().out)


def test_info_tells_counts_losses_modes_texts_and_damage(recording, capsys):
    facts = told(capsys, "info", recording)
    assert facts["messages"] == 62
    assert facts["types"]["SYS_STATUS"] == 20
    assert facts["types"]["HEARTBEAT"] == 21
    assert facts["bad_bytes"] == 4
    one = facts["files"][0]
    assert {(s["system"], s["lost"]) for s in one["systems"]} == {(1, 1), (255, 0)}
    assert [(m["mode"], m["armed"]) for m in one["modes"]] == [("GUIDED", False), ("AUTO", True)]
    assert one["texts"][0]["text"].endswith("..that is all")
    assert facts["duration_s"] == pytest.approx(61 / 3, abs=0.01)
    run("info", recording)
    assert "AUTO armed" in capsys.readouterr().out


def test_info_adds_up_several_recordings(recording, capsys):
    facts = told(capsys, "info", recording, recording)
    assert (facts["messages"], len(facts["files"])) == (124, 2)


def test_columns_go_to_csv_with_an_array_spread_out_and_to_npz_as_it_is(recording, tmp_path, capsys):
    out = tmp_path / "표.csv"
    result = told(capsys, "columns", recording, "--type", "global_position_int", "-o", out)
    assert result["rows"] == 19
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["relative_alt"] for row in rows[-2:]] == ["8000", "9000"]
    assert list(rows[0])[:4] == ["time_s", "system", "component", "time_boot_ms"]
    out = tmp_path / "beats.npz"
    told(capsys, "columns", recording, "--type", "HEARTBEAT", "--fields", "type", "--system", "1", "-o", out)
    with np.load(out) as arrays:
        assert set(arrays) == {"time_s", "system", "component", "type"}
        assert arrays["type"].tolist() == [2] * 20


@pytest.mark.parametrize("name", ["그림.png", "쪽.html", "a.svg"])
def test_plots_are_whole_files_that_need_nothing_else(recording, tmp_path, capsys, name):
    out = tmp_path / name
    result = told(capsys, "plot", recording, "-o", out)
    assert result["drawn"] == ["height above home", "ground speed", "climb", "battery", "current"]
    data = out.read_bytes()
    if name.endswith(".png"):
        assert data.startswith(b"\x89PNG")
        return
    text = data.decode()
    assert "<svg" in text
    assert "http-equiv" not in text
    assert not [line for line in text.splitlines() if "src=" in line or 'link rel="stylesheet"' in line]
    if name.endswith(".html"):
        assert "Battery 1 is low" in text
        assert "AUTO" in text


def test_any_field_can_be_drawn(recording, tmp_path, capsys):
    fields = "SYS_STATUS.voltage_battery,global_position_int.vx"
    result = told(capsys, "plot", recording, "--fields", fields, "-o", tmp_path / "a.png")
    assert result["drawn"] == ["SYS_STATUS.voltage_battery", "GLOBAL_POSITION_INT.vx"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("columns", "--type", "ATTITUDE", "-o", "a.csv"), "holds no ATTITUDE messages"),
        (("columns", "--type", "ATITUDE", "-o", "a.csv"), "did you mean ATTITUDE"),
        (("columns", "--type", "HEARTBEAT", "--fields", "tipe", "-o", "a.csv"), "did you mean type"),
        (("columns", "--type", "HEARTBEAT", "--system", "9", "-o", "a.csv"), "from system 9"),
        (("columns", "--type", "HEARTBEAT", "-o", "a.xls"), "unknown kind '.xls'"),
        (("plot", "-o", "a.gif"), "unknown kind '.gif'"),
        (("plot", "--fields", "VFR_HUD.alt", "-o", "a.png"), "holds no VFR_HUD messages"),
        (("plot", "--fields", "STATUSTEXT.text", "-o", "a.png"), "is text and cannot be drawn"),
        (("plot", "--system", "9", "-o", "a.png"), "no positions or battery of system 9"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_in_one_line_and_writes_nothing(recording, monkeypatch, args, words):
    monkeypatch.chdir(recording.parent)
    with pytest.raises(SkyshadeError, match=words):
        run(args[0], recording, *args[1:])
    assert list(recording.parent.iterdir()) == [recording]


def test_a_field_without_its_type_is_wrong_usage(recording):
    with pytest.raises(click.UsageError, match=r"TYPE\.FIELD"):
        run("plot", recording, "--fields", "roll", "-o", "a.png")


def test_a_file_that_is_no_recording_is_named(tmp_path):
    path = tmp_path / "글.tlog"
    path.write_text("only words, and enough of them to hold a frame")
    with pytest.raises(BadFileError, match=r"글\.tlog: holds no MAVLink frames"):
        run("info", path)


@pytest.mark.shared_data
def test_a_real_flight_is_told_and_drawn(shared_data, tmp_path, capsys):
    facts = told(capsys, "info", shared_data / "flight" / "main10.tlog.gz")
    assert facts["messages"] == 17007
    assert [m["mode"] for m in facts["files"][0]["modes"]] == ["STABILIZE", "GUIDED", "AUTO", "AUTO"]
    told(capsys, "plot", shared_data / "flight" / "main10.tlog.gz", "-o", tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 20_000


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    """A short mission of the embedded copter: its plan, its folder, its record."""
    out = tmp_path_factory.mktemp("비행")
    frame = LocalFrame(LonLat(127.11, 37.37))
    legs = [
        MissionItem(Command.NAV_WAYPOINT, (0.0,) * 4, frame.place(60.0 * n, 0.0), Altitude(15, Datum.HOME))
        for n in (1, 2)
    ]
    takeoff = MissionItem(Command.NAV_TAKEOFF, altitude=Altitude(15, Datum.HOME))
    back = MissionItem(Command.NAV_RETURN_TO_LAUNCH)
    mission = Mission(Home(LonLat(127.11, 37.37), 40.0), (takeoff, *legs, back))
    write_plan(mission, out / "계획.plan")
    with start_vehicle(home=Start(LonLat(127.11, 37.37), 40.0), speedup=20) as vehicle:
        record = fly_mission(mission, vehicle, out)
    assert record.completed
    return mission, out, record


def test_a_review_tells_what_the_flight_itself_told(flown, capsys):
    mission, out, record = flown
    told_again = told(capsys, "review", out / "flight.tlog", out / "계획.plan")
    assert told_again["completed"]
    assert (told_again["reached"], told_again["items"]) == (record.reached, len(mission.items))
    assert told_again["flown_s"] == pytest.approx(record.flown_s, abs=1.0)
    assert told_again["max_deviation_m"] == pytest.approx(record.max_deviation_m, abs=0.3)
    assert told_again["same_plan"] is True
    assert [row["item"] for row in told_again["flown"]] == [1, 2, 3, 4]
    assert sum(row["duration_s"] for row in told_again["flown"]) == pytest.approx(record.flown_s, rel=0.15)


def test_a_review_against_another_plan_says_so(flown, tmp_path, capsys):
    mission, out, _ = flown
    higher = replace(mission.items[1], altitude=Altitude(25, Datum.HOME))
    write_plan(replace(mission, items=(mission.items[0], higher, *mission.items[2:])), tmp_path / "b.plan")
    assert told(capsys, "review", out / "flight.tlog", tmp_path / "b.plan")["same_plan"] is False
    run("review", out / "flight.tlog", tmp_path / "b.plan")
    assert "ANOTHER mission" in capsys.readouterr().out


def test_a_recording_without_an_upload_leaves_the_plan_unknown(recording, flown, capsys):
    facts = told(capsys, "review", recording, flown[1] / "계획.plan")
    assert (facts["same_plan"], facts["completed"], facts["reached"]) == (None, False, 0)
    with pytest.raises(BadFileError, match="holds nothing of system 7"):
        run("review", recording, flown[1] / "계획.plan", "--system", "7")


def test_a_log_on_board_needs_a_vehicle_that_answers(tmp_path):
    with pytest.raises(SkyshadeError, match="nothing listens"):
        run("download", "--vehicle", "tcp:127.0.0.1:1", "-o", tmp_path / "a.bin")
    assert list(tmp_path.iterdir()) == []
