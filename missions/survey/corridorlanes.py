"""Lanes: runs that bend. A corridor is flown in lanes beside its line, camera on round gentle bends."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
import shapely.ops

from core.geo import FloatArray
from gis.vector import Area
from missions.route import XY
from missions.survey.lines import Swath

SHARP_DEG = 35.0
SHORTEST_M = 1.0


@dataclass(frozen=True, slots=True)
class Lane:
    """A bent run: where the camera starts, the bends, where the camera stops (metres)."""

    places: tuple[XY, ...]
    swath: Swath

    @property
    def start(self) -> XY:
        """Where the lane begins."""
        return self.places[0]

    @property
    def end(self) -> XY:
        """Where the lane ends."""
        return self.places[-1]

    @property
    def length_m(self) -> float:
        """Metres with the camera on."""
        return sum(math.dist(a, b) for a, b in itertools.pairwise(self.places))

    @property
    def back(self) -> "Lane":
        """The same flown the other way."""
        return Lane(self.places[::-1], self.swath)

    def halves(self) -> tuple["Lane", "Lane"] | None:
        """The lane in two, one shot shared; None where it is too short for that."""
        if self.length_m < 4 * self.swath.shot_m:
            return None
        line = shapely.LineString(self.places)
        middle = line.length / 2
        parts = (shapely.ops.substring(line, 0.0, middle), shapely.ops.substring(line, middle, line.length))
        places = [tuple((float(x), float(y)) for x, y in part.coords) for part in parts]
        return Lane(places[0], self.swath), Lane(places[1], self.swath)


def lay_lanes(line: FloatArray, width_m: float, working: Area, swath: Swath) -> list[Lane]:
    """Lanes over a corridor round `line` (n, 2), to and fro, kept inside `working`.

    A sharp bend ends a lane: the next one starts anew beyond it, so that the outer corner is seen.
    """
    count = max(1, math.ceil(width_m / swath.line_m - 1e-9))
    offsets = width_m / count * (np.arange(count) + 0.5) - width_m / 2
    lanes: list[Lane] = []
    for piece, (before, after) in _pieces(line, width_m):
        whole = _longer(piece, before, after)
        for number, offset in enumerate(offsets):
            places = _beside(whole, float(offset))
            forward = number % 2 == 0
            lanes += _inside(places if forward else places[::-1], working, swath)
    return lanes


def _pieces(line: FloatArray, width_m: float) -> Iterator[tuple[FloatArray, tuple[float, float]]]:
    """The line cut at sharp bends, with the metres that each end must be flown on past its bend."""
    courses = np.degrees(np.arctan2(*np.diff(line, axis=0).T))
    turns = np.abs((np.diff(courses) + 180.0) % 360.0 - 180.0)
    sharp = [0, *(int(i) + 1 for i in np.flatnonzero(turns > SHARP_DEG)), len(line) - 1]
    beyond = [0.0, *(_beyond_m(float(turns[i - 1]), width_m) for i in sharp[1:-1]), 0.0]
    for (a, b), ends in zip(itertools.pairwise(sharp), itertools.pairwise(beyond), strict=True):
        yield line[a : b + 1], ends


def _beyond_m(turn_deg: float, width_m: float) -> float:
    """How far the outer corner of a bend lies ahead of it."""
    return width_m / 2 * min(math.tan(math.radians(turn_deg) / 2), 2.0)


def _longer(piece: FloatArray, before: float, after: float) -> FloatArray:
    start, end = piece[0] - piece[1], piece[-1] - piece[-2]
    first = piece[0] + before * start / np.hypot(*start)
    last = piece[-1] + after * end / np.hypot(*end)
    return np.vstack([first, piece[1:-1], last])


def _beside(piece: FloatArray, offset: float) -> FloatArray:
    """The piece moved to its left by `offset` metres."""
    moved = shapely.offset_curve(shapely.LineString(piece), offset, join_style="mitre", mitre_limit=3.0)
    parts = [g for g in shapely.get_parts(moved) if g.length > 0]
    if not parts:
        return piece
    return np.asarray(max(parts, key=lambda g: g.length).coords)


def _inside(places: FloatArray, working: Area, swath: Swath) -> Iterator[Lane]:
    """The parts of a lane that may be flown, with the lead-in and run-out that there is room for."""
    space = working.buffer(-0.01, join_style="mitre")
    for part in shapely.get_parts(shapely.LineString(places).intersection(space)):
        if part.geom_type != "LineString" or part.length < SHORTEST_M:
            continue
        bends = np.asarray(part.coords)
        entry = _on(bends[0], bends[0] - bends[1], swath.lead_m, space)
        rest = part.length % swath.shot_m
        more = swath.tail_m + (swath.shot_m - rest if swath.shot_m > swath.along_m / 2 else 0.0)
        leave = _on(bends[-1], bends[-1] - bends[-2], more, space)
        middle = [(float(x), float(y)) for x, y in bends[1:-1]]
        yield Lane((entry, *middle, leave), swath)


def _on(place: FloatArray, way: FloatArray, metres: float, space: shapely.Geometry) -> XY:
    """As far on from a place, up to `metres`, as the space goes."""
    end = place + metres * way / np.hypot(*way)
    inside = shapely.LineString([place, end]).intersection(space)
    near = [g for g in shapely.get_parts(inside) if g.distance(shapely.Point(place)) < 0.01 and g.length > 0]
    if not near:
        return float(place[0]), float(place[1])
    far = max(np.asarray(near[0].coords), key=lambda p: float(np.hypot(*(p - place))))
    return float(far[0]), float(far[1])


def serpentine(lanes: Sequence[Lane], home: XY) -> list[Lane]:
    """The lanes in order, begun at whichever end of the whole is nearer to home."""
    if not lanes:
        return []
    turned = [lane.back for lane in reversed(lanes)]
    return list(lanes) if math.dist(home, lanes[0].start) <= math.dist(home, turned[0].start) else turned
