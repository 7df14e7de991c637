"""The desk: where orders come in and questions are answered, for any number of threads."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.clock import Clock
from core.geo import Altitude, LonLat
from delivery.board import Board
from delivery.conditions import Conditions
from delivery.errors import ClockError, DeliveryError, KeyReusedError, NotYoursError
from delivery.feasibility import craft_reasons, day_reasons, place_reasons
from delivery.flights import Flight, FlightState
from delivery.mending import mended
from delivery.model import Order, OrderState, Place, Priority
from delivery.moving import Desired, urgent_offer
from delivery.offer import Offer, events_of, offer, planned, planned_again, without
from delivery.planner import Planner
from delivery.reasons import Reason
from delivery.replan import replan
from delivery.request import Request, order_of
from delivery.routing import Effort
from delivery.store import Entry, Store
from delivery.world import Event, World
from missions.model import Mission

BACK_S = 5.0  # how far a clock may be behind the log before orders are refused
OPEN_TRIES = 2  # of planning while others may write
POLL_S = 0.25  # how often another process's events are looked for


@dataclass(frozen=True, slots=True)
class Answer:
    """An order, and whether this request made it (False: the key had made it before)."""

    order: Order
    created: bool


@dataclass(frozen=True, slots=True)
class Position:
    """Where a flight is: UTC seconds, place, height, course in degrees and speed where known."""

    time_s: float
    lonlat: LonLat
    altitude: Altitude | None = None
    course_deg: float | None = None
    speed_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """An order with its place, its flight and where that is; `due_s` is when the release is expected now."""

    order: Order
    place: Place
    flight: Flight | None = None
    position: Position | None = None
    due_s: float | None = None


@dataclass(slots=True)
class Desk:
    """Takes orders, cancels them, tells how they stand.

    `conditions` is asked for the day at each order.
    """

    store: Store
    conditions: Callable[[], Conditions]
    clock: Clock
    planner: Planner = field(default_factory=Planner)
    board: Board = field(default_factory=Board)
    _positions: dict[str, Position] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _planning: threading.Lock = field(default_factory=threading.Lock)

    def order(self, request: Request) -> Answer:
        """Take an order and answer it: accepted with a time, or refused with every reason.

        Raises `DeliveryError` for an unknown place or item or a wish in the past, `KeyReusedError` for a key
        that stands for another order, `ClockError` when the clock went back; such orders are not recorded.
        """
        now_s = self._steady_s()
        request.check_not_past(now_s)
        order_of(request, self.store.world(), 0, "", None, now_s)  # unknown names are told before all else
        customer = self.store.contacts.reference(request.customer, now_s, request.contact)
        key = None if request.key is None else self.store.contacts.mark(f"{request.customer}\n{request.key}")
        return self._taken(request, customer, key, now_s)

    def _taken(self, request: Request, customer: str, key: str | None, now_s: float) -> Answer:
        chosen: list[Answer] = []

        def plan(world: World) -> Sequence[Event]:
            known = _of_key(world, key, request)
            if known is not None:
                chosen[:] = [Answer(known, created=False)]
                return []
            order = order_of(request, world, len(world.orders) + 1, customer, key, now_s)
            chosen[:] = [Answer(order, created=True)]
            self.follow(world, now_s)
            return events_of(order, self._offer(order, now_s), now_s)

        world = self._planned(plan)
        return Answer(world.order(chosen[0].order.id), chosen[0].created)

    def _planned(self, plan: Callable[[World], Sequence[Event]]) -> World:
        """Write what is planned of the state, while others may write: where they did, it is planned again.

        At last nobody may write meanwhile. What is written always is the plan of the state before it.
        """
        with self._planning:
            for _ in range(OPEN_TRIES):
                world, seq = self.store.present()
                events = plan(world)
                done = self.store.append_after(seq, events) if events else world
                if done is not None:
                    self._tell()
                    return done
            return self.decide(plan)

    def follow(self, world: World, now_s: float) -> None:
        """Bring the board up to date."""
        self.board.follow(world, now_s + self.conditions().operations.freeze_s, now_s)

    def _offer(self, order: Order, now_s: float) -> Offer:
        conditions = self.conditions()
        if order.priority is Priority.URGENT:
            return urgent_offer(Desired(self.board, self.planner, conditions, now_s), order)
        return offer(self.board, self.planner, order, conditions, now_s)

    def cancel(self, order_id: str, customer: str | None = None) -> Order:
        """Cancel an order that has not taken off.

        Raises `NotYoursError` where `customer` is given and the order is another's, `DeliveryError` for one
        that cannot be cancelled any more.
        """
        self._own(self.store.world().order(order_id), customer)
        now_s = self.clock.utc_s()
        world = self.store.decide(lambda world: cancelled(world, world.order(order_id), now_s))
        self._tell()
        return world.order(order_id)

    def status(self, order_id: str, customer: str | None = None) -> Status:
        """How an order stands, as this process knows it; raises as `cancel` does."""
        world = self.store.known()
        if order_id not in world.orders:  # another process may have taken it
            world = self.store.world()
        order = world.order(order_id)
        self._own(order, customer)
        flight = world.flights.get(order.flight or "")
        position = None if flight is None else self._positions.get(flight.id)
        due_s = flight.release_s if flight is not None and flight.active else None
        return Status(order, world.places[order.place], flight, position, due_s)

    def orders(self, customer: str | None = None) -> tuple[Order, ...]:
        """All orders, or one customer's, oldest first."""
        found = self.store.world().orders.values()
        if customer is None:
            return tuple(found)
        reference = self.store.contacts.find(customer)
        return tuple(order for order in found if order.customer == reference)

    def world(self) -> World:
        """Everything that is known now: places, items, aircraft, orders, flights."""
        return self.store.world()

    def events_since(self, seq: int, limit: int = 100) -> list[Entry]:
        """The events after number `seq`; nothing in them is personal."""
        return self.store.entries_since(seq, limit)

    def wait_for_events(self, seq: int, timeout_s: float) -> bool:
        """Wait until there is an event after number `seq`; whether there is one."""
        end_s = self.clock.monotonic_s() + timeout_s
        while True:
            self.store.world()
            if self.store.seq > seq:
                return True
            left_s = end_s - self.clock.monotonic_s()
            if left_s <= 0:
                return False
            with self._changed:
                self._changed.wait(min(left_s, POLL_S))

    def decide(self, decision: Callable[[World], Sequence[Event]]) -> World:
        """Write what `decision` makes of the state, and tell those who wait."""
        world = self.store.decide(decision)
        self._tell()
        return world

    @contextmanager
    def planning(self) -> Iterator[None]:
        """The board is this thread's alone meanwhile."""
        with self._planning:
            yield

    def against(self, flight: Flight, day: Conditions, now_s: float) -> tuple[Reason, ...]:
        """What speaks against a planned flight now, whatever was true when it was planned."""
        world = self.store.known()
        point, craft = world.places[flight.place], world.aircraft[flight.aircraft]
        way = self.planner.ways.way(craft, world.places[flight.depot], point, day, now_s, flight.level)
        said = [*place_reasons(point), *day_reasons(day), *craft_reasons(craft, flight.payload_kg, way)]
        return tuple(dict.fromkeys(said))

    def mission_of(self, flight: Flight, day: Conditions) -> Mission:
        """The mission of a flight; raises `DeliveryError` when there is no way any more."""
        world = self.store.known()
        craft, depot = world.aircraft[flight.aircraft], world.places[flight.depot]
        when_s = flight.takeoff_s or self.clock.utc_s()
        way = self.planner.ways.way(craft, depot, world.places[flight.place], day, when_s, flight.level)
        if way.plan is None:
            raise DeliveryError(f"flight {flight.id}: {way.reasons[0]}")
        return way.plan.mission

    def plan_again(self, order_id: str) -> Order:
        """Plan an accepted order that has no flight; one that cannot be flown any more fails with reasons."""
        now_s = self.clock.utc_s()

        def plan(world: World) -> list[Event]:
            self.follow(world, now_s)
            order = world.order(order_id)
            return planned_again(self.board, self.planner, order, self.conditions(), now_s)

        return self._planned(plan).order(order_id)

    def mend(self) -> int:
        """Plan anew what can no longer fly as planned; how many events that took."""
        return self._rework(mended)

    def improve(self, effort: Effort | None = None) -> int:
        """Look for a better plan that keeps every promise; how many events that took."""
        return self._rework(lambda work: list(replan(work, effort).events))

    def _rework(self, how: Callable[[Desired], list[Event]]) -> int:
        now_s, conditions = self.clock.utc_s(), self.conditions()
        done: list[Event] = []

        def plan(world: World) -> list[Event]:
            self.follow(world, now_s)
            done[:] = how(Desired(self.board, self.planner, conditions, now_s))
            return done

        self._planned(plan)
        return len(done)

    def append(self, events: Sequence[Event]) -> World:
        """Write what happened elsewhere, and tell those who wait."""
        world = self.store.append(events)
        self._tell()
        return world

    def heard(self, flight_id: str, position: Position) -> None:
        """Where a flight is now; kept in memory only."""
        self._positions[flight_id] = position

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _own(self, order: Order, customer: str | None) -> None:
        if customer is not None and self.store.contacts.find(customer) != order.customer:
            raise NotYoursError(f"order {order.id} is not yours")

    def _steady_s(self) -> float:
        now_s, last_s = self.clock.utc_s(), self.store.time_s
        if now_s < last_s - BACK_S:
            raise ClockError(
                f"the clock went back by {last_s - now_s:.0f} s behind the last record",
                hint="set the clock right",
            )
        return now_s


def _of_key(world: World, key: str | None, request: Request) -> Order | None:
    """The order that a key stands for; raises `KeyReusedError` where it stands for something else."""
    if key is None:
        return None
    found = next((order for order in reversed([*world.orders.values()]) if order.key == key), None)
    if found is not None and found.digest != request.digest:
        raise KeyReusedError(
            "this key stands for another order already", hint="use a new key for a new order"
        )
    return found


def cancelled(world: World, order: Order, now_s: float) -> list[Event]:
    """That an order is cancelled; its flight goes without it, or not at all."""
    events = [Event(now_s, "order.cancelled", order.id)]
    flight = world.flights.get(order.flight or "")
    if flight is None or flight.state is not FlightState.PLANNED or order.state is not OrderState.ACCEPTED:
        return events
    rest = without(flight, order)
    gone = Event(now_s, "flight.withdrawn", flight.id)
    return [*events, planned(rest, now_s) if rest.orders else gone]
