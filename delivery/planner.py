"""Finds an aircraft and a time for a load: the earliest release that light, air and batteries allow."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from core.geo import LonLat, distance_m
from delivery.board import Board
from delivery.charging import recharges
from delivery.conditions import Conditions
from delivery.feasibility import craft_reasons, daylight, plain_reasons
from delivery.flights import Flight
from delivery.model import Craft, Place
from delivery.reasons import Facts, Reason, Rule
from delivery.sky import LOWEST
from delivery.ways import Way, Ways, aircraft_of

WAY_S = 3000.0  # a way counts for flights that end so long after it was asked for
_LATER_S = 180.0  # how much later a flight is tried whose battery is not full enough
_LATER = 12
PADS_S = 20.0  # a pad may be nearer than its depot


@dataclass(frozen=True, slots=True)
class Task:
    """A load for one place: its orders, `window_s` of the release in UTC seconds, priority (higher first).

    `pushes`: may come over the air of planned flights of lower priority, which somebody then plans again.
    """

    orders: tuple[str, ...]
    place: Place
    payload_kg: float
    window_s: tuple[float, float]
    priority: int = 0
    pushes: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A flight for a task, or every reason against it."""

    flight: Flight | None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class _Slot:
    """A way with its take-off."""

    craft: Craft
    way: Way
    takeoff_s: float
    level: int = 0

    @property
    def release_s(self) -> float:
        return self.takeoff_s + self.way.to_release_s


@dataclass(frozen=True, slots=True)
class _Not:
    """An aircraft that does not fly a task: its way, and what else speaks against it."""

    craft: Craft
    way: Way
    why: Reason | None = None

    def reasons(self, task: Task, day: Conditions) -> list[Reason]:
        """Every reason; what is not known of the day is told elsewhere."""
        against = [*craft_reasons(self.craft, task.payload_kg, self.way)]
        if against or self.way.reasons:
            known = None not in (day.wind, day.zones, day.terrain)
            return against or (list(self.way.reasons) if known else [])
        return [] if self.why is None else [self.why]


_NO_FLEET = Reason(Rule.AIRCRAFT, "there is no aircraft", "add one to the fleet", (("case", "none"),))


