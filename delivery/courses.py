"""Courses: ways over the ground from pad to point and back, in any wind, and what the rules say of them."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

import shapely

from core.errors import SkyshadeError
from core.geo import LonLat
from delivery.buildings import Buildings, in_the_way
from delivery.conditions import Permits, permits_of
from delivery.flightplan import DeliveryPlan, LaneParams, plan_delivery, release_altitude_m
from delivery.model import Hours, Place
from delivery.openair import ClosedError, OpenAir
from delivery.reasons import Facts, Reason, Rule
from gis.terrain import Terrain
from missions.aircraft import Aircraft, load_aircraft
from missions.airspace import Zone
from missions.case import Known
from missions.checks import check_mission
from missions.finding import Finding, Severity, Verdict
from missions.model import Home, Mission
from missions.rally import NoRallyError, with_rally
from missions.route import NoRouteError, Route
from missions.sky import Obstacle, Sky

PERMIT_S = 900.0  # permits with dates are looked at so often
SOME_DAY = datetime(2026, 6, 1, 3, tzinfo=UTC)  # where the time makes no difference


@lru_cache(maxsize=64)
def aircraft_of(name: str) -> Aircraft:
    """An aircraft type by name or file, read once."""
    return load_aircraft(name)


@dataclass(frozen=True, slots=True)
class Errand:
    """From which pad to which point, with what, in which pair of lanes; `when_s` where dates matter."""

    craft_type: str
    depot: Place
    pad: LonLat
    point: Place
    level: int = 0
    when_s: float | None = None

    @property
    def home(self) -> Place:
        """The depot where the aircraft takes off."""
        return dataclasses.replace(self.depot, position=self.pad)

    @property
    def moments(self) -> tuple[datetime, ...]:
        """The times that permits are looked at."""
        if self.when_s is None:
            return (SOME_DAY,)
        ends = self.when_s, self.when_s + PERMIT_S
        return tuple(datetime.fromtimestamp(s, UTC) for s in ends)


def bare(place: Place) -> Place:
    """A place without what changes from hour to hour and moves no way."""
    return dataclasses.replace(place, closed=False, occupied=False, hours=Hours(), pads=())


@dataclass(frozen=True, slots=True, eq=False)
class Air:
    """What bounds all courses for a while: zones as if always in force, permits, lanes, ground, buildings.

    None = not known.
    """

    zones: tuple[Zone, ...] | None
    permits: Permits
    lanes: LaneParams
    terrain: Terrain | None
    buildings: Buildings | None = None
    _open: dict[tuple[object, ...], OpenAir] = field(default_factory=dict)

    def sky(self, depot: Place, obstacles: tuple[Obstacle, ...] = ()) -> Sky:
        """The air round a depot."""
        home = Home(depot.position, depot.elevation_m)
        return Sky(home, self.zones or (), obstacles, self.terrain, SOME_DAY)

    def route(self, errand: Errand) -> Route | None:
        """The way in the errand's lanes; None where the ground is not known. Raises `NoRouteError`."""
        if self.terrain is None:
            return None
        key = errand.depot.position, errand.depot.elevation_m, errand.level
        if key not in self._open:
            low_m = self.lanes.lane_for(0.0, errand.level)
            lanes = low_m, self.lanes.lane_for(180.0, errand.level)
            sky = self.sky(errand.depot)
            self._open[key] = OpenAir(sky, lanes, self.lanes.margin_m, self.buildings)
        return self._open[key].way(errand.pad, errand.point.position)


@dataclass(frozen=True, slots=True)
class Judged:
    """A course with rally points, in calm air, and what speaks against flying it in any wind."""

    plan: DeliveryPlan
    reasons: tuple[Reason, ...] = ()


class Hand(Protocol):
    """Who works courses out."""

    def line(self, errand: Errand, air: Air) -> DeliveryPlan | Reason:
        """The line of an errand, or why there is none."""
        ...

    def judged(self, errand: Errand, air: Air, line: DeliveryPlan) -> Judged:
        """Rally points for a line, and what the rules say of it."""
        ...


class Here:
    """Works courses out in the thread that asks."""

    def line(self, errand: Errand, air: Air) -> DeliveryPlan | Reason:
        """As `line_of`."""
        return line_of(errand, air)

    def judged(self, errand: Errand, air: Air, line: DeliveryPlan) -> Judged:
        """As `judged`."""
        return judged(errand, air, line)


class Course:
    """A course, worked out when it is asked for: first its line, which times need, then its judgement.

    Two threads that ask at once may both work it out; they find the same.
    """

    def __init__(self, errand: Errand, air: Air, hand: Hand) -> None:
        self.errand, self.air, self._hand = errand, air, hand
        self._line: DeliveryPlan | Reason | None = None
        self._judged: Judged | None = None

    @property
    def line(self) -> DeliveryPlan | Reason:
        """The course in calm air without rally points, or why there is none."""
        if self._line is None:
            self._line = self._hand.line(self.errand, self.air)
        return self._line

    @property
    def judged(self) -> Judged | None:
        """The course with rally points and what the rules say; None where there is no line."""
        line = self.line
        if self._judged is None and not isinstance(line, Reason):
            self._judged = self._hand.judged(self.errand, self.air, line)
        return self._judged

    @property
    def known(self) -> bool:
        """Whether it is worked out."""
        return self._judged is not None or isinstance(self._line, Reason)

    def warm(self) -> None:
        """Work it out now."""
        if not self.known:
            _ = self.judged  # kept


