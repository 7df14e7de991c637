"""Whether maps were flown at one hour, and what may be done when they were not."""

from collections.abc import Sequence
from enum import StrEnum

from core.errors import SkyshadeError
from gis.heatmaps.source import MapSource, iso

ONE_SURVEY_S = 3600.0
_DAY_S = 86_400.0


class HoursError(SkyshadeError):
    """Maps of different hours, and no word of how to treat them."""


class Normalise(StrEnum):
    """What to do about hours: `none` leaves temperatures as they are, `mean` brings all maps to the mean of
    them, `reference` to the level of one map that the user names.
    """

    NONE = "none"
    MEAN = "mean"
    REFERENCE = "reference"


def hours_problem(sources: Sequence[MapSource]) -> str | None:
    """Why these maps are not of one hour, None when they are."""
    unknown = [s.name for s in sources if s.middle_s is None]
    if unknown:
        return f"{unknown[0]} does not say when it was flown"
    first = min(sources, key=lambda s: s.middle_s or 0.0)
    last = max(sources, key=lambda s: s.middle_s or 0.0)
    apart = (last.middle_s or 0.0) - (first.middle_s or 0.0)
    if apart <= ONE_SURVEY_S:
        return None
    return (
        f"{first.name} ({iso(first.middle_s)}) and {last.name} ({iso(last.middle_s)}) were flown "
        f"{_span(apart)} apart"
    )


def of_the_day_apart_s(one_s: float, other_s: float) -> float:
    """How far two moments lie apart on the clock, whatever the day."""
    apart = abs(one_s - other_s) % _DAY_S
    return min(apart, _DAY_S - apart)


def _span(apart_s: float) -> str:
    if apart_s < 2 * _DAY_S:
        return f"{apart_s / 3600.0:.1f} hours"
    return f"{apart_s / _DAY_S:.0f} days"
