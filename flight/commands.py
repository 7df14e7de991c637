"""One command as a pure state machine: (state, event) -> (state, messages to send).

A command is repeated, with the confirmation counter of COMMAND_LONG, until its COMMAND_ACK comes. An answer
to another command or to another station is never taken. "In progress" (5) stops the repeating and has a time
limit of its own. Protocol: MAVLink command microservice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, IntEnum
from typing import Any

from core.errors import SkyshadeError
from core.geo import LonLat
from core.units import deg_to_e7
from flight.wire import Fields, Frame, Message

Sends = tuple[tuple[str, Fields], ...]
Station = tuple[int, int]

NOBODY = 0  # in an answer's target: it is addressed to no one station


class Cmd(IntEnum):
    """The MAV_CMD numbers that are sent as commands (mission items are `missions.model.Command`)."""

    NAV_LAND = 21
    NAV_TAKEOFF = 22
    DO_SET_MODE = 176
    DO_CHANGE_SPEED = 178
    DO_SET_SERVO = 183
    DO_REPOSITION = 192
    DO_PAUSE_CONTINUE = 193
    DO_FENCE_ENABLE = 207
    DO_GRIPPER = 211
    DO_SET_MISSION_CURRENT = 224
    MISSION_START = 300
    COMPONENT_ARM_DISARM = 400
    SET_MESSAGE_INTERVAL = 511
    REQUEST_MESSAGE = 512
    DO_WINCH = 42600


class CommandResult(IntEnum):
    """MAV_RESULT."""

    ACCEPTED = 0
    TEMPORARILY_REJECTED = 1
    DENIED = 2
    UNSUPPORTED = 3
    FAILED = 4
    IN_PROGRESS = 5
    CANCELLED = 6
    ONLY_LONG = 7
    ONLY_INT = 8
    UNSUPPORTED_FRAME = 9


MEANING = {
    CommandResult.TEMPORARILY_REJECTED: "not now",
    CommandResult.DENIED: "denied",
    CommandResult.UNSUPPORTED: "not supported",
    CommandResult.FAILED: "failed",
    CommandResult.CANCELLED: "cancelled",
    CommandResult.ONLY_LONG: "only taken as COMMAND_LONG",
    CommandResult.ONLY_INT: "only taken as COMMAND_INT",
    CommandResult.UNSUPPORTED_FRAME: "its altitude frame is not supported",
}


class CommandRefusedError(SkyshadeError):
    """The vehicle refuses a command, or does not answer: `result` is its MAV_RESULT (None: no answer),
    `texts` what it said meanwhile, `sent` how often it was sent.
    """

    def __init__(
        self,
        what: str,
        result: int | None,
        texts: Sequence[str],
        *,
        sent: int = 1,
        hint: str | None = None,
    ) -> None:
        said = f": {'; '.join(texts)}" if texts else ""
        super().__init__(f"the vehicle does not {what} ({meaning(result)}){said}", hint=hint)
        self.result = result
        self.texts = tuple(texts)
        self.sent = sent


def meaning(result: int | None) -> str:
    """What an answer says, in plain words."""
    if result is None:
        return "no answer"
    known = result in CommandResult._value2member_map_
    return MEANING.get(CommandResult(result), "accepted") if known else f"answer {result}"


@dataclass(frozen=True, slots=True)
class Order:
    """A command to be sent: `params` are p1..p7 (p1..p4 where a `place` is given).

    With a `place` it travels as COMMAND_INT, in whole 1e-7 degrees, with `z_m` metres in `frame`'s datum.
    """

    command: int
    params: tuple[float, ...] = ()
    place: LonLat | None = None
    z_m: float = 0.0
    frame: int = Frame.GLOBAL_RELATIVE_ALT_INT

    def __post_init__(self) -> None:
        most = 7 if self.place is None else 4
        if len(self.params) > most:
            raise ValueError(f"command {self.command} has at most {most} parameters, got {len(self.params)}")

    def message(self, sent: int) -> tuple[str, Fields]:
        """The message to send when it has been sent `sent` times before."""
        padded = (*self.params, *[0.0] * 7)
        fields: dict[str, Any] = {f"param{i}": float(padded[i - 1]) for i in range(1, 5)}
        if self.place is not None:
            where = {"x": deg_to_e7(self.place.lat), "y": deg_to_e7(self.place.lon), "z": float(self.z_m)}
            head = {"command": self.command, "frame": int(self.frame), "current": 0, "autocontinue": 0}
            return "COMMAND_INT", {**head, **fields, **where}
        fields |= {f"param{i}": float(padded[i - 1]) for i in range(5, 8)}
        return "COMMAND_LONG", {"command": self.command, "confirmation": min(sent, 255), **fields}


@dataclass(frozen=True, slots=True)
class CommandParams:
    """Seconds until a command is sent again, how often it is sent, and how long one "in progress" lasts."""

    answer_s: float = 0.5
    tries: int = 12
    progress_s: float = 30.0


class Stage(Enum):
    """Where a command stands; the last two are ends."""

    ASKED = "asked"
    IN_PROGRESS = "in progress"
    ANSWERED = "answered"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Pending:
    """A command on its way: sent `sent` times, last heard of or sent at `at_s`; `result` once answered,
    `percent` where the vehicle said how far it is.
    """

    order: Order
    station: Station
    params: CommandParams
    at_s: float
    sent: int = 1
    stage: Stage = Stage.ASKED
    result: int | None = None
    percent: int | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.stage in (Stage.ANSWERED, Stage.SILENT)


def begin(
    order: Order, station: Station, now_s: float, params: CommandParams | None = None
) -> tuple[Pending, Sends]:
    """Send a command for the first time; `station` is our own system and component id."""
    return Pending(order, station, params or CommandParams(), now_s), (order.message(0),)


def step(pending: Pending, message: Message | None, now_s: float) -> tuple[Pending, Sends]:
    """A message from the vehicle, or None when only time went by."""
    if pending.ended:
        return pending, ()
    if message is not None and _answers(pending, message):
        return _answered(pending, message, now_s), ()
    return _waited(pending, now_s)


def _answers(pending: Pending, message: Message) -> bool:
    if message.name != "COMMAND_ACK" or int(message.fields["command"]) != pending.order.command:
        return False
    system, component = pending.station
    to_system = int(message.fields.get("target_system", NOBODY))
    to_component = int(message.fields.get("target_component", NOBODY))
    return to_system in (NOBODY, system) and to_component in (NOBODY, component)


def _answered(pending: Pending, message: Message, now_s: float) -> Pending:
    result = int(message.fields["result"])
    if result != CommandResult.IN_PROGRESS:
        return replace(pending, stage=Stage.ANSWERED, result=result)
    percent = int(message.fields.get("progress", 255))
    return replace(
        pending, stage=Stage.IN_PROGRESS, at_s=now_s, percent=percent if percent <= 100 else pending.percent
    )


def _waited(pending: Pending, now_s: float) -> tuple[Pending, Sends]:
    waited_s = now_s - pending.at_s
    if pending.stage is Stage.IN_PROGRESS:
        late = waited_s >= pending.params.progress_s
        return (
            replace(pending, stage=Stage.SILENT, result=CommandResult.IN_PROGRESS) if late else pending
        ), ()
    if waited_s < pending.params.answer_s:
        return pending, ()
    if pending.sent >= pending.params.tries:
        return replace(pending, stage=Stage.SILENT), ()
    again = replace(pending, sent=pending.sent + 1, at_s=now_s)
    return again, (pending.order.message(pending.sent),)
