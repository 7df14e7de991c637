"""The vehicle's side of the mission protocol, against the answers recorded from ArduCopter 4.6.2."""

import math

import pytest

from flight.simulator.messages import mavlink

HOME_ITEM = (0, 16, (0, 0, 0, 0), 373838000, 1271165000, 30.0)
WAYPOINT = (6, 16, (0, 0, 0, 0), 373843390, 1271165000, 20.0)


def corner(n, count, command=5001):
    return 0, command, (count, 0, 0, 0), 373838000 + (n % 2) * 9000, 1271165000 + (n // 2) * 9000, 0.0


def count_of(bench, kind=0):
    answers = bench.send(mavlink.MAVLink_mission_request_list_message(1, 1, kind))
    return next(m.count for m in answers if m.get_type() == "MISSION_COUNT")


def read(bench, seq, kind=0):
    (item,) = bench.send(mavlink.MAVLink_mission_request_int_message(1, 1, seq, kind))
    return item


def requests(bench):
    return [m.seq for m in bench.of("MISSION_REQUEST")]


def test_it_asks_with_mission_request_and_item_zero_is_home(bench):
    assert bench.upload([(0, 16, (0, 0, 0, 0), 10, 20, 0.0), WAYPOINT]) == 0
    assert requests(bench) == [0, 1]
    assert not bench.of("MISSION_REQUEST_INT")
    assert "Flight plan received" in bench.texts()
    assert count_of(bench) == 2
    home = read(bench, 0)
    assert (home.frame, home.x, home.y) == (0, 373838000, 1271165000)
    assert read(bench, 1).frame == 3


def test_what_is_read_back_is_what_was_kept(bench):
    bench.upload([HOME_ITEM, (6, 16, (2.6, 3, 1, 90), 373843390, 1271165000, 20.004)])
    item = read(bench, 1)
    assert (item.param1, item.param2, item.param4) == (2.0, 0.0, 0.0)
    assert item.z == pytest.approx(20.0)


def test_a_wrong_number_is_refused_and_the_upload_goes_on(bench):
    bench.send(mavlink.MAVLink_mission_count_message(1, 1, 2, 0))
    assert [m.type for m in bench.send_item(1, WAYPOINT)] == [13]
    assert [m.seq for m in bench.send_item(0, HOME_ITEM)] == [1]
    assert bench.send_item(1, WAYPOINT)[0].type == 0


@pytest.mark.parametrize(
    ("item", "result"),
    [
        ((6, 9999, (0, 0, 0, 0), 373838000, 1271165000, 10.0), 3),
        ((6, 16, (0, 0, 0, 0), 910000000, 1271165000, 10.0), 10),
        ((6, 16, (math.nan, 0, 0, 0), 373838000, 1271165000, 10.0), 6),
        ((6, 16, (0, 0, 0, 0), 373838000, 1271165000, math.nan), 12),
        ((6, 16, (0, 0, 0, 0), 373838000, 1271165000, 500000.0), 12),
        ((1, 16, (0, 0, 0, 0), 373838000, 1271165000, 10.0), 2),
        ((20, 16, (0, 0, 0, 0), 373838000, 1271165000, 10.0), 2),
        ((11, 16, (0, 0, 0, 0), 373838000, 1271165000, 10.0), 0),
        ((0, 177, (0, 0, 0, 0), 0, 0, 0.0), 1),
        ((0, 5001, (4, 0, 0, 0), 373838000, 1271165000, 0.0), 3),
    ],
)
def test_each_bad_item_has_its_code(bench, item, result):
    assert bench.upload([HOME_ITEM, item]) == result


def test_commands_taken_and_refused_are_those_of_arducopter(bench):
    taken = (
        31,
        92,
        2000,
        178,
        206,
        42600,
        211,
        94,
        222,
        112,
        115,
        195,
        201,
        17,
        18,
        19,
        82,
        21,
        203,
        93,
        114,
    )
    refused = (
        40,
        530,
        214,
        200,
        4501,
        2003,
        95,
        113,
        80,
        180,
        185,
        186,
        192,
        224,
        300,
        400,
        512,
        5100,
        31000,
    )
    for number in taken + refused:
        item = (6, number, (0, 0, 0, 0), 373838000, 1271165000, 10.0)
        assert (bench.upload([HOME_ITEM, item]), number) == (0 if number in taken else 3, number)


def test_a_half_done_upload_destroys_the_old_mission(bench):
    bench.upload([HOME_ITEM] + [WAYPOINT] * 6)
    bench.send(mavlink.MAVLink_mission_count_message(1, 1, 3, 0))
    bench.send_item(0, HOME_ITEM)
    bench.run(9.0)
    assert [m.type for m in bench.of("MISSION_ACK")] == [0, 15]
    assert "Mission upload timeout" in bench.texts()
    assert count_of(bench) == 3


def test_silence_brings_a_request_each_second_and_the_end_after_eight(bench):
    begun = bench.vehicle.time_s
    bench.send(mavlink.MAVLink_mission_count_message(1, 1, 3, 0))
    bench.run(10.0)
    asked = [t - begun for t, m in bench.log if m.get_type() == "MISSION_REQUEST"]
    assert asked == pytest.approx([0, 1, 2, 3, 4, 5, 6, 7], abs=0.2)
    ended = next(t - begun for t, m in bench.log if m.get_type() == "MISSION_ACK")
    assert ended == pytest.approx(8.0, abs=0.1)


@pytest.mark.parametrize(("kind", "limit"), [(0, 650), (1, 70), (2, 46)])
def test_more_than_the_limit_is_refused(bench, kind, limit):
    answers = bench.send(mavlink.MAVLink_mission_count_message(1, 1, limit + 1, kind))
    assert answers[0].type == 4
    assert bench.texts()[-1] == f"Only {limit} items are supported"
    answers = bench.send(mavlink.MAVLink_mission_count_message(1, 1, limit, kind))
    assert answers[0].get_type() == "MISSION_REQUEST"


def test_count_zero_clears(bench):
    bench.upload([HOME_ITEM, WAYPOINT])
    assert bench.upload([]) == 0
    assert count_of(bench) == 0


def test_a_second_station_and_reading_are_denied_during_an_upload(bench):
    count = mavlink.MAVLink_mission_count_message(1, 1, 3, 0)
    bench.send(count)
    (ack,) = bench.send(count, system=254)
    assert (ack.type, ack.target_system) == (14, 254)
    assert bench.send(mavlink.MAVLink_mission_request_list_message(1, 1, 0))[0].type == 14
    assert bench.send(count)[0].seq == 0


def test_mission_and_fence_may_be_uploaded_at_once(bench):
    bench.send(mavlink.MAVLink_mission_count_message(1, 1, 4, 1))
    assert bench.upload([HOME_ITEM, WAYPOINT]) == 0
    answers = [bench.send_item(n, corner(n, 4), 1) for n in range(4)]
    assert answers[-1][0].type == 0


def test_what_nobody_asked_for_is_an_error(bench):
    assert bench.send_item(0, HOME_ITEM)[0].type == 1
    assert [m.get_type() for m in bench.send(mavlink.MAVLink_mission_request_int_message(1, 1, 50, 0))] == [
        "MISSION_COUNT",
        "MISSION_ACK",
    ]


def test_float_items_are_taken_with_a_word(bench):
    bench.send(mavlink.MAVLink_mission_count_message(1, 1, 1, 0))
    item = mavlink.MAVLink_mission_item_message(1, 1, 0, 0, 16, 0, 1, 0, 0, 0, 0, 37.3838, 127.1165, 30.0, 0)
    assert any(m.get_type() == "MISSION_ACK" and m.type == 0 for m in bench.send(item))
    assert "got MISSION_ITEM; GCS should send MISSION_ITEM_INT" in bench.texts()


def test_part_of_a_mission_may_be_written(bench):
    bench.upload([HOME_ITEM] + [WAYPOINT] * 3)
    bench.send(mavlink.MAVLink_mission_write_partial_list_message(1, 1, 2, 2, 0))
    assert bench.send_item(2, (6, 16, (0, 0, 0, 0), 373840000, 1271165000, 33.0))[0].type == 0
    assert (count_of(bench), read(bench, 2).z, read(bench, 3).z) == (4, 33.0, 20.0)
    bench.send(mavlink.MAVLink_mission_write_partial_list_message(1, 1, 2, 9, 0))
    assert bench.texts()[-1] == "Flight plan update rejected"


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ([corner(n, 4) for n in range(3)], "Incorrect item count"),
        ([corner(n, 2) for n in range(2)], "Invalid vertex count (2)"),
        ([corner(0, 4), corner(1, 3)], "Unexpected vertex count want=4 got=3\n"),
        ([(0, 5003, (0, 0, 0, 0), 373838000, 1271165000, 0.0)], "Non-positive circle radius"),
    ],
)
def test_a_bad_fence_is_refused_and_the_old_one_stays(bench, items, text):
    assert bench.upload([(0, 5003, (100, 0, 0, 0), 373838000, 1271165000, 0.0)], kind=1) == 0
    assert bench.upload(items, kind=1) == 1
    assert text in bench.texts()
    assert bench.texts()[-1] == "Fence validation failed"
    assert (count_of(bench, 1), read(bench, 0, 1).param1) == (1, 100.0)


def test_fences_and_rally_points_hold_their_own_commands_only(bench):
    assert bench.upload([WAYPOINT], kind=1) == 3
    assert bench.upload([WAYPOINT], kind=2) == 3
    assert bench.upload([(6, 5100, (0, 0, 0, 0), 373838000, 1271165000, 30.0)], kind=2) == 0
    bench.run(0.1)
    assert bench.copter.params["RALLY_TOTAL"] == 1


def test_clearing_each_kind(bench):
    bench.upload([HOME_ITEM, WAYPOINT])
    for kind, result in ((0, 0), (1, 0), (2, 0), (255, 3), (7, 3)):
        answers = bench.send(mavlink.MAVLink_mission_clear_all_message(1, 1, kind))
        assert next(m.type for m in answers if m.get_type() == "MISSION_ACK") == result
    assert count_of(bench) == 0
