"""Beside flying: files, ground heights, signing, parameters and the same bytes twice."""

import hashlib
import struct
import zlib

import pytest
from fakes.copter_bench import HOME, Bench, place, rtl, takeoff, waypoint

from flight.simulator.copter import STEP_S, Copter
from flight.simulator.files import Files
from flight.simulator.ftp import Ftp, Packet
from flight.simulator.messages import mavlink
from flight.simulator.params import default_params
from flight.simulator.terrain import Spot
from flight.simulator.vehicle import Setup

LIST, OPEN, READ, END, CREATE, WRITE, REMOVE, BURST, CHECKSUM = 3, 4, 5, 1, 6, 7, 8, 15, 14


class Station:
    """Asks the FTP server of a bench, one request after another."""

    def __init__(self, bench):
        self.bench, self.seq = bench, 0

    def ask(self, op, data=b"", *, session=0, offset=0, size=None):
        self.seq += 10
        size = len(data) if size is None else size
        request = Packet(self.seq, session, op, size, offset=offset, data=data)
        message = mavlink.MAVLink_file_transfer_protocol_message(0, 1, 1, request.packed())
        answers = self.bench.send(message)
        found = [m for m in answers if m.get_type() == "FILE_TRANSFER_PROTOCOL"]
        return [Packet.read(bytes(m.payload)) for m in found]

    def burst(self, *, size):
        """All answers to a burst: they come one a step."""
        before = len(self.bench.log)
        self.ask(BURST, size=size)
        self.bench.run(12.0)
        payloads = [m.payload for _, m in self.bench.log[before:] if m.get_type() == "FILE_TRANSFER_PROTOCOL"]
        return [Packet.read(bytes(payload)) for payload in payloads]

    def one(self, op, data=b"", **more):
        (answer,) = self.ask(op, data, **more)
        return answer.op, answer.data[: answer.size]


@pytest.fixture(name="station")
def ftp_station(bench):
    return Station(bench)


def unpacked(packed):
    """Names and values of a param.pck, read by its published layout."""
    magic, count, total = struct.unpack_from("<HHH", packed)
    assert magic == 0x671B
    at, before, found = 6, "", {}
    while at < len(packed):
        if packed[at] == 0:
            at += 1
            continue
        kind, letters = packed[at] & 15, packed[at + 1]
        length = (letters >> 4) + 1
        name = before[: letters & 15] + packed[at + 2 : at + 2 + length].decode()
        form = {1: "<b", 2: "<h", 3: "<i", 4: "<f"}[kind]
        (found[name],) = struct.unpack_from(form, packed, at + 2 + length)
        at += 2 + length + struct.calcsize(form)
        before = name
    assert len(found) == count == total
    return found


def test_the_parameter_file_holds_every_parameter(bench, station):
    assert station.one(OPEN, b"@PARAM/param.pck")[0] == 128
    pieces = station.burst(size=110)
    content = b"".join(p.data[: p.size] for p in pieces if p.op == 128)
    assert pieces[-1].data[0] == 6
    assert unpacked(content) == {p.name: pytest.approx(p.value) for p in bench.copter.params}
    assert any(text.startswith("ArduCopter V4.6.2") for text in bench.texts())


def test_a_file_is_written_listed_read_and_removed(station):
    assert station.one(CREATE, b"/x.txt")[0] == 128
    assert station.one(WRITE, b"hello")[0] == 128
    assert station.one(WRITE, b" you", offset=5)[0] == 128
    assert station.one(END)[0] == 128
    assert b"Fx.txt\t9\0" in station.one(LIST, b"/")[1]
    checksum = struct.unpack("<I", station.one(CHECKSUM, b"/x.txt")[1])[0]
    assert checksum ^ 0xFFFFFFFF == zlib.crc32(b"hello you", 0xFFFFFFFF)
    assert station.one(OPEN, b"/x.txt") == (128, struct.pack("<I", 9))
    assert station.one(READ, size=239) == (128, b"hello you")
    assert station.one(END)[0] == 128
    assert station.one(REMOVE, b"/x.txt")[0] == 128
    assert station.one(OPEN, b"/x.txt") == (129, b"\x0a")


@pytest.mark.parametrize(
    ("op", "data", "fault"),
    [(OPEN, b"/nope.bin", 10), (LIST, b"/nowhere", 10), (READ, b"", 10), (99, b"", 1), (OPEN, b"", 3)],
)
def test_what_cannot_be_is_refused_with_its_number(station, op, data, fault):
    assert station.one(op, data) == (129, bytes((fault,)))


def test_one_file_at_a_time_and_for_its_session_only(station):
    assert station.one(OPEN, b"@SYS/uarts.txt")[0] == 128
    assert station.one(OPEN, b"@SYS/uarts.txt") == (129, b"\x01")
    assert station.one(OPEN, b"@SYS/uarts.txt", session=1) == (129, b"\x04")
    station.bench.run(4.0)
    assert station.one(OPEN, b"@SYS/uarts.txt", session=1)[0] == 128


def test_a_request_said_twice_is_answered_twice_and_done_once(bench):
    ftp = Ftp(Files(bench.copter.params, bench.copter.plans), lambda: None)
    request = Packet(7, 0, CREATE, 2, data=b"/y").packed()
    assert ftp.handle(request, "gcs", 0.0) == ftp.handle(request, "gcs", 0.1)


def test_the_mission_can_be_read_as_a_file(bench, station):
    bench.upload([waypoint(0, 0, 30.0, frame=0), takeoff(), waypoint(60, 0, 20)])
    station.one(OPEN, b"@MISSION/mission.dat")
    content = b"".join(p.data[: p.size] for p in station.ask(BURST, size=200) if p.op == 128)
    assert struct.unpack_from("<HHHHH", content) == (0x763D, 0, 0, 0, 3)
    assert struct.unpack_from("<iif", content, 10 + 2 * 38 + 16) == (*place(60, 0), 20.0)


