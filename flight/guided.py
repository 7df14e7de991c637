"""Flying a copter by hand, so to speak: go to a place and be seen to arrive, divert to a rally point."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import SkyshadeError
from core.geo import Altitude, Datum, LonLat, distance_m
from flight.commands import Cmd, Order
from flight.state import VehicleState
from flight.vehicle import Vehicle
from flight.wire import Frame
from missions.model import RallyPoint

UNCHANGED = -1.0  # p1 of DO_REPOSITION: the speed stays as it is
GUIDED = "GUIDED"
_FRAMES = {
    Datum.HOME: Frame.GLOBAL_RELATIVE_ALT_INT,
    Datum.GROUND: Frame.GLOBAL_TERRAIN_ALT_INT,
    Datum.GEOID: Frame.GLOBAL_INT,
}


class NoPlaceError(SkyshadeError):
    """Nowhere to go: no rally point, or no position to measure from."""


@dataclass(frozen=True, slots=True)
class ArrivalParams:
    """When a place is reached: metres across and up, m/s; `slowest_ms` and `spare_s` set the time limit."""

    across_m: float = 2.0
    up_m: float = 1.5
    still_ms: float = 0.7
    slowest_ms: float = 1.0
    spare_s: float = 30.0


def go_to(
    vehicle: Vehicle, place: LonLat, altitude: Altitude, *, params: ArrivalParams | None = None
) -> None:
    """Fly to `place` in GUIDED mode and return once it has arrived and stands still.

    Altitude datum HOME, GROUND or GEOID; above ground the height cannot be seen, so only the place is
    confirmed. Raises `OverruledError` when a pilot or a failsafe takes the vehicle meanwhile.
    """
    params = params or ArrivalParams()
    if altitude.datum not in _FRAMES:
        raise ValueError(f"a vehicle is not sent to heights above the {altitude.datum.value}")
    limit_s = _time_limit_s(vehicle.state, place, altitude, params)
    if vehicle.state.mode != GUIDED:
        vehicle.set_mode(GUIDED)
    order = Order(Cmd.DO_REPOSITION, (UNCHANGED,), place, altitude.value_m, _FRAMES[altitude.datum])
    vehicle.carry_out(order, what="go there")
    vehicle.wait(
        lambda state: arrived(state, place, altitude, params),
        timeout_s=limit_s,
        what=f"arrive at {place.lat:.6f}, {place.lon:.6f}",
        mode=GUIDED,
    )


def arrived(state: VehicleState, place: LonLat, altitude: Altitude, params: ArrivalParams) -> bool:
    """Whether the vehicle stands at the place, by its own position and speed."""
    if state.position is None or state.velocity_enu_ms is None:
        return False
    near = distance_m(state.position, place) <= params.across_m
    still = math.hypot(*state.velocity_enu_ms) <= params.still_ms
    off_m = _off_height_m(state, altitude)
    return near and still and (off_m is None or off_m <= params.up_m)


def _off_height_m(state: VehicleState, altitude: Altitude) -> float | None:
    """How far from the wanted height; None where the vehicle does not tell it in that datum."""
    heights = {Datum.HOME: state.altitude_home_m, Datum.GEOID: state.altitude_geoid_m}
    height_m = heights.get(altitude.datum)
    return None if height_m is None else abs(height_m - altitude.value_m)


def _time_limit_s(state: VehicleState, place: LonLat, altitude: Altitude, params: ArrivalParams) -> float:
    if state.position is None:
        raise NoPlaceError("the vehicle does not tell where it is: it is not sent anywhere")
    way_m = distance_m(state.position, place) + (_off_height_m(state, altitude) or 0.0)
    return params.spare_s + way_m / params.slowest_ms


def nearest(points: Iterable[RallyPoint], here: LonLat) -> RallyPoint:
    """The rally point nearest to `here`; raises `NoPlaceError` when there is none."""
    best = min(points, key=lambda point: distance_m(point.position, here), default=None)
    if best is None:
        raise NoPlaceError("there is no rally point to divert to", hint="return to launch, or land here")
    return best


def divert(vehicle: Vehicle, points: Iterable[RallyPoint]) -> RallyPoint:
    """Fly to the nearest of `points` at its height, land there, and see the motors off.

    The point it landed at. Raises as `go_to` does; a vehicle that was taken over is left alone.
    """
    if vehicle.state.position is None:
        raise NoPlaceError("the vehicle does not tell where it is: the nearest rally point is not known")
    point = nearest(points, vehicle.state.position)
    go_to(vehicle, point.position, point.altitude)
    vehicle.land()
    vehicle.wait(
        lambda s: s.armed is False,
        timeout_s=120.0 + 4.0 * abs(point.altitude.value_m),
        what="land at the rally point",
        mode="LAND",
    )
    return point
