"""`skyshade delivery`: take orders, fly them, prove them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from skyshade.cli.asking import ask_what_to_do
from skyshade.cli.delivery_records import flight_file, forget, proof
from skyshade.cli.delivery_serve import Site, flying_options, keys, keys_option, run_service
from skyshade.cli.delivery_setup import battery, catalogue, fleet, init, made, places, store_option
from skyshade.cli.delivery_simulate import simulate
from skyshade.cli.options import (
    CONFIRM_HELP,
    DEM_HELP,
    IN_FILE,
    OUT_FOLDER,
    SPEEDUP_HELP,
    VEHICLE_HELP,
    WIND_FROM_HELP,
    WIND_HELP,
    ZONES_HELP,
)
from skyshade.cli.output import emit, json_option

NEEDED = "Without it every order is refused."
BUILDINGS_HELP = "Buildings and masts with heights, to keep clear of; without them answers say so."


def conditions_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what is known of the day."""
    for option in (
        click.option(
            "--lane-m",
            type=float,
            default=50.0,
            show_default=True,
            help="Height of the lane above the depot, metres.",
        ),
        click.option("--buildings", type=IN_FILE, help=BUILDINGS_HELP),
        click.option("--zones", type=IN_FILE, help=f"{ZONES_HELP} {NEEDED}"),
        click.option("--dem", type=IN_FILE, help=f"{DEM_HELP} {NEEDED}"),
        click.option(
            "--permit",
            "permits",
            metavar="ZONE",
            multiple=True,
            help="Name of a zone you hold permission for; repeatable.",
        ),
        click.option("--wind-from-deg", type=float, default=0.0, show_default=True, help=WIND_FROM_HELP),
        click.option("--wind-ms", type=float, help=f"{WIND_HELP} {NEEDED}"),
    ):
        command = option(command)
    return command


@click.group()
def command() -> None:
    """Take, fly and record park deliveries.

    \b
    1. Set up a store:  init, places load, catalogue add, fleet
    2. Let people order on their telephones:  keys add, serve
       or take and fly orders by hand:  order, dispatch
    3. Look at what happened:  status, proof, flight-file, replay
    Try a whole day first:  simulate

    \b
    Example: skyshade delivery order --place lawn --item coffee:2 --zones z.geojson --dem d.tif --wind-ms 3
    """


@command.command()
@click.option("--place", required=True, help="Delivery point, by id or name.")
@click.option("--item", "items", multiple=True, required=True, help="ITEM or ITEM:COUNT; repeatable.")
@click.option("--customer", default="guest", show_default=True, help="Who orders.")
@click.option("--urgent", is_flag=True, help="Fly before regular orders.")
@conditions_options
@store_option
@json_option
def order(
    place: str, items: tuple[str, ...], customer: str, urgent: bool, store: str, as_json: bool, **day: Any
) -> None:
    """Take an order, or refuse it with each reason.

    Exit status 1 when it is refused.

    \b
    Example: skyshade delivery order --place lawn --item coffee:2 --zones z.geojson --dem d.tif --wind-ms 3
    """
    from core.clock import RealClock
    from delivery.model import OrderState, Priority
    from delivery.service import place_order
    from delivery.store import open_store

    priority = Priority.URGENT if urgent else Priority.REGULAR
    with open_store(store) as opened:
        taken = place_order(
            opened,
            customer,
            place,
            [_line(i) for i in items],
            _conditions(**day),
            RealClock(),
            priority=priority,
        )
        world = opened.world()
    emit(_order_json(taken, world), as_json=as_json, lines=_order_lines(taken))
    if taken.state is OrderState.REFUSED:
        click.get_current_context().exit(1)


@command.command()
@click.argument("order_id", metavar="ORDER")
@store_option
@json_option
def cancel(order_id: str, store: str, as_json: bool) -> None:
    """Cancel an order that has not taken off.

    \b
    Example: skyshade delivery cancel O-00001
    """
    from core.clock import RealClock
    from delivery.service import cancel_order
    from delivery.store import open_store

    with open_store(store) as opened:
        cancelled = cancel_order(opened, order_id, RealClock())
        world = opened.world()
    emit(_order_json(cancelled, world), as_json=as_json, lines=_order_lines(cancelled))


@command.command()
@click.option("-V", "--vehicle", metavar="VEHICLE", default="embedded", show_default=True, help=VEHICLE_HELP)
@click.option("-o", "--out", type=OUT_FOLDER, required=True, help="Folder for the records.")
@click.option("--speedup", type=click.FloatRange(0.1, 100), help=SPEEDUP_HELP)
@click.option("--confirm-real", is_flag=True, help=CONFIRM_HELP)
@conditions_options
@store_option
@json_option
def dispatch(
    vehicle: str, out: Path, speedup: float | None, confirm_real: bool, store: str, as_json: bool, **day: Any
) -> None:
    """Fly the next accepted order and record what happened.

    Exit status 1 when it was not delivered.

    \b
    Example: skyshade delivery dispatch --zones z.geojson --dem d.tif --wind-ms 3 --out flights
    """
    from core.clock import RealClock
    from delivery.model import OrderState
    from delivery.service import dispatch as dispatch_next
    from delivery.store import open_store
    from skyshade.flier import FlightRoom

    with open_store(store) as opened:
        flier = FlightRoom(vehicle, confirm_real=confirm_real, speedup=speedup, on_interrupt=ask_what_to_do)
        flown = dispatch_next(opened, flier, _conditions(**day), RealClock(), out)
        if flown is None:
            emit(
                {"order": None, "state": None, "flights": []}, as_json=as_json, lines=["no order is waiting"]
            )
            return
        world = opened.world()
    emit(_order_json(flown, world), as_json=as_json, lines=_order_lines(flown))
    if flown.state is not OrderState.CLOSED:
        click.get_current_context().exit(1)


