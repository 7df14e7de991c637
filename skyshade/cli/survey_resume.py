"""`skyshade survey resume`: only the gaps of a flown survey."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skyshade.cli.options import IN_FILE, OUT_FILE, InputPath
from skyshade.cli.output import emit, json_option
from skyshade.cli.survey_result import checked_out, finish, keep_record, proof_json

if TYPE_CHECKING:
    from missions.survey.record import SurveyRecord
    from missions.survey.resume import Resumed

NAMED = 12


@click.command()
@click.argument("plan", type=IN_FILE)
@click.option(
    "--shots",
    "logs",
    multiple=True,
    required=True,
    type=InputPath("file|folder", folders=True),
    help="Recording of the flight: .tlog, .bin, shots.csv, or the folder of `skyshade fly`; repeatable.",
)
@click.option("--dem", type=IN_FILE, help="Where the height model of the plan stands now.")
@click.option("--force", is_flag=True, help="Write the plan even when it fails its own proof.")
@click.option("--proof", type=OUT_FILE, metavar="FILE", help="Draw the proof: .html or .png.")
@click.option("-o", "--out", type=OUT_FILE, help="Plan to write.  [default: PLAN-rest.plan]")
@json_option
def resume(
    *,
    plan: Path,
    logs: tuple[Path, ...],
    dem: Path | None,
    force: bool,
    proof: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Plan flights over the gaps that a survey left.

    PLAN is a plan of `survey plan`, `corridor` or `orbit` (any of its batteries), with the record that stands
    beside it. What the vehicle photographed is read from its recording; lost photographs are named, and only
    they are flown again. The proof counts both: what was taken and what is still to be taken.

    \b
    Example: skyshade survey resume park.plan --shots flight-1/flight.tlog -o rest.plan
    """
    from missions.formats import read_plan
    from missions.survey.record import find_record
    from missions.survey.resume import resume_survey
    from skyshade.shotlog import read_shots

    out = out or plan.with_name(f"{plan.stem}-rest{plan.suffix}")
    checked_out(out, proof)
    found = find_record(plan)
    record = _record(found, dem)
    missions = [read_plan(found.with_name(name)) for name in record.plans]
    rest = resume_survey(record, missions, read_shots(logs))
    more: dict[str, Any] = {"taken": rest.taken, "planned": rest.planned, "lost": _lost(rest, record)}
    if rest.plan is None:
        result = {"sorties": [], **proof_json(rest.before), "legs_outside_m": 0.0, "proved": True, **more}
        emit(
            result, as_json=as_json, lines=[f"nothing is missing: all {rest.planned} photographs were taken"]
        )
        return
    if not as_json:
        _tell(rest, record)
    paths = finish(rest.plan, out, plan, force=force, proof=proof, as_json=as_json, **more)
    model = None if record.dem is None else Path(record.dem)
    keep_record(record.area, record.camera, record.home, record.params, paths, dem or model, record.orbit)


def _record(path: Path, dem: Path | None) -> "SurveyRecord":
    """The record with its height model read."""
    from core.errors import BadFileError
    from gis.terrain import read_terrain
    from missions.survey.record import read_record

    record = read_record(path)
    model = dem or (None if record.dem is None else Path(record.dem))
    if model is None:
        return record
    if not model.exists():
        raise BadFileError(model, "not found", hint="say with --dem where the height model is now")
    return read_record(path, read_terrain(model))


def _lost(rest: "Resumed", record: "SurveyRecord") -> list[dict[str, Any]]:
    return [
        {"plan": record.plans[lost.flight - 1], "number": lost.number, "lonlat": list(lost.shot.lonlat.xy)}
        for lost in rest.lost
    ]


def _tell(rest: "Resumed", record: "SurveyRecord") -> None:
    """Who is lost, in runs of numbers."""
    click.echo(
        f"{rest.taken} of {rest.planned} photographs were taken; {rest.before.coverage.fraction:.2%} seen"
    )
    for flight, name in enumerate(record.plans, start=1):
        numbers = [lost.number for lost in rest.lost if lost.flight == flight]
        if numbers:
            runs = _runs(numbers)
            more = f" and {len(runs) - NAMED} more stretches" if len(runs) > NAMED else ""
            click.echo(f"{name}: lost {', '.join(runs[:NAMED])}{more}")


def _runs(numbers: list[int]) -> list[str]:
    """1, 2, 3, 7 as `1-3`, `7`."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return [str(a) if a == b else f"{a}-{b}" for a, b in spans]
