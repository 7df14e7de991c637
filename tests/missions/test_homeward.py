"""The point of no return, and power calibrated from samples."""

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.wind import Wind
from missions.aircraft import load_aircraft
from missions.calibration import PowerSample, calibrate
from missions.energy import PathPoint, path_cost
from missions.homeward import Home, point_of_no_return, return_Wh
from missions.power import power_W

CRAFT = replace(load_aircraft("M3T"), battery_Wh=20.0, battery_Ah=None)


def out(metres, up=50.0):
    return [
        PathPoint(0, 0, 0, 2.5, stop=True),
        PathPoint(0, 0, up, 2.5, stop=True),
        PathPoint(0, metres, up, 10),
    ]


@given(st.floats(0, 6), st.floats(0, 360))
@settings(max_examples=20, deadline=None)
def test_from_the_point_of_no_return_the_way_home_takes_what_is_left(speed, from_deg):
    wind, points = Wind(speed, from_deg), out(20_000)
    found = point_of_no_return(points, CRAFT, wind)
    assert not found.past_end
    here = PathPoint(0, found.along_m, 50, 10)
    whole = path_cost(points, CRAFT, wind).energy_Wh - path_cost(points[:2], CRAFT, wind).energy_Wh
    used = path_cost(points[:2], CRAFT, wind).energy_Wh + whole * found.share
    assert used + return_Wh(here, Home(), CRAFT, wind) == pytest.approx(CRAFT.flyable_Wh, rel=1e-3)
    assert found.spare_Wh == pytest.approx(0.0, abs=1e-3)


def test_headwind_on_the_way_home_brings_it_nearer_than_calm():
    calm, against = (point_of_no_return(out(20_000), CRAFT, wind).along_m for wind in (Wind(), Wind(8, 180)))
    assert against < calm


def test_a_load_brings_it_nearer_and_dropping_it_takes_it_further():
    points = [*out(300), PathPoint(0, 20_000, 50, 10)]
    loads = (0.0, [0.13, 0.13, 0.0], 0.13)
    ways = [point_of_no_return(points, CRAFT, payload_kg=load).along_m for load in loads]
    assert ways[0] > ways[1] > ways[2]


def test_a_short_path_is_safe_to_its_end():
    found = point_of_no_return(out(200), CRAFT)
    assert found.past_end
    assert found.along_m == pytest.approx(200)
    assert found.spare_Wh > 0


def test_wind_that_lets_nobody_home_leaves_nothing_beyond_the_start():
    found = point_of_no_return(out(5000), CRAFT, Wind(16, 180), home=Home(0, -100))
    assert found.along_m < 100


def test_calibration_finds_the_figures_that_made_the_samples():
    truth = replace(load_aircraft("quad-4kg"), hover_power_W=610.0, drag_area_m2=0.11, induced_relief=0.7)
    chance = random.Random(4)
    samples = []
    for _ in range(400):
        air, climb = chance.uniform(0, 16), chance.choice([0.0, 0.0, 2.0])
        samples.append(PowerSample(air, climb, power_W(truth, air, climb) * chance.gauss(1.0, 0.03)))
    samples += [PowerSample(5.0, 0.0, 2500.0)] * 8
    found = calibrate(load_aircraft("quad-4kg"), samples)
    assert found.fast
    assert found.aircraft.hover_power_W == pytest.approx(610.0, rel=0.02)
    for air in (0.0, 8.0, 15.0):
        assert power_W(found.aircraft, air) == pytest.approx(power_W(truth, air), rel=0.03)


def test_a_hover_tells_the_hover_power_alone():
    craft = load_aircraft("quad-4kg")
    found = calibrate(craft, [PowerSample(0.1 * (i % 5), 0.0, 700.0) for i in range(50)])
    assert not found.fast
    assert found.aircraft.drag_area_m2 == craft.drag_area_m2
    assert found.aircraft.hover_power_W == pytest.approx(700.0, rel=0.01)


def test_too_few_samples_are_refused():
    with pytest.raises(ValueError, match="1 samples"):
        calibrate(CRAFT, [PowerSample(0.0, 0.0, 100.0), PowerSample(math.nan, 0.0, 100.0)])
