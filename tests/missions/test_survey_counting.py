"""Cells counted row by row, held against every cell looked up in every photograph."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from core.geo import LocalFrame, LonLat
from missions.cameras import load_camera
from missions.survey.counting import slopes_in
from missions.survey.lattice import frame_rays, lens_of, look, make_lattice, rotations
from missions.survey.rehearsal import Views

FRAME = LocalFrame(LonLat(127.11, 37.37))
M3T = load_camera("M3T")
BENT = replace(M3T, k1=-0.2, k2=0.05, p1=1e-3, p2=-2e-3, cx_offset_px=30.0)
STEP_M = 3.0
STEEPEST = 1.4  # directions a little outside the image are no cells' directions


class Waves:
    """Ground that goes up and down, 6 m over the sea's height in all."""

    def heights_m(self, lon, lat):
        east, north = np.moveaxis(FRAME.to_local(lon, lat), -1, 0)
        return 3.0 * np.sin(np.asarray(east) / 17.0) * np.cos(np.asarray(north) / 11.0)


def views_at(eyes, looks):
    numbers = np.zeros(len(eyes), np.int64)
    return Views(np.array(eyes, float), np.array(looks, float), numbers, numbers)


def looked_up(lattice, views, camera):
    """Counts and least depths, every cell in every view by the camera's own projection; and which cells are
    sure, none of them on the very rim of an image.
    """
    xs, ys = np.meshgrid(lattice.xs, lattice.ys)
    points = np.stack([xs, ys, lattice.ground], axis=-1).reshape(-1, 3).astype(float)
    most = lens_of(camera)[10]
    count, depth = np.zeros(len(points), int), np.full(len(points), np.inf)
    sure = np.ones(len(points), bool)
    for eye, turn in zip(views.eyes, rotations(views), strict=True):
        into = (points - eye) @ turn
        ahead = into[:, 2] > 0.0
        into[~ahead] = 1.0
        slope = np.hypot(into[:, 0], into[:, 1]) / into[:, 2]
        u, v = camera.project(into).T
        room = np.min([u + 0.5, camera.width_px - 0.5 - u, v + 0.5, camera.height_px - 0.5 - v], axis=0)
        inside = room >= 0.0
        sure &= (np.abs(room) > 1e-6) & (np.abs(slope - most) > 1e-9)
        seen = ahead & inside & (slope <= most) & lattice.inside.reshape(-1)
        count += seen
        depth[seen] = np.minimum(depth[seen], into[seen, 2])
    return count.reshape(xs.shape), depth.reshape(xs.shape), sure.reshape(xs.shape)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(st.floats(-40, 160), st.floats(-40, 160), st.floats(25, 70), st.floats(0, 359)),
        min_size=1, max_size=4,
    ),
    st.floats(-90, -55), st.floats(-15, 15), st.booleans(), st.sampled_from([None, Waves()]),
)  # fmt: skip
def test_rows_count_what_every_cell_looked_up_by_itself_counts(places, pitch, roll, bent, terrain):
    camera = BENT if bent else M3T
    views = views_at([p[:3] for p in places], [(p[3], pitch, roll) for p in places])
    area = box(0, 0, 120, 100).difference(box(40, 30, 60, 60))
    lattice = make_lattice(area, FRAME, terrain, STEP_M)
    seen = look(lattice, views, camera)
    count, depth, sure = looked_up(lattice, views, camera)
    assert np.array_equal(seen.count[sure], count[sure])
    assert seen.depth_m[sure] == pytest.approx(depth[sure], rel=1e-6)


@pytest.mark.parametrize("camera", [M3T, BENT, replace(M3T, k1=0.3), replace(M3T, k1=-0.35, k2=0.1)])
def test_bounds_of_slopes_hold_the_whole_frame(camera):
    left, right, top, bottom = slopes_in(lens_of(camera))
    x, y = frame_rays(camera)[:, :2].T / frame_rays(camera)[:, 2]
    assert left < x.min()
    assert x.max() < right
    assert top < y.min()
    assert y.max() < bottom
    assert right < STEEPEST * x.max()
    assert bottom < STEEPEST * y.max()


def test_a_view_from_below_the_ground_counts_nothing():
    lattice = make_lattice(box(0, 0, 60, 60), FRAME, None, STEP_M)
    assert not look(lattice, views_at([(30.0, 30.0, -5.0)], [(0.0, -90.0, 0.0)]), M3T).count.any()
