"""What one flight is run with: mission, vehicle and recorder, how it is run, who is told and asked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from core.errors import SkyshadeError
from flight.gripper import Gripper
from flight.interrupts import Interrupts
from flight.preflight import PreflightParams
from flight.recorder import Recorder
from flight.vehicle import Vehicle
from flight.watch import WatchParams
from missions.model import Mission

POLL_S = 0.05

Progress = Callable[[str, int, int], None]
"""Called with (what is done now, done, total)."""


class OnInterrupt(Enum):
    """What Ctrl-C in the air leads to."""

    RETURN = "return"
    LAND = "land"
    DIVERT = "divert"
    LEAVE = "leave"
    CONTINUE = "continue"


class NotConfirmedError(SkyshadeError):
    """A vehicle that the toolkit did not start, without its operator's confirmation."""


class InterruptedFlightError(SkyshadeError):
    """Stopped by the user before the vehicle flew."""


@dataclass(frozen=True, slots=True)
class FlyParams:
    """How a flight is run; vehicle seconds, except `link_lost_s` of silence on the wall's clock after which
    the watch ends. A stall of `stall_abort_s` brings the vehicle home.
    """

    preflight: PreflightParams = field(default_factory=PreflightParams)
    watch: WatchParams = field(default_factory=WatchParams)
    stall_abort_s: float = 120.0
    link_lost_s: float = 60.0
    connect_s: float = 30.0


@dataclass(slots=True)
class Deck:
    """A flight while it is run; `returning` once it was told to come down, `by_hand` by the user, `left` once
    nobody watches; `errand` is done after each turn of the watch while nobody else has the vehicle.
    """

    mission: Mission
    vehicle: Vehicle
    recorder: Recorder
    params: FlyParams
    progress: Progress
    on_interrupt: Callable[[Vehicle], OnInterrupt]
    interrupts: Interrupts
    gripper: Gripper = field(default_factory=Gripper)
    shots_known: bool = True
    unknown_releases: int = 0
    returning: bool = False
    by_hand: bool = False
    left: bool = False
    errand: "Callable[[Deck], None] | None" = None
    wish: tuple[str, str] | None = None  # the mode it is to come down in, and why
    wished_s: float = -1e9  # when that was commanded last

    def listen_to_interrupts(self) -> None:
        """From now on Ctrl-C is raised before a message is taken in."""
        self.vehicle.before_receiving = self.interrupts.check

    def hold_interrupts(self) -> None:
        """From now on Ctrl-C is only remembered."""
        self.vehicle.before_receiving = _nothing

    def spend(self, seconds: float) -> None:
        """Take messages in for so many of the vehicle's seconds."""
        until_s = self.vehicle.now_s + seconds
        while self.vehicle.now_s < until_s:
            self.vehicle.pump(POLL_S)


def _nothing() -> None:
    return
