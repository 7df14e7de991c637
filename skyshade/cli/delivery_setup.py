"""`skyshade delivery init, catalogue, places, fleet`: what a delivery store must hold before orders come."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from skyshade.cli.options import IN_FILE
from skyshade.cli.output import emit, json_option

HAZARDS = ("hot", "liquid", "fragile", "lithium", "flammable", "corrosive", "toxic", "explosive")
store_option = click.option(
    "--store",
    metavar="FILE|URL",
    default="delivery.db",
    show_default=True,
    help="The store of orders: a file, or a PostgreSQL address.",
)


@click.command()
@store_option
@json_option
def init(store: str, as_json: bool) -> None:
    """Make an empty store.

    \b
    Example: skyshade delivery init --store park.db
    """
    from delivery.store import open_store

    with open_store(store, create=True):
        emit({"store": store}, as_json=as_json, lines=[f"{store}: a new store"])


@click.group()
def catalogue() -> None:
    """Say what can be ordered.

    \b
    Example: skyshade delivery catalogue add coffee "Iced coffee" --mass-kg 0.4
    """


@catalogue.command("add")
@click.argument("item")
@click.argument("name")
@click.option("--mass-kg", type=float, required=True, help="Mass with packing, kilograms.")
@click.option(
    "--hazard",
    "hazards",
    type=click.Choice(HAZARDS),
    multiple=True,
    help="What needs care, shown to customers; repeatable. The last four do not fly.",
)
@store_option
@json_option
def catalogue_add(
    item: str, name: str, mass_kg: float, hazards: tuple[str, ...], store: str, as_json: bool
) -> None:
    """Add or change an item. Put allergens into its name: customers read it.

    \b
    Example: skyshade delivery catalogue add coffee "아이스 커피" --mass-kg 0.4
    """
    from delivery.model import Hazard, Item

    _set(store, [made(Item, item, name, mass_kg, None, tuple(Hazard(h) for h in hazards))])
    emit({"item": item}, as_json=as_json, lines=[f"{item}: {name}, {mass_kg:g} kg"])


@catalogue.command("list")
@store_option
@json_option
def catalogue_list(store: str, as_json: bool) -> None:
    """Show the catalogue.

    \b
    Example: skyshade delivery catalogue list
    """
    items = [{"id": i.id, "name": i.name, "mass_kg": i.mass_kg} for i in _world(store).items.values()]
    lines = [f"{i['id']:12} {i['mass_kg']:6.2f} kg  {i['name']}" for i in items]
    emit({"items": items}, as_json=as_json, lines=lines or ["the catalogue is empty"])


@click.group()
def places() -> None:
    """Say where depots and delivery points are.

    \b
    Example: skyshade delivery places load places.geojson
    """


@places.command("load")
@click.argument("file", type=IN_FILE)
@store_option
@json_option
def places_load(file: Path, store: str, as_json: bool) -> None:
    """Read depots and delivery points from a GeoJSON file of points.

    \b
    Properties of a point, id alone is needed:
      id, name
      kind              depot or point (default point)
      elevation_m       ground above sea level
      hours             such as 11:00-17:00, local
      release           gripper, winch or landing
      release_height_m  above the ground
      closed, occupied  true or false

    \b
    Example: skyshade delivery places load places.geojson
    """
    from delivery.places import read_places

    found = read_places(file)
    _set(store, list(found))
    emit({"places": [p.id for p in found]}, as_json=as_json, lines=[f"{p.id}: {p.name}" for p in found])


@places.command("list")
@store_option
@json_option
def places_list(store: str, as_json: bool) -> None:
    """Show the places.

    \b
    Example: skyshade delivery places list
    """
    from delivery.things import to_data

    found = [to_data(p) for p in _world(store).places.values()]
    lines = [f"{p['id']:12} {p['kind']:6} {p['hours']}  {p['name']}" for p in found]
    emit({"places": found}, as_json=as_json, lines=lines or ["there are no places"])


@click.command()
@click.argument("aircraft")
@click.option(
    "--type",
    "type_name",
    default="hexa-delivery",
    show_default=True,
    help="Aircraft by name, or a TOML file of one.",
)
@click.option("--depot", required=True, help="Where it stands: a depot, by id or name.")
@click.option("--charge", type=float, default=1.0, show_default=True, help="Battery charge, 0 to 1.")
@store_option
@json_option
def fleet(aircraft: str, type_name: str, depot: str, charge: float, store: str, as_json: bool) -> None:
    """Add or change an aircraft of the fleet.

    \b
    Example: skyshade delivery fleet H1 --depot depot
    """
    from delivery.model import Craft
    from missions.aircraft import load_aircraft

    load_aircraft(type_name)
    place = _world(store).place(depot)
    if place.kind != "depot":
        raise click.UsageError(f"{place.name} is a delivery point, not a depot")
    _set(store, [made(Craft, aircraft, type_name, place.id, charge)])
    emit({"aircraft": aircraft}, as_json=as_json, lines=[f"{aircraft}: {type_name} at {place.name}"])


@click.command()
@click.argument("battery_id", metavar="BATTERY")
@click.option(
    "--type", "type_name", default="hexa-delivery", show_default=True, help="Type of aircraft it fits."
)
@click.option("--depot", required=True, help="Where it is: a depot, by id or name.")
@click.option("--charge", type=float, default=1.0, show_default=True, help="Charge, 0 to 1.")
@click.option("--cycles", type=int, default=0, show_default=True, help="Charging cycles so far.")
@click.option(
    "--per-hour", type=float, default=1.0, show_default=True, help="Share of a full charge gained in an hour."
)
@store_option
@json_option
def battery(
    battery_id: str,
    type_name: str,
    depot: str,
    charge: float,
    cycles: int,
    per_hour: float,
    store: str,
    as_json: bool,
) -> None:
    """Add or change a battery on a depot's charger.

    \b
    Example: skyshade delivery battery B1 --depot depot
    """
    from core.clock import RealClock
    from delivery.model import Battery
    from missions.aircraft import load_aircraft

    load_aircraft(type_name)
    place = _world(store).place(depot)
    now_s = RealClock().utc_s()
    _set(store, [made(Battery, battery_id, type_name, place.id, charge, now_s, cycles, True, per_hour)])
    emit({"battery": battery_id}, as_json=as_json, lines=[f"{battery_id}: {type_name} at {place.name}"])


def made(kind: Callable[..., Any], *values: Any) -> Any:
    try:
        return kind(*values)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _world(store: str) -> Any:
    from delivery.store import open_store

    with open_store(store) as opened:
        return opened.world()


def _set(store: str, things: list[Any]) -> None:
    from core.clock import RealClock
    from delivery.service import set_things
    from delivery.store import open_store

    with open_store(store) as opened:
        set_things(opened, things, RealClock())
