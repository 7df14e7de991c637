"""Ways from pads to points: planned once for the air and the wind of the moment, used by many flights."""

import dataclasses
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any

from core.errors import SkyshadeError
from core.geo import LonLat
from core.wind import CALM
from delivery.air import AirParams, outlines_of, pieces_of
from delivery.conditions import Conditions, permits_of, zones_during
from delivery.flightplan import DeliveryPlan, plan_delivery
from delivery.flights import Piece
from delivery.model import Craft, Place
from delivery.reasons import Facts, Reason, Rule
from gis.vector import Area
from missions.aircraft import Aircraft, load_aircraft
from missions.airspace import Zone
from missions.checks import check_mission
from missions.energy import leg_costs, path_cost
from missions.finding import Finding, Severity, Verdict
from missions.route import NoRouteError

_LONG_S = 3600.0  # no flight lasts longer: zones in force within it count


@dataclass(frozen=True)
class Way:
    """A planned way: what it costs and needs of the air; `reasons` speak against flying it at all."""

    plan: DeliveryPlan | None
    aircraft: Aircraft
    reasons: tuple[Reason, ...]
    conditions: Conditions
    home_m: float = 0.0
    air: AirParams = field(default_factory=AirParams)

    @property
    def to_release_s(self) -> float:
        """Seconds from take-off to the release."""
        return math.inf if self.plan is None else self.plan.to_release.duration_s

    @property
    def total_s(self) -> float:
        """Seconds from take-off to motors off."""
        return math.inf if self.plan is None else self.plan.total.duration_s

    def energy_Wh(self, payload_kg: float) -> float:
        """What the flight takes with that load on the way out."""
        if self.plan is None:
            return math.inf
        known = self._energies.get(payload_kg)
        if known is None:
            wind = self.conditions.wind or CALM
            out = path_cost(self.plan.there, self.aircraft, wind, payload_kg=payload_kg)
            known = self._energies[payload_kg] = out.energy_Wh + self._back_Wh
        return known

    @cached_property
    def _energies(self) -> dict[float, float]:
        return {}

    @cached_property
    def _back_Wh(self) -> float:
        wind = self.conditions.wind or CALM
        return 0.0 if self.plan is None else path_cost(self.plan.back, self.aircraft, wind).energy_Wh

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The air it needs, counted from take-off."""
        if self.plan is None:
            return ()
        wind = self.conditions.wind or CALM
        path = [*self.plan.there, *self.plan.back]
        there, back = (leg_costs(p, self.aircraft, wind) for p in (self.plan.there, self.plan.back))
        seconds = [c.duration_s for c in (*there, *back)]
        seconds.insert(len(there), 0.0)  # the release is the end of one path and the begin of the other
        return pieces_of(path, seconds, self.plan.mission.home.position, self.home_m, self.air)

    @cached_property
    def outlines(self) -> tuple[Area, ...]:
        """The outline of each piece."""
        return outlines_of(self.pieces)


@dataclass(slots=True)
class Ways:
    """All ways that were asked for, by what they depend on."""

    air: AirParams = field(default_factory=AirParams)
    _known: dict[tuple[Any, ...], Way] = field(default_factory=dict)

    def way(
        self, craft: Craft, depot: Place, point: Place, conditions: Conditions, when_s: float, level: int = 0
    ) -> Way:
        """The way of an aircraft from its pad to a point, taking off about a UTC second."""
        aircraft = aircraft_of(craft.type)
        zones = zones_during(conditions.zones or (), when_s, when_s + _LONG_S)
        pad = pad_of(craft, depot)
        day = dataclasses.replace(conditions, zones=None if conditions.zones is None else zones)
        site = (
            pad,
            depot.elevation_m,
            point.position,
            point.elevation_m,
            point.release,
            point.release_height_m,
        )
        undated = conditions.permits is None or isinstance(conditions.permits, frozenset)
        dated = None if undated else when_s // PERMIT_S
        air = (level, conditions.lanes, conditions.permits, dated, _names(zones, conditions))
        weather = (conditions.wind, conditions.weather, id(conditions.terrain))
        key = (craft.type, *site, *air, *weather)
        if key not in self._known:
            if len(self._known) > MOST_WAYS:
                self._known.clear()
            home = dataclasses.replace(depot, position=pad)
            self._known[key] = _planned(home, point, aircraft, day, level, self.air, when_s)
        return self._known[key]


MOST_WAYS = 5000
PERMIT_S = 900.0  # permits with dates are looked at so often


def _names(zones: tuple[Zone, ...], conditions: Conditions) -> tuple[Any, ...] | None:
    """What tells one set of zones from another."""
    if conditions.zones is None:
        return None
    return tuple((z.name, z.kind, z.floor, z.ceiling, z.polygon.wkb) for z in zones)


@lru_cache(maxsize=64)
def aircraft_of(name: str) -> Aircraft:
    """An aircraft type by name or file, read once."""
    return load_aircraft(name)


def pad_of(craft: Craft, depot: Place) -> LonLat:
    """Where an aircraft takes off."""
    return depot.pads[craft.pad % len(depot.pads)] if depot.pads else depot.position


def _planned(
    home: Place,
    point: Place,
    aircraft: Aircraft,
    day: Conditions,
    level: int,
    air: AirParams,
    when_s: float,
) -> Way:
    try:
        plan = plan_delivery(
            home, point, aircraft, payload_kg=aircraft.payload_max_kg, zones=day.zones or (),
            wind=day.wind or CALM, params=day.lanes, level=level,
        )  # fmt: skip
    except NoRouteError as error:
        return Way(None, aircraft, (Reason(Rule.AIRSPACE, error.message, error.hint or ""),), day)
    except SkyshadeError as error:
        return Way(None, aircraft, (Reason(Rule.UNKNOWN, error.message, error.hint or ""),), day)
    except ValueError as error:
        return Way(
            None,
            aircraft,
            (Reason(Rule.WEATHER, str(error), "wait for less wind", (("case", "hard"),)),),
            day,
        )
    reasons = tuple(_reason(f) for f in _findings(plan, aircraft, day, when_s) if _forbids(f))
    return Way(plan, aircraft, reasons, day, float(home.elevation_m or 0.0), air)


def _findings(plan: DeliveryPlan, aircraft: Aircraft, day: Conditions, when_s: float) -> tuple[Finding, ...]:
    """What the mission rules say; energy and daylight are judged with the real charge and time."""
    return check_mission(
        plan.cruise,
        zones=day.zones,
        terrain=day.terrain,
        aircraft=aircraft,
        wind=day.wind,
        weather=day.weather,
        permits=permits_of(day.permits),
        at_time=datetime.fromtimestamp(when_s, UTC),
        payload_kg=aircraft.payload_max_kg,
    )


_JUDGED_HERE = {"energy", "daylight", "return_energy"}
"""With the real charge and time; goods that come back are carried by the reserve."""


def _forbids(finding: Finding) -> bool:
    """Whether a rule speaks against the flight; what must be known and is not does too."""
    return (
        finding.verdict is not Verdict.PASS
        and finding.severity is Severity.ERROR
        and finding.rule not in _JUDGED_HERE
    )


_RULES = {
    "wind": Rule.WEATHER,
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


def _reason(finding: Finding) -> Reason:
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
