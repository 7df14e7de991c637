"""One small scene and one stage for the demo's tests, made once a worker."""

import pytest

from core.geo import LonLat
from skyshade.demo.render import Stage, make_stage
from skyshade.demo.scene import Scene, make_scene


@pytest.fixture(scope="session")
def scene() -> Scene:
    return make_scene(7, cell_m=0.25)


@pytest.fixture(scope="session")
def stage(scene) -> Stage:
    return make_stage(scene)


@pytest.fixture(scope="session")
def place_at(scene):
    from pyproj import Transformer

    to_degrees = Transformer.from_crs(scene.crs, "EPSG:4326", always_xy=True)

    def place(x_m: float, y_m: float) -> LonLat:
        return LonLat(*to_degrees.transform(*scene.map_xy(x_m, y_m)))

    return place
