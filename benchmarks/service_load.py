"""200 requests a second of mixed use against `skyshade delivery serve`: answer times, errors, CPU.

Requests come at their times whether or not earlier ones are answered, so a slow answer cannot hide by holding
up the next. One client process with asyncio on kept connections; the answer time counts from the planned
moment. Of a hundred requests 44 ask how an order stands, 20 for the points, 14 for a page's facts, 10 for the
goods, 10 for all flights, one orders and one cancels; five followers listen to server-sent events besides.
The service runs for `--settle` seconds before, as one does that serves a park.

Usage: python benchmarks/service_load.py [SECONDS] [PER_SECOND] [--settle SECONDS] [--profile FILE]
"""

import argparse
import asyncio
import contextlib
import json
import math
import os
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from service_running import Running, running

FOLLOWERS, LINES = 5, 40
SHARES = {
    "order": 0.44,
    "points": 0.2,
    "facts": 0.14,
    "goods": 0.1,
    "flights": 0.1,
    "new": 0.01,
    "cancel": 0.01,
}
GOOD = {200, 201}
EXPECTED = {"cancel": {422}}  # what has taken off or ended is not cancelled


@dataclass(slots=True)
class Heard:
    """Answer times by kind of request, ms, and what went wrong."""

    times_ms: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    orders: list[str] = field(default_factory=list)
    events: int = 0


class Line:
    """A kept HTTP/1.1 connection: one request at a time."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self._key = port, key
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(
        self, method: str, path: str, body: dict[str, object] | None = None, key: str = ""
    ) -> tuple[int, bytes]:
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        assert self._reader is not None
        sent = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {self._key}\r\n"
        head += f"Idempotency-Key: {key}\r\n" if key else ""
        head += f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
        self._writer.write(head.encode() + sent)
        status = int((await self._reader.readline()).split()[1])
        length = 0
        while (line := await self._reader.readline()).strip():
            name, _, value = line.decode().partition(":")
            length = int(value) if name.lower() == "content-length" else length
        return status, await self._reader.readexactly(length)


@dataclass(slots=True)
class Load:
    """The client: lines that are free, and what it has heard."""

    service: Running
    draw: random.Random
    heard: Heard = field(default_factory=Heard)
    free: "asyncio.Queue[Line]" = field(default_factory=asyncio.Queue)
    number: int = 0

    async def run(self, seconds: float, per_s: float) -> None:
        for _ in range(LINES):
            self.free.put_nowait(Line(self.service.port, self.service.keys["operator"]))
        for _ in range(3):
            await self.one("new", time.perf_counter())
        followers = [asyncio.create_task(self.follow(n)) for n in range(FOLLOWERS)]
        self.heard.times_ms.clear()
        begin, tasks = time.perf_counter(), []
        for n in range(int(seconds * per_s)):
            due = begin + n / per_s
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            kind = self.draw.choices([*SHARES], [*SHARES.values()])[0]
            tasks.append(asyncio.create_task(self.one(kind, due)))
        await asyncio.gather(*tasks)
        for follower in followers:
            follower.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await follower

    async def one(self, kind: str, due: float) -> None:
        line = await self.free.get()
        try:
            status, body = await line.ask(*self.request(kind))
            if status not in GOOD | EXPECTED.get(kind, set()):
                self.heard.errors[f"{kind} {status} {body[:120].decode()}"] += 1
            if kind == "new" and status in GOOD:
                self.heard.orders.append(json.loads(body)["id"])
        except (OSError, ValueError, IndexError, asyncio.IncompleteReadError) as error:
            self.heard.errors[f"{kind} {type(error).__name__}"] += 1
            line = Line(self.service.port, self.service.keys["operator"])
        finally:
            self.free.put_nowait(line)
        self.heard.times_ms.setdefault(kind, []).append((time.perf_counter() - due) * 1e3)

    def request(self, kind: str) -> tuple[str, str, dict[str, object] | None, str]:
        point = self.draw.choice(self.service.points)
        if kind == "new":
            self.number += 1
            wish: dict[str, object] = {"point": point, "lines": [{"item": "coffee", "count": 1}]}
            return "POST", "/api/v1/orders", wish, f"load-order-{self.number:08d}"
        if kind == "cancel":
            return "POST", f"/api/v1/orders/{self.draw.choice(self.heard.orders)}/cancel", None, ""
        if kind == "order":
            return "GET", f"/api/v1/orders/{self.draw.choice(self.heard.orders)}", None, ""
        paths = {"points": "/api/v1/points", "facts": f"/p/{point}/facts", "goods": "/api/v1/goods"}
        return "GET", paths.get(kind, "/api/v1/flights"), None, ""

    async def follow(self, number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.service.port)
        order = self.heard.orders[number % len(self.heard.orders)]
        head = f"GET /api/v1/orders/{order}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        writer.write(f"{head}X-API-Key: {self.service.keys['viewer']}\r\n\r\n".encode())
        async for line in reader:
            self.heard.events += line.startswith(b"data:")


def at(times: list[float], share: float) -> float:
    return sorted(times)[max(0, math.ceil(share * len(times)) - 1)]


def tell(heard: Heard) -> bool:
    everything = [t for times in heard.times_ms.values() for t in times]
    print("| request | number | p50 ms | p95 ms | p99 ms | most ms |\n|---|---|---|---|---|---|")
    for name, times in [*sorted(heard.times_ms.items()), ("all", everything)]:
        shown = " | ".join(f"{at(times, share):.0f}" for share in (0.5, 0.95, 0.99, 1.0))
        print(f"| {name} | {len(times)} | {shown} |")
    print(f"\n{sum(heard.errors.values())} errors, {heard.events} events to {FOLLOWERS} followers")
    for text, count in heard.errors.most_common(5):
        print(f"{count} x {text}", file=sys.stderr)
    return not heard.errors


def main() -> bool:
    words = argparse.ArgumentParser()
    words.add_argument("seconds", type=float, nargs="?", default=60.0)
    words.add_argument("per_s", type=float, nargs="?", default=200.0)
    words.add_argument("--settle", type=float, default=10.0)
    words.add_argument("--profile", type=Path)
    asked = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="load ") as made, running(Path(made), asked.profile) as service:
        time.sleep(asked.settle)
        load, before = Load(service, random.Random(1)), cpu_s(service.pid)
        asyncio.run(load.run(asked.seconds, asked.per_s))
        used_s, count = cpu_s(service.pid) - before, sum(map(len, load.heard.times_ms.values()))
    good = tell(load.heard)
    each_ms = used_s / count * 1e3
    print(f"CPU: service {used_s:.1f} s, {each_ms:.2f} ms a request; client {time.process_time():.1f} s")
    return good


def cpu_s(pid: int) -> float:
    """CPU seconds of a process and of those it waited for, where /proc tells them."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return math.nan
    return sum(map(int, words[11:13])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
