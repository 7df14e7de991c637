"""`skyshade mission upload` and `download`: transfer, read back, compare."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skyshade.cli.options import IN_FILE, OUT_FILE
from skyshade.cli.output import emit, json_option, note, progress

if TYPE_CHECKING:
    from flight.vehicle import Vehicle
    from flight.wire import Kind, WireItem
    from missions.model import Home, Mission

KINDS = ("mission", "fence", "rally", "all")

vehicle_option = click.option(
    "-V",
    "--vehicle",
    "address",
    metavar="VEHICLE",
    required=True,
    help="A MAVLink address: tcp:HOST:PORT, udpin:HOST:PORT, /dev/ttyX,BAUD. To try an upload: embedded.",
)
kind_option = click.option(
    "--kind", type=click.Choice(KINDS), default="all", show_default=True, help="What to transfer."
)


@click.command()
@click.argument("plan", type=IN_FILE)
@vehicle_option
@kind_option
@click.option(
    "--keep-old/--no-keep-old",
    default=True,
    show_default=True,
    help="Read what the vehicle holds first, and put it back if the upload fails.",
)
@json_option
def upload(plan: Path, address: str, kind: str, keep_old: bool, as_json: bool) -> None:
    """Upload a plan, read it back and compare. Nothing is armed.

    A fence or rally points on the vehicle stay when the plan brings none; `mission clear` removes them.

    \b
    Example: skyshade mission upload survey.plan --vehicle tcp:127.0.0.1:5760
    """
    from flight.exchange import LinkMemory
    from flight.exchange import upload as send
    from flight.replacing import check_replacement
    from flight.sendable import check_items

    mission, sets = _sets(plan, kind)
    for k, items in sets.items():
        check_items(k, items)
    memory = LinkMemory()
    with _connected(address, mission.home) as vehicle, progress("uploading") as told:
        for doubt in check_replacement(vehicle, sets):
            note(doubt)
        reports = [
            send(vehicle, k, items, vehicle.clock, on_progress=told, keep_old=keep_old, memory=memory)
            for k, items in sets.items()
        ]
    result = {
        "items": sum(r.items for r in reports),
        "attempts": max(r.attempts for r in reports),
        "wall_s": round(sum(r.seconds for r in reports), 3),
        "verified": all(r.verified for r in reports),
        "adjusted": [line for r in reports for line in r.adjusted],
        "kinds": {r.kind.name.lower(): r.items for r in reports},
    }
    lines = [f"{r.kind.name.lower()}: {r.items} items uploaded and verified" for r in reports]
    lines += [f"kept differently: {line}" for r in reports for line in r.adjusted]
    emit(result, as_json=as_json, lines=lines)


def _sets(plan: Path, kind: str) -> "tuple[Mission, dict[Kind, tuple[WireItem, ...]]]":
    """The plan and its lists to send, of the chosen kind; raises when there is nothing of it in the plan."""
    from core.errors import BadFileError
    from flight.sendable import check_heights
    from flight.wire import Kind, fence_to_wire, mission_to_wire, rally_to_wire
    from missions.formats import read_plan

    mission = read_plan(plan)
    check_heights(mission)
    sets = {
        Kind.MISSION: mission_to_wire(mission),
        Kind.FENCE: fence_to_wire(mission.fence),
        Kind.RALLY: rally_to_wire(mission.rally),
    }
    chosen = {k: items for k, items in sets.items() if kind in ("all", k.name.lower()) and items}
    if not chosen:
        hint = f"`skyshade mission clear --kind {kind}` removes what is on the vehicle"
        raise BadFileError(plan, f"has 0 {kind} items: nothing to upload", hint=hint)
    return mission, chosen


@click.command()
@vehicle_option
@kind_option
@json_option
def clear(address: str, kind: str, as_json: bool) -> None:
    """Remove mission, fence or rally points from a vehicle, and see them gone.

    \b
    Example: skyshade mission clear --kind fence --vehicle tcp:127.0.0.1:5760
    """
    from flight.exchange import clear as remove
    from flight.replacing import check_replacement
    from flight.wire import Kind

    kinds = [k for k in Kind if kind in ("all", k.name.lower())]
    with _connected(address) as vehicle:
        check_replacement(vehicle, dict.fromkeys(kinds, ()))
        for k in kinds:
            remove(vehicle, k, vehicle.clock)
    names = [k.name.lower() for k in kinds]
    emit(
        {"cleared": names, "verified": True}, as_json=as_json, lines=[f"{name}: none left" for name in names]
    )


@click.command()
@click.argument("plan", type=OUT_FILE)
@vehicle_option
@kind_option
@json_option
def download(plan: Path, address: str, kind: str, as_json: bool) -> None:
    """Write what a vehicle holds to a plan file.

    The extension of PLAN names its format: .plan, .waypoints, .kmz, .kml, .geojson.

    \b
    Example: skyshade mission download held.plan --vehicle tcp:127.0.0.1:5760
    """
    from missions.formats import write_plan

    with _connected(address) as vehicle:
        began_s = vehicle.clock.monotonic_s()
        mission = _held(vehicle, kind)
        wall_s = vehicle.clock.monotonic_s() - began_s
    lost = write_plan(mission, plan)
    result = {"items": len(mission.items), "attempts": 1, "wall_s": round(wall_s, 3), "verified": True}
    emit(
        {**result, "path": plan, "lost": list(lost)},
        as_json=as_json,
        lines=[f"{len(mission.items)} items written to {plan}", *(f"lost: {line}" for line in lost)],
    )


def _held(vehicle: "Vehicle", kind: str) -> "Mission":
    """What the vehicle holds, the chosen kinds only; a plan always needs the mission."""
    from flight.exchange import download as fetch
    from flight.wire import Kind, wire_to_fence, wire_to_mission, wire_to_rally

    mission = wire_to_mission(fetch(vehicle, Kind.MISSION, vehicle.clock))
    if kind in ("all", "fence"):
        mission = replace(mission, fence=wire_to_fence(fetch(vehicle, Kind.FENCE, vehicle.clock)))
    if kind in ("all", "rally"):
        mission = replace(mission, rally=wire_to_rally(fetch(vehicle, Kind.RALLY, vehicle.clock)))
    return mission


@contextmanager
def _connected(name: str, home: "Home | None" = None) -> "Iterator[Vehicle]":
    """A vehicle that this toolkit flies; what is unknown of its firmware is said.

    `embedded` and `ardupilot` are started at `home` to try an upload on; without one they are refused.
    """
    from core.clock import RealClock
    from core.errors import SkyshadeError
    from flight.link import open_link
    from flight.readying import identify
    from flight.sitl import RunningVehicle
    from flight.vehicle import Vehicle
    from skyshade.vehicles import SIMULATED, vehicle_at

    if name in SIMULATED and home is None:
        raise SkyshadeError(
            f"a fresh {name} vehicle holds nothing",
            hint="start one with `skyshade sitl start` and name its address",
        )
    clock = RealClock()
    with contextlib.ExitStack() as stack:
        running = stack.enter_context(vehicle_at(name, home)) if home is not None else name
        if isinstance(running, RunningVehicle):
            link = open_link(running.address, clock, patience_s=5.0)
        else:
            link = open_link(running, clock)
        vehicle = stack.enter_context(Vehicle(link, clock))
        for sentence in identify(vehicle):
            note(sentence)
        yield vehicle
