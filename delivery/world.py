"""The present state as a fold over events: `world = apply(world, event)`, pure."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from delivery.errors import DeliveryError
from delivery.flights import ACTIVE, Flight, FlightState
from delivery.model import (
    NEXT_STATES,
    Battery,
    Closure,
    Craft,
    Item,
    Order,
    OrderState,
    Place,
    WeatherReport,
)
from delivery.things import Thing, flight_fields, order_fields, order_from_data, thing_from_data

FIELDS = {
    "item": "items",
    "place": "places",
    "aircraft": "aircraft",
    "battery": "batteries",
    "weather": "weather",
    "closure": "closures",
    "order": "orders",
    "flight": "flights",
}
"""Kind of thing -> field of the world."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: UTC seconds, kind (`order.accepted`), the thing's id, and its data (JSON)."""

    time_s: float
    kind: str
    subject: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class World:
    """Everything that is known now, by id."""

    items: Mapping[str, Item] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    aircraft: Mapping[str, Craft] = field(default_factory=dict)
    batteries: Mapping[str, Battery] = field(default_factory=dict)
    weather: Mapping[str, WeatherReport] = field(default_factory=dict)
    closures: Mapping[str, Closure] = field(default_factory=dict)
    orders: Mapping[str, Order] = field(default_factory=dict)
    flights: Mapping[str, Flight] = field(default_factory=dict)

    def place(self, name: str) -> Place:
        """A place by id or name; raises `DeliveryError` listing the known ones."""
        if name in self.places:
            return self.places[name]
        for place in self.places.values():
            if name == place.name:
                return place
        raise _unknown("place", name, self.places)

    def item(self, name: str) -> Item:
        """An item by id; raises `DeliveryError` listing the known ones."""
        if name not in self.items:
            raise _unknown("item", name, self.items)
        return self.items[name]

    def order(self, name: str) -> Order:
        """An order by id; raises `DeliveryError`."""
        if name not in self.orders:
            raise DeliveryError(f"unknown order {name[:60]!r}", hint="look at its number again")
        return self.orders[name]

    def depots(self) -> tuple[Place, ...]:
        """The depots; raises `DeliveryError` when there is none."""
        found = tuple(place for place in self.places.values() if place.kind == "depot")
        if not found:
            raise DeliveryError("there is no depot yet", hint="add one: skyshade delivery places load FILE")
        return found

    def active_flights(self) -> Iterator[Flight]:
        """Flights that are planned or in the air."""
        return (f for f in self.flights.values() if f.state in ACTIVE)

    def busy(self, aircraft: str) -> bool:
        """Whether an aircraft is in the air."""
        return any(f.aircraft == aircraft and f.state is FlightState.FLYING for f in self.flights.values())


def _unknown(kind: str, name: str, known: Mapping[str, Any]) -> DeliveryError:
    return DeliveryError(f"unknown {kind} {name[:60]!r}", hint=f"known: {', '.join(sorted(known)) or 'none'}")


def replay(events: Iterable[Event]) -> World:
    """The world that a log of events leads to."""
    world = World()
    for event in events:
        world = apply(world, event)
    return world


def apply(world: World, event: Event) -> World:
    """The world after one more event; raises `DeliveryError` for a step that a thing cannot take."""
    group, _, step = event.kind.partition(".")
    if step == "set" and group in FIELDS:
        return put(world, FIELDS[group], thing_from_data(group, event.data))
    if group == "order":
        return put(world, "orders", _order_step(world.orders.get(event.subject), step, event))
    if group == "flight":
        return put(world, "flights", _flight_step(world.flights.get(event.subject), step, event))
    raise DeliveryError(f"unknown event {event.kind!r}", hint="the store was written by a newer version")


def put(world: World, where: str, thing: Thing) -> World:
    """The world with one thing more, or another in its place."""
    things = {**getattr(world, where), thing.id: thing}
    return dataclasses.replace(world, **{where: things})


def _order_step(order: Order | None, step: str, event: Event) -> Order:
    if step == "received":
        if order is not None:
            raise DeliveryError(f"order {order.id} was received already")
        return order_from_data(event.data)
    if order is None:
        raise DeliveryError(f"order {event.subject!r} was never received")
    if step == "planned":
        return _planned_again(order, event)
    state = OrderState(step)
    if state not in NEXT_STATES[order.state]:
        raise DeliveryError(f"order {order.id} is {order.state.value} and cannot become {state.value}")
    return _changed(order, order_fields({**event.data, "state": state}))


def _planned_again(order: Order, event: Event) -> Order:
    """An accepted order gets another flight, and where it must be another promise."""
    if order.state is not OrderState.ACCEPTED:
        raise DeliveryError(f"order {order.id} is {order.state.value} and cannot be planned again")
    return _changed(order, order_fields(event.data))


def _flight_step(flight: Flight | None, step: str, event: Event) -> Flight:
    if step == "planned" and (flight is None or flight.state is FlightState.PLANNED):
        return Flight(**flight_fields(event.data))
    if step == "started" and (flight is None or flight.state is FlightState.PLANNED):
        before = flight or Flight(event.subject, (), "")
        return _changed(before, {**flight_fields(event.data), "state": FlightState.FLYING})
    if flight is None:
        raise DeliveryError(f"flight {event.subject!r} was never planned")
    if flight.state is not _STEPS_FROM.get(step):
        raise DeliveryError(f"flight {flight.id} is {flight.state.value} and cannot take the step {step!r}")
    return _changed(flight, {**flight_fields(event.data), **_STEPS_TO[step]})


_STEPS_FROM = {
    "moved": FlightState.PLANNED,
    "withdrawn": FlightState.PLANNED,
    "noted": FlightState.FLYING,
    "ended": FlightState.FLYING,
}
_STEPS_TO: dict[str, dict[str, Any]] = {
    "moved": {},
    "withdrawn": {"state": FlightState.WITHDRAWN},
    "noted": {},
    "ended": {"state": FlightState.ENDED},
}


_T = TypeVar("_T", Order, Flight)


def _changed(thing: _T, fields: Mapping[str, Any]) -> _T:
    try:
        return dataclasses.replace(thing, **fields)
    except TypeError as error:
        raise DeliveryError(
            f"{thing.id}: {error}", hint="the store was written by a newer version"
        ) from error