def line_of(errand: Errand, air: Air) -> DeliveryPlan | Reason:
    """The line of an errand, or why there is none."""
    aircraft = aircraft_of(errand.craft_type)
    try:
        return plan_delivery(
            errand.home, errand.point, aircraft, payload_kg=aircraft.payload_max_kg, zones=air.zones or (),
            params=air.lanes, level=errand.level, route=air.route(errand), rally=False,
        )  # fmt: skip
    except ClosedError as error:
        return Reason(error.rule, error.message, error.hint or "")
    except NoRouteError as error:
        return Reason(Rule.AIRSPACE, error.message, error.hint or "")
    except SkyshadeError as error:
        return Reason(Rule.UNKNOWN, error.message, error.hint or "")


def judged(errand: Errand, air: Air, line: DeliveryPlan) -> Judged:
    """Rally points for a line, and what the rules say of it."""
    near = _buildings_near(air, line.mission)
    reasons = list(_uprights(errand, air, near))
    plan = line
    try:
        rallied = with_rally(line.mission, obstacles=near, **_known(errand, air, errand.moments[0]))
        plan = dataclasses.replace(line, mission=rallied)
    except NoRallyError as error:
        if near:  # where none are, the rules themselves say what is wrong
            reasons.append(Reason(Rule.PLAN, error.message, error.hint or ""))
    for moment in errand.moments:
        found = check_mission(plan.cruise, **_known(errand, air, moment))
        reasons += [reason_of(f) for f in found if forbids(f)]
    return Judged(plan, tuple(dict.fromkeys(reasons)))


def _known(errand: Errand, air: Air, moment: datetime) -> Known:
    """What the rules are told: all but the weather, which is judged apart."""
    aircraft = aircraft_of(errand.craft_type)
    return {
        "zones": air.zones,
        "terrain": air.terrain,
        "aircraft": aircraft,
        "permits": permits_of(air.permits),
        "at_time": moment,
        "payload_kg": aircraft.payload_max_kg,
        "structures": None if air.buildings is None else air.buildings.structures,
    }


def _buildings_near(air: Air, mission: Mission) -> tuple[Obstacle, ...]:
    """The buildings that the fence holds, where straight returns lead."""
    if air.buildings is None:
        return ()
    rings = [shapely.Polygon([c.xy for c in p.corners]) for p in mission.fence.polygons]
    return air.buildings.near(shapely.union_all(rings))


def _uprights(errand: Errand, air: Air, near: tuple[Obstacle, ...]) -> Iterator[Reason]:
    """Buildings that a climb or a descent on the spot leads through."""
    if not near:
        return
    sky = air.sky(errand.home, near)
    low_m = release_altitude_m(errand.home, errand.point)
    roof_m = max(0.0, float(errand.depot.elevation_m or 0.0) - sky.home_m)  # a pad may be on one
    for place, down_m, cure in (
        (errand.pad, roof_m, "move the depot's pad"),
        (errand.point.position, low_m, "choose another point"),
    ):
        name = in_the_way(sky, sky.frame.point(place), down_m)
        if name is not None:
            yield Reason(Rule.HEIGHT, f"{name} stands where the aircraft would come down", cure)


_JUDGED_ELSEWHERE = {"energy", "daylight", "return_energy", "wind"}
"""With the real charge, time and wind; goods that come back are carried by the reserve."""


def forbids(finding: Finding) -> bool:
    """Whether a rule speaks against the flight; what must be known and is not does too."""
    return (
        finding.verdict is not Verdict.PASS
        and finding.severity is Severity.ERROR
        and finding.rule not in _JUDGED_ELSEWHERE
    )


_RULES = {
    "gusts": Rule.WEATHER,
    "rain": Rule.WEATHER,
    "visibility": Rule.WEATHER,
    "cloud_base": Rule.WEATHER,
    "cold": Rule.WEATHER,
    "warmth": Rule.WEATHER,
    "weather": Rule.WEATHER,
    "height_above_ground": Rule.HEIGHT,
    "terrain_clearance": Rule.HEIGHT,
    "return_clearance": Rule.HEIGHT,
}


def reason_of(finding: Finding) -> Reason:
    """A rule's finding as a reason against an order."""
    if finding.rule in {"zones", "return_zones"}:
        rule = Rule.PERMIT if "control zone" in finding.message else Rule.AIRSPACE
    else:
        rule = _RULES.get(finding.rule, Rule.PLAN)
    cures = {Rule.WEATHER: "wait for better weather", Rule.PERMIT: "get permission for the zone"}
    return Reason(rule, finding.message, finding.cure or cures.get(rule, ""), _facts(finding))


def _facts(finding: Finding) -> Facts:
    """A finding's name, value and limit, in the units of its rule."""
    numbers = ("value", finding.value), ("limit", finding.limit)
    return ("case", finding.rule), *((name, round(n, 1)) for name, n in numbers if n is not None)
