"""What a run of the demo may choose."""

from collections.abc import Callable
from dataclasses import dataclass

from flight.fly import OnInterrupt, return_home
from flight.vehicle import Vehicle

Tell = Callable[[str, int, int], None]
"""Called with (what is going on, done, total)."""


@dataclass(frozen=True, slots=True)
class StoryParams:
    """What a run may choose.

    `vehicle`: embedded, ardupilot or a MAVLink address; `speedup` for simulated ones. Overlaps in [0, 0.95],
    `gsd_m` metres a pixel, `rtk` whether the tags come from a receiver with RTK fix (centimetres) or from a
    plain one (1.5 m), `sites` how many to choose, `workers` threads of rendering and mapping,
    `on_interrupt` what Ctrl-C in the air leads to.
    """

    vehicle: str = "embedded"
    confirm_real: bool = False
    speedup: float | None = None
    seed: int = 20190801
    gsd_m: float = 0.12
    front: float = 0.75
    side: float = 0.65
    rtk: bool = True
    sites: int = 4
    workers: int = 2
    on_interrupt: Callable[[Vehicle], OnInterrupt] = return_home
