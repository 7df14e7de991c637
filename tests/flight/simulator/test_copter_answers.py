"""What the embedded copter answers, word for word as ArduCopter 4.6.2 did."""

import itertools
import math

import numpy as np
import pytest

from flight.simulator.messages import mavlink


def test_arming_at_boot_fails_and_says_why(make):
    bench = make(ready_s=42.0)
    ack, texts = bench.command(400, 1)
    assert ack == 4
    assert "Arm: Gyros not healthy" in texts
    assert "Arm: EKF attitude is bad" in texts
    bench.run(8.0)
    assert bench.command(400, 1) == (4, ["Arm: Accels inconsistent"])


def test_without_position_stabilize_arms_and_guided_does_not(make):
    bench = make(ready_s=42.0)
    bench.run(24.0)
    bench.mode(4)
    assert bench.command(400, 1) == (4, ["Arm: Need Position Estimate"])
    bench.mode(0)
    assert bench.command(400, 1) == (0, ["Arming motors"])


def test_the_estimate_flags_reach_831_when_it_can_be_armed(make):
    bench = make(ready_s=42.0)
    bench.run(45.0)
    flags = [m.flags for m in bench.of("EKF_STATUS_REPORT")]
    assert flags[0] == 1024
    assert flags[-1] == 831
    assert "EKF3 IMU0 is using GPS" in bench.texts()


def test_auto_cannot_be_armed_in_without_the_option(bench):
    bench.mode(3)
    assert bench.command(400, 1) == (4, ["Arm: Mode requires mission"])
    assert bench.upload([(0, 16, (0, 0, 0, 0), 373838000, 1271165000, 30.0)] * 2) == 0
    assert bench.command(400, 1) == (4, ["Arm: AUTO mode not armable"])
    bench.set("AUTO_OPTIONS", 1)
    assert bench.command(400, 1)[0] == 0


@pytest.mark.parametrize(("number", "name"), [(6, "RTL"), (9, "LAND"), (17, "BRAKE")])
def test_these_modes_are_not_armable(bench, number, name):
    bench.mode(number)
    assert bench.command(400, 1) == (4, [f"Arm: {name} mode not armable"])


def test_mission_start_disarmed_switches_to_auto_and_stays_disarmed(bench):
    bench.upload([(0, 16, (0, 0, 0, 0), 373838000, 1271165000, 30.0), (6, 22, (0, 0, 0, 0), 0, 0, 10.0)])
    bench.mode(4)
    ack, texts = bench.command(300)
    assert ack == 0
    assert texts == ["Mission: 1 Takeoff"]
    bench.run(1.0)
    assert bench.texts().count("Mission: 1 Takeoff") == 2
    assert not bench.vehicle.armed
    current = bench.of("MISSION_CURRENT")[-1]
    assert (current.seq, current.total, current.mission_state) == (1, 1, 3)


def test_arm_addressed_to_another_component_is_taken(bench):
    bench.mode(4)
    command = mavlink.MAVLink_command_long_message(1, 42, 400, 0, 1.0, *[0.0] * 6)
    assert [m.result for m in bench.send(command) if m.get_type() == "COMMAND_ACK"] == [0]


def test_a_command_for_another_system_is_not_answered(bench):
    assert bench.send(mavlink.MAVLink_command_long_message(2, 1, 400, 0, 1.0, *[0.0] * 6)) == []


def test_unknown_commands_and_modes(bench):
    assert bench.command(31999) == (3, [])
    assert bench.mode(99) == (4, ["No such mode 99"])


def test_disarming_in_the_air_is_refused_and_by_force_it_falls(bench):
    bench.in_the_air(8.8)
    assert bench.command(400, 0) == (4, [])
    assert bench.command(400, 0, 21196)[0] == 0
    bench.run(3.0)
    hit = next(t for t in bench.texts() if t.startswith("SIM Hit ground at"))
    free_fall_ms = math.sqrt(2 * 9.80665 * 8.8)
    assert 0.85 * free_fall_ms < float(hit.split()[4]) < free_fall_ms


def test_take_off_needs_guided_arming_and_a_height(bench):
    bench.mode(4)
    assert bench.command(22, 0, 0, 0, 0, 0, 0, 10)[0] == 4
    bench.command(400, 1)
    assert bench.command(22, 0, 0, 0, 0, 0, 0, 0)[0] == 4
    assert bench.command(22, 0, 0, 0, 0, 0, 0, -5)[0] == 4
    assert bench.command(22, 0, 0, 0, 0, 0, 0, 10)[0] == 0
    bench.run(15.0)
    assert bench.command(22, 0, 0, 0, 0, 0, 0, 20)[0] == 4
    assert bench.vehicle.air.height_m == pytest.approx(10.0, abs=0.05)


