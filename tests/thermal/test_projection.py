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
from gis.raster import Band
from thermal.ground import PlaneGround, RasterGround
from thermal.ortho import BlendParams, TileGround, TileSum, add_frame
from thermal.pose import CameraPose, footprint_m, rotation_of
from thermal.tiles import MapPlace

LENS = Camera("lens", 64, 48, 9.0, 100.0, 1.5, -0.7, -0.05, 0.02, 0.001, 0.002, -0.001)
POSE = CameraPose(np.array([3.0, -2.0, 50.0]), rotation_of(CameraAttitude(31.0, -86.0, 2.0)))


def opencv_pixels(points):
    world_to_camera = POSE.rotation.T
    turn = cv2.Rodrigues(world_to_camera)[0]
    shift = -world_to_camera @ POSE.center_m
    out = cv2.projectPoints(np.asarray(points, float), turn, shift, LENS.matrix, LENS.distortion)[0]
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
    return TileGround(east, north, np.full(east.shape, up))


def test_one_frame_on_flat_ground_is_what_cv2_remap_draws():
    celsius = np.random.default_rng(1).normal(20, 5, (48, 64)).astype(np.float32)
    ground, total = tile(), TileSum.empty((40, 40))
    add_frame(total, ground, celsius, POSE, LENS, 7, BlendParams())
    at = opencv_pixels(np.column_stack([ground.east_m.ravel(), ground.north_m.ravel(), ground.up_m.ravel()]))
    x, y = at.reshape(40, 40, 2).astype(np.float32).transpose(2, 0, 1)
    expected = cv2.remap(celsius, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=np.nan)
    drawn = total.count > 0
    assert drawn.sum() > 500
    assert total.best_value[drawn] == pytest.approx(expected[drawn], abs=0.3)  # remap rounds to 1/32 pixel
    assert set(total.best_frame[drawn]) == {7}
    assert not drawn[np.isnan(expected)].any()


def test_a_pixel_beside_missing_temperatures_is_not_drawn():
    celsius = np.full((48, 64), 20.0, np.float32)
    celsius[20:30, 30:40] = np.nan
    total = TileSum.empty((40, 40))
    add_frame(total, tile(), celsius, POSE, LENS, 0, BlendParams())
    assert np.isfinite(total.weighted).all()
    at = POSE.pixels(np.stack([tile().east_m, tile().north_m, tile().up_m], -1), LENS)
    in_hole = (np.abs(at[..., 0] - 34.5) < 4) & (np.abs(at[..., 1] - 24.5) < 4)
    assert in_hole.any()
    assert not total.count[in_hole].any()


def test_a_roof_in_the_height_model_hides_the_ground_behind_it():
    frame = LocalFrame(LonLat(127.11, 37.37))
    heights = np.zeros((200, 200))
    heights[90:110, 90:110] = 12.0  # a tower 10 m wide in the middle
    band = Band(heights, GeoGrid(frame.proj4, Affine(0.5, 0, -50, 0, -0.5, 50), (200, 200)))
    ground = RasterGround(band, frame)
    place = MapPlace(GeoGrid(frame.proj4, Affine(0.5, 0, -30, 0, -0.5, 30), (120, 120)), frame)
    camera = Camera("wide", 200, 200, 10.0, 100.0)
    pose = CameraPose(np.array([-18.0, 0.0, 40.0]), rotation_of(CameraAttitude(0.0, -90.0)))
    total = TileSum.empty((120, 120))
    window = Window(0, 0, 120, 120)
    add_frame(
        total,
        place.ground(window, ground, 20.0),
        np.zeros((200, 200), np.float32),
        pose,
        camera,
        0,
        BlendParams(),
    )
    behind = total.count[60, 71:90]  # east of the tower: the sight line over its edge lands 9.9 m behind
    assert abs(int((behind == 0).sum()) - 19) <= 2
    assert total.count[60, 45] == 1
    assert total.count[60, 60] == 1


def test_without_a_height_model_nothing_is_hidden():
    place = MapPlace(
        GeoGrid(LocalFrame(LonLat(127, 37)).proj4, Affine(1, 0, 0, 0, -1, 0), (9, 9)),
        LocalFrame(LonLat(127, 37)),
    )
    assert place.ground(Window(0, 0, 9, 9), PlaneGround(1.0), 30.0).surface_m is None


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
