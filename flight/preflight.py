"""Is the vehicle ready? Each point is ready, missing or unknown, and unknown never passes for ready.

A green prearm bit comes long before ArduPilot can hold a position, so the position estimate (EKF flags 831)
is asked for as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from core.errors import SkyshadeError
from core.geo import distance_m
from flight.state import VehicleState
from flight.vehicle import Vehicle
from missions.model import Mission

GPS_3D_FIX = 3
SETTLE_S = 0.2


class Readiness(Enum):
    """The three answers."""

    READY = "ready"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PreflightParams:
    """`battery_min` 0..1 (ArduPilot says -1 where it cannot tell: unknown); how far the vehicle may stand
    from the plan's home; how long to wait, in the vehicle's seconds.
    """

    battery_min: float = 0.3
    home_offset_max_m: float = 100.0
    timeout_s: float = 120.0
    accept_unknown_battery: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """One preflight point: its name, the answer, and the fact behind it."""

    name: str
    readiness: Readiness
    fact: str


class NotReadyError(SkyshadeError):
    """The vehicle is not ready; `points` are those that are missing or unknown."""

    def __init__(self, points: Sequence[Point], seconds: float, words: Sequence[str]) -> None:
        what = ", ".join(f"{p.name} {p.readiness.value} ({p.fact})" for p in points)
        said = f"; it says: {'; '.join(words)}" if words else ""
        super().__init__(f"the vehicle is not ready after {seconds:.0f} s: {what}{said}")
        self.points = tuple(points)


def check(state: VehicleState, mission: Mission, params: PreflightParams) -> tuple[Point, ...]:
    """Every point, from what the vehicle has said so far."""
    flags = "not heard" if state.ekf_flags is None else f"EKF flags {state.ekf_flags}"
    fix = "not heard" if state.gps_fix is None else f"GPS fix type {state.gps_fix}"
    return (
        Point("position estimate", _answer(state.position_ready), flags),
        Point("GPS", _answer(None if state.gps_fix is None else state.gps_fix >= GPS_3D_FIX), fix),
        Point("prearm checks", _answer(state.prearm_ok), _prearm_fact(state)),
        _battery(state, params),
        _place(state, mission, params),
        Point(
            "motors off", _answer(None if state.armed is None else not state.armed), f"armed: {state.armed}"
        ),
    )


def not_ready(points: Sequence[Point]) -> tuple[Point, ...]:
    """The points that are missing or unknown."""
    return tuple(p for p in points if p.readiness is not Readiness.READY)


def wait_ready(vehicle: Vehicle, mission: Mission, params: PreflightParams) -> tuple[Point, ...]:
    """Wait until every point is ready; raises `NotReadyError` naming what is missing after the time-out."""
    began_s = vehicle.now_s
    while True:
        vehicle.pump(SETTLE_S)
        points = check(vehicle.state, mission, params)
        if not not_ready(points):
            return points
        if vehicle.now_s - began_s > params.timeout_s:
            words = [t.text for t in vehicle.state.texts if t.text.startswith(("PreArm:", "Arm:"))]
            raise NotReadyError(not_ready(points), params.timeout_s, list(dict.fromkeys(words))[-3:])


def _answer(fact: bool | None) -> Readiness:
    if fact is None:
        return Readiness.UNKNOWN
    return Readiness.READY if fact else Readiness.MISSING


def _prearm_fact(state: VehicleState) -> str:
    return {None: "not reported", True: "green", False: "red"}[state.prearm_ok]


def _battery(state: VehicleState, params: PreflightParams) -> Point:
    if state.battery_left is None:
        accepted = Readiness.READY if params.accept_unknown_battery else Readiness.UNKNOWN
        return Point("battery", accepted, "charge not reported")
    enough = state.battery_left >= params.battery_min
    fact = f"{state.battery_left:.0%} left, {params.battery_min:.0%} wanted"
    return Point("battery", _answer(enough), fact)


def _place(state: VehicleState, mission: Mission, params: PreflightParams) -> Point:
    if state.position is None:
        return Point("take-off place", Readiness.UNKNOWN, "position not heard")
    offset_m = distance_m(state.position, mission.home.position)
    fact = f"{offset_m:.0f} m from the plan's home, {params.home_offset_max_m:.0f} m allowed"
    return Point("take-off place", _answer(offset_m <= params.home_offset_max_m), fact)
