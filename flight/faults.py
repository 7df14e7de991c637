"""Faults that a simulated vehicle can be given, by their names in `sitl_configs/faults`.

A fault is a small parameter file of SIM_ names that the embedded copter and ArduPilot SITL 4.6 both honour.
"""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from core.clock import Clock, RealClock
from core.errors import BadFileError, UnknownNameError
from flight.link import open_link
from flight.params import parse_parameters, set_parameter
from flight.sitl import RunningVehicle

FOLDER = "faults"
SUFFIX = ".parm"
PREFIX = "SIM_"
CONNECT_S = 10.0


def faults() -> tuple[str, ...]:
    """The names of all faults, sorted."""
    found = (files("sitl_configs") / FOLDER).iterdir()
    return tuple(sorted(f.name.removesuffix(SUFFIX) for f in found if f.name.endswith(SUFFIX)))


def read_fault(name: str) -> Mapping[str, float]:
    """The parameters of a fault; raises `UnknownNameError`, and `BadFileError` on names that are not SIM_."""
    path = Path(f"{name}{SUFFIX}")
    values = parse_parameters(_text(name), path)
    for parameter in values:
        if not parameter.startswith(PREFIX):
            raise BadFileError(path, f"{parameter} is no parameter of the simulator ({PREFIX}...)")
    return values


def fault_text(name: str) -> str:
    """What a fault is for: its file's first line."""
    return _text(name).splitlines()[0].removeprefix("#").strip()


def _text(name: str) -> str:
    if name not in faults():
        raise UnknownNameError("fault", name, list(faults()))
    return (files("sitl_configs") / FOLDER / f"{name}{SUFFIX}").read_text(encoding="utf-8")


def inject(running: RunningVehicle, *names: str, clock: Clock | None = None) -> None:
    """Give faults to a vehicle that the toolkit itself started, while it flies; no other can be named."""
    values = {parameter: value for name in names for parameter, value in read_fault(name).items()}
    with open_link(running.side_address, clock or RealClock(), patience_s=2.0) as link:
        link.wait_vehicle(CONNECT_S)
        for parameter, value in values.items():
            set_parameter(link, parameter, value)
