"""Options that tell what is known of the day a plan is to fly."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from skyshade.cli.options import AT_HELP, DEM_HELP, IN_FILE, IN_ZONES, WIND_FROM_HELP, WIND_HELP, ZONES_HELP

_OPTIONS = (
    click.option("--zones", multiple=True, type=IN_ZONES, help=f"{ZONES_HELP} Repeatable."),
    click.option("--dem", type=IN_FILE, help=DEM_HELP),
    click.option("--buildings", type=IN_FILE, help="Buildings and masts with heights: the height limit."),
    click.option("--aircraft", metavar="NAME|FILE", help="Aircraft, for energy and the wind it bears."),
    click.option("--camera", metavar="NAME|FILE", help="Camera, for its shortest time between shots."),
    click.option(
        "--payload-kg",
        type=click.FloatRange(min=0),
        default=0.0,
        show_default=True,
        help="Load carried, kilograms.",
    ),
    click.option("--wind-ms", type=float, help=WIND_HELP),
    click.option("--wind-from-deg", type=float, help=f"{WIND_FROM_HELP}  [default: 0]"),
    click.option("--at", "at_time", metavar="TIME", help=AT_HELP),
    click.option("--permits", type=IN_FILE, help="Permissions held (TOML); needs --at."),
    click.option("--weather", type=IN_FILE, help="Weather measured or forecast (TOML); its wind counts too."),
    click.option(
        "--rtl-alt-m",
        type=click.FloatRange(min=0),
        default=15.0,
        show_default=True,
        help="Height over home that the vehicle's return climbs to (RTL_ALT).",
    ),
    click.option("--rules", type=IN_FILE, help="Limits (TOML).  [default: for Korea, not authoritative]"),
)


def day_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Zones, terrain, aircraft, weather and the like."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def known_of(options: dict[str, Any]) -> Any:
    """What the options tell, read: the arguments of `check_mission` after the mission."""
    from gis.terrain import read_terrain
    from missions.aircraft import load_aircraft
    from missions.airspace import parse_time
    from missions.cameras import load_camera
    from missions.permits import read_permits
    from missions.rules import load_rules
    from missions.structures import read_structures
    from missions.weather import read_weather

    try:
        at_time = parse_time(options["at_time"], "--at") if options["at_time"] else None
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    return {
        "zones": _zones(options["zones"]) if options["zones"] else None,
        "terrain": read_terrain(options["dem"]) if options["dem"] else None,
        "aircraft": load_aircraft(options["aircraft"]) if options["aircraft"] else None,
        "camera": load_camera(options["camera"]) if options["camera"] else None,
        "payload_kg": options["payload_kg"],
        "wind": _wind(options["wind_ms"], options["wind_from_deg"]),
        "at_time": at_time,
        "permits": read_permits(options["permits"]) if options["permits"] else None,
        "rules": load_rules(options["rules"]),
        "weather": read_weather(options["weather"]) if options["weather"] else None,
        "rtl_alt_m": options["rtl_alt_m"],
        "structures": read_structures(options["buildings"]) if options["buildings"] else None,
    }


def _zones(paths: tuple[Path, ...]) -> list[Any]:
    """The zones of all files; what is to be said of them goes to standard error."""
    from missions.airspace import read_zone_file

    files = [read_zone_file(path) for path in paths]
    for note in (note for file in files for note in file.notes):
        click.echo(note, err=True)
    return [zone for file in files for zone in file.zones]


def _wind(speed_ms: float | None, from_deg: float | None) -> Any:
    from core.wind import Wind

    if speed_ms is None:
        return None
    try:
        return Wind(speed_ms, from_deg or 0.0)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
