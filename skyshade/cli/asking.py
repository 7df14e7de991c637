"""What a command asks the user while a vehicle is in the air."""

import sys
from typing import TYPE_CHECKING

from skyshade.cli.output import note

if TYPE_CHECKING:
    from flight.fly import OnInterrupt
    from flight.vehicle import Vehicle

QUESTION = (
    "\nThe vehicle is in the air. r = return to launch, l = land here, c = carry on,\n"
    "d = divert to the nearest rally point, q = leave it flying\n"
    "[r/l/d/c/q, Enter = r]"
)


def ask_what_to_do(_vehicle: "Vehicle") -> "OnInterrupt":
    """Ctrl-C in the air: ask; where nobody can answer, return to launch and keep watching."""
    from flight.fly import OnInterrupt

    if not sys.stdin.isatty():
        note("interrupted: returning to launch, still watching")
        return OnInterrupt.RETURN
    note(QUESTION)
    answers = {
        "l": OnInterrupt.LAND,
        "d": OnInterrupt.DIVERT,
        "c": OnInterrupt.CONTINUE,
        "q": OnInterrupt.LEAVE,
    }
    return answers.get(sys.stdin.readline().strip().lower()[:1], OnInterrupt.RETURN)