@dataclass(slots=True)
class Planner:
    """Plans loads on a board; keeps the ways it planned."""

    ways: Ways = field(default_factory=Ways)

    def place(
        self,
        board: Board,
        task: Task,
        day: Conditions,
        now_s: float,
        name: str = "",
        *,
        only: str | None = None,
    ) -> Found:
        """The flight of the earliest release; the board stays as it is.

        `day` is that of the flight; `only` the one aircraft that may fly it.
        """
        best: _Slot | None = None
        refused: list[_Not] = []
        depots = {d.id: d for d in board.world.depots()}
        fleet = [c for c in board.world.aircraft.values() if c.depot in depots and only in {None, c.id}]
        for craft in self._nearest_first(fleet, depots, task):
            found = self._of_craft(board, craft, depots[craft.depot], task, day, now_s, best)
            if isinstance(found, _Slot):
                best = found
            elif found is not None:
                refused.append(found)
        if best is None:
            said = [r for no in refused for r in no.reasons(task, day)] if fleet else [_NO_FLEET]
            return Found(None, _distinct(said))
        return Found(self._flight(best, task, name or board.next_number()))

    def _nearest_first(self, fleet: Sequence[Craft], depots: dict[str, Place], task: Task) -> list[Craft]:
        """Near depots give good bounds for the others."""

        def far(craft: Craft) -> tuple[float, str]:
            a, b = depots[craft.depot].position, task.place.position
            return (a.lon - b.lon) ** 2 + (a.lat - b.lat) ** 2, craft.id

        return sorted(fleet, key=far)

    def _of_craft(
        self,
        board: Board,
        craft: Craft,
        depot: Place,
        task: Task,
        day: Conditions,
        now_s: float,
        best: _Slot | None,
    ) -> "_Slot | _Not | None":
        """The aircraft's best slot if it beats `best`, or what speaks against it; None = it comes later.

        What the rules say of a way costs more to find out than its times, so it is asked last.
        """
        first_s = now_s + day.prepare_s
        if best is not None and first_s + _least_s(craft, depot, task) >= best.release_s:
            return None
        when_s = max(first_s, task.window_s[0] - WAY_S / 2)
        way = self.ways.way(craft, depot, task.place, day, when_s)
        refused = _Not(craft, way)
        if best is not None and first_s + way.to_release_s >= best.release_s:
            return None
        if not way.open or any(plain_reasons(craft, task.payload_kg, way)):
            return refused
        light = _light(depot.position, when_s, day, way)
        if isinstance(light, Reason):
            return dataclasses.replace(refused, why=light)
        found = self._slot(board, craft, depot, task, day, (max(first_s, light[0]), light[1]), best)
        if not isinstance(found, _Slot):
            return None if best is not None else dataclasses.replace(refused, why=found)
        return refused if way.reasons else found

    def _slot(
        self,
        board: Board,
        craft: Craft,
        depot: Place,
        task: Task,
        day: Conditions,
        light_s: tuple[float, float],
        best: _Slot | None,
    ) -> _Slot | Reason:
        found, why = best, Rule.AIRCRAFT
        turnaround = day.operations.turnaround_s
        for free_s, until_s in board.gaps(craft.id, light_s[0], turnaround):
            for level in range(day.operations.levels):
                asked_s = max(free_s, task.window_s[0] - WAY_S)
                way = self.ways.way(craft, depot, task.place, day, asked_s, level)
                slot = _between(way, task, free_s, min(until_s, light_s[1]), found) if way.open else None
                if slot is None:
                    continue
                got = _in_the_air(board, craft, way, task, slot)
                if not isinstance(got, _Slot):
                    why = got
                elif not way.reasons:
                    found = dataclasses.replace(got, level=level)
                    if got.takeoff_s == slot[0]:
                        break  # no other level is sooner
        return found if found is not None and found is not best else _no_time(why, craft)

    def _flight(self, slot: _Slot, task: Task, name: str) -> Flight:
        return Flight(
            name,
            task.orders,
            slot.craft.id,
            depot=slot.craft.depot,
            place=task.place.id,
            payload_kg=round(task.payload_kg, 6),
            priority=task.priority,
            takeoff_s=round(slot.takeoff_s, 2),
            release_s=round(slot.release_s, 2),
            land_s=round(slot.takeoff_s + slot.way.total_s, 2),
            energy_Wh=round(slot.way.energy_Wh(task.payload_kg), 1),
            pieces=slot.way.pieces,
            level=slot.level,
        )


def _least_s(craft: Craft, depot: Place, task: Task) -> float:
    """No release comes sooner after take-off: straight on, at the aircraft's speed."""
    return distance_m(depot.position, task.place.position) / aircraft_of(craft.type).cruise_ms - PADS_S


def _between(
    way: Way, task: Task, free_s: float, until_s: float, best: _Slot | None
) -> tuple[float, float] | None:
    """First and last take-off that gap and window allow and that beat the best slot; None = none."""
    first = max(free_s, task.window_s[0] - way.to_release_s)
    last = min(until_s - way.total_s, task.window_s[1] - way.to_release_s, first + WAY_S - way.total_s)
    if best is not None:
        last = min(last, best.release_s - way.to_release_s - 1.0)
    return (first, last) if first <= last else None


