"""The vehicle's parameters: names, values, types and order as ArduCopter 4.6 lists them."""

import logging
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from core.errors import BadFileError
from flight.simulator.limits import INTEGERS, USED, within

log = logging.getLogger(__name__)
REAL32 = 9


def _as_float32(value: float) -> float:
    number: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return number


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter: `value` as a float32 holds it, `kind` its MAV_PARAM_TYPE."""

    name: str
    value: float
    kind: int = REAL32


# Groups that are not there for a client until what they belong to is switched on.
_GATES = {
    "CAM1_": "CAM1_TYPE",
    "GRIP_": "GRIP_ENABLE",
    "WINCH_": "WINCH_TYPE",
    "SIM_SLUP_": "SIM_SLUP_ENABLE",
}
_ROUNDING = 0.01  # what ArduPilot adds before it cuts a number to a whole one


@dataclass(slots=True)
class Params:
    """Parameters by name, in the order they are listed; `version` counts the changes.

    As in ArduCopter a camera's, a gripper's or a winch's are listed and counted only where there is one.
    """

    table: dict[str, Param] = field(default_factory=dict)
    version: int = 0
    defaults: dict[str, float] = field(default_factory=dict)
    _listed: list[str] = field(default_factory=list)
    _gates: tuple[bool, ...] = ()

    def __getitem__(self, name: str) -> float:
        """The value to use: within `limits.USED`, whatever was set."""
        value = self.table[name].value
        return within(value, USED[name]) if name in USED else value

    def __contains__(self, name: str) -> bool:
        return name in self.table

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Param]:
        return (self.table[name] for name in self.names)

    @property
    def names(self) -> list[str]:
        """The names a client is told, in order."""
        gates = tuple(self._shown(gate) for gate in _GATES.values())
        if not self._listed or gates != self._gates:
            hidden = tuple(prefix for prefix, gate in _GATES.items() if not self._shown(gate))
            kept = set(_GATES.values())
            self._listed = [name for name in self.table if name in kept or not name.startswith(hidden)]
            self._gates = gates
        return self._listed

    def _shown(self, gate: str) -> bool:
        return gate in self.table and self.table[gate].value != 0.0

    def flag(self, name: str) -> bool:
        """Whether a parameter is set."""
        return self[name] != 0.0

    def integer(self, name: str) -> int:
        """A parameter as an integer."""
        return int(self[name])

    def bit(self, name: str, number: int) -> bool:
        """Bit `number` of a bit-mask parameter."""
        return bool(int(self[name]) >> number & 1)

    def set(self, name: str, value: float) -> Param:
        """Store a finite value; integer types are cut and bounded, everything is kept as float32."""
        kind = self.table[name].kind if name in self.table else REAL32
        if kind in INTEGERS:
            value = within(int(value + math.copysign(_ROUNDING, value)), INTEGERS[kind])
        if name not in self.table:
            self._listed = []
        self.table[name] = Param(name, _as_float32(value), kind)
        self.version += 1
        return self.table[name]

    def index(self, name: str) -> int:
        """The place of a parameter in the list."""
        return self.names.index(name)

    def at(self, index: int) -> Param | None:
        """The parameter at a place in the list."""
        return self.table[self.names[index]] if 0 <= index < len(self.names) else None


def read_param_lines(text: str, name: str) -> list[tuple[str, float, int]]:
    """Parse `NAME,VALUE` or `NAME VALUE` lines (# and @ lines are comments) to (name, value, type).

    Raises `BadFileError` naming `name` and the line that is not one.
    """
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#", 1)[0].replace(",", " ").split()
        if not words or words[0].startswith("@"):
            continue
        try:
            kind = int(words[2]) if len(words) > 2 else REAL32
            rows.append((words[0], float(words[1]), kind))
        except (IndexError, ValueError):
            raise BadFileError(
                name, f"line {number} is not NAME,VALUE: {line.strip()!r}", hint="correct the line"
            ) from None
    return rows


def default_params() -> Params:
    """The parameters of a freshly made embedded copter."""
    text = files("flight.simulator").joinpath("defaults.parm").read_text(encoding="utf-8")
    rows = read_param_lines(text, "defaults.parm")
    table = {name: Param(name, _as_float32(value), kind) for name, value, kind in rows}
    return Params(table, defaults={name: param.value for name, param in table.items()})


def load_params(path: Path, params: Params) -> None:
    """Set what a parameter file says; a name that ArduCopter 4.6.2 has not is passed over, and logged."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFileError(path, f"cannot be read ({error})", hint="give a parameter file") from error
    for name, value, _ in read_param_lines(text, str(path)):
        if name in params:
            params.defaults[name] = params.set(name, value).value
        else:
            log.warning("%s: %s is no parameter of ArduCopter 4.6.2", path, name)
