"""`skyshade delivery serve, keys`: the service on the web and who may use it."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from skyshade.cli.options import CONFIRM_HELP, OUT_FOLDER, SPEEDUP_HELP
from skyshade.cli.output import emit, json_option, note

ROLES = ("customer", "operator", "viewer")
keys_option = click.option(
    "--keys",
    "key_file",
    type=click.Path(dir_okay=False, path_type=Path),
    default="delivery-keys.json",
    show_default=True,
    help="The file of the keys, made by keys add. Whoever has it can let himself in.",
)


@click.group()
def keys() -> None:
    """Give and take back keys to the service.

    \b
    Example: skyshade delivery keys add --name "정자 매점" --role customer
    """


@keys.command("add")
@click.option("--name", required=True, help="Who gets it.")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What it may do.")
@keys_option
@json_option
def keys_add(name: str, role: str, key_file: Path, as_json: bool) -> None:
    """Make a key. Its text is shown once and kept nowhere.

    \b
    Example: skyshade delivery keys add --name desk --role operator
    """
    from skyshade.web.keys import Role, new_ring, read_keys, write_keys

    ring = read_keys(key_file) if key_file.exists() else new_ring()
    ring, text = ring.with_new(name, Role(role))
    write_keys(key_file, ring)
    lines = [text, f"the {role} key of {name}: it is not shown again"]
    emit({"key": text, "name": name, "role": role}, as_json=as_json, lines=lines)


@keys.command("list")
@keys_option
@json_option
def keys_list(key_file: Path, as_json: bool) -> None:
    """Show who holds a key.

    \b
    Example: skyshade delivery keys list
    """
    from skyshade.web.keys import read_keys

    found = [k for k in read_keys(key_file).keys.values() if not k.revoked]
    rows = [{"name": k.name, "role": k.role.value} for k in found]
    emit({"keys": rows}, as_json=as_json, lines=[f"{r['role']:9} {r['name']}" for r in rows] or ["no keys"])


@keys.command("revoke")
@click.argument("name")
@keys_option
@json_option
def keys_revoke(name: str, key_file: Path, as_json: bool) -> None:
    """Take a key back; a running service knows at once.

    \b
    Example: skyshade delivery keys revoke desk
    """
    from skyshade.web.keys import read_keys, write_keys

    write_keys(key_file, read_keys(key_file).without(name))
    emit({"revoked": name}, as_json=as_json, lines=[f"{name}: revoked"])


def read_ground(path: Path | None) -> dict[str, Any] | None:
    """GeoJSON to draw under the page's map; raises `SkyshadeError`."""
    from core.errors import SkyshadeError

    if path is None:
        return None
    hint = "give a GeoJSON FeatureCollection in degrees"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SkyshadeError(f"{path}: cannot be read ({error})", hint=hint) from error
    if not isinstance(data, dict) or data.get("type") != "FeatureCollection":
        raise SkyshadeError(f"{path}: is no FeatureCollection", hint=hint)
    return data


