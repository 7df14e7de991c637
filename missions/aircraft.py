"""What a planner must know of an aircraft: mass, rotors, battery, speeds, limits."""

import math
from dataclasses import dataclass
from pathlib import Path

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
    approximate: bool = True
    source: str = ""

    def __post_init__(self) -> None:
        for name in _POSITIVE:
            value = getattr(self, name)
            if not (isinstance(value, int | float) and math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be > 0, got {value}")
        for name in ("usable_fraction", "reserve_fraction", "profile_share", "induced_relief"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be in [0, 1], got {getattr(self, name)}")

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


_POSITIVE = (
    "mass_kg", "rotors", "rotor_diameter_m", "battery_Wh", "hover_power_W", "hover_mass_kg",
    "hover_density_kgm3", "cruise_ms", "max_airspeed_ms", "max_wind_ms", "climb_ms", "descent_ms",
    "land_ms", "accel_ms2", "climb_accel_ms2", "corner_accel_ms2", "jerk_ms3", "waypoint_radius_m",
)  # fmt: skip


def aircraft_names() -> list[str]:
    """The names in the packaged catalogue."""
    return catalogue.names("aircraft")


def load_aircraft(name_or_path: str | Path) -> Aircraft:
    """An aircraft by catalogue name (`quad-4kg`) or from a .toml file with the fields of `Aircraft`.

    Raises `UnknownNameError` (listing the known) or `BadFileError`.
    """
    return catalogue.load("aircraft", "aircraft", name_or_path, Aircraft)
