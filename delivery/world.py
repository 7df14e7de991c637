"""The present state as a fold over events: `world = apply(world, event)`, pure."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.geo import LonLat
from delivery.errors import DeliveryError
from delivery.model import (
    NEXT_STATES,
    Craft,
    Flight,
    Hours,
    Item,
    Order,
    OrderState,
    Place,
    Priority,
    Release,
)

Thing = Item | Place | Craft | Order | Flight


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
    orders: Mapping[str, Order] = field(default_factory=dict)
    flights: Mapping[str, Flight] = field(default_factory=dict)

    def place(self, name: str) -> Place:
        """A place by id or name; raises `DeliveryError` listing the known ones."""
        for place in self.places.values():
            if name in {place.id, place.name}:
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
            raise _unknown("order", name, self.orders)
        return self.orders[name]

    def depot(self) -> Place:
        """The depot; raises `DeliveryError` when there is none."""
        for place in self.places.values():
            if place.kind == "depot":
                return place
        raise DeliveryError("there is no depot yet", hint="add one: skyshade delivery places load FILE")

    def busy(self, aircraft: str) -> bool:
        """Whether an aircraft is promised to an order or in the air."""
        taken = {OrderState.FLYING, OrderState.RELEASED}
        return any(o.aircraft == aircraft and o.state in taken for o in self.orders.values())


def _unknown(kind: str, name: str, known: Mapping[str, Any]) -> DeliveryError:
    return DeliveryError(f"unknown {kind} {name!r}", hint=f"known: {', '.join(sorted(known)) or 'none'}")


def replay(events: Iterable[Event]) -> World:
    """The world that a log of events leads to."""
    world = World()
    for event in events:
        world = apply(world, event)
    return world


def apply(world: World, event: Event) -> World:
    """The world after one more event; raises `DeliveryError` for a step that an order cannot take."""
    group, step = event.kind.split(".", 1)
    if step == "set":
        return _put(world, _FIELDS[group], thing_from_data(group, dict(event.data)))
    if group == "order":
        return _put(world, "orders", _order_step(world.orders.get(event.subject), step, event))
    if group == "flight":
        return _put(world, "flights", _flight_step(world.flights.get(event.subject), step, event))
    raise DeliveryError(f"unknown event {event.kind!r}", hint="the store was written by a newer version")


_FIELDS = {"item": "items", "place": "places", "aircraft": "aircraft"}


def _put(world: World, where: str, thing: Thing) -> World:
    things = {**getattr(world, where), thing.id: thing}
    return dataclasses.replace(world, **{where: things})


def _order_step(order: Order | None, step: str, event: Event) -> Order:
    if step == "received":
        return order_from_data(dict(event.data))
    if order is None:
        raise DeliveryError(f"order {event.subject!r} was never received")
    state = OrderState(step)
    if state not in NEXT_STATES[order.state]:
        raise DeliveryError(f"order {order.id} is {order.state.value} and cannot become {state.value}")
    data = dict(event.data)
    for name in ("reasons", "released_lonlat"):
        if data.get(name) is not None:
            data[name] = tuple(data[name])
    return dataclasses.replace(order, state=state, **data)


def _flight_step(flight: Flight | None, step: str, event: Event) -> Flight:
    if step == "started":
        return Flight(**dict(event.data))
    if flight is None or step != "ended":
        raise DeliveryError(f"flight {event.subject!r} cannot take the step {step!r}")
    return dataclasses.replace(flight, **dict(event.data))


def thing_from_data(group: str, data: dict[str, Any]) -> Item | Place | Craft:
    """An item, place or aircraft from its JSON form; raises `DeliveryError` naming what is wrong."""
    try:
        if group == "item":
            return Item(**data)
        if group == "aircraft":
            return Craft(**data)
        return place_from_data(data)
    except (TypeError, ValueError, KeyError) as error:
        raise DeliveryError(f"{group} {data.get('id', '?')!r}: {error}") from error


def place_from_data(data: dict[str, Any]) -> Place:
    """A place from JSON: position as [lon, lat], hours as text."""
    values = dict(data)
    values["position"] = LonLat(*values["position"])
    if "release" in values:
        values["release"] = Release(values["release"])
    if "hours" in values:
        values["hours"] = Hours.parse(values["hours"])
    return Place(**values)


def order_from_data(data: dict[str, Any]) -> Order:
    """An order from JSON."""
    values = dict(data)
    values["lines"] = tuple((str(i), int(n)) for i, n in values["lines"])
    values["priority"] = Priority(values.get("priority", "regular"))
    values["state"] = OrderState(values.get("state", "received"))
    values["reasons"] = tuple(values.get("reasons", ()))
    if values.get("released_lonlat") is not None:
        values["released_lonlat"] = tuple(values["released_lonlat"])
    return Order(**values)


def to_data(thing: Thing) -> dict[str, Any]:
    """A thing as JSON; the inverse of the functions above."""
    return {f.name: _json(getattr(thing, f.name)) for f in dataclasses.fields(thing)}


def _json(value: Any) -> Any:
    if isinstance(value, LonLat):
        return list(value.xy)
    if isinstance(value, Hours):
        return value.text
    if isinstance(value, Release | OrderState | Priority):
        return value.value
    return [_json(v) for v in value] if isinstance(value, tuple) else value
