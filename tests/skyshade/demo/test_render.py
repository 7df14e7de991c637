import dataclasses

import numpy as np
import pytest
from pyproj import Transformer

from core.camera import Camera
from core.geo import LocalFrame
from core.shot import CameraAttitude
from skyshade.demo.render import RenderCamera, TruePose, make_stage, render_frame, seen_places
from skyshade.demo.town import Surface
from skyshade.demo.view import attitude_of, nadir_axes

SMALL = RenderCamera(width_px=160, height_px=128, focal_px=191.0, cx_px=79.5, cy_px=63.5)
BENT = dataclasses.replace(SMALL, cx_px=82.0, cy_px=61.0, k1=-0.05, k2=0.2, p1=0.004, p2=-0.003)


def pose_over(place, heading=37.0, ahead=0.4, aside=-0.6, height=80.0):
    attitude = attitude_of(nadir_axes(heading, ahead, aside), yaw_hint_deg=heading)
    return TruePose(place, height, attitude)


@pytest.mark.parametrize("camera", [SMALL, BENT])
def test_what_a_pixel_sees_projects_back_into_that_pixel(scene, stage, place_at, camera):
    pose = pose_over(place_at(200.0, 170.0))
    seen = seen_places(stage, pose, camera)
    lon, lat = Transformer.from_crs(scene.crs, "EPSG:4326", always_xy=True).transform(
        seen[..., 0], seen[..., 1]
    )
    east_north = LocalFrame(pose.lonlat).to_local(lon, lat)
    offset = np.concatenate([east_north, seen[..., 2:] - pose.height_m], axis=-1)
    other = Camera(
        "oracle",
        camera.width_px,
        camera.height_px,
        focal_mm=camera.focal_px,
        pitch_um=1000.0,
        cx_offset_px=camera.cx_px - (camera.width_px - 1) / 2,
        cy_offset_px=camera.cy_px - (camera.height_px - 1) / 2,
        k1=camera.k1,
        k2=camera.k2,
        p1=camera.p1,
        p2=camera.p2,
    )
    pixels = other.project(offset @ pose.attitude.camera_to_enu())
    rows, columns = np.mgrid[0 : camera.height_px, 0 : camera.width_px]
    assert np.abs(pixels - np.stack([columns, rows], axis=-1)).max() < 0.02


def test_rays_end_on_the_surface_or_on_a_wall(scene, stage, place_at):
    seen = seen_places(stage, pose_over(place_at(215.0, 150.0)), SMALL)
    row = (scene.north_m - seen[..., 1]) / scene.cell_m - 0.5
    column = (seen[..., 0] - scene.west_m) / scene.cell_m - 0.5
    surface = scene.height_m[np.rint(row).astype(int), np.rint(column).astype(int)]
    gap = surface - seen[..., 2]
    assert np.mean(np.abs(gap) < 0.15) > 0.85  # ground, roofs, crowns
    assert np.mean(gap < -0.6) < 0.002  # nothing is seen floating, but for roundings at the very rims


def test_a_ray_meets_nothing_before_it_ends(scene, stage, place_at):
    pose = pose_over(place_at(215.0, 150.0), height=60.0)
    seen = seen_places(stage, pose, SMALL)
    x, y = Transformer.from_crs("EPSG:4326", scene.crs, always_xy=True).transform(*pose.lonlat.xy)
    eye = np.array([x, y, pose.height_m])
    for share in np.linspace(0.72, 0.985, 40):
        on_ray = eye + share * (seen - eye)
        row = np.rint((scene.north_m - on_ray[..., 1]) / scene.cell_m - 0.5).astype(int)
        column = np.rint((on_ray[..., 0] - scene.west_m) / scene.cell_m - 0.5).astype(int)
        assert np.mean(scene.height_m[row, column] > on_ray[..., 2] + 0.5) < 0.003


def test_a_roof_hides_the_ground_behind_it_and_shows_its_wall_to_the_camera(scene, stage, place_at):
    building = next(b for b in scene.town.buildings if b.name == "중앙빌딩")
    middle = building.footprint.centroid
    seen_from_west = seen_places(stage, pose_over(place_at(middle.x - 30.0, middle.y), 0.0, 0, 0), SMALL)
    x, y = scene.map_xy(middle.x, middle.y)
    near = (np.abs(seen_from_west[..., 1] - y) < 3.0) & (np.abs(seen_from_west[..., 0] - x) < 16.0)
    heights = seen_from_west[near][:, 2]
    east = seen_from_west[near][:, 0] - x
    assert ((heights > 2.0) & (heights < 12.0) & (east < -8)).any()  # the western wall
    assert not ((heights < 2.0) & (east > 10.5) & (east < 14.5)).any()  # the ground behind the building


def test_flat_ground_looks_as_it_is(scene, stage, place_at):
    plain = dataclasses.replace(
        scene, height_m=np.zeros_like(scene.height_m), surface=np.full_like(scene.surface, Surface.LAWN)
    )
    frame = render_frame(make_stage(plain), pose_over(place_at(120.0, 120.0), 0.0, 0.0, 0.0), SMALL)
    column, row = (int(v / scene.cell_m) for v in (120.0, 120.0))
    row = scene.shape[0] - row
    window = scene.temperature_C[row - 8 : row + 8, column - 8 : column + 8]
    assert frame[59:69, 75:85].mean() == pytest.approx(window.mean(), abs=0.6)


def test_a_camera_that_looks_aside_is_refused(stage, place_at):
    with pytest.raises(ValueError, match="must look down"):
        render_frame(stage, TruePose(place_at(200, 200), 80.0, CameraAttitude(0.0, -60.0)), SMALL)


def test_views_beyond_the_edge_go_on(stage, place_at):
    frame = render_frame(stage, pose_over(place_at(2.0, 318.0)), SMALL)
    assert np.isfinite(frame).all()
    assert 15 < frame.min() <= frame.max() < 80
