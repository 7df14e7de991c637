"""The vehicle's reports of itself: state, place, mission, payload; each made when it is asked for."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from core.units import m_to_cm, m_to_mm, v_to_mv
from flight.simulator.auto import Auto
from flight.simulator.boot import reached
from flight.simulator.geometry import heading
from flight.simulator.messages import Message, mavlink
from flight.simulator.vehicle import Vehicle

_CAPABILITIES = 64495
_VERSION_4_6_2 = 67502847
_SYSTEM_ID = b"skyshade-embedded\0"
_SENSORS_PRESENT = 0x5371FC2F
_SENSORS_ENABLED = 0x5261FC2F
_SENSORS_HEALTHY = 0x5771FC2F
_MOTORS_BIT = 0x01000000
_PREARM_BIT = 0x10000000
_BATTERY_BIT = 0x02000000
_ESTIMATOR_S = 3.4
_NAN = float("nan")
# Messages that ArduCopter knows and has nothing to say in on this airframe.
_SILENT = (
    22, 34, 35, 85, 100, 124, 127, 128, 132, 143, 173, 191, 192, 194, 195, 225, 226, 246, 277, 280, 281, 285,
    295, 301, 373, 11020,
)  # fmt: skip


class Copter(Protocol):
    """What is reported of."""

    vehicle: Vehicle

    @property
    def auto(self) -> Auto:
        """The AUTO mode."""
        ...


@dataclass(slots=True)
class Reports:
    """Makers of messages; None where there is nothing to say now."""

    copter: Copter

    @property
    def table(self) -> dict[int, Callable[[], Message | None]]:
        """Makers by message id."""
        return {
            **dict.fromkeys(_SILENT, lambda: None),
            0: self.heartbeat, 1: self.sys_status, 2: self.system_time, 24: self.gps_raw, 30: self.attitude,
            32: self.local_position, 33: self.global_position, 36: self.servos, 42: self.mission_current,
            46: self.reached, 49: self.origin, 62: self.nav_controller, 65: self.rc_channels,
            74: self.vfr_hud, 87: self.position_target, 125: self.power, 136: self.terrain,
            147: self.battery, 148: self.version, 162: self.fence, 164: self.simstate, 168: self.wind,
            193: self.ekf, 241: self.vibration, 242: self._home, 245: self.extended_state, 259: self.camera,
            262: self.capture, 9005: self.winch,
        }  # fmt: skip

    @property
    def vehicle(self) -> Vehicle:
        return self.copter.vehicle

    # -- the state

    @property
    def _ms(self) -> int:
        return int(self.vehicle.time_s * 1000.0 + 0.5)

    @property
    def system_status(self) -> int:
        vehicle = self.vehicle
        if vehicle.boot_share < 0.06:
            return 1
        if vehicle.failsafes:
            return 5
        return 4 if vehicle.flying else 3

    @property
    def landed_state(self) -> int:
        vehicle = self.vehicle
        if not vehicle.flying:
            return 1
        if vehicle.mode.taking_off:
            return 3
        return 4 if vehicle.mode.landing else 2

    def heartbeat(self) -> Message:
        vehicle = self.vehicle
        base = 81 | (128 if vehicle.armed else 0) | (8 if vehicle.mode.needs_position else 0)
        return mavlink.MAVLink_heartbeat_message(2, 3, base, int(vehicle.mode.number), self.system_status, 3)

    def sys_status(self) -> Message:
        vehicle, battery = self.vehicle, self.vehicle.battery
        health = _SENSORS_HEALTHY
        enabled = _SENSORS_ENABLED | (_MOTORS_BIT if vehicle.armed else 0)
        if vehicle.boot_share < 0.55:
            health &= ~_PREARM_BIT
        if vehicle.failsafes & {"battery low", "battery critical"}:
            health &= ~_BATTERY_BIT if vehicle.armed else ~(_BATTERY_BIT | _PREARM_BIT)
        return mavlink.MAVLink_sys_status_message(
            _SENSORS_PRESENT, enabled, health, 0, v_to_mv(battery.voltage_v),
            round(battery.current_a * 100), battery.remaining_percent, 0, 0, 0, 0, 0, 0,
        )  # fmt: skip

    def system_time(self) -> Message:
        stamp = int((self.vehicle.setup.epoch_s + self.vehicle.time_s) * 1e6)
        return mavlink.MAVLink_system_time_message(stamp, self._ms)

    def battery(self) -> Message:
        battery, failsafes = self.vehicle.battery, self.vehicle.failsafes
        state = 3 if "battery critical" in failsafes else 2 if "battery low" in failsafes else 1
        return mavlink.MAVLink_battery_status_message(
            0, 0, 0, 32767, [v_to_mv(battery.voltage_v)] + [65535] * 9, round(battery.current_a * 100),
            round(battery.used_mah), round(battery.used_wh * 36.0), battery.remaining_percent, 0, state,
        )  # fmt: skip

    def power(self) -> Message:
        return mavlink.MAVLink_power_status_message(5000, 0, 0)

    def ekf(self) -> Message | None:
        if not reached(self.vehicle, _ESTIMATOR_S):
            return None
        spread = 0.9 if self.vehicle.position_lost else 0.005
        return mavlink.MAVLink_ekf_status_report_message(
            self.vehicle.ekf_flags, spread, spread, 0.001, 0.005, 0.0, 0.0
        )

    def extended_state(self) -> Message:
        return mavlink.MAVLink_extended_sys_state_message(3, self.landed_state)

    def vibration(self) -> Message:
        return mavlink.MAVLink_vibration_message(int(self.vehicle.time_s * 1e6), 0.003, 0.003, 0.003, 0, 0, 0)

    def version(self) -> Message:
        return mavlink.MAVLink_autopilot_version_message(
            _CAPABILITIES,
            _VERSION_4_6_2,
            0,
            0,
            0,
            list(b"skyshade"),
            [0] * 8,
            [0] * 8,
            0,
            0,
            0,
            list(_SYSTEM_ID),
        )

    # -- where it is

    @property
    def _course(self) -> float:
        return math.degrees(self.vehicle.air.yaw_rad) % 360.0

    def attitude(self) -> Message:
        air = self.vehicle.air
        roll, pitch, yaw = air.attitude_rad
        wrapped = math.atan2(math.sin(yaw), math.cos(yaw))
        return mavlink.MAVLink_attitude_message(self._ms, roll, pitch, wrapped, *air.rates_rads)

    def global_position(self) -> Message | None:
        vehicle, air = self.vehicle, self.vehicle.air
        if vehicle.boot_share < 0.06:
            return None
        lat, lon = vehicle.lat_lon_e7(vehicle.estimated)
        return mavlink.MAVLink_global_position_int_message(
            self._ms, lat, lon, vehicle.altitude_mm(air.height_m), m_to_mm(vehicle.above_home_m),
            m_to_cm(air.velocity.real), m_to_cm(air.velocity.imag), m_to_cm(-air.climb_ms),
            round(self._course * 100.0) % 36000,
        )  # fmt: skip

    def local_position(self) -> Message | None:
        vehicle, air = self.vehicle, self.vehicle.air
        if not vehicle.has_position:
            return None
        place = vehicle.estimated
        return mavlink.MAVLink_local_position_ned_message(
            self._ms,
            place.real,
            place.imag,
            -air.height_m,
            air.velocity.real,
            air.velocity.imag,
            -air.climb_ms,
        )

    def gps_raw(self) -> Message:
        vehicle, air = self.vehicle, self.vehicle.air
        stamp = int(vehicle.time_s * 1e6)
        if vehicle.gps_lost_s is not None or vehicle.boot_share < 0.25:
            return mavlink.MAVLink_gps_raw_int_message(stamp, 1, 0, 0, 0, 9999, 9999, 0, 0, 0)
        noise = complex(vehicle.random.gauss(0.0, 0.02), vehicle.random.gauss(0.0, 0.02))
        lat, lon = vehicle.lat_lon_e7(vehicle.estimated + noise)
        altitude = vehicle.altitude_mm(air.height_m)
        course = round(math.degrees(heading(air.velocity)) % 360.0 * 100.0)
        return mavlink.MAVLink_gps_raw_int_message(
            stamp, 6, lat, lon, altitude, 121, 200, m_to_cm(abs(air.velocity)), course,
            vehicle.params.integer("SIM_GPS_NUMSATS"), altitude, 300, 300, 0, 0, 0,
        )  # fmt: skip

    def vfr_hud(self) -> Message:
        vehicle, air = self.vehicle, self.vehicle.air
        ground = abs(air.velocity)
        throttle = round(100.0 * 0.36 * air.thrust_ratio) if vehicle.flying else 0
        altitude = vehicle.setup.altitude_m + air.height_m
        return mavlink.MAVLink_vfr_hud_message(
            ground, ground, int(self._course), throttle, altitude, air.climb_ms
        )

    def simstate(self) -> Message:
        air = self.vehicle.air
        roll, pitch, yaw = air.attitude_rad
        lat, lon = self.vehicle.lat_lon_e7(air.position)
        zero = [0.0] * 6
        return mavlink.MAVLink_simstate_message(roll, pitch, yaw, *zero, lat, lon)

    def wind(self) -> Message | None:
        """Always calm, as ArduCopter says without a wind estimate."""
        return mavlink.MAVLink_wind_message(-180.0, 0.0, 0.0) if self.vehicle.has_position else None

    def origin(self) -> Message | None:
        vehicle = self.vehicle
        if vehicle.boot_share < 0.5:
            return None
        lat, lon = vehicle.lat_lon_e7(0j)
        return mavlink.MAVLink_gps_global_origin_message(
            lat, lon, m_to_mm(vehicle.setup.altitude_m), int(vehicle.time_s * 1e6)
        )

    def _home(self) -> Message | None:
        return self.vehicle.home_message() if self.vehicle.boot_share >= 0.5 else None

    def terrain(self) -> Message:
        vehicle = self.vehicle
        above = vehicle.setup.altitude_m + vehicle.air.height_m
        return vehicle.terrain.report(vehicle.lat_lon_e7(vehicle.estimated), above)

    # -- what it does

    @staticmethod
    def reached() -> Message:
        """Asked for, it says nothing: the item is told when it is reached."""
        return mavlink.MAVLink_mission_item_reached_message(65535)

    def mission_current(self) -> Message:
        auto = self.copter.auto
        flown = self.vehicle.mode is auto
        state = auto.sequence.state(paused=flown and auto.paused)
        total = max(0, len(auto.sequence.items) - 1)
        seq = auto.sequence.nav_seq  # of a list that was emptied too
        return mavlink.MAVLink_mission_current_message(seq, total, int(state), 1 if flown else 0)

    def nav_controller(self) -> Message:
        vehicle, air = self.vehicle, self.vehicle.air
        goal = vehicle.nav.destination
        away = goal.place - air.position if goal is not None else 0j
        roll, pitch, _ = air.attitude_rad
        bearing = round(math.degrees(heading(away))) if abs(away) > 0.1 else 0
        rise = goal.height_m - air.height_m if goal is not None else 0.0
        return mavlink.MAVLink_nav_controller_output_message(
            math.degrees(roll),
            math.degrees(pitch),
            bearing,
            bearing,
            min(65535, round(abs(away))),
            rise,
            0.0,
            0.0,
        )

    def position_target(self) -> Message | None:
        vehicle, goal = self.vehicle, self.vehicle.nav.destination
        if not vehicle.flying or goal is None:
            return None
        lat, lon = vehicle.lat_lon_e7(goal.place)
        altitude = vehicle.setup.altitude_m + goal.height_m
        return mavlink.MAVLink_position_target_global_int_message(
            self._ms, 0, 65016, lat, lon, altitude, *[0.0] * 8
        )

    def fence(self) -> Message | None:
        fence = self.vehicle.fence
        if not fence.enabled:
            return None
        return mavlink.MAVLink_fence_status_message(
            1 if fence.breaches else 0, fence.breach_count, int(fence.breach_type), fence.breach_time_ms,
            0 if self.vehicle.params.integer("FENCE_ACTION") == 0 else 1,
        )  # fmt: skip

    def servos(self) -> Message:
        vehicle = self.vehicle
        motors = round(1000 + 1000 * 0.36 * vehicle.air.thrust_ratio) if vehicle.flying else 1000
        outputs = {1: motors, 2: motors, 3: motors, 4: motors, **vehicle.servos}
        if vehicle.gripper.fitted:
            outputs[9] = vehicle.gripper.servo_us
        values = [max(0, min(65535, outputs.get(channel, 0))) for channel in range(1, 17)]
        return mavlink.MAVLink_servo_output_raw_message(int(vehicle.time_s * 1e6) & 0xFFFFFFFF, 0, *values)

    def rc_channels(self) -> Message:
        sticks = [1500, 1500, 1000, 1500, 1800, 1000, 1000, 1800, *[0] * 10]
        return mavlink.MAVLink_rc_channels_message(self._ms, 8, *sticks, 255)

    # -- payload

    def winch(self) -> Message | None:
        winch = self.vehicle.winch
        if not winch.fitted:
            return None
        return mavlink.MAVLink_winch_status_message(
            int(self.vehicle.time_s * 1e6), winch.length_m, winch.speed_ms, _NAN, _NAN, _NAN, 32767, 1
        )

    def capture(self) -> Message:
        return mavlink.MAVLink_camera_capture_status_message(
            self._ms, 0, 0, 0.0, 0, _NAN, self.vehicle.camera.images
        )

    def camera(self) -> Message:
        return mavlink.MAVLink_camera_information_message(
            self._ms, [0] * 32, [0] * 32, 0, _NAN, _NAN, _NAN, 0, 0, 0, 2, 0, b""
        )
