"""What a planner must know of an aircraft: mass, rotors, battery, speeds, limits."""

import math
from dataclasses import dataclass
from pathlib import Path

from core.units import STANDARD_GRAVITY_MS2
from missions import catalogue
from missions.motion import Limits


@dataclass(frozen=True, slots=True)
class Aircraft:
    """A multirotor as the planner sees it.

    Power is calibrated by one measured figure: `hover_power_W` at `hover_mass_kg` and
    `hover_density_kgm3`. `profile_share` is the part of that power which turns the blades against their own
    drag. `induced_relief` is the share of theory's fall of induced power in forward flight that is counted:
    fixed-pitch rotors gain less (Rodrigues et al. 2021 measured a nearly flat curve). `drag_area_m2` is drag
    coefficient times frontal area. Speeds in m/s; `accel_ms2` along the path, reached no faster than
    `jerk_ms3` lets it grow; the jerk itself comes in `ease_s`. Up and down it is `climb_accel_ms2`. A corner
    is passed within `waypoint_radius_m` and `corner_accel_ms2`. `trigger_excess_m` and
    `trigger_excess_max_m`: how much further than asked a distance trigger of 10 m really fires (mean, worst).

    `max_takeoff_kg`, `battery_Ah`, `battery_V` (nominal) and `max_gust_ms` may be left out; `camera_mount`
    says what may be hung below. `approximate` where a figure is derived or estimated rather than measured.
    """

    name: str
    mass_kg: float
    payload_max_kg: float
    rotors: int
    rotor_diameter_m: float
    battery_Wh: float
    hover_power_W: float
    hover_mass_kg: float
    hover_density_kgm3: float = 1.225
    usable_fraction: float = 0.95
    reserve_fraction: float = 0.25
    profile_share: float = 0.2
    induced_relief: float = 0.4
    drag_area_m2: float = 0.05
    avionics_W: float = 10.0
    cruise_ms: float = 10.0
    max_airspeed_ms: float = 15.0
    max_wind_ms: float = 8.0
    max_rain_mm_h: float = 0.0
    min_temperature_C: float = 0.0
    max_temperature_C: float = 40.0
    climb_ms: float = 2.5
    descent_ms: float = 1.5
    land_ms: float = 0.5
    accel_ms2: float = 2.5
    jerk_ms3: float = 1.0
    ease_s: float = 0.3
    climb_accel_ms2: float = 1.0
    corner_accel_ms2: float = 5.0
    waypoint_radius_m: float = 2.0
    trigger_excess_m: float = 0.105
    trigger_excess_max_m: float = 0.12
    max_gust_ms: float | None = None
    max_takeoff_kg: float | None = None
    battery_Ah: float | None = None
    battery_V: float | None = None
    camera_mount: str = ""
    approximate: bool = True
    source: str = ""

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value is None and name in _OPTIONAL:
                continue
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (number and math.isfinite(value) and low <= value <= high):
                raise ValueError(f"{name} must be a number in [{low:g}, {high:g}], got {value!r}")
        self._check_masses()
        self._check_battery()
        self._check_hover()

    def _check_masses(self) -> None:
        if int(self.rotors) != self.rotors:
            raise ValueError(f"rotors must be a whole number, got {self.rotors}")
        top = self.max_takeoff_kg
        if top is not None and self.mass_kg + self.payload_max_kg > top * 1.001:
            raise ValueError(
                f"payload_max_kg {self.payload_max_kg:g} and mass_kg {self.mass_kg:g} are more than "
                f"max_takeoff_kg {top:g}: at most {max(0.0, top - self.mass_kg):g} may be carried"
            )
        if self.reserve_fraction >= self.usable_fraction:
            raise ValueError(
                f"reserve_fraction {self.reserve_fraction:g} must be below usable_fraction "
                f"{self.usable_fraction:g}, else nothing may be flown"
            )

    def _check_battery(self) -> None:
        if self.battery_Ah is None or self.battery_V is None:
            return
        told = self.battery_Ah * self.battery_V
        if abs(told / self.battery_Wh - 1.0) > 0.1:
            raise ValueError(
                f"battery_Wh {self.battery_Wh:g} is not battery_Ah x battery_V = {told:.0f}: one is wrong"
            )

    def _check_hover(self) -> None:
        least = self.ideal_hover_W
        if self.hover_power_W - self.avionics_W < least:
            raise ValueError(
                f"hover_power_W {self.hover_power_W:g} is less than even ideal rotors need to lift "
                f"hover_mass_kg {self.hover_mass_kg:g}: above {least + self.avionics_W:.0f} W is possible"
            )

    @property
    def ideal_hover_W(self) -> float:
        """What momentum theory asks at least for the calibrated hover: T ** 1.5 / sqrt(2 rho A)."""
        thrust = self.hover_mass_kg * STANDARD_GRAVITY_MS2
        return float(thrust**1.5 / math.sqrt(2.0 * self.hover_density_kgm3 * self.rotor_area_m2))

    @property
    def rotor_area_m2(self) -> float:
        """Area of all rotor discs."""
        return self.rotors * math.pi * self.rotor_diameter_m**2 / 4.0

    def limits(self, flat: float, steep: float, speed_ms: float) -> Limits:
        """What it may do along a line that leads so far over the ground and so far up, per metre."""
        accel = min(self.accel_ms2 / max(flat, 1e-9), self.climb_accel_ms2 / max(steep, 1e-9))
        return Limits(speed_ms, accel, self.jerk_ms3, self.ease_s)

    def ramp_s(self, change_ms: float) -> float:
        """Seconds to change speed by `change_ms` over the ground."""
        return self.limits(1.0, 0.0, change_ms).ramp_s(change_ms)

    @property
    def flyable_Wh(self) -> float:
        """Energy a plan may use: what the battery gives, less the reserve."""
        return self.battery_Wh * (self.usable_fraction - self.reserve_fraction)


