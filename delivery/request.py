"""What a customer asks for, before it is an order."""

import hashlib
import json
import math
from dataclasses import dataclass

from delivery.errors import DeliveryError, PastError
from delivery.model import Order, Priority
from delivery.world import World

MAX_LINES = 50
MAX_COUNT = 1000
MAX_TEXT = 200
PAST_S = 60.0  # a wish may lie so far back: clocks of telephones differ


@dataclass(frozen=True, slots=True)
class Request:
    """An order as it is asked for.

    `customer` says who asks and is kept apart from the log, as is `contact`; `lines` are (item id, count);
    `wanted_from_s` and `wanted_until_s` bound the release of a reserved order, UTC seconds. The same `key` of
    the same customer gives the same order again.
    """

    customer: str
    place: str
    lines: tuple[tuple[str, int], ...]
    priority: Priority = Priority.REGULAR
    wanted_from_s: float | None = None
    wanted_until_s: float | None = None
    key: str | None = None
    contact: str | None = None

    def __post_init__(self) -> None:
        if not self.lines:
            raise DeliveryError("an order needs at least one item", hint="give --item ID[:COUNT]")
        if len(self.lines) > MAX_LINES:
            raise DeliveryError(f"an order has at most {MAX_LINES} lines, got {len(self.lines)}")
        for name, count in self.lines:
            if not 1 <= count <= MAX_COUNT:
                raise DeliveryError(
                    f"item {name[:60]!r}: the count must be at least 1 and at most {MAX_COUNT}, got {count}"
                )
        for what, text in (("customer", self.customer), ("key", self.key), ("contact", self.contact)):
            if text is not None and not 0 < len(text) <= MAX_TEXT:
                raise DeliveryError(f"{what} must be 1 to {MAX_TEXT} characters long, got {len(text)}")
        self._check_times()

    def _check_times(self) -> None:
        times = [t for t in (self.wanted_from_s, self.wanted_until_s) if t is not None]
        if not all(map(math.isfinite, times)):
            raise DeliveryError("the wanted times must be finite")
        if len(times) == 2 and not times[0] < times[1]:
            raise DeliveryError("the wanted time ends before it begins")
        if times and self.priority is Priority.URGENT:
            raise DeliveryError("an urgent order goes at once; leave out the wanted time")

    @property
    def digest(self) -> str:
        """What is asked for, as a digest: the same key must stand for the same."""
        asked = [self.place, sorted(self.lines), self.priority.value, self.wanted_from_s, self.wanted_until_s]
        return hashlib.blake2b(json.dumps(asked).encode(), digest_size=16).hexdigest()

    def check_not_past(self, now_s: float) -> None:
        """Raises `PastError` for a wish that lies in the past."""
        for time_s in (self.wanted_until_s, self.wanted_from_s):
            if time_s is not None and time_s < now_s - PAST_S:
                raise PastError("the wanted time lies in the past", hint="choose a later one")


def order_of(
    request: Request, world: World, number: int, customer: str, key: str | None, now_s: float
) -> Order:
    """The order that a request becomes; `customer` is the reference, `key` the mark of the request's key.

    Raises `DeliveryError` for an unknown place or item.
    """
    mass = sum(world.item(name).mass_kg * count for name, count in request.lines)
    wanted = request.wanted_from_s, request.wanted_until_s
    priority = request.priority
    if priority is Priority.REGULAR and wanted != (None, None):
        priority = Priority.RESERVED
    return Order(
        f"O-{number:05d}",
        customer,
        world.place(request.place).id,
        request.lines,
        round(mass, 6),
        now_s,
        priority,
        wanted_from_s=wanted[0],
        wanted_until_s=wanted[1],
        key=key,
        digest=None if key is None else request.digest,
    )
