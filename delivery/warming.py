"""Works out courses before anybody asks: after each change of places, aircraft or air, in the background."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from delivery.conditions import Same
from delivery.courses import Course
from delivery.desk import Desk
from delivery.scout import Scout
from delivery.world import World

log = logging.getLogger(__name__)

LOOK_S = 0.5
PAUSE_S = 0.005  # while somebody waits for an answer to an order
AHEAD_S = (0.0, 3600.0)  # zones come and go


def courses(desk: Desk, world: World, now_s: float) -> Iterator[Course]:
    """Every course from a pad to a point, the lowest lanes first, in the air of now and of an hour later."""
    fleet = {(c.type, c.depot, c.pad): c for c in world.aircraft.values() if c.depot in world.places}
    points = [p for p in world.places.values() if p.kind == "point"]
    day = desk.conditions().at(world, now_s)
    seen: set[int] = set()
    for level in range(day.operations.levels):
        for ahead_s in AHEAD_S:
            for craft in fleet.values():
                for point in points:
                    depot = world.places[craft.depot]
                    way = desk.planner.ways.way(craft, depot, point, day, now_s + ahead_s, level)
                    if id(way.course) not in seen:
                        seen.add(id(way.course))
                        yield way.course


@dataclass(slots=True)
class Warmer:
    """Has the worker of `scout` go through the courses, while nobody waits for it."""

    desk: Desk
    scout: Scout
    _over: threading.Event = field(default_factory=threading.Event)
    _mark: tuple[object, ...] | None = None

    def run(self) -> None:
        """Until `stop`."""
        while not self._over.wait(LOOK_S):
            try:
                self.look()
            except Exception:  # what goes wrong here is told to whoever asks for the way
                log.exception("courses cannot be worked out ahead")

    def stop(self) -> None:
        """End soon."""
        self._over.set()

    def look(self) -> None:
        """Work out what is new, if anything is."""
        if not self.scout.ready:
            return
        world, now_s = self.desk.store.known(), self.desk.clock.utc_s()
        day = self.desk.conditions().at(world, now_s)
        airs = tuple(self.desk.planner.ways.air_at(day, now_s + ahead_s) for ahead_s in AHEAD_S)
        mark = Same(world.places), Same(world.aircraft), *airs
        if mark == self._mark:
            return
        for course in courses(self.desk, world, now_s):
            while self.scout.waiting and not self._over.wait(PAUSE_S):
                continue
            if self._over.is_set() or not self.scout.ready:
                return
            course.warm()
        self._mark = mark


@contextmanager
def warmed(desk: Desk) -> Iterator[Scout]:
    """A second process works out courses, ahead of orders where there is time, until the block ends."""
    scout = Scout()
    scout.start()
    desk.planner.ways.hand = scout
    warmer = Warmer(desk, scout)
    thread = threading.Thread(target=warmer.run, name="warmer", daemon=True)
    thread.start()
    try:
        yield scout
    finally:
        warmer.stop()
        scout.stop()
        thread.join(5.0)
