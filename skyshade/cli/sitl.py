"""`skyshade sitl`: find, start and stop simulated vehicles."""

import contextlib
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skyshade.cli.options import IN_FILE
from skyshade.cli.output import emit, json_option, note, progress

if TYPE_CHECKING:
    from core.clock import Clock
    from flight.sitl import RunningVehicle

ALIVE_S = 5.0  # a vehicle's state file is renewed each second while it runs
POLL_S = 0.2
STOP_WAIT_S = 15.0

HIGHEST_INSTANCE = 99

instance_option = click.option(
    "--instance",
    "-I",
    type=click.IntRange(0, HIGHEST_INSTANCE),
    help="Which one of several; it has the ports from 5760 + 10 * instance on.",
)


@click.group()
def command() -> None:
    """Find, start and stop simulated vehicles: ArduPilot SITL or the embedded copter.

    \b
    Example: skyshade sitl start --embedded
    """


@command.command()
@json_option
def status(as_json: bool) -> None:
    """Show which ArduPilot is found and which vehicles run.

    \b
    Example: skyshade sitl status
    """
    from core.clock import RealClock
    from flight.sitlbinary import ardupilot_version, find_ardupilot

    binary = find_ardupilot()
    running = list(_running(RealClock()))
    first = running[0] if running else {}
    result = {
        "binary": binary,
        "version": None if binary is None else ardupilot_version(binary),
        "address": first.get("address"),
        "pid": first.get("pid"),
        "vehicles": running,
    }
    missing = "not found (skyshade sitl install fetches it; the embedded copter flies without it)"
    found = missing if binary is None else f"{binary} ({result['version']})"
    lines = [f"ArduPilot SITL: {found}"]
    lines += [f"{v['kind']} {v['instance']}: {v['address']}, pid {v['pid']}, {v['version']}" for v in running]
    emit(result, as_json=as_json, lines=lines if running else [*lines, "no simulated vehicle runs"])


@command.command()
@click.option("--url", help="Fetch another program than the fixed release, or that one from a mirror.")
@click.option("--sha256", metavar="HEX", help="What the file's SHA-256 must be.")
@json_option
def install(url: str | None, sha256: str | None, as_json: bool) -> None:
    """Fetch ArduPilot's own simulator program (Linux on x86-64) into the toolkit's cache.

    A download that broke off goes on where it stopped; nothing is installed until it has been seen to run.

    \b
    Example: skyshade sitl install
    """
    from flight.sitlinstall import URL, install_ardupilot

    with progress("arducopter") as told:
        done = install_ardupilot(url=url or URL, sha256=sha256, on_progress=told)
    result = {
        "binary": done.binary, "version": done.version, "url": done.url, "size_bytes": done.size_bytes,
        "sha256": done.sha256, "address": None, "pid": None,
    }  # fmt: skip
    emit(result, as_json=as_json, lines=[f"{done.version} at {done.binary}, SHA-256 {done.sha256}"])


