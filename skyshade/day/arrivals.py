"""Who orders what and when: drawn from a seed, the same every time."""

import random
from dataclasses import dataclass

from delivery.model import Priority
from delivery.request import Request
from skyshade.day.scenario import Scenario

SOON_S, AHEAD_S, WINDOW_S = 1200.0, 5400.0, 900.0
HEAVY = 40  # of the heaviest item: more than any aircraft here carries


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request and the UTC second it comes."""

    time_s: float
    request: Request
    too_heavy: bool = False


def arrivals(scenario: Scenario) -> list[Arrival]:
    """The day's requests in their order, spread evenly at random over it."""
    day, draw = scenario.file.day, random.Random(scenario.file.day.seed)
    since, until = scenario.utc_s(day.since), scenario.utc_s(day.until)
    times = sorted(draw.uniform(since, until) for _ in range(scenario.file.orders.count))
    return [_arrival(scenario, draw, number, time_s) for number, time_s in enumerate(times)]


def _arrival(scenario: Scenario, draw: random.Random, number: int, time_s: float) -> Arrival:
    how = scenario.file.orders
    points = [p for p in scenario.places if p.kind == "point"]
    place, dice = draw.choice(points), draw.random()
    heavy = draw.random() < how.too_heavy
    lines = _lines(scenario, draw, heavy=heavy)
    priority = Priority.REGULAR
    wanted: tuple[float | None, float | None] = (None, None)
    if dice < how.urgent:
        priority = Priority.URGENT
    elif dice < how.urgent + how.reserved:
        priority = Priority.RESERVED
        first = time_s + draw.uniform(SOON_S, AHEAD_S)
        wanted = (first, first + WINDOW_S)
    key = f"day-{number:06d}-{draw.getrandbits(48):012x}"
    request = Request(f"visitor {number}", place.id, lines, priority, *wanted, key=key)
    return Arrival(time_s, request, heavy)


def _lines(scenario: Scenario, draw: random.Random, *, heavy: bool) -> tuple[tuple[str, int], ...]:
    if heavy:
        heaviest = max(scenario.items, key=lambda i: i.mass_kg)
        return ((heaviest.id, HEAVY),)
    chosen = draw.choices(scenario.items, k=draw.randint(1, scenario.file.orders.most_items))
    return tuple((name, sum(c.id == name for c in chosen)) for name in dict.fromkeys(c.id for c in chosen))
