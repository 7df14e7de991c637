"""Power of a multirotor in steady flight: momentum theory, scaled by a measured hover.

Leishman, Principles of Helicopter Aerodynamics, chapters 2 and 5: induced power by Glauert's relation,
profile power growing with the advance ratio and, since rotors of fixed pitch lift by spinning faster, with
thrust ** 1.5, parasite power with the cube of airspeed, climb power. One
measured hover figure scales the sum (Rodrigues et al. 2021 find models 3-5 times apart).
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

from core.units import STANDARD_GRAVITY_MS2, celsius_to_kelvin
from missions.aircraft import Aircraft

TIP_SPEED_MS = 120.0  # usual for hovering multirotors; only enters through the advance ratio
INDUCED_FACTOR = 1.15  # losses of a real disc over the ideal one


def air_density_kgm3(altitude_m: float = 0.0, temperature_C: float = 15.0) -> float:
    """Density of dry air at a height over sea level, by the standard atmosphere's pressure."""
    pressure_pa: float = 101325.0 * (1.0 - 2.25577e-5 * altitude_m) ** 5.25588
    return pressure_pa / (287.05 * celsius_to_kelvin(temperature_C))


def induced_velocity_ms(thrust_N: float, area_m2: float, density: float, airspeed_ms: float) -> float:
    """The air's speed down through the discs in level flight, closed form of Glauert's relation, m/s."""
    hover2 = thrust_N / (2.0 * density * area_m2)
    half = airspeed_ms**2 / 2.0
    return math.sqrt(math.sqrt(half * half + hover2 * hover2) - half)


def power_W(
    aircraft: Aircraft,
    airspeed_ms: float = 0.0,
    climb_ms: float = 0.0,
    *,
    payload_kg: float = 0.0,
    density: float = 1.225,
    accel_ms2: float = 0.0,
) -> float:
    """Electrical power at a horizontal airspeed and climb rate (negative = descent), watts.

    At the calibration mass and density with airspeed 0 it is exactly `aircraft.hover_power_W`. A descent
    gives nothing back, nor does slowing down (`accel_ms2` < 0): the rotors only lean the other way.
    """
    return rotors_of(aircraft).power_W(
        airspeed_ms, climb_ms, payload_kg=payload_kg, density=density, accel_ms2=accel_ms2
    )


@dataclass(frozen=True, slots=True)
class Rotors:
    """An aircraft's figures as `power_W` needs them: masses in kg, hover thrust in newtons, discs in m2;
    `blades_W` turn the blades in the measured hover, `scale` is that hover's power over theory's.
    """

    mass_kg: float
    drag_area_m2: float
    area_m2: float
    relief: float
    hover_N: float
    hover_density: float
    blades_W: float
    avionics_W: float
    scale: float = 1.0

    def power_W(
        self,
        airspeed_ms: float,
        climb_ms: float,
        *,
        payload_kg: float = 0.0,
        density: float = 1.225,
        accel_ms2: float = 0.0,
    ) -> float:
        """As `power_W` of the aircraft."""
        wanted = self.aerodynamic_W(
            self.mass_kg + payload_kg, density, airspeed_ms, max(0.0, climb_ms), accel_ms2
        )
        return self.scale * wanted + self.avionics_W

    def aerodynamic_W(
        self, mass: float, density: float, airspeed: float, climb: float, accel: float
    ) -> float:
        """What theory asks for, without scale and avionics."""
        weight = mass * STANDARD_GRAVITY_MS2
        push = 0.5 * density * self.drag_area_m2 * airspeed**2 + mass * accel
        thrust = math.hypot(weight, push)
        hovering = induced_velocity_ms(thrust, self.area_m2, density, 0.0)
        moving = induced_velocity_ms(thrust, self.area_m2, density, airspeed)
        induced = INDUCED_FACTOR * thrust * (hovering - self.relief * (hovering - moving))
        spin = math.pow(thrust / self.hover_N, 1.5) * math.sqrt(self.hover_density / density)
        profile = self.blades_W * spin * (1.0 + 4.65 * (airspeed / TIP_SPEED_MS) ** 2)
        return induced + profile + max(0.0, push) * airspeed + weight * climb


@lru_cache(maxsize=64)
def rotors_of(aircraft: Aircraft) -> Rotors:
    """The figures of an aircraft, worked out once."""
    hover, density, area = aircraft.hover_mass_kg, aircraft.hover_density_kgm3, aircraft.rotor_area_m2
    hover_N = hover * STANDARD_GRAVITY_MS2
    still = INDUCED_FACTOR * hover_N * induced_velocity_ms(hover_N, area, density, 0.0)
    share = aircraft.profile_share / (1.0 - aircraft.profile_share)
    theory = Rotors(
        aircraft.mass_kg, aircraft.drag_area_m2, area, aircraft.induced_relief, hover_N, density,
        share * still, aircraft.avionics_W,
    )  # fmt: skip
    wanted = theory.aerodynamic_W(hover, density, 0.0, 0.0, 0.0)
    return replace(theory, scale=(aircraft.hover_power_W - aircraft.avionics_W) / wanted)
