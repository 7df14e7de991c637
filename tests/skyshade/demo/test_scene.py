import numpy as np
import pytest

from skyshade.demo.scene import make_scene
from skyshade.demo.town import Roof, Surface


def test_the_same_seed_makes_the_same_place_and_another_one_another(scene):
    again, other = make_scene(7, cell_m=0.25), make_scene(8, cell_m=0.25)
    assert np.array_equal(scene.temperature_C, again.temperature_C)
    assert np.array_equal(scene.height_m, again.height_m)
    assert not np.array_equal(scene.temperature_C, other.temperature_C)


def test_grids_share_one_shape_and_hold_no_gaps(scene):
    assert scene.shape == (1280, 1680)
    for grid in (scene.temperature_C, scene.height_m, scene.ground_m):
        assert grid.shape == scene.shape
        assert grid.dtype == np.float32
        assert np.isfinite(grid).all()
    assert set(np.unique(scene.surface)) <= {int(kind) for kind in Surface}


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        (Surface.ASPHALT, 50, 58),
        (Surface.SIDEWALK, 45, 50),
        (Surface.GRASS, 33, 38),
        (Surface.TREE, 29, 34),
        (Surface.WATER, 26, 28),
    ],
)
def test_surfaces_are_as_warm_as_a_heat_wave_makes_them(scene, kind, low, high):
    assert low < np.median(scene.temperature_C[scene.surface == kind]) < high


def test_metal_roofs_look_colder_than_the_air_and_dark_ones_hotter_than_the_road(scene):
    by_roof = {}
    for building in scene.town.buildings:
        x, y = building.footprint.centroid.x, building.footprint.centroid.y
        row, column = int(scene.shape[0] - y / scene.cell_m), int(x / scene.cell_m)
        around = scene.temperature_C[row - 8 : row + 9, column - 8 : column + 9]
        by_roof.setdefault(building.roof, []).append(float(np.median(around)))
    assert max(by_roof[Roof.METAL]) < 34
    assert min(by_roof[Roof.MEMBRANE]) > 56


def test_roofs_stand_as_high_as_the_building_says(scene):
    for building in scene.town.buildings:
        p = building.footprint.representative_point()
        row, column = int(scene.shape[0] - p.y / scene.cell_m), int(p.x / scene.cell_m)
        above = scene.height_m - scene.ground_m
        assert above[row, column] == pytest.approx(building.height_m, abs=2.4)


def test_shade_lies_north_east_of_a_building(scene):
    tall = next(b for b in scene.town.buildings if b.name == "중앙빌딩")
    ring = tall.footprint
    x, y = ring.centroid.x, ring.bounds[3] + 2.0
    north = _at(scene, x, y)
    south = _at(scene, x, ring.bounds[1] - 3.0)
    assert north < south - 4


def _at(scene, x_m, y_m):
    row, column = int(scene.shape[0] - y_m / scene.cell_m), int(x_m / scene.cell_m)
    return float(scene.temperature_C[row - 2 : row + 3, column - 2 : column + 3].mean())


def test_home_lies_where_the_scene_says(scene, place_at):
    from core.geo import distance_m
    from skyshade.demo.town import HOME_M

    assert distance_m(scene.home, place_at(*HOME_M)) < 1.5
