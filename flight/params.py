"""Parameters of a vehicle: read one, set one and see it set. A lost answer is asked for again.

A vehicle does not answer for a name that it does not have. So each question is followed by one for the first
parameter of all: who answers that one and not the other, so often that loss cannot be the reason, does not
have the other.
"""

import difflib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum

from core.clock import Clock, RealClock
from core.errors import SkyshadeError
from flight.exchange import Wire
from flight.paramfile import parse_parameters, read_parameters
from flight.paramtable import look_up, read_only, spellings
from flight.wire import Message, float32

__all__ = [
    "ParamType",
    "Parameter",
    "ParameterError",
    "UnknownParameterError",
    "get_parameter",
    "parse_parameters",
    "read_parameter",
    "read_parameters",
    "read_setting",
    "set_parameter",
]  # fmt: skip

TRIES = 8
MOST_TRIES = 24  # through a wire that loses much
DOUBT = 1e-5  # that a name which was never answered for exists after all
ANSWER_S = 0.7
PAUSE_S = 0.02
PROBES = 40  # fewer than any vehicle has parameters
BY_NAME = -1
UNLISTED = 65535  # the index of a PARAM_VALUE that answers no list
GREATEST = 3.4028234663852886e38  # of float32
DENIED = "Param write denied"


class ParameterError(SkyshadeError):
    """A parameter that the vehicle does not have or does not take."""


class UnknownParameterError(ParameterError):
    """A name that the vehicle does not have; `near` are names like it."""

    def __init__(self, name: str, near: Collection[str] = (), hint: str | None = None) -> None:
        likely = f"did you mean {', '.join(near)}?" if near else None
        super().__init__(f"the vehicle has no parameter {name!r}", hint=hint or likely)
        self.name = name
        self.near = tuple(near)

    def among(self, known: Collection[str]) -> "UnknownParameterError":
        """The same error with the nearest of the names that the vehicle has."""
        near = difflib.get_close_matches(self.name, known, 3, cutoff=0.7)
        return UnknownParameterError(self.name, near or _same_group(self.name, known))


def _same_group(name: str, known: Collection[str]) -> list[str]:
    begins = name.partition("_")[0] + "_"
    return sorted(n for n in known if n.startswith(begins))[:5]


