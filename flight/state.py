"""Telemetry folded into one value: what the vehicle last said of itself, None where it said nothing."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from core.geo import LonLat
from core.units import e7_to_deg, mm_to_m, mv_to_v
from core.wind import Wind
from flight.modes import mode_name
from flight.windestimate import WindEstimate, observe
from flight.wire import Fields, Message

EKF_READY_FLAGS = 831  # attitude, velocity, relative and absolute position, and their predictions
ARMED_FLAG = 128  # MAV_MODE_FLAG_SAFETY_ARMED
PREARM_BIT = 0x10000000  # MAV_SYS_STATUS_PREARM_CHECK
ON_GROUND, IN_AIR, TAKING_OFF, LANDING = 1, 2, 3, 4  # MAV_LANDED_STATE
MISSION_NONE, MISSION_WAITING, MISSION_ACTIVE, MISSION_PAUSED, MISSION_COMPLETE = 1, 2, 3, 4, 5
TEXTS_KEPT = 20
COPTER_TYPES = frozenset({2, 3, 4, 13, 14, 15, 29, 35})  # MAV_TYPE of multicopters and helicopters


@dataclass(frozen=True, slots=True)
class Text:
    """A STATUSTEXT: severity 0 (emergency) to 7 (debug), the text, and when it came (UTC seconds)."""

    severity: int
    text: str
    utc_s: float


@dataclass(frozen=True, slots=True)
class VehicleState:
    """What is known of the vehicle; None = not heard yet.

    Times in seconds (`boot_s` since the vehicle started, `epoch_s` UTC of its start); altitudes in metres;
    attitude and heading in degrees; speeds in m/s east, north, up; battery in volts and 0..1; `air` is the
    wind as far as it can be told from the flight so far.
    """

    vehicle_type: int | None = None
    mode: str | None = None
    armed: bool | None = None
    system_status: int | None = None
    boot_s: float | None = None
    epoch_s: float | None = None
    position: LonLat | None = None
    altitude_home_m: float | None = None
    altitude_geoid_m: float | None = None
    velocity_enu_ms: tuple[float, float, float] | None = None
    heading_deg: float | None = None
    roll_deg: float | None = None
    pitch_deg: float | None = None
    ekf_flags: int | None = None
    gps_fix: int | None = None
    satellites: int | None = None
    prearm_ok: bool | None = None
    battery_v: float | None = None
    battery_left: float | None = None
    landed_state: int | None = None
    mission_seq: int | None = None
    mission_state: int | None = None
    mission_total: int | None = None
    reached: int | None = None
    home: LonLat | None = None
    home_geoid_m: float | None = None
    air: WindEstimate = WindEstimate()  # noqa: RUF009  # a frozen value
    texts: tuple[Text, ...] = ()

    @property
    def utc_s(self) -> float | None:
        """The vehicle's own UTC time."""
        if self.boot_s is None or self.epoch_s is None:
            return None
        return self.epoch_s + self.boot_s

    @property
    def wind(self) -> Wind | None:
        """The wind estimated from lean and track, None while it is unknown (`air` holds its error)."""
        return self.air.wind

    @property
    def speed_ms(self) -> float | None:
        """Ground speed."""
        return None if self.velocity_enu_ms is None else math.hypot(*self.velocity_enu_ms[:2])

    @property
    def on_ground(self) -> bool:
        """Whether the vehicle says that it has landed."""
        return self.landed_state == ON_GROUND

    @property
    def position_ready(self) -> bool | None:
        """Whether the position estimate is complete; None when nothing was heard."""
        return None if self.ekf_flags is None else self.ekf_flags & EKF_READY_FLAGS == EKF_READY_FLAGS


_NAMES = tuple(field.name for field in fields(VehicleState))
_VALUES = attrgetter(*_NAMES)


def replace(state: VehicleState, **changes: Any) -> VehicleState:
    """The state with these changes; `dataclasses.replace` takes twice the time."""
    return VehicleState(**{**dict(zip(_NAMES, _VALUES(state), strict=True)), **changes})


def fold(state: VehicleState, message: Message) -> VehicleState:
    """The state after one message; messages it does not know change nothing."""
    handler = _HANDLERS.get(message.name)
    if handler is None:
        return state
    if message.name == "STATUSTEXT":
        text = Text(int(message.fields["severity"]), str(message.fields["text"]), message.utc_s)
        return replace(state, texts=(*state.texts[-TEXTS_KEPT + 1 :], text))
    return handler(state, message.fields)


