"""Delivery's `Flier` on an embedded copter, its time the day's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.clock import Clock
from core.geo import LonLat
from delivery.flier import Confirmation, Outcome
from flight.gripper import RELEASED
from missions.model import Mission
from skyshade.day.sortie import Sortie
from skyshade.day.tape import Ending, Fix, Stretch, Tape

Depart = Callable[[Mission, float], tuple[Tape, Sortie]]
Flown = Callable[[Sortie], Iterator[Stretch]]


@dataclass(slots=True)
class Lockstep:
    """Flies one mission on a copter of its own, worked out by `flown` ahead of the day or in step with it.

    `depart` makes the sortie of a mission that begins at a UTC second, and the tape it is written on. What
    the copter did is on the tape, and told, when the day's clock gets there.
    """

    clock: Clock
    depart: Depart
    flown: Flown
    on_fix: Callable[[Fix], None]

    def fly(self, mission: Mission, _folder: Path, on_release: Callable[[Confirmation], None]) -> Outcome:
        """Look on until it has landed."""
        begin_s = self.clock.utc_s()
        tape, sortie = self.depart(mission, begin_s)
        word: Confirmation | None = None
        for stretch in self.flown(sortie):
            self.clock.sleep(stretch.fixes[-1].time_s - self.clock.utc_s())
            tape.add(stretch)
            self.on_fix(stretch.fixes[-1])
            if stretch.drop is not None and word is None:
                word = _word(stretch.drop, sortie)
                on_release(word)
            if stretch.ending is not None:
                return _outcome(stretch.ending, self.clock.utc_s() - begin_s, word)
        raise AssertionError("a flight without an end")


def _outcome(ending: Ending, flown_s: float, word: Confirmation | None) -> Outcome:
    return Outcome(
        completed=ending.completed,
        flown_s=flown_s,
        release=word,
        problem=ending.problem,
        aboard=True if word is None and ending.held else None,
    )


def _word(drop: Fix, sortie: Sortie) -> Confirmation:
    return Confirmation(
        drop.time_s, LonLat(drop.lon, drop.lat), RELEASED, drop.altitude_m - sortie.elevation_m
    )
