"""Ground hidden behind what stands: against a plain march, and against what geometry says."""

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from core.camera import Camera
from core.geo import LocalFrame, LonLat
from core.shot import CameraAttitude
from gis.grid import GeoGrid, Window
from gis.raster import Band
from thermal.candidates import Candidates, Looking, add_frame
from thermal.ground import PlaneGround, RasterGround
from thermal.lowpass import lowpass
from thermal.ortho import BlendParams
from thermal.pose import CameraPose, rotation_of
from thermal.sightlines import GRACE_M
from thermal.tileground import tile_ground
from thermal.tiles import MapPlace

FRAME = LocalFrame(LonLat(127.11, 37.37))
WIDE = Camera("wide", 200, 200, 10.0, 100.0)
SIZE = 96


def model(heights, pixel_m=0.5):
    """A surface model about the middle of the flight."""
    half = len(heights) * pixel_m / 2
    grid = GeoGrid(FRAME.proj4, Affine(pixel_m, 0, -half, 0, -pixel_m, half), heights.shape)
    return RasterGround(Band(heights, grid), FRAME)


def drawn(ground, pose, size=SIZE, pixel_m=0.5, margin_m=20.0):
    """Where the frame is drawn on a map of `size` pixels about the middle."""
    half = size * pixel_m / 2
    place = MapPlace(GeoGrid(FRAME.proj4, Affine(pixel_m, 0, -half, 0, -pixel_m, half), (size, size)), FRAME)
    under = tile_ground(place, Window(0, 0, size, size), ground, margin_m)
    kept = Candidates.empty(under.shape, 1)
    image = np.zeros((200, 200), np.float32)
    part = (slice(0, size), slice(0, size))
    add_frame(kept, under, Looking(0, pose, WIDE, part), image, lowpass(image), BlendParams(kept=1))
    return kept.weight[..., 0] > 0, under


def above(east, north, up=40.0):
    return CameraPose(np.array([east, north, up]), rotation_of(CameraAttitude(0.0, -90.0)))


def test_a_roof_in_the_height_model_hides_the_ground_behind_it():
    heights = np.zeros((200, 200))
    heights[90:110, 90:110] = 12.0  # a tower 10 m wide in the middle
    seen, _ = drawn(model(heights), above(-18.0, 0.0), size=120)
    behind = seen[60, 71:90]  # east of the tower: the sight line over its edge lands 9.9 m behind
    assert abs(int((~behind).sum()) - 19) <= 2
    assert seen[60, 45]
    assert seen[60, 60]


def test_without_a_height_model_nothing_is_hidden():
    seen, ground = drawn(PlaneGround(1.0), above(0.0, 0.0))
    assert ground.sights is None
    assert seen.all()


def march(ground, pose):
    """Hidden pixels by looking at every node on every sight line."""
    sights = ground.sights
    out = np.zeros(ground.shape, bool)
    for i, j in np.ndindex(*ground.shape):
        up = ground.up_m[i, j]
        away = pose.center_m - [ground.east_m[i, j], ground.north_m[i, j], up]
        step = np.array([-away[1], away[0]]) / 0.5 / sights.step
        length = np.hypot(*step)
        start = (np.array([i, j]) - sights.first) / sights.step
        for k in range(1, min(int(length), sights.reach) + 1):
            r, c = np.floor(start + step / length * k + 0.5).astype(int)
            if sights.surface_m[r, c] > up + away[2] / length * k + GRACE_M:
                out[i, j] = True
                break
    return out


@settings(max_examples=8)
@given(
    st.integers(0, 10_000),
    st.floats(-30, 30),
    st.floats(-30, 30),
    st.floats(0.05, 0.4),
    st.sampled_from([0.5, 1.7]),
)
def test_leaping_over_low_blocks_hides_what_a_march_over_every_node_hides(seed, east, north, built, pixel_m):
    """Towers of any height on uneven ground, on a model as fine as the map or three times coarser."""
    rng = np.random.default_rng(seed)
    heights = rng.normal(0, 0.3, (160, 160))
    for _ in range(int(built * 60)):
        r, c, h, w = rng.integers(0, 150), rng.integers(0, 150), *rng.integers(2, 14, 2)
        heights[r : r + h, c : c + w] += rng.uniform(1, 15)
    pose = above(east, north, 60.0)
    seen, ground = drawn(model(heights, pixel_m), pose, size=48)
    truth = march(ground, pose)
    reached, _ = drawn(PlaneGround(0.0), pose, size=48)
    assert ground.sights.step == (1 if pixel_m == 0.5 else 3)
    both = reached & (np.abs(ground.up_m) < 40)
    assert (seen[both] != ~truth[both]).mean() < 0.002  # a node at the very height of the line


def test_where_the_model_knows_nothing_no_pixel_is_drawn_and_nothing_is_hidden():
    heights = np.zeros((200, 200))
    heights[80:120, 80:120] = np.nan
    seen, ground = drawn(model(heights), above(0.0, 0.0))
    assert not seen[np.isnan(ground.up_m)].any()
    assert seen[np.isfinite(ground.up_m)].all()


@pytest.mark.parametrize("east", [-20.0, 0.0, 20.0])
def test_rough_ground_alone_hides_nothing(east):
    heights = np.random.default_rng(0).uniform(0, GRACE_M, (200, 200))
    seen, _ = drawn(model(heights), above(east, 5.0, 60.0))
    assert seen.all()
