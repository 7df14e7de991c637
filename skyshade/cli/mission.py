"""`skyshade mission`: check and convert plans."""

from importlib import import_module, util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skyshade.cli.options import (
    AT_HELP,
    DEM_HELP,
    IN_FILE,
    OUT_FILE,
    WIND_FROM_HELP,
    WIND_HELP,
    ZONES_HELP,
)
from skyshade.cli.output import emit, json_option

if TYPE_CHECKING:
    from missions.finding import Finding

TRANSFER = "skyshade.cli.mission_transfer"
TRANSFER_COMMANDS = ("upload", "download", "clear")


class MissionGroup(click.Group):
    """The group's own commands, and the transfer commands where they are installed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        extra = TRANSFER_COMMANDS if util.find_spec(TRANSFER) else ()
        return sorted([*super().list_commands(ctx), *extra])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in TRANSFER_COMMANDS and util.find_spec(TRANSFER):
            found: click.Command | None = getattr(import_module(TRANSFER), cmd_name, None)
            return found
        return super().get_command(ctx, cmd_name)


@click.group(cls=MissionGroup)
def command() -> None:
    """Check, convert, upload, download and clear plans.

    \b
    Example: skyshade mission check park.plan --zones airspace.geojson --dem dem.tif
    """


@command.command("check")
@click.argument("plan", type=IN_FILE)
@click.option("--zones", multiple=True, type=IN_FILE, help=f"{ZONES_HELP} Repeatable.")
@click.option("--dem", type=IN_FILE, help=DEM_HELP)
@click.option("--aircraft", metavar="NAME|FILE", help="Aircraft, for energy and the wind it bears.")
@click.option("--camera", metavar="NAME|FILE", help="Camera, for its shortest time between shots.")
@click.option(
    "--payload-kg",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Load carried, kilograms.",
)
@click.option("--wind-ms", type=float, help=WIND_HELP)
@click.option("--wind-from-deg", type=float, help=f"{WIND_FROM_HELP}  [default: 0]")
@click.option("--at", "at_time", metavar="TIME", help=AT_HELP)
@click.option("--permits", type=IN_FILE, help="Permissions held (TOML); needs --at.")
@click.option("--weather", type=IN_FILE, help="Weather measured or forecast (TOML); its wind counts too.")
@click.option(
    "--rtl-alt-m",
    type=click.FloatRange(min=0),
    default=15.0,
    show_default=True,
    help="Height over home that the vehicle's return climbs to (RTL_ALT).",
)
@click.option("--rules", type=IN_FILE, help="Limits (TOML).  [default: for Korea, not authoritative]")
@json_option
@click.pass_context
def check(ctx: click.Context, /, *, plan: Path, as_json: bool, **options: Any) -> None:
    """Hold a plan to every rule and say pass, fail or unknown.

    A rule whose input is not given is unknown, never passed. Exit status 1 when a rule failed.

    \b
    Example: skyshade mission check park.plan --zones airspace.geojson --aircraft quad-4kg
    """
    from missions.checks import check_mission, passed
    from missions.formats import read_plan

    findings = check_mission(read_plan(plan), **_inputs(options))
    ok = passed(findings)
    unknown = sum(f.verdict.value == "unknown" for f in findings)
    result = {"ok": ok, "unknown": unknown, "findings": [_row(f) for f in findings]}
    summary = "no rule failed" if ok else "FAILED"
    lines = [*(_line(f) for f in findings), f"{plan}: {summary}, {unknown} unknown"]
    emit(result, as_json=as_json, lines=lines)
    ctx.exit(0 if ok else 1)


def _inputs(options: dict[str, Any]) -> dict[str, Any]:
    from gis.terrain import read_terrain
    from missions.aircraft import load_aircraft
    from missions.airspace import parse_time, read_zones
    from missions.cameras import load_camera
    from missions.permits import held, read_permits
    from missions.rules import load_rules
    from missions.weather import read_weather

    try:
        at_time = parse_time(options["at_time"], "--at") if options["at_time"] else None
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    return {
        "zones": [z for p in options["zones"] for z in read_zones(p)] if options["zones"] else None,
        "terrain": read_terrain(options["dem"]) if options["dem"] else None,
        "aircraft": load_aircraft(options["aircraft"]) if options["aircraft"] else None,
        "camera": load_camera(options["camera"]) if options["camera"] else None,
        "payload_kg": options["payload_kg"],
        "wind": _wind(options["wind_ms"], options["wind_from_deg"]),
        "at_time": at_time,
        "permits": held(read_permits(options["permits"]), at_time) if options["permits"] else None,
        "rules": load_rules(options["rules"]),
        "weather": read_weather(options["weather"]) if options["weather"] else None,
        "rtl_alt_m": options["rtl_alt_m"],
    }


def _wind(speed_ms: float | None, from_deg: float | None) -> Any:
    from core.wind import Wind

    if speed_ms is None:
        return None
    try:
        return Wind(speed_ms, from_deg or 0.0)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _row(finding: "Finding") -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "verdict": finding.verdict.value,
        "severity": finding.severity.value,
        "item": finding.item,
        "value": finding.value,
        "limit": finding.limit,
        "message": finding.message,
        "cure": finding.cure,
    }


def _line(finding: "Finding") -> str:
    where = "" if finding.item is None or finding.item < 0 else f" (item {finding.item + 1})"
    cure = f"; {finding.cure}" if finding.cure else ""
    return f"{finding.verdict.value:7} {finding.rule}: {finding.message}{where}{cure}"


@command.command("convert")
@click.argument("source", metavar="IN", type=IN_FILE)
@click.argument("target", metavar="OUT", type=OUT_FILE)
@json_option
def convert(*, source: Path, target: Path, as_json: bool) -> None:
    """Convert a plan to another format and say what is lost.

    The extension of each file names its format: .plan (QGroundControl), .waypoints (Mission Planner), .kmz
    (DJI Pilot 2), .kml, .geojson.

    \b
    Example: skyshade mission convert park.plan park.kmz
    """
    from missions.formats import read_plan, write_plan

    mission = read_plan(source)
    lost = write_plan(mission, target)
    result = {"items": len(mission.items), "lost": list(lost), "path": target}
    lines = [f"{target}: {len(mission.items)} items", *(f"lost: {text}" for text in lost)]
    emit(result, as_json=as_json, lines=lines)
