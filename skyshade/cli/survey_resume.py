"""`skyshade survey resume`: only the gaps of a flown survey."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skyshade.cli.options import IN_FILE, OUT_FILE, InputPath
from skyshade.cli.output import emit, json_option, note
from skyshade.cli.survey_result import checked_out, finish, proof_json

if TYPE_CHECKING:
    from core.shot import Shot
    from missions.survey.record import SurveyRecord
    from missions.survey.resume import Lost, Resumed

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

    PLAN is a plan of `survey plan`, `corridor`, `orbit` or `resume` (any of its batteries), with the record
    that stands beside it. What the vehicle photographed is read from its recordings; a plan of `resume` knows
    those that it was made from. Lost photographs are named by their number in the plan, and only they are
    flown again. The proof counts both: what was taken and what is still to be taken.

    \b
    Example: skyshade survey resume park.plan --shots flight-1/flight.tlog -o rest.plan
    """
    from missions.formats import read_plan
    from missions.survey.record import find_record
    from missions.survey.resume import resume_survey
    from skyshade.shotlog import each_once, read_shots, unheard

    out = out or plan.with_name(f"{plan.stem}-rest{plan.suffix}")
    checked_out(out, proof)
    found = find_record(plan)
    record = _record(found, dem)
    missions = [read_plan(found.parent / name) for name in record.photographed_by]
    shots = tuple(each_once([*record.taken, *read_shots(logs)]))
    rest = resume_survey(record, missions, shots)
    _warn(rest, unheard(shots), logs)
    more = {**_json(rest, record), "unheard": unheard(shots)}
    told = [*_lines(rest, record), *_again(rest)]
    if rest.plan is None:
        nothing = {"sorties": [], **proof_json(rest.before), "legs_outside_m": 0.0, "proved": True, **more}
        emit(nothing, as_json=as_json, lines=told)
        return
    if not as_json:
        emit({}, as_json=False, lines=told)
    paths = finish(rest.plan, out, plan, force=force, proof=proof, as_json=as_json, **more)
    _keep(record, found, paths, dem, shots)


def _keep(
    record: "SurveyRecord", found: Path, paths: list[Path], dem: Path | None, shots: tuple["Shot", ...]
) -> None:
    """The record beside the new plans: they go on with the same survey."""
    from missions.survey.record import record_path, write_record

    path = record_path(paths[0])
    wanted = tuple(_way_to(found.parent / name, path) for name in record.photographed_by)
    model = record.dem if dem is None else str(dem.resolve())
    names = tuple(p.name for p in paths)
    write_record(replace(record, plans=names, dem=model, wanted=wanted, taken=shots), path)


def _way_to(plan: Path, record: Path) -> str:
    """Where a plan stands, from a record's folder; in full where no way leads there."""
    try:
        return Path(os.path.relpath(plan.resolve(), record.parent.resolve())).as_posix()
    except ValueError:  # another drive
        return plan.resolve().as_posix()


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


def _warn(rest: "Resumed", unheard: int, logs: tuple[Path, ...]) -> None:
    """What may be wrong with the recordings rather than with the flight."""
    if not rest.before.shots:
        note(f"none of the {rest.found} photographs lies on the plan: is this its recording?")
    if unheard and not any(path.suffix.lower() == ".bin" for path in logs):
        note(
            f"the camera counted {unheard} more than the recordings hold: if only the radio lost them, they "
            "stand in the vehicle's own log; give its .bin with --shots too"
        )


def _json(rest: "Resumed", record: "SurveyRecord") -> dict[str, Any]:
    before = rest.before
    lost = [
        {
            "plan": Path(record.photographed_by[one.flight - 1]).name,
            "number": one.number,
            "row": one.row,
            "lonlat": list(one.shot.lonlat.xy),
            "flown_again": not one.held,
        }
        for one in rest.lost
    ]
    seen = {"fraction": before.coverage.fraction, "unseen_m2": _unseen_m2(rest, record)}
    return {
        "found": rest.found, "taken": rest.taken, "planned": rest.planned, "lost": lost, "before": seen,
    }  # fmt: skip


def _unseen_m2(rest: "Resumed", record: "SurveyRecord") -> float | None:
    """How much ground is in no photograph taken; of what an orbit goes round, nobody measures it."""
    from core.geo import LocalFrame
    from missions.route import to_metres

    if record.orbit is not None:
        return None
    whole = float(to_metres(record.area, LocalFrame(record.home)).area)
    return round((1.0 - rest.before.coverage.fraction) * whole, 1)


def _lines(rest: "Resumed", record: "SurveyRecord") -> Iterator[str]:
    """What was taken, what that shows, and which photographs are lost."""
    found = f"{rest.found} photographs in the recordings"
    yield f"{found}: {rest.taken} of the {rest.planned} planned ones are taken, {len(rest.lost)} lost"
    unseen, along = _unseen_m2(rest, record), rest.before.along
    ground = f", {unseen / 1e4:.2f} ha are in no photograph" if unseen else ""
    share = "" if along is None else f"; neighbours share at least {along.least:.1%} along the course"
    yield f"seen so far: {rest.before.coverage.fraction:.2%}{ground}{share}"
    word = "row" if record.orbit is None else "ring"
    for flight, name in enumerate(record.photographed_by, start=1):
        mine = [one for one in rest.lost if one.flight == flight]
        if mine:
            runs = _runs(mine, word)
            more = f" and {len(runs) - NAMED} more stretches" if len(runs) > NAMED else ""
            yield f"lost of {Path(name).name}: photograph {', '.join(runs[:NAMED])}{more}"
    held = sum(one.held for one in rest.lost)
    if held:
        yield f"not flown again: {held}, whose neighbours hold the overlap without them"


def _again(rest: "Resumed") -> Iterator[str]:
    """What the flights are for."""
    again = sum(not one.held for one in rest.lost)
    if rest.plan is None:
        yield "no flight is needed" if rest.lost else "nothing is missing: no flight is needed"
    elif again:
        what = f"{again} lost photographs" if again > 1 else "1 lost photograph"
        yield f"flown again for {what}, begun and ended a little outside each gap:"
    else:
        yield "flown again for the ground that no photograph shows:"


def _runs(lost: list["Lost"], word: str) -> list[str]:
    """Photographs 1, 2, 3, 7 as `1-3 (row 1)`, `7 (row 2)`."""
    spans: list[list[Lost]] = []
    for one in lost:
        if spans and one.number == spans[-1][-1].number + 1:
            spans[-1].append(one)
        else:
            spans.append([one])
    return [
        f"{_span(span[0].number, span[-1].number)} ({word} {_span(span[0].row, span[-1].row)})"
        for span in spans
    ]


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
