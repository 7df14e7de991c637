"""`skyshade delivery proof, flight-file, forget`: what is kept of a delivery, and what is not."""

from pathlib import Path

import click

from skyshade.cli.delivery_setup import store_option
from skyshade.cli.options import OUT_FILE
from skyshade.cli.output import emit, json_option


@click.command()
@click.argument("order_id", metavar="ORDER")
@store_option
@json_option
def proof(order_id: str, store: str, as_json: bool) -> None:
    """Show when, where and how an order was released.

    \b
    Example: skyshade delivery proof O-00001
    """
    from delivery.proof import proof as proof_of
    from delivery.store import open_store

    with open_store(store) as opened:
        world = opened.world()
    found = proof_of(world.order(order_id), world)
    emit(found, as_json=as_json, lines=[f"{k}: {v}" for k, v in found.items() if k != "track"])


@click.command("flight-file")
@click.argument("flight_id", metavar="FLIGHT")
@click.option("-o", "--out", type=OUT_FILE, required=True, help="JSON file; a page for people beside it.")
@store_option
@json_option
def flight_file(flight_id: str, out: Path, store: str, as_json: bool) -> None:
    """Write one flight's file for an authority; nobody's name is in it.

    \b
    Example: skyshade delivery flight-file F-00001 -o F-00001.json
    """
    from core.errors import UnknownNameError
    from delivery.proof import flight_file as file_of
    from delivery.proof import write_flight_file
    from delivery.store import open_store

    with open_store(store) as opened:
        world = opened.world()
        if flight_id not in world.flights:
            raise UnknownNameError("flight", flight_id, list(world.flights))
        paths = write_flight_file(file_of(world.flights[flight_id], world, opened.events()), out)
    emit({"path": paths[0], "page": paths[1]}, as_json=as_json, lines=[f"{p}: written" for p in paths])


@click.command()
@click.option("--customer", help="Who is to be forgotten, as given with the order.")
@click.option(
    "--older-than-days", type=click.FloatRange(min=0), help="Everybody whose orders ended before that."
)
@store_option
@json_option
def forget(customer: str | None, older_than_days: float | None, store: str, as_json: bool) -> None:
    """Remove personal data; the record of flights stays.

    A running service does it by itself: serve --forget-after-days.

    \b
    Example: skyshade delivery forget --older-than-days 30
    """
    from core.clock import RealClock
    from delivery.retention import forget_ended
    from delivery.store import open_store

    if (customer is None) == (older_than_days is None):
        raise click.UsageError("give --customer or --older-than-days")
    with open_store(store) as opened:
        if customer is not None:
            reference = opened.contacts.find(customer)
            count = int(reference is not None and opened.contacts.forget(reference))
        else:
            count = forget_ended(opened, RealClock().utc_s(), older_than_days or 0.0)
    emit({"forgotten": count}, as_json=as_json, lines=[f"{count} forgotten"])
