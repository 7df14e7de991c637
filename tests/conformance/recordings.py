"""The recorded sessions with real ArduCopter 4.6.2 as cases: what the station sent, and what was answered.

A recording keeps wall-clock stamps; simulated time is found between the vehicle's own `time_boot_ms`. What
the station sent because of an answer waits for that answer again.
"""

import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.answers import KINDS, Answer, Reader
from conformance.cases import STATION_COMPONENT, Case, Step, Value
from conformance.compare import REPLIES
from conformance.stored import Recorded

from flight.simulator.messages import Message, mavlink
from flight.tlog import frames, read_log_bytes

VERSION, DATE = "ArduCopter 4.6.2 SITL, recorded", "2025-09"
SETTLE_S = 0.5  # the record goes on a little after its last message
_GRIPPER = {"GRIP_ENABLE": 1.0, "GRIP_TYPE": 1.0, "SERVO9_FUNCTION": 28.0}
_WINCH = {"WINCH_TYPE": 1.0, "SERVO11_FUNCTION": 88.0}

# What stood in the sessions' parameter files, as far as their notes tell.
PARAMS: dict[str, dict[str, float]] = {
    "battery": {"BATT_FS_LOW_ACT": 2, "BATT_LOW_VOLT": 10.5, "BATT_FS_CRT_ACT": 1, "BATT_CRT_VOLT": 9.8},
    **{f"battery_low_act{n}": {"BATT_FS_LOW_ACT": n, "BATT_LOW_VOLT": 10.5} for n in (0, 1, 3, 4, 5)},
    "camera": {"CAM1_TYPE": 1},
    **{f"fence_breach_act{n}": {"FENCE_ENABLE": 1, "FENCE_ACTION": n} for n in (0, 1, 2, 4)},
    "fence_incl": {"FENCE_ENABLE": 1},
    "gcs_fs": {"FS_GCS_ENABLE": 1},
    "gcs_fs_opt": {"FS_GCS_ENABLE": 1, "FS_OPTIONS": 2},
    "gps_loss_act2": {"FS_EKF_ACTION": 2},
    "gps_none": {"SIM_GPS_DISABLE": 1},
    "gripwinch": {**_GRIPPER, **_WINCH},
    "payload_max": _GRIPPER,
    "payload_on": {**_GRIPPER, **_WINCH},
    "pp_lower_alt_fast_wp": _GRIPPER,
    "pp_lower_alt_wp_delay1": _GRIPPER,
    "pp_same_alt": _GRIPPER,
    "rc_none": {"SIM_RC_FAIL": 1},
    "terrain_off": {"TERRAIN_ENABLE": 0},
}

# What is decoded of the vehicle's messages: answers, and two that carry its time.
_READ = {
    kind.id for kind in mavlink.mavlink_map.values()
    if kind.msgname in {*KINDS, "ATTITUDE", "GLOBAL_POSITION_INT"}
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Heard:
    """A recorded message: simulated seconds, and whether the vehicle said it."""

    at_s: float
    ours: bool
    message: Message


@dataclass(frozen=True, slots=True)
class Stamps:
    """Pairs of wall-clock and simulated seconds, both rising."""

    wall_s: list[float]
    boot_s: list[float]

    def at(self, wall_s: float) -> float:
        """Simulated seconds of a moment."""
        if not self.wall_s:
            return 0.0
        after = bisect.bisect_left(self.wall_s, wall_s)
        if after == 0:  # still starting: at the pace of the whole record
            pace = (self.boot_s[-1] - self.boot_s[0]) / max(1e-9, self.wall_s[-1] - self.wall_s[0])
            return max(0.0, self.boot_s[0] - pace * (self.wall_s[0] - wall_s))
        if after == len(self.wall_s):
            return self.boot_s[-1]
        span = self.wall_s[after] - self.wall_s[after - 1]
        share = (wall_s - self.wall_s[after - 1]) / span if span > 0 else 1.0
        return self.boot_s[after - 1] + share * (self.boot_s[after] - self.boot_s[after - 1])


def recording(path: Path) -> Recorded:
    """One session of a .tlog."""
    name = path.name.removesuffix(".tlog.gz")
    heard = _heard(path)
    until_s = heard[-1].at_s
    steps = tuple(_steps(heard))
    answers = _answers(heard)
    case = Case(name, steps, until_s, PARAMS.get(name, {}), heartbeats=False)
    return Recorded(case, tuple(answers), VERSION, DATE)


def recordings(folder: Path) -> dict[str, Path]:
    """Every session of the folder of recordings, by name."""
    paths = sorted((folder / "tlogs").glob("*.tlog.gz"))
    return {path.name.removesuffix(".tlog.gz"): path for path in paths}


def _heard(path: Path) -> list[Heard]:
    rows: list[tuple[float, bool, Message]] = []
    wall, boot = [], []
    parser: Any = mavlink.MAVLink(None)
    parser.robust_parsing = True
    for frame in frames(read_log_bytes(path)):
        if frame.component != STATION_COMPONENT and frame.message_id not in _READ:
            continue
        for message in parser.parse_buffer(frame.data) or ():
            if message.get_type() == "BAD_DATA":
                continue
            ours = frame.component == STATION_COMPONENT
            stamp = getattr(message, "time_boot_ms", None)
            if stamp and not ours and (not boot or (stamp / 1000 > boot[-1] and frame.utc_s > wall[-1])):
                wall.append(frame.utc_s)
                boot.append(stamp / 1000)
            rows.append((frame.utc_s, ours, message))
    stamps = Stamps(wall, boot)
    return [Heard(stamps.at(utc_s), ours, message) for utc_s, ours, message in rows]


def _answers(heard: Iterable[Heard]) -> list[Answer]:
    reader = Reader()
    found: list[Answer] = []
    for h in heard:
        if h.ours:
            reader.asked_params.add(getattr(h.message, "param_id", ""))
        else:
            found += reader.read(h.at_s, h.message)
    return found


def _steps(heard: Iterable[Heard]) -> Iterable[Step]:
    """The station's messages, each after the reply it followed."""
    reader = Reader()
    after = ""
    for h in heard:
        if not h.ours:
            reader.asked_params.add(getattr(h.message, "param_id", ""))
            replies = [a for a in reader.read(h.at_s, h.message) if a.channel in REPLIES]
            after = _gate(replies[-1]) if replies else after
            continue
        name = h.message.get_type()
        if name == "HEARTBEAT":
            yield Step(h.at_s, name, _fields(h.message), "", h.message.get_srcSystem())
            continue
        yield Step(h.at_s, name, _fields(h.message), after, h.message.get_srcSystem())
        after = ""


def _gate(reply: Answer) -> str:
    """A reply's key without what may differ between vehicles: its result."""
    first = reply.key.split(" ")[0]
    if first in ("command", "mission", "count"):
        return "*" + reply.key.split(":")[0]
    if first == "file":
        return "*file answer"
    return reply.key if first in ("asks", "item") else ""


def _fields(message: Message) -> dict[str, Value]:
    fields = {name: getattr(message, name) for name in message.fieldnames}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
