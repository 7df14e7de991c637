"""Missions above ground that a station tells of, against the slope it tells."""

import math

import pytest
from fakes.copter_bench import HOME, rtl, takeoff, waypoint

from flight.simulator.messages import mavlink

SPACING_M, METRES = 100, 0.011131884502145034  # of 1e-7 degrees of latitude
SLOPE = 0.1  # to the north; whole metres from one point of the grid to the next
TOLD_TOO_HIGH_M = 5.0


def told_m(lat_e7):
    """Heights above sea level on the grid: those of the slope through home, and a little more."""
    return 30.0 + TOLD_TOO_HIGH_M + SLOPE * (lat_e7 - HOME[0] * 1e7) * METRES


def serve(bench):
    """Answer requests until nothing is missing."""
    for _ in range(60):
        bench.run(2.1)
        wanted = bench.of("TERRAIN_REQUEST")[-1:]
        if not wanted:
            return
        bench.log.clear()
        for bit in range(56):
            if wanted[0].mask >> bit & 1:
                rows = [wanted[0].lat + (bit // 8 * 4 + n) * SPACING_M / METRES for n in range(4)]
                heights = [math.floor(told_m(row) + 0.5) for row in rows for _ in range(4)]
                bench.send(
                    mavlink.MAVLink_terrain_data_message(
                        wanted[0].lat, wanted[0].lon, SPACING_M, bit, heights
                    )
                )
    raise AssertionError("it asks for ever")


def flown_heights_m(bench, frame):
    """Above home and above the slope, each second on a leg of 140 m up the slope and back."""
    legs = [waypoint(140, 0, 20, frame=frame), waypoint(0, 40, 20, frame=frame)]
    bench.upload([waypoint(0, 0, 30.0, frame=0), takeoff(20.0), *legs, rtl()])
    serve(bench)
    bench.start([takeoff(20.0), *legs, rtl()])
    bench.run(60, until=lambda: bench.reached() == [1])
    heights = []
    while bench.reached()[-1] < 3:
        bench.run(1.0)
        heights.append((bench.vehicle.air.height_m, SLOPE * bench.vehicle.air.position.real))
    return heights


def test_a_leg_above_ground_follows_the_slope_up_and_down(make):
    heights = flown_heights_m(make(), frame=11)
    assert max(height for height, _ in heights) > 33.0
    assert all(height - ground == pytest.approx(20.0, abs=1.5) for height, ground in heights)


def test_a_leg_above_home_does_not(make):
    assert all(height == pytest.approx(20.0, abs=0.3) for height, _ in flown_heights_m(make(), frame=6))


def test_ground_too_steep_to_climb_slows_the_leg(make):
    slow = flown_heights_m(make(WPNAV_SPEED_UP=50, WPNAV_TER_MARGIN=4), frame=11)
    assert min(height - ground for height, ground in slow) > 20.0 - 4.0
