"""Failsafes and the fence, with the words and waits recorded from ArduCopter 4.6.2."""

import pytest
from fakes.copter_bench import AUTO, GUIDED, place, rtl, takeoff, waypoint

from flight.faults import read_fault
from flight.simulator.messages import mavlink


def outbound(bench, metres=150):
    """In AUTO, on the way north at full speed."""
    bench.start([takeoff(5), waypoint(metres, 0, 20), rtl()])
    bench.run(60.0, until=lambda: abs(bench.vehicle.air.velocity) > 9.0)


def heartbeat(bench, system=255):
    bench.send(mavlink.MAVLink_heartbeat_message(6, 8, 0, 0, 0, 3), system=system)


def square(north, east, half, command):
    return [
        (0, command, (4, 0, 0, 0), *place(north + a * half, east + b * half), 0.0)
        for a, b in ((-1, -1), (-1, 1), (1, 1), (1, -1))
    ]


@pytest.mark.parametrize(("action", "mode"), [(0, AUTO), (1, 9), (2, 6), (3, 21), (4, 21)])
def test_a_low_battery_acts_after_ten_seconds(make, action, mode):
    bench = make(BATT_FS_LOW_ACT=action)
    outbound(bench)
    bench.fault("low-battery")
    begun = bench.vehicle.time_s
    bench.run(12.0)
    assert bench.time_of("Battery 1 is low 10.20V used") - begun == pytest.approx(10.0, abs=0.2)
    assert "Battery Failsafe" in bench.texts()
    assert bench.vehicle.mode.number == mode
    assert bench.of("HEARTBEAT")[-1].system_status == 5
    assert bench.of("BATTERY_STATUS")[-1].charge_state == 2


def test_a_battery_failsafe_stays_latched_and_a_critical_one_follows(make):
    bench = make(BATT_FS_LOW_ACT=2, BATT_FS_CRT_ACT=1, BATT_CRT_VOLT=9.8)
    outbound(bench)
    bench.fault("low-battery")
    bench.run(11.0)
    assert bench.mode(AUTO)[0] == 0
    bench.fault("critical-battery")
    bench.run(11.0)
    assert any(text.startswith("Battery 1 is critical 9.50V used") for text in bench.texts())
    assert bench.vehicle.mode.number == 9
    bench.run(60.0, until=lambda: not bench.vehicle.armed)
    bench.mode(GUIDED)
    assert bench.command(400, 1) == (4, ["Arm: Battery 1 low voltage failsafe", "Arm: Battery failsafe"])
    bench.set("SIM_BATT_VOLTAGE", 12.6)
    bench.run(1.0)
    assert bench.command(400, 1) == (4, ["Arm: Battery failsafe"])


def test_the_pack_runs_down_as_it_is_flown(make):
    bench = make()
    bench.in_the_air()
    before = bench.vehicle.battery.voltage_v
    bench.run(60.0)
    battery = bench.of("BATTERY_STATUS")[-1]
    assert battery.current_battery == pytest.approx(2810, rel=0.02)
    assert bench.vehicle.battery.voltage_v < before
    bench.run(60.0)
    used = bench.of("BATTERY_STATUS")[-1].current_consumed - battery.current_consumed
    assert used == pytest.approx(28.1 * 1000 / 60, rel=0.02)


def test_only_the_own_ground_station_keeps_the_gcs_failsafe_away(make):
    bench = make(FS_GCS_ENABLE=1)
    heartbeat(bench)
    bench.start([takeoff(), waypoint(200, 0, 20), rtl()])
    for _ in range(20):
        heartbeat(bench)
        bench.run(1.0)
    assert bench.vehicle.mode.number == AUTO
    begun = bench.vehicle.time_s
    for _ in range(6):
        heartbeat(bench, system=254)
        bench.run(1.0)
    assert bench.vehicle.mode.number == 6
    assert bench.time_of("GCS Failsafe") - begun == pytest.approx(4.0, abs=0.3)
    heartbeat(bench)
    bench.run(0.3)
    assert bench.texts()[-1] == "GCS Failsafe Cleared"


