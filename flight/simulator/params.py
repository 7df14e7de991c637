"""The vehicle's parameters: names, values, types and order as ArduCopter 4.6 lists them."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from core.errors import BadFileError
from flight.simulator.limits import INTEGERS, USED, within

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


@dataclass(slots=True)
class Params:
    """Parameters by name, in the order they are listed; `version` counts the changes."""

    table: dict[str, Param] = field(default_factory=dict)
    version: int = 0

    def __getitem__(self, name: str) -> float:
        """The value to use: within `limits.USED`, whatever was set."""
        value = self.table[name].value
        return within(value, USED[name]) if name in USED else value

    def __contains__(self, name: str) -> bool:
        return name in self.table

    def __len__(self) -> int:
        return len(self.table)

    def __iter__(self) -> Iterator[Param]:
        return iter(self.table.values())

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
        """Store a finite value; integer types are rounded and bounded, everything is kept as float32."""
        kind = self.table[name].kind if name in self.table else REAL32
        kept = _as_float32(within(round(value), INTEGERS[kind]) if kind in INTEGERS else value)
        self.table[name] = Param(name, kept, kind)
        self.version += 1
        return self.table[name]

    def index(self, name: str) -> int:
        """The place of a parameter in the list."""
        return list(self.table).index(name)

    def at(self, index: int) -> Param | None:
        """The parameter at a place in the list."""
        names = list(self.table)
        return self.table[names[index]] if 0 <= index < len(names) else None


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
    return Params({name: Param(name, _as_float32(value), kind) for name, value, kind in rows})


def load_params(path: Path, params: Params) -> None:
    """Set what a parameter file says; names this copter has no use for are kept and answered."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFileError(path, f"cannot be read ({error})", hint="give a parameter file") from error
    for name, value, _ in read_param_lines(text, str(path)):
        params.set(name, value)
