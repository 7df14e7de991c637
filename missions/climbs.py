"""A way over the ground gets its heights: up, along the lane, down, each end by the quicker safe climb."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from core.geo import Altitude, Datum, FloatArray
from core.wind import CALM, Wind
from missions.aircraft import Aircraft
from missions.airspace import Zone
from missions.closures import Room
from missions.energy import PathPoint, path_cost
from missions.route import XY
from missions.sky import Shapes, Sky, hits

STATION_M = 5.0
FOLLOW_M = 1.0  # how far a lane above ground may differ from the ground's own shape
FIRST_M = 10.0  # straight up at least so far before moving on
STEPS = 6


@dataclass(frozen=True, slots=True)
class Ends:
    """The heights over home where a flight begins and ends, metres."""

    start_up_m: float
    end_up_m: float


@dataclass(frozen=True, slots=True)
class Track:
    """Points (n, 3) east, north, up in flying order, and the least height over the ground between its two
    upright ends (NaN = not known) with the place where that is.
    """

    points: FloatArray
    clearance_m: float = math.nan
    lowest: XY = (0.0, 0.0)

    def path(self, speed_ms: float) -> list[PathPoint]:
        """The track for `path_cost`."""
        return [PathPoint(float(e), float(n), float(u), speed_ms) for e, n, u in self.points]


@dataclass(frozen=True, slots=True)
class Climber:
    """What heights are laid with."""

    shapes: Shapes
    room: Room
    craft: Aircraft
    wind: Wind = CALM
    slanted: bool = True

    @property
    def sky(self) -> Sky:
        """The sky of the shapes."""
        return self.shapes.sky

    def track(self, way: Sequence[XY], lane: Altitude, ends: Ends) -> Track:
        """The whole track along `way` (two places or more)."""
        level = self._level(np.array(way, float), lane)
        away = self._rise(level, ends.start_up_m, down=False)
        home = self._rise(away[::-1], ends.end_up_m, down=True)[::-1]
        return self._measured(_without_repeats(home))

    def _level(self, way: FloatArray, lane: Altitude) -> FloatArray:
        """The way at the lane's height: its turning points, and more where a lane follows the ground."""
        if lane.datum is not Datum.GROUND:
            return np.column_stack([way, self.sky.up(lane, np.zeros(len(way)))])
        legs = [self._followed(a, b, lane) for a, b in itertools.pairwise(way)]
        return np.vstack([legs[0][:1], *(leg[1:] for leg in legs)])

    def _followed(self, a: FloatArray, b: FloatArray, lane: Altitude) -> FloatArray:
        xy = stations(a, b)
        up = self.sky.up(lane, self.sky.ground_up(xy))
        along = np.hypot(*(xy - a).T)
        kept = np.asarray(shapely.LineString(np.column_stack([along, up])).simplify(FOLLOW_M).coords)
        index = np.searchsorted(along, kept[:, 0] - 1e-9)
        return np.column_stack([xy[index], up[index]])

    def _rise(self, level: FloatArray, from_up: float, *, down: bool) -> FloatArray:
        """The track with its first end joined to the height it begins at: upright, or slanted if quicker."""
        upright = np.vstack([[*level[0, :2], from_up], level])
        low, top = from_up + FIRST_M, float(level[0, 2])
        if not self.slanted or top <= low:
            return upright
        best, least = upright, self._seconds(upright, down=down)
        for safe in np.linspace(low, top, STEPS, endpoint=False):
            tried = self._slanted(level, from_up, float(safe), down=down)
            seconds = math.inf if tried is None else self._seconds(tried, down=down)
            if tried is not None and seconds < least - 0.1:
                best, least = tried, seconds
        return best

    def _slanted(self, level: FloatArray, from_up: float, safe: float, *, down: bool) -> FloatArray | None:
        """Upright to `safe`, then along the way up to the lane at the craft's own rates; None = not clear."""
        rate = self.craft.descent_ms if down else self.craft.climb_ms
        far = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(level[:, :2], axis=0).T))])
        run = min((float(level[0, 2]) - safe) * self.craft.cruise_ms / rate, far[-1] / 2.0)
        if run < 1.0:
            return None
        reached = [float(np.interp(run, far, level[:, k])) for k in range(3)]
        turns = [i for i in range(1, len(far) - 1) if far[i] < run - 1e-6]
        climb = [[*level[i, :2], safe + (reached[2] - safe) * far[i] / run] for i in turns]
        sloped = np.array([[*level[0, :2], safe], *climb, reached])
        if not self._clear(sloped):
            return None
        return np.vstack([[*level[0, :2], from_up], sloped, level[far > run + 1e-6]])

    def _seconds(self, points: FloatArray, *, down: bool) -> float:
        path = Track(points[::-1] if down else points).path(self.craft.cruise_ms)
        return path_cost(path, self.craft, self.wind).duration_s

    def _clear(self, sloped: FloatArray) -> bool:
        """Whether a slope below the lane keeps from zones, buildings and ground."""
        dense = np.vstack([stations(a, b) for a, b in itertools.pairwise(sloped)])
        return next(met(self.shapes, self.room, dense), None) is None

    def _measured(self, points: FloatArray) -> Track:
        if self.sky.terrain is None or len(points) < 4:
            return Track(points)
        dense = np.vstack([stations(a, b) for a, b in itertools.pairwise(points[1:-1])])
        over = dense[:, 2] - self.sky.ground_up(dense[:, :2])
        if not np.isfinite(over).any():
            return Track(points)
        worst = int(np.nanargmin(over))
        lowest = float(dense[worst, 0]), float(dense[worst, 1])
        return replace(Track(points), clearance_m=float(over[worst]), lowest=lowest)


