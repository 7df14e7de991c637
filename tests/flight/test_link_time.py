"""The vehicle's time is followed at any speed; what its clock does fires no time-out and stops none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import SimulatedClock
from flight.vehicletime import GRACE_S, Turn, VehicleClock, VehicleTime


def run(stamps, time=None):
    """Fold (boot seconds, wall seconds) pairs."""
    time = time or VehicleTime()
    for boot_s, wall_s in stamps:
        time = time.heard(boot_s, wall_s)
    return time


def steady(pace, seconds, *, boot_s=100.0, wall_s=50.0, every_s=0.2):
    """Stamps each `every_s` vehicle seconds at a pace."""
    n = round(seconds / every_s)
    return [(boot_s + i * every_s, wall_s + i * every_s / pace) for i in range(n + 1)]


@pytest.mark.parametrize("pace", [0.3, 1.0, 10.0, 50.0])
def test_it_runs_as_fast_as_the_vehicle(pace):
    stamps = steady(pace, 60.0)
    time = run(stamps)
    assert time.ran_s - 100.0 == pytest.approx(60.0, abs=0.3)
    if stamps[-1][1] - 50.0 > 1.0:
        assert time.pace == pytest.approx(pace, rel=0.2)


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0, 60.0, -60.0, 1e6, -5000.0])
@pytest.mark.parametrize("pace", [1.0, 50.0])
def test_a_jump_of_the_clock_neither_moves_nor_stops_the_time(jump_s, pace):
    before = run(steady(pace, 60.0, boot_s=7200.0))
    wall_s = before.heard_s
    jumped = before.heard(7260.0 + jump_s, wall_s + 0.1)
    assert jumped.turn is Turn.JUMPED
    assert 0.0 <= jumped.ran_s - before.ran_s <= 1.0
    after = run(steady(pace, 60.0, boot_s=7260.0 + jump_s, wall_s=wall_s + 0.1), jumped)
    assert after.ran_s - before.ran_s == pytest.approx(60.0, abs=1.5)
    assert (after.jumps, after.restarts) == (1, 0)


def test_a_vehicle_that_starts_anew_is_noticed_and_time_goes_on():
    before = run(steady(1.0, 60.0))
    again = before.heard(2.0, before.heard_s + 6.0)
    assert again.turn is Turn.RESTARTED
    assert again.restarts == 1
    assert again.ran_s - before.ran_s == pytest.approx(6.0 - GRACE_S)
    assert again.heard(2.2, before.heard_s + 6.2).turn is Turn.NONE


def test_thirty_silent_seconds_count_as_the_vehicle_counts_them():
    before = run(steady(1.0, 60.0))
    back = before.heard(190.0, before.heard_s + 30.0)
    assert back.turn is Turn.NONE
    assert back.ran_s - before.ran_s == pytest.approx(30.0)


def test_in_silence_time_goes_on_at_the_walls_pace():
    time = run(steady(50.0, 60.0))
    assert time.now_s(time.heard_s + 0.5) == time.ran_s
    assert time.now_s(time.heard_s + 21.0) == pytest.approx(time.ran_s + 20.0)


def test_a_simulator_that_was_halted_goes_on_without_standing_still_first():
    halted = run(steady(1.0, 10.0))
    resumed = halted.heard(110.2, halted.heard_s + 30.0)
    assert resumed.heard(110.4, halted.heard_s + 30.2).ran_s > resumed.ran_s


def test_stamps_out_of_order_are_no_jump():
    time = run(steady(1.0, 10.0))
    assert time.heard(109.9, time.heard_s + 0.01).turn is Turn.NONE


stamp = st.tuples(st.floats(0, 1e5), st.floats(0, 30))


@given(st.lists(stamp, min_size=1, max_size=60))
def test_whatever_the_clock_says_time_never_goes_back_and_never_outruns_sense(stamps):
    time, wall_s, shown_s = VehicleTime(), 0.0, -1e9
    for boot_s, waited_s in stamps:
        wall_s += waited_s
        known, before_s = time.boot_s is not None, max(time.ran_s, shown_s)
        assert time.now_s(wall_s) >= shown_s
        time = time.heard(boot_s, wall_s)
        assert time.now_s(wall_s) >= shown_s or not known
        if known and time.turn is Turn.JUMPED:
            assert time.ran_s - before_s <= waited_s + 1.0
        shown_s = time.now_s(wall_s)


class Heard:
    """What a link offers to a clock."""

    def __init__(self):
        self.vehicle_s = None


def test_a_vehicles_clock_is_the_walls_until_it_speaks_and_then_joins_without_a_step():
    wall, link = SimulatedClock(now_s=500.0), Heard()
    clock = VehicleClock(link, wall)
    assert clock.monotonic_s() == 500.0
    link.vehicle_s = 90.0
    assert clock.monotonic_s() == 500.0
    link.vehicle_s = 140.0
    assert clock.monotonic_s() == 550.0
    assert clock.utc_s() == wall.utc_s()


def test_a_sleep_takes_the_vehicles_seconds():
    class Fast(SimulatedClock):
        def sleep(self, seconds):
            self.now_s += seconds
            link.vehicle_s += 50.0 * seconds

    link = Heard()
    link.vehicle_s = 0.0
    wall = Fast()
    VehicleClock(link, wall).sleep(100.0)
    assert wall.now_s == pytest.approx(2.0, abs=0.05)
