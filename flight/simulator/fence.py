"""The geofence: polygons, circles and heights, and whether the vehicle is outside them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag

from flight.simulator.geometry import Ground
from flight.simulator.messages import Severity
from flight.simulator.missionitems import Item
from flight.simulator.params import Params

RETURN_POINT, INCLUSION, EXCLUSION, CIRCLE_IN, CIRCLE_OUT = 5000, 5001, 5002, 5003, 5004
_TYPES = {INCLUSION: 98, EXCLUSION: 97, CIRCLE_OUT: 93, RETURN_POINT: 95, CIRCLE_IN: 92}
_RECOVERY_S, _BACKUP_M = 10.0, 20.0
_STORAGE_BYTES = 560
_LEAST_VERTICES = 3
_LEAST_RADIUS_M = 1.1920929e-07


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
    found = _shape_fault(items)
    if found is not None:
        return [found, (Severity.WARNING, "Fence validation failed")]
    if _bytes_needed(items) > _STORAGE_BYTES:
        return [(Severity.WARNING, "Fence exceeds storage size")]
    return []


def _shape_fault(items: Sequence[Item]) -> tuple[Severity, str] | None:
    want, left, command, returns = 0, 0, 0, 0
    for item in items:
        if item.command in (INCLUSION, EXCLUSION):
            count = int(item.params[0])
            wrong = _vertex_fault(item, count, want if left else count, command if left else item.command)
            if left == 0:
                want, left, command = count, count, item.command
            left -= 1
        else:
            returns += item.command == RETURN_POINT
            wrong = _single_fault(item, command if left else 0, returns)
        if wrong is None and not (item.on_earth_north and item.on_earth_east):
            wrong = "Bad lat or lon"
        if wrong is not None:
            return Severity.WARNING, wrong
    return (Severity.INFO, "Incorrect item count") if left else None


def _vertex_fault(item: Item, count: int, want: int, command: int) -> str | None:
    if count < _LEAST_VERTICES:
        return f"Invalid vertex count ({count})"
    if item.command != command:
        return f"Received incorrect vertex type (want={_TYPES[command]} got={_TYPES[item.command]})"
    return f"Unexpected vertex count want={want} got={count}\n" if count != want else None


def _single_fault(item: Item, inside: int, returns: int) -> str | None:
    """What is wrong with a circle or a return point; `inside` the polygon that is not finished."""
    if inside:
        return f"Received incorrect type (want={_TYPES[inside]} got={_TYPES[item.command]})"
    if item.command == RETURN_POINT:
        return "Multiple return points" if returns > 1 else None
    return None if item.params[0] > _LEAST_RADIUS_M else "Non-positive circle radius"


def _bytes_needed(items: Sequence[Item]) -> int:
    """Of the fence's storage: a type each, eight a corner, twelve a circle."""
    needed, at = 4, 0
    while at < len(items):
        item = items[at]
        corners = int(item.params[0]) if item.command in (INCLUSION, EXCLUSION) else 0
        single = 9 if item.command == RETURN_POINT else 13
        needed += 2 + 8 * corners if corners else single
        at += corners or 1
    return needed


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
    recovery_s: float | None = None  # the mode was changed in a breach: new ones do nothing for a while
    backup_m: float = 0.0  # a second ceiling while the first is broken

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

    def recover(self, now_s: float) -> bool:
        """The mode is changed; whether that is taken for the pilot's way out of a breach."""
        if not self.breaches or self.params.integer("FENCE_ACTION") == 0:
            return False
        self.recovery_s = now_s
        return True

    def note(self, found: FenceType, height_m: float, now_s: float) -> tuple[FenceType, bool]:
        """Keep what is broken now; what of it is new and to be acted on, and whether all is well again."""
        new = found & ~self.breaches
        if found & FenceType.ALT_MAX:
            if 0.0 < self.backup_m <= height_m:
                new |= FenceType.ALT_MAX
            if new & FenceType.ALT_MAX:
                self.backup_m = height_m + _BACKUP_M
        else:
            self.backup_m = 0.0
        if new and not self.breaches:
            self.breach_time_ms = int(now_s * 1000)
        self.breach_count += len(new)
        cleared, self.breaches = bool(self.breaches) and not found, found
        if self.recovery_s is not None and now_s - self.recovery_s < _RECOVERY_S:
            return FenceType(0), cleared
        self.recovery_s = None
        return new, cleared

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