def met(shapes: Shapes, room: Room, dense: FloatArray, *, upright: bool = False) -> Iterator[str]:
    """What points (n, 3) closely spaced along a flight come too near to, by name.

    An `upright` climb or descent keeps no distance sideways, and none from the ground it begins at.
    """
    sky, xy, up = shapes.sky, dense[:, :2], dense[:, 2]
    ground = sky.ground_up(xy)
    for zone, area in shapes.zones:
        over = _over(area, 0.0 if upright else room.margin_m, xy)
        if over.any() and _inside(sky, zone, up[over], ground[over], room.vertical_m):
            yield f"{zone.kind.value} zone {zone.name!r}"
    beside = 0.0 if upright else room.beside_m
    for point, near in shapes.tree.query(shapely.points(xy), predicate="dwithin", distance=beside).T.tolist():
        if not up[point] - shapes.tops_up[near] >= room.over_m:
            yield f"obstacle {sky.obstacles[near].name!r}"
    if not upright and sky.terrain is not None and not (up - ground >= room.clearance_m - 0.01).all():
        yield f"ground nearer than {room.clearance_m:g} m"


def _inside(sky: Sky, zone: Zone, up: FloatArray, ground: FloatArray, room_m: float) -> bool:
    """Whether any of these heights is inside a zone, or may be."""
    return any(
        hits(sky, zone, Altitude(float(u), Datum.HOME), np.array([g]), room_m)[0]
        for u, g in zip(up, ground, strict=True)
    )


def _over(area: BaseGeometry, margin_m: float, xy: FloatArray) -> NDArray[np.bool_]:
    """Which places (n, 2) lie within a margin of an area."""
    west, south, east, north = area.bounds
    x, y = xy[:, 0], xy[:, 1]
    near = (x >= west - margin_m) & (x <= east + margin_m) & (y >= south - margin_m) & (y <= north + margin_m)
    if near.any():
        near[near] = shapely.dwithin(area, shapely.points(xy[near]), margin_m)
    return near


def stations(a: FloatArray, b: FloatArray) -> FloatArray:
    """Points (n, 2 or 3) from `a` to `b`, ends included, 5 m apart or less."""
    count = max(1, math.ceil(float(np.linalg.norm(b - a)) / STATION_M))
    share = np.linspace(0.0, 1.0, count + 1)[:, None]
    mixed: FloatArray = (1.0 - share) * a + share * b
    return mixed


def _without_repeats(points: FloatArray) -> FloatArray:
    moved = np.abs(np.diff(points, axis=0)).max(axis=1) > 1e-6
    kept: FloatArray = points[np.concatenate([[True], moved])]
    return kept
