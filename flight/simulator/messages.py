"""The MAVLink 2 dialect, in one place, and the numbers the copter uses by name."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

Message = Any  # a message object of the generated dialect, which has no types


class Ack(IntEnum):
    """MAV_RESULT."""

    ACCEPTED = 0
    REJECTED = 1  # for now
    DENIED = 2
    UNSUPPORTED = 3
    FAILED = 4


class Severity(IntEnum):
    """MAV_SEVERITY."""

    CRITICAL = 2
    WARNING = 4
    NOTICE = 5
    INFO = 6
    DEBUG = 7


class ModeNumber(IntEnum):
    """ArduCopter's custom modes that this copter flies."""

    STABILIZE = 0
    ACRO = 1
    ALT_HOLD = 2
    AUTO = 3
    GUIDED = 4
    LOITER = 5
    RTL = 6
    LAND = 9
    DRIFT = 11
    SPORT = 13
    POSHOLD = 16
    BRAKE = 17
    SMART_RTL = 21


# Modes that there are, and that this vehicle cannot enter without a pilot or a flow sensor.
NEVER_ENTERED = {14: "FLIP", 22: "FLOWHOLD"}


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a message: the connection, and the MAVLink system and component."""

    link: int = 0
    system: int = 255
    component: int = 190


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message and the connection it goes to; None goes to all. `streamed` ones may be dropped."""

    message: Message
    link: int | None = None
    streamed: bool = False


__all__ = ["NEVER_ENTERED", "Ack", "Message", "ModeNumber", "Outgoing", "Sender", "Severity", "mavlink"]
