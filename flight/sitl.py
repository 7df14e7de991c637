"""Simulated vehicles as child processes: the embedded copter and ArduPilot SITL. They end with us."""

import contextlib
import importlib.util
import json
import logging
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from typing import Literal, Self

from core.clock import Clock, RealClock
from core.errors import SkyshadeError
from flight.locations import Start

log = logging.getLogger(__name__)

VehicleKind = Literal["embedded", "ardupilot"]
BINARY_VARIABLE = "SKYSHADE_ARDUCOPTER"
FIRST_PORT = 5760
PORTS_AN_INSTANCE = 10
SECOND_PORT = 2  # ArduPilot's second serial port, counted from its first
INSTANCES = 100
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0
AIRFRAME_FILE = "skyshade-copter.parm"
_OWN_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # Windows only


class SimulatorError(SkyshadeError):
    """A simulated vehicle that cannot be found or does not start."""


@dataclass(slots=True)
class RunningVehicle:
    """A simulated vehicle that runs; a context manager that stops it."""

    kind: VehicleKind
    address: str
    pid: int
    version: str
    speedup: float
    work_dir: Path
    process: "subprocess.Popen[str]" = field(repr=False)
    keep_work_dir: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

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
        _end(self.process)
        if not self.keep_work_dir:
            shutil.rmtree(self.work_dir, ignore_errors=True)


def cache_dir() -> Path:
    """The toolkit's own folder in the user's cache (`SKYSHADE_CACHE` overrides it)."""
    if os.environ.get("SKYSHADE_CACHE"):
        return Path(os.environ["SKYSHADE_CACHE"])
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local"))) / "skyshade"
    return Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))) / "skyshade"


def find_ardupilot() -> Path | None:
    """ArduCopter SITL: `SKYSHADE_ARDUCOPTER`, then PATH, then the toolkit's cache; None when nowhere.

    Raises `SimulatorError` when the variable names something that cannot be run.
    """
    named = os.environ.get(BINARY_VARIABLE)
    if named:
        if not os.access(named, os.X_OK) or Path(named).is_dir():
            raise SimulatorError(f"{BINARY_VARIABLE}={named}: no program there", hint="correct or unset it")
        return Path(named)
    on_path = shutil.which("arducopter")
    cached = cache_dir() / "sitl" / "arducopter"
    if on_path is not None:
        return Path(on_path)
    return cached if os.access(cached, os.X_OK) else None


def start_vehicle(
    kind: VehicleKind = "embedded",
    *,
    home: Start,
    speedup: float = 1.0,
    params: Sequence[Path] = (),
    instance: int = 0,
    seed: int = 0,
    work_dir: Path | None = None,
    clock: Clock | None = None,
) -> RunningVehicle:
    """Start a simulated vehicle at `home`; our airframe file comes first, `params` files after it.

    ArduPilot listens on 5760 + 10 * `instance`, or on the next free such port (`address` says which).
    Raises `SimulatorError`. `work_dir` is kept when given, else a temporary folder goes with the vehicle.
    """
    if not speedup > 0:
        raise ValueError(f"speedup must be > 0, got {speedup}")
    for path in params:
        if not path.is_file():
            raise SimulatorError(f"{path}: no such parameter file")
    folder = Path(tempfile.mkdtemp(prefix="skyshade-sitl-")) if work_dir is None else work_dir
    folder.mkdir(parents=True, exist_ok=True)
    absolute = [airframe_file(folder), *(path.resolve() for path in params)]
    try:
        if kind == "embedded":
            running = _start_embedded(home, speedup, absolute, seed, folder)
        else:
            running = _start_ardupilot(home, speedup, absolute, instance, folder, clock or RealClock())
    except BaseException:
        if work_dir is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    running.keep_work_dir = work_dir is not None
    return running


def airframe_file(folder: Path) -> Path:
    """A copy of the toolkit's airframe parameters in `folder`."""
    target = folder / AIRFRAME_FILE
    with as_file(files("sitl_configs") / AIRFRAME_FILE) as source:
        shutil.copyfile(source, target)
    return target.resolve()


