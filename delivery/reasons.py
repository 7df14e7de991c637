"""Why an order cannot be flown: the rule, what is wrong, and what would make it a yes."""

from dataclasses import dataclass
from enum import Enum


class Rule(Enum):
    """What can speak against an order."""

    MASS = "mass"
    SIZE = "size"
    HAZARD = "hazard"
    RANGE = "range"
    WEATHER = "weather"
    DAYLIGHT = "daylight"
    AIRSPACE = "airspace"
    PERMIT = "permit"
    HEIGHT = "height"
    UNKNOWN = "unknown"
    PLACE = "place"
    CLOSED = "closed"
    OCCUPIED = "occupied"
    HOURS = "hours"
    AIRCRAFT = "aircraft"
    BATTERY = "battery"
    SLOT = "slot"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason; `cure` is what would make it a yes."""

    rule: Rule
    message: str
    cure: str = ""

    def __str__(self) -> str:
        return f"{self.message}; {self.cure}" if self.cure else self.message
