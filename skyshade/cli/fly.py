"""`skyshade fly`: preflight, upload, fly, watch, record."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skyshade.cli.asking import ask_what_to_do
from skyshade.cli.options import CONFIRM_HELP, IN_FILE, OUT_FOLDER, SPEEDUP_HELP, VEHICLE_HELP
from skyshade.cli.output import emit, json_option, note

if TYPE_CHECKING:
    from flight.fly import Progress
    from flight.record import FlightRecord
    from flight.watch import FlightEvent


@click.command()
@click.argument("plan", type=IN_FILE)
@click.option(
    "--vehicle",
    "-V",
    default="embedded",
    show_default=True,
    help=VEHICLE_HELP,
)
@click.option("--out", "-o", required=True, type=OUT_FOLDER, help="Folder for the records.")
@click.option("--speedup", type=click.FloatRange(0.1, 100), help=SPEEDUP_HELP)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the embedded copter.")
@click.option(
    "--instance",
    type=click.IntRange(0, 99),
    default=0,
    show_default=True,
    help="ArduPilot SITL instance (ports).",
)
@click.option("--params", multiple=True, type=IN_FILE, help="Parameter file; simulated vehicles only.")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="Parameter; simulated vehicles only."
)
@click.option("--confirm-real", is_flag=True, help=CONFIRM_HELP)
@json_option
def command(
    plan: Path,
    vehicle: str,
    out: Path,
    speedup: float | None,
    seed: int,
    instance: int,
    params: tuple[Path, ...],
    settings: tuple[str, ...],
    confirm_real: bool,
    as_json: bool,
) -> int:
    """Fly PLAN: preflight, upload and read back, arm, fly, watch, land, record.

    Writes flight.json, shots.csv, track.geojson and flight.tlog into the folder. Exit status 1 when the
    mission was not completed.

    \b
    Example: skyshade fly survey.plan --out flight-1 --speedup 10
    """
    from flight.fly import fly_mission
    from missions.formats import read_plan
    from skyshade.vehicles import SIMULATED, vehicle_at

    wanted = _settings(settings)
    if vehicle not in SIMULATED and (speedup is not None or params or wanted):
        raise click.UsageError("--speedup, --params and --set are for simulated vehicles only")
    mission = read_plan(plan)
    simulated = vehicle_at(
        vehicle, mission.home, speedup=speedup, seed=seed, instance=instance, params=params
    )
    with simulated as target, _progress() as told:
        record = fly_mission(
            mission,
            target,
            out,
            confirm_real=confirm_real,
            settings=wanted,
            on_progress=told,
            on_interrupt=ask_what_to_do,
            on_event=_tell_event,
        )
    emit(record.as_json(), as_json=as_json, lines=_summary(record))
    return 0 if record.completed else 1


def _summary(record: "FlightRecord") -> list[str]:
    state = "completed" if record.completed else f"NOT completed: {record.aborted}"
    pictures = str(len(record.shots)) if record.shots_known else "an unknown number of"
    lines = [
        f"mission {state}",
        f"{record.reached} of {record.items} items, {pictures} pictures",
        f"{record.flown_s:.0f} s in the air, at most {record.max_deviation_m:.1f} m off the path",
    ]
    if record.releases:
        lines.append(f"{len(record.releases)} release(s) confirmed by the vehicle")
    if record.unknown_releases:
        lines.append(f"{record.unknown_releases} release(s) of which nothing tells: unknown")
    return [*lines, f"recording: {record.log}"]


def _tell_event(event: "FlightEvent", _position: object) -> None:
    """One line an event, as it happens."""
    end = "\r" + " " * 60 + "\r" if sys.stderr.isatty() else ""
    note(f"{end}{event.kind}: {event.text}")


def _settings(pairs: tuple[str, ...]) -> dict[str, float]:
    values = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            values[name.strip().upper()] = float(value)
        except ValueError:
            raise click.UsageError(f"--set wants NAME=VALUE, got {pair!r}") from None
    return values


@contextmanager
def _progress() -> "Iterator[Progress]":
    """One line a phase on standard error, a moving count on a terminal."""
    last = ""

    def told(what: str, done: int, total: int) -> None:
        nonlocal last
        line = f"{what} {done}/{total}" if total > 1 else what
        if sys.stderr.isatty() and line != last:
            click.echo(f"\r{line:<60}", err=True, nl=False)
        elif what != last.split(" ", maxsplit=1)[0]:
            note(what)
        last = line

    yield told
    if sys.stderr.isatty():
        note("")
