"""`skyshade mission`: check and convert plans."""

from importlib import import_module, util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skyshade.cli.output import emit, json_option

if TYPE_CHECKING:
    from missions.finding import Finding

TRANSFER = "skyshade.cli.mission_transfer"
TRANSFER_COMMANDS = ("upload", "download")


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
    """Check, convert, upload and download plans.

    Example: skyshade mission check park.plan --zones airspace.geojson --dem dem.tif --aircraft quad-4kg
    """


@command.command("check")
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--zones", multiple=True, type=click.Path(path_type=Path), help="Airspace zones.")
@click.option("--dem", type=click.Path(path_type=Path), help="Ground heights.")
@click.option("--aircraft", metavar="NAME|FILE", help="Aircraft: energy and wind limit.")
@click.option("--camera", metavar="NAME|FILE", help="Camera: shortest interval between shots.")
@click.option("--payload-kg", default=0.0, show_default=True, help="Load carried.")
@click.option("--wind-ms", type=float, help="Wind speed.")
@click.option("--wind-from-deg", type=float, help="Where the wind comes from.")
@click.option("--at", "at_time", metavar="TIME", help="When: ISO time with zone, for dated zones.")
@click.option("--permits", type=click.Path(path_type=Path), help="Permissions held (TOML); needs --at.")
@click.option("--rules", type=click.Path(path_type=Path), help="Limits (default: Korea, not authoritative).")
@json_option
@click.pass_context
def check(ctx: click.Context, /, *, plan: Path, as_json: bool, **options: Any) -> None:
    """Hold PLAN to every rule; a rule whose input is missing is unknown, never passed.

    `ok` means that no rule failed. Exit status 1 when one did.

    Example: skyshade mission check park.plan --zones airspace.geojson --aircraft quad-4kg --wind-ms 5
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
    }


def _line(finding: "Finding") -> str:
    where = "" if finding.item is None or finding.item < 0 else f" (item {finding.item + 1})"
    return f"{finding.verdict.value:7} {finding.rule}: {finding.message}{where}"


@command.command("convert")
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@json_option
def convert(*, source: Path, target: Path, as_json: bool) -> None:
    """Convert a plan by extension: .plan, .waypoints, .kmz (DJI WPML), .kml, .geojson.

    Example: skyshade mission convert park.plan park.kmz
    """
    from missions.formats import read_plan, write_plan

    mission = read_plan(source)
    lost = write_plan(mission, target)
    result = {"items": len(mission.items), "lost": list(lost), "path": target}
    lines = [f"{target}: {len(mission.items)} items", *(f"lost: {text}" for text in lost)]
    emit(result, as_json=as_json, lines=lines)
