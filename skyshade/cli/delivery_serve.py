"""`skyshade delivery serve, keys`: the service on the web and who may use it."""

import json
from pathlib import Path
from typing import Any

import click

from skyshade.cli.delivery_setup import store_option
from skyshade.cli.options import IN_FILE
from skyshade.cli.output import emit, json_option

ROLES = ("customer", "operator", "viewer")
keys_option = click.option(
    "--keys",
    "key_file",
    type=click.Path(dir_okay=False, path_type=Path),
    default="delivery-keys.json",
    show_default=True,
    help="The file that keeps the keys, as hashes. Whoever has it can make passes: keep it safe.",
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


def run_service(
    store: str,
    key_file: Path,
    conditions: Any,
    host: str,
    port: int,
    base_url: str | None,
    ground: Path | None,
) -> None:
    """Serve until interrupted."""
    from core.clock import RealClock
    from delivery.desk import Desk
    from delivery.store import open_store
    from skyshade.web.serving import address_of, listening, server_of
    from skyshade.web.state import Settings, new_service

    with open_store(store) as opened, listening(host, port) as socket:
        address = address_of(socket)
        settings = Settings(base_url=base_url or address, zone=conditions.zone, ground=read_ground(ground))
        desk = Desk(opened, lambda: conditions, RealClock())
        service = new_service(desk, key_file, RealClock(), settings)
        points = [p for p in desk.world().places.values() if p.kind == "point"]
        click.echo(f"{address}: the service; operations at {address}/docs", err=True)
        for point in points:
            click.echo(f"  {point.name}: {address}/p/{point.id}", err=True)
        server_of(service).run(sockets=[socket])


__all__ = ["IN_FILE", "keys", "run_service", "store_option"]
