"""DO commands: the same deeds whether they come as a command or as a mission item."""

import math
from dataclasses import dataclass

from flight.simulator.limits import within
from flight.simulator.messages import Severity, mavlink
from flight.simulator.missionitems import Item
from flight.simulator.vehicle import Vehicle

_FASTEST_MS = 1000.0
_TURN, _TURNED_RAD = 2.0 * math.pi, math.radians(2.0)
_SAME_RAD = math.radians(0.5)  # what the body is beside the heading it holds
_REPORTED = {112, 114, 115, 178, 179, 188, 189, 195, 197, 201, 205, 207, 222, 42600}
_UNREPORTED = {
    181, 182, 183, 184, 202, 203, 206, 208, 211, 215, 216, 217, 218, 531, 532, 534, 600, 1000, 2000, 2001,
    2500, 2501,
}  # fmt: skip


@dataclass(slots=True)
class Condition:
    """A CONDITION_ item under way."""

    until_s: float | None = None
    within_m: float | None = None
    yaw_rad: float | None = None  # the heading as far as it was turned


def change_speed(vehicle: Vehicle, kind: int, speed_ms: float) -> bool:
    """DO_CHANGE_SPEED: 0 and 1 over ground, 2 climb, 3 descent; only speeds above zero."""
    if not speed_ms > 0.0:
        return False
    speed_ms = min(speed_ms, _FASTEST_MS)
    if kind in (0, 1):
        vehicle.nav.speed_ms = speed_ms
    elif kind == 2:
        vehicle.nav.up_ms = speed_ms
    elif kind == 3:
        vehicle.nav.down_ms = speed_ms
    vehicle.nav.change_speed()
    return True


def feedback(vehicle: Vehicle, shots: int) -> None:
    """One CAMERA_FEEDBACK a shot, with the airframe's attitude."""
    for number in range(vehicle.camera.images - shots + 1, vehicle.camera.images + 1):
        lat, lon = vehicle.lat_lon_e7(vehicle.estimated)
        roll, pitch, yaw = (math.degrees(a) for a in vehicle.air.attitude_rad)
        stamp = int((vehicle.setup.epoch_s + vehicle.time_s) * 1e6)
        message = mavlink.MAVLink_camera_feedback_message(
            stamp, 0, 0, number, lat, lon, vehicle.setup.altitude_m + vehicle.air.height_m,
            vehicle.above_home_m, round(roll, 2), round(pitch, 2), round(yaw % 360.0, 2), 0.0, 0, 0,
        )  # fmt: skip
        vehicle.tell(message)


def trigger_distance(vehicle: Vehicle, metres: float, *, at_once: bool) -> bool:
    """DO_SET_CAM_TRIGG_DIST."""
    feedback(vehicle, vehicle.camera.set_distance(metres, at_once=at_once))
    return True


def shoot(vehicle: Vehicle, count: int = 1) -> bool:
    """DO_DIGICAM_CONTROL with a shutter, IMAGE_START_CAPTURE of one picture."""
    feedback(vehicle, vehicle.camera.shoot(count, vehicle.time_s))
    return True


def capture(vehicle: Vehicle, every_s: float, count: int) -> None:
    """IMAGE_START_CAPTURE: one picture, `count` of them, or (0) on and on."""
    if count == 1 or (count == 0 and every_s == 0.0):
        shoot(vehicle)
    else:
        vehicle.camera.set_interval(every_s, count or -1)


def grip(vehicle: Vehicle, action: float) -> bool:
    """DO_GRIPPER: 1 grabs, 0 releases."""
    if action not in (0.0, 1.0):
        return False
    return (vehicle.gripper.grab if action == 1.0 else vehicle.gripper.release)(vehicle.time_s)


def wind_line(vehicle: Vehicle, action: float, length_m: float, rate_ms: float) -> bool:
    """DO_WINCH: 0 relax, 1 length, 2 rate."""
    if action == 0.0:
        return vehicle.winch.relax()
    if action == 1.0:
        return vehicle.winch.by_length(length_m, rate_ms)
    return vehicle.winch.by_rate(rate_ms) if action == 2.0 else False


