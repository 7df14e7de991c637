"""A load under the copter, in what it draws."""

import pytest


def hovering_a(bench):
    bench.run(2.0)
    return bench.vehicle.battery.current_a


def test_a_load_half_as_heavy_as_the_vehicle_draws_more_until_the_gripper_lets_go(make):
    bare = make()
    bare.in_the_air(10.0)
    bench = make(SIM_SLUP_ENABLE=1, SIM_SLUP_WEIGHT=1.5, GRIP_ENABLE=1)
    bench.in_the_air(10.0)
    assert hovering_a(bench) == pytest.approx(1.5**1.5 * hovering_a(bare), rel=0.01)
    assert bench.command(211, 1, 0)[0] == 0
    assert hovering_a(bench) == pytest.approx(hovering_a(bare), rel=0.01)
    bench.command(211, 1, 1)
    assert hovering_a(bench) > 1.5 * hovering_a(bare)


def test_a_winch_has_let_its_load_down_when_the_line_reaches_the_ground(make):
    bench = make(SIM_SLUP_ENABLE=1, SIM_SLUP_WEIGHT=1.0, WINCH_TYPE=1, WINCH_RATE_MAX=5)
    bench.in_the_air(8.0)
    carried = hovering_a(bench)
    bench.command(42600, 1, 1, 5, 4)
    assert hovering_a(bench) == pytest.approx(carried, rel=0.01)
    bench.command(42600, 1, 1, 4, 4)
    bench.run(4.0)
    assert hovering_a(bench) < 0.75 * carried


def test_loads_have_parameters_only_where_there_is_one(make):
    assert "SIM_SLUP_WEIGHT" not in make().copter.params.names
    assert "SIM_SLUP_WEIGHT" in make(SIM_SLUP_ENABLE=1).copter.params.names
