"""What operators and viewers do: points, weather, flights, the log."""

import dataclasses
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from delivery.conditions import Same
from delivery.service import set_things
from delivery.things import to_data
from skyshade.web.access import Caller, needs
from skyshade.web.customers import PROBLEMS, Run, known_point
from skyshade.web.keys import Role
from skyshade.web.schema import Change, PointView
from skyshade.web.views import flight_json, point_view

Operator = Annotated[Caller, Depends(needs(Role.OPERATOR))]
Viewer = Annotated[Caller, Depends(needs(Role.OPERATOR, Role.VIEWER))]

router = APIRouter(prefix="/api/v1", responses=PROBLEMS, tags=["operate"])


@router.patch("/points/{point}")
def change_point(
    service: Run, _: Operator, point: Annotated[str, Path(max_length=80)], change: Change
) -> PointView:
    """Close a delivery point or open it, or say that somebody stands on it."""
    told = {name: value for name, value in change.model_dump().items() if value is not None}
    place = dataclasses.replace(known_point(service, point), **told)
    if told:
        set_things(service.desk.store, [place], service.clock)
    return point_view(place, service.clock.utc_s(), service.settings.zone)


@router.get("/fleet")
def fleet(service: Run, _: Viewer) -> dict[str, list[dict[str, Any]]]:
    """Aircraft and batteries."""
    world = service.world()
    return {
        "aircraft": [to_data(thing) for thing in world.aircraft.values()],
        "batteries": [to_data(thing) for thing in world.batteries.values()],
    }


@router.get("/flights", response_model=list[dict[str, Any]])
async def flights(service: Run, _: Viewer, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> Response:
    """Flights planned, in the air and ended; the newest last."""
    found = list(service.world().flights.values())[-limit:]
    text = ",".join(flight_json(Same(flight)) for flight in found)
    return Response(f"[{text}]", media_type="application/json")


@router.get("/log")
def log(
    service: Run,
    _: Viewer,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[dict[str, Any]]:
    """The events after number `after`; nothing in them is personal."""
    return [
        {
            "seq": e.seq,
            "time_s": e.event.time_s,
            "kind": e.event.kind,
            "subject": e.event.subject,
            "data": e.event.data,
        }
        for e in service.desk.events_since(after, limit)
    ]
