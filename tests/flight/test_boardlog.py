"""Logs kept on board come whole, through a wire that loses; never a byte of something else."""

import os
import random
from dataclasses import dataclass, field

import pytest

from core.clock import RealClock, SimulatedClock
from core.geo import LonLat
from flight.boardlog import BLOCK, BoardLog, BoardLogError, fetch_log, list_logs
from flight.link import open_link
from flight.locations import Start
from flight.sitl import start_vehicle
from flight.vehicle import Vehicle
from flight.wire import Message


@dataclass
class Keeper:
    """A vehicle with logs: sends what was asked for, deaf meanwhile; may lose, stop, or be armed."""

    logs: dict[int, bytes]
    loss: float = 0.0
    armed: bool = False
    stops_at: int = 10**9
    seed: int = 1
    ended: int = 0
    out: list = field(default_factory=list)

    def __post_init__(self):
        self.clock, self.rng = SimulatedClock(), random.Random(self.seed)

    def send(self, name, fields):
        if name == "LOG_REQUEST_END":
            self.ended += 1
        if self.armed or self.out or self.rng.random() < self.loss:
            return
        if name == "LOG_REQUEST_LIST":
            self.out = [self.entry(number) for number in self.logs] or [self.entry(0)]
        elif name == "LOG_REQUEST_DATA":
            data, offset = self.logs[fields["id"]], fields["ofs"]
            end = min(offset + fields["count"], len(data), self.stops_at)
            self.out = [self.piece(fields["id"], data[at:end], at) for at in range(offset, end, BLOCK)]

    def entry(self, number):
        size = len(self.logs.get(number, b""))
        fields = {"id": number, "num_logs": len(self.logs), "last_log_num": max(self.logs, default=0)}
        return Message("LOG_ENTRY", {**fields, "time_utc": 1_790_000_000, "size": size})

    @staticmethod
    def piece(number, data, at):
        block = data[:BLOCK]
        padded = list(block.ljust(BLOCK, b"\0"))
        return Message("LOG_DATA", {"id": number, "ofs": at, "count": len(block), "data": padded})

    def receive(self, timeout_s):
        self.clock.sleep(0.0005 if self.out else timeout_s)
        message = self.out.pop(0) if self.out else None
        return None if self.rng.random() < self.loss else message


def log_of(size, seed=3):
    return random.Random(seed).randbytes(size)


@pytest.mark.parametrize("loss", [0.0, 0.1, 0.3])
@pytest.mark.parametrize("size", [1, 89, 90, 91, 20_000])
def test_a_log_comes_whole_also_through_a_wire_that_loses(size, loss):
    keeper = Keeper({1: log_of(50), 2: log_of(size)}, loss=loss, seed=size)
    logs = list_logs(keeper, keeper.clock)
    assert [one.size for one in logs] == [50, size]
    assert fetch_log(keeper, logs[1], keeper.clock) == keeper.logs[2]
    assert keeper.ended == 1


def test_an_empty_log_and_no_logs_at_all_are_no_errors():
    keeper = Keeper({1: b""})
    assert fetch_log(keeper, list_logs(keeper, keeper.clock)[0], keeper.clock) == b""
    nothing = Keeper({})
    assert list_logs(nothing, nothing.clock) == ()


def test_pieces_of_another_log_or_of_odd_places_are_not_taken():
    keeper = Keeper({1: log_of(900)})
    keeper.out = [keeper.piece(2, log_of(90, 9), 0), keeper.piece(1, log_of(90, 9), 45)]
    keeper.out += [keeper.piece(1, log_of(30, 9), 90), keeper.piece(1, log_of(90, 9), 9000)]
    assert fetch_log(keeper, BoardLog(1, 900, 0.0), keeper.clock) == keeper.logs[1]


def test_an_armed_vehicle_that_lists_nothing_is_told():
    keeper = Keeper({1: log_of(900)}, armed=True)
    with pytest.raises(BoardLogError, match="does not list its logs; is it disarmed"):
        list_logs(keeper, keeper.clock)


def test_a_log_that_stops_coming_is_told_with_the_count():
    keeper = Keeper({1: log_of(900)}, stops_at=450)
    with pytest.raises(BoardLogError, match="log 1: 5 of 10 pieces came and then no more"):
        fetch_log(keeper, BoardLog(1, 900, 0.0), keeper.clock)
    assert keeper.ended == 1


@pytest.mark.ardupilot
def test_real_arducopters_log_comes_as_its_own_file_holds_it():
    if not os.environ.get("SKYSHADE_ARDUCOPTER"):
        pytest.skip("real ArduPilot is not here: set SKYSHADE_ARDUCOPTER")
    home, clock = Start(LonLat(127.11, 37.37), 40.0), RealClock()
    with (
        start_vehicle("ardupilot", home=home, instance=32, speedup=10) as running,
        Vehicle(open_link(running.address, clock, patience_s=5.0), clock) as vehicle,
    ):
        vehicle.connect()
        vehicle.wait(lambda s: bool(s.position_ready), timeout_s=120, what="find its position")
        vehicle.set_mode("GUIDED")
        vehicle.arm()
        until_s = vehicle.now_s + 6.0
        vehicle.wait(lambda _: vehicle.now_s > until_s, timeout_s=30, what="log for a while")
        vehicle.disarm()
        log = list_logs(vehicle, clock)[0]
        data = fetch_log(vehicle, log, clock)
        kept = (running.work_dir / "logs" / "00000001.BIN").read_bytes()
    assert len(data) == log.size > 10_000
    assert kept[: len(data)] == data
