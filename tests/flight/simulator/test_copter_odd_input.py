"""Whatever a client sends, the copter stays up, keeps finite numbers and answers what can be packed."""

import math
import random
import struct

import pytest
from fakes.copter_bench import AUTO, GUIDED, place, rtl, takeoff, waypoint

from flight.simulator.copter import STEP_S
from flight.simulator.inbox import Inbox
from flight.simulator.messages import mavlink
from flight.simulator.missionitems import FENCE_COMMANDS, RALLY_COMMAND, SPECS

FLOATS = (
    0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 4.0, 12.0, 91.0, 181.0, 360.0, 65536.0, 2.0**31, 21196.0, 1e-40, 1e30,
    3.4e38, -3.4e38, math.nan, math.inf, -math.inf,
)  # fmt: skip
INTEGERS = {"b": 8, "B": 8, "h": 16, "H": 16, "i": 32, "I": 32, "q": 64, "Q": 64}


def odd_number(rng, code):
    """A value for a struct type: an extreme as often as not."""
    if code in "fd":
        return rng.choice(FLOATS) if rng.random() < 0.7 else rng.uniform(-500, 500)
    if code in "cs":
        return bytes(rng.randrange(256) for _ in range(rng.randrange(5)))
    bits, low = INTEGERS[code], 0
    high = 2**bits - 1
    if code.islower():
        low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    extremes = [low, high, 0, 1, 2, 3, 6, 10, min(high, 255), 37 * 10**7 if bits >= 32 else 7]
    return rng.choice(extremes) if rng.random() < 0.7 else rng.randint(low, high)


class Odd:
    """Random messages of the kinds that the copter listens to, with plausible heads and odd bodies."""

    def __init__(self, bench, seed):
        self.bench, self.rng = bench, random.Random(seed)
        self.kinds = [getattr(mavlink, f"MAVLINK_MSG_ID_{name}") for name in Inbox(bench.copter).table]
        self.names = list(bench.copter.params.table)
        self.commands = list(bench.copter.commands.table)

    def message(self):
        rng = self.rng
        kind = mavlink.mavlink_map[rng.choice(self.kinds)]
        lengths = dict(zip(kind.ordered_fieldnames, kind.array_lengths, strict=True))
        values = {}
        for name, code in zip(kind.fieldnames, self._codes(kind), strict=True):
            count = 0 if code == "s" else lengths[name]
            values[name] = [odd_number(rng, code) for _ in range(count)] if count else odd_number(rng, code)
        return kind(**{**values, **self._head(kind, values)})

    @staticmethod
    def _codes(kind):
        """The struct code of each field, in the order of `fieldnames`."""
        short = {
            "char": "s", "float": "f", "double": "d", "uint8_t": "B", "int8_t": "b", "uint16_t": "H",
            "int16_t": "h", "uint32_t": "I", "int32_t": "i", "uint64_t": "Q", "int64_t": "q",
        }  # fmt: skip
        return [short[name] for name in kind.fieldtypes]

    def _head(self, kind, values):
        rng, head = self.rng, {}
        if "target_system" in values:
            head["target_system"] = rng.choice((0, 1, 1, 1))
        if "mission_type" in values:
            head["mission_type"] = rng.choice((0, 0, 0, 1, 2, 255))
        if "command" in values and "MISSION" in kind.msgname:
            head["command"] = rng.choice([*SPECS, *FENCE_COMMANDS, RALLY_COMMAND, values["command"]])
            asked = [m.seq for m in self.bench.of("MISSION_REQUEST")[-1:]]
            head["seq"] = rng.choice([*asked, *asked, *asked, values["seq"]])
        elif "command" in values:
            head["command"] = rng.choice([*self.commands, values["command"]])
        if "count" in values:
            head["count"] = rng.choice((0, 1, 2, 3, 5, values["count"]))
        if "param_id" in values:
            head["param_id"] = rng.choice([*[n.encode() for n in rng.sample(self.names, 5)], b"\xff\xfe\x00"])
        return head


def all_packed(bench):
    """Every answer can be sent, and the vehicle is somewhere."""
    link = mavlink.MAVLink(None, srcSystem=1, srcComponent=1)
    for _, message in bench.log:
        message.pack(link)
    bench.log[:] = [entry for entry in bench.log if entry[1].get_type() == "MISSION_REQUEST"][-1:]
    air = bench.vehicle.air
    numbers = (air.position, air.velocity, air.height_m, air.climb_ms, air.yaw_rad, air.lean_mss)
    assert all(math.isfinite(abs(number)) for number in numbers)


