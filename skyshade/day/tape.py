"""What a copter itself knows of a flight: where it was, when it let go, what it said."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fix:
    """Where an aircraft was: UTC seconds, place, metres above sea level, and whether it was in the air."""

    time_s: float
    lon: float
    lat: float
    altitude_m: float
    airborne: bool


@dataclass(frozen=True, slots=True)
class Ending:
    """How a flight ended: whether its mission was flown to the end, what went wrong (None: nothing), and
    whether the goods are surely still aboard.
    """

    completed: bool
    problem: str | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some seconds of a flight: it ends at a release, at the flight's end, or after a while."""

    fixes: tuple[Fix, ...]
    drop: Fix | None = None
    texts: tuple[tuple[float, str], ...] = ()
    ending: Ending | None = None


@dataclass(slots=True)
class Tape:
    """A flight as its copter knows it: true places twice a second, and each time it let go."""

    flight: str
    aircraft: str
    fixes: list[Fix] = field(default_factory=list)
    drops: list[Fix] = field(default_factory=list)
    texts: list[tuple[float, str]] = field(default_factory=list)

    def add(self, stretch: Stretch) -> None:
        """Write on."""
        self.fixes += stretch.fixes
        self.drops += () if stretch.drop is None else (stretch.drop,)
        self.texts += stretch.texts

    def problem(self) -> str:
        """What the copter said went wrong."""
        return gravest([text for _, text in self.texts])


def gravest(said: Sequence[str]) -> str:
    """The first word of a failsafe or an error, else the last word."""
    grave = [text for text in said if "ailsafe" in text or "rror" in text]
    return grave[0] if grave else said[-1] if said else "it did not take off"
