"""When a flight is in the air."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.wind import CALM
from missions.case import Case
from missions.path import mission_cost

LONGEST_S = 7200.0  # no multirotor of this kind stays up longer: what counts where the duration is not known


@dataclass(frozen=True, slots=True)
class Window:
    """From take-off to landing, UTC; `known` is False where the landing is only bounded."""

    start: datetime
    end: datetime
    known: bool


def flight_window(case: Case) -> Window | None:
    """When the flight is in the air; None where no time is given."""
    if case.at_time is None:
        return None
    seconds = duration_s(case)
    end = case.at_time + timedelta(seconds=LONGEST_S if seconds is None else seconds)
    return Window(case.at_time, end, seconds is not None)


def duration_s(case: Case) -> float | None:
    """How long the flight takes; None without an aircraft, or where the wind is too strong for it."""
    if case.aircraft is None:
        return None
    try:
        return mission_cost(case.mission, case.aircraft, case.wind or CALM, terrain=case.terrain).duration_s
    except ValueError:
        return None
