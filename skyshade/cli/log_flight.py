"""`skyshade log review` and `download`: a recorded flight against its plan, and the log kept on board."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skyshade.cli.options import IN_FILE, OUT_FILE
from skyshade.cli.output import emit, json_option, progress

if TYPE_CHECKING:
    from flight.boardlog import BoardLog
    from flight.logreview import ItemFlown, Review
    from flight.vehicle import Vehicle

ADDRESS_HELP = "A MAVLink address: tcp:HOST:PORT, udpin:HOST:PORT, /dev/ttyX,BAUD."


def _utc(utc_s: float) -> str:
    return dt.datetime.fromtimestamp(utc_s, dt.UTC).isoformat(timespec="milliseconds")


@click.command()
@click.argument("file", type=IN_FILE)
@click.argument("plan", type=IN_FILE)
@click.option("--system", type=click.IntRange(0, 255), help="This MAVLink system (default: the vehicle's).")
@json_option
def review(file: Path, plan: Path, system: int | None, as_json: bool) -> None:
    """A recorded flight against its PLAN: items reached, time and deviation of each, pictures, troubles.

    \b
    Example: skyshade log review flight-1/flight.tlog survey.plan
    """
    from flight.logreview import review as reviewed
    from flight.logstory import vehicles
    from flight.tlog import read_columns
    from missions.formats import read_plan

    mission = read_plan(plan)
    if system is None:
        system = min(vehicles(read_columns(file, {"HEARTBEAT"})), default=1)
    found = reviewed(file, mission, system=system)
    emit(_review_facts(found, system), as_json=as_json, lines=_review_lines(found))


def _review_facts(found: "Review", system: int) -> dict[str, Any]:
    return {
        "system": system,
        "completed": found.completed,
        "reached": found.reached,
        "items": found.items,
        "flown_s": round(found.flown_s, 2),
        "max_deviation_m": round(found.max_deviation_m, 2),
        "shots": found.shots,
        "same_plan": found.same_plan,
        "flown": [
            {"item": f.item, "command": f.command, "start": _utc(f.start_s), "reached": f.reached,
             "duration_s": round(f.duration_s, 2), "deviation_m": round(f.deviation_m, 2)}
            for f in found.flown
        ],
        "events": [{"time_s": e.time_s, "kind": e.kind, "text": e.text} for e in found.events],
    }  # fmt: skip


def _review_lines(found: "Review") -> list[str]:
    plan = {
        True: "the recording shows this plan on its way to the vehicle",
        False: "the recording shows ANOTHER mission on its way to the vehicle",
        None: "the recording shows no upload: whether this plan was flown is unknown",
    }
    ended = "completed" if found.completed else "NOT completed"
    return [
        plan[found.same_plan],
        f"mission {ended}: {found.reached} of {found.items} items, {found.shots} pictures",
        f"{found.flown_s:.0f} s in the air, at most {found.max_deviation_m:.1f} m off the path",
        *(_item_line(one) for one in found.flown),
        *(f"  {_utc(e.time_s)[11:19]} {e.kind}: {e.text}" for e in found.events),
    ]


def _item_line(one: "ItemFlown") -> str:
    missed = "" if one.reached else ", NOT reached"
    return f"  item {one.item}: {one.duration_s:.1f} s, {one.deviation_m:.1f} m off{missed}"


@click.command()
@click.option("-V", "--vehicle", "address", required=True, metavar="VEHICLE", help=ADDRESS_HELP)
@click.option("--log", "number", type=click.IntRange(1), help="Its number on board (default: the last).")
@click.option("-o", "--out", type=OUT_FILE, help="OUT.bin; without it the logs on board are listed.")
@json_option
def download(address: str, number: int | None, out: Path | None, as_json: bool) -> None:
    """Fetch a log that the vehicle keeps on board (dataflash, .bin); never while it is armed.

    \b
    Example: skyshade log download --vehicle tcp:127.0.0.1:5760 -o last.bin
    """
    from core.files import write_bytes
    from flight.boardlog import fetch_log, list_logs

    with _connected(address) as vehicle:
        began_s = vehicle.clock.monotonic_s()
        logs = list_logs(vehicle, vehicle.clock)
        chosen = _chosen(logs, number)
        if out is not None:
            with progress("log") as told:
                write_bytes(out, fetch_log(vehicle, chosen, vehicle.clock, on_progress=told))
        wall_s = vehicle.clock.monotonic_s() - began_s
    rows = [{"log": one.number, "bytes": one.size, "time": _utc(one.utc_s)} for one in logs]
    result = {
        "logs": rows,
        "log": chosen.number,
        "bytes": chosen.size,
        "path": out,
        "wall_s": round(wall_s, 3),
    }
    lines = [f"log {r['log']}: {r['bytes']} bytes, {r['time']}" for r in rows]
    emit(result, as_json=as_json, lines=lines if out is None else [f"log {chosen.number}: {out}"])


def _chosen(logs: Sequence["BoardLog"], number: int | None) -> "BoardLog":
    from flight.boardlog import BoardLogError

    if not logs:
        raise BoardLogError("the vehicle keeps no logs")
    for one in logs:
        if one.number == (number or logs[-1].number):
            return one
    raise BoardLogError(
        f"the vehicle has no log {number}", hint=f"it has {logs[0].number} to {logs[-1].number}"
    )


@contextmanager
def _connected(address: str) -> "Iterator[Vehicle]":
    from core.clock import RealClock
    from flight.link import open_link
    from flight.vehicle import Vehicle

    clock = RealClock()
    with Vehicle(open_link(address, clock), clock) as vehicle:
        vehicle.connect()
        yield vehicle