class ParamType(IntEnum):
    """MAV_PARAM_TYPE; ArduPilot uses the signed ones and float."""

    UINT8, INT8, UINT16, INT16, UINT32, INT32 = range(1, 7)
    REAL32 = 9

    @property
    def limits(self) -> tuple[int, int] | None:
        """Least and greatest whole number it holds; None for one with a fraction."""
        if self is ParamType.REAL32:
            return None
        bits = {1: 8, 2: 8, 3: 16, 4: 16, 5: 32, 6: 32}[int(self)]
        return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if self % 2 == 0 else (0, 2**bits - 1)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter as a vehicle holds it; `index` is its place in the list of `count`, None outside one."""

    name: str
    value: float
    kind: ParamType = ParamType.REAL32
    index: int | None = None
    count: int = 0


def parameter_of(message: Message) -> Parameter | None:
    """A PARAM_VALUE as a value, None for any other message."""
    if message.name != "PARAM_VALUE":
        return None
    f = message.fields
    kind = int(f.get("param_type", ParamType.REAL32))
    index = int(f.get("param_index", UNLISTED))
    return Parameter(
        str(f["param_id"]), float(f["param_value"]),
        ParamType(kind) if kind in ParamType._value2member_map_ else ParamType.REAL32,
        None if index == UNLISTED else index, int(f.get("param_count", 0)),
    )  # fmt: skip


def get_parameter(wire: Wire, name: str, *, clock: Clock | None = None) -> float:
    """The value of one parameter; raises `ParameterError` when the vehicle does not answer for it."""
    return read_parameter(wire, name, clock=clock).value


def read_parameter(wire: Wire, name: str, *, clock: Clock | None = None) -> Parameter:
    """One parameter; raises `UnknownParameterError` when the vehicle answers for others but not for it."""
    clock = clock or RealClock()
    others = 0
    for tries in range(1, MOST_TRIES + 1):
        found = _asked(wire, name, clock)
        if found is not None and found.name == name:
            return found
        others += found is not None
        if (1 - others / (tries + 1)) ** tries < DOUBT:
            raise UnknownParameterError(name, hint=_called_otherwise(wire, name, clock))
        if others == 0 and tries >= TRIES:
            break
    raise ParameterError(f"the vehicle does not answer for its parameter {name}", hint="check the link")


def read_setting(wire: Wire, name: str, *, clock: Clock | None = None) -> float | None:
    """A setting under whatever name the vehicle's firmware has for it, in the units of `name`.

    None = unknown: the vehicle has it under no name, under one that means something else, or does not answer.
    """
    held: dict[str, float] = {}
    for one in (name, *(other.name for other in spellings(name))):
        try:
            held[one] = get_parameter(wire, one, clock=clock)
            break
        except ParameterError:
            continue
    return look_up(held, name)


def _asked(wire: Wire, name: str, clock: Clock) -> Parameter | None:
    """The parameter, or another that was asked for behind it when that alone is answered; None after silence.

    Each time another one is asked for, so that a late answer to an earlier question is not taken for this
    one's: a vehicle answers in the order it was asked.
    """
    behind = round(clock.monotonic_s() * 1000.0) % PROBES
    wire.send("PARAM_REQUEST_READ", {"param_id": name.encode(), "param_index": BY_NAME})
    wire.send("PARAM_REQUEST_READ", {"param_id": b"", "param_index": behind})
    until_s = clock.monotonic_s() + ANSWER_S
    while clock.monotonic_s() < until_s:
        message = wire.receive(PAUSE_S)
        found = None if message is None else parameter_of(message)
        if found is not None and (found.name == name or found.index == behind):
            return found
    return None


def _called_otherwise(wire: Wire, name: str, clock: Clock) -> str | None:
    """A hint when the vehicle's firmware calls that setting by another name."""
    for other in spellings(name):
        if any(_answers(wire, other.name, clock) for _ in range(TRIES // 2)):
            times = "; its meaning differs" if other.scale is None else f", {other.scale:g} times the value"
            return f"this firmware calls it {other.name}{times}"
    return None


def _answers(wire: Wire, name: str, clock: Clock) -> bool:
    found = _asked(wire, name, clock)
    return found is not None and found.name == name


def set_parameter(wire: Wire, name: str, value: float, *, clock: Clock | None = None) -> float:
    """Set, read back, compare; the value the vehicle holds. Raises `ParameterError` when it differs.

    What the vehicle would round or cut off to fit is refused before it is sent.
    """
    clock = clock or RealClock()
    before = read_parameter(wire, name, clock=clock)
    _check(before, value)
    held = before.value
    for _ in range(TRIES):
        if same(held, value):
            return held
        fields = {"param_id": name.encode(), "param_value": float(value), "param_type": int(before.kind)}
        wire.send("PARAM_SET", fields)
        _listen(wire, name, clock)
        held = read_parameter(wire, name, clock=clock).value
    if same(held, value):
        return held
    raise ParameterError(f"{name}: {value:g} was set, the vehicle holds {held:g}")


def same(held: float, wanted: float) -> bool:
    """Whether a vehicle that holds `held` has taken `wanted`, which travels as float32."""
    return math.isclose(held, float32(wanted), rel_tol=1e-6, abs_tol=1e-9)


def _check(held: Parameter, value: float) -> None:
    name = held.name
    if read_only(name):
        raise ParameterError(f"{name} is read-only: the vehicle sets it itself")
    if not abs(value) <= GREATEST:
        raise ParameterError(f"{name}: {value} is no number that a vehicle can hold")
    limits = held.kind.limits
    if limits is None:
        return
    if value != round(value):
        raise ParameterError(f"{name} holds whole numbers, got {value:g}")
    if not limits[0] <= value <= limits[1]:
        raise ParameterError(f"{name} holds {limits[0]} to {limits[1]}, got {value:g}")


def _listen(wire: Wire, name: str, clock: Clock) -> None:
    """Wait for the answer to a PARAM_SET; raises `ParameterError` when it is denied."""
    until_s = clock.monotonic_s() + ANSWER_S
    while clock.monotonic_s() < until_s:
        message = wire.receive(PAUSE_S)
        if message is None:
            continue
        if message.name == "STATUSTEXT" and f"{DENIED} ({name})" in str(message.fields["text"]):
            raise ParameterError(f"the vehicle denies writing {name}: it is read-only")
        found = parameter_of(message)
        if found is not None and found.name == name and found.index is None:
            return


def values_of(parameters: Mapping[str, Parameter]) -> Mapping[str, float]:
    """Names and values alone."""
    return {name: parameter.value for name, parameter in parameters.items()}
