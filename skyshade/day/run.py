"""Runs a day: the desk answers, the tower sends up, copters fly, the weather turns, things break."""

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.geo import Altitude, Datum, LocalFrame, LonLat
from delivery.conditions import Conditions
from delivery.crew import Crew
from delivery.desk import Desk, Position
from delivery.errors import DeliveryError
from delivery.flightplan import LaneParams
from delivery.flights import Flight
from delivery.model import Closure, WeatherReport
from delivery.service import set_things
from delivery.store import Store, open_store
from delivery.things import Setting
from delivery.world import Event, World
from flight.faults import read_fault
from gis.terrain import FlatTerrain, Terrain
from missions.airspace import Zone
from skyshade.day.arrivals import Arrival, arrivals
from skyshade.day.lockstep import Fix, Lockstep, Tape
from skyshade.day.scenario import Scenario
from skyshade.day.turns import Turns
from skyshade.tower import Tower

LOOK_S = 1.0
LATEST_S = 7200.0  # after the day's end, until everything must be down
AWAY_M = 30.0

Progress = Callable[[float, World], None]


@dataclass(slots=True)
class DayRecord:
    """What happened: the store's last state and log, what each copter itself knows, each answer's seconds."""

    scenario: Scenario
    world: World
    events: list[Event]
    asked: list[Arrival]
    orders: dict[str, str] = field(default_factory=dict)  # request key -> order
    answers_s: list[float] = field(default_factory=list)
    turned_away: list[str] = field(default_factory=list)
    tapes: list[Tape] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)  # flight, fault
    simulated_s: float = 0.0
    wall_s: float = 0.0


