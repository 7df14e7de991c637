import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.heat import HeatMap
from gis.siting.zonal import cover_fractions, zonal_stats


def heat_of(celsius, pixel_m=2.0):
    return HeatMap(np.asarray(celsius, np.float32), "EPSG:5186", 200_000.0, 500_000.0, pixel_m)


def areas(*shapes):
    return gpd.GeoSeries(list(shapes), crs="EPSG:5186")


def brute_fractions(heat, shape):
    """Each pixel's share by cutting the polygon with the pixel, one by one."""
    height, width = heat.celsius.shape
    col, row = np.meshgrid(np.arange(width), np.arange(height))
    left, top = heat.left_m + col * heat.pixel_m, heat.top_m - row * heat.pixel_m
    pixels = shapely.box(left, top - heat.pixel_m, left + heat.pixel_m, top)
    return shapely.area(shapely.intersection(pixels, shapely.make_valid(shape))) / heat.pixel_m**2


metres = st.integers(-10_000, 50_000).map(lambda millimetres: millimetres / 1000.0)
points = st.lists(st.tuples(metres, metres), min_size=3, max_size=8)


@settings(max_examples=60, deadline=None)
@given(points, points)
def test_cover_fractions_are_those_of_cutting_pixel_by_pixel(outer, inner):
    heat = heat_of(np.zeros((20, 21)))
    shape = shapely.convex_hull(shapely.multipoints(outer)).difference(
        shapely.convex_hull(shapely.multipoints(inner))
    )
    shape = shapely.transform(shape, lambda c: np.column_stack([200_000.0 + c[:, 0], 500_000.0 - c[:, 1]]))
    if shape.area < 1e-3:
        return
    assert np.allclose(cover_fractions(heat, shape), brute_fractions(heat, shape), atol=1e-6)


def test_a_polygon_that_crosses_itself_covers_what_it_encloses():
    heat = heat_of(np.zeros((20, 21)))
    bow = shapely.Polygon([(200_004, 499_996), (200_012, 499_988), (200_012, 499_996), (200_004, 499_988)])
    assert not bow.is_valid
    shares = cover_fractions(heat, bow)
    assert shares.sum() * heat.pixel_m**2 == pytest.approx(32.0)
    assert np.allclose(shares, brute_fractions(heat, bow), atol=1e-6)


def placed_between(values, weights, q):
    """A weighted percentile as its definition says, value by value."""
    order = np.argsort(values)
    values, weights = values[order], weights[order]
    n, heap = len(values), np.concatenate([[0.0], np.cumsum(weights)])
    stands = np.arange(n) * weights + (n - 1) * heap[:-1]
    return np.interp(q * (n - 1) * heap[-1], stands, values)


def test_mean_and_percentiles_are_those_of_sorted_weighted_pixels():
    rng = np.random.default_rng(4)
    heat = heat_of(rng.normal(35, 4, (40, 50)))
    star = (
        shapely.Point(200_050, 499_960)
        .buffer(33, quad_segs=3)
        .difference(shapely.Point(200_055, 499_950).buffer(9))
    )
    share = brute_fractions(heat, star).ravel()
    values = heat.celsius.ravel().astype(float)[share > 0]
    share = share[share > 0]
    expected = [placed_between(values, share, q) for q in (0.0, 0.1, 0.5, 0.9, 1.0)]
    found = zonal_stats(heat, areas(star), (0, 10, 50, 90, 100))
    assert found.mean[0] == pytest.approx(np.average(values, weights=share), abs=1e-5)
    assert found.percentiles[0] == pytest.approx(expected, abs=1e-5)
    assert found.known[0] == pytest.approx(star.area / 4.0, rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-30, 90), min_size=1, max_size=40), st.floats(0, 100))
def test_percentiles_of_whole_pixels_are_numpys(values, percentile):
    heat = heat_of([values], pixel_m=1.0)
    shape = areas(shapely.box(200_000, 499_999, 200_000 + len(values), 500_000))
    found = zonal_stats(heat, shape, (percentile,))
    assert found.percentiles[0, 0] == pytest.approx(np.percentile(values, percentile), abs=1e-4)


def test_a_ramp_over_a_slanted_parallelogram_has_the_value_at_its_centroid():
    column = np.arange(60) + 0.5
    heat = heat_of(np.tile(column, (60, 1)), pixel_m=1.0)
    shape = shapely.Polygon(
        [(200_005, 499_990), (200_030.5, 499_985), (200_041, 499_951), (200_015.5, 499_956)]
    )
    found = zonal_stats(heat, areas(shape))
    assert found.mean[0] == pytest.approx(shape.centroid.x - 200_000, abs=2e-3)


def test_what_lies_outside_the_map_or_is_masked_is_unknown_and_never_a_value():
    celsius = np.full((10, 10), 30.0)
    celsius[:, 5:] = np.nan
    heat = heat_of(celsius, pixel_m=1.0)
    half_known = shapely.box(200_000, 499_990, 200_010, 500_000)
    half_outside = shapely.box(199_997, 499_990, 200_003, 500_000)
    far = shapely.box(300_000, 499_990, 300_010, 500_000)
    found = zonal_stats(heat, areas(half_known, half_outside, far))
    assert found.unknown_share == pytest.approx([0.5, 0.5, 1.0])
    assert found.mean[:2] == pytest.approx([30.0, 30.0])
    assert np.isnan(found.mean[2])


def test_areas_in_degrees_are_taken_to_the_maps_system():
    heat = heat_of(np.full((50, 50), 31.5), pixel_m=1.0)
    shape = areas(shapely.box(200_010, 499_960, 200_020, 499_970))
    found = zonal_stats(heat, shape.to_crs("EPSG:4326"))
    assert found.known[0] == pytest.approx(100.0, rel=1e-5)


def test_a_percentile_beyond_a_hundred_is_refused():
    with pytest.raises(ValueError, match=r"\[0, 100\], got \[120\]"):
        zonal_stats(heat_of(np.zeros((4, 4))), areas(shapely.box(0, 0, 1, 1)), (120,))
