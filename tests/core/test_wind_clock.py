import pytest

from core.clock import RealClock, ShiftedClock, SimulatedClock
from core.wind import CALM, Wind


def test_a_west_wind_blows_east():
    assert Wind(5.0, 270.0).east_north_ms == pytest.approx((5.0, 0.0))
    assert CALM.east_north_ms == pytest.approx((0.0, 0.0))


def test_wind_cannot_be_negative():
    with pytest.raises(ValueError, match="got -1"):
        Wind(-1.0)


def test_a_simulated_clock_moves_only_when_told():
    clock = SimulatedClock()
    clock.sleep(2.5)
    clock.sleep(-1)
    assert clock.monotonic_s() == 2.5
    assert clock.utc_s() == clock.epoch_s + 2.5


def test_the_real_clock_goes_forward():
    clock = RealClock()
    start = clock.monotonic_s()
    clock.sleep(0.01)
    assert clock.monotonic_s() > start
    assert clock.utc_s() > 1.7e9


def test_a_shifted_clock_tells_another_day_at_the_same_pace():
    base = SimulatedClock()
    clock = ShiftedClock(base, -86400.0)
    clock.sleep(5.0)
    assert clock.utc_s() == base.utc_s() - 86400.0
    assert clock.monotonic_s() == 5.0
