"""GPS weeks and seconds as UTC."""

GPS_EPOCH_S = 315_964_800.0  # 1980-01-06T00:00:00Z
WEEK_S = 604_800.0
# UTC second from which GPS time is ahead by so many seconds (IERS Bulletin C)
_AHEAD_S = (
    (1_483_228_800.0, 18.0), (1_435_708_800.0, 17.0), (1_341_100_800.0, 16.0), (1_230_768_000.0, 15.0),
)  # fmt: skip


def utc_of_gps(week: int, seconds: float) -> float:
    """UTC seconds since 1970 of a GPS week (counted on from 1980) and its seconds."""
    return utc_of_gps_clock(GPS_EPOCH_S + week * WEEK_S + seconds)


def utc_of_gps_clock(clock_s: float) -> float:
    """UTC seconds since 1970 of a calendar time that a GPS clock shows, written as if it were UTC."""
    for since_s, ahead_s in _AHEAD_S:
        if clock_s - ahead_s >= since_s:
            return clock_s - ahead_s
    raise ValueError("times before 2009 are not known here")
