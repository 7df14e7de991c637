"""A bridge for users' scripts: a dronekit Vehicle on our vehicle's address.

Our own flights do not stand on dronekit: its mission upload ignores refusals, and its time-outs run on the
wall's clock. It comes from the package dronekit2, which is imported as `dronekit`.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.errors import SkyshadeError
from flight.ports import parse_address
from flight.sitl import RunningVehicle


class DronekitError(SkyshadeError):
    """dronekit is not installed or does not get a connection."""


def connection_string(address: str) -> str:
    """Our address in dronekit's words: `udp` (we speak first) is its `udpout`, `udpin` stays."""
    parsed = parse_address(address)
    if parsed.scheme == "serial":
        return parsed.host
    scheme = "udpout" if parsed.scheme == "udp" else parsed.scheme
    return f"{scheme}:{parsed.host}:{parsed.port}"


@contextmanager
def dronekit_vehicle(
    vehicle: str | RunningVehicle, *, wait_ready: bool = True, timeout_s: float = 60.0
) -> Iterator[Any]:
    """A connected `dronekit.Vehicle`, closed at the end of the block; raises `DronekitError`.

    `timeout_s` in wall seconds. A simulator that runs faster than the clock may outrun dronekit's own
    time-outs: use speed-up 1 to 5 with it.
    """
    try:
        import dronekit
    except ImportError as error:
        raise DronekitError("dronekit is not installed", hint="pip install dronekit2") from error
    address = vehicle.address if isinstance(vehicle, RunningVehicle) else vehicle
    parsed = parse_address(address)
    baud = {"baud": parsed.port} if parsed.scheme == "serial" else {}
    try:
        connected = dronekit.connect(
            connection_string(address),
            wait_ready=wait_ready,
            heartbeat_timeout=math.ceil(timeout_s),
            timeout=math.ceil(timeout_s),
            **baud,
        )
    except (dronekit.APIException, OSError) as error:
        raise DronekitError(f"dronekit gets no vehicle on {address} ({error})") from error
    try:
        yield connected
    finally:
        connected.close()
