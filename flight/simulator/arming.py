"""The checks before arming, in ArduCopter's words and order."""

from dataclasses import dataclass

from flight.simulator.boot import HOME_S, boot_s, reached
from flight.simulator.fence import breach_text
from flight.simulator.messages import ModeNumber, Severity
from flight.simulator.missionitems import Item
from flight.simulator.vehicle import Vehicle

_SENSORS_S, _AHRS_S, _TILT_S, _INERTIAL_S, _GYROS_S = 2.0, 4.35, 5.6, 2.45, 23.7
_ALIKE_S = 9.9
_ALT_S = 6.0
_SHOWN_EVERY_S, _SHOWN_AGAIN_S = 30.0, 4.0
_CIRCLE, _POLYGON = 2, 4


def complaints(vehicle: Vehicle, mission: list[Item]) -> list[str]:
    """What stands against arming now; empty if nothing."""
    return [*_of_copters(vehicle), *_of_vehicles(vehicle, mission)]


def _of_copters(vehicle: Vehicle) -> list[str]:
    """What only a copter looks at: shown in its turn, never at once."""
    unheard = vehicle.params.flag("FS_THR_ENABLE") and not vehicle.receiver
    return [
        *(["GCS failsafe on"] if "gcs" in vehicle.failsafes else []),
        *(["RC not found"] if unheard else []),
        *_height(vehicle),
    ]


def _of_vehicles(vehicle: Vehicle, mission: list[Item]) -> list[str]:
    """What every vehicle of ArduPilot looks at: something new is shown at once."""
    return [
        *_sensors(vehicle),
        *_position(vehicle),
        *_battery(vehicle),
        *_radio(vehicle),
        *_mission(vehicle, mission),
        *_fence(vehicle),
    ]


def mode_complaint(vehicle: Vehicle) -> str | None:
    """Why the present mode may not be armed in."""
    if vehicle.mode.armable:
        return None
    return f"{vehicle.mode.number.name} mode not armable"


def _height(vehicle: Vehicle) -> list[str]:
    manual = vehicle.mode.number in (ModeNumber.STABILIZE, ModeNumber.ACRO)
    return [] if manual or reached(vehicle, _ALT_S) else ["Need Alt Estimate"]


def _sensors(vehicle: Vehicle) -> list[str]:
    if not reached(vehicle, _SENSORS_S):
        return ["Hardware safety switch", "Gyros not healthy", "EKF attitude is bad", "Compass not healthy"]
    inertial = _inertial(vehicle)
    return inertial if reached(vehicle, _TILT_S) else [*inertial, "EKF attitude is bad"]


def _inertial(vehicle: Vehicle) -> list[str]:
    """Accelerometers, then gyros: each must be found alike for ten seconds, and only checks look."""
    if not reached(vehicle, _INERTIAL_S):
        return ["Accels inconsistent"]
    for name in ("Accels", "Gyros"):
        since_s = vehicle.alike_since_s.setdefault(name, vehicle.time_s)
        if not reached(vehicle, _GYROS_S) and vehicle.time_s - since_s < boot_s(vehicle, _ALIKE_S):
            return [f"{name} inconsistent"]
    return []


def _position(vehicle: Vehicle) -> list[str]:
    fenced = _fence_needs_position(vehicle)
    if vehicle.mode.needs_position or fenced:
        if vehicle.gps_lost_s is not None:
            return ["GPS 1: Bad fix"]
        if not reached(vehicle, HOME_S):
            return ["AHRS: waiting for home"]
    if not reached(vehicle, _TILT_S):
        return [f"AHRS: {_estimator(vehicle)}"]
    if vehicle.has_position or not (vehicle.mode.needs_position or fenced):
        return []
    needed = vehicle.mode.needs_position
    return ["Need Position Estimate" if needed else "Fence enabled, need position estimate"]


def _estimator(vehicle: Vehicle) -> str:
    if not reached(vehicle, _SENSORS_S):
        return "EKF3 not started"
    return "EKF3 still initialising" if reached(vehicle, _AHRS_S) else "not using configured AHRS type"


def _fence_needs_position(vehicle: Vehicle) -> bool:
    kinds = vehicle.params.integer("FENCE_TYPE")
    return vehicle.fence.enabled and bool(kinds & _CIRCLE or (kinds & _POLYGON and vehicle.fence.areas))


def _battery(vehicle: Vehicle) -> list[str]:
    if not reached(vehicle, _SENSORS_S):
        return ["Battery 1 unhealthy"]
    found = []
    if vehicle.battery.voltage_v < vehicle.params["BATT_LOW_VOLT"]:
        found.append("Battery 1 low voltage failsafe")
    if vehicle.failsafes & {"battery low", "battery critical"}:
        found.append("Battery failsafe")
    return found


def _radio(vehicle: Vehicle) -> list[str]:
    return ["Radio failsafe on"] if "radio" in vehicle.failsafes else []


def _mission(vehicle: Vehicle, mission: list[Item]) -> list[str]:
    found = []
    if vehicle.mode.number is ModeNumber.AUTO and len(mission) <= 1:
        found.append("Mode requires mission")
    if any(item.frame in (10, 11) for item in mission):
        if not vehicle.terrain.enabled:
            found.append("terrain disabled")
        elif vehicle.terrain.pending or not vehicle.terrain.blocks:
            found.append("waiting for terrain data")
    return found


def _fence(vehicle: Vehicle) -> list[str]:
    fence, kinds = vehicle.fence, vehicle.params.integer("FENCE_TYPE")
    if not fence.enabled:
        return []
    if kinds & (_CIRCLE | _POLYGON) and not reached(vehicle, HOME_S):
        return ["Fence requires position"]
    if not vehicle.has_position:
        return []
    height_m = vehicle.above_home_m
    breaches = fence.check(vehicle.air.position, height_m, vehicle.home.place, flying=False)
    return [f"Vehicle breaching {breach_text(breaches)} fence"] if breaches else []


@dataclass(slots=True)
class PreArm:
    """Shows, each half minute, what stands against arming; sooner when something new does."""

    vehicle: Vehicle
    mission: list[Item]
    next_s: float = 0.43
    shown_s: float = 0.0
    passed: bool = False
    at_once: bool = False

    def step(self) -> None:
        """Check each second while it is not armed."""
        vehicle, now_s = self.vehicle, self.vehicle.time_s
        if now_s < self.next_s:
            return
        self.next_s += 1.0
        since_s = now_s - self.shown_s
        show = since_s > _SHOWN_EVERY_S or (self.at_once and since_s > _SHOWN_AGAIN_S)
        if show:
            self.shown_s, self.at_once = now_s, False
        if vehicle.armed:
            return
        found = self.check()
        for text in found if show else ():
            vehicle.say(f"PreArm: {text}", Severity.CRITICAL)

    def check(self) -> list[str]:
        """What stands against arming, and whether something new does; arming looks as well."""
        found = _of_vehicles(self.vehicle, self.mission)
        if found and self.passed:
            self.at_once = True
        self.passed = not found
        return [*_of_copters(self.vehicle), *found]
