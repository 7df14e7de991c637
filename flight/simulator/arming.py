"""The checks before arming, in ArduCopter's words."""

from flight.simulator.fence import breach_text
from flight.simulator.messages import ModeNumber
from flight.simulator.missionitems import Item
from flight.simulator.vehicle import Vehicle


def complaints(vehicle: Vehicle, mission: list[Item]) -> list[str]:
    """What stands against arming now; empty if nothing."""
    found = _hardware(vehicle) or _battery(vehicle)
    if found:
        return found
    found = _position(vehicle) or _fence(vehicle)
    if found:
        return found
    if any(item.frame in (10, 11) for item in mission):
        return ["waiting for terrain data" if vehicle.params.flag("TERRAIN_ENABLE") else "terrain disabled"]
    if vehicle.mode.number is ModeNumber.AUTO and len(mission) <= 1:
        return ["Mode requires mission"]
    return ["GCS failsafe on"] if "gcs" in vehicle.failsafes else []


def mode_complaint(vehicle: Vehicle) -> str | None:
    """Why the present mode may not be armed in."""
    if vehicle.mode.armable:
        return None
    return f"{vehicle.mode.number.name} mode not armable"


def _hardware(vehicle: Vehicle) -> list[str]:
    share = vehicle.boot_share
    if share < 0.06:
        return ["Gyros not healthy", "EKF attitude is bad", "AHRS: EKF3 not started"]
    if share < 0.15:
        return ["Accels inconsistent", "EKF attitude is bad"]
    if share < 0.3:
        return ["Accels inconsistent"]
    return ["Gyros inconsistent"] if share < 0.55 else []


def _battery(vehicle: Vehicle) -> list[str]:
    found = []
    if vehicle.battery.voltage_v < vehicle.params["BATT_LOW_VOLT"]:
        found.append("Battery 1 low voltage failsafe")
    if vehicle.failsafes & {"battery low", "battery critical"}:
        found.append("Battery failsafe")
    return found


def _position(vehicle: Vehicle) -> list[str]:
    if vehicle.params.flag("FENCE_ENABLE") and not vehicle.has_position:
        return ["Fence enabled, need position estimate"]
    if not vehicle.mode.needs_position:
        return []
    if vehicle.gps_lost_s is not None:
        return ["GPS 1: Bad fix"]
    return [] if vehicle.has_position else ["Need Position Estimate"]


def _fence(vehicle: Vehicle) -> list[str]:
    if not vehicle.fence.enabled:
        return []
    breaches = vehicle.fence.check(
        vehicle.air.position, vehicle.above_home_m, vehicle.home.place, flying=False
    )
    return [f"Vehicle breaching {breach_text(breaches)} fence"] if breaches else []
