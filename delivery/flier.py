"""What delivery asks of whoever flies: a Protocol, fulfilled by the flight room through `skyshade`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.geo import LonLat
from missions.model import Mission


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The vehicle's own word that it let go: UTC seconds, where it was (None = unknown), what it said, its
    height above home.
    """

    time_s: float
    lonlat: LonLat | None
    text: str
    height_m: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a flight ended. `release` is None unless the vehicle confirmed it.

    `aboard`: whether the goods are known to have come home aboard; None = not known, and then nobody drops
    them a second time.
    """

    completed: bool
    flown_s: float
    release: Confirmation | None
    log: str | None = None
    problem: str | None = None
    aboard: bool | None = None


class Flier(Protocol):
    """Flies a mission to its end."""

    def fly(self, mission: Mission, folder: Path, on_release: Callable[[Confirmation], None]) -> Outcome:
        """Fly; call `on_release` at once when the vehicle confirms; what went wrong is in the outcome."""
        ...


class Watcher(Protocol):
    """Takes up a flight that was begun before, by a program that is no more."""

    def watch(self, mission: Mission, folder: Path, on_release: Callable[[Confirmation], None]) -> Outcome:
        """Find the vehicle and watch it to its end; nothing is commanded that drops goods."""
        ...
