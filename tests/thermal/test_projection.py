from dataclasses import replace

import cv2
import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from core.camera import Camera
from core.geo import LocalFrame, LonLat
from core.shot import CameraAttitude
from gis.crs import default_crs
from gis.grid import GeoGrid, Window
from thermal.candidates import Candidates, Looking, add_frame, may_enter
from thermal.lowpass import lowpass
from thermal.ortho import BlendParams, TileGround, draw_frame, half_diagonal
from thermal.pose import CameraPose, footprint_m, rotation_of
from thermal.tiles import MapPlace

LENS = Camera("lens", 64, 48, 9.0, 100.0, 1.5, -0.7, -0.05, 0.02, 0.001, 0.002, -0.001)
POSE = CameraPose(np.array([3.0, -2.0, 50.0]), rotation_of(CameraAttitude(31.0, -86.0, 2.0)))


def opencv_pixels(points, pose=POSE, camera=LENS):
    world_to_camera = pose.rotation.T
    turn = cv2.Rodrigues(world_to_camera)[0]
    shift = -world_to_camera @ pose.center_m
    out = cv2.projectPoints(np.asarray(points, float), turn, shift, camera.matrix, camera.distortion)[0]
    return out[:, 0]


def test_a_pose_projects_as_opencv_does():
    points = np.random.default_rng(0).uniform([-20, -20, -3], [20, 20, 10], (50, 3))
    seen = POSE.pixels(points, LENS)
    assert seen == pytest.approx(opencv_pixels(points), abs=1e-6)


@given(st.floats(0, 359), st.floats(-90, -60), st.floats(-30, 30))
def test_gimbal_angles_turn_the_camera_as_drawn_from_first_principles(made, yaw, pitch, roll):
    axes = made.looking(yaw, pitch, roll)
    turned = rotation_of(CameraAttitude(yaw, pitch, roll)).T
    assert turned == pytest.approx(axes, abs=1e-9)


def test_the_footprints_corners_are_seen_in_the_images_corners():
    corners = np.column_stack([footprint_m(POSE, LENS, 1.0), np.ones(4)])
    assert POSE.pixels(corners, LENS) == pytest.approx(
        np.array([[-0.5, -0.5], [63.5, -0.5], [63.5, 47.5], [-0.5, 47.5]]), abs=1e-3
    )


def tile(up=0.0, size=40):
    north, east = np.meshgrid(np.linspace(14, -14, size), np.linspace(-12, 16, size), indexing="ij")
    return TileGround.over(east, north, np.full(east.shape, up))


def points(ground):
    return np.column_stack([ground.east_m.ravel(), ground.north_m.ravel(), ground.up_m.ravel()])


@given(
    st.floats(0, 359), st.floats(-90, -60), st.floats(-30, 30), st.floats(-0.3, 0.3), st.floats(-0.005, 0.005)
)
def test_every_drawn_place_is_the_pixel_that_opencv_names(yaw, pitch, roll, k1, p1):
    """Frames that hold their own column, then row: what is drawn is where it was taken from."""
    camera = replace(LENS, k1=k1, p1=p1, width_px=640, height_px=512, pitch_um=12.0)
    pose = CameraPose(np.array([3.0, -2.0, 80.0]), rotation_of(CameraAttitude(yaw, pitch, roll)))
    rng = np.random.default_rng(3)
    ground = tile()
    ground = TileGround.over(ground.east_m, ground.north_m, rng.uniform(-5, 15, ground.shape))
    rows, cols = np.indices((512, 640)).astype(np.float32)
    seen = np.stack([draw_frame(ground, image, pose, camera) for image in (cols, rows)], -1)
    truth = opencv_pixels(points(ground), pose, camera).reshape(*ground.shape, 2)
    inside = ((truth >= 0.01) & (truth <= np.array([638.99, 510.99]))).all(axis=-1)
    radius = np.hypot(*np.moveaxis((pose.center_m - points(ground)) @ pose.rotation, -1, 0)[:2])
    lens = (radius / ((points(ground) - pose.center_m) @ pose.rotation)[:, 2]).reshape(ground.shape)
    inside &= lens < 1.25 * half_diagonal(camera)
    assert np.abs(seen[inside] - truth[inside]).max(initial=0.0) < 0.01
    outside = ((truth < -0.01) | (truth > np.array([639.01, 511.01]))).any(axis=-1)
    assert np.isnan(seen[outside]).all()


def test_one_frame_on_flat_ground_is_what_cv2_remap_draws():
    celsius = np.random.default_rng(1).normal(20, 5, (48, 64)).astype(np.float32)
    ground = tile()
    seen = draw_frame(ground, celsius, POSE, LENS)
    at = opencv_pixels(points(ground))
    x, y = at.reshape(40, 40, 2).astype(np.float32).transpose(2, 0, 1)
    expected = cv2.remap(celsius, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=np.nan)
    drawn = np.isfinite(seen)
    assert drawn.sum() > 500
    assert seen[drawn] == pytest.approx(expected[drawn], abs=0.3)  # remap rounds to 1/32 pixel
    assert not drawn[np.isnan(expected)].any()


