"""Simulated vehicles as child processes: the embedded copter and ArduPilot SITL. They end with us."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from typing import Literal, Self

from core.clock import Clock, RealClock
from flight.childprocess import Console, complaint, end, spawn
from flight.instances import SECOND_PORT, HeldInstance, hold_instance
from flight.locations import Start
from flight.sitlbinary import (
    BINARY_VARIABLE,
    SimulatorError,
    ardupilot_version,
    cache_dir,
    find_ardupilot,
)

__all__ = [
    "BINARY_VARIABLE",
    "RunningVehicle",
    "SimulatorError",
    "VehicleKind",
    "airframe_file",
    "ardupilot_version",
    "cache_dir",
    "find_ardupilot",
    "start_vehicle",
]

VehicleKind = Literal["embedded", "ardupilot"]
START_TIMEOUT_S = 30.0
AIRFRAME_FILE = "skyshade-copter.parm"
FRAME_FILE = "ardupilot-quad.parm"  # for a program without its own defaults beside it
ANNOUNCED = "Waiting for connection"  # ArduPilot's word that its first port can be connected to


@dataclass(slots=True)
class RunningVehicle:
    """A simulated vehicle that runs; a context manager that stops it. `instance` says whose ports it has."""

    kind: VehicleKind
    address: str
    pid: int
    version: str
    speedup: float
    work_dir: Path
    process: "subprocess.Popen[str]" = field(repr=False)
    keep_work_dir: bool = False
    held: HeldInstance | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def instance(self) -> int | None:
        """The instance whose ports it has; None for an embedded copter on a free port."""
        return None if self.held is None else self.held.number

    @property
    def side_address(self) -> str:
        """Where one more client can connect: ArduPilot takes a single client on each of its ports."""
        if self.kind == "embedded":
            return self.address
        host, _, port = self.address.rpartition(":")
        return f"{host}:{int(port) + SECOND_PORT}"

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self.process.poll() is None

    def stop(self) -> None:
        """End the process, wait for it, and remove its work folder unless it is to be kept."""
        end(self.process)
        if self.held is not None:
            self.held.release()
        if not self.keep_work_dir:
            shutil.rmtree(self.work_dir, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a start was asked for; `params` are absolute paths."""

    home: Start
    speedup: float
    params: tuple[Path, ...]
    seed: int
    folder: Path


def start_vehicle(
    kind: VehicleKind = "embedded",
    *,
    home: Start,
    speedup: float = 1.0,
    params: Sequence[Path] = (),
    instance: int = 0,
    exact: bool = False,
    known_port: bool = False,
    seed: int = 0,
    work_dir: Path | None = None,
    clock: Clock | None = None,
) -> RunningVehicle:
    """Start a simulated vehicle at `home`; our airframe file comes first, `params` files after it.

    ArduPilot listens on 5760 + 10 * `instance`, or on the next free such port (`address` says which; with
    `exact` it is that one or an error). An embedded copter takes any free port, with `known_port` one of
    these. Raises `SimulatorError`. `work_dir` is kept when given, else a temporary folder goes with the
    vehicle.
    """
    if not speedup > 0:
        raise ValueError(f"speedup must be > 0, got {speedup}")
    for path in params:
        if not path.is_file():
            raise SimulatorError(f"{path}: no such parameter file")
    folder = Path(tempfile.mkdtemp(prefix="skyshade-sitl-")) if work_dir is None else work_dir
    folder.mkdir(parents=True, exist_ok=True)
    held: HeldInstance | None = None
    try:
        absolute = (airframe_file(folder), *(path.resolve() for path in params))
        wish = _Wish(home, speedup, absolute, seed, folder)
        if kind == "ardupilot":
            binary = _binary()
            held = hold_instance(instance, exact=exact)
            running = _start_ardupilot(binary, wish, held, clock or RealClock())
        else:
            held = hold_instance(instance, exact=exact) if known_port else None
            running = _start_embedded(wish, held)
    except BaseException:
        if held is not None:
            held.release()
        if work_dir is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    running.keep_work_dir = work_dir is not None
    return running


def airframe_file(folder: Path) -> Path:
    """A copy of the toolkit's airframe parameters in `folder`."""
    return _config_file(AIRFRAME_FILE, folder)


def _config_file(name: str, folder: Path) -> Path:
    target = folder / name
    with as_file(files("sitl_configs") / name) as source:
        shutil.copyfile(source, target)
    return target.resolve()


def _start_embedded(wish: _Wish, held: HeldInstance | None) -> RunningVehicle:
    if importlib.util.find_spec("flight.simulator.__main__") is None:
        raise SimulatorError("the embedded copter is not part of this installation")
    port = 0 if held is None else held.port
    command = [sys.executable, "-m", "flight.simulator", "--port", str(port), f"--home={wish.home.text}"]
    command += ["--speedup", f"{wish.speedup:g}", "--seed", str(wish.seed), "--parent-pid", str(os.getpid())]
    for path in wish.params:
        command += ["--params", str(path)]
    process = spawn(command, wish.folder, held_open=False)
    line = Console(process).line(lambda _: True, START_TIMEOUT_S)
    try:
        said = json.loads(line)
        address, version = str(said["address"]), str(said["version"])
    except (ValueError, KeyError, TypeError):
        end(process)
        raise SimulatorError(f"the embedded copter did not start: {complaint(wish.folder, line)}") from None
    return RunningVehicle(
        "embedded", address, process.pid, version, wish.speedup, wish.folder, process, held=held
    )


def _binary() -> Path:
    binary = find_ardupilot()
    if binary is None:
        raise SimulatorError(
            "ArduPilot SITL was not found",
            hint=f"skyshade sitl install fetches it, {BINARY_VARIABLE} names it; or fly the embedded copter",
        )
    return binary


def _start_ardupilot(binary: Path, wish: _Wish, held: HeldInstance, clock: Clock) -> RunningVehicle:
    beside = binary.parent / "copter.parm"
    frame = beside.resolve() if beside.is_file() else _config_file(FRAME_FILE, wish.folder)
    command = [str(binary.resolve()), "-w", "--model", "+", "--speedup", f"{wish.speedup:g}"]
    command += ["--defaults", ",".join(str(path) for path in (frame, *wish.params))]
    command += ["--home", wish.home.text, f"-I{held.number}"]
    guard = Path(__file__).with_name("sitlguard.py").resolve()
    process = spawn([sys.executable, "-I", "-S", str(guard), *command], wish.folder, held_open=True)
    pid = _wait_announced(process, wish.folder, clock)
    address, version = f"tcp:127.0.0.1:{held.port}", ardupilot_version(binary)
    return RunningVehicle("ardupilot", address, pid, version, wish.speedup, wish.folder, process, held=held)


def _wait_announced(process: "subprocess.Popen[str]", folder: Path, clock: Clock) -> int:
    """Wait until ArduPilot says that it waits for a client (asking its port would use that client up); its
    process id.
    """
    console = Console(process)
    line = console.line(lambda text: ANNOUNCED in text, START_TIMEOUT_S)
    clock.sleep(0.1)
    if ANNOUNCED not in line or process.poll() is not None:
        end(process)
        raise SimulatorError(f"ArduPilot SITL did not start: {complaint(folder, line)}")
    return int(json.loads(console.line(lambda text: text.startswith("{"), 0.0))["pid"])
