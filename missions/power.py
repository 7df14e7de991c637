"""Power of a multirotor in steady flight: momentum theory, scaled by a measured hover.

Leishman, Principles of Helicopter Aerodynamics, chapters 2 and 5: induced power by Glauert's relation,
profile power growing with the advance ratio and, since rotors of fixed pitch lift by spinning faster, with
thrust ** 1.5, parasite power with the cube of airspeed, climb power. One
measured hover figure scales the sum (Rodrigues et al. 2021 find models 3-5 times apart).
"""

import math
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
    mass = aircraft.mass_kg + payload_kg
    wanted = _aerodynamic_W(aircraft, mass, density, airspeed_ms, max(0.0, climb_ms), accel_ms2)
    return _scale(aircraft) * wanted + aircraft.avionics_W


@lru_cache(maxsize=64)
def _scale(aircraft: Aircraft) -> float:
    """The measured hover power over theory's."""
    hover = _aerodynamic_W(aircraft, aircraft.hover_mass_kg, aircraft.hover_density_kgm3, 0.0, 0.0, 0.0)
    return (aircraft.hover_power_W - aircraft.avionics_W) / hover


def _aerodynamic_W(
    aircraft: Aircraft, mass: float, density: float, airspeed: float, climb: float, accel: float
) -> float:
    weight = mass * STANDARD_GRAVITY_MS2
    drag = 0.5 * density * aircraft.drag_area_m2 * airspeed**2
    push = drag + mass * accel
    thrust = math.hypot(weight, push)
    area = aircraft.rotor_area_m2
    hovering, moving = (induced_velocity_ms(thrust, area, density, v) for v in (0.0, airspeed))
    relieved = hovering - aircraft.induced_relief * (hovering - moving)
    induced = INDUCED_FACTOR * thrust * relieved
    reference = aircraft.hover_mass_kg * STANDARD_GRAVITY_MS2
    still = (
        INDUCED_FACTOR * reference * induced_velocity_ms(reference, area, aircraft.hover_density_kgm3, 0.0)
    )
    share = aircraft.profile_share / (1.0 - aircraft.profile_share)
    spin = math.pow(thrust / reference, 1.5) * math.sqrt(aircraft.hover_density_kgm3 / density)
    profile = share * still * spin * (1.0 + 4.65 * (airspeed / TIP_SPEED_MS) ** 2)
    return induced + profile + max(0.0, push) * airspeed + weight * climb
