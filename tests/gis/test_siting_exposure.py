import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box

from gis.heat import HeatMap
from gis.siting.exposure import ExposureParams, exposure_at, standing_surface
from gis.siting.hotspots import (
    cell_means,
    false_discovery,
    getis_ord,
    hot_cells,
    hot_grid,
    hot_spots,
    neighbours,
)


def heat_of(celsius, sigma=None, pixel_m=1.0):
    sigma = None if sigma is None else np.asarray(sigma, np.float32)
    return HeatMap(np.asarray(celsius, np.float32), "EPSG:5186", 0.0, float(len(celsius)), pixel_m, sigma)


def test_exposure_is_the_percentile_of_pixels_whose_middle_is_within_the_radius():
    rng = np.random.default_rng(1)
    heat = heat_of(rng.normal(35, 3, (60, 60)))
    row, col = np.mgrid[0:60, 0:60]
    near = (col + 0.5 - 21.3) ** 2 + (60 - row - 0.5 - 40.9) ** 2 <= 12.0**2
    found = exposure_at(
        heat, heat.celsius, np.array([[21.3, 40.9]]), ExposureParams(radius_m=12, percentile=80)
    )
    assert found.celsius[0] == pytest.approx(np.percentile(heat.celsius[near], 80), abs=1e-5)
    assert found.pixels[0] == near.sum()


def test_a_roof_does_not_count_as_ground():
    celsius = np.full((40, 40), 33.0)
    celsius[:, 20:] = 65.0
    heat = heat_of(celsius)
    roof = gpd.GeoSeries([box(20, 0, 40, 40)], crs="EPSG:5186")
    place = np.array([[19.0, 20.0]])
    assert exposure_at(heat, heat.celsius, place).celsius[0] == 65.0
    assert exposure_at(heat, standing_surface(heat, [roof]), place).celsius[0] == 33.0


def test_a_roof_in_degrees_masks_the_same_ground():
    heat = HeatMap(np.full((40, 40), 30, np.float32), "EPSG:5186", 209_800.0, 530_400.0, 1.0)
    roof = gpd.GeoSeries([box(209_810, 530_370, 209_820, 530_390)], crs="EPSG:5186")
    plain = np.isnan(standing_surface(heat, [roof])).sum()
    assert 200 <= np.isnan(standing_surface(heat, [roof.to_crs(4326)])).sum() <= plain + 60


def test_a_place_off_the_map_or_with_too_few_pixels_is_unknown():
    heat = heat_of(np.full((40, 40), 33.0))
    found = exposure_at(heat, heat.celsius, np.array([[500.0, 20.0], [-14.9, 20.0], [20.0, 20.0]]))
    assert list(found.known) == [False, False, True]
    assert found.notes == ("no standing surface in the map at 2 places",)


def test_sigma_is_carried_and_not_shrunk_by_the_pixel_count():
    heat = heat_of(np.full((40, 40), 33.0), sigma=np.full((40, 40), 0.7))
    assert exposure_at(heat, heat.celsius, np.array([[20.0, 20.0]])).sigma_K[0] == pytest.approx(0.7)
    bare = heat_of(np.full((40, 40), 33.0))
    params = ExposureParams(default_sigma_K=1.5)
    assert exposure_at(bare, bare.celsius, np.array([[20.0, 20.0]]), params).sigma_K[0] == 1.5


@pytest.mark.parametrize("wrong", [{"radius_m": 0}, {"percentile": 101}])
def test_impossible_exposure_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        ExposureParams(**wrong)


def test_gi_star_is_the_sum_written_out():
    rng = np.random.default_rng(5)
    places, values = rng.uniform(0, 100, (40, 2)), rng.normal(0, 1, 40)
    z = getis_ord(values, neighbours(places, 20.0))
    n, mean, deviation = 40, values.mean(), values.std()
    for i in range(n):
        w = (np.linalg.norm(places - places[i], axis=1) <= 20.0).astype(float)
        top = (w * values).sum() - mean * w.sum()
        bottom = deviation * np.sqrt((n * (w**2).sum() - w.sum() ** 2) / (n - 1))
        assert z[i] == pytest.approx(top / bottom)


@pytest.mark.parametrize("reach", [1.0, 1.5, 2.4, 7.3])
def test_gi_star_on_a_grid_is_gi_star_at_the_middles_of_its_cells(reach):
    rng = np.random.default_rng(6)
    values = rng.normal(35, 4, (23, 31))
    values[rng.uniform(size=values.shape) < 0.2] = np.nan
    row, column = np.mgrid[0:23, 0:31]
    places = np.column_stack([column.ravel(), row.ravel()]).astype(float)
    grid, points = hot_grid(values, reach), hot_spots(values.ravel(), places, reach)
    assert np.allclose(grid.z.ravel(), points.z, atol=1e-10, equal_nan=True)
    assert np.allclose(grid.q.ravel(), points.q, atol=1e-10, equal_nan=True)


@pytest.mark.parametrize("values", [np.full((4, 4), 30.0), np.full((4, 4), np.nan), np.array([[1.0, 2.0]])])
def test_ground_without_variance_has_no_hot_spots(values):
    assert np.isnan(hot_grid(values, 1.0).z).all()


def test_benjamini_hochberg_rejects_as_its_definition_says():
    p = np.array([0.001, 0.041, 0.008, 0.039, 0.6, np.nan, 0.042])
    q = false_discovery(p)
    known = np.sort(p[np.isfinite(p)])
    for level in (0.01, 0.03, 0.05, 0.2):
        passed = [k for k in range(len(known)) if known[k] <= level * (k + 1) / len(known)]
        limit = known[max(passed)] if passed else -1.0
        assert np.array_equal(q[np.isfinite(p)] <= level, p[np.isfinite(p)] <= limit)
    assert np.isnan(q[5])


def test_pure_noise_has_hardly_ever_a_hot_spot():
    rng = np.random.default_rng(9)
    row, col = np.mgrid[0:25, 0:25]
    places = np.column_stack([col.ravel(), row.ravel()]).astype(float)
    with_any = sum((hot_spots(rng.normal(size=625), places, 1.5).q < 0.05).any() for _ in range(40))
    assert with_any <= 8  # 5 % of 40 is 2


def test_a_warm_square_is_found_where_it_is():
    rng = np.random.default_rng(3)
    celsius = rng.normal(30, 1, (200, 200))
    celsius[40:80, 100:150] += 6
    cells = hot_cells(heat_of(celsius), heat_of(celsius).celsius)
    assert cells.union_all().intersects(box(110, 130, 140, 150))
    assert cells.union_all().bounds[2] < 200
    assert cells.area.sum() < 12_000


def test_cells_that_are_mostly_unknown_are_left_out():
    celsius = np.full((20, 20), 30.0)
    celsius[:10, :8] = np.nan
    cells = cell_means(heat_of(celsius), heat_of(celsius).celsius, 10.0)
    assert np.isnan(cells.means).tolist() == [[True, False], [False, False]]
    assert cells.middles(np.array([0, 1]), np.array([0, 1])).tolist() == [[5.0, 15.0], [15.0, 5.0]]
