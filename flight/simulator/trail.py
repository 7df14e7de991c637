"""Where the vehicle came along, kept for SMART_RTL: straightened, and without its loops."""

from collections.abc import Sequence
from dataclasses import dataclass

from flight.simulator.legs import Point

STRAIGHT_SHARE = 0.5  # of SRTL_ACCURACY: how far a point may be off a straight way that leaves it out


def nearest_on(start: Point, end: Point, point: Point) -> Point:
    """The point of a segment that is nearest to another point."""
    flat, steep = end.place - start.place, end.height_m - start.height_m
    square = abs(flat) ** 2 + steep**2
    if square <= 0.0:
        return start
    away = (point.place - start.place) * flat.conjugate()
    share = max(0.0, min(1.0, (away.real + (point.height_m - start.height_m) * steep) / square))
    return Point(start.place + share * flat, start.height_m + share * steep)


def straightened(points: Sequence[Point], within_m: float) -> list[Point]:
    """The fewest of the points from which no other is farther than `within_m` (Ramer, Douglas, Peucker)."""
    keep, todo = {0, len(points) - 1}, [(0, len(points) - 1)]
    while todo:
        first, last = todo.pop()
        if last - first < 2:
            continue
        start, end = points[first], points[last]
        far = [nearest_on(start, end, p).distance_m(p) for p in points[first + 1 : last]]
        worst = max(range(len(far)), key=far.__getitem__)
        if far[worst] > within_m:
            middle = first + 1 + worst
            keep.add(middle)
            todo += [(first, middle), (middle, last)]
    return [points[number] for number in sorted(keep)]


def without_loops(points: Sequence[Point], within_m: float) -> list[Point]:
    """The way cut short wherever it comes back to within `within_m` of itself."""
    kept = [points[0]]
    number = 0
    while number < len(points) - 1:
        here, following = points[number], number + 1
        for later in range(len(points) - 1, number + 1, -1):
            if points[later].distance_m(here) <= within_m:
                following = later
                break
        kept.append(points[following])
        number = following
    return kept


@dataclass(slots=True)
class Trail:
    """Where the vehicle was since it was armed; given up (None) when it needs more than SRTL_POINTS."""

    points: list[Point] | None = None

    def begin(self, here: Point) -> None:
        """The vehicle is armed here."""
        self.points = [here]

    def note(self, here: Point, accuracy_m: float, most: int) -> None:
        """The vehicle is here now."""
        if self.points is None or here.distance_m(self.points[-1]) < accuracy_m:
            return
        self.points.append(here)
        if len(self.points) > most:
            self.points = straightened(self.points, STRAIGHT_SHARE * accuracy_m)
            if len(self.points) > most:
                self.points = None
