"""What ArduCopter's parameters are called from release to release, and which need a restart or are read-only.

A setting that was renamed is found under any of its names, in the units of the name that was asked for. What
is not found is None: nobody may take that for a good value.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources

Version = tuple[int, int]

OLDEST: Version = (4, 3)
NEWEST: Version = (4, 7)  # the last release whose renames are in the table


@dataclass(frozen=True, slots=True)
class Rename:
    """From release `since` on `old` is called `new`, and its value is the old one times `scale`; None where
    the meaning changed too.
    """

    since: Version
    old: str
    new: str
    scale: float | None


@dataclass(frozen=True, slots=True)
class Spelling:
    """Another name of a setting; its value there is the value under the asked name times `scale`."""

    name: str
    scale: float | None


@functools.cache
def renames() -> tuple[Rename, ...]:
    """Every rename we know, oldest first."""
    rows = (line.split(",") for line in _lines("renames.csv") if not line.startswith("since"))
    return tuple(
        Rename(_version(since), old, new, float(scale) if scale else None) for since, old, new, scale in rows
    )


def _version(text: str) -> Version:
    major, minor = text.split(".")
    return int(major), int(minor)


def _lines(name: str) -> Iterator[str]:
    text = resources.files("flight.data").joinpath(name).read_text(encoding="utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))


def spellings(name: str) -> tuple[Spelling, ...]:
    """Other names that the same setting has or had; empty for most."""
    later = [Spelling(r.new, r.scale) for r in renames() if r.old == name]
    earlier = [Spelling(r.old, None if r.scale is None else 1 / r.scale) for r in renames() if r.new == name]
    return (*later, *earlier)


def look_up(held: Mapping[str, float], name: str) -> float | None:
    """The value of a setting among a vehicle's parameters, in the units of `name`; None = unknown.

    A name whose meaning changed with the renaming is unknown under the other name.
    """
    if name in held:
        return held[name]
    for other in spellings(name):
        if other.name in held and other.scale is not None:
            return held[other.name] / other.scale
    return None


def translated(name: str, value: float, known: Mapping[str, object]) -> tuple[str, float] | None:
    """Name and value as a vehicle that has the names `known` says them; None when it cannot be said there."""
    if name in known:
        return name, value
    for other in spellings(name):
        if other.name in known and other.scale is not None:
            return other.name, value * other.scale
    return None


def needs_restart(name: str) -> bool:
    """Whether a change counts only after the vehicle has restarted, as far as is known."""
    return _matcher("restart.txt").fullmatch(name) is not None


def read_only(name: str) -> bool:
    """Whether the vehicle sets it itself and it is not for writing."""
    return _matcher("read_only.txt").fullmatch(name) is not None


@functools.cache
def _matcher(name: str) -> re.Pattern[str]:
    patterns = (re.escape(line) for line in _lines(name))
    return re.compile("|".join(p.replace(r"\#", r"\d+").replace(r"\*", "[0-9A-Z]?") for p in patterns))


def firmware_note(firmware: tuple[int, ...] | None) -> str | None:
    """What is to be said of the names in a firmware (major, minor, ...); None when they are known."""
    if firmware is None:
        return "the vehicle does not say its firmware version: what its parameters mean is unknown"
    if firmware[:2] > NEWEST:
        newest = f"{NEWEST[0]}.{NEWEST[1]}"
        told = ".".join(map(str, firmware))
        return f"firmware {told} is newer than the parameter table ({newest}): renamed parameters are unknown"
    if firmware[:2] < OLDEST:
        return f"firmware {'.'.join(map(str, firmware))} is older than the parameter table (4.3)"
    return None
