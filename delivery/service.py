"""The use cases: set up, order, cancel, dispatch. Each is a few events written at once."""

from collections.abc import Sequence
from pathlib import Path

from core.clock import Clock
from delivery.conditions import Conditions
from delivery.crew import Crew
from delivery.desk import Desk, cancelled
from delivery.errors import DeliveryError
from delivery.flier import Flier
from delivery.flights import Flight, FlightState
from delivery.model import Battery, Closure, Craft, Item, Order, Place, Priority, WeatherReport
from delivery.request import Request
from delivery.sky import RANKS
from delivery.store import Store
from delivery.things import Setting, to_data
from delivery.world import Event, World


def set_things(store: Store, things: Sequence[Setting], clock: Clock) -> World:
    """Add or change items, places and aircraft."""
    seen: set[tuple[type, str]] = set()
    for thing in things:
        if (type(thing), thing.id) in seen:
            raise DeliveryError(
                f"{_KINDS[type(thing)]} {thing.id!r} is named twice", hint="give each its own id"
            )
        seen.add((type(thing), thing.id))
        _check_change(store.world(), thing)
    now = clock.utc_s()
    return store.append([Event(now, f"{_KINDS[type(t)]}.set", t.id, to_data(t)) for t in things])


def _check_change(world: World, thing: Setting) -> None:
    """Raises `DeliveryError` for a change to what is in the air: a second aircraft of one id, perhaps."""
    old = world.aircraft.get(thing.id) if isinstance(thing, Craft) else None
    if old is None or not isinstance(thing, Craft) or (old.type, old.depot) == (thing.type, thing.depot):
        return
    if any(f.aircraft == thing.id for f in world.active_flights()):
        raise DeliveryError(
            f"aircraft {thing.id!r} has flights already and is a {old.type} at {old.depot}",
            hint="give the new one another id",
        )


_KINDS: dict[type, str] = {
    Item: "item",
    Place: "place",
    Craft: "aircraft",
    Battery: "battery",
    WeatherReport: "weather",
    Closure: "closure",
}


def place_order(
    store: Store,
    customer: str,
    place: str,
    lines: Sequence[tuple[str, int]],
    conditions: Conditions,
    clock: Clock,
    *,
    priority: Priority = Priority.REGULAR,
) -> Order:
    """Take an order and answer it at once: accepted with a time, or refused with every reason.

    Raises `DeliveryError` for an unknown place or item or a count below one; such an order is not recorded.
    """
    request = Request(customer, place, tuple(lines), priority)
    return Desk(store, lambda: conditions, clock).order(request).order


def cancel_order(store: Store, order_id: str, clock: Clock) -> Order:
    """Cancel an order that has not taken off; raises `DeliveryError` otherwise."""
    now_s = clock.utc_s()
    return store.decide(lambda world: cancelled(world, world.order(order_id), now_s)).order(order_id)


def next_flight(world: World) -> Flight | None:
    """The planned flight to fly next: urgent ones first, then the one whose time comes first."""
    waiting = [f for f in world.active_flights() if f.state is FlightState.PLANNED]
    return min(waiting, key=lambda f: (-f.priority, f.takeoff_s or 0.0, f.id), default=None)


def dispatch(store: Store, flier: Flier, conditions: Conditions, clock: Clock, folder: Path) -> Order | None:
    """Fly the next flight now and record what the vehicle really did; None when nothing waits.

    The day is judged again just before take-off: raises `DeliveryError` with the reasons if it is no longer
    flyable, and the orders stay accepted. The order returned is the most urgent of the flight.
    """
    flight = next_flight(store.world())
    if flight is None:
        return None
    desk = Desk(store, lambda: conditions, clock)
    flown = Crew(desk, folder).fly(flight.id, flier)
    orders = [store.world().orders[name] for name in flown.orders]
    return min(orders, key=lambda o: (-RANKS[o.priority], o.placed_s, o.id))
