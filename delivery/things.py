"""Things of the model as JSON and back."""

import dataclasses
import operator
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from core.geo import LonLat
from delivery.errors import DeliveryError
from delivery.flights import Flight, FlightState, Piece
from delivery.model import (
    Battery,
    Closure,
    Craft,
    Hazard,
    Hours,
    Item,
    Order,
    OrderState,
    Place,
    Priority,
    Release,
    WeatherReport,
)

Setting = Item | Place | Craft | Battery | WeatherReport | Closure
"""What an operator sets."""

Thing = Setting | Order | Flight


def to_data(thing: Thing) -> dict[str, Any]:
    """A thing as JSON; the inverse of `thing_from_data`."""
    return {f.name: _json(getattr(thing, f.name)) for f in dataclasses.fields(thing)}


_PIECE = operator.attrgetter(*(f.name for f in dataclasses.fields(Piece)))


def _json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_json(v) for v in value]
    if isinstance(value, LonLat):
        return list(value.xy)
    if isinstance(value, Hours):
        return value.text
    if isinstance(value, Piece):
        return list(_PIECE(value))
    return value.value if isinstance(value, Enum) else value


def thing_from_data(kind: str, data: Mapping[str, Any]) -> Thing:
    """A thing from its JSON; raises `DeliveryError` naming what is wrong."""
    make = _MAKERS.get(kind)
    if make is None:
        raise DeliveryError(
            f"unknown kind of thing {kind!r}", hint="the store was written by a newer version"
        )
    try:
        return make(dict(data))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        missing = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise DeliveryError(f"{kind} {data.get('id', '?')!r}: {missing}") from error


def _item(data: dict[str, Any]) -> Item:
    if data.get("size_m") is not None:
        length, width, height = data["size_m"]
        data["size_m"] = (length, width, height)
    data["hazards"] = tuple(Hazard(h) for h in data.get("hazards", ()))
    return Item(**data)


def place_from_data(data: Mapping[str, Any]) -> Place:
    """A place from JSON: position as [lon, lat], hours as text."""
    values = dict(data)
    values["position"] = LonLat(*values["position"])
    if "release" in values:
        values["release"] = Release(values["release"])
    values["pads"] = tuple(LonLat(*p) for p in values.get("pads", ()))
    if "hours" in values:
        values["hours"] = Hours.parse(values["hours"])
    return Place(**values)


def _closure(data: dict[str, Any]) -> Closure:
    data["ring"] = tuple((float(lon), float(lat)) for lon, lat in data["ring"])
    return Closure(**data)


def order_from_data(data: Mapping[str, Any]) -> Order:
    """An order from JSON."""
    return Order(**order_fields(data))


def order_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an order that are in `data`, as the order holds them."""
    values = dict(data)
    for name, read in _ORDER_FIELDS.items():
        if values.get(name) is not None:
            values[name] = read(values[name])
    return values


_ORDER_FIELDS: dict[str, Callable[[Any], Any]] = {
    "lines": lambda lines: tuple((str(i), int(n)) for i, n in lines),
    "priority": Priority,
    "state": OrderState,
    "reasons": tuple,
    "rules": tuple,
    "facts": lambda facts: tuple(tuple((str(n), v) for n, v in pairs) for pairs in facts),
    "unknown": tuple,
    "released_lonlat": tuple,
}


def flight_from_data(data: Mapping[str, Any]) -> Flight:
    """A flight from JSON."""
    return Flight(**flight_fields(data))


def flight_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a flight that are in `data`, as the flight holds them."""
    values = dict(data)
    for name, read in _FLIGHT_FIELDS.items():
        if name in values:
            values[name] = read(values[name])
    return values


_FLIGHT_FIELDS: dict[str, Callable[[Any], Any]] = {
    "orders": tuple,
    "state": FlightState,
    "pieces": lambda pieces: tuple(Piece(*p) for p in pieces),
}

_MAKERS: dict[str, Callable[[dict[str, Any]], Thing]] = {
    "item": _item,
    "place": place_from_data,
    "aircraft": lambda data: Craft(**data),
    "battery": lambda data: Battery(**data),
    "weather": lambda data: WeatherReport(**data),
    "closure": _closure,
    "order": order_from_data,
    "flight": flight_from_data,
}