def test_a_camera_far_from_the_flights_zero_is_as_exact():
    """Single precision counts from the camera, not from the zero of a large flight."""
    rows, cols = np.indices((48, 64)).astype(np.float32)
    here = np.stack([draw_frame(tile(), image, POSE, LENS) for image in (cols, rows)])
    ground, far = tile(), np.array([40_000.0, -30_000.0, 0.0])
    moved = TileGround.over(ground.east_m + far[0], ground.north_m + far[1], ground.up_m)
    pose = CameraPose(POSE.center_m + far, POSE.rotation)
    there = np.stack([draw_frame(moved, image, pose, LENS) for image in (cols, rows)])
    assert np.nanmax(np.abs(here - there)) < 1e-3


def listed(ground, frames, kept=3, order=None):
    """Candidates of (celsius, pose) on a tile, drawn in the order told."""
    found, params = Candidates.empty(ground.shape, kept), BlendParams(kept=kept)
    part = (slice(0, ground.shape[0]), slice(0, ground.shape[1]))
    for k in order or range(len(frames)):
        celsius, pose = frames[k]
        look = Looking(k, pose, LENS, part)
        if may_enter(found, ground, look, params):
            add_frame(found, ground, look, celsius, lowpass(celsius), params)
    return found


def test_a_pixel_beside_missing_temperatures_is_not_taken_from_that_frame():
    celsius = np.full((48, 64), 20.0, np.float32)
    celsius[20:30, 30:40] = np.nan
    found = listed(tile(), [(celsius, POSE)])
    at = POSE.pixels(np.stack([tile().east_m, tile().north_m, tile().up_m], -1), LENS)
    in_hole = (np.abs(at[..., 0] - 34.5) < 4) & (np.abs(at[..., 1] - 24.5) < 4)
    assert in_hole.any()
    assert not found.weight[in_hole].any()
    assert np.isfinite(found.celsius).all()
    assert found.low[found.weight > 0] == pytest.approx(20.0)


@given(st.permutations(range(6)))
def test_the_order_of_frames_does_not_matter(order):
    rng = np.random.default_rng(4)
    frames = [
        (rng.normal(20, 5, (48, 64)).astype(np.float32), replace(POSE, center_m=POSE.center_m + move))
        for move in rng.uniform(-6, 6, (6, 3)).round() * [1, 1, 0]
    ]
    first, other = listed(tile(), frames), listed(tile(), frames, order=order)
    for name in ("weight", "celsius", "low", "frame"):
        assert np.array_equal(getattr(first, name), getattr(other, name))
    drawn = np.stack([draw_frame(tile(), c, p, LENS) for c, p in frames])
    assert np.array_equal(first.weight[..., 0] > 0, np.isfinite(drawn).any(axis=0))
    used = first.weight[..., 0] > 0
    own = np.take_along_axis(drawn, np.maximum(first.frame[..., 0], 0)[None], axis=0)[0]
    assert np.array_equal(first.celsius[..., 0][used], own[used])


def test_map_pixels_lie_where_pyproj_puts_them():
    from pyproj import Transformer

    origin = LonLat(127.11, 37.37)
    frame, crs = LocalFrame(origin), default_crs(origin)
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(*origin.xy)
    place = MapPlace(GeoGrid(crs, Affine(0.5, 0, x + 800, 0, -0.5, y - 500), (2000, 2000)), frame)
    east, north = place.east_north(Window(1024, 512, 512, 512))
    rows, cols = np.array([0, 100, 511]), np.array([3, 250, 511])
    at = place.grid.xy(rows + 1024.0, cols + 512.0)
    lon, lat = Transformer.from_crs(crs, 4326, always_xy=True).transform(at[:, 0], at[:, 1])
    expected = frame.to_local(lon, lat)
    assert np.column_stack([east[rows, cols], north[rows, cols]]) == pytest.approx(expected, abs=1e-4)


def test_a_map_pixels_place_does_not_depend_on_the_window_it_is_asked_with():
    origin = LonLat(127.11, 37.37)
    place = MapPlace(
        GeoGrid(default_crs(origin), Affine(0.1, 0, 200_000, 0, -0.1, 530_000), (3000, 3000)),
        LocalFrame(origin),
    )
    whole = np.stack(place.east_north(Window(0, 0, 700, 900)))
    part = np.stack(place.east_north(Window(333, 501, 100, 130)))
    assert np.array_equal(part, whole[:, 333:433, 501:631])
