"""Moving planned flights: promises are kept where that is possible at all, and nothing is dropped."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from delivery.board import Board
from delivery.conditions import Conditions
from delivery.flights import Flight, FlightState
from delivery.model import Order
from delivery.offer import Offer, again, offer, planned, promise_of
from delivery.planner import Planner, Task
from delivery.world import Event

GAIN_S = 120.0  # an urgent order moves others only where it is so much sooner


@dataclass(frozen=True, slots=True)
class Desired:
    """The board's work at one moment: who plans, under which conditions, when (UTC seconds)."""

    board: Board
    planner: Planner
    conditions: Conditions
    now_s: float

    @property
    def day(self) -> Conditions:
        """The conditions of the moment."""
        return self.conditions.at(self.board.world, self.now_s)

    def orders(self, flight: Flight) -> list[Order]:
        """The orders of a flight."""
        return [self.board.world.orders[name] for name in flight.orders if name in self.board.world.orders]

    def movable(self) -> list[Flight]:
        """Flights that need not take off just yet, soonest first."""
        from_s = self.now_s + self.conditions.operations.freeze_s
        found = [f for f in self.board.flights.values() if f.state is FlightState.PLANNED]
        return sorted((f for f in found if (f.takeoff_s or 0.0) >= from_s), key=lambda f: f.takeoff_s or 0.0)


def promised_window(orders: Sequence[Order], now_s: float) -> tuple[float, float]:
    """Within what a flight's release keeps all promises of its orders, UTC seconds."""
    promises = [o.promised_s for o in orders if o.promised_s is not None]
    low = max((p[0] for p in promises), default=now_s)
    return max(low, now_s), min((p[1] for p in promises), default=now_s + 1e6)


def stays(board: Board, flight: Flight, turnaround_s: float) -> bool:
    """Whether a flight that is off the board would fit back as it was."""
    begin, end = flight.takeoff_s or 0.0, flight.land_s or 0.0
    gaps = board.gaps(flight.aircraft, 0.0, turnaround_s)
    if not any(free_s <= begin and end <= until_s for free_s, until_s in gaps):
        return False
    return board.ledger.free_for(flight) and board.batteries_for(flight)


def moved(work: Desired, flight: Flight) -> Flight | None:
    """Another time or aircraft for a flight off the board: within its promises, else as soon as possible."""
    window = promised_window(work.orders(flight), work.now_s)
    late = (work.now_s, work.now_s + 2.0 * work.conditions.operations.max_wait_s)
    return replaced(work, flight, window) or replaced(work, flight, late)


def replaced(
    work: Desired, flight: Flight, window_s: tuple[float, float], only: str | None = None
) -> Flight | None:
    """The flight with its release in a window, by one aircraft or any."""
    if not window_s[0] <= window_s[1]:
        return None
    place = work.board.world.places[flight.place]
    task = Task(flight.orders, place, flight.payload_kg, window_s, flight.priority)
    found = work.planner.place(work.board, task, work.day, work.now_s, flight.id, only=only)
    return found.flight


def told(work: Desired, flight: Flight) -> list[Event]:
    """What is written down for a moved flight: its orders keep their promise, or get a new one."""
    events = [planned(flight, work.now_s)]
    for order in work.orders(flight):
        promise, release_s = order.promised_s, flight.release_s or work.now_s
        kept = promise is not None and promise[0] <= release_s <= promise[1]
        new = None if kept else promise_of(release_s, work.now_s, work.conditions.operations, order)
        if new is not None or (order.aircraft, order.flight) != (flight.aircraft, flight.id):
            events.append(again(order, flight, new, work.now_s))
    return events


def urgent_offer(work: Desired, order: Order) -> Offer:
    """The answer to an order that may push others aside; they are planned again, or it has to wait."""
    plain = _with_room(work, order, ())
    near = {f.aircraft: f for f in reversed(work.movable()) if f.priority < 2}
    pushed = _with_room(work, order, tuple(near.values()))
    options = [o for o in (plain, pushed) if o is not None and o.flight is not None]
    if not options:
        meek = dataclasses.replace(order, priority=type(order.priority).REGULAR)
        return offer(work.board, work.planner, meek, work.conditions, work.now_s)
    best = options[0]
    for option in options[1:]:
        if _release_s(option) < _release_s(best) - GAIN_S:
            best = option
    return best


def _release_s(made: Offer) -> float:
    return made.flight.release_s or 0.0 if made.flight is not None else 0.0


def _with_room(work: Desired, order: Order, aside: Sequence[Flight]) -> Offer | None:
    """An offer with some flights set aside for it and planned again after it; None when one finds no room."""
    board = work.board
    with board.trial():
        for flight in aside:
            board.remove(flight.id)
        made = offer(board, work.planner, order, work.conditions, work.now_s, pushes=True)
        if made.flight is None:
            return made if not aside else None
        board.put(made.flight)
        more = _settled(work, aside, made.flight)
    return None if more is None else dataclasses.replace(made, more=tuple(more))


def _settled(work: Desired, aside: Sequence[Flight], first: Flight) -> list[Event] | None:
    """Everybody who was set aside, or over whose air the first flight came, finds room again."""
    board, events = work.board, []
    for name in board.ledger.displaced_by(first):
        if name != first.id:
            aside = (*aside, board.remove(name))
    for flight in sorted(aside, key=lambda f: promised_window(work.orders(f), work.now_s)[1]):
        if flight.id == first.id:
            continue
        if stays(board, flight, work.conditions.operations.turnaround_s):
            board.put(flight)
            continue
        new = moved(work, flight)
        if new is None:
            return None
        board.put(new)
        events += told(work, new)
    return events