def test_auto_without_a_mission_is_refused_in_the_air(bench):
    bench.in_the_air()
    assert bench.mode(3) == (4, ["Mode change to AUTO failed: init failed"])


def test_an_armed_copter_that_stands_idle_disarms_after_ten_seconds(bench):
    bench.mode(4)
    bench.command(400, 1)
    armed = bench.vehicle.time_s
    bench.run(20.0, until=lambda: not bench.vehicle.armed)
    assert bench.vehicle.time_s - armed == pytest.approx(10.0, abs=0.1)


def test_speeds_above_zero_only_in_modes_that_fly_by_themselves(bench):
    assert bench.command(178, 1, 5)[0] == 4
    bench.mode(4)
    assert [bench.command(178, 1, speed)[0] for speed in (5, 0, -1, 100)] == [0, 4, 4, 0]


def test_gripper_and_winch_that_are_not_there_fail(bench):
    assert bench.command(211, 1, 1)[0] == 4
    assert bench.command(42600, 1, 1, 5, 1)[0] == 4


def test_gripper_grabs_and_releases_in_its_words(make):
    bench = make(GRIP_ENABLE=1)
    assert bench.command(211, 1, 1) == (0, ["Gripper load grabbing"])
    bench.run(0.6)
    assert bench.texts()[-1] == "Gripper load grabbed"
    assert bench.of("SERVO_OUTPUT_RAW")[-1].servo9_raw in (1500, 1900)
    assert bench.command(211, 1, 0) == (0, ["Gripper load releasing"])
    bench.run(0.6)
    assert bench.texts()[-1] == "Gripper load released"
    assert bench.command(211, 1, 5)[0] == 4


def test_winch_lowers_in_its_words(make):
    bench = make(WINCH_TYPE=1)
    assert bench.command(42600, 1, 1, 5, 1) == (0, ["Winch: lowering  5.0m to  5.0m"])
    bench.run(2.0)
    assert bench.vehicle.winch.length_m == pytest.approx(2.0, abs=0.1)
    assert bench.command(42600, 1, 3)[0] == 4


def test_camera_commands_but_a_capture_are_accepted_without_a_camera(make):
    for fitted, capture, shots in ((0, 4, 0), (1, 0, 2)):
        bench = make(CAM1_TYPE=fitted)
        assert bench.command(203, 0, 0, 0, 0, 1)[0] == 0
        assert bench.command(2000, 0, 0, 1)[0] == capture
        assert bench.command(206, 5)[0] == 0
        assert len(bench.of("CAMERA_FEEDBACK")) == shots


def test_parameters_are_listed_read_and_set(bench):
    bench.send(mavlink.MAVLink_param_request_list_message(1, 1))
    bench.run(4.0)
    listed = bench.of("PARAM_VALUE")
    assert [m.param_index for m in listed] == list(range(1392))
    assert len({m.param_id for m in listed}) == listed[0].param_count == len(bench.copter.params)
    assert any(text.startswith("ArduCopter V4.6.2") for text in bench.texts())
    bench.set("WPNAV_SPEED", 512.5)
    assert bench.of("PARAM_VALUE")[-1].param_value == 512.5
    bench.set("RTL_ALT", 1234.4)
    assert bench.of("PARAM_VALUE")[-1].param_value == 1234.0
    bench.send(mavlink.MAVLink_param_request_read_message(1, 1, b"RTL_ALT", -1))
    answer = bench.of("PARAM_VALUE")[-1]
    assert (answer.param_id, answer.param_value) == ("RTL_ALT", 1234.0)
    assert bench.send(mavlink.MAVLink_param_request_read_message(1, 1, b"NO_SUCH", -1)) == []


def test_home_can_be_read_and_moved(bench):
    assert bench.command(410)[0] == 0
    assert bench.of("HOME_POSITION")[-1].latitude == 373838000
    bench.send(
        mavlink.MAVLink_command_int_message(1, 1, 0, 179, 0, 0, 0, 0, 0, 0, 373840000, 1271170000, 40.0)
    )
    home = bench.of("HOME_POSITION")[-1]
    assert (home.latitude, home.longitude, home.altitude) == (373840000, 1271170000, 40000)
    assert bench.command(179, 0, 0, 0, 0, 91.0, 127.117, 40.0)[0] == 4


def test_messages_come_at_the_interval_asked_for(bench):
    assert bench.command(511, 245, 1_000_000)[0] == 0
    assert bench.command(511, 33, -1)[0] == 0
    bench.log.clear()
    bench.run(10.0)
    assert len(bench.of("EXTENDED_SYS_STATE")) == 10
    assert len(bench.of("HEARTBEAT")) == 10
    assert len(bench.of("ATTITUDE")) == 40
    assert not bench.of("GLOBAL_POSITION_INT")


