"""Why an order cannot be flown: the rule, what is wrong, and what would make it a yes."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

Facts = tuple[tuple[str, str | float], ...]
"""What a reason says as data, (name, value) pairs: `case` tells apart what one rule may say."""


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
    """One reason; `cure` is what would make it a yes.

    `facts` are its numbers, times and names once more, as data, for whoever says it in another language:
    metres per second, kilograms, watt-hours, and times of day on the local clock as `HH:MM`.
    """

    rule: Rule
    message: str
    cure: str = ""
    facts: Facts = ()

    def __str__(self) -> str:
        return f"{self.message}; {self.cure}" if self.cure else self.message


def on_record(reasons: Iterable[Reason]) -> dict[str, Any]:
    """Reasons as an event keeps them: sentences, rules and facts, beside each other."""
    said = tuple(reasons)
    return {
        "reasons": [str(r) for r in said],
        "rules": [r.rule.value for r in said],
        "facts": [[list(pair) for pair in r.facts] for r in said],
    }
