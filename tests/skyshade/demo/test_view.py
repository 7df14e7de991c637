import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.shot import CameraAttitude
from skyshade.demo.view import attitude_of, axes_of, nadir_axes

ANGLE = st.floats(-180, 180)


@given(ANGLE, st.floats(-90, 90), ANGLE)
def test_axes_agree_with_the_rotation_that_readers_use(yaw, pitch, roll):
    attitude = CameraAttitude(yaw, pitch, roll)
    axes = axes_of(attitude)
    assert np.allclose(
        np.stack([axes.right, axes.down, axes.forward], axis=1), attitude.camera_to_enu(), atol=1e-12
    )


@given(st.floats(0, 359), st.floats(-5, 5), st.floats(-5, 5))
def test_angles_give_back_the_axes_they_came_from(heading, ahead, aside):
    axes = nadir_axes(heading, ahead, aside)
    again = axes_of(attitude_of(axes, yaw_hint_deg=heading))
    for name in ("right", "down", "forward"):
        assert np.allclose(getattr(axes, name), getattr(again, name), atol=1e-9)


def test_looking_down_the_images_top_points_to_the_heading():
    axes = nadir_axes(90.0, 0.0, 0.0)
    assert axes.down == pytest.approx([-1, 0, 0], abs=1e-12)
    assert axes.right == pytest.approx([0, -1, 0], abs=1e-12)


def test_tipping_ahead_looks_ahead():
    assert nadir_axes(0.0, 2.0, 0.0).forward[1] == pytest.approx(np.sin(np.radians(2.0)))
