"""The use cases: order, cancel, dispatch. Each is a few events written at once."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from core.clock import Clock
from core.errors import SkyshadeError
from delivery.errors import DeliveryError
from delivery.feasibility import Conditions, Verdict, judge
from delivery.flier import Confirmation, Flier, Outcome
from delivery.model import (
    Battery,
    Closure,
    Craft,
    Item,
    Order,
    OrderState,
    Place,
    Priority,
    WeatherReport,
)
from delivery.request import Request
from delivery.store import Store
from delivery.things import Setting, to_data
from delivery.world import Event, World
from missions.aircraft import load_aircraft


def set_things(store: Store, things: Sequence[Setting], clock: Clock) -> World:
    """Add or change items, places and aircraft."""
    seen: set[tuple[type, str]] = set()
    for thing in things:
        if (type(thing), thing.id) in seen:
            raise DeliveryError(
                f"{_KINDS[type(thing)]} {thing.id!r} is named twice", hint="give each its own id"
            )
        seen.add((type(thing), thing.id))
    now = clock.utc_s()
    return store.append([Event(now, f"{_KINDS[type(t)]}.set", t.id, to_data(t)) for t in things])


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
    from delivery.desk import Desk

    request = Request(customer, place, tuple(lines), priority)
    return Desk(store, lambda: conditions, clock).order(request).order


def cancel_order(store: Store, order_id: str, clock: Clock) -> Order:
    """Cancel an order that has not taken off; raises `DeliveryError` otherwise."""
    return store.append([Event(clock.utc_s(), "order.cancelled", order_id)]).order(order_id)


def next_order(world: World) -> Order | None:
    """The accepted order to fly next: urgent ones first, then the oldest."""
    waiting = [o for o in world.orders.values() if o.state is OrderState.ACCEPTED]
    return min(waiting, key=lambda o: (o.priority is not Priority.URGENT, o.placed_s, o.id), default=None)


def dispatch(store: Store, flier: Flier, conditions: Conditions, clock: Clock, folder: Path) -> Order | None:
    """Fly the next accepted order and record what the vehicle really did; None when nothing waits.

    The day is judged again just before take-off: raises `DeliveryError` with the reasons if it is no longer
    flyable, and the order stays accepted. What the vehicle confirms is written at once, so that a crash of
    this program in mid-flight loses no order and drops nothing twice.
    """
    world = store.world()
    order = next_order(world)
    if order is None:
        return None
    verdict = judge(world, order, conditions, clock.utc_s())
    if verdict.plan is None or verdict.aircraft is None:
        raise DeliveryError(f"order {order.id} cannot take off: {'; '.join(verdict.reasons)}")
    flight_id = f"F-{len(world.flights) + 1:05d}"
    _take_off(store, order, verdict.aircraft, flight_id, clock)
    outcome = _fly(store, flier, verdict, order, folder / flight_id, clock)
    return _land(store, order.id, flight_id, verdict, outcome, clock)


def _take_off(store: Store, order: Order, craft: Craft, flight_id: str, clock: Clock) -> None:
    now = clock.utc_s()
    started = {"orders": [order.id], "place": order.place, "aircraft": craft.id, "started_s": now}
    flying = {"aircraft": craft.id, "flight": flight_id}
    store.append(
        [Event(now, "flight.started", flight_id, started), Event(now, "order.flying", order.id, flying)]
    )


def _fly(store: Store, flier: Flier, verdict: Verdict, order: Order, folder: Path, clock: Clock) -> Outcome:
    heard: list[Confirmation] = []

    def released(word: Confirmation) -> None:
        if not heard:
            heard.append(word)
            store.append([_released(order.id, word, clock.utc_s())])

    assert verdict.plan is not None  # noqa: S101  # dispatch refused anything else
    start = clock.monotonic_s()
    try:
        outcome = flier.fly(verdict.plan.mission, folder, released)
    except (SkyshadeError, OSError, KeyboardInterrupt) as error:
        problem = str(error) or type(error).__name__
        outcome = Outcome(completed=False, flown_s=clock.monotonic_s() - start, release=None, problem=problem)
    if outcome.release is not None:
        released(outcome.release)
    return dataclasses.replace(outcome, release=heard[0] if heard else None)


def _released(order_id: str, word: Confirmation, now_s: float) -> Event:
    """When we heard it; the vehicle's own time is in the data."""
    data = {
        "released_at_s": word.time_s,
        "released_lonlat": None if word.lonlat is None else list(word.lonlat.xy),
        "release_text": word.text,
    }
    return Event(now_s, "order.released", order_id, data)


def _land(
    store: Store, order_id: str, flight_id: str, verdict: Verdict, outcome: Outcome, clock: Clock
) -> Order:
    now = clock.utc_s()
    ended = {
        "ended_s": now,
        "completed": outcome.completed,
        "flown_s": outcome.flown_s,
        "log": outcome.log,
        "problem": outcome.problem,
    }
    events = [Event(now, "flight.ended", flight_id, ended), _spent(verdict, now)]
    if outcome.release is not None:
        events.append(Event(now, "order.closed", order_id))
    else:
        reason = outcome.problem or "the vehicle did not confirm the release; the goods came back"
        events.append(Event(now, "order.failed", order_id, {"reasons": [reason]}))
    return store.append(events).order(order_id)


def _spent(verdict: Verdict, now_s: float) -> Event:
    """The aircraft's charge after the flight, as planned; a measured figure replaces it when known."""
    assert verdict.aircraft is not None  # noqa: S101  # dispatch refused anything else
    assert verdict.plan is not None  # noqa: S101  # as above
    craft, aircraft = verdict.aircraft, load_aircraft(verdict.aircraft.type)
    left = max(0.0, craft.charge - verdict.plan.total.energy_Wh / aircraft.battery_Wh)
    after = dataclasses.replace(craft, charge=round(left, 4))
    return Event(now_s, "aircraft.set", craft.id, to_data(after))
