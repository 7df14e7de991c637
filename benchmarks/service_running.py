"""`skyshade delivery serve` as a process on a store of a few points, for what measures it from outside."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_bounds

from core.clock import RealClock
from core.geo import LocalFrame, LonLat
from delivery.model import Craft, Hours, Item, Place
from delivery.service import set_things
from delivery.store import open_store
from skyshade.web.keys import Role, new_ring, write_keys

PATIENCE_S = 60.0
DAY = Hours(0, 1440)
POINTS, FLEET = 12, 6


@dataclass(frozen=True, slots=True)
class Running:
    """A service that runs: its port, its process, its keys by role."""

    port: int
    pid: int
    keys: Mapping[str, str]
    points: tuple[str, ...]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def where_it_is_noon() -> LonLat:
    """A place where the sun is high now: orders are refused at night."""
    hour = time.gmtime().tm_hour + time.gmtime().tm_min / 60.0
    return LonLat(round((12.0 - hour) * 15.0, 3), 20.0)


def set_up(folder: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """A store, keys, flat ground and free air."""
    ring, keys = new_ring(), {}
    for role in Role:
        ring, keys[role.value] = ring.with_new(role.value, role)
    write_keys(folder / "keys.json", ring)
    centre = where_it_is_noon()
    frame = LocalFrame(centre)
    ring_m = [(600.0 * np.cos(a), 600.0 * np.sin(a)) for a in np.linspace(0.0, 6.28, POINTS, endpoint=False)]
    points = [
        Place(f"p{n:02}", f"자리 {n}", frame.place(float(x), float(y)), elevation_m=30.0, hours=DAY)
        for n, (x, y) in enumerate(ring_m)
    ]
    pads = tuple(frame.place(25.0 * n, 0.0) for n in range(FLEET))
    depot = Place("depot", "거점", centre, kind="depot", elevation_m=30.0, hours=DAY, pads=pads)
    fleet = [Craft(f"H{n + 1}", "hexa-delivery", "depot", pad=n) for n in range(FLEET)]
    goods = [Item("coffee", "커피", 0.4), Item("kimbap", "김밥", 0.5)]
    with open_store(folder / "day.db", create=True) as store:
        set_things(store, [*goods, depot, *points, *fleet], RealClock())
    write_ground(folder / "ground.tif", centre)
    (folder / "zones.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    return keys, tuple(p.id for p in points)


def write_ground(path: Path, centre: LonLat) -> None:
    """Ground 30 m above the sea for 10 km around."""
    lon, lat = centre.xy
    box = from_bounds(lon - 0.05, lat - 0.05, lon + 0.05, lat + 0.05, 200, 200)
    kind = {"driver": "GTiff", "width": 200, "height": 200, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", crs="EPSG:4326", transform=box, **kind) as made:
        made.write(np.full((200, 200), 30.0, np.float32), 1)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def running(folder: Path, profile: Path | None = None) -> Iterator[Running]:
    """The service until the block ends; `profile` takes its cProfile."""
    keys, points = set_up(folder)
    port = free_port()
    how = ["-m", "cProfile", "-o", str(profile)] if profile else []
    words = ["delivery", "serve", "--port", str(port), "--keys", str(folder / "keys.json")]
    words += ["--store", str(folder / "day.db"), "--dem", str(folder / "ground.tif"), "--wind-ms", "3"]
    words += ["--zones", str(folder / "zones.geojson")]
    with (folder / "service.log").open("wb") as log:
        command = [sys.executable, *how, "-m", "skyshade", *words]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ)
        try:
            wait_for(port, process, folder / "service.log")
            yield Running(port, process.pid, keys, points)
        finally:
            process.send_signal(signal.SIGINT)  # also ends a profile whole
            process.wait(30.0)


def wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            return
        time.sleep(0.2)
    raise RuntimeError(f"the service did not start: {log.read_text()}")