def feed(bench, seed, messages, *, without=()):
    odd = Odd(bench, seed)
    for number in range(messages):
        message = odd.message()
        if message.get_type() in without:
            continue
        try:
            bench.send(message)
            bench.run(STEP_S * odd.rng.choice((0, 1, 5, 40)))
            all_packed(bench)
        except Exception as error:
            error.add_note(f"seed {seed}, message {number}: {message}")
            raise


@pytest.mark.parametrize("seed", range(4))
def test_odd_messages_on_the_ground_do_no_harm(make, seed):
    bench = make(GRIP_ENABLE=1, WINCH_TYPE=1, CAM1_TYPE=1)
    bench.command(511, 87, 1e5)
    feed(bench, seed, 150)


@pytest.mark.parametrize("seed", range(6, 9))
@pytest.mark.parametrize("mode", [AUTO, GUIDED])
def test_odd_messages_in_the_air_do_no_harm(make, seed, mode):
    bench = make(GRIP_ENABLE=1, WINCH_TYPE=1, CAM1_TYPE=1)
    for number in (24, 33, 36, 62, 87, 147, 162, 242, 9005):
        bench.command(511, number, 1e5)
    if mode == AUTO:
        bench.start([takeoff(), waypoint(200, 0, 20), rtl()])
        bench.run(20.0)
    else:
        bench.in_the_air()
    feed(bench, seed, 150, without=("SET_MODE",))


def test_an_item_that_is_not_a_number_anywhere_is_refused_by_that_parameter(bench):
    for number, result in enumerate((6, 7, 8, 9)):
        params = [0.0] * 4
        params[number] = math.nan
        assert bench.upload([waypoint(0, 0, 30.0, frame=0), (6, 94, params, *place(10, 0), 10.0)]) == result
    assert bench.upload([waypoint(0, 0, 30.0, frame=0), (6, 94, (0,) * 4, *place(10, 0), math.inf)]) == 12


def test_random_bytes_and_broken_frames_are_no_messages(make):
    rng, bench = random.Random(5), make()
    link = mavlink.MAVLink(None)
    link.robust_parsing = True
    whole = mavlink.MAVLink_command_long_message(1, 1, 400, 0, 1, 0, 0, 0, 0, 0, 0).pack(
        mavlink.MAVLink(None, srcSystem=255, srcComponent=190)
    )
    for _ in range(400):
        torn = bytearray(whole)
        torn[rng.randrange(len(torn))] ^= 1 << rng.randrange(8)
        noise = bytes(rng.randrange(256) for _ in range(rng.randrange(30))) + struct.pack("<B", 0xFD)
        for message in link.parse_buffer(rng.choice((bytes(torn), noise, bytes(torn[:9])))) or ():
            if message.get_type() != "BAD_DATA":
                bench.copter.handle(message)
        bench.run(STEP_S)
    assert not bench.vehicle.flying


def test_an_open_gripper_ends_the_placing_before_it_begins(make):
    bench = make(GRIP_ENABLE=1)
    bench.command(211, 1, 0)
    bench.run(1.0)
    bench.start([takeoff(15), waypoint(30, 20, 15, command=94, delay_s=20), rtl()])
    bench.run(200.0, until=lambda: not bench.vehicle.armed)
    texts = bench.texts()
    assert "PayloadPlace: Abort: Gripper Open" in texts
    assert "PayloadPlace: Releasing the gripper" not in texts
    assert bench.reached() == [1, 2, 3]


def test_a_gripper_opened_on_the_way_down_ends_the_descent(make):
    bench = make(GRIP_ENABLE=1)
    bench.command(211, 1, 1)
    bench.run(1.0)
    bench.start([takeoff(15), waypoint(10, 0, 15, command=94, delay_s=20), rtl()])
    bench.run(60.0, until=lambda: len(bench.reached()) == 1)
    bench.run(60.0, until=lambda: bench.vehicle.air.climb_ms < -0.4)
    bench.command(211, 1, 0)
    bench.run(200.0, until=lambda: not bench.vehicle.armed)
    assert "PayloadPlace: Manual release" in bench.texts()
    assert bench.reached() == [1, 2, 3]
