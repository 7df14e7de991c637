"""What the transfer benchmarks share: the cells of their tables, one transfer to make, one made."""

from dataclasses import dataclass
from typing import Literal

from lossy_relay import Weather

from core.clock import RealClock
from core.geo import LonLat

HOME = LonLat(127.11, 37.37)
ITEMS = 200  # home counts
CAP_S = 60.0
CLOCK = RealClock()
CELLS = {
    "0 %": Weather(0.0),
    "5 %": Weather(0.05),
    "10 %": Weather(0.1),
    "20 %": Weather(0.2),
    "100 ms": Weather(0.0, 0.1),
    "100 ms, 10 %": Weather(0.1, 0.1),
}
Way = Literal["upload", "download"]
OURS, OURS_BARE = "skyshade", "skyshade, old mission not kept"


@dataclass(frozen=True, slots=True)
class Job:
    """One transfer to make."""

    client: str
    way: Way
    cell: str
    seed: int


@dataclass(frozen=True, slots=True)
class Run:
    """One transfer made: `claimed` by the client, `right` as the clean connection reads it; wall seconds
    (`sent_s` until the vehicle had every item, where known); bytes that went to the vehicle and came back.
    """

    client: str
    way: str
    cell: str
    seed: int
    claimed: bool
    right: bool
    whole_s: float
    sent_s: float | None = None
    up_frames: int = 0
    up_bytes: int = 0
    down_bytes: int = 0
    trouble: str = ""

    @property
    def job(self) -> Job:
        return Job(self.client, self.way, self.cell, self.seed)  # type: ignore[arg-type]

    @property
    def good(self) -> bool:
        return self.claimed and self.right and self.whole_s <= CAP_S