_RANGES = {
    "mass_kg": (0.05, 2000.0), "payload_max_kg": (0.0, 1000.0), "rotors": (1, 64),
    "rotor_diameter_m": (0.02, 10.0), "battery_Wh": (0.5, 1e6), "hover_power_W": (1.0, 1e6),
    "hover_mass_kg": (0.05, 2000.0), "hover_density_kgm3": (0.3, 1.6), "usable_fraction": (0.05, 1.0),
    "reserve_fraction": (0.0, 1.0), "profile_share": (0.0, 0.9), "induced_relief": (0.0, 1.0),
    "drag_area_m2": (0.0, 20.0), "avionics_W": (0.0, 10_000.0), "cruise_ms": (0.5, 100.0),
    "max_airspeed_ms": (0.5, 150.0), "max_wind_ms": (0.1, 60.0), "max_gust_ms": (0.1, 80.0),
    "max_rain_mm_h": (0.0, 300.0), "min_temperature_C": (-80.0, 60.0), "max_temperature_C": (-40.0, 90.0),
    "climb_ms": (0.1, 40.0), "descent_ms": (0.1, 40.0), "land_ms": (0.05, 10.0), "accel_ms2": (0.1, 30.0),
    "jerk_ms3": (0.05, 500.0), "ease_s": (0.0, 5.0), "climb_accel_ms2": (0.05, 30.0),
    "corner_accel_ms2": (0.1, 60.0), "waypoint_radius_m": (0.05, 100.0), "trigger_excess_m": (0.0, 20.0),
    "trigger_excess_max_m": (0.0, 20.0), "max_takeoff_kg": (0.05, 3000.0), "battery_Ah": (0.05, 5000.0),
    "battery_V": (1.0, 1000.0),
}  # fmt: skip
_OPTIONAL = frozenset({"max_gust_ms", "max_takeoff_kg", "battery_Ah", "battery_V"})


def aircraft_names() -> list[str]:
    """The names in the packaged catalogue."""
    return catalogue.names("aircraft")


def load_aircraft(name_or_path: str | Path) -> Aircraft:
    """An aircraft by catalogue name (`quad-4kg`) or from a .toml file with the fields of `Aircraft`.

    Raises `UnknownNameError` (listing the known) or `BadFileError`.
    """
    return catalogue.load("aircraft", "aircraft", name_or_path, Aircraft)