def test_the_gcs_failsafe_is_off_by_default(bench):
    heartbeat(bench)
    outbound(bench)
    bench.run(10.0)
    assert "GCS Failsafe" not in bench.texts()


def test_radio_loss_returns_after_a_second_or_goes_on_if_told_so(bench):
    outbound(bench)
    bench.fault("radio-loss")
    begun = bench.vehicle.time_s
    bench.run(2.0)
    assert bench.time_of("Radio Failsafe") - begun == pytest.approx(1.0, abs=0.2)
    assert bench.vehicle.mode.number == 6
    bench.set("SIM_RC_FAIL", 0)
    bench.run(0.3)
    assert bench.texts()[-1] == "Radio Failsafe Cleared"
    bench.mode(AUTO)
    bench.set("FS_OPTIONS", 1)
    bench.fault("radio-loss")
    bench.run(2.0)
    assert bench.texts()[-1] == "Radio Failsafe - Continuing Auto"
    assert bench.vehicle.mode.number == AUTO


def test_without_gps_it_flies_on_for_eight_seconds_and_lands(bench):
    outbound(bench, 400)
    bench.fault("gps-loss")
    begun = bench.vehicle.time_s
    bench.run(7.0)
    assert bench.of("GPS_RAW_INT")[-1].fix_type == 1
    assert abs(bench.vehicle.air.velocity) == pytest.approx(9.9, abs=0.2)
    bench.run(2.0)
    assert bench.time_of("EKF variance") - begun == pytest.approx(8.25, abs=0.2)
    assert bench.texts()[-1] == "EKF Failsafe: changed to LAND Mode"
    assert bench.of("EKF_STATUS_REPORT")[-1].flags == 37
    bench.run(3.0)
    bench.set("SIM_GPS_DISABLE", 0)
    bench.run(1.5)
    assert bench.texts()[-1] == "EKF Failsafe Cleared"


def test_never_any_gps_means_a_bad_fix(make):
    bench = make(**read_fault("gps-loss"))
    bench.mode(GUIDED)
    assert bench.command(400, 1) == (4, ["Arm: GPS 1: Bad fix"])


@pytest.mark.parametrize(("action", "mode"), [(0, AUTO), (1, 6), (2, 9), (4, 17)])
def test_a_breach_of_the_fence_brings_its_action(make, action, mode):
    bench = make(FENCE_ENABLE=1, FENCE_ACTION=action)
    assert bench.upload(square(60, 0, 20, 5002), kind=1) == 0
    bench.start([takeoff(), waypoint(130, 0, 20), rtl()])
    bench.run(60.0, until=lambda: "Polygon fence breached" in bench.texts())
    assert bench.vehicle.mode.number == mode
    bench.run(0.5)
    status = bench.of("FENCE_STATUS")[-1]
    assert (status.breach_status, status.breach_count, status.breach_type) == (1, 1, 3)
    if mode == 17:
        bench.run(8.0)
        assert 15.0 < bench.vehicle.air.position.real - 40.0 < 24.0


def test_too_high_is_a_breach_too(make):
    bench = make(FENCE_ENABLE=1, FENCE_ALT_MAX=30)
    bench.start([takeoff(40), rtl()])
    bench.run(40.0, until=lambda: "Max Alt fence breached" in bench.texts())
    assert bench.vehicle.mode.number == 6
    assert bench.vehicle.air.height_m == pytest.approx(30.0, abs=0.6)


def test_a_vehicle_outside_the_fence_does_not_arm(make):
    bench = make(FENCE_ENABLE=1)
    bench.upload(square(60, 0, 20, 5001), kind=1)
    bench.mode(GUIDED)
    assert bench.command(400, 1) == (4, ["Arm: Vehicle breaching Polygon fence"])