def flying_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Whether the service flies, with what, and where the records go."""
    for option in (
        click.option(
            "--fly",
            type=OUT_FOLDER,
            help="Fly what is ordered; records of the flights go here. Without it orders wait.",
        ),
        click.option(
            "-V",
            "--vehicle",
            "vehicles",
            metavar="[AIRCRAFT=]VEHICLE",
            multiple=True,
            help="What flies, for all or for one aircraft of the fleet; repeatable. Default: embedded.",
        ),
        click.option("--speedup", type=click.FloatRange(0.1, 100), help=SPEEDUP_HELP),
        click.option("--confirm-real", is_flag=True, help=CONFIRM_HELP),
    ):
        command = option(command)
    return command


def _vehicles(names: tuple[str, ...], speedup: float | None, *, confirm_real: bool) -> Any:
    from skyshade.web.flying import Vehicles

    pairs = [name.split("=", 1) for name in names if "=" in name]
    rest = [name for name in names if "=" not in name]
    if len(rest) > 1:
        raise click.UsageError("--vehicle for all aircraft may be given once; use AIRCRAFT=VEHICLE for more")
    default = rest[0] if rest else None if pairs else "embedded"
    return Vehicles(default, dict(pairs), confirm_real=confirm_real, speedup=speedup)


@dataclass(frozen=True, slots=True)
class Site:
    """Where and for whom the service runs."""

    host: str
    port: int
    base_url: str | None
    ground: Path | None
    key_file: Path
    forget_after_days: float


def run_service(
    store: str,
    conditions: Any,
    site: Site,
    fly: Path | None,
    vehicles: tuple[str, ...],
    speedup: float | None,
    *,
    confirm_real: bool,
    as_json: bool = False,
) -> None:
    """Serve until interrupted, and fly where `fly` says so; where it listens is said at the beginning."""
    from core.clock import RealClock
    from delivery.desk import Desk
    from delivery.store import open_store
    from skyshade.web.flying import Flying
    from skyshade.web.forgetting import Forgetting
    from skyshade.web.serving import listening, serve
    from skyshade.web.state import new_service

    flown_by = _vehicles(vehicles, speedup, confirm_real=confirm_real)
    clock = RealClock()
    with open_store(store) as opened, listening(site.host, site.port) as socket:
        desk = Desk(opened, lambda: conditions, clock)
        settings = _settings(site, conditions, desk, socket)
        service = new_service(desk, site.key_file, clock, settings)
        _check_ready(desk.world(), conditions, None if fly is None else flown_by)
        _say_where(desk, settings, as_json=as_json)
        flying = None if fly is None else Flying(desk, fly, flown_by)
        if flying is not None:
            _end_as_by_hand()
            flying.start()
        with Forgetting(opened, clock, site.forget_after_days):
            serve(service, socket)
        if flying is not None:
            flying.finish(note)


def _end_as_by_hand() -> None:
    """A request to end is heard like Ctrl-C: nobody leaves aircraft in the air without a word."""
    import signal

    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


def _settings(site: Site, conditions: Any, desk: Any, socket: Any) -> Any:
    from delivery.ways import aircraft_of
    from skyshade.web.serving import address_of
    from skyshade.web.state import Settings

    fleet = {craft.type for craft in desk.world().aircraft.values()}
    return Settings(
        base_url=site.base_url or address_of(socket),
        zone=conditions.zone,
        most_kg=max((aircraft_of(name).payload_max_kg for name in fleet), default=Settings().most_kg),
        ground=read_ground(site.ground),
        forget_after_days=site.forget_after_days,
    )


def _check_ready(world: Any, conditions: Any, vehicles: Any) -> None:
    """Say what keeps every order from being flown; raises `SkyshadeError` for a vehicle of no aircraft."""
    from core.errors import UnknownNameError
    from delivery.feasibility import day_reasons

    if vehicles is not None:
        for name in vehicles.of:
            if name not in world.aircraft:
                raise UnknownNameError("aircraft", name, list(world.aircraft))
        for name in world.aircraft:
            vehicles.named(name)
    points = any(place.kind == "point" for place in world.places.values())
    lacking = [
        *(() if points else ("there is no delivery point: skyshade delivery places load FILE",)),
        *(() if world.items else ("there is nothing to order: skyshade delivery catalogue add",)),
        *(() if world.aircraft else ("there is no aircraft: skyshade delivery fleet",)),
        *(f"{reason.message}: {reason.cure}" for reason in day_reasons(conditions)),
    ]
    for line in lacking:
        note(f"every order will be refused: {line}")


def _say_where(desk: Any, settings: Any, *, as_json: bool) -> None:
    address, days = settings.base_url, settings.forget_after_days
    points = [p for p in desk.world().places.values() if p.kind == "point"]
    pages = {p.id: f"{address}/p/{p.id}" for p in points}
    lines = [f"{address}: the service; operations at {address}/docs"]
    lines += [f"  {p.name}: {pages[p.id]}" for p in points]
    lines.append(f"names are deleted {days:g} days after an order has ended (--forget-after-days)")
    said = {"address": address, "pages": pages, "forget_after_days": days}
    emit(said, as_json=as_json, lines=lines)
    sys.stdout.flush()


__all__ = ["Site", "flying_options", "keys", "keys_option", "run_service"]
