"""The delivery service as a program whose clock runs as fast as its simulated vehicles.

Usage: python benchmarks/service_program.py FOLDER STORE PORT BEGUN_S SPEEDUP AIRCRAFT=ADDRESS ...
"""

import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from core.wind import Wind
from delivery.conditions import Conditions
from delivery.desk import Desk
from delivery.store import open_store
from gis.terrain import FlatTerrain
from skyshade.web.flying import Flying, Vehicles
from skyshade.web.serving import listening, server_of
from skyshade.web.state import new_service

NOON_S = datetime(2026, 6, 13, 12, 0, tzinfo=ZoneInfo("Asia/Seoul")).timestamp()
CONDITIONS = Conditions(zones=(), wind=Wind(2.0, 270.0), terrain=FlatTerrain(30.0), prepare_s=10.0)


@dataclass(frozen=True, slots=True)
class FastClock:
    """Noon at the wall's second `begun_s`, then so many times as fast, also through a restart."""

    begun_s: float
    speedup: float

    def utc_s(self) -> float:
        return NOON_S + (time.time() - self.begun_s) * self.speedup

    def monotonic_s(self) -> float:
        return self.utc_s()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self.speedup)


def serve(folder: Path, where: str, port: int, clock: FastClock, vehicles: dict[str, str]) -> None:
    with open_store(where) as store, listening("127.0.0.1", port) as opened:
        desk = Desk(store, lambda: CONDITIONS, clock)
        service = new_service(desk, folder / "keys.json", clock)
        Flying(desk, folder / "flights", Vehicles(None, vehicles, confirm_real=True)).start()
        server_of(service).run(sockets=[opened])


if __name__ == "__main__":
    folder, where, port, begun, speedup, *pairs = sys.argv[1:]
    named = dict(pair.split("=", 1) for pair in pairs)
    serve(Path(folder), where, int(port), FastClock(float(begun), float(speedup)), named)
