"""Ending with the process that started the simulator."""

import os
import threading
import time
from typing import Any


def watch_parent(parent_pid: int, stop: threading.Event, every_s: float = 0.5) -> threading.Thread:
    """Set `stop` when the process `parent_pid` is gone."""

    def watch() -> None:
        while not stop.is_set():
            if not alive(parent_pid):
                stop.set()
                return
            time.sleep(every_s)

    thread = threading.Thread(target=watch, name="watch-parent", daemon=True)
    thread.start()
    return thread


def alive(pid: int) -> bool:
    """Whether a process runs; on Windows through its handle, elsewhere by signal 0."""
    if os.name == "nt":
        return _alive_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _alive_on_windows(pid: int) -> bool:
    import ctypes

    synchronize, timeout = 0x00100000, 0x102
    kernel: Any = getattr(ctypes, "windll").kernel32  # noqa: B009 - exists on Windows only
    handle = kernel.OpenProcess(synchronize, 0, pid)
    if not handle:
        return False
    try:
        return bool(kernel.WaitForSingleObject(handle, 0) == timeout)
    finally:
        kernel.CloseHandle(handle)
