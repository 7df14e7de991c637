"""Airspace zones: what they ask, where they lie, between which heights, and when."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from core.geo import Altitude, Datum
from gis.vector import Area
from missions.dailyhours import DailyHours


class ZoneKind(Enum):
    """What a zone asks: keep out, ask for permission, or stay below its ceiling."""

    PROHIBITED = "prohibited"
    RESTRICTED = "restricted"
    DANGER = "danger"
    CONTROL = "control"
    TEMPORARY = "temporary"
    NO_FLY = "no_fly"
    CEILING = "ceiling"


KEEP_OUT = frozenset(
    {ZoneKind.PROHIBITED, ZoneKind.RESTRICTED, ZoneKind.DANGER, ZoneKind.TEMPORARY, ZoneKind.NO_FLY}
)


@dataclass(frozen=True, slots=True)
class Zone:
    """A volume of air.

    `polygon` in lon/lat. Floor and ceiling None = not bounded that way (the zone reaches all the way, so it
    is never passed by mistake). `valid_from`/`valid_until` None = always; `hours` None = day and night.
    Datums: GROUND or GEOID. For CEILING, `ceiling` is the height to stay below inside the polygon.
    """

    name: str
    kind: ZoneKind
    polygon: Area
    floor: Altitude | None = None
    ceiling: Altitude | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    source: str = ""
    hours: DailyHours | None = None

    def __post_init__(self) -> None:
        for bound in (self.floor, self.ceiling):
            if bound is not None and bound.datum not in {Datum.GROUND, Datum.GEOID}:
                raise ValueError(
                    f"zone {self.name!r}: datum must be ground or geoid, got {bound.datum.value}"
                )
        if self.kind is ZoneKind.CEILING and self.ceiling is None:
            raise ValueError(f"zone {self.name!r} of kind ceiling needs ceiling_m")
        low, high = self.floor, self.ceiling
        if low and high and low.datum is high.datum and high.value_m <= low.value_m:
            raise ValueError(f"its ceiling of {high.value_m:g} m is not above its floor of {low.value_m:g} m")
        if self.valid_from and self.valid_until and self.valid_until <= self.valid_from:
            raise ValueError(f"it ends ({self.valid_until:%Y-%m-%d %H:%M}) before it begins")

    @property
    def dated(self) -> bool:
        """Whether it begins or ends."""
        return self.valid_from is not None or self.valid_until is not None

    def active(self, at_time: datetime | None, until: datetime | None = None) -> bool | None:
        """Whether the zone is in force at a time (or at any moment up to `until`).

        With no time given: None when it has dates, and True when it only has hours, for it may be the hour.
        """
        if at_time is None:
            return None if self.dated else True
        end = until or at_time
        started = self.valid_from is None or end >= self.valid_from
        if not (started and (self.valid_until is None or at_time <= self.valid_until)):
            return False
        return self.hours is None or self.hours.meets(at_time, end)

    def may_reach(self, height_above_ground_m: float, room_m: float = 5.0) -> bool:
        """Whether a flight at that height above ground could be inside; an unknown bound counts as inside."""
        if self.kind is ZoneKind.CEILING:
            top = self.ceiling
            return top is None or top.datum is not Datum.GROUND or height_above_ground_m > top.value_m
        low = self.floor
        if low is not None and low.datum is Datum.GROUND and height_above_ground_m < low.value_m - room_m:
            return False
        top = self.ceiling
        return not (
            top is not None and top.datum is Datum.GROUND and height_above_ground_m > top.value_m + room_m
        )


def keep_out(zones: tuple[Zone, ...], height_above_ground_m: float, at_time: datetime | None) -> list[Zone]:
    """The zones a flight at that height must go round; one that may be in force counts."""
    kinds = KEEP_OUT | {ZoneKind.CEILING}
    return [
        z
        for z in zones
        if z.kind in kinds and z.active(at_time) is not False and z.may_reach(height_above_ground_m)
    ]


def parse_time(text: str, what: str = "time") -> datetime:
    """An ISO 8601 time with zone as UTC; raises `ValueError` without a zone, for local time is a guess."""
    cleaned = re.sub(r"([+-]\d\d)$", r"\1:00", text.strip())
    try:
        moment = datetime.fromisoformat(cleaned)
    except ValueError as error:
        raise ValueError(
            f"{what} must be an ISO time such as 2025-06-01T09:00+09:00, got {text!r}"
        ) from error
    if moment.tzinfo is None:
        raise ValueError(f"{what} needs its zone, for example {text}+09:00")
    return moment.astimezone(UTC)