def test_version_names_the_firmware_it_answers_like(bench):
    assert bench.command(512, 148)[0] == 0
    version = bench.of("AUTOPILOT_VERSION")[-1].flight_sw_version
    assert (version >> 24, version >> 16 & 255, version >> 8 & 255) == (4, 6, 2)
    assert bench.command(512, 60000)[0] == 4


def test_guided_flies_to_a_point(bench):
    bench.in_the_air()
    x, y = 373840694, 1271165000
    target = mavlink.MAVLink_set_position_target_global_int_message(0, 1, 1, 6, 0xDF8, x, y, 15.0, *[0.0] * 8)
    bench.send(target)
    bench.run(25.0)
    here = bench.of("GLOBAL_POSITION_INT")[-1]
    assert abs(here.lat - x) * 0.0111 < 0.3
    assert here.relative_alt == pytest.approx(15000, abs=200)


def test_reposition_checks_its_range(bench):
    bench.in_the_air()
    for x, expected in ((373840694, 0), (910000000, 2)):
        command = mavlink.MAVLink_command_int_message(1, 1, 6, 192, 0, 0, -1, 1, 0, 0, x, 1271165000, 15.0)
        assert [m.result for m in bench.send(command) if m.get_type() == "COMMAND_ACK"] == [expected]


def test_loiter_with_the_throttle_down_sinks(bench):
    bench.in_the_air()
    bench.mode(5)
    bench.run(4.0)
    assert bench.vehicle.air.height_m == pytest.approx(12.1, abs=1.5)


def test_the_same_seed_and_messages_give_the_same_flight(make):
    tracks = []
    for _ in range(2):
        bench = make(seed=7, SIM_WIND_SPD=6.0)
        bench.in_the_air()
        bench.run(10.0)
        tracks.append([m.to_dict() for m in bench.of("GLOBAL_POSITION_INT", "GPS_RAW_INT")])
    assert tracks[0] == tracks[1]
    other = make(seed=8, SIM_WIND_SPD=6.0)
    other.in_the_air()
    assert [m.to_dict() for m in other.of("GPS_RAW_INT")] != tracks[0][: len(other.of("GPS_RAW_INT"))]


def test_pictures_are_taken_by_time_as_many_as_asked_or_until_stopped(make):
    bench = make(CAM1_TYPE=1)
    assert bench.command(2000, 0, 0.5, 4)[0] == 0
    bench.run(6.0)
    stamps = np.array([m.time_usec for m in bench.of("CAMERA_FEEDBACK")])
    assert len(stamps) == 4
    assert np.diff(stamps) / 1e6 == pytest.approx(0.52, abs=0.001)  # looked at every 0.02 s, later than asked
    assert bench.command(2000, 0, 1.0, 0)[0] == 0
    bench.run(5.0)
    so_far = len(bench.of("CAMERA_FEEDBACK"))
    assert 8 <= so_far <= 9
    assert bench.command(2001, 0)[0] == 0
    bench.run(3.0)
    assert len(bench.of("CAMERA_FEEDBACK")) == so_far


def test_a_reboot_keeps_parameters_and_reads_the_payload_anew(bench):
    bench.set("CAM1_TYPE", 1)
    bench.command(2000, 0, 0, 1)
    assert not bench.of("CAMERA_FEEDBACK")
    assert bench.command(246, 1)[0] == 0
    bench.run(1.0)
    assert bench.vehicle.time_s < 1.5
    bench.command(2000, 0, 0, 1)
    assert len(bench.of("CAMERA_FEEDBACK")) == 1


def test_bad_numbers_do_no_harm(bench):
    assert bench.command(224, math.nan)[0] == 2
    bench.set("WPNAV_SPEED", math.nan)
    assert bench.copter.params["WPNAV_SPEED"] == 1000.0


def test_arming_makes_the_place_home_unless_home_was_set(bench):
    bench.send(
        mavlink.MAVLink_command_int_message(1, 1, 0, 179, 0, 0, 0, 0, 0, 0, 373840000, 1271165000, 30.0)
    )
    bench.mode(4)
    bench.command(400, 1)
    assert bench.of("HOME_POSITION")[-1].latitude == 373840000


def test_attitude_rates_are_the_change_of_the_angles(bench):
    bench.in_the_air(5.0)
    bench.command(511, 30, 20_000)
    bench.vehicle.mode.drift(8 + 0j, 0.0)
    bench.log.clear()
    bench.run(2.0)
    seen = bench.of("ATTITUDE")
    assert len(seen) == 100
    changed = [(b.pitch - a.pitch) / 0.02 for a, b in itertools.pairwise(seen)]
    assert [m.pitchspeed for m in seen[1:]] == pytest.approx(changed, abs=0.08)


def test_a_client_that_stops_listening_is_not_sent_streams(bench):
    bench.copter.leave(0)
    bench.log.clear()
    bench.run(2.0)
    assert {m.get_type() for _, m in bench.log} == {"HEARTBEAT"}
