"""`skyshade params`: a vehicle's parameters, read, set and compared, each change verified."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skyshade.cli.options import IN_FILE, OUT_FILE, VEHICLE_HELP
from skyshade.cli.output import emit, json_option, note, progress

if TYPE_CHECKING:
    from flight.paramload import Difference
    from flight.params import Parameter
    from flight.vehicle import Vehicle

Command = Callable[..., Any]

PLACE = "tancheon"  # where a simulated vehicle stands for it

vehicle_option = click.option("-V", "--vehicle", "name", metavar="VEHICLE", required=True, help=VEHICLE_HELP)
instance_option = click.option(
    "--instance", type=click.IntRange(0, 99), default=0, show_default=True, help="ArduPilot SITL instance."
)
confirm_option = click.option(
    "--confirm-real", is_flag=True, help="Write to a vehicle that this command did not start."
)


@click.group()
def command() -> None:
    """Read, set, compare and load a vehicle's parameters.

    \b
    Example: skyshade params get RTL_ALT WPNAV_SPEED --vehicle tcp:127.0.0.1:5760
    """


@command.command()
@click.argument("names", nargs=-1)
@vehicle_option
@instance_option
@click.option("-o", "--out", type=OUT_FILE, help="Also write them to a .param file.")
@json_option
def get(names: tuple[str, ...], name: str, instance: int, out: Path | None, as_json: bool) -> None:
    """Parameters by NAME, or all of them.

    \b
    Example: skyshade params get RTL_ALT --vehicle tcp:127.0.0.1:5760
    """
    from flight.paramfile import write_parameters

    with _connected(name, instance) as vehicle:
        found = _named(vehicle, [n.upper() for n in names]) if names else _all(vehicle)
    values = {one.name: one.value for one in found.values()}
    if out is not None:
        write_parameters(values, out)
    result = {"count": len(values), "parameters": values, "path": out}
    lines = [f"{key},{values[key]:.9g}" for key in sorted(values)] if out is None else [f"written: {out}"]
    emit(result, as_json=as_json, lines=lines)


@command.command("set")
@click.argument("pairs", nargs=-1, required=True, metavar="NAME=VALUE...")
@vehicle_option
@instance_option
@confirm_option
@json_option
def set_values(pairs: tuple[str, ...], name: str, instance: int, confirm_real: bool, as_json: bool) -> None:
    """Set parameters, read each back; never while the motors are on.

    \b
    Example: skyshade params set RTL_ALT=2000 --vehicle tcp:127.0.0.1:5760 --confirm-real
    """
    from flight.paramload import Difference, refuse_armed
    from flight.params import set_parameter

    wanted = dict(_pair(pair) for pair in pairs)
    _confirm(name, wanted, confirm_real=confirm_real)
    with _connected(name, instance) as vehicle:
        held = _named(vehicle, list(wanted))
        for key, value in wanted.items():
            refuse_armed(vehicle.state.armed)
            set_parameter(vehicle, key, value, clock=vehicle.clock)
    changed = [Difference(k, held[k].value, v, k) for k, v in wanted.items() if held[k].value != v]
    _emit_changed(changed, {"alike": len(wanted) - len(changed)}, as_json=as_json)


@command.command()
@click.argument("file", type=IN_FILE)
@vehicle_option
@instance_option
@json_option
def diff(file: Path, name: str, instance: int, as_json: bool) -> None:
    """What differs between FILE (.param, .parm) and the vehicle.

    \b
    Example: skyshade params diff good.param --vehicle tcp:127.0.0.1:5760
    """
    from flight.paramload import compare_parameters
    from flight.params import read_parameters

    wanted = read_parameters(file)
    with _connected(name, instance) as vehicle:
        found = compare_parameters(wanted, _all(vehicle))
    result = {
        "different": [_row(one) for one in found.different],
        "alike": found.alike,
        "missing": list(found.missing),
        "own": list(found.own),
    }
    lines = [
        f"{d.name}: the vehicle holds {d.held:.9g}, {file.name} says {d.wanted:.9g}" for d in found.different
    ]
    lines += [f"{key}: the vehicle has none" for key in found.missing]
    lines.append(
        f"{len(found.different)} differ, {found.alike} alike, {len(found.missing)} not on the vehicle"
    )
    emit(result, as_json=as_json, lines=lines)


@command.command()
@click.argument("file", type=IN_FILE)
@vehicle_option
@instance_option
@confirm_option
@json_option
def load(file: Path, name: str, instance: int, confirm_real: bool, as_json: bool) -> int:
    """Set what FILE says otherwise than the vehicle, each verified; never while the motors are on.

    Exit status 1 when a value was refused.

    \b
    Example: skyshade params load good.param --vehicle tcp:127.0.0.1:5760 --confirm-real
    """
    from flight.paramload import load_parameters
    from flight.params import read_parameters

    wanted = read_parameters(file)
    _confirm(name, wanted, confirm_real=confirm_real)
    with _connected(name, instance) as vehicle, progress("parameters") as told:
        loaded = load_parameters(
            vehicle, wanted, clock=vehicle.clock, armed=lambda: vehicle.state.armed, on_progress=told
        )
    more = {
        "alike": loaded.alike,
        "missing": list(loaded.missing),
        "own": list(loaded.own),
        "refused": dict(loaded.refused),
    }
    _emit_changed(loaded.changed, more, as_json=as_json)
    return 1 if loaded.refused else 0


def _pair(text: str) -> tuple[str, float]:
    key, _, value = text.partition("=")
    try:
        return key.strip().upper(), float(value)
    except ValueError:
        raise click.UsageError(f"set wants NAME=VALUE, got {text!r}") from None


def _confirm(name: str, wanted: Mapping[str, float], *, confirm_real: bool) -> None:
    from flight.fly import NotConfirmedError
    from skyshade.vehicles import SIMULATED

    if name in SIMULATED or confirm_real:
        return
    what = ", ".join(list(wanted)[:3]) + (" ..." if len(wanted) > 3 else "")
    raise NotConfirmedError(
        f"{name} may be a real vehicle: {what} will not be set on it", hint="add --confirm-real to do it"
    )


def _named(vehicle: "Vehicle", names: Sequence[str]) -> Mapping[str, "Parameter"]:
    """Those parameters; a name that the vehicle does not have is told with names like it."""
    from flight.params import UnknownParameterError, read_parameter

    try:
        return {key: read_parameter(vehicle, key, clock=vehicle.clock) for key in names}
    except UnknownParameterError as error:
        if error.hint is not None:
            raise
        note("looking for names like it")
        raise error.among(_all(vehicle)) from None


def _all(vehicle: "Vehicle") -> Mapping[str, "Parameter"]:
    from flight.paramfetch import fetch_parameters

    with progress("parameters") as told:
        return fetch_parameters(vehicle, clock=vehicle.clock, on_progress=told)


def _row(one: "Difference") -> dict[str, Any]:
    return {
        "name": one.name, "vehicle": one.held, "file": one.wanted, "called": one.called,
        "restart": one.restart,
    }  # fmt: skip


def _emit_changed(changed: Sequence["Difference"], more: Mapping[str, Any], *, as_json: bool) -> None:
    rows = [
        {"name": d.name, "old": d.held, "new": d.wanted, "called": d.called, "restart": d.restart}
        for d in changed
    ]
    lines = [f"{d.name}: {d.held:.9g} -> {d.wanted:.9g}" for d in changed]
    lines += [f"refused: {why}" for why in more.get("refused", {}).values()]
    lines += [f"{key}: the vehicle has none" for key in more.get("missing", [])]
    lines.append(f"{len(changed)} changed, {more['alike']} were right already")
    restart = [d.name for d in changed if d.restart]
    if restart:
        lines.append(f"restart the vehicle for {', '.join(restart)}")
    emit({"changed": rows, **more}, as_json=as_json, lines=lines)


@contextmanager
def _connected(name: str, instance: int) -> "Iterator[Vehicle]":
    """A connection to the vehicle called `name`; one that is simulated is started and ended."""
    from core.clock import RealClock
    from flight.link import open_link
    from flight.locations import locations
    from flight.sitl import RunningVehicle
    from flight.vehicle import Vehicle
    from missions.model import Home
    from skyshade.vehicles import vehicle_at

    clock, place = RealClock(), locations()[PLACE]
    with vehicle_at(name, Home(place.position, place.elevation_m), instance=instance) as target:
        own = isinstance(target, RunningVehicle)
        address = target.address if isinstance(target, RunningVehicle) else target
        with Vehicle(open_link(address, clock, patience_s=5.0 if own else 0.0), clock) as vehicle:
            vehicle.connect()
            yield vehicle
