import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.camera import Camera
from core.shot import CameraAttitude

XT = Camera(
    "XT", 640, 512, 13.0, 17.0, cx_offset_px=3.0, cy_offset_px=-2.0, k1=-0.12, k2=0.03, p1=1e-3, p2=-5e-4
)


@given(st.floats(-0.4, 0.4), st.floats(-0.3, 0.3), st.floats(20, 120))
def test_projection_is_opencvs(x, y, z):
    ours = XT.project([x * z, y * z, z])
    theirs, _ = cv2.projectPoints(
        np.array([[x * z, y * z, z]]), np.zeros(3), np.zeros(3), XT.matrix, XT.distortion
    )
    assert np.allclose(ours, theirs.ravel(), atol=1e-6)


@given(st.floats(0, 639), st.floats(0, 511))
def test_rays_undo_the_projection(col, row):
    assert np.allclose(XT.project(XT.rays([col, row]) * 80.0), (col, row), atol=1e-6)


def test_what_lies_behind_the_camera_has_no_pixel():
    assert np.isnan(XT.project([0.0, 0.0, -1.0])).all()


def test_gsd_and_footprint_of_the_xt_at_90_m():
    assert XT.gsd_m(90.0) == pytest.approx(90 * 17e-6 / 13e-3)
    assert XT.footprint_m(90.0) == pytest.approx((640 * 0.117692, 512 * 0.117692), rel=1e-4)
    assert XT.height_m(XT.gsd_m(77.0)) == pytest.approx(77.0)
    assert XT.field_of_view_deg[0] == pytest.approx(45.4, abs=0.1)


def test_a_camera_without_size_is_refused():
    with pytest.raises(ValueError, match="width_px must be > 0, got 0"):
        Camera("none", 0, 512, 13.0, 17.0)


def test_looking_down_with_yaw_90_the_image_top_points_east():
    rotation = CameraAttitude(90.0, -90.0).camera_to_enu()
    assert np.allclose(rotation @ [0, -1, 0], [1, 0, 0], atol=1e-12)  # image up
    assert np.allclose(rotation @ [0, 0, 1], [0, 0, -1], atol=1e-12)  # optical axis


def test_roll_180_with_yaw_turned_is_the_same_view():
    a = CameraAttitude(89.0, -90.0, 0.0).camera_to_enu()
    b = CameraAttitude(-91.0, -90.0, 180.0).camera_to_enu()
    assert np.allclose(a, b, atol=1e-12)


@given(st.floats(-180, 180), st.floats(-90, 30), st.floats(-180, 180))
def test_every_attitude_is_a_rotation(yaw, pitch, roll):
    rotation = CameraAttitude(yaw, pitch, roll).camera_to_enu()
    assert np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
