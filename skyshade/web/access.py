"""Who is asking, and what he may."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader

from skyshade.web.keys import Key, Role, order_token, pass_holds
from skyshade.web.refusals import RefusedError
from skyshade.web.state import Service, service_of

_key = APIKeyHeader(name="X-API-Key", auto_error=False, description="A key of `skyshade delivery keys add`.")
_token = APIKeyHeader(
    name="X-Order-Token",
    auto_error=False,
    scheme_name="order token",
    description="Given with an order's answer.",
)
_pass = APIKeyHeader(
    name="X-Page-Pass",
    auto_error=False,
    scheme_name="page pass",
    description="Given to a delivery point's page.",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. A page's visitor has no key; `token` follows one order."""

    key: Key | None
    token: str | None
    page_pass: str | None

    @property
    def customer(self) -> str | None:
        """What his orders are kept under, where a customer's key says who he is."""
        return f"key:{self.key.id}" if self.key is not None else None

    def has(self, *roles: Role) -> bool:
        """Whether his key has one of these roles."""
        return self.key is not None and self.key.role in roles


async def caller(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    key: Annotated[str | None, Security(_key)],
    token: Annotated[str | None, Security(_token)],
    page_pass: Annotated[str | None, Security(_pass)],
) -> Caller:
    """The caller of a request, counted against his rate; a key that is none is refused.

    Asynchronous though it waits for nothing: a turn in a thread would cost more than the work.
    """
    found = service.ring().find(key) if key else None
    address = request.client.host if request.client else "-"
    name = f"key {found.id}" if found else f"from {address}"
    wait_s = (service.limits.keys if found else service.limits.strangers).wait_s(name)
    if wait_s > 0:
        raise RefusedError.too_many(wait_s)
    if key and found is None:
        raise RefusedError(401, "unknown_key", "this key is not known here, or it was revoked")
    return Caller(found, token, page_pass)


Asking = Annotated[Caller, Depends(caller)]


def needs(*roles: Role) -> Callable[[Caller], Awaitable[Caller]]:
    """A dependency that lets only these roles in."""

    async def checked(who: Asking) -> Caller:
        if who.key is None:
            raise RefusedError(401, "key_needed", "give a key in X-API-Key")
        if not who.has(*roles):
            raise RefusedError(403, "not_allowed", f"a {who.key.role.value} key may not do this")
        return who

    return checked


def may_order(who: Caller, service: Service, point: str, key: str) -> str:
    """Who orders: a customer's or operator's key, or the point's own page. Raises `RefusedError`.

    A page's visitor is known by the key of his order alone, so that each order is forgotten by itself.
    """
    if who.has(Role.CUSTOMER, Role.OPERATOR) and who.customer is not None:
        return who.customer
    if who.key is not None:
        raise RefusedError(403, "not_allowed", f"a {who.key.role.value} key may not order")
    if who.page_pass is None:
        raise RefusedError(401, "key_needed", "give a key in X-API-Key, or order on the point's page")
    if not pass_holds(service.ring(), who.page_pass, point, service.clock.utc_s()):
        raise RefusedError(
            401, "page_too_old", "the page's pass is not for this point or has run out; load the page again"
        )
    return f"page:{point}:{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def may_see(who: Caller, service: Service, order: str, customer: str) -> None:
    """Let through whoever may look at an order: its customer, its token, operators and viewers."""
    if who.has(Role.VIEWER):
        return
    may_change(who, service, order, customer)


def may_change(who: Caller, service: Service, order: str, customer: str) -> None:
    """Let through whoever may cancel an order. Another's order is as unknown as one that is not there."""
    ring = service.ring()
    if who.has(Role.OPERATOR):
        return
    if who.token is not None and ring.signed(who.token, "order", order):
        return
    if who.has(Role.CUSTOMER) and who.customer is not None and service.reference(who.customer) == customer:
        return
    if who.key is None and who.token is None:
        raise RefusedError(
            401, "key_needed", "give a key in X-API-Key, or the order's token in X-Order-Token"
        )
    raise RefusedError.unknown_order(order)


__all__ = ["Asking", "Caller", "caller", "may_change", "may_order", "may_see", "needs", "order_token"]
