"""What customers do: look, order, follow, cancel."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from delivery.errors import DeliveryError
from delivery.model import Place, Priority
from delivery.request import Request as Asked
from skyshade.web.access import Asking, Caller, may_change, may_order, may_see
from skyshade.web.keys import Role, order_token
from skyshade.web.refusals import RefusedError
from skyshade.web.schema import Goods, OrderView, PointView, Problem, Wish
from skyshade.web.state import Service, service_of
from skyshade.web.views import goods_views, order_view, point_view

PROBLEMS: dict[int | str, dict[str, object]] = {
    code: {"model": Problem} for code in (400, 401, 403, 404, 409, 413, 422, 429, 503)
}
FLYING_LOOK_S, RESTING_LOOK_S = 1.0, 10.0
Run = Annotated[Service, Depends(service_of)]
OrderId = Annotated[str, Path(max_length=80, description="An order's number.")]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=16,
        max_length=64,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="Sent again, it gives the same order again.",
    ),
]

router = APIRouter(prefix="/api/v1", responses=PROBLEMS)


@router.get("/goods", tags=["look"])
async def goods(service: Run, _: Asking) -> list[Goods]:
    """What can be ordered."""
    return goods_views(service.world())


@router.get("/points", tags=["look"])
async def points(service: Run, _: Asking) -> list[PointView]:
    """The delivery points."""
    now_s, zone = service.clock.utc_s(), service.settings.zone
    return [point_view(p, now_s, zone) for p in service.world().places.values() if p.kind == "point"]


@router.get("/points/{point}", tags=["look"])
async def point(service: Run, _: Asking, point: Annotated[str, Path(max_length=80)]) -> PointView:
    """One delivery point."""
    return point_view(known_point(service, point), service.clock.utc_s(), service.settings.zone)


def known_point(service: Service, name: str) -> Place:
    """A delivery point by its id; raises `RefusedError`."""
    found = service.world().places.get(name)
    if found is None or found.kind != "point":
        raise RefusedError(404, "unknown_point", f"there is no delivery point {name!r}")
    return found


@router.post("/orders", status_code=201, tags=["order"], responses={200: {"model": OrderView}})
def new_order(service: Run, who: Asking, wish: Wish, key: IdempotencyKey, response: Response) -> OrderView:
    """Order. The answer says at once whether and when it comes, or why not; 200 repeats an answer."""
    point = known_point(service, wish.point)
    customer = may_order(who, service, point.id, key)
    if wish.priority == "urgent" and who.key is None:
        raise RefusedError(403, "not_allowed", "urgent orders need a key")
    answer = service.desk.order(asked(service, wish, customer, key))
    if not answer.created:
        response.status_code = 200
    return view(service, answer.order.id, token=order_token(service.ring(), answer.order.id))


def asked(service: Service, wish: Wish, customer: str, key: str) -> Asked:
    """A wish as delivery takes it. A local time is today's, and reserves."""
    from_s = None if wish.local_time is None else _today_s(service, wish.local_time)
    priority = Priority(wish.priority) if from_s is None else Priority.RESERVED
    if from_s is not None and wish.priority == "urgent":
        raise DeliveryError("an urgent order goes at once; leave out the time")
    lines = tuple((line.item, line.count) for line in wish.lines)
    return Asked(
        customer, wish.point, lines, priority, wanted_from_s=from_s, key=key, contact=wish.contact or None
    )


def _today_s(service: Service, local_time: str) -> float:
    hour, minute = (int(part) for part in local_time.split(":"))
    today = datetime.fromtimestamp(service.clock.utc_s(), UTC).astimezone(service.settings.zone)
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight + timedelta(hours=hour, minutes=minute)).timestamp()


@router.get("/orders", tags=["order"])
def orders(
    service: Run,
    who: Asking,
    after: Annotated[str, Query(max_length=80, description="The last order seen.")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[OrderView]:
    """Orders in their order: a customer's own, or everyone's for operators and viewers."""
    if who.key is None:
        raise RefusedError(401, "key_needed", "give a key in X-API-Key")
    mine = who.customer if who.has(Role.CUSTOMER) else None
    found = [o.id for o in service.desk.orders(mine)]
    first = found.index(after) + 1 if after in found else 0
    return [view(service, order) for order in found[first : first + limit]]


@router.get("/orders/{order}", tags=["order"])
async def order(service: Run, who: Asking, order: OrderId) -> OrderView:
    """One order and where it stands."""
    if who.has(Role.CUSTOMER):  # whose order it is stands in the store
        return await run_in_threadpool(_shown, service, who, order)
    return _shown(service, who, order)


def _shown(service: Service, who: Caller, order: str) -> OrderView:
    may_see(who, service, order, _customer(service, order))
    return view(service, order)


@router.post("/orders/{order}/cancel", tags=["order"])
def cancel(service: Run, who: Asking, order: OrderId) -> OrderView:
    """Cancel an order that has not taken off; a cancelled one stays cancelled."""
    may_change(who, service, order, _customer(service, order))
    found = service.world().orders.get(order)
    if found is None:  # an operator may cancel any order that there is
        raise RefusedError.unknown_order(order)
    if found.state.value != "cancelled":
        service.desk.cancel(order)
    return view(service, order)


def _customer(service: Service, order: str) -> str:
    found = service.world().orders.get(order)
    return "" if found is None else found.customer


def view(service: Service, order: str, *, token: str | None = None) -> OrderView:
    """An order as it is now; raises `RefusedError` for one that is not there."""
    world = service.world()
    if order not in world.orders:
        raise RefusedError.unknown_order(order)
    return order_view(service.desk.status(order), world, service.settings.zone, token=token)


def followed(service: Run, who: Asking, order: OrderId) -> str:
    """An order that the caller may follow; refused before the stream begins."""
    may_see(who, service, order, _customer(service, order))
    view(service, order)
    return order


Followed = Annotated[str, Depends(followed)]


@router.get("/orders/{order}/events", tags=["order"], response_class=EventSourceResponse)
async def order_events(service: Run, order: Followed) -> AsyncIterator[ServerSentEvent]:
    """Follow an order as server-sent events: its whole view, at once and after every change, to its end."""
    seen = _Seen()
    async for number in service.news.turns(seen.look_s):
        before = seen.text
        await run_in_threadpool(seen.look, service, order)
        if seen.text != before:
            yield ServerSentEvent(raw_data=seen.text, event="order", id=str(number))
        if seen.over:
            return


@dataclass(slots=True)
class _Seen:
    """What a follower has been shown."""

    text: str = ""
    flying: bool = False
    over: bool = False

    def look(self, service: Service, order: str) -> None:
        now = view(service, order)
        self.text, self.flying = now.model_dump_json(), now.state == "flying"
        self.over = service.world().orders[order].over

    def look_s(self) -> float:
        """How soon to look again though nothing was written: an aircraft moves."""
        return FLYING_LOOK_S if self.flying else RESTING_LOOK_S
