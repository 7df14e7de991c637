"""Hours of a day that repeat, in a place's own time."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
KOREAN_DAYS = "월화수목금토일"
_HOURS = r"(\d{1,2}):?(\d\d)\s*[-~]\s*(\d{1,2}):?(\d\d)\s*(Z|UTC|[+-]\d\d:?\d\d)?"


@dataclass(frozen=True, slots=True)
class DailyHours:
    """From `begin` to `end` (the next day where it is not later), on `days` (0 = Monday), local to `zone`."""

    begin: time
    end: time
    zone: str
    days: frozenset[int] = frozenset(range(7))

    def __post_init__(self) -> None:
        time_zone(self.zone)
        if not self.days or not self.days <= frozenset(range(7)):
            raise ValueError(f"days must be 0 (Monday) to 6, got {sorted(self.days)}")

    def holds(self, moment: datetime) -> bool:
        """Whether a moment is within the hours."""
        return any(begin <= moment < end for begin, end in self._spans(moment, moment))

    def meets(self, start: datetime, end: datetime) -> bool:
        """Whether any moment from `start` to `end` is within the hours."""
        return any(begin <= end and start < stop for begin, stop in self._spans(start, end))

    def covers(self, start: datetime, end: datetime) -> bool:
        """Whether every moment from `start` to `end` is; hours that follow on each other count as one."""
        reached = start
        for begin, stop in self._spans(start, end):
            if begin <= reached < stop:
                reached = stop
        return reached > end or (reached == end and reached > start)

    def edges(self, start: datetime, end: datetime) -> list[datetime]:
        """Every moment between at which the hours begin or end."""
        return [m for span in self._spans(start, end) for m in span if start < m < end]

    def _spans(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """The spans near the moments asked for, in UTC and in order."""
        zone = time_zone(self.zone)
        day, last = start.astimezone(zone).date() - timedelta(days=1), end.astimezone(zone).date()
        spans = []
        while day <= last:
            if day.weekday() in self.days:
                over = timedelta(days=0 if self.end > self.begin else 1)
                ends = (datetime.combine(d, t, zone) for d, t in ((day, self.begin), (day + over, self.end)))
                begin, stop = (m.astimezone(UTC) for m in ends)
                spans.append((begin, stop))
            day += timedelta(days=1)
        return spans

    def __str__(self) -> str:
        names = "" if len(self.days) == 7 else " " + ",".join(DAYS[d] for d in sorted(self.days))
        return f"{self.begin:%H:%M}-{self.end:%H:%M} {self.zone}{names}"


def time_zone(text: str) -> tzinfo:
    """A time zone by name (Asia/Seoul) or offset (+09:00, Z); raises `ValueError` for another."""
    offset = re.fullmatch(r"([+-])(\d\d):?(\d\d)?", text.strip())
    if text.strip().upper() in {"Z", "UTC"}:
        return UTC
    if offset:
        sign, hours, minutes = offset.groups()
        span = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(span if sign == "+" else -span)
    try:
        return ZoneInfo(text.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"time zone {text!r} is not known; write Asia/Seoul or +09:00") from error


def parse_hours(text: str, zone: str | None, days: str | None = None) -> DailyHours:
    """Hours such as 09:00-18:00 (or 0900-1800), their zone, and days such as mon-fri or sat,sun."""
    found = re.fullmatch(_HOURS, text.strip())
    if not found:
        raise ValueError(f"hours must be such as 09:00-18:00, got {text!r}")
    begin_h, begin_m, end_h, end_m, own_zone = found.groups()
    named = own_zone or zone
    if not named:
        raise ValueError(f"hours {text!r} need their time zone, for example Asia/Seoul")
    try:
        begin, end = time(int(begin_h) % 24, int(begin_m)), time(int(end_h) % 24, int(end_m))
    except ValueError as error:
        raise ValueError(f"hours must be such as 09:00-18:00, got {text!r}") from error
    return DailyHours(begin, end, named, parse_days(days) if days else frozenset(range(7)))


def parse_days(text: str) -> frozenset[int]:
    """Days such as mon-fri, or sat,sun, in English or Korean (월-금)."""
    found: set[int] = set()
    for part in re.split(r"[,\s]+", text.strip().lower()):
        ends = [_day(word) for word in re.split(r"[-~]", part)]
        first, last = ends[0], ends[-1]
        found |= {d % 7 for d in range(first, last + 1 if last >= first else last + 8)}
    return frozenset(found)


def _day(word: str) -> int:
    for number, (english, korean) in enumerate(zip(DAYS, KOREAN_DAYS, strict=True)):
        if word[:3] == english or word[:1] == korean:
            return number
    raise ValueError(f"days must be such as mon-fri or sat,sun, got {word!r}")