@command.command()
@click.argument("order_id", metavar="[ORDER]", required=False)
@store_option
@json_option
def status(order_id: str | None, store: str, as_json: bool) -> None:
    """Show every order, or one with its whole record.

    \b
    Example: skyshade delivery status O-00001
    """
    from delivery.record import order_record
    from delivery.store import open_store

    with open_store(store) as opened:
        world = opened.world()
        if order_id:
            found = world.order(order_id)
            record = order_record(found, world, opened.events())
            shown = {**_order_json(found, world), "record": record}
            text = json.dumps(record, ensure_ascii=False, indent=2).splitlines()
            emit(shown, as_json=as_json, lines=text)
            return
    orders = [_order_json(o, world) for o in world.orders.values()]
    lines = [line for o in world.orders.values() for line in _order_lines(o)]
    emit({"orders": orders}, as_json=as_json, lines=lines or ["there are no orders"])


@command.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; put a web server with TLS before it.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Port to listen on; 0: any free.",
)
@click.option("--base-url", help="The address that customers see, https://...; it stands in the QR codes.")
@click.option("--ground", type=IN_FILE, help="GeoJSON to draw under the page's map.")
@click.option(
    "--forget-after-days",
    type=click.FloatRange(min=0),
    default=30.0,
    show_default=True,
    help="Delete who ordered so many days after the order ended.",
)
@keys_option
@flying_options
@conditions_options
@store_option
@json_option
def serve(
    host: str,
    port: int,
    base_url: str | None,
    ground: Path | None,
    forget_after_days: float,
    key_file: Path,
    fly: Path | None,
    vehicles: tuple[str, ...],
    speedup: float | None,
    confirm_real: bool,
    store: str,
    as_json: bool,
    **day: Any,
) -> None:
    """Serve orders on the web until Ctrl-C, and with --fly fly them.

    Prints the address of each delivery point's page; /docs has every operation for programs. After
    a restart flights in the air are found again and watched, if their vehicle has an address.

    \b
    Example: skyshade delivery serve --zones z.geojson --dem d.tif --wind-ms 3 --fly flights
    """
    site = Site(host, port, base_url, ground, key_file, forget_after_days)
    run_service(
        store, _conditions(**day), site, fly, vehicles, speedup, confirm_real=confirm_real, as_json=as_json
    )


@command.command()
@store_option
@json_option
def replay(store: str, as_json: bool) -> None:
    """Rebuild the state from the log and compare.

    Exit status 1 when they differ.

    \b
    Example: skyshade delivery replay
    """
    from delivery.store import open_store

    with open_store(store) as opened:
        events, differences = len(opened.events()), opened.check()
    agree = f"{events} events; the stored state is the one they lead to"
    result = {"events": events, "differences": differences, "ok": not differences}
    emit(result, as_json=as_json, lines=differences or [agree])
    if differences:
        click.get_current_context().exit(1)


def _line(text: str) -> tuple[str, int]:
    name, _, count = text.partition(":")
    try:
        return name, int(count or 1)
    except ValueError as error:
        raise click.UsageError(f"--item must be ITEM or ITEM:COUNT, got {text!r}") from error


def _conditions(
    zones: Path | None,
    dem: Path | None,
    permits: tuple[str, ...],
    wind_ms: float | None,
    wind_from_deg: float,
    lane_m: float,
    buildings: Path | None,
) -> Any:
    from core.wind import Wind
    from delivery.conditions import Conditions
    from delivery.flightplan import LaneParams
    from gis.terrain import read_terrain
    from missions.airspace import read_zones
    from missions.structures import read_structures

    return Conditions(
        zones=None if zones is None else read_zones(zones),
        wind=None if wind_ms is None else made(Wind, wind_ms, wind_from_deg),
        terrain=None if dem is None else read_terrain(dem),
        permits=frozenset(permits) if permits else None,
        lanes=made(LaneParams, lane_m),
        structures=None if buildings is None else read_structures(buildings),
    )


def _order_json(order: Any, world: Any) -> dict[str, Any]:
    return {
        "order": order.id,
        "state": order.state.value,
        "reason": "; ".join(order.reasons) or None,
        "unknown": list(order.unknown),
        "eta_s": order.eta_s,
        "eta_low_s": order.eta_low_s,
        "eta_high_s": order.eta_high_s,
        "aircraft": order.aircraft,
        "released_at_s": order.released_at_s,
        "flights": _flights(world, order.id),
    }


def _order_lines(order: Any) -> list[str]:
    head = f"{order.id}: {order.state.value}"
    if order.state.value == "accepted":
        low, high = (round(s / 60) for s in (order.eta_low_s, order.eta_high_s))
        head += f", there in {low} to {high} minutes with {order.aircraft}"
    unknown = (f"  - not known: {what}" for what in order.unknown)
    return [head, *(f"  - {reason}" for reason in order.reasons), *unknown]


for _part in (init, catalogue, places, fleet, battery, proof, flight_file, forget, keys, simulate):
    command.add_command(_part)


def _flights(world: Any, order_id: str) -> list[dict[str, Any]]:
    from delivery.things import to_data

    return [to_data(f) for f in world.flights.values() if order_id in f.orders]
