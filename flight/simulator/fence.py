"""The geofence: polygons, circles and heights, and whether the vehicle is outside them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag

from flight.simulator.geometry import Ground
from flight.simulator.messages import Severity
from flight.simulator.missionitems import Item
from flight.simulator.params import Params

INCLUSION, EXCLUSION, CIRCLE_IN, CIRCLE_OUT = 5001, 5002, 5003, 5004


class FenceType(IntFlag):
    """Bits of FENCE_TYPE."""

    ALT_MAX = 1
    CIRCLE = 2
    POLYGON = 4
    ALT_MIN = 8


class BreachType(IntEnum):
    """FENCE_BREACH."""

    NONE = 0
    ALT_MIN = 1
    ALT_MAX = 2
    BOUNDARY = 3


@dataclass(frozen=True, slots=True)
class Polygon:
    """Corners as north + 1j * east metres; `inside` says where the vehicle must be."""

    corners: tuple[complex, ...]
    inside: bool

    def holds(self, place: complex) -> bool:
        """Whether a place lies within (even-odd rule)."""
        within = False
        previous = self.corners[-1]
        for corner in self.corners:
            if (corner.imag > place.imag) != (previous.imag > place.imag):
                share = (place.imag - previous.imag) / (corner.imag - previous.imag)
                within ^= place.real < previous.real + share * (corner.real - previous.real)
            previous = corner
        return within


@dataclass(frozen=True, slots=True)
class Circle:
    """A centre, a radius in metres and where the vehicle must be."""

    centre: complex
    radius_m: float
    inside: bool

    def holds(self, place: complex) -> bool:
        """Whether a place lies within."""
        return abs(place - self.centre) <= self.radius_m


def fence_fault(items: Sequence[Item]) -> list[tuple[Severity, str]]:
    """What is wrong with an uploaded fence, as the vehicle says it; empty if nothing."""
    want, got, command = 0, 0, 0
    for item in items:
        if item.command in (CIRCLE_IN, CIRCLE_OUT) and item.params[0] <= 0.0:
            return [(Severity.WARNING, "Non-positive circle radius")]
        if item.command not in (INCLUSION, EXCLUSION):
            continue
        count = int(item.params[0])
        if count < 3:
            return [(Severity.WARNING, f"Invalid vertex count ({count})")]
        if got == 0:
            want, command = count, item.command
        elif count != want or item.command != command:
            return [(Severity.WARNING, f"Unexpected vertex count want={want} got={count}\n")]
        got = (got + 1) % want
    return [(Severity.INFO, "Incorrect item count")] if got else []


def shapes(items: Sequence[Item], ground: Ground) -> tuple[Polygon | Circle, ...]:
    """The areas of a valid fence."""
    found: list[Polygon | Circle] = []
    corners: list[complex] = []
    for item in items:
        place = ground.to_local(item.lat, item.lon)
        if item.command in (CIRCLE_IN, CIRCLE_OUT):
            found.append(Circle(place, item.params[0], item.command == CIRCLE_IN))
        elif item.command in (INCLUSION, EXCLUSION):
            corners.append(place)
            if len(corners) == int(item.params[0]):
                found.append(Polygon(tuple(corners), item.command == INCLUSION))
                corners = []
    return tuple(found)


@dataclass(slots=True)
class Fence:
    """The fence in force and its breaches."""

    params: Params
    areas: tuple[Polygon | Circle, ...] = ()
    breaches: FenceType = field(default=FenceType(0))
    breach_count: int = 0
    breach_time_ms: int = 0

    @property
    def enabled(self) -> bool:
        return self.params.flag("FENCE_ENABLE")

    @property
    def breach_type(self) -> BreachType:
        if self.breaches & (FenceType.POLYGON | FenceType.CIRCLE):
            return BreachType.BOUNDARY
        if self.breaches & FenceType.ALT_MAX:
            return BreachType.ALT_MAX
        return BreachType.ALT_MIN if self.breaches else BreachType.NONE

    def check(self, place: complex, height_m: float, home: complex, *, flying: bool) -> FenceType:
        """Which fences the vehicle is outside of now."""
        active = FenceType(self.params.integer("FENCE_TYPE"))
        found = FenceType(0)
        if active & FenceType.ALT_MAX and height_m >= self.params["FENCE_ALT_MAX"]:
            found |= FenceType.ALT_MAX
        if active & FenceType.ALT_MIN and flying and height_m <= self.params["FENCE_ALT_MIN"]:
            found |= FenceType.ALT_MIN
        if active & FenceType.CIRCLE and abs(place - home) >= self.params["FENCE_RADIUS"]:
            found |= FenceType.CIRCLE
        if active & FenceType.POLYGON and any(area.holds(place) != area.inside for area in self.areas):
            found |= FenceType.POLYGON
        return found


def breach_text(breaches: FenceType) -> str:
    """The words ArduCopter uses: `Polygon`, `Max Alt and Polygon` ..."""
    names = {
        FenceType.ALT_MAX: "Max Alt",
        FenceType.CIRCLE: "Circle",
        FenceType.POLYGON: "Polygon",
        FenceType.ALT_MIN: "Min Alt",
    }
    return " and ".join(name for bit, name in names.items() if breaches & bit)
