"""A parameter file against a vehicle: what differs, and setting it, each value verified.

Names are translated where the vehicle's firmware calls a setting otherwise; what cannot be said there, what
the vehicle sets itself, and what it does not have, is listed and never guessed.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from core.clock import Clock
from core.errors import SkyshadeError
from flight.exchange import Wire
from flight.paramfetch import fetch_parameters
from flight.params import Parameter, ParameterError, same, set_parameter
from flight.paramtable import needs_restart, read_only, translated

PRINTED = 6e-7  # files often keep six decimals only

Progress = Callable[[int, int], None]


class ArmedError(SkyshadeError):
    """Parameters are not written while the motors are on."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting: the vehicle's `name` for it, what the vehicle holds, what the file wants (in the vehicle's
    units), what the file calls it.
    """

    name: str
    held: float
    wanted: float
    called: str

    @property
    def restart(self) -> bool:
        """Whether a change counts only after a restart."""
        return needs_restart(self.name)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A file beside a vehicle: settings that differ, how many are alike, names that the vehicle does not
    have, names that it sets itself (never compared).
    """

    different: tuple[Difference, ...]
    alike: int
    missing: tuple[str, ...]
    own: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did: settings changed (and verified), refused ones with the reason, how many were right
    already, names that the vehicle does not have, names that it sets itself.
    """

    changed: tuple[Difference, ...]
    refused: Mapping[str, str]
    alike: int
    missing: tuple[str, ...]
    own: tuple[str, ...]


def compare_parameters(wanted: Mapping[str, float], held: Mapping[str, Parameter]) -> Comparison:
    """What differs between a file and a vehicle."""
    own = tuple(name for name in wanted if read_only(name))
    rest = {name: value for name, value in wanted.items() if name not in own}
    said = {name: translated(name, value, held) for name, value in rest.items()}
    found = [Difference(t[0], held[t[0]].value, t[1], name) for name, t in said.items() if t is not None]
    different = tuple(d for d in found if not _alike(d.held, d.wanted))
    missing = tuple(name for name, there in said.items() if there is None)
    return Comparison(different, len(found) - len(different), missing, own)


def _alike(held: float, wanted: float) -> bool:
    return same(held, wanted) or math.isclose(held, wanted, rel_tol=1e-6, abs_tol=PRINTED)


def refuse_armed(armed: bool | None) -> None:
    """Raises `ArmedError` unless the vehicle is known to be disarmed."""
    if armed is None:
        raise ArmedError("whether the vehicle is armed is unknown: parameters are not written")
    if armed:
        raise ArmedError("the vehicle is armed: parameters are not written", hint="land and disarm it first")


def load_parameters(
    wire: Wire,
    wanted: Mapping[str, float],
    *,
    clock: Clock,
    armed: Callable[[], bool | None],
    on_progress: Progress | None = None,
) -> Loaded:
    """Set what differs, in the file's order, and read each back; a group that was switched on is looked at
    again. Raises `ArmedError` as soon as the vehicle is armed.
    """
    changed: dict[str, Difference] = {}
    refused: dict[str, str] = {}
    found = compare_parameters(wanted, fetch_parameters(wire, clock=clock, on_progress=on_progress))
    alike, missing = found.alike, found.missing
    while found.different:
        for one in _untried(found, changed, refused):
            refuse_armed(armed())
            try:
                set_parameter(wire, one.name, one.wanted, clock=clock)
                changed[one.name] = one
            except ParameterError as error:
                refused[one.name] = error.message
        missing = found.missing
        if not missing:
            break
        held = fetch_parameters(wire, clock=clock, on_progress=on_progress)
        found = compare_parameters({name: wanted[name] for name in missing}, held)
        alike, missing = alike + found.alike, found.missing
    return Loaded(tuple(changed.values()), refused, alike, missing, _own(wanted))


def _untried(
    found: Comparison, changed: Mapping[str, Difference], refused: Mapping[str, str]
) -> Iterator[Difference]:
    return (one for one in found.different if one.name not in changed and one.name not in refused)


def _own(wanted: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(name for name in wanted if read_only(name))