@dataclass(slots=True)
class Day:
    """One day while it runs."""

    scenario: Scenario
    turns: Turns
    store: Store
    desk: Desk
    record: DayRecord
    tower: Tower = field(init=False)
    _faults: list[tuple[float, str, float]] = field(default_factory=list)
    _ordering: bool = True

    def start(self) -> None:
        """All that happens by itself."""
        begin = self.turns.epoch_s
        for moment, things in self._changes():
            self.turns.start(lambda things=things: self._change(things), max(0.0, moment - begin))  # type: ignore[misc]
        for told in self.scenario.file.fault:
            self._faults.append((self.scenario.utc_s(told.at), told.fault, told.after_s))
        self._faults.sort()
        self.turns.start(self._order_all)
        self.turns.start(self._look_out)

    def _changes(self) -> list[tuple[float, Callable[[World], Setting]]]:
        """What an operator writes down, and when."""
        at, file = self.scenario.utc_s, self.scenario.file
        found: list[tuple[float, Callable[[World], Setting]]] = []
        for n, w in enumerate(file.weather):
            report = WeatherReport(
                at(w.at), w.wind_ms, w.wind_from_deg, w.gust_ms, w.rain_mm_h, w.visibility_m, w.temperature_C,
                source="the day's file", id=f"W-{n + 1}",
            )  # fmt: skip
            found.append((at(w.at), lambda _, report=report: report))  # type: ignore[misc]
        for n, c in enumerate(file.closure):
            closure = Closure(f"C-{n + 1}", c.name, tuple(c.ring), at(c.since), at(c.until))
            found.append((at(c.told), lambda _, closure=closure: closure))  # type: ignore[misc]
        for p in file.point:
            told = {k: v for k, v in (("closed", p.closed), ("occupied", p.occupied)) if v is not None}
            found.append((at(p.at), lambda w, p=p, told=told: dataclasses.replace(w.place(p.point), **told)))  # type: ignore[misc]
        return found

    def _change(self, thing: Callable[[World], Setting]) -> None:
        set_things(self.store, [thing(self.desk.world())], self.turns)
        self.tower.review()

    def _order_all(self) -> None:
        self.turns.sleep(LOOK_S)  # the first weather is told before the first order
        for arrival in self.record.asked:
            self.turns.sleep(arrival.time_s - self.turns.utc_s())
            begin = time.perf_counter()
            try:
                order = self.desk.order(arrival.request).order
                self.record.orders[str(arrival.request.key)] = order.id
            except DeliveryError as error:
                self.record.turned_away.append(str(error))
            self.record.answers_s.append(time.perf_counter() - begin)
        self._ordering = False

    def _look_out(self) -> None:
        end = self.scenario.utc_s(self.scenario.file.day.until) + LATEST_S
        while self.turns.utc_s() < end:
            self.tower.look()
            if not self._ordering and not list(self.desk.world().active_flights()):
                return
            self.turns.sleep(LOOK_S)

    def flier(self, flight: Flight) -> Lockstep:
        """The copter of a flight; a fault whose time has come goes along."""
        tape = Tape(flight.id, flight.aircraft)
        self.record.tapes.append(tape)
        return Lockstep(
            self.turns, tape, self._air, self._hear(flight), len(self.record.tapes), self._broken(flight)
        )

    def _broken(self, flight: Flight) -> list[tuple[float, Mapping[str, float]]]:
        if not self._faults or self._faults[0][0] > self.turns.utc_s():
            return []
        _, name, after_s = self._faults.pop(0)
        self.record.faults.append((flight.id, name))
        return [(after_s, read_fault(name))]

    def _air(self, time_s: float) -> tuple[float, float]:
        """The wind that really blows: the newest report's."""
        past = [w for w in self.scenario.file.weather if self.scenario.utc_s(w.at) <= time_s]
        now = past[-1] if past else self.scenario.file.weather[0]
        return now.wind_ms, now.wind_from_deg

    def _hear(self, flight: Flight) -> Callable[[Fix], None]:
        def heard(fix: Fix) -> None:
            height = Altitude(fix.altitude_m, Datum.GEOID)
            self.desk.heard(flight.id, Position(fix.time_s, LonLat(fix.lon, fix.lat), height))

        return heard

    def ground(self, flight: Flight) -> None:
        """An aircraft that came down elsewhere flies no more today."""
        tape = next(t for t in reversed(self.record.tapes) if t.flight == flight.id)
        if not tape.fixes or self._home_m(tape) <= AWAY_M:
            return
        craft = self.desk.world().aircraft[flight.aircraft]
        set_things(
            self.store, [dataclasses.replace(craft, grounded="it came down away from its depot")], self.turns
        )
        self.tower.review()

    def _home_m(self, tape: Tape) -> float:
        first, last = tape.fixes[0], tape.fixes[-1]
        x, y = LocalFrame(LonLat(first.lon, first.lat)).point(LonLat(last.lon, last.lat))
        return float((x * x + y * y) ** 0.5)


def run_day(
    scenario: Scenario, folder: Path, *, zones: tuple[Zone, ...] = (), terrain: Terrain | None = None
) -> DayRecord:
    """Run a day into `folder` (its store and the flights' plans) and give its record.

    Without `terrain` the ground is flat at the lowest depot's height.
    """
    file = scenario.file.day
    lowest = min(p.elevation_m or 0.0 for p in scenario.places)
    conditions = Conditions(
        zones=zones,
        terrain=terrain or FlatTerrain(lowest),
        permits=frozenset(file.permits) or None,
        zone=scenario.zone,
        lanes=LaneParams(lane_m=file.lane_m),
    )
    turns = Turns(scenario.utc_s(file.since) - LOOK_S)
    begin = time.perf_counter()
    with open_store(folder / "day.db", create=True) as store:
        set_things(store, [*scenario.items, *scenario.places, *scenario.batteries, *scenario.fleet], turns)
        desk = Desk(store, lambda: conditions, turns)
        record = DayRecord(scenario, desk.world(), [], arrivals(scenario))
        day = Day(scenario, turns, store, desk, record)
        day.tower = Tower(desk, Crew(desk, folder / "flights"), day.flier, turns.start, day.ground)
        day.start()
        turns.run()
        record.world, record.events = desk.world(), store.events()
    record.simulated_s, record.wall_s = turns.now_s, time.perf_counter() - begin
    return record
