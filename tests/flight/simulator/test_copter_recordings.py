"""Whole recorded sessions with ArduCopter 4.6.2, replayed: our copter gets what the station sent then."""

import gzip
import math
from collections import Counter

import numpy as np
import pytest

from core.geo import LonLat, distance_m
from flight.simulator.copter import Copter
from flight.simulator.messages import mavlink
from flight.simulator.params import default_params
from flight.simulator.vehicle import Setup

# start-up chatter, and texts that hold a measured number or a build's name
PASSED_OVER = (
    "EKF3", "PreArm", "Hit ground", "arometer", "AHRS", "RC7", "GPS 1", "Field", "ArduPilot", "Frame",
    "ArduCopter", "used", "3d1219c7c4c5404aaa1f6d2a48adfda4", "736b7973686164655f", "restarted command",
)  # fmt: skip


def frames(path):
    """(seconds since boot, message) both ways."""
    raw, at, now = gzip.decompress(path.read_bytes()), 0, 0.0
    parser = mavlink.MAVLink(None)
    while at + 20 < len(raw):
        end = at + 8 + 12 + raw[at + 9] + (13 if raw[at + 10] & 1 else 0)
        message = (parser.parse_buffer(raw[at + 8 : end]) or [None])[0]
        at = end
        if message is not None:
            if message.get_srcSystem() == 1:
                now = max(now, getattr(message, "time_boot_ms", 0) / 1000)
            yield now, message


def replay(sent, until_s, params):
    table = default_params()
    for name, value in {"SIM_BATT_CAP_AH": 0, "BATT_CAPACITY": 3300, **params}.items():
        table.set(name, value)
    copter = Copter(Setup(37.3838, 127.1165, 30.0, 0.0, ready_s=41.7), table)
    copter.join(0)
    said, sent = [], list(reversed(sent))
    while copter.vehicle.time_s < until_s:
        while sent and sent[-1][0] <= copter.vehicle.time_s:
            copter.handle(sent.pop()[1])
        copter.step()
        said += [(copter.vehicle.time_s, outgoing.message) for outgoing in copter.take()]
    return said


def words(log):
    """What was answered and said."""
    seen = Counter()
    for _, m in log:
        kind = m.get_type()
        if kind == "COMMAND_ACK":
            seen[f"command {m.command}: {m.result}"] += 1
        elif kind == "MISSION_ACK":
            seen[f"mission: {m.type}"] += 1
        elif kind == "MISSION_ITEM_REACHED":
            seen[f"reached {m.seq}"] += 1
        elif kind == "CAMERA_FEEDBACK":
            seen["shot"] += 1
        elif kind == "STATUSTEXT" and not any(part in m.text for part in PASSED_OVER):
            seen[m.text] += 1
    return seen


def track(log):
    """Places by quarter seconds since boot."""
    return {
        round(m.time_boot_ms / 250): (m.lat / 1e7, m.lon / 1e7, m.relative_alt / 1000)
        for _, m in log
        if m.get_type() == "GLOBAL_POSITION_INT" and m.time_boot_ms > 44_000
    }


def metres_apart(a, b):
    return math.hypot(distance_m(LonLat(a[1], a[0]), LonLat(b[1], b[0])), a[2] - b[2])


def gaps(there, here, quarters):
    """Metres apart, sorted, ours looked at so many quarter seconds later.

    A recording tells when the station spoke to a quarter of a second: the vehicle's own stamps came so often.
    """
    return sorted(metres_apart(there[t], here[t + quarters]) for t in there if t + quarters in here)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "params", "median_m", "most_m"),
    [
        ("main10", {}, 0.5, 3.0),
        ("camera", {"CAM1_TYPE": 1}, 0.5, 6.5),
        ("gripwinch", {"GRIP_ENABLE": 1, "WINCH_TYPE": 1}, 0.5, 3.0),
        ("fence_breach_act2", {"FENCE_ENABLE": 1, "FENCE_ACTION": 2}, 1.5, 3.0),
    ],
)
def test_our_copter_says_and_flies_what_arducopter_did(shared_data, name, params, median_m, most_m):
    both = list(frames(shared_data / "flight/tlogs" / f"{name}.tlog.gz"))
    real = [(now, m) for now, m in both if m.get_srcSystem() == 1]
    ours = replay([(now, m) for now, m in both if m.get_srcSystem() != 1], both[-1][0], params)
    assert words(ours) == words(real)
    there, here = track(real), track(ours)
    apart = min((g for q in (-1, 0, 1) if len(g := gaps(there, here, q)) > 150), key=np.mean)
    assert apart[len(apart) // 2] < median_m
    assert apart[-1] < most_m
