"""Child processes of ours: started out of the terminal's reach, their output read, ended for certain."""

import contextlib
import logging
import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

log = logging.getLogger(__name__)

STOP_TIMEOUT_S = 5.0
LINES_KEPT = 200
ERRORS_FILE = "stderr.txt"
_OWN_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # Windows only


def spawn(command: Sequence[str], folder: Path, *, held_open: bool) -> "subprocess.Popen[str]":
    """Start a program out of reach of the terminal's Ctrl-C: a vehicle in the air must not end with it.

    `held_open` gives it a standard input that ends with us.
    """
    log.debug("starting %s in %s", command, folder)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(Path(__file__).resolve().parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    with (folder / ERRORS_FILE).open("w", encoding="utf-8") as errors:
        return subprocess.Popen(  # noqa: S603  # our own simulator, or the program the user named
            list(command),
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE if held_open else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=os.name == "posix",
            creationflags=_OWN_GROUP,
        )


class Console:
    """What a child prints: read to its end in the background, so that it never blocks."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._lines: list[str] = []
        self._news = threading.Condition()
        self._ended = False
        threading.Thread(target=self._drain, daemon=True, name="simulator output").start()

    def _drain(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in self._process.stdout or ():
                with self._news:
                    if len(self._lines) < LINES_KEPT:
                        self._lines.append(line)
                    self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def line(self, fits: Callable[[str], bool], timeout_s: float) -> str:
        """The first line that fits, else the last one of a child that ended or kept us waiting."""
        with self._news:
            self._news.wait_for(lambda: self._ended or any(map(fits, self._lines)), timeout_s)
            return next(filter(fits, self._lines), "".join(self._lines[-1:]) if self._ended else "")


def complaint(folder: Path, line: str) -> str:
    """The last thing a child said: on standard error, else `line`."""
    text = ""
    with contextlib.suppress(OSError):
        text = (folder / ERRORS_FILE).read_text(encoding="utf-8", errors="replace").strip()
    return (text.splitlines() or [line.strip() or "it said nothing"])[-1]


def end(process: "subprocess.Popen[str]") -> None:
    """Let go of its standard input or ask it to end, then insist; wait until it is gone."""
    if process.poll() is None:
        if process.stdin is not None:
            process.stdin.close()
        else:
            process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_TIMEOUT_S)
    if process.stdout is not None:
        with contextlib.suppress(OSError, ValueError):
            process.stdout.close()
