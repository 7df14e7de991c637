"""Runs a day: the desk answers, the tower sends up, copters fly, the weather turns, things break."""

import dataclasses
import time
from collections.abc import Callable
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
from delivery.ways import aircraft_of
from delivery.world import Event, World
from flight.faults import read_fault
from flight.wire import mission_to_wire
from gis.terrain import FlatTerrain, Terrain
from missions.airspace import Zone
from missions.model import Mission
from skyshade.day.arrivals import Arrival, arrivals
from skyshade.day.hangar import Hangar
from skyshade.day.lockstep import Lockstep
from skyshade.day.scenario import Scenario
from skyshade.day.sortie import Fault, Pack, Sortie
from skyshade.day.tape import Fix, Tape
from skyshade.day.turns import Turns
from skyshade.tower import Tower

LOOK_S = 1.0
LATEST_S = 7200.0  # after the day's end, until everything must be down
AWAY_M = 30.0
WEAK = "Battery Failsafe"

Progress = Callable[[int, int], None]
"""Called with (minutes run, minutes of the day)."""


@dataclass(slots=True)
class DayRecord:
    """What happened: the store's last state and log, what each copter itself knows, seconds of each answer
    (on the wall's clock and of the processor). `stopped_s`: the UTC second at which the day was broken off.
    """

    scenario: Scenario
    world: World
    events: list[Event]
    asked: list[Arrival]
    orders: dict[str, str] = field(default_factory=dict)  # request key -> order
    answers_s: list[float] = field(default_factory=list)
    answers_cpu_s: list[float] = field(default_factory=list)
    turned_away: list[str] = field(default_factory=list)
    tapes: list[Tape] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)  # flight, fault
    simulated_s: float = 0.0
    wall_s: float = 0.0
    stopped_s: float | None = None


@dataclass(slots=True)
class Day:
    """One day while it runs."""

    scenario: Scenario
    turns: Turns
    store: Store
    desk: Desk
    record: DayRecord
    hangar: Hangar
    progress: Progress
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
            begin = time.perf_counter(), time.thread_time()
            try:
                order = self.desk.order(arrival.request).order
                self.record.orders[str(arrival.request.key)] = order.id
            except DeliveryError as error:
                self.record.turned_away.append(str(error))
            self.record.answers_s.append(time.perf_counter() - begin[0])
            self.record.answers_cpu_s.append(time.thread_time() - begin[1])
        self._ordering = False

    def _look_out(self) -> None:
        until_s = self.scenario.utc_s(self.scenario.file.day.until)
        whole = round((until_s - self.turns.epoch_s) / 60.0)
        while self.turns.utc_s() < until_s + LATEST_S:
            self.tower.look()
            self.progress(min(whole, int(self.turns.now_s / 60.0)), whole)
            if not self._ordering and not list(self.desk.world().active_flights()):
                return
            self.turns.sleep(LOOK_S)

    def flier(self, flight: Flight) -> Lockstep:
        """The copter of a flight."""

        def depart(mission: Mission, begin_s: float) -> tuple[Tape, Sortie]:
            return self._departed(flight, mission, begin_s)

        return Lockstep(self.turns, depart, self.hangar.fly, self._hear(flight))

    def _departed(self, flight: Flight, mission: Mission, begin_s: float) -> tuple[Tape, Sortie]:
        """A fault whose time has come goes along."""
        tape, home = Tape(flight.id, flight.aircraft), mission.home
        self.record.tapes.append(tape)
        weather = sorted(self.scenario.file.weather, key=lambda w: w.at)
        sortie = Sortie(
            mission_to_wire(mission),
            home.position.lat,
            home.position.lon,
            home.elevation_m or 0.0,
            begin_s,
            tuple((self.scenario.utc_s(w.at), w.wind_ms, w.wind_from_deg) for w in weather),
            self._pack(flight),
            len(self.record.tapes),
            self._broken(flight),
        )
        return tape, sortie

    def _pack(self, flight: Flight) -> Pack:
        """The battery it took off with."""
        world = self.desk.world()
        craft = world.aircraft[flight.aircraft]
        aircraft = aircraft_of(craft.type)
        battery = world.batteries.get(world.flights[flight.id].battery or "")
        charge = craft.charge if battery is None else battery.charge
        return Pack(3600.0 * aircraft.battery_Wh / aircraft.hover_power_W, charge)

    def _broken(self, flight: Flight) -> tuple[Fault, ...]:
        if not self._faults or self._faults[0][0] > self.turns.utc_s():
            return ()
        _, name, after_s = self._faults.pop(0)
        self.record.faults.append((flight.id, name))
        return (Fault(after_s, read_fault(name)),)

    def _hear(self, flight: Flight) -> Callable[[Fix], None]:
        def heard(fix: Fix) -> None:
            height = Altitude(fix.altitude_m, Datum.GEOID)
            self.desk.heard(flight.id, Position(fix.time_s, LonLat(fix.lon, fix.lat), height))

        return heard

    def after(self, flight: Flight) -> None:
        """What people on the ground do once an aircraft is down: one that came down elsewhere flies no more
        today, and no more does a battery that gave way in the air.
        """
        tape = next(t for t in reversed(self.record.tapes) if t.flight == flight.id)
        found: list[Setting] = []
        world = self.desk.world()
        if tape.fixes and self._home_m(tape) > AWAY_M:
            craft = world.aircraft[flight.aircraft]
            found.append(dataclasses.replace(craft, grounded="it came down away from its depot"))
        battery = world.batteries.get(flight.battery or "")
        if battery is not None and any(WEAK in text for _, text in tape.texts):
            found.append(dataclasses.replace(battery, charge=0.0, max_cycles=battery.cycles))
        if found:
            set_things(self.store, found, self.turns)
            self.tower.review()

    def _home_m(self, tape: Tape) -> float:
        first, last = tape.fixes[0], tape.fixes[-1]
        x, y = LocalFrame(LonLat(first.lon, first.lat)).point(LonLat(last.lon, last.lat))
        return float((x * x + y * y) ** 0.5)


