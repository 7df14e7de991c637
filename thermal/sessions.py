"""Frames of one folder that were taken hours apart: they are told apart, never blended in silence.

The ground cools and warms by several kelvin an hour, each surface by its own; no drift correction undoes it.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import SkyshadeError
from thermal.loading import SeenFrame
from thermal.pose import Rejection


class HoursApartError(SkyshadeError):
    """Frames of different hours in one map."""


@dataclass(frozen=True, slots=True)
class SessionParams:
    """A pause of `pause_h` hours parts flights.

    `number` picks one of them (1 = the first; None: there must be one alone), `accept` blends them all.
    """

    pause_h: float = 1.0
    number: int | None = None
    accept: bool = False

    def __post_init__(self) -> None:
        if self.number is not None and self.number < 1:
            raise ValueError(f"number must be >= 1, got {self.number}")


@dataclass(frozen=True, slots=True)
class Session:
    """Indices of frames of one flight, and its first and last time (UTC seconds)."""

    frames: tuple[int, ...]
    start_s: float
    end_s: float

    @property
    def text(self) -> str:
        """How a message names it."""
        first, last = (dt.datetime.fromtimestamp(t, dt.UTC) for t in (self.start_s, self.end_s))
        return f"{len(self.frames)} frames {first:%Y-%m-%d %H:%M} to {last:%H:%M} UTC"


def sessions_of(times_s: Sequence[float | None], pause_h: float) -> list[Session]:
    """Flights in the order of time; frames without a time belong to none."""
    known = [k for k, t in enumerate(times_s) if t is not None]
    if not known:
        return []
    times = np.array([times_s[k] for k in known], float)
    order = np.argsort(times, kind="stable")
    cuts = np.flatnonzero(np.diff(times[order]) > pause_h * 3600.0) + 1
    return [
        Session(tuple(known[k] for k in part), float(times[part[0]]), float(times[part[-1]]))
        for part in np.split(order, cuts)
    ]


def one_session(
    seen: Sequence[SeenFrame], params: SessionParams
) -> tuple[list[SeenFrame], list[Rejection], tuple[str, ...]]:
    """The frames of the flight to draw, those of others, and notes; raises `HoursApartError`."""
    found = sessions_of([s.info.time_s for s in seen], params.pause_h)
    if params.number is not None:
        return _picked(seen, found, params.number)
    if len(found) < 2:
        return list(seen), [], ()
    told = "; ".join(f"{k}: {s.text}" for k, s in enumerate(found, start=1))
    if params.accept:
        return list(seen), [], (f"Flights of different hours are blended, as was asked for ({told}).",)
    raise HoursApartError(
        f"the folder holds {len(found)} flights of different hours ({told}); the ground was not equally warm",
        hint="map each with --flight N and join them with `skyshade heat merge`, "
        "or blend them all the same with --mix-hours",
    )


def _picked(
    seen: Sequence[SeenFrame], found: Sequence[Session], number: int
) -> tuple[list[SeenFrame], list[Rejection], tuple[str, ...]]:
    if number > len(found):
        raise HoursApartError(f"the folder holds {len(found)} flights, number {number} was asked for")
    mine = set(found[number - 1].frames)
    others = [Rejection(s.info.path, f"not of flight {number}") for k, s in enumerate(seen) if k not in mine]
    return [seen[k] for k in sorted(mine)], others, (f"Flight {number}: {found[number - 1].text}.",)
