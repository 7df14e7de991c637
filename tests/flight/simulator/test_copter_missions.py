"""Missions as the embedded copter flies them, against what ArduCopter 4.6.2 was recorded doing."""

import itertools

import pytest
from fakes.copter_bench import AUTO, BRAKE, GUIDED, do, rtl, takeoff, waypoint

from core.geo import LonLat, distance_m
from flight.simulator.messages import mavlink


def fly(bench, seconds=400):
    bench.run(seconds, until=lambda: not bench.vehicle.armed)


def state(bench):
    return bench.of("MISSION_CURRENT")[-1].mission_state


def test_a_mission_is_flown_to_its_end_and_the_copter_stands_at_home(bench):
    bench.start([takeoff(), waypoint(60, 0, 20), waypoint(60, 60, 25), waypoint(0, 60, 20), rtl()])
    fly(bench)
    assert bench.reached() == [1, 2, 3, 4, 5]
    assert abs(bench.vehicle.air.position) < 0.3
    assert [t for t in bench.texts() if t.startswith(("Mission:", "Reached"))] == [
        "Mission: 1 Takeoff", "Mission: 2 WP", "Reached command #2", "Mission: 3 WP", "Reached command #3",
        "Mission: 4 WP", "Reached command #4", "Mission: 5 RTL",
    ]  # fmt: skip
    bench.run(1.0)
    current = bench.of("MISSION_CURRENT")[-1]
    assert (current.seq, current.mission_state) == (0, 5)


def test_reports_of_reached_items_get_lost_as_on_the_real_vehicle(bench):
    out = [
        takeoff(15),
        do(178, 1, 5),
        waypoint(20, 0, 15),
        do(183, 9, 1700),
        waypoint(40, 0, 15),
        do(206, 10),
    ]
    across = [
        waypoint(60, 0, 15),
        do(201),
        waypoint(60, 20, 15),
        do(115, 90),
        waypoint(60, 40, 15),
        do(112, 2),
    ]
    back = [
        do(178, 1, 5),
        waypoint(60, 60, 15),
        do(93, 3),
        do(211, 1, 1),
        waypoint(40, 60, 15),
        do(203),
        rtl(),
    ]
    bench.start(out + across + back)
    fly(bench)
    assert bench.reached() == [2, 3, 5, 8, 10, 11, 12, 13, 14, 15, 17, 19]
    assert "Delaying 3 sec" in bench.texts()
    assert "Gripper Grabbed" in bench.texts()


