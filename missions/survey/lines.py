"""Passes: straight runs with the camera on, laid side by side at one angle until nothing is left out.

Everything here is in the working frame turned so that passes run along x.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely import affinity
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from gis.vector import Area, as_area
from missions.route import XY
from missions.survey.bands import Spacing, edges_of, laid

MOST_INSIDE = 0.6
REACH = 0.75  # of what a picture sees ahead
BARELY_M = 0.02


@dataclass(frozen=True, slots=True)
class Swath:
    """What one camera pass photographs, metres: footprint across and along, spacings wanted.

    `slack_m` is the position error that coverage must bear; `lead_m` the run-up out of the corner, `tail_m`
    the run-out that makes sure of the last release; `trigger_m` is what the vehicle is asked for and
    `shot_m` where it will really release. `inside` is how many spacings an outer row may run inside the
    ground's edge, if two rows see the edge then; half a spacing where other rows follow.
    """

    across_m: float
    along_m: float
    line_m: float
    trigger_m: float
    shot_m: float
    slack_m: float
    lead_m: float
    tail_m: float
    inside: float = MOST_INSIDE

    @property
    def edge_m(self) -> float:
        """How far inside the ground's edge an outer row may run."""
        return max(0.5, self.inside) * self.line_m if self._wide else self.line_m / 2.0

    @property
    def _wide(self) -> bool:
        """Whether two rows see the edge then."""
        return (1.0 + self.inside) * self.line_m <= self.across_m / 2.0 - self.slack_m

    @property
    def inset_m(self) -> float:
        """How far inside the ground a row's first and last release may be: each answers for so much."""
        return self.shot_m / 2.0

    @property
    def reach_m(self) -> float:
        """How far beyond its first and last release a row is counted on to see."""
        return max(self.inset_m, REACH * (self.along_m / 2.0 - self.slack_m))

    def spacing(self, gap_m: float) -> Spacing:
        """What `laid` needs to know; gaps up to `gap_m` are flown through with the camera on."""
        return self.line_m, self.edge_m, self.inset_m, self.reach_m, gap_m


@dataclass(frozen=True, slots=True)
class Pass:
    """Ground to photograph from `x_from` to `x_to` along the line `y`, flying within `low`..`high`.

    `x` runs along the course `angle_deg` (clockwise from north), `y` to its left, round the frame's origin.
    """

    angle_deg: float
    row: int
    y: float
    x_from: float
    x_to: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Run:
    """A pass flown one way: camera off, and every release, x along the line; it begins with the first."""

    line: Pass
    forward: bool
    leave: float
    shots: tuple[float, ...]

    @property
    def course(self) -> int:
        """+1 towards growing x, -1 back."""
        return 1 if self.forward else -1

    @property
    def course_deg(self) -> float:
        """The course flown, degrees clockwise from north."""
        return self.line.angle_deg + (0.0 if self.forward else 180.0)

    @property
    def start(self) -> XY:
        """Where the run begins, east-north metres."""
        return self.place(self.shots[0])

    @property
    def end(self) -> XY:
        """Where the run ends, east-north metres."""
        return self.place(self.leave)

    def place(self, x: float) -> XY:
        """The place `x` along the line in east-north metres."""
        return turned_back(x, self.line.y, self.line.angle_deg)


def flown(line: Pass, swath: Swath, *, forward: bool) -> Run:
    """Place run-up, releases and run-out of a pass flown one way inside its limits.

    The camera is on from where the run-up begins: a waypoint at its end would slow the flight, and the
    pictures on the way are gained.
    """
    sign = 1.0 if forward else -1.0
    start, end = (line.x_from, line.x_to) if forward else (-line.x_to, -line.x_from)
    low, high = (line.low, line.high) if forward else (-line.high, -line.low)
    first = min(max(low, start - swath.lead_m), high)
    room = max(0.0, high - swath.tail_m - first)
    count = min(math.ceil(max(0.0, end - first) / swath.shot_m), math.floor(room / swath.shot_m))
    reach = first + count * swath.shot_m + swath.along_m / 2 - swath.slack_m
    if reach < end:
        count = min(
            math.ceil((end - reach) / swath.shot_m) + count, math.floor((high - first) / swath.shot_m)
        )
    last = first + count * swath.shot_m
    leave = min(high, last + swath.tail_m)
    shots = tuple(sign * (first + i * swath.shot_m) for i in range(count + 1))
    return Run(line, forward, sign * leave, shots)


