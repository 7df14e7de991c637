import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import RegularGridInterpolator

from thermal.ground import PlaneGround
from thermal.tiesurface import SurfaceGround, SurfaceParams, fit_ground


def hill_m(at):
    """Rolling ground, three metres from valley to hill."""
    return 1.5 * np.sin(at[:, 0] / 22.0) * np.cos(at[:, 1] / 28.0) + 0.01 * at[:, 0]


def tied(seed, share_on_roofs, n=1000):
    """Tie points on rolling ground with 0.1 m of noise; some on roofs of 4 to 20 m."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(-60, 60, (n, 2))
    up = hill_m(at) + rng.normal(0, 0.1, n)
    roofs = rng.uniform(size=n) < share_on_roofs
    up[roofs] += rng.uniform(4.0, 20.0, roofs.sum())
    return np.column_stack([at, up])


def off_m(ground, reach=50.0):
    side = np.arange(-reach, reach + 1, 2.0)
    at = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    return ground.heights_m(at) - hill_m(at)


@pytest.mark.parametrize("share", [0.0, 0.15, 0.4])
def test_the_surface_follows_hills_and_stays_below_roofs(share):
    ground = fit_ground(tied(1, share))
    assert isinstance(ground, SurfaceGround)
    assert np.sqrt(np.mean(off_m(ground) ** 2)) < 0.15


def test_a_plane_alone_misses_the_hills_by_far_more():
    ground = fit_ground(tied(1, 0.15))
    assert np.sqrt(np.mean(off_m(ground.plane) ** 2)) > 0.5


def test_points_far_too_low_do_not_dig_holes():
    points = tied(2, 0.1)
    points[::25, 2] -= 15.0
    assert np.abs(off_m(fit_ground(points))).max() < 1.0


def test_few_points_give_a_plane():
    assert isinstance(fit_ground(tied(3, 0.0, n=60)), PlaneGround)


def test_points_on_a_line_give_some_ground():
    """One flight line over a narrow strip: nothing to lean a surface on across it."""
    points = tied(4, 0.0, n=300) * (1.0, 0.001, 1.0)
    assert np.isfinite(fit_ground(points).heights_m(np.array([[0.0, 500.0], [0.0, 0.0]]))).all()


def test_points_at_one_place_give_some_ground():
    assert np.isfinite(fit_ground(np.ones((200, 3))).heights_m(np.array([3.0, 4.0])))


@settings(max_examples=30, deadline=None)
@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
def test_heights_between_nodes_are_bilinear_and_go_on_beyond_the_border(east, north):
    rng = np.random.default_rng(5)
    over, west, south, step = rng.normal(size=(6, 9)), -20.0, 10.0, 7.5
    ground = SurfaceGround(PlaneGround(3.0, 0.01, -0.02), over, west, south, step)
    rows, cols = south + step * np.arange(6), west + step * np.arange(9)
    known = RegularGridInterpolator((rows, cols), over)
    inside = np.clip(north, rows[0], rows[-1]), np.clip(east, cols[0], cols[-1])
    expected = float(known(inside)) + 3.0 + 0.01 * east - 0.02 * north
    assert ground.heights_m(np.array([east, north])) == pytest.approx(expected, abs=1e-6)


def test_a_surface_travels_to_other_processes():
    ground = fit_ground(tied(6, 0.1))
    again = pickle.loads(pickle.dumps(ground))  # noqa: S301  # our own bytes
    assert again.heights_m(np.array([[1.0, 2.0]])) == pytest.approx(ground.heights_m(np.array([[1.0, 2.0]])))
    assert again.top_m is None
    assert "surface through tie points" in again.label


def test_the_parameters_are_told_where_they_make_no_sense():
    with pytest.raises(ValueError, match="node_m must be > 0, got 0"):
        SurfaceParams(node_m=0)
