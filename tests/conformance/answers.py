"""What a vehicle answered, in a form that can be compared: an `Answer` has a time, a key, and numbers.

The key is what must be equal: command and result, the words without measured numbers, the mode. Numbers are
what was measured and may differ within a tolerance. States that are sent again and again count as an answer
when they change.
"""

import re
from dataclasses import dataclass, field

from flight.simulator.messages import Message

STAMP_COMPONENT = 191  # asks for time stamps only: answers to it are the suite's own
STAMP_MESSAGE = "ATTITUDE_QUATERNION"  # carries time_boot_ms and is in no stream of its own accord
STATION_TYPE = 6  # MAV_TYPE_GCS: not the vehicle's heartbeat
_MEASURED = re.compile(r"(?<![\w.#:])-?\d+\.\d+|(?<![\w.#:])-?\d+(?=mAh|m\b|s\b| mAh)")
_BUILD = re.compile(r"^(ArduCopter V|[0-9a-z]{32}$)")
_CHUNK_BYTES = 50


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: simulated seconds since boot, its channel, its key, the numbers measured.

    `late_s`: how late the station's last message had been sent, on a busy machine.
    """

    at_s: float
    channel: str
    key: str
    numbers: tuple[float, ...] = ()
    late_s: float = 0.0


@dataclass(slots=True)
class Reader:
    """Turns messages into answers; keeps what was said last of each state."""

    mode: tuple[int, int, int] | None = None
    states: dict[str, str] = field(default_factory=dict)
    pieces: dict[int, str] = field(default_factory=dict)
    asked_terrain: set[str] = field(default_factory=set)
    asked_params: set[str] = field(default_factory=set)  # a value that nobody asked for is no answer

    def read(self, at_s: float, message: Message) -> list[Answer]:
        """The answers in a message, usually none or one."""
        kind = message.get_type()
        special = {"HEARTBEAT": self._heartbeat, "STATUSTEXT": self._text, "TERRAIN_REQUEST": self._terrain}
        if kind in special:
            return special[kind](at_s, message)
        if kind in _STATES:
            return self._state(at_s, kind, _STATES[kind](message))
        if kind not in _ANSWERS or self._not_asked(kind, message):
            return []
        return [Answer(at_s, *_ANSWERS[kind](message))]

    def _not_asked(self, kind: str, message: Message) -> bool:
        """Whether the suite itself asked, or it is a parameter that the vehicle told by itself."""
        if kind == "PARAM_VALUE":
            return message.param_id not in self.asked_params or message.param_id.endswith("_TOTAL")
        return getattr(message, "target_component", 0) == STAMP_COMPONENT

    def _heartbeat(self, at_s: float, message: Message) -> list[Answer]:
        if message.type == STATION_TYPE:
            return []
        now = (message.custom_mode, message.base_mode >> 7, message.system_status)
        before, self.mode = self.mode or (None, None, None), now
        names = (f"mode {now[0]}", "armed" if now[1] else "disarmed", f"system status {now[2]}")
        return [Answer(at_s, "mode", n) for n, a, b in zip(names, before, now, strict=True) if a != b]

    def _text(self, at_s: float, message: Message) -> list[Answer]:
        text = message.text
        if message.id:
            text = self.pieces.pop(message.id, "") + text
            if len(message.text.encode()) >= _CHUNK_BYTES:
                self.pieces[message.id] = text
                return []
        return [Answer(at_s, "words", *worded(message.severity, text))]

    def _state(self, at_s: float, name: str, value: str) -> list[Answer]:
        if self.states.get(name) == value:
            return []
        self.states[name] = value
        return [Answer(at_s, "state", value)]

    def _terrain(self, at_s: float, message: Message) -> list[Answer]:
        key = f"terrain wanted {message.lat / 1e7:.3f} {message.lon / 1e7:.3f} grid {message.grid_spacing}"
        if key in self.asked_terrain:
            return []
        self.asked_terrain.add(key)
        return [Answer(at_s, "terrain", key)]


def worded(severity: int, text: str) -> tuple[str, tuple[float, ...]]:
    """A text's key and its measured numbers: those with a decimal point, and those before mAh, m or s."""
    if _BUILD.match(text):
        return f"{severity} (name of the build)", ()
    numbers = tuple(float(found) for found in _MEASURED.findall(text))
    return f"{severity} {_MEASURED.sub('~', text.strip())}", numbers


def _item(m: Message) -> tuple[str, str, tuple[float, ...]]:
    numbers = (m.param1, m.param2, m.param3, m.param4, m.x, m.y, m.z)
    return "reply", f"item {m.mission_type}/{m.seq} frame {m.frame} command {m.command}", numbers


def _ftp(m: Message) -> tuple[str, str]:
    data = bytes(m.payload)
    error = f" error {data[12]}" if data[3] == 129 else ""
    return "files", f"file answer {data[3]} to {data[5]} session {data[2]}{error}"


_ANSWERS = {
    "COMMAND_ACK": lambda m: ("reply", f"command {m.command}: {m.result}"),
    "MISSION_ACK": lambda m: ("reply", f"mission type {m.mission_type}: {m.type}"),
    "MISSION_REQUEST": lambda m: ("reply", f"asks for item {m.mission_type}/{m.seq}"),
    "MISSION_REQUEST_INT": lambda m: ("reply", f"asks for item {m.mission_type}/{m.seq} as int"),
    "MISSION_COUNT": lambda m: ("reply", f"count {m.mission_type}: {m.count}"),
    "MISSION_ITEM_INT": _item,
    "MISSION_ITEM": _item,
    "PARAM_VALUE": lambda m: ("params", f"param {m.param_id}", (m.param_value,)),
    "FILE_TRANSFER_PROTOCOL": _ftp,
    "AUTOPILOT_VERSION": lambda m: ("version", f"version {m.flight_sw_version:#x} {m.capabilities:#x}"),
    "MESSAGE_INTERVAL": lambda m: ("params", f"interval of {m.message_id}", (m.interval_us,)),
    "CAMERA_FEEDBACK": lambda m: ("shots", "shot", (m.img_idx,)),
    "MISSION_ITEM_REACHED": lambda m: ("reached", f"reached {m.seq}"),
}

_STATES = {
    "MISSION_CURRENT": lambda m: f"mission item {m.seq} of {m.total} state {m.mission_state}",
    "EXTENDED_SYS_STATE": lambda m: f"landed state {m.landed_state}",
    "EKF_STATUS_REPORT": lambda m: f"estimate {m.flags}",
    "FENCE_STATUS": lambda m: f"fence breach {m.breach_status} type {m.breach_type}",
}

KINDS = frozenset({"HEARTBEAT", "STATUSTEXT", "TERRAIN_REQUEST", *_ANSWERS, *_STATES})  # what answers come in
