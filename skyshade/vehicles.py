"""VEHICLE as commands name it: a simulated one that ends with the flight, or an address as it is."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from core.errors import SkyshadeError
from flight.locations import Start
from flight.sitl import RunningVehicle, VehicleKind, start_vehicle
from missions.model import Home

SIMULATED = ("embedded", "ardupilot")


@contextmanager
def vehicle_at(
    name: str,
    home: Home,
    *,
    speedup: float | None = None,
    seed: int = 0,
    instance: int = 0,
    params: Sequence[Path] = (),
) -> Iterator[str | RunningVehicle]:
    """The vehicle called `name`: `embedded` and `ardupilot` are started at `home` and end with the block.

    Raises `SkyshadeError` when something that only a simulated vehicle may be given is asked of another.
    """
    if name not in SIMULATED:
        if speedup is not None or params:
            raise SkyshadeError(f"{name} was not started here: it takes no speed-up and no parameter files")
        yield name
        return
    start = Start(home.position, home.elevation_m or 0.0)
    kind: VehicleKind = "embedded" if name == "embedded" else "ardupilot"
    started = start_vehicle(
        kind, home=start, speedup=speedup or 1.0, params=params, instance=instance, seed=seed
    )
    with started as running:
        yield running
