"""The service: its operations put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import skyshade
from skyshade.web import customers, operators, pages, refusals
from skyshade.web.body import CarefulHeaders, SmallBodies
from skyshade.web.customers import PROBLEMS, Run
from skyshade.web.openapi import describe
from skyshade.web.state import Service

ABOUT = """Park delivery: order at a delivery point, follow the aircraft, cancel.

A customer's key orders and sees its own orders; a viewer's looks; an operator's does everything. An order's
token, given with its answer, follows and cancels that order alone. Every refusal has the form of `Problem`.
"""


def make_app(service: Service) -> FastAPI:
    """The service as an ASGI application."""

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        async with service.news:
            yield

    app = FastAPI(
        title="Skyshade delivery service",
        version=skyshade.__version__,
        description=ABOUT,
        lifespan=running,
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    refusals.install(app)
    app.add_middleware(CarefulHeaders)
    app.add_middleware(SmallBodies, most_bytes=service.settings.most_bytes)
    for part in (customers.router, operators.router, pages.router):
        app.include_router(part)

    @app.get("/health", tags=["operate"], responses=PROBLEMS)
    def health(run: Run) -> dict[str, int | bool]:
        """Whether the service can read its store, and the log's newest number."""
        run.desk.world()
        return {"ok": True, "seq": run.desk.store.seq}

    describe(app)
    return app
