"""Runs one program for as long as somebody holds this one's standard input: nothing is left when they die.

`python sitlguard.py PROGRAM ARGUMENT...` prints {"pid": N} first, then what the program prints. Only the
standard library is used, so that it starts at once.
"""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
from typing import Any

GENTLE_S = 2.0
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def main() -> int:
    """Start the program, end it when standard input ends or we are told to stop; its exit status."""
    settle: Any = _die_with_parent if sys.platform == "linux" else None
    child = subprocess.Popen(  # noqa: S603  # the program that our own start names
        sys.argv[1:],
        stdin=subprocess.DEVNULL,
        preexec_fn=settle,  # noqa: PLW1509  # safe: there is one thread yet
    )
    print(json.dumps({"pid": child.pid}), flush=True)  # noqa: T201  # how our start learns of it
    signal.signal(signal.SIGTERM, lambda *_: child.kill())
    threading.Thread(target=_hold, args=(child,), daemon=True).start()
    return child.wait()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, int(signal.SIGKILL))


def _hold(child: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    child.terminate()
    try:
        child.wait(GENTLE_S)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(main() & 0xFF)