def _start_embedded(
    home: Start, speedup: float, params: Sequence[Path], seed: int, folder: Path
) -> RunningVehicle:
    if importlib.util.find_spec("flight.simulator.__main__") is None:
        raise SimulatorError("the embedded copter is not part of this installation")
    command = [sys.executable, "-m", "flight.simulator", "--port", "0", f"--home={home.text}"]
    command += ["--speedup", f"{speedup:g}", "--seed", str(seed), "--parent-pid", str(os.getpid())]
    for path in params:
        command += ["--params", str(path)]
    process = _spawn(command, folder)
    line = _first_line(process, START_TIMEOUT_S)
    try:
        said = json.loads(line)
        address, version = str(said["address"]), str(said["version"])
    except (ValueError, KeyError, TypeError):
        _end(process)
        raise SimulatorError(f"the embedded copter did not start: {_complaint(folder, line)}") from None
    return RunningVehicle("embedded", address, process.pid, version, speedup, folder, process)


def _start_ardupilot(
    home: Start, speedup: float, params: Sequence[Path], instance: int, folder: Path, clock: Clock
) -> RunningVehicle:
    binary = find_ardupilot()
    if binary is None:
        raise SimulatorError(
            "ArduPilot SITL was not found",
            hint=f"set {BINARY_VARIABLE} to an arducopter program, or fly the embedded copter",
        )
    instance = _free_instance(instance)
    port = FIRST_PORT + PORTS_AN_INSTANCE * instance
    beside = [binary.parent / "copter.parm"]
    defaults = ",".join(str(path) for path in [*beside, *params] if path.is_file())
    command = [str(binary.resolve()), "-w", "--model", "+", "--speedup", f"{speedup:g}"]
    command += ["--defaults", defaults, "--home", home.text, f"-I{instance}"]
    process = _spawn(command, folder)
    _wait_announced(process, folder, clock)
    address = f"tcp:127.0.0.1:{port}"
    return RunningVehicle(
        "ardupilot", address, process.pid, ardupilot_version(binary), speedup, folder, process
    )


def _free_instance(first: int) -> int:
    """The first instance from `first` on whose port nobody holds: another's vehicle must not be flown."""
    for instance in range(first, first + INSTANCES):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", FIRST_PORT + PORTS_AN_INSTANCE * instance))
            return instance
    raise SimulatorError(f"no free port for ArduPilot SITL from instance {first} on")


def ardupilot_version(binary: Path) -> str:
    """The version text inside an arducopter program, "unknown" when there is none."""
    found = re.search(rb"ArduCopter V\d[\w.\-]*", binary.read_bytes())
    return found.group().decode() if found else "unknown"


def _spawn(command: Sequence[str], folder: Path) -> "subprocess.Popen[str]":
    """Start a program out of reach of the terminal's Ctrl-C: a vehicle in the air must not end with it."""
    log.debug("starting %s in %s", command, folder)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(Path(__file__).resolve().parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    with (folder / "stderr.txt").open("w", encoding="utf-8") as errors:
        return subprocess.Popen(  # noqa: S603  # our own simulator, or the program the user named
            list(command),
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=os.name == "posix",
            creationflags=_OWN_GROUP,
        )


def _first_line(process: "subprocess.Popen[str]", timeout_s: float) -> str:
    """The first line the child prints; the rest is drained in the background so that it never blocks."""
    lines: list[str] = []
    arrived = threading.Event()

    def drain() -> None:
        for line in process.stdout or ():
            lines.append(line)
            arrived.set()
            del lines[200:]
        arrived.set()

    threading.Thread(target=drain, daemon=True, name="simulator output").start()
    arrived.wait(timeout_s)
    return lines[0] if lines else ""


def _wait_announced(process: "subprocess.Popen[str]", folder: Path, clock: Clock) -> None:
    """Wait until ArduPilot says that it waits for a client (asking its port would use that client up)."""
    line = _first_line(process, START_TIMEOUT_S)
    clock.sleep(0.1)
    if not line or process.poll() is not None:
        _end(process)
        raise SimulatorError(f"ArduPilot SITL did not start: {_complaint(folder, line)}")


def _complaint(folder: Path, line: str) -> str:
    text = ""
    with contextlib.suppress(OSError):
        text = (folder / "stderr.txt").read_text(encoding="utf-8", errors="replace").strip()
    return (text.splitlines() or [line.strip() or "it said nothing"])[-1]


def _end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_TIMEOUT_S)
    if process.stdout is not None:
        with contextlib.suppress(OSError, ValueError):
            process.stdout.close()
