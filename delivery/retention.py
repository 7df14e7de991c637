"""How long the people behind orders are known."""

from collections.abc import Iterable

from delivery.model import Order
from delivery.store import Store

DAY_S = 86_400.0


def forget_ended(store: Store, now_s: float, days: float) -> int:
    """Forget everybody whose orders all ended more than `days` ago; how many."""
    until_s = now_s - days * DAY_S
    return store.contacts.forget_before(until_s, kept(store.world().orders.values(), until_s))


def kept(orders: Iterable[Order], until_s: float) -> frozenset[str]:
    """The references with an order that goes on, or that ended at UTC second `until_s` or later."""
    return frozenset(o.customer for o in orders if not o.over or _last_s(o) >= until_s)


def _last_s(order: Order) -> float:
    """The last moment that an order was about, UTC seconds."""
    moments = order.placed_s, order.released_at_s, order.wanted_from_s, order.wanted_until_s
    return max(moment for moment in moments if moment is not None)
