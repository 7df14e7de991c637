"""Thirty embedded copters at once at speed-up 1, all flying and listened to: cores in all, and their start.

Usage: python benchmarks/embedded_fleet.py [COPTERS] [SECONDS]. CPU is each process's own, from /proc.
"""

import json
import os
import selectors
import socket
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from flight.simulator.messages import mavlink  # noqa: E402 - the path comes first

TICKS = os.sysconf("SC_CLK_TCK")
HZ = 4
AIRBORNE_S = 25.0


@dataclass
class One:
    """A copter of the fleet and its station."""

    process: "subprocess.Popen[str]"
    started_s: float
    station: socket.socket
    link: Any = field(init=False)
    boot_ms: int = 0

    def __post_init__(self) -> None:
        self.link = mavlink.MAVLink(None, srcSystem=255, srcComponent=190)
        self.link.robust_parsing = True

    @property
    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def send(self, message: Any) -> None:
        self.station.sendall(message.pack(self.link))

    def command(self, number: int, *params: float) -> None:
        values = [*params, *[0.0] * (7 - len(params))]
        self.send(mavlink.MAVLink_command_long_message(1, 1, number, 0, *values))

    def read(self) -> None:
        for message in self.link.parse_buffer(self.station.recv(1 << 18)) or ():
            if message.get_type() == "SYSTEM_TIME":
                self.boot_ms = message.time_boot_ms


def main() -> int:
    count, seconds = (int(text) for text in (*sys.argv[1:], *("30", "30")[len(sys.argv) - 1 :]))
    fleet = [started() for _ in range(count)]
    try:
        for one in fleet:
            one.send(mavlink.MAVLink_request_data_stream_message(1, 1, 0, HZ, 1))
        listen(fleet, 3.0)
        for one in fleet:
            for command in ((176, 1.0, 4.0), (400, 1.0), (22, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 20.0)):
                one.command(*command)
        listen(fleet, AIRBORNE_S)
        before = [(one.cpu_s, one.boot_ms) for one in fleet]
        taken = listen(fleet, float(seconds))
        cpu = [one.cpu_s - cpu_s for one, (cpu_s, _) in zip(fleet, before, strict=True)]
        pace = [(one.boot_ms - ms) / 1000.0 / taken for one, (_, ms) in zip(fleet, before, strict=True)]
    finally:
        for one in fleet:
            one.station.close()
            one.process.kill()
            one.process.wait()
    starts = [one.started_s for one in fleet]
    print("| copters | cores in all | a copter, % | start, median s | start, longest s | slowest pace |")
    print("|---|---|---|---|---|---|")
    print(
        f"| {count} | {sum(cpu) / taken:.2f} | {100 * statistics.median(cpu) / taken:.1f} "
        f"| {statistics.median(starts):.2f} | {max(starts):.2f} | {min(pace):.2f} |"
    )
    return 0


def started() -> One:
    """A copter that has answered: the time is from the command to its first heartbeat."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "flight.simulator", "--home", "37.3838,127.1165,30,0"]
    command += ["--ready-after", "1", "--parent-pid", str(os.getpid())]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    _, host, port = json.loads(process.stdout.readline() if process.stdout else "{}")["address"].split(":")
    station = socket.create_connection((host, int(port)), timeout=30)
    station.recv(1)
    return One(process, time.perf_counter() - begun, station)


def listen(fleet: list[One], seconds: float) -> float:
    """Read from all for some seconds; how long it was."""
    selector = selectors.DefaultSelector()
    for one in fleet:
        selector.register(one.station, selectors.EVENT_READ, one)
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        for key, _ in selector.select(0.2):
            key.data.read()
    selector.close()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
