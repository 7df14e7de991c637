"""Rally points for a mission: from everywhere on it the straight way to the nearest landing is clear."""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Unpack

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from core.errors import SkyshadeError
from core.geo import Altitude, Datum, FloatArray, LonLat
from missions.case import Case, Known
from missions.checks import case_of
from missions.closures import Room
from missions.finding import Finding, Verdict
from missions.model import Mission, RallyPoint
from missions.permits import held
from missions.rallychoice import Bools, choose
from missions.return_checks import (
    RALLY_LIMIT_M,
    return_findings,
    return_heights,
    return_samples,
)
from missions.sky import Obstacle, Shapes, Sky, shapes_of
from missions.space_checks import fence_sides
from missions.straight import can_land, clear_returns

_log = logging.getLogger(__name__)
NEAR_M = 20.0  # from so near a return is a landing
SLOPE_M = 5.0  # over which the ground's slope is taken


class NoRallyError(SkyshadeError):
    """From some place on a mission no landing can be reached by a straight clear way."""


@dataclass(frozen=True, slots=True)
class RallyParams:
    """How rally points are looked for.

    `step_m` between places on the flight, `spacing_m` between candidates (wider where there would be more
    than `candidates_most`), `slope_most` the steepest ground to land on (rise over run), `limit_m` the
    vehicle's RALLY_LIMIT_KM, `most` how many points may be set, `room` the distances kept.
    """

    step_m: float = 25.0
    spacing_m: float = 20.0
    candidates_most: int = 250
    places_most: int = 400
    slope_most: float = 0.2
    limit_m: float = RALLY_LIMIT_M
    most: int = 10
    inside_fence_m: float = 5.0
    room: Room = field(default_factory=lambda: Room(margin_m=5.0, beside_m=5.0))


def with_rally(
    mission: Mission,
    *,
    obstacles: Sequence[Obstacle] = (),
    params: RallyParams | None = None,
    **known: Unpack[Known],
) -> Mission:
    """The mission with the fewest rally points that keep every straight return clear; none where home does.

    `known` is what checks are told (`missions.case.Known`). Returns climb to the mission's greatest height
    over home or, where that is not clear, to RTL_ALT. Raises `NoRallyError` naming the item from which no
    return is clear, or where the charge does not last.
    """
    case = case_of(replace(mission, rally=()), **known)
    search = _search(case, obstacles, params or RallyParams())
    points = search.points()
    found = replace(mission, rally=points)
    _check(case_of(found, **known))
    return found


def _search(case: Case, obstacles: Sequence[Obstacle], params: RallyParams) -> "_Search":
    sky = Sky(
        case.mission.home,
        tuple(case.zones or ()),
        tuple(obstacles),
        case.terrain,
        case.at_time,
        _permitted(case),
    )
    samples, items = return_samples(case, params.step_m)
    chosen = _thinned(samples, params)
    return _Search(case, shapes_of(sky), samples[chosen], [items[i] for i in chosen.tolist()], params)


def rally_where_possible(mission: Mission, **known: Unpack[Known]) -> Mission:
    """As `with_rally`; where that is not possible the mission as it is, for checks to say what is wrong."""
    try:
        return with_rally(mission, **known)
    except NoRallyError as error:
        _log.info("no rally points for %s: %s", mission.name or "a mission", error)
        return mission


def _permitted(case: Case) -> frozenset[str]:
    return held(case.permits or (), case.at_time) or frozenset()


def _thinned(samples: FloatArray, params: RallyParams) -> np.ndarray:
    """Numbers of samples no two of which lie in one small box, fewer than `places_most`."""
    if not len(samples):
        return np.zeros(0, np.intp)
    cell = params.step_m / 2.0
    while True:
        boxes = np.floor(samples / [cell, cell, max(cell, 10.0)])
        _, first = np.unique(boxes, axis=0, return_index=True)
        if len(first) <= params.places_most:
            return np.sort(first)
        cell *= 1.3


