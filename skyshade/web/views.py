"""Delivery's values as the service gives them."""

import json
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from itertools import zip_longest
from typing import Any

from delivery.conditions import Same
from delivery.desk import Status
from delivery.flights import Flight
from delivery.model import FORBIDDEN, Order, OrderState, Place
from delivery.things import to_data
from delivery.world import World
from skyshade.web.schema import Goods, Line, OrderView, PointView, Reason


def moment(time_s: float | None, zone: tzinfo) -> str | None:
    """A UTC second as ISO 8601 on the local clock, to the second."""
    if time_s is None:
        return None
    return datetime.fromtimestamp(time_s, UTC).astimezone(zone).isoformat(timespec="seconds")


def order_view(status: Status, world: World, zone: tzinfo, *, token: str | None = None) -> OrderView:
    """An order as its customer sees it."""
    order = status.order
    low, high = order.promised_s or (None, None)
    expected = status.due_s if status.due_s is not None else _promised(order)
    craft = world.aircraft.get(order.aircraft or "")
    depot = world.places.get(craft.depot) if craft else None
    return OrderView(
        id=order.id,
        state=order.state.value,
        point=order.place,
        lines=[Line(item=item, count=count) for item, count in order.lines],
        mass_kg=order.mass_kg,
        priority=order.priority.value,
        placed_at=str(moment(order.placed_s, zone)),
        reasons=reasons(order),
        unknown=list(order.unknown),
        expected=moment(expected, zone),
        earliest=moment(low, zone),
        latest=moment(high, zone),
        released_at=moment(order.released_at_s, zone),
        aircraft=order.aircraft,
        may_cancel=order.state is OrderState.ACCEPTED,
        depot=None if depot is None else depot.position.xy,
        position=None if status.position is None or order.over else status.position.lonlat.xy,
        token=token,
    )


def _promised(order: Order) -> float | None:
    return None if order.eta_s is None else order.placed_s + order.eta_s


def reasons(order: Order) -> list[Reason]:
    """Why an order was refused or failed. A sentence's part after the semicolon is what would help."""
    found = []
    for sentence, rule, facts in zip_longest(order.reasons, order.rules, order.facts):
        message, _, cure = (sentence or "").partition("; ")
        found.append(Reason(message=message, cure=cure or None, rule=rule, facts=dict(facts or ())))
    return found


def is_open(place: Place, now_s: float, zone: tzinfo) -> bool:
    """Whether a point takes orders now."""
    local = datetime.fromtimestamp(now_s, UTC).astimezone(zone)
    minute = local.hour * 60 + local.minute
    return not place.closed and place.hours.since_min <= minute < place.hours.until_min


def point_facts(place: Place, now_s: float, zone: tzinfo) -> dict[str, Any]:
    """A delivery point's fields, for its view and its page."""
    return {
        "id": place.id,
        "name": place.name,
        "position": place.position.xy,
        "hours": place.hours.text,
        "open": is_open(place, now_s, zone),
        "closed": place.closed,
        "occupied": place.occupied,
    }


def point_view(place: Place, now_s: float, zone: tzinfo) -> PointView:
    """A delivery point as everyone may see it."""
    return PointView(**point_facts(place, now_s, zone))


def goods_views(world: World) -> list[Goods]:
    """The catalogue."""
    return [
        Goods(
            id=item.id,
            name=item.name,
            mass_kg=item.mass_kg,
            hazards=[h.value for h in item.hazards],
            flies=not FORBIDDEN.intersection(item.hazards),
        )
        for item in world.items.values()
    ]


@lru_cache(maxsize=2048)
def flight_json(flight: Same[Flight]) -> str:
    """A flight as JSON; its air makes it long, and it rarely changes."""
    return json.dumps(to_data(flight.thing), ensure_ascii=False)
