import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.wind import Wind
from missions.aircraft import aircraft_names, load_aircraft
from missions.energy import (
    PathPoint,
    air_density_kgm3,
    induced_velocity_ms,
    leg_costs,
    leg_seconds,
    path_cost,
    power_W,
    reachable_ground_speed,
)

QUAD = load_aircraft("quad-4kg")


@pytest.mark.parametrize("name", aircraft_names())
def test_hover_at_calibration_is_the_measured_power(name):
    craft = load_aircraft(name)
    extra = craft.hover_mass_kg - craft.mass_kg
    assert power_W(craft, payload_kg=extra) == pytest.approx(craft.hover_power_W)


@given(st.floats(1, 500), st.floats(0.05, 3), st.floats(0.8, 1.3), st.floats(0, 40))
def test_induced_velocity_satisfies_glauert(thrust, area, density, speed):
    v = induced_velocity_ms(thrust, area, density, speed)
    assert v * math.hypot(speed, v) == pytest.approx(thrust / (2 * density * area), rel=1e-3)


def test_thin_air_load_climb_and_speed_cost_what_they_should():
    hover = power_W(QUAD)
    assert power_W(QUAD, payload_kg=0.5) > hover
    assert power_W(QUAD, density=1.0) > hover
    assert power_W(QUAD, climb_ms=2.0) > hover + 4.0 * 9.8 * 2.0
    assert power_W(QUAD, airspeed_ms=6.0) < hover < power_W(QUAD, airspeed_ms=20.0)


def test_standard_air_is_1225_grams():
    assert air_density_kgm3(0.0, 15.0) == pytest.approx(1.225, abs=0.001)


def test_long_leg_takes_length_over_speed_and_one_ramp():
    cost = path_cost([PathPoint(0, 0, 50, 10), PathPoint(1000, 0, 50, 10)], QUAD)
    assert cost.distance_m == pytest.approx(1000)
    assert cost.duration_s == pytest.approx(1000 / 10 + QUAD.ramp_s(10))


def test_short_leg_never_reaches_its_speed():
    """From rest to rest over 10 m: jerk up, down, down, up, each of which eases in for 0.3 s."""
    cost = path_cost([PathPoint(0, 0, 50, 10), PathPoint(10, 0, 50, 10)], QUAD)
    assert cost.duration_s == pytest.approx(oracle_seconds(10.0, QUAD), rel=0.01)


def oracle_seconds(length, craft):
    """The greatest acceleration whose two ramps fit, found by stepping through candidates."""
    best = 0.0
    for accel in np.arange(0.01, craft.accel_ms2, 0.001):
        rise = craft.ease_s + accel / craft.jerk_ms3
        if 2 * accel * rise**2 <= length:
            best = 4 * rise
    return best


def test_ramp_is_the_time_a_jerk_limited_integration_takes():
    craft = replace(QUAD, ease_s=1e-9)
    for change in (3.0, 10.0):
        speed, accel, step, seconds = 0.0, 0.0, 1e-3, 0.0
        while speed < change:
            braking = accel**2 / 2 / craft.jerk_ms3 >= change - speed
            accel = max(accel - step, 1e-3) if braking else min(accel + step, craft.accel_ms2)
            speed, seconds = speed + accel * step, seconds + step
        assert craft.ramp_s(change) == pytest.approx(seconds, rel=0.02)


def test_long_straight_leg_cut_in_two_costs_the_same():
    whole = path_cost([PathPoint(0, 0, 50, 8), PathPoint(300, 400, 50, 8)], QUAD, Wind(4, 90))
    split = path_cost([PathPoint(300 * i, 400 * i, 50, 8) for i in (0, 0.5, 1)], QUAD, Wind(4, 90))
    assert split.duration_s == pytest.approx(whole.duration_s, rel=1e-3)
    assert split.energy_Wh == pytest.approx(whole.energy_Wh, rel=5e-3)


def test_legs_too_short_to_gain_speed_cost_time_even_in_one_line():
    """As ArduPilot flies: each leg could stop at its own end."""
    whole = path_cost([PathPoint(0, 0, 50, 10), PathPoint(400, 0, 50, 10)], QUAD)
    split = path_cost([PathPoint(10 * i, 0, 50, 10) for i in range(41)], QUAD)
    assert 1.5 * whole.duration_s < split.duration_s < 41 * 8


def test_a_stop_costs_more_than_a_corner_flown_through():
    points = [PathPoint(0, 0, 50, 10), PathPoint(100, 0, 50, 10), PathPoint(100, 100, 50, 10)]
    flown = path_cost(points, QUAD).duration_s
    points[1] = replace(points[1], stop=True)
    assert 3 < path_cost(points, QUAD).duration_s - flown < 5


