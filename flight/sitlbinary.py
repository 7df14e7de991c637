"""ArduCopter SITL as a program: where it is found, and whether a file is one."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from core.errors import SkyshadeError

BINARY_VARIABLE = "SKYSHADE_ARDUCOPTER"
ANSWER_S = 20.0
_ELF_64_LITTLE = b"\x7fELF\x02\x01"
_X86_64 = 62  # e_machine, at byte 18 of an ELF header


class SimulatorError(SkyshadeError):
    """A simulated vehicle that cannot be found, installed or started."""


def cache_dir() -> Path:
    """The toolkit's own folder in the user's cache (`SKYSHADE_CACHE` overrides it)."""
    if os.environ.get("SKYSHADE_CACHE"):
        return Path(os.environ["SKYSHADE_CACHE"])
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local"))) / "skyshade"
    return Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))) / "skyshade"


def installed_ardupilot() -> Path:
    """Where the toolkit keeps the program that it installed."""
    return cache_dir() / "sitl" / "arducopter"


def find_ardupilot() -> Path | None:
    """ArduCopter SITL: `SKYSHADE_ARDUCOPTER`, then PATH, then the toolkit's cache; None when nowhere.

    Raises `SimulatorError` when the variable names something that cannot be run.
    """
    named = os.environ.get(BINARY_VARIABLE)
    if named:
        if not os.access(named, os.X_OK) or Path(named).is_dir():
            raise SimulatorError(f"{BINARY_VARIABLE}={named}: no program there", hint="correct or unset it")
        return Path(named)
    on_path, cached = shutil.which("arducopter"), installed_ardupilot()
    if on_path is not None:
        return Path(on_path)
    return cached if os.access(cached, os.X_OK) else None


def ardupilot_version(binary: Path) -> str:
    """The version text inside an arducopter program, "unknown" when there is none."""
    found = re.search(rb"ArduCopter V\d[\w.\-]*", binary.read_bytes())
    return found.group().decode() if found else "unknown"


def check_program(path: Path) -> str:
    """The version of an ArduCopter program for Linux on x86-64 that was seen to run.

    Raises `SimulatorError` saying what the file is instead.
    """
    with path.open("rb") as file:
        head = file.read(20)
    if not head.startswith(_ELF_64_LITTLE) or int.from_bytes(head[18:20], "little") != _X86_64:
        raise SimulatorError(f"what arrived is no program for Linux on x86-64 (it begins with {head[:12]!r})")
    version = ardupilot_version(path)
    if version == "unknown":
        raise SimulatorError("what arrived is a program, but not ArduCopter")
    path.chmod(0o755)
    _see_it_run(path)
    return version


def _see_it_run(path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="skyshade-sitl-") as folder:
        try:
            done = subprocess.run(  # noqa: S603  # the file that was checked to be ArduCopter
                [str(path.resolve()), "--help"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                timeout=ANSWER_S, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SimulatorError(f"the program does not run here ({error})") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        why = said[-1] if said else f"exit status {done.returncode}"
        raise SimulatorError(f"the program does not run here ({why})")
