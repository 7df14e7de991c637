"""What a flight's steps do to flights, orders and batteries: events, worked out from the world."""

import dataclasses
from typing import Any

from delivery.flier import Confirmation, Outcome
from delivery.flights import Flight
from delivery.model import Order, OrderState
from delivery.things import Setting, to_data
from delivery.ways import aircraft_of
from delivery.world import Event, World

MOST_TRIES = 2
NOT_CONFIRMED = (
    "unknown: look at the point and at the aircraft; the vehicle did not confirm that the goods came off"
)
CAME_BACK = "the goods came back: the vehicle did not let them go"


def started(world: World, flight: Flight, battery: str | None, now_s: float) -> list[Event]:
    """A flight takes off with its orders aboard."""
    return [
        *_swapped(world, flight, battery, now_s),
        Event(now_s, "flight.started", flight.id, {"started_s": now_s, "battery": battery}),
        *(
            Event(now_s, "order.flying", name, {"aircraft": flight.aircraft, "flight": flight.id})
            for name in flight.orders
        ),
    ]


def _swapped(world: World, flight: Flight, battery: str | None, now_s: float) -> list[Event]:
    """Another battery goes in, the one that was inside on the charger."""
    craft = world.aircraft[flight.aircraft]
    if battery is None:
        return []
    things: list[tuple[str, Setting]] = []
    old = world.batteries.get(craft.battery or "")
    if old is not None and old.id != battery:
        put = dataclasses.replace(old, charge=old.charge_at(now_s), at_s=now_s, charging=True)
        things.append(("battery", put))
    new = world.batteries[battery]
    charge = round(new.charge_at(now_s), 4)
    things.append(("battery", dataclasses.replace(new, charge=charge, at_s=now_s, charging=False)))
    things.append(("aircraft", dataclasses.replace(craft, battery=battery, charge=charge)))
    return [Event(now_s, f"{kind}.set", thing.id, to_data(thing)) for kind, thing in things]


def released(world: World, flight_id: str, word: Confirmation, now_s: float) -> list[Event]:
    """The vehicle let go: when we heard it; its own time is in the data."""
    data = {
        "released_at_s": word.time_s,
        "released_lonlat": None if word.lonlat is None else list(word.lonlat.xy),
        "released_alt_m": word.height_m,
        "release_text": word.text,
    }
    flying = _aboard(world, flight_id)
    return [Event(now_s, "order.released", order.id, data) for order in flying]


def _aboard(world: World, flight_id: str) -> list[Order]:
    orders = (world.orders[name] for name in world.flights[flight_id].orders)
    return [order for order in orders if order.state is OrderState.FLYING]


def ended(world: World, flight_id: str, outcome: Outcome, now_s: float) -> list[Event]:
    """A flight is over: its orders are closed, failed, or go again when the goods surely came back."""
    flight = world.flights[flight_id]
    data: dict[str, Any] = {
        "ended_s": now_s,
        "completed": outcome.completed,
        "flown_s": outcome.flown_s,
        "log": outcome.log,
        "problem": outcome.problem,
    }
    orders = [world.orders[name] for name in flight.orders]
    return [
        Event(now_s, "flight.ended", flight_id, data),
        *_spent(world, flight, now_s),
        *(event for order in orders for event in _after(order, outcome, now_s)),
    ]


def _after(order: Order, outcome: Outcome, now_s: float) -> list[Event]:
    if order.state is OrderState.RELEASED:
        return [Event(now_s, "order.closed", order.id)]
    if order.state is not OrderState.FLYING:
        return []
    if outcome.aboard is True and outcome.release is None and order.tries + 1 < MOST_TRIES:
        back = {"flight": None, "aircraft": None, "tries": order.tries + 1}
        return [Event(now_s, "order.accepted", order.id, back)]
    reason = outcome.problem or (CAME_BACK if outcome.aboard else NOT_CONFIRMED)
    return [Event(now_s, "order.failed", order.id, {"reasons": [reason], "tries": order.tries + 1})]


def _spent(world: World, flight: Flight, now_s: float) -> list[Event]:
    """What is left in the battery, as planned; one cycle more."""
    craft = world.aircraft[flight.aircraft]
    share = (flight.energy_Wh or 0.0) / aircraft_of(craft.type).battery_Wh
    left = dataclasses.replace(craft, charge=round(max(0.0, craft.charge - share), 4))
    events = [Event(now_s, "aircraft.set", craft.id, to_data(left))]
    battery = world.batteries.get(flight.battery or "")
    if battery is not None:
        used = dataclasses.replace(battery, charge=left.charge, at_s=now_s, cycles=battery.cycles + 1)
        events.append(Event(now_s, "battery.set", battery.id, to_data(used)))
    return events
