"""One rule's answer about a plan."""

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """Pass, fail, or unknown because an input is missing."""

    PASS = "pass"  # noqa: S105  # a verdict, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"


class Severity(Enum):
    """Whether a failure forbids the flight or only deserves a look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says: verdict, message, the item's index it is about, the value and its limit, and what
    would cure a failure.
    """

    rule: str
    verdict: Verdict
    message: str
    severity: Severity = Severity.ERROR
    item: int | None = None
    value: float | None = None
    limit: float | None = None
    cure: str = ""