def covered_by(run: Run, swath: Swath) -> Polygon:
    """The rectangle a run surely photographs, less the position error."""
    x1, x2 = min(run.shots), max(run.shots)
    return strip(run.line, x1, x2, swath)


def covered_anyway(line: Pass, swath: Swath) -> Polygon | None:
    """The rectangle a pass surely photographs whichever way it is flown."""
    there, back = (flown(line, swath, forward=f).shots for f in (True, False))
    x1, x2 = max(min(there), min(back)), min(max(there), max(back))
    along = swath.along_m / 2 - swath.slack_m
    return strip(line, x1, x2, swath) if x1 - along < x2 + along else None


def strip(line: Pass, x1: float, x2: float, swath: Swath) -> Polygon:
    """What releases from `x1` to `x2` along a line surely photograph, in east-north metres."""
    along, across = swath.along_m / 2 - swath.slack_m, swath.across_m / 2 - swath.slack_m
    x, y, angle = (x1 - along, x2 + along), (line.y - across, line.y + across), line.angle_deg
    return Polygon([turned_back(x[i], y[k], angle) for i, k in ((0, 0), (1, 0), (1, 1), (0, 1))])


def lay_passes(target: Area, working: Area, swath: Swath, angle_deg: float, first_row: int = 0) -> list[Pass]:
    """Parallel passes over `target`, each piece kept inside `working`; rows number the lines upwards.

    Both are given turned to `angle_deg` (`turned`).
    """
    spacing = swath.spacing(swath.along_m + 2.0 * swath.lead_m)
    found = laid(edges_of(target), edges_of(working), spacing).tolist()
    return [Pass(angle_deg, first_row + int(row), *rest) for row, *rest in found]


def _spans(geometry: BaseGeometry) -> list[XY]:
    """The x extents of a geometry's parts, in order."""
    boxes = [g.bounds for g in shapely.get_parts(shapely.get_parts(geometry)) if not g.is_empty]
    return sorted((b[0], b[2]) for b in boxes)


def left_over(target: Area, lines: Sequence[Pass], swath: Swath) -> Area:
    """The part of `target` (east-north) that no pass surely photographs whichever way it is flown."""
    seen = shapely.union_all([s for line in lines if (s := covered_anyway(line, swath)) is not None])
    rest = as_area(target.difference(seen))
    return as_area(shapely.union_all([p for p in shapely.get_parts(rest) if p.area > 1e-3]))


def spot_passes(rest: Area, working: Area, angle_deg: float, first_row: int) -> list[Pass]:
    """One release above a point of each leftover part, or as near to it as may be flown: the last resort."""
    passes = []
    for number, part in enumerate(shapely.get_parts(rest)):
        point = part.representative_point()
        if not working.intersects(point):
            point, _ = nearest_points(working.buffer(-BARELY_M), point)
        if point.is_empty:
            continue
        chord = working.intersection(_across(working, point.y))
        for low, high in _spans(chord):
            if low - 1e-6 <= point.x <= high + 1e-6:
                passes.append(Pass(angle_deg, first_row + number, point.y, point.x, point.x, low, high))
    return passes


def _across(working: Area, y: float) -> BaseGeometry:
    west, _, east, _ = working.bounds
    return shapely.LineString([(west - 1, y), (east + 1, y)])


def turned(geometry: Area, angle_deg: float) -> Area:
    """A geometry turned so that passes at `angle_deg` (clockwise from north) run along +x."""
    return as_area(affinity.rotate(geometry, angle_deg - 90.0, origin=(0, 0)))


def turned_back(x: float, y: float, angle_deg: float) -> XY:
    """A point of the turned frame back in east-north metres."""
    angle = math.radians(90.0 - angle_deg)
    return x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)