def _heartbeat(state: VehicleState, f: Fields) -> VehicleState:
    return replace(
        state,
        vehicle_type=int(f["type"]),
        mode=mode_name(int(f["custom_mode"])),
        armed=bool(f["base_mode"] & ARMED_FLAG),
        system_status=int(f["system_status"]),
    )


def _system_time(state: VehicleState, f: Fields) -> VehicleState:
    boot_s = f["time_boot_ms"] / 1000.0
    unix_s = f["time_unix_usec"] / 1e6
    epoch_s = unix_s - boot_s if unix_s > 0 else state.epoch_s
    return replace(state, boot_s=boot_s, epoch_s=epoch_s)


def _place(lat_e7: int, lon_e7: int) -> LonLat | None:
    """A place; None where there is no fix or the numbers are no place on earth."""
    if (lat_e7 == 0 and lon_e7 == 0) or abs(lat_e7) > 900_000_000 or abs(lon_e7) > 1_800_000_000:
        return None
    return LonLat(e7_to_deg(lon_e7), e7_to_deg(lat_e7))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _global_position(state: VehicleState, f: Fields) -> VehicleState:
    heading = None if f["hdg"] == 65535 else f["hdg"] / 100.0
    boot_s, east_ms, north_ms = f["time_boot_ms"] / 1000.0, f["vy"] / 100.0, f["vx"] / 100.0
    air, climb_ms, roll, pitch = state.air, -f["vz"] / 100.0, state.roll_deg, state.pitch_deg
    flying = state.armed and state.landed_state == IN_AIR
    if flying and heading is not None and roll is not None and pitch is not None:
        air = observe(air, boot_s, (east_ms, north_ms), climb_ms, (roll, pitch, heading))
    return replace(
        state,
        boot_s=boot_s,
        air=air,
        position=_place(f["lat"], f["lon"]),
        altitude_home_m=mm_to_m(f["relative_alt"]),
        altitude_geoid_m=mm_to_m(f["alt"]),
        velocity_enu_ms=(east_ms, north_ms, climb_ms),
        heading_deg=heading,
    )


def _attitude(state: VehicleState, f: Fields) -> VehicleState:
    return replace(
        state,
        boot_s=f["time_boot_ms"] / 1000.0,
        roll_deg=_finite(math.degrees(f["roll"])),
        pitch_deg=_finite(math.degrees(f["pitch"])),
    )


def _sys_status(state: VehicleState, f: Fields) -> VehicleState:
    known = bool(f["onboard_control_sensors_present"] & PREARM_BIT)
    volts, left = f["voltage_battery"], f["battery_remaining"]
    return replace(
        state,
        prearm_ok=bool(f["onboard_control_sensors_health"] & PREARM_BIT) if known else None,
        battery_v=None if volts in (0, 65535) else mv_to_v(volts),
        battery_left=None if left < 0 else left / 100.0,
    )


def _gps(state: VehicleState, f: Fields) -> VehicleState:
    satellites = None if f["satellites_visible"] == 255 else int(f["satellites_visible"])
    return replace(state, gps_fix=int(f["fix_type"]), satellites=satellites)


def _mission_current(state: VehicleState, f: Fields) -> VehicleState:
    return replace(
        state,
        mission_seq=int(f["seq"]),
        mission_state=int(f.get("mission_state", 0)) or None,
        mission_total=int(f.get("total", 0)),
    )


def _home(state: VehicleState, f: Fields) -> VehicleState:
    place = _place(f["latitude"], f["longitude"])
    return state if place is None else replace(state, home=place, home_geoid_m=mm_to_m(f["altitude"]))


_HANDLERS: dict[str, Callable[[VehicleState, Fields], VehicleState]] = {
    "HEARTBEAT": _heartbeat,
    "SYSTEM_TIME": _system_time,
    "GLOBAL_POSITION_INT": _global_position,
    "ATTITUDE": _attitude,
    "SYS_STATUS": _sys_status,
    "GPS_RAW_INT": _gps,
    "EKF_STATUS_REPORT": lambda state, f: replace(state, ekf_flags=int(f["flags"])),
    "EXTENDED_SYS_STATE": lambda state, f: replace(state, landed_state=int(f["landed_state"])),
    "MISSION_CURRENT": _mission_current,
    "MISSION_ITEM_REACHED": lambda state, f: replace(state, reached=int(f["seq"])),
    "HOME_POSITION": _home,
    "STATUSTEXT": lambda state, _: state,
}
