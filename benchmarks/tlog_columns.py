"""A recording of a million messages to numpy columns, beside pymavlink and fasttlogparser in one run.

The recording is RECORDING (by default a real session with ArduCopter from the shared data) again and again.
Ours checks every frame's checksum and gives an array for every field of every type; pymavlink gives a Python
object a message and nothing more, fasttlogparser arrays of float64. `cold` is a whole new process with its
imports, compiled code on disk; `warm` the second reading in one process. Seconds are of CPU, so that other
work on the machine counts little; no reader starts threads, so they are one core's.
pymavlink reads a tenth of it, else it takes minutes; its speed does not depend on the length.

Usage: python benchmarks/tlog_columns.py [RECORDING]
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from flight.tlog import read_log_bytes, summarise

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SKYSHADE_DATA", ROOT.parent / "shared" / "data"))
PEERS = ROOT / ".venv-bench" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
MESSAGES = 1_000_000
RUNS = 3

OURS = """
from flight.tlog import read_columns
def read(path):
    return sum(len(table) for table in read_columns(path).values())
"""
FAST = """
import fasttlogparser
def read(path):
    found, _ = fasttlogparser.parseTLog(str(path))
    return sum(len(next(iter(fields.values()))) for fields in found.values())
"""
BUFFER = """
from pymavlink.dialects.v20 import ardupilotmega
def read(path):
    data, at, count = path.read_bytes(), 0, 0
    codec = ardupilotmega.MAVLink(None)
    while at < len(data):
        start = at + 8
        length = data[start + 1] + (8 if data[start] == 0xFE else 12 + 13 * (data[start + 2] & 1))
        count += len(codec.parse_buffer(data[start:start + length]) or ())
        at = start + length
    return count
"""
MAVUTIL = """
from pymavlink import mavutil
def read(path):
    log, count = mavutil.mavlink_connection(str(path)), 0
    while log.recv_match() is not None:
        count += 1
    return count
"""
READERS = (
    ("skyshade read_columns", OURS, sys.executable, 2),
    ("fasttlogparser", FAST, str(PEERS), 2),
    ("pymavlink parse_buffer", BUFFER, str(PEERS), 1),
    ("pymavlink mavutil", MAVUTIL, str(PEERS), 1),
)
TIMED = """
import sys, time
from pathlib import Path
path, times = Path(sys.argv[1]), int(sys.argv[2])
for _ in range(times):
    start = time.process_time()
    count = read(path)
    seconds = time.process_time() - start
print("RESULT", count, seconds)
"""


def main() -> int:
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "flight" / "main10.tlog.gz"
    if not source.exists() or not PEERS.exists():
        print(f"needs a recording ({source}) and the peers (make .venv-bench/.installed)")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        path, messages = enlarged(source, Path(folder))
        print(f"{messages:,} messages, {path.stat().st_size / 1e6:.1f} MB, of {source.name}\n")
        short = Path(folder) / "short.tlog"
        short.write_bytes(read_log_bytes(source) * max(1, messages // summarise(source).messages // 10))
        print(f"first reading ever in this project, compiling included: {compiling(path, folder):.1f} s\n")
        print("| | messages/CPU s warm | messages/CPU s cold | messages read |\n|---|---|---|---|")
        for name, code, python, times in READERS:
            chosen = short if name.startswith("pymavlink") else path
            print(f"| {name} | {row(code, python, times, chosen)} |", flush=True)
    return 0


def enlarged(source: Path, folder: Path) -> tuple[Path, int]:
    """The recording repeated until it holds a million messages."""
    times = -(-MESSAGES // summarise(source).messages)
    path = folder / "big.tlog"
    path.write_bytes(read_log_bytes(source) * times)
    return path, times * summarise(source).messages


def compiling(path: Path, folder: str) -> float:
    """CPU seconds of a process that finds no compiled code."""
    return process(OURS, sys.executable, path, 1, {"NUMBA_CACHE_DIR": f"{folder}/none"})[2]


def row(code: str, python: str, times: int, path: Path) -> str:
    """Medians of both speeds, as a table's cells."""
    try:
        runs = [process(code, python, path, times, {}) for _ in range(RUNS)]
    except subprocess.CalledProcessError as error:
        return f"could not be measured: {error.stderr.strip().splitlines()[-1]} | | "
    warm = statistics.median(seconds for _, seconds, _ in runs)
    messages = runs[0][0]
    cold = statistics.median(whole - (times - 1) * seconds for _, seconds, whole in runs)
    return f"{messages / warm:,.0f} | {messages / cold:,.0f} | {messages:,}"


def process(code: str, python: str, path: Path, times: int, more: dict[str, str]) -> tuple[int, float, float]:
    """A reading process: (messages, CPU seconds of its last reading, of the whole process)."""
    command = [python, "-c", code + TIMED, str(path), str(times)]
    before = os.times()
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT, env=os.environ | more
    )
    after = os.times()
    whole = after.children_user + after.children_system - before.children_user - before.children_system
    _, count, seconds = next(line for line in done.stdout.splitlines() if line.startswith("RESULT")).split()
    return int(count), float(seconds), whole


if __name__ == "__main__":
    sys.exit(main())
