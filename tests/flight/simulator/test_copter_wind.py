"""The simulated air: how it changes, and its gusts."""

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.simulator.params import default_params
from flight.simulator.wind import Wind


def air(**values):
    """The air with its parameters, which may be set anew."""
    params = default_params()
    for name, value in values.items():
        params.set(f"SIM_WIND_{name}", value)
    return Wind(params, random.Random(3)), params


@given(st.floats(0.0, 30.0), st.sampled_from([(0, -1 + 0j), (90, -1j), (180, 1 + 0j), (270, 1j)]))
def test_wind_blows_from_where_it_is_said_to_come(speed_ms, came_from):
    degrees, blows = came_from
    wind, _ = air(SPD=speed_ms, DIR=degrees)
    assert wind.step(0.02, 80.0) == pytest.approx(speed_ms * blows, abs=1e-4)


def test_a_new_wind_is_taken_on_gradually_and_by_the_shorter_turn():
    wind, params = air(SPD=4.0, DIR=350.0, TC=5.0)
    wind.step(0.02, 80.0)
    params.set("SIM_WIND_SPD", 10.0)
    params.set("SIM_WIND_DIR", 20.0)
    seen = [wind.step(0.02, 80.0) for _ in range(500)]
    assert abs(seen[39]) == pytest.approx(10.0 - 6.0 / 2.718, abs=0.2)  # 5 s by 2 pi
    assert max(velocity.real for velocity in seen) < 0.0
    assert abs(seen[-1]) == pytest.approx(10.0, abs=0.01)


def test_gusts_have_no_direction_and_a_fifth_of_their_spread():
    wind, _ = air(TURB=5.0)
    gusts = [wind.step(0.02, 80.0) for _ in range(20_000)]
    assert abs(statistics.fmean(gust.real for gust in gusts)) < 0.03
    assert statistics.pstdev([gust.imag for gust in gusts]) == pytest.approx(5.0 / 48**0.5, rel=0.03)


def test_still_air_takes_nothing_from_chance_and_the_ground_is_calm():
    wind, _ = air(SPD=6.0)
    before = wind.random.getstate()
    assert wind.step(0.02, 10.0) != 0j
    assert wind.step(0.02, 0.0) == 0j
    assert wind.random.getstate() == before
