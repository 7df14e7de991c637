"""The answer to an order: a flight with a promise, or no with each reason."""

import dataclasses
from dataclasses import dataclass, field

from delivery.board import Board
from delivery.conditions import Conditions, Operations
from delivery.feasibility import (
    day_reasons,
    goods_reasons,
    hours_on,
    hours_reason,
    place_reasons,
    unknowns,
)
from delivery.flights import Flight
from delivery.model import Order, Place, Priority
from delivery.planner import Planner, Task, join, joinable
from delivery.reasons import Reason, Rule, on_record
from delivery.sky import RANKS
from delivery.things import to_data
from delivery.ways import aircraft_of
from delivery.world import Event

FAR_S = 14 * 86400.0  # how far ahead an order may be reserved


@dataclass(frozen=True, slots=True)
class Promise:
    """When the release is expected and between which moments it is promised, UTC seconds."""

    release_s: float
    low_s: float
    high_s: float

    def fields(self, order: Order) -> dict[str, float]:
        """As an order keeps it."""
        since = order.placed_s
        return {
            "eta_s": round(self.release_s - since, 2),
            "eta_low_s": round(self.low_s - since, 2),
            "eta_high_s": round(self.high_s - since, 2),
        }


@dataclass(frozen=True, slots=True)
class Offer:
    """The answer to an order: the flights that are planned or changed for it and the promise, or reasons.

    `unknown` is what could not be looked at and forbids nothing.
    """

    reasons: tuple[Reason, ...] = ()
    flight: Flight | None = None
    promise: Promise | None = None
    more: tuple[Event, ...] = field(default=())
    unknown: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether it is a yes."""
        return self.flight is not None


def promise_of(release_s: float, now_s: float, how: Operations, order: Order) -> Promise:
    """What may be promised for a planned release; a wanted time is kept exactly."""
    low = release_s - how.early_s
    high = release_s + how.late_s + how.late_share * max(0.0, release_s - now_s)
    if order.wanted_from_s is not None:
        low = max(low, min(order.wanted_from_s, release_s))
    if order.wanted_until_s is not None:
        high = min(high, max(order.wanted_until_s, release_s + how.late_s))
    return Promise(release_s, low, high)


def offer(
    board: Board,
    planner: Planner,
    order: Order,
    conditions: Conditions,
    now_s: float,
    *,
    pushes: bool = False,
) -> Offer:
    """Answer an order: what speaks against it, or the earliest flight for it (`pushes`: see `Task`)."""
    world = board.world
    point = world.places[order.place]
    day = conditions.at(world, max(now_s, order.wanted_from_s or now_s))
    reasons = [*place_reasons(point), *day_reasons(day), *goods_reasons(world, order, point)]
    window = _window(order, point, day, now_s)
    if isinstance(window, Reason):
        reasons.append(window)
        window = (now_s, now_s + day.operations.max_wait_s)
    task = Task((order.id,), point, order.mass_kg, window, RANKS[order.priority], pushes)
    joined = None if reasons else _joined(board, planner, task, day, now_s)
    found = planner.place(board, task, day, now_s)
    flight = _earlier(joined, found.flight)
    if reasons or flight is None:
        return Offer((*reasons, *(() if flight else found.reasons)))
    promise = promise_of(flight.release_s or now_s, now_s, day.operations, order)
    return Offer((), flight, promise, unknown=unknowns(day))


def _window(order: Order, point: Place, day: Conditions, now_s: float) -> tuple[float, float] | Reason:
    """Between which moments the release may lie: as wanted, in opening hours, soon."""
    soonest_s = max(now_s, order.wanted_from_s or now_s)
    opens, closes = hours_on(point, soonest_s, day.zone)
    if order.wanted_from_s is None and not opens <= now_s < closes:
        return hours_reason(point, now_s, day.zone)
    latest = closes if order.wanted_until_s is None else min(closes, order.wanted_until_s)
    if order.priority is not Priority.RESERVED:
        latest = min(latest, now_s + day.operations.max_wait_s)
    if soonest_s > now_s + FAR_S:
        said = "orders are taken two weeks ahead at most"
        return Reason(Rule.SLOT, said, "order nearer to the day", (("case", "far"),))
    first = max(soonest_s, opens)
    return (first, latest) if first < latest else hours_reason(point, first, day.zone)


def _joined(board: Board, planner: Planner, task: Task, day: Conditions, now_s: float) -> Flight | None:
    """A planned flight that takes the load along."""
    for flight in sorted(joinable(board, task, day, now_s), key=lambda f: f.release_s or 0.0):
        craft = board.world.aircraft[flight.aircraft]
        if flight.payload_kg + task.payload_kg > aircraft_of(craft.type).payload_max_kg:
            continue
        depot = board.world.places[flight.depot]
        way = planner.ways.way(craft, depot, task.place, day, flight.takeoff_s or now_s)
        more = join(flight, task, way)
        if way.plan is not None and board.batteries_for(more):
            return more
    return None


def _earlier(one: Flight | None, other: Flight | None) -> Flight | None:
    """The flight that releases first; the one already planned where they are about equal."""
    if one is None or other is None:
        return one or other
    return one if (one.release_s or 0.0) <= (other.release_s or 0.0) + JOIN_S else other


JOIN_S = 240.0
"""So much later an order may be for going along with another."""


def events_of(order: Order, made: Offer, now_s: float) -> list[Event]:
    """What is written down for an answered order."""
    received = Event(now_s, "order.received", order.id, to_data(order))
    if made.flight is None or made.promise is None:
        return [received, Event(now_s, "order.refused", order.id, on_record(made.reasons))]
    promise: dict[str, object] = {"aircraft": made.flight.aircraft, "flight": made.flight.id}
    promise |= made.promise.fields(order)
    if made.unknown:
        promise["unknown"] = list(made.unknown)
    accepted = Event(now_s, "order.accepted", order.id, promise)
    return [received, accepted, planned(made.flight, now_s), *made.more]


def planned_again(
    board: Board, planner: Planner, order: Order, conditions: Conditions, now_s: float
) -> list[Event]:
    """What is written down for an accepted order that lost its flight: another one, or why there is none."""
    made = offer(board, planner, order, conditions, now_s)
    if made.flight is None or made.promise is None:
        return [Event(now_s, "order.failed", order.id, on_record(made.reasons))]
    kept = order.promised_s is not None and made.promise.release_s <= order.promised_s[1]
    return [planned(made.flight, now_s), again(order, made.flight, None if kept else made.promise, now_s)]


def planned(flight: Flight, now_s: float) -> Event:
    """That a flight is planned so."""
    return Event(now_s, "flight.planned", flight.id, to_data(flight))


def again(order: Order, flight: Flight, promise: Promise | None, now_s: float) -> Event:
    """That an accepted order goes with another flight, perhaps with another promise."""
    data: dict[str, object] = {"aircraft": flight.aircraft, "flight": flight.id}
    if promise is not None:
        data |= promise.fields(order)
    return Event(now_s, "order.planned", order.id, data)


def without(flight: Flight, order: Order) -> Flight:
    """A planned flight that leaves one order behind."""
    left = tuple(o for o in flight.orders if o != order.id)
    return dataclasses.replace(flight, orders=left, payload_kg=round(flight.payload_kg - order.mass_kg, 6))
