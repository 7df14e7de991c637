"""What the transfer state machines share: where a transfer stands, events, messages to send, results.

MAVLink mission microservice; MAV_MISSION_RESULT from common.xml.
"""

from dataclasses import dataclass
from enum import Enum, IntEnum

from flight.wire import Fields, Message

SILENCE_S = 10.0  # nothing heard for so long: the transfer has failed
STUCK_S = 30.0  # no item further for so long, though the vehicle answers


class Result(IntEnum):
    """MAV_MISSION_RESULT."""

    ACCEPTED = 0
    ERROR = 1
    UNSUPPORTED_FRAME = 2
    UNSUPPORTED = 3
    NO_SPACE = 4
    INVALID = 5
    INVALID_PARAM1 = 6
    INVALID_PARAM2 = 7
    INVALID_PARAM3 = 8
    INVALID_PARAM4 = 9
    INVALID_LATITUDE = 10
    INVALID_LONGITUDE = 11
    INVALID_ALTITUDE = 12
    INVALID_SEQUENCE = 13
    DENIED = 14
    OPERATION_CANCELLED = 15


MEANING = {
    Result.ERROR: "the vehicle reports an error",
    Result.UNSUPPORTED_FRAME: "its altitude frame is not supported",
    Result.UNSUPPORTED: "its command is not supported by this vehicle",
    Result.NO_SPACE: "there are more items than the vehicle can hold",
    Result.INVALID: "one of its parameters is invalid",
    Result.INVALID_PARAM1: "its parameter 1 is invalid",
    Result.INVALID_PARAM2: "its parameter 2 is invalid",
    Result.INVALID_PARAM3: "its parameter 3 is invalid",
    Result.INVALID_PARAM4: "its parameter 4 is invalid",
    Result.INVALID_LATITUDE: "its latitude is invalid",
    Result.INVALID_LONGITUDE: "its longitude is invalid",
    Result.INVALID_ALTITUDE: "its altitude is invalid",
    Result.INVALID_SEQUENCE: "items arrived out of order",
    Result.DENIED: "the vehicle is busy with another station's transfer, or refuses",
    Result.OPERATION_CANCELLED: "the vehicle gave up waiting",
}


def meaning(result: int) -> str:
    """What a MAV_MISSION_RESULT says, in plain words."""
    known = result in Result._value2member_map_
    return MEANING.get(Result(result), "accepted") if known else f"the vehicle answers {result}"


class Phase(Enum):
    """Where a transfer stands; the last three are ends."""

    ASKING = "asking"
    RUNNING = "running"
    DONE = "done"  # the vehicle says so, or can no longer be asked: read back to know
    REFUSED = "refused"
    SILENT = "silent"  # no answer, no item further, or no time left


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send: its MAVLink name and its fields without the target."""

    name: str
    fields: Fields


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed, and all that had arrived was taken in."""


Event = Message | Tick
Sends = tuple[Outgoing, ...]


def why_end(now_s: float, *, heard_s: float, moved_s: float, until_s: float) -> str:
    """Why a transfer must end now, empty while it may go on."""
    if now_s - heard_s > SILENCE_S:
        return "the vehicle does not answer"
    if now_s - moved_s > STUCK_S:
        return f"no item got through within {STUCK_S:g} s"
    return "the time for all of it is over" if now_s >= until_s else ""