@command.command()
@click.option("--embedded", is_flag=True, help="The embedded copter instead of ArduPilot SITL.")
@instance_option
@click.option(
    "--speedup", type=click.FloatRange(0.1, 100), default=1.0, show_default=True, help="Times real time."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the embedded copter.")
@click.option("--home", default="tancheon", show_default=True, help="A place's name, or LAT,LON,ALT,HEADING.")
@click.option("--params", multiple=True, type=IN_FILE, help="Parameter file; repeatable.")
@json_option
def start(
    embedded: bool,
    instance: int | None,
    speedup: float,
    seed: int,
    home: str,
    params: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Start a simulated vehicle and keep it until stopped.

    It takes the first free instance, or the one given, and ends with Ctrl-C or `skyshade sitl stop`; its
    address is printed for --vehicle of other commands.

    \b
    Example: skyshade sitl start --embedded --home tancheon --speedup 10
    """
    from core.clock import RealClock
    from flight.locations import parse_start
    from flight.sitl import start_vehicle

    try:
        place = parse_start(home)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    with start_vehicle(
        "embedded" if embedded else "ardupilot",
        home=place, speedup=speedup, params=params, instance=instance or 0, exact=instance is not None,
        known_port=True, seed=seed,
    ) as running:  # fmt: skip
        facts = _facts(running)
        emit(facts, as_json=as_json, lines=[f"{running.version} at {running.address}, pid {running.pid}"])
        note("Ctrl-C ends it")
        _keep(running, facts, RealClock())


@command.command()
@click.option("--embedded", is_flag=True, help="The embedded copter instead of ArduPilot SITL.")
@instance_option
@json_option
def stop(embedded: bool, instance: int | None, as_json: bool) -> None:
    """Stop a vehicle that `skyshade sitl start` keeps; without --instance, the only one of its kind.

    \b
    Example: skyshade sitl stop --embedded
    """
    from core.clock import RealClock
    from core.errors import SkyshadeError

    clock = RealClock()
    facts = _chosen("embedded" if embedded else "ardupilot", instance, list(_running(clock)))
    kind, number = facts["kind"], facts["instance"]
    _stop_file(kind, number).write_text("stop\n", encoding="utf-8")
    until_s = clock.monotonic_s() + STOP_WAIT_S
    while _state_file(kind, number).exists():
        if clock.monotonic_s() > until_s:
            raise SkyshadeError(f"{kind} vehicle {number} does not stop (pid {facts['pid']})")
        clock.sleep(POLL_S)
    emit({**facts, "stopped": True}, as_json=as_json, lines=[f"{kind} vehicle {number} stopped"])


def _chosen(kind: str, instance: int | None, running: list[dict[str, Any]]) -> dict[str, Any]:
    from core.errors import SkyshadeError

    fitting = [v for v in running if v["kind"] == kind and instance in (None, v["instance"])]
    if not fitting:
        named = kind if instance is None else f"{kind} vehicle {instance}"
        raise SkyshadeError(f"no {named} runs", hint="skyshade sitl status lists what does")
    if len(fitting) > 1:
        numbers = ", ".join(str(v["instance"]) for v in fitting)
        raise click.UsageError(f"several {kind} vehicles run, say --instance (one of {numbers})")
    return fitting[0]


def _facts(running: "RunningVehicle") -> dict[str, Any]:
    from flight.sitlbinary import find_ardupilot

    binary = find_ardupilot() if running.kind == "ardupilot" else None
    return {
        "kind": running.kind,
        "instance": running.instance,
        "binary": None if binary is None else str(binary),
        "version": running.version,
        "address": running.address,
        "pid": running.pid,
        "speedup": running.speedup,
    }


def _keep(running: "RunningVehicle", facts: dict[str, Any], clock: "Clock") -> None:
    """Renew the state file until the vehicle ends, someone asks for the stop, or Ctrl-C."""
    from core.errors import SkyshadeError
    from core.files import write_text

    state, wish = (f(facts["kind"], facts["instance"]) for f in (_state_file, _stop_file))
    wish.unlink(missing_ok=True)
    renewed_s = -1e9
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end by the system: as by Ctrl-C
    try:
        while running.running and not wish.exists():
            if clock.monotonic_s() - renewed_s >= 1.0:
                renewed_s = clock.monotonic_s()
                write_text(state, json.dumps({**facts, "alive_utc_s": clock.utc_s()}))
            clock.sleep(POLL_S)
        if not running.running:
            raise SkyshadeError(f"the {facts['kind']} vehicle ended by itself")
    except KeyboardInterrupt:
        note("stopping")
    finally:
        running.stop()
        for path in (wish, state):
            path.unlink(missing_ok=True)


def _running(clock: "Clock") -> Iterator[dict[str, Any]]:
    """The facts of every vehicle whose state file is fresh."""
    from flight.sitlbinary import cache_dir

    for path in sorted((cache_dir() / "running").glob("*.json")):
        with contextlib.suppress(OSError, ValueError, KeyError):
            facts = json.loads(path.read_text(encoding="utf-8"))
            if clock.utc_s() - facts.pop("alive_utc_s") < ALIVE_S:
                yield facts


def _state_file(kind: str, instance: int) -> Path:
    from flight.sitlbinary import cache_dir

    return cache_dir() / "running" / f"{kind}-{instance}.json"


def _stop_file(kind: str, instance: int) -> Path:
    return _state_file(kind, instance).with_suffix(".stop")
