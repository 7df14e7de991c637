"""What the service runs on."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request

from core.clock import Clock
from delivery.desk import Desk
from delivery.world import World
from skyshade.web.keys import KeyRing, read_keys
from skyshade.web.limits import Limiter, Rate
from skyshade.web.stream import News


@dataclass(frozen=True, slots=True)
class Settings:
    """How the service is run.

    `most_kg` is what the page lets people choose; `ground` is GeoJSON drawn under the page's map; `base_url`
    is what the QR codes lead to; a page's pass holds `pass_s` seconds; `forget_after_days` is what the page
    says of names (None: they stay until somebody asks).
    """

    base_url: str = "http://127.0.0.1:8000"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Seoul"))
    most_kg: float = 3.0
    ground: Mapping[str, Any] | None = None
    pass_s: float = 3600.0
    most_bytes: int = 65_536
    forget_after_days: float | None = None
    key_rate: Rate = field(default_factory=lambda: Rate(400, 400))
    stranger_rate: Rate = field(default_factory=lambda: Rate(60, 10))


@dataclass(frozen=True, slots=True)
class Limits:
    """Who has asked how often: holders of keys, and everyone else by address."""

    keys: Limiter
    strangers: Limiter


@dataclass(slots=True)
class Keys:
    """The key file, read again when it changes."""

    path: Path
    _ring: KeyRing | None = None
    _stamp: tuple[int, int] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ring(self) -> KeyRing:
        """The keys as they are now; while the file is away or broken, those read last."""
        with self._lock:
            stamp = self._looked()
            if self._ring is None or (stamp is not None and stamp != self._stamp):
                self._ring, self._stamp = read_keys(self.path), stamp
            return self._ring

    def _looked(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size


@dataclass(slots=True)
class Service:
    """Desk, keys, limits and news of one running service."""

    desk: Desk
    keys: Keys
    clock: Clock
    settings: Settings
    limits: Limits
    news: News

    def ring(self) -> KeyRing:
        """The keys as they are now."""
        return self.keys.ring()

    def world(self) -> World:
        """The store's state as the news last saw it, at most a moment old; own changes are in it at once."""
        return self.desk.store.known()

    def reference(self, customer: str) -> str | None:
        """What the store calls a customer."""
        return self.desk.store.contacts.find(customer)


async def service_of(request: Request) -> Service:
    """The service that a request came to; asynchronous, so that it takes no thread."""
    found: Service = request.app.state.service
    return found


def new_service(desk: Desk, keys: Path, clock: Clock, settings: Settings | None = None) -> Service:
    """A service around a desk; raises `SkyshadeError` when the key file is missing or broken."""
    chosen = settings or Settings()
    known = Keys(keys)
    known.ring()
    limits = Limits(Limiter(chosen.key_rate, clock), Limiter(chosen.stranger_rate, clock))

    def latest() -> int:
        desk.world()
        return desk.store.seq

    return Service(desk, known, clock, chosen, limits, News(latest))
