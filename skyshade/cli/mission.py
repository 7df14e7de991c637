"""`skyshade mission`: check and convert plans."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skyshade.cli.day_options import day_options, known_of
from skyshade.cli.options import IN_FILE, OUT_FILE
from skyshade.cli.output import emit, json_option

if TYPE_CHECKING:
    from missions.finding import Finding

ELSEWHERE = {
    "upload": "mission_transfer",
    "download": "mission_transfer",
    "clear": "mission_transfer",
    "document": "mission_document",
    "fence": "mission_fence",
}


class MissionGroup(click.Group):
    """The group's own commands, and those of neighbouring files, loaded when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *ELSEWHERE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in ELSEWHERE:
            found: click.Command | None = getattr(
                import_module(f"skyshade.cli.{ELSEWHERE[cmd_name]}"), cmd_name, None
            )
            return found
        return super().get_command(ctx, cmd_name)


@click.group(cls=MissionGroup)
def command() -> None:
    """Check, convert, print, upload, download and clear plans.

    \b
    Example: skyshade mission check park.plan --zones airspace.geojson --dem dem.tif
    """


@command.command("check")
@click.argument("plan", type=IN_FILE)
@day_options
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

    findings = check_mission(read_plan(plan), **known_of(options))
    ok = passed(findings)
    unknown = sum(f.verdict.value == "unknown" for f in findings)
    result = {"ok": ok, "unknown": unknown, "findings": [_row(f) for f in findings]}
    summary = "no rule failed" if ok else "FAILED"
    lines = [*(_line(f) for f in findings), f"{plan}: {summary}, {unknown} unknown"]
    emit(result, as_json=as_json, lines=lines)
    ctx.exit(0 if ok else 1)


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
@click.option("--drone", metavar="NAME", help="DJI aircraft that a .kmz is for: M3T or M30T.  [default: M3T]")
@json_option
def convert(*, source: Path, target: Path, drone: str | None, as_json: bool) -> None:
    """Convert a plan to another format and say what is lost.

    The extension of each file names its format: .plan (QGroundControl), .waypoints (Mission Planner), .kmz
    (DJI Pilot 2), .kml, .geojson.

    \b
    Example: skyshade mission convert park.plan park.kmz --drone M30T
    """
    from missions.formats import read_plan_noting, write_plan

    mission, unread = read_plan_noting(source)
    lost = (*unread, *write_plan(mission, target, drone=drone))
    result = {"items": len(mission.items), "lost": list(lost), "path": target}
    lines = [f"{target}: {len(mission.items)} items", *(f"lost: {text}" for text in lost)]
    emit(result, as_json=as_json, lines=lines)