def test_a_ten_metre_trigger_fires_a_little_late(make):
    bench = make(CAM1_TYPE=1)
    bench.start([takeoff(), waypoint(20, 0, 20), do(206, 10, 0, 1), waypoint(420, 0, 20), do(206, 0), rtl()])
    fly(bench)
    shots = bench.of("CAMERA_FEEDBACK")
    assert [s.img_idx for s in shots] == list(range(1, len(shots) + 1))
    places = [LonLat(s.lng / 1e7, s.lat / 1e7) for s in shots]
    gaps = [distance_m(a, b) for a, b in itertools.pairwise(places)][2:-2]
    assert all(9.98 < gap < 10.25 for gap in gaps)
    assert sum(gaps) / len(gaps) == pytest.approx(10.1, abs=0.04)
    assert 37 <= len(shots) <= 40
    fast = shots[len(shots) // 2]
    assert fast.pitch == pytest.approx(-29.0, abs=1.5)
    assert (fast.alt_rel, fast.completed_captures) == (pytest.approx(20.0, abs=0.1), 0)


def test_jumps_are_counted(bench):
    bench.start([takeoff(10), waypoint(15, 0, 10), waypoint(0, 0, 10), do(177, 2, 1), rtl()])
    fly(bench)
    assert bench.reached() == [1, 2, 3, 2, 3, 5]
    assert bench.texts().count("Mission: 4 Jump 1/1") == 1


def test_a_mission_that_ends_in_the_air_is_complete_and_waits_there(bench):
    bench.start([takeoff(15), waypoint(30, 0, 15)])
    bench.run(60.0)
    assert state(bench) == 5
    assert bench.vehicle.armed
    assert bench.vehicle.air.position.real == pytest.approx(30.0, abs=0.5)
    bench.mode(GUIDED)
    assert bench.mode(AUTO)[0] == 0
    bench.run(6.0)
    assert bench.reached() == [1, 2, 1, 2]


def test_pause_and_continue(bench):
    bench.start([takeoff(), waypoint(120, 0, 20), rtl()])
    bench.run(60.0, until=lambda: bench.vehicle.air.position.real > 20.6)
    assert bench.command(193, 0)[0] == 0
    bench.run(9.0)
    assert state(bench) == 4
    assert bench.vehicle.air.position.real - 20.6 == pytest.approx(22.0, abs=2.0)
    assert abs(bench.vehicle.air.velocity) < 0.3
    assert bench.command(193, 1)[0] == 0
    assert bench.command(193, 2)[0] == 2
    bench.run(4.0)
    assert state(bench) == 3
    assert abs(bench.vehicle.air.velocity) > 4.0
    bench.mode(BRAKE)
    assert bench.command(193, 0) == (4, ["Failed to pause"])
    bench.run(6.0)
    assert state(bench) == 2
    assert bench.mode(AUTO)[0] == 0
    bench.run(0.1)
    assert bench.texts()[-1] == "Mission: 2 WP"


def test_mis_restart_begins_again(make):
    bench = make(MIS_RESTART=1)
    bench.start([takeoff(), waypoint(120, 0, 20), rtl()])
    bench.run(25.0)
    bench.mode(GUIDED)
    bench.mode(AUTO)
    bench.run(0.1)
    assert bench.texts()[-2:] == ["Mission: 1 Takeoff", "Mission: 2 WP"]  # it is at that height


def test_the_speed_of_a_mission_is_changed_by_its_items(bench):
    bench.start([takeoff(), do(178, 1, 3), waypoint(40, 0, 20), do(178, 1, 8), waypoint(140, 0, 20), rtl()])
    speeds = []
    for _ in range(90):
        bench.run(0.5)
        speeds.append((bench.vehicle.air.position.real, abs(bench.vehicle.air.velocity)))
    first = [v for n, v in speeds if 10 < n < 38]
    second = [v for n, v in speeds if 75 < n < 115]
    assert max(first) == pytest.approx(3.0, abs=0.2)
    assert max(second) == pytest.approx(8.0, abs=0.3)
    assert min(first) > 2.7


def test_payload_place_releases_on_the_ground_and_climbs_back(make):
    bench = make(GRIP_ENABLE=1)
    bench.command(211, 1, 1)
    bench.run(1.0)
    bench.start(
        [
            takeoff(15),
            waypoint(30, 0, 15),
            waypoint(30, 20, 15, command=94, delay_s=20),
            waypoint(0, 20, 15),
            rtl(),
        ]
    )
    fly(bench)
    assert bench.reached() == [1, 2, 3, 4, 5]
    texts = bench.texts()
    assert "PayloadPlace: Releasing the gripper" in texts
    assert texts.index("Gripper load releasing") < texts.index("Gripper load released")
    released = bench.time_of("Releasing the gripper") - bench.time_of("Mission: 3 PayloadPlace")
    assert released == pytest.approx(37.75, rel=0.1)


@pytest.mark.parametrize(("delay_s", "places"), [(0, False), (1, True)])
def test_a_lower_payload_place_after_a_waypoint_without_delay_waits_for_ever(make, delay_s, places):
    bench = make(GRIP_ENABLE=1)
    bench.start(
        [
            takeoff(15),
            waypoint(30, 0, 15, delay_s=delay_s),
            waypoint(30, 20, 10, command=94, delay_s=20),
            rtl(),
        ]
    )
    bench.run(120.0)
    assert any("Releasing" in text for text in bench.texts()) is places
    assert bench.vehicle.armed is not places or bench.vehicle.landed is places


def test_payload_place_gives_up_at_its_greatest_descent(bench):
    bench.start([takeoff(15), waypoint(30, 20, 15, command=94, delay_s=5), rtl()])
    fly(bench)
    assert "PayloadPlace: Reached maximum descent" in bench.texts()
    assert bench.reached() == [1, 2, 3]


def test_clearing_is_refused_and_count_zero_taken_while_it_flies_on(bench):
    bench.start([takeoff(), waypoint(120, 0, 20), rtl()])
    bench.run(20.0)
    answers = bench.send(mavlink.MAVLink_mission_clear_all_message(1, 1, 0))
    assert [m.type for m in answers if m.get_type() == "MISSION_ACK"] == [1]
    assert bench.upload([]) == 0
    assert "Auto mission changed but failed to restart command" in bench.texts()
    bench.run(5.0)
    assert abs(bench.vehicle.air.velocity) > 6.0
    assert state(bench) == 1


def test_loiter_time_turns_delay_and_land(bench):
    turn = waypoint(10, 20, 12)[3:5]
    first = [takeoff(12), waypoint(10, 0, 12, delay_s=5, command=19), (6, 18, (1, 0, 8, 0), *turn, 12.0)]
    bench.start([*first, do(93, 2), waypoint(5, 5, 12, command=82), waypoint(0, 0, 0, command=21)])
    fly(bench)
    assert bench.reached() == [
        1,
        2,
        3,
        4,
        5,
    ]  # landing disarms, which resets the mission before it is reported
    assert abs(bench.vehicle.air.position) < 0.5


def test_set_current_moves_on(bench):
    bench.start([takeoff(), waypoint(120, 0, 20), waypoint(0, 30, 20), rtl()])
    bench.run(20.0)
    assert bench.command(224, 3)[0] == 0
    assert bench.command(224, 99)[0] == 2
    assert bench.command(224, -1)[0] == 2
    bench.run(1.0)
    assert bench.of("MISSION_CURRENT")[-1].seq == 3
    fly(bench)
    assert bench.reached() == [1, 3, 4]


def test_yaw_follows_the_course_or_the_point_of_interest(bench):
    x, y = waypoint(60, 100, 0)[3:5]
    bench.start(
        [takeoff(), waypoint(60, 0, 20), (6, 201, (0, 0, 0, 0), x, y, 0.0), waypoint(120, 0, 20), rtl()]
    )
    bench.run(30.0, until=lambda: bench.vehicle.air.position.real > 30)
    assert (
        bench.vehicle.air.yaw_rad % 6.2832 == pytest.approx(0.0, abs=0.05) or bench.vehicle.air.yaw_rad > 6.2
    )
    bench.run(30.0, until=lambda: bench.vehicle.air.position.real > 100)
    assert 1.7 < bench.vehicle.air.yaw_rad < 2.2


def test_a_second_mission_is_flown_after_the_first(bench):
    for north in (30, 20):
        bench.start([takeoff(10), waypoint(north, 0, 10), rtl()])
        fly(bench)
        bench.run(2.0)
    assert bench.reached() == [1, 2, 3, 1, 2, 3]


def test_with_the_options_auto_takes_off_when_armed(make):
    bench = make(AUTO_OPTIONS=3)
    bench.upload([waypoint(0, 0, 30.0, frame=0), takeoff(8), waypoint(15, 0, 8), rtl()])
    bench.mode(AUTO)
    assert bench.command(400, 1)[0] == 0
    fly(bench)
    assert bench.reached() == [1, 2, 3]


def test_return_goes_to_the_nearest_rally_point(bench):
    x, y = waypoint(50, 0, 0)[3:5]
    assert bench.upload([(6, 5100, (0, 0, 0, 0), x, y, 25.0)], kind=2) == 0
    bench.start([takeoff(), waypoint(70, 0, 20), rtl()])
    fly(bench)
    assert abs(bench.vehicle.air.position - 50) < 0.3


@pytest.mark.parametrize(("enabled", "text"), [(1, "waiting for terrain data"), (0, "terrain disabled")])
def test_a_mission_over_terrain_is_taken_and_keeps_it_from_arming(make, enabled, text):
    bench = make(TERRAIN_ENABLE=enabled)
    assert bench.upload([waypoint(0, 0, 30.0, frame=0), waypoint(10, 0, 20, frame=11)]) == 0
    bench.mode(GUIDED)
    assert bench.command(400, 1) == (4, [f"Arm: {text}"])


def test_a_mission_of_650_items_is_taken_and_read(bench):
    items = [waypoint(0, 0, 30.0, frame=0), *[waypoint(n, n, 20) for n in range(649)]]
    assert bench.upload(items) == 0
    last = bench.send(mavlink.MAVLink_mission_request_int_message(1, 1, 649, 0))[0]
    assert (last.x, last.y) == items[-1][3:5]


def test_condition_distance_waits_until_near(bench):
    bench.start([takeoff(), do(114, 20), do(183, 9, 1234), waypoint(100, 0, 20), rtl()])
    bench.run(60.0, until=lambda: bench.vehicle.servos.get(9) == 1234)
    assert 80.0 <= bench.vehicle.air.position.real < 81.0