def turn_to(vehicle: Vehicle, params: tuple[float, ...]) -> bool:
    """CONDITION_YAW: degrees, rate, direction (-1, 0, 1), relative."""
    angle, rate, direction, relative = params[:4]
    yaw, now = vehicle.yaw, vehicle.air.yaw_rad
    if relative:
        left = math.radians(angle) * (1.0 if direction >= 0 else -1.0)
    else:
        left = math.remainder(math.radians(angle) - now, _TURN)
        if left * direction < 0.0:
            left += math.copysign(_TURN, direction)
    if abs(left) < _SAME_RAD:
        left = 0.0
    most = vehicle.params["ATC_SLEW_YAW"] / 100.0
    yaw.fixed_rad, yaw.left_rad, yaw.roi = now, left, None
    yaw.rate_rads = math.radians(min(most, rate) if rate > 0.0 else most)
    return True


def _turned(vehicle: Vehicle) -> bool:
    """Whether the heading asked for is reached."""
    yaw = vehicle.yaw
    if yaw.fixed_rad is None:
        return True
    return not yaw.left_rad and abs(math.remainder(vehicle.air.yaw_rad - yaw.fixed_rad, _TURN)) <= _TURNED_RAD


def look_at(vehicle: Vehicle, item: Item) -> bool:
    """DO_SET_ROI: a place, or none."""
    vehicle.yaw.roi = vehicle.point(item).place if item.has_place and item.command != 197 else None
    return True


def set_servo(vehicle: Vehicle, channel: float, pwm: float) -> bool:
    """DO_SET_SERVO: kept for SERVO_OUTPUT_RAW; channels 1 to 16."""
    if not 1 <= channel <= 16:
        return False
    vehicle.servos[int(channel)] = int(within(pwm, (0, 65535)))
    return True


def do_item(vehicle: Vehicle, item: Item, condition: Condition) -> None:
    """Begin a mission's DO or CONDITION item."""
    p = item.params
    if item.command == 112:
        condition.until_s = vehicle.time_s + p[0]
    elif item.command == 114:
        condition.within_m = p[0]
    elif item.command == 115:
        turn_to(vehicle, p)
        condition.yaw_rad = vehicle.yaw.fixed_rad
    elif item.command == 178:
        change_speed(vehicle, int(p[0]), p[1])
    elif item.command == 206:
        trigger_distance(vehicle, p[0], at_once=p[2] == 1.0)
    elif item.command == 203:
        shoot(vehicle, 1 if item.x == 1 else 0)
    elif item.command == 2000 and p[0] in (0.0, 1.0):
        capture(vehicle, p[1], int(p[2]))
    elif item.command == 2001 and p[0] in (0.0, 1.0):
        vehicle.camera.stop()
    elif item.command in (195, 197, 201):
        look_at(vehicle, item)
    else:
        _do_other(vehicle, item)


def _do_other(vehicle: Vehicle, item: Item) -> None:
    p = item.params
    if item.command == 183:
        set_servo(vehicle, p[0], p[1])
    elif item.command == 211:
        grip(vehicle, p[1])
        vehicle.say("Gripper Grabbed" if p[1] == 1.0 else "Gripper Released")
    elif item.command == 42600:
        wind_line(vehicle, p[1], p[2], p[3])
    elif item.command == 207:
        vehicle.params.set("FENCE_ENABLE", 1.0 if p[0] == 1.0 else 0.0)
    elif item.command == 179:
        vehicle.home = vehicle.here if p[0] == 1.0 or not item.has_place else vehicle.point(item)
        vehicle.tell(vehicle.home_message())


def do_finished(vehicle: Vehicle, item: Item, condition: Condition) -> tuple[bool, bool]:
    """Whether a DO or CONDITION item is done, and whether the vehicle reports it as reached."""
    done = True
    if item.command == 112 and condition.until_s is not None:
        done = vehicle.time_s >= condition.until_s
    elif item.command == 114 and condition.within_m is not None:
        goal = vehicle.nav.destination
        done = goal is None or vehicle.here.distance_m(goal) < max(condition.within_m, 0.0)
    elif item.command == 115:
        if vehicle.yaw.fixed_rad is None:  # the leg took the heading back
            vehicle.yaw.fixed_rad = condition.yaw_rad
        vehicle.yaw.roi = None
        done, condition.yaw_rad = _turned(vehicle), vehicle.yaw.fixed_rad
    if item.command not in _REPORTED | _UNREPORTED:
        vehicle.say(f"Skipping invalid cmd #{item.command}", Severity.WARNING)
        return True, True
    return done, item.command in _REPORTED