@dataclass(frozen=True, slots=True)
class _Search:
    """`samples` (n, 3) on the flight and the items that lead there."""

    case: Case
    shapes: Shapes
    samples: FloatArray
    items: list[int]
    params: RallyParams

    def points(self) -> tuple[RallyPoint, ...]:
        """The rally points; none where every straight return home is clear."""
        if not len(self.samples):
            return ()
        home = np.zeros((1, 2))
        clear_home, _ = self._judged(home, np.zeros(1))
        if clear_home.all():
            return ()
        top = math.ceil(float(self.samples[:, 2].max()))
        return self._rallied(clear_home[:, 0], [float(top), math.ceil(self.case.rtl_alt_m)])

    def _rallied(self, clear_home: Bools, heights: list[float]) -> tuple[RallyPoint, ...]:
        """Rally points at the first of some heights over home where that is possible."""
        for later, up in enumerate(heights, start=1):
            try:
                return self._rallied_at(clear_home, up)
            except NoRallyError:
                if later == len(heights):
                    raise
        return ()

    def _rallied_at(self, clear_home: Bools, up: float) -> tuple[RallyPoint, ...]:
        places = self._candidates(self.samples[~clear_home], up)
        goals, asked = np.vstack([np.zeros((1, 2)), places]), np.array([0.0, *[up] * len(places)])
        good, apart = self._judged(goals, asked)
        self._reachable(good, apart)
        wanted = choose(apart, good, self.params.limit_m, apart[:, 1:].mean(axis=0) / apart.max())
        if wanted is None:
            raise NoRallyError(
                "no choice of rally points keeps every straight return clear",
                hint="draw the fence wider, or fly the parts as missions of their own",
            )
        if len(wanted) > self.params.most:
            raise NoRallyError(
                f"{len(wanted)} rally points would be needed, more than {self.params.most}",
                hint="fly the parts as missions of their own",
            )
        frame = self.shapes.sky.frame
        return tuple(RallyPoint(frame.place(*places[k]), Altitude(up, Datum.HOME)) for k in wanted)

    def _judged(self, goals: FloatArray, asked: FloatArray) -> tuple[Bools, FloatArray]:
        """Whether each straight return (samples, goals) is clear, and its length in metres."""
        apart = np.hypot(*(self.samples[:, None, :2] - goals[None]).transpose(2, 0, 1))
        tried = apart <= self.params.limit_m + 50.0
        tried[:, 0] = True
        rows, columns = np.nonzero(tried)
        heights = return_heights(self.case, self.samples[rows, 2], asked[columns], apart[rows, columns])
        starts = np.column_stack([self.samples[rows, :2], heights])
        good = np.zeros(apart.shape, bool)
        room = self.params.room
        good[rows, columns] = clear_returns(self.case, self.shapes, starts, goals[columns], room)
        return good | (apart < NEAR_M), apart

    def _reachable(self, good: Bools, apart: FloatArray) -> None:
        near = apart <= self.params.limit_m
        near[:, 0] = True
        stuck = np.flatnonzero(~(good & near).any(axis=1))
        if not len(stuck):
            return
        east, north, up = self.samples[stuck[0]]
        place = self.shapes.sky.frame.place(float(east), float(north))
        item = self.items[int(stuck[0])]
        raise NoRallyError(
            f"from {_name(place)} at {up:.0f} m over home (item {item + 1}) no straight way of "
            f"{self.params.limit_m:g} m or less leads to a place to land: "
            "zones, fence, buildings or ground are in the way",
            hint="draw the fence wider, or move the mission",
        )

    def _candidates(self, stuck: FloatArray, top_m: float) -> FloatArray:
        """Places to land (n, 2) round the places without a clear way home."""
        area = self._landable(stuck)
        spacing = max(self.params.spacing_m, math.sqrt(area.area / self.params.candidates_most))
        west, south, east, north = area.bounds
        lattice = np.stack(
            np.meshgrid(np.arange(west, east, spacing), np.arange(south, north, spacing)), axis=-1
        ).reshape(-1, 2)
        own = stuck[:: max(1, len(stuck) // 60), :2]
        places = np.vstack([own, lattice])
        places = places[shapely.contains_xy(area, places)]
        level = _level(self.shapes, places, self.params.slope_most)
        return places[can_land(self.shapes, places, top_m, self.params.room) & level]

    def _landable(self, stuck: FloatArray) -> BaseGeometry:
        """The ground within reach of the stuck places and well inside the fence."""
        near: BaseGeometry = shapely.MultiPoint(stuck[:, :2]).buffer(self.params.limit_m / 2.0, quad_segs=4)
        keep_in, keep_out = fence_sides(self.case.mission)
        for area in keep_in:
            near = near.intersection(area.buffer(-self.params.inside_fence_m))
        for area in keep_out:
            near = near.difference(area.buffer(self.params.inside_fence_m))
        return near


def _level(shapes: Shapes, places: FloatArray, slope_most: float) -> Bools:
    """Where the ground is level enough to land on, as far as it is known."""
    if shapes.sky.terrain is None or not len(places):
        return np.ones(len(places), bool)
    steps = np.array([[SLOPE_M, 0.0], [0.0, SLOPE_M]])
    here = shapes.sky.ground_up(places)
    rises = [np.abs(shapes.sky.ground_up(places + step) - here) / SLOPE_M for step in steps]
    return np.asarray(np.hypot(*rises) <= slope_most, bool)


def _check(case: Case) -> None:
    """Hold the whole to the rules themselves."""
    failed = [f for f in return_findings(case) if f.verdict is Verdict.FAIL]
    if failed:
        raise NoRallyError(_told(failed[0]), hint=failed[0].cure or "fly less in one mission")


def _told(finding: Finding) -> str:
    where = "" if finding.item is None or finding.item < 0 else f" (item {finding.item + 1})"
    return f"{finding.message}{where}"


def _name(place: LonLat) -> str:
    return f"{place.lon:.6f}, {place.lat:.6f}"
