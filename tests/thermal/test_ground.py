import numpy as np
import pytest
from affine import Affine

from core.geo import LocalFrame, LonLat
from gis.grid import GeoGrid
from gis.raster import Band
from thermal.ground import PlaneGround, RasterGround, common_gap_m, fit_ground_plane


def test_the_plane_goes_through_the_ground_though_a_third_of_the_points_lie_on_roofs():
    rng = np.random.default_rng(0)
    at = rng.uniform(-100, 100, (600, 2))
    up = -12.0 + 0.02 * at[:, 0] - 0.01 * at[:, 1] + rng.normal(0, 0.2, 600)
    up[:200] += rng.choice([5.0, 9.0, 15.0], 200)
    plane = fit_ground_plane(np.column_stack([at, up]))
    assert plane.up_m == pytest.approx(-12.0, abs=0.15)
    assert (plane.slope_east, plane.slope_north) == pytest.approx((0.02, -0.01), abs=0.003)


def test_one_flat_roof_with_most_of_the_points_is_not_taken_for_the_ground():
    rng = np.random.default_rng(1)
    roof = np.column_stack([rng.uniform(0, 60, (330, 2)), 10 + rng.normal(0, 0.1, 330)])
    ground = np.column_stack([rng.uniform(-60, 0, (300, 2)), rng.normal(0, 0.1, 300)])
    plane = fit_ground_plane(np.concatenate([roof, ground]))
    assert plane.heights_m(np.array([-30.0, -30.0])) == pytest.approx(0.0, abs=0.5)


def test_fewer_than_three_points_are_refused():
    with pytest.raises(ValueError, match="3 points"):
        fit_ground_plane(np.zeros((2, 3)))


def test_a_height_model_in_a_map_projection_is_read_at_the_flights_places():
    frame = LocalFrame(LonLat(127.11, 37.37))
    from pyproj import Transformer

    x, y = Transformer.from_crs(4326, 5186, always_xy=True).transform(127.11, 37.37)
    cols = np.tile(np.arange(100), (100, 1))
    grid = GeoGrid("EPSG:5186", Affine(1, 0, x - 50, 0, -1, y + 50), (100, 100))
    ground = RasterGround(Band((cols + 0.5 - 50) * 0.1, grid), frame, shift_m=7.0)
    assert ground.heights_m(np.array([[0.0, 0.0], [20.0, 0.0]])) == pytest.approx([7.0, 9.0], abs=0.05)
    assert np.isnan(ground.heights_m(np.array([500.0, 0.0])))
    assert ground.top_m == pytest.approx(7.0 + 4.95)
    assert PlaneGround(0.0).top_m is None


def test_roofs_do_not_lift_the_ground_of_a_height_model():
    """Three in five points lie on roofs of every height; the rest tell the ground."""
    rng = np.random.default_rng(3)
    gaps = np.concatenate([rng.normal(7.3, 0.15, 200), 7.3 + rng.uniform(4.0, 20.0, 300), [np.nan]])
    assert common_gap_m(rng.permutation(gaps)) == pytest.approx(7.3, abs=0.05)
