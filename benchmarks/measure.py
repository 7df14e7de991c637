"""A whole command measured from outside: wall and CPU seconds, and the peak memory of its process tree."""

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """One run: exit status, wall seconds, CPU seconds (children included), peak memory of the tree in MB."""

    status: int
    wall_s: float
    cpu_s: float
    peak_mb: float
    output: str


def tree_mb(pid: int) -> float:
    """Resident memory of a process and all below it, in MB (Linux; shared pages counted once a process)."""
    total, todo = 0, [pid]
    while todo:
        current = todo.pop()
        try:
            status = Path(f"/proc/{current}/smaps_rollup").read_text(encoding="ascii")
            total += next(int(line.split()[1]) for line in status.splitlines() if line.startswith("Pss:"))
            for thread in Path(f"/proc/{current}/task").iterdir():
                todo += [int(c) for c in (thread / "children").read_text(encoding="ascii").split()]
        except (OSError, StopIteration):
            continue
    return total / 1024.0


def run(command: Sequence[str], cwd: Path | None = None) -> Run:
    """Run a command to its end and measure it."""
    before, start, peak = os.times(), time.perf_counter(), 0.0
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.1):
            peak = max(peak, tree_mb(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    output, _ = process.communicate()
    wall = time.perf_counter() - start
    done.set()
    watcher.join()
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(process.returncode, wall, cpu, peak, output)


def median(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def skyshade(*args: str) -> list[str]:
    """Our own command in this Python."""
    return [sys.executable, "-m", "skyshade", *args]
