"""Messages that echo sensors and the board: believable numbers of a quiet vehicle that leans as ours does."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from core.units import m_to_mm
from flight.simulator.messages import Message, mavlink
from flight.simulator.vehicle import Vehicle

_G_MSS = 9.80665
_FIELD_MGAUSS = (297, -45, 412)  # where it points to at heading 0
_SEA_HPA, _HPA_A_METRE = 1013.25, 0.12
_WARM_CDEG = 3300
_NAN = float("nan")


class Copter(Protocol):
    """Whose sensors they are."""

    vehicle: Vehicle


@dataclass(slots=True)
class Sensors:
    """Makers of messages."""

    copter: Copter

    @property
    def table(self) -> dict[int, Callable[[], Message | None]]:
        """Makers by message id."""
        return {
            26: self.scaled_imu, 27: self.raw_imu, 29: self.pressure, 31: self.quaternion, 83: self.target,
            105: self.high_resolution, 108: self.truth, 116: self.second_imu, 129: self.third_imu,
            137: self.second_pressure, 152: self.memory, 163: self.ahrs, 165: self.hardware,
            178: self.second_ahrs, 180: self.last_shot, 235: self.high_latency, 260: self.camera_settings,
            269: self.video, 271: self.camera_view, 286: self.for_gimbal, 376: self.relays,
            11030: self.motors,
        }  # fmt: skip

    @property
    def _v(self) -> Vehicle:
        return self.copter.vehicle

    @property
    def _ms(self) -> int:
        return int(self._v.time_s * 1000.0 + 0.5)

    @property
    def _us(self) -> int:
        return int(self._v.time_s * 1e6)

    def _axes(self) -> tuple[list[int], list[int], list[int]]:
        """Acceleration in mg, rates in mrad/s and the magnetic field in mgauss, along the body's axes."""
        roll, pitch, yaw = self._v.air.attitude_rad
        weight = (math.sin(pitch), -math.sin(roll) * math.cos(pitch), -math.cos(roll) * math.cos(pitch))
        north, east, down = _FIELD_MGAUSS
        turned = (
            north * math.cos(yaw) + east * math.sin(yaw), east * math.cos(yaw) - north * math.sin(yaw), down,
        )  # fmt: skip
        rates = self._v.air.rates_rads
        return (
            [_int16(1000.0 * part) for part in weight],
            [_int16(1000.0 * rate) for rate in rates],
            [round(part) for part in turned],
        )

    def scaled_imu(self) -> Message:
        acc, gyro, mag = self._axes()
        return mavlink.MAVLink_scaled_imu_message(self._ms, *acc, *gyro, *mag, _WARM_CDEG)

    def second_imu(self) -> Message:
        acc, gyro, mag = self._axes()
        return mavlink.MAVLink_scaled_imu2_message(self._ms, *acc, *gyro, *mag, _WARM_CDEG)

    def third_imu(self) -> Message:
        mag = self._axes()[2]
        return mavlink.MAVLink_scaled_imu3_message(self._ms, 0, 0, 0, 0, 0, 0, *mag, 0)

    def raw_imu(self) -> Message:
        acc, gyro, mag = self._axes()
        return mavlink.MAVLink_raw_imu_message(self._us, *acc, *gyro, *mag, 0, _WARM_CDEG)

    def high_resolution(self) -> Message:
        acc, gyro, mag = self._axes()
        metres = self._v.setup.altitude_m + self._v.air.height_m
        return mavlink.MAVLink_highres_imu_message(
            self._us, *(part * _G_MSS / 1000.0 for part in acc), *(rate / 1000.0 for rate in gyro),
            *(float(part) * 1000.0 for part in mag), self._hpa, 0.0, metres, _WARM_CDEG / 100.0, 65535,
        )  # fmt: skip

    @property
    def _hpa(self) -> float:
        return _SEA_HPA - _HPA_A_METRE * (self._v.setup.altitude_m + self._v.air.height_m)

    def pressure(self) -> Message:
        return mavlink.MAVLink_scaled_pressure_message(self._ms, self._hpa, 0.0, _WARM_CDEG, 0)

    def second_pressure(self) -> Message:
        return mavlink.MAVLink_scaled_pressure2_message(self._ms, self._hpa, 0.0, _WARM_CDEG, 0)

    # -- attitude in other words

    def quaternion(self) -> Message:
        angles = self._v.air.attitude_rad
        return mavlink.MAVLink_attitude_quaternion_message(
            self._ms, *_quaternion(*angles), *self._v.air.rates_rads, [0.0] * 4
        )

    def target(self) -> Message:
        thrust = 0.36 * self._v.air.thrust_ratio if self._v.flying else 0.0
        angles = _quaternion(*self._v.air.attitude_rad)
        return mavlink.MAVLink_attitude_target_message(self._ms, 0, angles, 0.0, 0.0, 0.0, thrust)

    def ahrs(self) -> Message:
        return mavlink.MAVLink_ahrs_message(0.0, 0.0, 0.0, 0.0, 0.0, 0.0025, 0.003)

    def second_ahrs(self) -> Message:
        lat, lon = self._v.lat_lon_e7(self._v.estimated)
        metres = self._v.setup.altitude_m + self._v.air.height_m
        return mavlink.MAVLink_ahrs2_message(*self._v.air.attitude_rad, metres, lat, lon)

    def truth(self) -> Message:
        air = self._v.air
        lat, lon = self._v.lat_lon_e7(air.position)
        roll, pitch, yaw = air.attitude_rad
        zero = [0.0] * 3
        return mavlink.MAVLink_sim_state_message(
            *_quaternion(roll, pitch, yaw), roll, pitch, yaw, 0.0, 0.0, -_G_MSS, *zero, float(lat),
            float(lon), self._v.setup.altitude_m + air.height_m, 0.0, 0.0, air.velocity.real,
            air.velocity.imag, -air.climb_ms, lat, lon,
        )  # fmt: skip

    def for_gimbal(self) -> Message:
        air = self._v.air
        return mavlink.MAVLink_autopilot_state_for_gimbal_device_message(
            0, 0, self._us, _quaternion(*air.attitude_rad), 0, air.velocity.real, air.velocity.imag,
            -air.climb_ms, 0, 0.0, self._v.ekf_flags, 0, air.rates_rads[2],
        )  # fmt: skip

    def camera_view(self) -> Message | None:
        if not self._v.camera.fitted:
            return None
        lat, lon = self._v.lat_lon_e7(self._v.estimated)
        unknown = 2**31 - 1
        return mavlink.MAVLink_camera_fov_status_message(
            self._ms, lat, lon, self._v.altitude_mm(self._v.air.height_m), unknown, unknown, unknown,
            _quaternion(0.0, 0.0, self._v.air.yaw_rad), _NAN, _NAN,
        )  # fmt: skip

    # -- the board and what hangs on it

    @staticmethod
    def memory() -> Message:
        return mavlink.MAVLink_meminfo_message(0, 65535, 524288)

    @staticmethod
    def hardware() -> Message:
        return mavlink.MAVLink_hwstatus_message(5000, 0)

    def relays(self) -> Message:
        return mavlink.MAVLink_relay_status_message(self._ms, 0, 1)

    def motors(self) -> Message:
        turns = round(5400.0 * math.sqrt(max(0.0, self._v.air.thrust_ratio))) if self._v.flying else 0
        volts, amps = self._v.battery.voltage_v, self._v.battery.current_a / 4.0
        return mavlink.MAVLink_esc_telemetry_1_to_4_message(
            b"\x20" * 4, [round(volts * 100.0)] * 4, [round(amps * 100.0)] * 4, [1] * 4, [turns] * 4,
            [self._ms // 10 & 0xFFFF] * 4,
        )  # fmt: skip

    def last_shot(self) -> Message | None:
        if not self._v.camera.fitted:
            return None
        return mavlink.MAVLink_camera_feedback_message(0, 0, 0, 0, 0, 0, *[0.0] * 6, 0, 0)

    def camera_settings(self) -> Message | None:
        if not self._v.camera.fitted:
            return None
        return mavlink.MAVLink_camera_settings_message(self._ms, 0, _NAN, _NAN)

    def video(self) -> Message | None:
        if not self._v.camera.fitted:
            return None
        return mavlink.MAVLink_video_stream_information_message(0, 0, 0, 0, 0.0, 0, 0, 0, 0, 0, b"", b"")

    def high_latency(self) -> Message:
        vehicle, air = self._v, self._v.air
        lat, lon = vehicle.lat_lon_e7(vehicle.estimated)
        metres = max(-(2**15), min(2**15 - 1, int(m_to_mm(vehicle.setup.altitude_m + air.height_m) / 1000)))
        course = int(math.degrees(air.yaw_rad) % 360.0 / 2.0)
        speed = min(255, int(abs(air.velocity) * 5.0))
        return mavlink.MAVLink_high_latency2_message(
            self._ms, 2, 3, int(vehicle.mode.number), lat, lon, metres, metres, course, 0, 0, 0, speed, 0,
            speed, 0, 90, 0, 0, -128, max(-127, min(127, int(air.climb_ms * 10.0))),
            max(-1, min(100, vehicle.battery.remaining_percent)), 0, 2, 81, 0, 0,
        )  # fmt: skip


def _int16(value: float) -> int:
    return max(-(2**15), min(2**15 - 1, round(value)))


def _quaternion(roll: float, pitch: float, yaw: float) -> list[float]:
    """w, x, y, z of an attitude in radians."""
    cr, sr, cp, sp = math.cos(roll / 2), math.sin(roll / 2), math.cos(pitch / 2), math.sin(pitch / 2)
    cy, sy = math.cos(yaw / 2), math.sin(yaw / 2)
    return [
        cr * cp * cy + sr * sp * sy, sr * cp * cy - cr * sp * sy, cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
    ]  # fmt: skip
