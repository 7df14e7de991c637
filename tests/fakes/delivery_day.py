"""A made park: depots with pads, points round them, aircraft and batteries; flights that fly as planned."""

import itertools
import random
from dataclasses import dataclass

from fakes.delivering import NOON

from core.clock import SimulatedClock
from core.geo import LocalFrame, LonLat
from core.wind import Wind
from delivery.aftermath import ended, released, started
from delivery.air import outlines_of, volumes_at
from delivery.conditions import Conditions
from delivery.desk import Desk
from delivery.flier import Confirmation, Outcome
from delivery.flights import FlightState
from delivery.model import Battery, Craft, Item, Place
from delivery.service import set_things
from gis.terrain import FlatTerrain

FRAME = LocalFrame(LonLat(127.11, 37.37))
DAY = Conditions(zones=(), wind=Wind(3.0, 270.0), terrain=FlatTerrain(30.0))
ITEMS = (Item("coffee", "커피", 0.4), Item("box", "상자", 1.6))


def depot(number, east, north, pads=3):
    places = tuple(FRAME.place(east + 45.0 * n, north) for n in range(pads))
    name = f"d{number}"
    return Place(name, f"거점 {number}", FRAME.place(east, north), "depot", elevation_m=30.0, pads=places)


def park(seed, points=6, crafts=4, batteries=8):
    """Depots, points, aircraft and batteries of a random park."""
    rng = random.Random(seed)
    depots = [depot(0, 0.0, 0.0), depot(1, 1200.0, 900.0)]
    where = [(rng.uniform(-1500, 2000), rng.uniform(-1000, 2000)) for _ in range(points)]
    places = [Place(f"p{n}", f"지점 {n}", FRAME.place(*xy), elevation_m=30.0) for n, xy in enumerate(where)]
    fleet = [Craft(f"H{n}", "hexa-delivery", f"d{n % 2}", pad=n // 2) for n in range(crafts)]
    shelf = [
        Battery(f"B{n}", "hexa-delivery", f"d{n % 2}", charging=True, at_s=NOON) for n in range(batteries)
    ]
    return [*ITEMS, *depots, *places, *fleet, *shelf]


@dataclass
class Park:
    """A desk over a park; `advance` lets planned flights fly exactly as planned."""

    store: object
    conditions: Conditions = DAY

    def __post_init__(self):
        self.clock = SimulatedClock(epoch_s=NOON)
        self.desk = Desk(self.store, lambda: self.conditions, self.clock)

    def open(self, things):
        set_things(self.store, things, self.clock)
        return self

    def advance(self, seconds):
        self.clock.sleep(seconds)
        now = self.clock.utc_s()
        for flight in sorted(self.store.world().active_flights(), key=lambda f: f.takeoff_s):
            if flight.state is FlightState.PLANNED and flight.takeoff_s <= now:
                self.desk.follow(self.store.world(), now)
                battery = self.desk.board.battery_of(flight)
                self.desk.decide(
                    lambda _, f=flight, b=battery: started(self.store.known(), f, b, f.takeoff_s)
                )
        for flight in list(self.store.world().active_flights()):
            if flight.state is FlightState.FLYING and flight.land_s <= now:
                self.land(flight)

    def land(self, flight):
        word = Confirmation(flight.release_s, None, "Gripper load released")
        done = Outcome(completed=True, flown_s=1.0, release=word)
        self.desk.decide(lambda w: released(w, flight.id, word, flight.release_s))
        self.desk.decide(lambda w: ended(w, flight.id, done, flight.land_s))


def conflicts(world):
    """Pairs of flights whose volumes meet, each pair tried."""
    flown = [f for f in world.flights.values() if f.state is not FlightState.WITHDRAWN]
    air = {f.id: volumes_at(f.pieces, outlines_of(f.pieces), f.takeoff_s) for f in flown}
    pairs = itertools.combinations(air.items(), 2)
    return [(a, b) for (a, va), (b, vb) in pairs if any(x.meets(y) for x in va for y in vb)]