def test_the_block_of_a_place_is_where_arducopter_asked_for_it():
    """Recorded: TERRAIN_REQUEST at home."""
    assert Spot.of(373838000, 1271165000, 100.0).corner == (373665147, 1270947135)


def test_served_ground_heights_are_asked_for_patch_by_patch_and_reported(bench):
    asked = set()
    for _ in range(60):
        bench.run(2.1)
        request = bench.of("TERRAIN_REQUEST")[-1:]
        if not request or not request[0].mask:
            break
        asked.add((request[0].lat, request[0].lon))
        for bit in range(56):
            if request[0].mask >> bit & 1:
                bench.send(
                    mavlink.MAVLink_terrain_data_message(
                        request[0].lat, request[0].lon, 100, bit, [40 + bit % 2] * 16
                    )
                )
        bench.log.clear()
    assert len(asked) == 9
    bench.send(mavlink.MAVLink_terrain_check_message(373838000, 1271165000))
    report = bench.of("TERRAIN_REPORT")[-1]
    assert (report.spacing, report.pending, report.loaded) == (100, 0, 504)
    assert 40.0 <= report.terrain_height <= 41.0


def test_a_mission_above_ground_waits_for_its_data(bench):
    bench.mode(4)
    bench.upload([waypoint(0, 0, 30.0, frame=0), takeoff(), waypoint(60, 0, 20, frame=10)])
    assert bench.command(400, 1) == (4, ["Arm: waiting for terrain data"])
    bench.set("TERRAIN_ENABLE", 0)
    assert bench.command(400, 1) == (4, ["Arm: terrain disabled"])


def test_the_signing_key_is_not_changed_while_armed(bench):
    key = hashlib.sha256(b"k").digest()
    bench.send(mavlink.MAVLink_setup_signing_message(1, 1, key, 1))
    assert bench.copter.inbox.signing.key == key
    bench.mode(4)
    bench.command(400, 1)
    bench.send(mavlink.MAVLink_setup_signing_message(1, 1, bytes(32), 0))
    assert bench.copter.inbox.signing.key == key
    assert "ERROR: Won't setup signing when armed" in bench.texts()


def test_parameters_are_cut_and_bounded_as_arducopter_does(bench):
    """Tried on ArduCopter 4.6.2: name in small letters, parts of a number, too much for its type."""
    for name, value, kept in (
        (b"RTL_ALT", 1500.6, 1500), (b"RTL_ALT", -1500.6, -1500), (b"rtl_alt", 1700, 1700),
        (b"FENCE_ACTION", 300, 127), (b"FENCE_ACTION", -300, -128), (b"SYSID_MYGCS", 1e9, 32767),
    ):  # fmt: skip
        bench.send(mavlink.MAVLink_param_set_message(1, 1, name, value, 9))
        told = bench.of("PARAM_VALUE")[-1]
        assert (told.param_id, told.param_value, told.param_index) == (name.decode().upper(), kept, 65535)


def test_totals_are_told_and_not_taken(bench):
    bench.upload([waypoint(0, 0, 30.0, frame=0), takeoff()])
    bench.run(0.1)
    assert [m.param_value for m in bench.of("PARAM_VALUE") if m.param_id == "MIS_TOTAL"] == [2]
    bench.set("MIS_TOTAL", 9)
    assert bench.copter.params["MIS_TOTAL"] == 2
    assert "Param write denied (MIS_TOTAL)" in bench.texts()


def test_a_gripper_brings_its_parameters_into_the_list(bench):
    before = len(bench.copter.params)
    bench.set("GRIP_ENABLE", 1)
    assert len(bench.copter.params) == before + 7
    assert bench.copter.params.at(len(bench.copter.params) - 1) is not None


def test_a_client_is_told_how_often_it_gets_a_message(bench):
    bench.command(511, 33, 200_000)
    for number, every_us in ((33, 200_000), (0, 1_000_000), (26, -1)):
        assert bench.command(510, number)[0] == 0
        assert bench.of("MESSAGE_INTERVAL")[-1].interval_us == every_us
    assert bench.command(510, 55555)[0] == 4


@pytest.mark.parametrize(
    ("number", "every_us", "third", "answer"),
    [(30, 2500, 0, 2), (30, 3000, 0, 0), (30, -2, 0, 2), (30, 1e5, 1, 2), (77777, 1e5, 0, 2)],
)
def test_intervals_too_fast_or_unknown_are_denied(bench, number, every_us, third, answer):
    assert bench.command(511, number, every_us, third)[0] == answer


def session():
    """All the bytes that a client gets of a flight in wind, and what it asked on the way."""
    table = default_params()
    table.set("SIM_WIND_SPD", 6.0)
    bench = Bench(Copter(Setup(*HOME, 30.0, 0.0, seed=5, ready_s=0.0), table))
    link = mavlink.MAVLink(None, srcSystem=1, srcComponent=1)
    bench.copter.join(0)
    bench.copter.telemetry.request_stream(0, 0, 4.0)
    bench.run(0.5)
    bench.start([takeoff(), waypoint(40, 10, 15), rtl()])
    bench.run(30.0)
    sent = b"".join(message.pack(link) for _, message in bench.log)
    return hashlib.sha256(sent).hexdigest(), round(bench.vehicle.time_s / STEP_S)


def test_the_same_seed_and_messages_give_the_same_bytes():
    assert session() == session()