def _in_the_air(
    board: Board, craft: Craft, way: Way, task: Task, between_s: tuple[float, float]
) -> _Slot | Rule:
    """The first take-off that air and batteries allow, or which of them does not."""
    first, last = between_s
    for _ in range(_LATER):
        takeoff = board.ledger.first_slot(
            "?", way.pieces, way.outlines, (first, last), priority=task.priority if task.pushes else LOWEST
        )
        if takeoff is None:
            return Rule.SLOT if first == between_s[0] else Rule.BATTERY
        trial = Flight(
            "?", task.orders, craft.id, depot=craft.depot, takeoff_s=takeoff,
            land_s=takeoff + way.total_s, energy_Wh=way.energy_Wh(task.payload_kg),
        )  # fmt: skip
        if board.batteries_for(trial):
            return _Slot(craft, way, takeoff)
        first = takeoff + _LATER_S
        if not recharges(board.world, craft):
            break
    return Rule.BATTERY


def _no_time(why: Rule, craft: Craft) -> Reason:
    said = {
        Rule.AIRCRAFT: (f"{craft.id} is taken for the time wanted", "order later"),
        Rule.BATTERY: (f"no battery for {craft.id} is full enough in time", "charge it, or order later"),
        Rule.SLOT: ("the air is taken by other flights for the time wanted", "order later"),
    }
    return Reason(why, *said[why], (("case", "taken"),))


def _distinct(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys(reasons))


def _light(where: LonLat, when_s: float, day: Conditions, way: Way) -> tuple[float, float] | Reason:
    """Between which UTC seconds the sun is up on that day; a reason when the flight cannot end in time."""
    rise_s, set_s = _sun(round(where.lon, 2), round(where.lat, 2), _date_s(when_s, day), day)
    local = [datetime.fromtimestamp(s, UTC).astimezone(day.zone) for s in (rise_s, set_s)]
    if when_s < rise_s:
        dark: Facts = ("case", "before"), ("time", f"{local[0]:%H:%M}")
        return Reason(Rule.DAYLIGHT, "it is before sunrise", f"order after {local[0]:%H:%M}", dark)
    if when_s + way.total_s > set_s:
        said = f"the flight would end after sunset ({local[1]:%H:%M})"
        dark = ("case", "after"), ("time", f"{local[1]:%H:%M}")
        return Reason(Rule.DAYLIGHT, said, "order tomorrow", dark)
    return rise_s, set_s


def _date_s(when_s: float, day: Conditions) -> float:
    """Noon of the local day."""
    local = datetime.fromtimestamp(when_s, UTC).astimezone(day.zone)
    return local.replace(hour=12, minute=0, second=0, microsecond=0).timestamp()


def _sun(lon: float, lat: float, noon_s: float, day: Conditions) -> tuple[float, float]:
    return _sun_of(lon, lat, noon_s, str(day.zone))


@lru_cache(maxsize=256)
def _sun_of(lon: float, lat: float, noon_s: float, zone: str) -> tuple[float, float]:
    from zoneinfo import ZoneInfo

    rise, down = daylight(LonLat(lon, lat), datetime.fromtimestamp(noon_s, UTC), ZoneInfo(zone))
    return rise.timestamp(), down.timestamp()


def join(flight: Flight, task: Task, way: Way) -> Flight:
    """A planned flight with a task's load aboard as well."""
    payload = round(flight.payload_kg + task.payload_kg, 6)
    return dataclasses.replace(
        flight,
        orders=(*flight.orders, *task.orders),
        payload_kg=payload,
        priority=max(flight.priority, task.priority),
        energy_Wh=round(way.energy_Wh(payload), 1),
    )


def joinable(board: Board, task: Task, day: Conditions, now_s: float) -> Iterator[Flight]:
    """Planned flights to the task's place that can still take more aboard and release in its window."""
    from delivery.flights import FlightState

    for flight in board.flights.values():
        soon = (flight.takeoff_s or 0.0) < now_s + day.operations.freeze_s
        if flight.place != task.place.id or flight.state is not FlightState.PLANNED or soon:
            continue
        if task.window_s[0] <= (flight.release_s or 0.0) <= task.window_s[1]:
            yield flight
