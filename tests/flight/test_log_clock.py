"""The vehicle's seconds in a recording that was made faster."""

import numpy as np
import pytest

from flight.logclock import OwnClock, own_clock


class Rows:
    """A table of one vehicle, as far as a clock looks at it."""

    def __init__(self, time_s, boot_ms):
        self.time_s, self._boot_ms = np.asarray(time_s, float), np.asarray(boot_ms, float)

    def sent_by(self, system):
        return self if system == 1 else None

    def __len__(self):
        return len(self.time_s)

    def __getitem__(self, name):
        assert name == "time_boot_ms"
        return self._boot_ms


RECORDED_S = 1.7e9 + np.arange(0.0, 10.0, 0.1)


def test_a_flight_at_twenty_times_is_told_in_its_own_seconds():
    clock = own_clock({"ATTITUDE": Rows(RECORDED_S, 5000 + 20_000 * (RECORDED_S - 1.7e9))}, 1)
    assert clock.speedup == pytest.approx(20.0)
    told = clock(np.array([1.7e9 - 1.0, 1.7e9, 1.7e9 + 5.0, 1.7e9 + 9.9 + 1.0]))
    assert told == pytest.approx([5.0 - 20.0, 5.0, 105.0, 5.0 + 198.0 + 20.0], abs=1e-3)


def test_a_flight_in_real_time_keeps_the_recordings_clock():
    assert own_clock({"ATTITUDE": Rows(RECORDED_S, 1000 * (RECORDED_S - 1.7e9))}, 1) is None


def test_a_restart_keeps_the_recordings_clock():
    boot_ms = 20_000 * (RECORDED_S - 1.7e9)
    boot_ms[50:] -= boot_ms[50]
    assert own_clock({"ATTITUDE": Rows(RECORDED_S, boot_ms)}, 1) is None


def test_a_recording_without_stamps_keeps_its_clock():
    assert own_clock({}, 1) is None
    assert own_clock({"ATTITUDE": Rows(RECORDED_S, 20_000 * RECORDED_S)}, 7) is None


def test_the_clock_never_runs_back():
    clock = OwnClock(RECORDED_S, 3.0 + 7.0 * (RECORDED_S - 1.7e9))
    assert (np.diff(clock(np.linspace(1.7e9 - 5, 1.7e9 + 20, 400))) > 0).all()
