"""The messages the vehicle sends by itself, and how often each client gets them."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from core.units import m_to_cm, m_to_mm, v_to_mv
from flight.simulator.auto import Auto
from flight.simulator.geometry import heading
from flight.simulator.messages import Message, Outgoing, mavlink
from flight.simulator.vehicle import Vehicle

HEARTBEAT_S = 1.0
_CAPABILITIES = 64495
_VERSION_4_6_2 = 67502847
_SENSORS_PRESENT = 0x5371FC2F
_SENSORS_ENABLED = 0x5261FC2F
_SENSORS_HEALTHY = 0x5771FC2F
_MOTORS_BIT = 0x01000000
_PREARM_BIT = 0x10000000
_BATTERY_BIT = 0x02000000
_NAN = float("nan")


class Copter(Protocol):
    """What telemetry reads."""

    vehicle: Vehicle

    @property
    def auto(self) -> Auto:
        """The AUTO mode."""
        ...


@dataclass(slots=True)
class Stream:
    """One message to one client: every `period_s`, next at `due_s`."""

    period_s: float
    due_s: float


@dataclass(slots=True)
class Telemetry:
    """Makes messages by id, and sends each client what it asked for."""

    copter: Copter
    makers: dict[int, Callable[[], Message | None]] = field(init=False)
    clients: dict[int, dict[int, Stream]] = field(default_factory=dict)
    next_s: float = 0.0  # when the next message is due

    def __post_init__(self) -> None:
        self.makers = {
            0: self.heartbeat, 1: self.sys_status, 2: self.system_time, 24: self.gps_raw, 30: self.attitude,
            32: self.local_position, 33: self.global_position, 36: self.servos, 42: self.mission_current,
            62: self.nav_controller, 65: self.rc_channels, 74: self.vfr_hud, 125: self.power,
            147: self.battery, 148: self.version, 162: self.fence, 164: self.simstate, 168: self.wind,
            193: self.ekf, 241: self.vibration, 242: self._home, 245: self.extended_state, 253: lambda: None,
            262: self.capture, 259: self.camera, 49: self.origin, 87: self.position_target,
            9005: self.winch,
        }  # fmt: skip

    @property
    def vehicle(self) -> Vehicle:
        return self.copter.vehicle

    def join(self, link: int) -> None:
        """A client came: it gets the streams of SR0_*."""
        self.clients[link] = {}
        for stream, name in _STREAM_PARAMS.items():
            self.request_stream(link, stream, self.vehicle.params[name])

    def leave(self, link: int) -> None:
        self.clients.pop(link, None)

    def request_stream(self, link: int, stream: int, rate_hz: float) -> None:
        """REQUEST_DATA_STREAM; stream 0 is all of them."""
        groups = _GROUPS.values() if stream == 0 else [_GROUPS.get(stream, ())]
        for message_id in (number for group in groups for number in group):
            self.set_interval(link, message_id, 1e6 / rate_hz if rate_hz > 0.0 else -1.0)

    def set_interval(self, link: int, message_id: int, interval_us: float) -> bool:
        """SET_MESSAGE_INTERVAL; -1 stops, 0 is the default rate. False for an unknown message."""
        if message_id not in self.makers:
            return False
        streams = self.clients.setdefault(link, {})
        if interval_us < 0.0:
            streams.pop(message_id, None)
        else:
            period_s = max(interval_us, 20_000.0) / 1e6 if interval_us > 0.0 else 0.25
            streams[message_id] = Stream(period_s, self.vehicle.time_s + period_s)
            self.next_s = 0.0
        return True

    def make(self, message_id: int) -> Message | None:
        maker = self.makers.get(message_id)
        return maker() if maker is not None else None

    def step(self) -> None:
        """Send what is due; a message due to several clients is made once."""
        now_s = self.vehicle.time_s
        if now_s + 1e-6 < self.next_s:
            return
        made: dict[int, Message | None] = {}
        for link, streams in self.clients.items():
            for message_id, stream in streams.items():
                if stream.due_s > now_s + 1e-6:
                    continue
                stream.due_s = max(stream.due_s + stream.period_s, now_s)
                if message_id not in made:
                    made[message_id] = self.make(message_id)
                message = made[message_id]
                if message is not None:
                    self.vehicle.post(Outgoing(message, link, streamed=True))
        due = [stream.due_s for streams in self.clients.values() for stream in streams.values()]
        self.next_s = min(due, default=math.inf)

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

    def ekf(self) -> Message:
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
            _CAPABILITIES, _VERSION_4_6_2, 0, 0, 0, list(b"skyshade"), [0] * 8, [0] * 8, 0, 0, 0
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

    # -- what it does

    def mission_current(self) -> Message:
        auto = self.copter.auto
        flown = self.vehicle.mode is auto
        state = auto.sequence.state(paused=flown and auto.paused)
        total = max(0, len(auto.sequence.items) - 1)
        return mavlink.MAVLink_mission_current_message(
            auto.sequence.nav_seq, total, int(state), 1 if flown else 0
        )

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
        values = [outputs.get(channel, 0) for channel in range(1, 17)]
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


_STREAM_PARAMS = {
    1: "SR0_RAW_SENS", 2: "SR0_EXT_STAT", 3: "SR0_RC_CHAN", 6: "SR0_POSITION", 10: "SR0_EXTRA1",
    11: "SR0_EXTRA2", 12: "SR0_EXTRA3",
}  # fmt: skip
_GROUPS: dict[int, tuple[int, ...]] = {
    1: (),
    2: (1, 125, 42, 24, 62, 162, 87),
    3: (36, 65),
    6: (33, 32),
    10: (30, 164),
    11: (74,),
    12: (168, 2, 147, 193, 241, 9005),
}
