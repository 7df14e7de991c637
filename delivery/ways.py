"""Ways from pads to points: courses timed in the wind of the moment, planned once and flown often."""

import dataclasses
import math
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from core.geo import LonLat
from core.wind import CALM
from delivery.air import AirParams, outlines_of, pieces_of
from delivery.airs import Airs
from delivery.conditions import Conditions, Same
from delivery.courses import (
    PERMIT_S,
    Air,
    Course,
    Errand,
    Hand,
    Here,
    aircraft_of,
    bare,
    forbids,
    reason_of,
)
from delivery.flightplan import DeliveryPlan
from delivery.flights import Piece
from delivery.model import Craft, Place
from delivery.reasons import Reason, Rule
from gis.vector import Area
from missions.aircraft import Aircraft
from missions.checks import case_of
from missions.day_checks import weather_findings
from missions.energy import Cost, leg_seconds, path_cost

__all__ = ["MOST_WAYS", "Way", "Ways", "aircraft_of", "pad_of"]

MOST_WAYS = 5000


@dataclass(frozen=True, slots=True)
class _Legs:
    """Seconds of each pair of points on the way out and on the way back."""

    there: tuple[float, ...]
    back: tuple[float, ...]


@dataclass(frozen=True)
class Way:
    """A course in the day's wind: what it costs and needs of the air; `reasons` speak against flying it.

    Times are known at once; rally points and rules are looked at when `plan` or `reasons` are asked for.
    """

    course: Course
    conditions: Conditions
    air: AirParams = field(default_factory=AirParams)

    @property
    def aircraft(self) -> Aircraft:
        """The type that flies it."""
        return aircraft_of(self.course.errand.craft_type)

    @property
    def open(self) -> bool:
        """Whether there is a way at all in this wind, whatever the rules say of it."""
        return isinstance(self._legs, _Legs)

    @cached_property
    def plan(self) -> DeliveryPlan | None:
        """The plan to fly; None where there is no way."""
        legs, judged = self._legs, self.course.judged
        if isinstance(legs, Reason) or judged is None:
            return None
        most_kg, wind = self.aircraft.payload_max_kg, self.conditions.wind or CALM
        out = path_cost(judged.plan.there, self.aircraft, wind, payload_kg=most_kg)
        return dataclasses.replace(judged.plan, to_release=out, total=out + self._back)

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """What speaks against flying it at all."""
        legs, judged = self._legs, self.course.judged
        if isinstance(legs, Reason) or judged is None:
            return (legs,) if isinstance(legs, Reason) else ()
        return tuple(dict.fromkeys((*self._windy(), *judged.reasons, *self._weather(judged.plan))))

    @cached_property
    def _legs(self) -> _Legs | Reason:
        line, wind = self.course.line, self.conditions.wind or CALM
        if isinstance(line, Reason):
            return line
        try:
            return _Legs(*(leg_seconds(path, self.aircraft, wind) for path in (line.there, line.back)))
        except ValueError as error:
            return Reason(Rule.WEATHER, str(error), "wait for less wind", (("case", "hard"),))

    def _windy(self) -> Iterator[Reason]:
        wind, most_ms = self.conditions.wind, self.aircraft.max_wind_ms
        if wind is None:
            yield Reason(Rule.WEATHER, "wind or aircraft not given (--wind-ms, --aircraft)")
        elif wind.speed_ms > most_ms:
            said = f"wind {wind.speed_ms:g} m/s, {self.aircraft.name} bears {most_ms:g} m/s"
            facts = ("case", "wind"), ("value", round(wind.speed_ms, 1)), ("limit", round(most_ms, 1))
            yield Reason(Rule.WEATHER, said, "wait for less wind", facts)

    def _weather(self, plan: DeliveryPlan) -> Iterator[Reason]:
        """What the weather besides the wind says."""
        if self.conditions.weather is None:
            return
        moment = self.course.errand.moments[0]
        told = {"aircraft": self.aircraft, "terrain": self.course.air.terrain, "at_time": moment}
        case = case_of(plan.cruise, weather=self.conditions.weather, **told)  # type: ignore[arg-type]
        yield from (reason_of(f) for f in weather_findings(case) if forbids(f))

    @property
    def to_release_s(self) -> float:
        """Seconds from take-off to the release."""
        return self._seconds[0]

    @property
    def total_s(self) -> float:
        """Seconds from take-off to motors off."""
        return self._seconds[1]

    @cached_property
    def _seconds(self) -> tuple[float, float]:
        legs = self._legs
        if isinstance(legs, Reason):
            return math.inf, math.inf
        there_s = sum(legs.there)
        return there_s, there_s + sum(legs.back)

    def energy_Wh(self, payload_kg: float) -> float:
        """What the flight takes with that load on the way out."""
        line, legs = self.course.line, self._legs
        if isinstance(line, Reason) or isinstance(legs, Reason):
            return math.inf
        known = self._energies.get(payload_kg)
        if known is None:
            wind = self.conditions.wind or CALM
            out = path_cost(line.there, self.aircraft, wind, payload_kg=payload_kg)
            known = self._energies[payload_kg] = out.energy_Wh + self._back.energy_Wh
        return known

    @cached_property
    def _back(self) -> Cost:
        line = self.course.line
        if isinstance(line, Reason):
            return Cost()
        return path_cost(line.back, self.aircraft, self.conditions.wind or CALM)

    @cached_property
    def _energies(self) -> dict[float, float]:
        return {}

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The air it needs, counted from take-off."""
        line, legs, errand = self.course.line, self._legs, self.course.errand
        if isinstance(line, Reason) or isinstance(legs, Reason):
            return ()
        seconds = [*legs.there, *legs.back]
        seconds.insert(len(legs.there), 0.0)  # the release is the end of one path and the begin of the other
        path = [*line.there, *line.back]
        return pieces_of(path, seconds, errand.pad, float(errand.depot.elevation_m or 0.0), self.air)

    @cached_property
    def outlines(self) -> tuple[Area, ...]:
        """The outline of each piece."""
        return outlines_of(self.pieces)


@dataclass(slots=True)
class Ways:
    """All ways that were asked for, by what they depend on."""

    air: AirParams = field(default_factory=AirParams)
    hand: Hand = field(default_factory=Here)
    _airs: Airs = field(default_factory=Airs)
    _courses: dict[tuple[Errand, Air], Course] = field(default_factory=dict)
    _known: dict[tuple[Hashable, ...], Way] = field(default_factory=dict)

    def way(
        self, craft: Craft, depot: Place, point: Place, conditions: Conditions, when_s: float, level: int = 0
    ) -> Way:
        """The way of an aircraft from its pad to a point, taking off about a UTC second."""
        air = self.air_at(conditions, when_s)
        dated_s = when_s // PERMIT_S * PERMIT_S if _dated(conditions) else None
        asked = craft.type, craft.pad, Same(depot), Same(point), level, dated_s, air
        key = *asked, conditions.wind, conditions.weather
        way = self._known.get(key)
        if way is None:
            errand = Errand(craft.type, bare(depot), pad_of(craft, depot), bare(point), level, dated_s)
            way = self._kept(key, Way(self.course(errand, air), conditions, self.air))
        return way

    def air_at(self, conditions: Conditions, when_s: float) -> Air:
        """What bounds the ways of a flight that takes off about a UTC second."""
        return self._airs.at(conditions, when_s)

    def course(self, errand: Errand, air: Air) -> Course:
        """The course of an errand, worked out or not."""
        if len(self._courses) > MOST_WAYS:
            self._courses.clear()
        return self._courses.setdefault((errand, air), Course(errand, air, self.hand))

    def _kept(self, key: tuple[Any, ...], way: Way) -> Way:
        if len(self._known) > MOST_WAYS:
            self._known.clear()
        return self._known.setdefault(key, way)


def _dated(conditions: Conditions) -> bool:
    """Whether it matters when a flight is: permits or the weather have their times."""
    weather = conditions.weather
    timed = weather is not None and (weather.valid_from is not None or weather.valid_until is not None)
    return timed or not (conditions.permits is None or isinstance(conditions.permits, frozenset))


def pad_of(craft: Craft, depot: Place) -> LonLat:
    """Where an aircraft takes off."""
    return depot.pads[craft.pad % len(depot.pads)] if depot.pads else depot.position
