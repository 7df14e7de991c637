"""The record of an order: everything that was asked, answered, flown and confirmed, in order of time."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from delivery.model import Order
from delivery.things import to_data
from delivery.world import Event, World


def order_record(order: Order, world: World, events: Iterable[Event]) -> dict[str, Any]:
    """One order with its place, its flights and every event that belongs to it, as JSON."""
    flights = [f for f in world.flights.values() if order.id in f.orders]
    subjects = {order.id, *(f.id for f in flights)}
    return {
        "order": to_data(order),
        "place": to_data(world.places[order.place]),
        "flights": [to_data(f) for f in flights],
        "events": [line_of(e) for e in events if e.subject in subjects],
    }


def line_of(event: Event) -> dict[str, Any]:
    """An event as a line of a record."""
    moment = datetime.fromtimestamp(event.time_s, UTC).isoformat(timespec="milliseconds")
    return {"time": moment, "kind": event.kind, "subject": event.subject, "data": dict(event.data)}
