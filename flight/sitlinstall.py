"""Fetching ArduCopter's simulator as ArduPilot publishes it: resumed where it broke off, checked, placed.

Until every check has passed nothing stands under the program's name. What was installed is told in a .json
file beside it: address, size, SHA-256, version.
"""

import contextlib
import hashlib
import http.client
import json
import platform
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.clock import Clock, RealClock
from core.files import write_text
from flight.sitlbinary import SimulatorError, check_program, installed_ardupilot

RELEASE = "4.6.2"
# One fixed release: the moving "stable" renames parameters.
URL = f"https://firmware.ardupilot.org/Copter/stable-{RELEASE}/SITL_x86_64_linux_gnu/arducopter"
TRIES = 4
PAUSE_S = 1.0
TIMEOUT_S = 30.0
CHUNK = 1 << 16
OTHERWISE = "fly the embedded copter, or name an arducopter program in SKYSHADE_ARDUCOPTER"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Installed:
    """An installed program: where it stands, where it came from, and what it is."""

    binary: Path
    url: str
    version: str
    size_bytes: int
    sha256: str


def install_ardupilot(
    *,
    url: str = URL,
    sha256: str | None = None,
    target: Path | None = None,
    machine: tuple[str, str] | None = None,
    clock: Clock | None = None,
    on_progress: Progress | None = None,
) -> Installed:
    """Install ArduCopter's simulator into the toolkit's cache (or as `target`).

    `sha256` is compared when given; `machine` is (system, processor), this one by default. Raises
    `SimulatorError`; run again, the download goes on where it broke off.
    """
    _fitting(machine or (platform.system(), platform.machine()))
    binary = target or installed_ardupilot()
    binary.parent.mkdir(parents=True, exist_ok=True)
    part = binary.with_name(binary.name + ".part")
    with _alone(part):
        _fetch(url, part, clock or RealClock(), on_progress or _silent)
        try:
            installed = _checked(part, binary, url, sha256)
        except SimulatorError:
            _forget(part)
            raise
        part.replace(binary)
        _forget(part)
        facts = {**asdict(installed), "binary": str(binary)}
        write_text(binary.with_name(binary.name + ".json"), json.dumps(facts, indent=1) + "\n")
    return installed


def _silent(_done: int, _total: int) -> None:
    return


def _fitting(machine: tuple[str, str]) -> None:
    system, processor = machine
    if system != "Linux" or processor.lower() not in ("x86_64", "amd64"):
        raise SimulatorError(
            f"ArduPilot publishes its simulator for Linux on x86-64, this is {system} on {processor}",
            hint="use WSL 2 with Linux, or fly the embedded copter" if system == "Windows" else OTHERWISE,
        )


def _checked(part: Path, binary: Path, url: str, sha256: str | None) -> Installed:
    digest = hashlib.sha256(part.read_bytes()).hexdigest()
    if sha256 is not None and digest != sha256.lower():
        raise SimulatorError(f"{url}: SHA-256 is {digest}, not {sha256}", hint="what arrived was thrown away")
    try:
        version = check_program(part)
    except SimulatorError as error:
        raise SimulatorError(f"{url}: {error.message}", hint="what arrived was thrown away") from error
    return Installed(binary, url, version, part.stat().st_size, digest)


def _note_of(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _note_of(part).unlink(missing_ok=True)


@contextmanager
def _alone(part: Path) -> Iterator[None]:
    """Nobody else writes the same part meanwhile."""
    import fcntl  # here, since other systems lack it and are turned away before

    with part.with_name(part.name + ".lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SimulatorError("another installation of ArduPilot SITL is under way") from None
        yield


class _BrokenOffError(Exception):
    """The connection ended before the file did."""


def _fetch(url: str, part: Path, clock: Clock, on_progress: Progress) -> None:
    for attempt in range(1, TRIES + 1):
        try:
            _fetch_once(url, part, on_progress)
        except _BrokenOffError as error:
            if attempt == TRIES:
                have = part.stat().st_size if part.exists() else 0
                raise SimulatorError(
                    f"{url}: the download broke off after {have} bytes ({error})",
                    hint="run the command again, it goes on from there",
                ) from error
            clock.sleep(PAUSE_S)
        else:
            return


def _fetch_once(url: str, part: Path, on_progress: Progress) -> None:
    """One request: from where the part ends if it is of the same file, else from the start."""
    note = _read_note(part)
    have = part.stat().st_size if part.exists() and note.get("url") == url and note.get("mark") else 0
    headers = {"Range": f"bytes={have}-", "If-Range": note["mark"]} if have else {}
    if not url.startswith(("https://", "http://")):
        raise SimulatorError(f"{url!r} is no web address")
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  # the scheme was just checked
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310  # as above
            _take(answer, url, part, have, on_progress)
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            _forget(part)
            raise _BrokenOffError("the part did not fit") from error
        raise SimulatorError(f"{url}: {error.code} {error.reason}", hint=OTHERWISE) from error
    except urllib.error.URLError as error:
        raise SimulatorError(f"{url} cannot be reached ({error.reason})", hint=OTHERWISE) from error
    except (http.client.HTTPException, OSError) as error:
        raise _BrokenOffError(str(error) or type(error).__name__) from error


def _take(answer: Any, url: str, part: Path, have: int, on_progress: Progress) -> None:
    resumed = answer.status == http.client.PARTIAL_CONTENT
    if resumed and not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
        _forget(part)
        raise _BrokenOffError("the server sent another part than was asked for")
    begin = have if resumed else 0
    length = answer.headers.get("Content-Length")
    total = begin + int(length) if length else 0
    mark = answer.headers.get("ETag") or answer.headers.get("Last-Modified")
    strong = None if mark is None or mark.startswith("W/") else mark
    write_text(_note_of(part), json.dumps({"url": url, "mark": strong}))
    with part.open("ab" if resumed else "wb") as file:
        while chunk := answer.read1(CHUNK):
            file.write(chunk)
            on_progress(file.tell(), total)
        done = file.tell()
    if total and done < total:
        raise _BrokenOffError(f"{done} of {total} bytes")


def _read_note(part: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        note = json.loads(_note_of(part).read_text(encoding="utf-8"))
        return note if isinstance(note, dict) else {}
    return {}
