"""A sortie as the points it flies through: transits round corners, passes, heights over the ground."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from missions.aircraft import Aircraft
from missions.energy import PathPoint
from missions.route import XY, Navigator, NoRouteError
from missions.survey.corridorlanes import Lane
from missions.survey.lines import Run
from missions.survey.terrainfollow import Surface

FINAL_DESCENT_M = 10.0
SAME_PLACE_M = 0.01
RETURN_WAIT_S = 5.0  # ArduCopter waits so long over home before it comes down


class Camera(Enum):
    """What the camera does on reaching a point."""

    KEEP = "keep"
    START = "start"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """A point to fly to: east, north, up over home in metres; whether a pass leads here.

    `aim` is the place (east, north, up) that camera and nose point at on the way here; None = ahead.
    """

    xy: XY
    up_m: float
    camera: Camera = Camera.KEEP
    on_pass: bool = False
    aim: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Flyer:
    """Everything that turns runs into a track: space, surface, memory of ways and of legs over the ground."""

    space: Navigator
    surface: Surface
    ways: dict[tuple[XY, XY], list[XY]]
    legs: dict[tuple[XY, XY], list[tuple[XY, float]]] = field(
        default_factory=dict, init=False
    )  # a copy over other ground begins anew

    def way(self, start: XY, end: XY) -> list[XY]:
        """The shortest way inside the flight space, remembered."""
        key = start, end
        if key not in self.ways:
            found = self.space.way(start, end)
            if found is None:
                raise NoRouteError(
                    "no way between two parts of the survey inside the allowed space",
                    hint="widen --margin-m, or plan the parts one by one",
                )
            self.ways[key] = found
            self.ways[end, start] = found[::-1]
        return self.ways[key]

    def leg(self, start: XY, end: XY) -> list[tuple[XY, float]]:
        """The points after `start` that follow the ground to `end`, remembered."""
        key = start, end
        if key not in self.legs:
            self.legs[key] = self.surface.legs(start, end)
        return self.legs[key]

    def up_m(self, place: XY) -> float:
        """The flying height over a place, remembered."""
        return self.leg(place, place)[-1][1]

    def track(self, runs: Sequence[Run | Lane], home: XY = (0.0, 0.0)) -> list[TrackPoint]:
        """Over `home` in the air, transits and runs, over it again."""
        points = [TrackPoint(home, self.up_m(home))]
        for run in runs:
            points += self._transit(points[-1].xy, run.start)
            lane = list(self._lane(run) if isinstance(run, Lane) else self._run(run))
            if len(points) > 1 and _on_way_to(points[-1], lane[0]):
                points.pop()
            points += lane
        return points + self._transit(points[-1].xy, home)

    def _transit(self, start: XY, end: XY) -> list[TrackPoint]:
        if math.dist(start, end) < 0.01:
            return []
        legs = itertools.pairwise(self.way(start, end))
        return [TrackPoint(xy, up) for a, b in legs for xy, up in self.leg(a, b)]

    def _run(self, run: Run) -> Iterator[TrackPoint]:
        yield TrackPoint(run.start, self.up_m(run.start), Camera.START, on_pass=True)
        *between, (last, last_up) = self.leg(run.start, run.end)
        yield from (TrackPoint(xy, up, on_pass=True) for xy, up in between)
        yield TrackPoint(last, last_up, Camera.STOP, on_pass=True)

    def _lane(self, lane: Lane) -> Iterator[TrackPoint]:
        yield TrackPoint(lane.start, self.up_m(lane.start), Camera.START, on_pass=True)
        legs = [point for a, b in itertools.pairwise(lane.places) for point in self.leg(a, b)]
        yield from (TrackPoint(xy, up, on_pass=True) for xy, up in legs[:-1])
        yield TrackPoint(*legs[-1], Camera.STOP, on_pass=True)


def _on_way_to(point: TrackPoint, first: TrackPoint) -> bool:
    """Whether a point says nothing that the next does not: two waypoints at one place stop the vehicle."""
    return point.camera is Camera.KEEP and math.dist(point.xy, first.xy) < SAME_PLACE_M


def timed(
    track: Sequence[TrackPoint], aircraft: Aircraft, survey_ms: float, ground_m: float = 0.0
) -> list[PathPoint]:
    """A track from the ground (at `ground_m`) and back to it as points with speeds, for `path_cost`."""
    home, top = track[0], track[-1]
    path = [
        PathPoint(*home.xy, ground_m, aircraft.climb_ms),
        PathPoint(*home.xy, home.up_m, aircraft.climb_ms),
    ]
    passes = [i for i, p in enumerate(track) if p.on_pass]
    for i, point in enumerate(track[1:], start=1):
        inside = bool(passes) and passes[0] <= i <= passes[-1]
        path.append(PathPoint(*point.xy, point.up_m, survey_ms if inside else aircraft.cruise_ms))
    low = ground_m + min(FINAL_DESCENT_M, max(top.up_m - ground_m, 0.0))
    path[-1] = replace(path[-1], hold_s=path[-1].hold_s + RETURN_WAIT_S)
    path.append(PathPoint(*top.xy, low, aircraft.descent_ms))
    path.append(PathPoint(*top.xy, ground_m, aircraft.land_ms))
    return path
