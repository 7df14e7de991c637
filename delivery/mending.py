"""Mending the plan when the day changed: what cannot fly as planned moves, or is called off with reasons."""

from collections.abc import Iterator

from delivery.charging import shelf_of
from delivery.feasibility import craft_reasons, place_reasons
from delivery.flights import Flight, FlightState
from delivery.moving import Desired, moved, promised_window, told
from delivery.reasons import Reason, Rule, on_record
from delivery.world import Event

NO_BATTERY = "no battery is full enough for it any more", "charge one, or order again"
OVERDUE_S = 20.0  # after its time a flight has lost its air


def mended(work: Desired) -> list[Event]:
    """What is written down for flights that cannot fly as planned: another plan, or why there is none."""
    board, events = work.board, []
    planned = [f for f in board.flights.values() if f.state is FlightState.PLANNED]
    weak = set(unsupplied(work))
    with board.trial():
        for flight in sorted(planned, key=lambda f: (-f.priority, f.takeoff_s or 0.0)):
            reasons = against(work, flight)
            overdue = (flight.takeoff_s or 0.0) < work.now_s - OVERDUE_S
            if flight.id in weak:
                reasons = [*reasons, Reason(Rule.BATTERY, *NO_BATTERY)]
            if not reasons and not overdue and not board.ledger.sky.overlaps(flight.id):
                continue
            events += _mended(work, flight, reasons)
    return events


def unsupplied(work: Desired) -> Iterator[str]:
    """Planned flights that no battery is left for, now that the batteries are as they are."""
    for depot in {f.depot for f in work.board.flights.values()}:
        shelf = shelf_of(work.board.world, depot)
        for use in sorted(work.board.uses(depot), key=lambda u: (u.takeoff_s, u.flight)):
            battery = shelf.choose(use)
            if battery is not None:
                shelf.fly(use, battery)
            elif not use.started:
                yield use.flight


def against(work: Desired, flight: Flight) -> list[Reason]:
    """What speaks against a planned flight as things stand now."""
    world = work.board.world
    craft = world.aircraft.get(flight.aircraft)
    if craft is None:
        gone = (("case", "gone"),)
        return [Reason(Rule.AIRCRAFT, f"{flight.aircraft} is gone", "add it to the fleet", gone)]
    point, when_s = world.places[flight.place], max(flight.takeoff_s or 0.0, work.now_s)
    way = work.planner.ways.way(craft, world.places[flight.depot], point, work.day, when_s, flight.level)
    return [*place_reasons(point), *craft_reasons(craft, flight.payload_kg, way)]


def _mended(work: Desired, flight: Flight, reasons: list[Reason]) -> list[Event]:
    board = work.board
    waits = any(r.rule in {Rule.CLOSED, Rule.OCCUPIED} for r in reasons)
    if waits and work.now_s < promised_window(work.orders(flight), work.now_s)[1]:
        return []  # a point may open again while the promise still holds
    board.remove(flight.id)
    new = None if waits else moved(work, flight)
    if new is not None:
        board.put(new)
        return told(work, new)
    none = Reason(Rule.AIRCRAFT, "no aircraft can take it any more", "order again", (("case", "gone"),))
    data = on_record(reasons or [none])
    gone = Event(work.now_s, "flight.withdrawn", flight.id)
    return [gone, *(Event(work.now_s, "order.failed", name, data) for name in flight.orders)]