def run_day(
    scenario: Scenario,
    folder: Path,
    *,
    zones: tuple[Zone, ...] = (),
    terrain: Terrain | None = None,
    workers: int = 0,
    stop: Callable[[], bool] = lambda: False,
    progress: Progress = lambda _done, _total: None,
) -> DayRecord:
    """Run a day into `folder` (its store and the flights' plans) and give its record.

    Without `terrain` the ground is flat at the lowest depot's height. Copters fly in `workers` processes
    (0: in this one); the day is the same for any number. Once `stop` says so
    the day is broken off, and the record is of the part that was run.
    """
    turns = Turns(scenario.utc_s(scenario.file.day.since) - LOOK_S)
    conditions, begin = _conditions(scenario, zones, terrain), time.perf_counter()
    with open_store(folder / "day.db", create=True) as store, Hangar(workers) as hangar:
        set_things(store, [*scenario.items, *scenario.places, *scenario.batteries, *scenario.fleet], turns)
        desk = Desk(store, lambda: conditions, turns)
        record = DayRecord(scenario, desk.world(), [], arrivals(scenario))
        day = Day(scenario, turns, store, desk, record, hangar, progress)
        day.tower = Tower(desk, Crew(desk, folder / "flights"), day.flier, turns.start, day.after)
        day.start()
        if not turns.run(stop):
            record.stopped_s = turns.utc_s()
        record.world, record.events = desk.world(), store.events()
    record.simulated_s, record.wall_s = turns.now_s, time.perf_counter() - begin
    return record


def _conditions(scenario: Scenario, zones: tuple[Zone, ...], terrain: Terrain | None) -> Conditions:
    day = scenario.file.day
    lowest = min(p.elevation_m or 0.0 for p in scenario.places)
    return Conditions(
        zones=zones,
        terrain=terrain or FlatTerrain(lowest),
        permits=frozenset(day.permits) or None,
        zone=scenario.zone,
        lanes=LaneParams(lane_m=day.lane_m),
    )
