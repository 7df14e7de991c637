"""What whoever watches a flight by winch does: a line that is out may let go."""

from collections.abc import Sequence

from flight.simulator.copter import Copter
from flight.wire import WireItem
from missions.model import Command

NEAR_M, STILL_MS = 0.3, 0.35


def open_hook(copter: Copter, items: Sequence[WireItem]) -> None:
    """Send the copter to the release that its mission (home first) jumps past, once its line is out."""
    waiting, winch = copter.auto.sequence.nav_seq, copter.vehicle.winch
    if winch.goal_m is None or winch.goal_m <= 0.0 or not 0 <= waiting < len(items) - 2:
        return
    jump, release = items[waiting + 1 : waiting + 3]
    guarded = jump.command == Command.DO_JUMP and release.command == Command.DO_GRIPPER
    out = abs(winch.goal_m - winch.length_m) <= NEAR_M and abs(winch.speed_ms) <= STILL_MS
    if guarded and out:
        copter.set_current(waiting + 2, reset=False)