def test_corner_costs_time():
    straight = path_cost([PathPoint(0, 0, 50, 10), PathPoint(200, 0, 50, 10)], QUAD)
    bent = path_cost([PathPoint(0, 0, 50, 10), PathPoint(100, 0, 50, 10), PathPoint(100, 100, 50, 10)], QUAD)
    assert bent.duration_s > straight.duration_s + 2


def test_climb_keeps_to_the_climb_rate():
    cost = path_cost([PathPoint(0, 0, 0, 20), PathPoint(0, 0, 50, 20)], QUAD)
    assert cost.duration_s == pytest.approx(
        50 / QUAD.climb_ms + QUAD.limits(0.0, 1.0, QUAD.climb_ms).ramp_s(QUAD.climb_ms)
    )
    assert cost.distance_m == 0


@given(st.floats(0, 359), st.floats(0, 14), st.floats(0, 359))
def test_ground_speed_never_needs_more_airspeed_than_there_is(course, wind_ms, from_deg):
    east, north = math.sin(math.radians(course)), math.cos(math.radians(course))
    wind = Wind(wind_ms, from_deg)
    speed = reachable_ground_speed(east, north, 12.0, wind, 15.0)
    air = [speed * unit - blow for unit, blow in zip((east, north), wind.east_north_ms, strict=True)]
    assert 0 <= speed <= 12.0
    assert math.hypot(*air) <= 15.0 + 1e-6


def test_wind_that_beats_the_aircraft_is_refused():
    with pytest.raises(ValueError, match="no way against 30"):
        path_cost([PathPoint(0, 0, 50, 10), PathPoint(0, 100, 50, 10)], QUAD, Wind(30, 0))


@given(st.floats(0.5, 30), st.floats(0.1, 3), st.floats(0.7, 1.3))
def test_hover_is_theorys_power_times_its_losses(mass, area, density):
    """P = (m g)^1.5 / sqrt(2 rho A), with 15 % of losses and no profile power."""
    craft = ideal(mass, area, density)
    theory = 1.15 * (mass * 9.80665) ** 1.5 / math.sqrt(2 * density * area)
    assert power_W(craft, density=density) == pytest.approx(theory, rel=1e-9)


def ideal(mass, area, density, **more):
    theory = 1.15 * (mass * 9.80665) ** 1.5 / math.sqrt(2 * density * area)
    figures = {
        "mass_kg": mass, "hover_mass_kg": mass, "rotors": 1,
        "rotor_diameter_m": math.sqrt(4 * area / math.pi),
        "hover_power_W": theory, "hover_density_kgm3": density, "profile_share": 0.0, "avionics_W": 0.0,
        "max_takeoff_kg": None, "payload_max_kg": 1.0, "induced_relief": 1.0,
    }  # fmt: skip
    return replace(QUAD, **(figures | more))


def test_at_high_speed_power_grows_with_the_cube():
    craft = ideal(4.0, 0.5, 1.225, drag_area_m2=0.03)
    slow, fast = power_W(craft, 40.0), power_W(craft, 80.0)
    assert fast / slow == pytest.approx(8.0, rel=0.03)
    assert fast == pytest.approx(0.5 * 1.225 * 0.03 * 80.0**3, rel=0.03)


def test_a_climb_costs_the_weight_times_its_speed():
    craft = ideal(4.0, 0.5, 1.225)
    for climb in (0.5, 2.0, 5.0):
        more = power_W(craft, climb_ms=climb) - power_W(craft)
        assert more == pytest.approx(4.0 * 9.80665 * climb, rel=1e-9)


def test_speeding_up_pays_for_the_energy_of_motion():
    """What acceleration takes over steady flight, to first order in speed, is m a v."""
    craft = ideal(4.0, 0.5, 1.225, drag_area_m2=0.0, induced_relief=0.0)
    gained = power_W(craft, 10.0, accel_ms2=0.1) - power_W(craft, 10.0)
    assert gained == pytest.approx(4.0 * 0.1 * 10.0, rel=0.01)
    assert power_W(craft, 10.0, accel_ms2=-1.0) >= power_W(craft, 10.0)


@given(
    legs=st.lists(
        st.tuples(st.floats(-500, 500), st.floats(-500, 500), st.floats(0, 100), st.floats(0, 20)),
        min_size=2,
        max_size=8,
    ),
    wind=st.builds(Wind, st.floats(0, 4), st.floats(0, 359)),
)
def test_seconds_without_energy_are_those_with_it(legs, wind):
    path = [PathPoint(e, n, up, 8.0, hold) for e, n, up, hold in legs]
    craft = load_aircraft("hexa-delivery")
    assert leg_seconds(path, craft, wind) == tuple(c.duration_s for c in leg_costs(path, craft, wind))
