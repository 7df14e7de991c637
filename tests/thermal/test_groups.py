import numpy as np

from core.camera import Camera
from thermal.groups import grouped
from thermal.pose import CameraPose

CAMERA = Camera("test", 160, 128, 9.1, 48.0)  # 60 m up a frame is 51 m wide
DOWN = np.diag([1.0, -1.0, -1.0])


def sorted_out(easts, pairs):
    poses = [CameraPose(np.array([e, 0.0, 60.0]), DOWN) for e in easts]
    return grouped(poses, pairs, CAMERA, 0.0)


def test_frames_that_hang_together_are_one_part():
    found = sorted_out([0, 10, 20], [(0, 1), (1, 2)])
    assert (found.alone, found.lost, found.parts) == ((), {}, 1)


def test_a_frame_beside_the_flight_stands_alone_and_one_far_off_is_lost():
    found = sorted_out([0, 10, 20, 120, 5000], [(0, 1), (1, 2)])
    assert found.alone == (3,)
    assert found.lost == {4: "overlaps no frame of the flight: its tag puts it 4985 m from the middle"}
    assert found.parts == 2


def test_two_far_frames_that_share_a_wrong_place_are_lost():
    assert sorted(sorted_out([0, 10, 20, 900, 910], [(0, 1), (1, 2), (3, 4)]).lost) == [3, 4]


def test_a_second_area_of_three_frames_is_drawn_unless_it_needs_a_map_of_its_own():
    pairs = [(0, 1), (1, 2), (2, 3), (4, 5), (5, 6)]
    near = sorted_out([0, 10, 20, 30, 900, 910, 920], pairs)
    assert (near.lost, near.parts) == ({}, 2)
    far = sorted_out([0, 10, 20, 30, 9000, 9010, 9020], pairs)
    assert sorted(far.lost) == [4, 5, 6]
    assert all("make a map of their own" in reason for reason in far.lost.values())


def test_one_frame_is_a_flight():
    found = sorted_out([0], [])
    assert (found.alone, found.lost, found.parts) == ((), {}, 1)
