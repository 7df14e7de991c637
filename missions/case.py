"""A mission and everything known about the day it is to fly: what every check looks at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from core.camera import Camera
from core.wind import Wind
from gis.terrain import Terrain
from missions.aircraft import Aircraft
from missions.airspace import Zone
from missions.model import Mission
from missions.path import FlownPoint
from missions.permits import Permit
from missions.rules import Rules
from missions.structures import Structures
from missions.weather import Weather

RTL_ALT_M = 15.0
"""ArduCopter's own height of return over home where nothing else is said (RTL_ALT)."""


@dataclass(frozen=True, slots=True)
class Case:
    """None = not known. `permits` are those someone holds; `at_time` UTC;
    `rtl_alt_m` the height over home that a return climbs to; `structures` are buildings and masts.
    """

    mission: Mission
    points: tuple[FlownPoint, ...]
    rules: Rules
    terrain: Terrain | None = None
    aircraft: Aircraft | None = None
    wind: Wind | None = None
    camera: Camera | None = None
    payload_kg: float = 0.0
    zones: Sequence[Zone] | None = None
    permits: Sequence[Permit] | None = None
    at_time: datetime | None = None
    weather: Weather | None = None
    rtl_alt_m: float = RTL_ALT_M
    structures: Structures | None = None


class Known(TypedDict, total=False):
    """What a caller may tell of a mission's day: the fields of `Case` by name."""

    rules: Rules | None
    terrain: Terrain | None
    aircraft: Aircraft | None
    wind: Wind | None
    camera: Camera | None
    payload_kg: float
    zones: Sequence[Zone] | None
    permits: Sequence[Permit] | None
    at_time: datetime | None
    weather: Weather | None
    rtl_alt_m: float
    structures: Structures | None
