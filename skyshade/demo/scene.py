"""A made piece of Seongnam at the Tancheon: true surface temperatures and heights on one grid.

`temperature_C` is what a perfect radiometric camera would report when told the emissivity the frames state: a
bare metal roof is cold in it, because it mirrors the sky and no camera can know better from one band.
"""

import math
from dataclasses import dataclass

import numpy as np

from core.geo import LonLat
from skyshade.demo.paint import Canvas, FloatGrid, SurfaceGrid, noise
from skyshade.demo.town import DEPTH_M, HOME_M, WIDTH_M, Town
from skyshade.demo.townplan import make_town

HOME = LonLat(127.1090, 37.3700)
CRS = "EPSG:5186"


@dataclass(frozen=True, slots=True)
class Scene:
    """The true ground.

    Grids are (rows, columns), row 0 north, cells of `cell_m` in `crs`; the outer corner of cell (0, 0) is at
    (`west_m`, `north_m`). `temperature_C` float32 degrees Celsius; `height_m` float32, top of ground, roof or
    crown above the home point; `ground_m` the same without roofs, crowns and cars; `surface` uint8, numbers
    of `town.Surface`; `wall_C` the temperature a wall shows. `home_elevation_m` is home's height above mean
    sea level.
    """

    seed: int
    crs: str
    west_m: float
    north_m: float
    cell_m: float
    temperature_C: FloatGrid
    height_m: FloatGrid
    ground_m: FloatGrid
    surface: SurfaceGrid
    town: Town
    home: LonLat
    wall_C: float = 43.0
    home_elevation_m: float = 42.0

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) of the grids."""
        rows, columns = self.temperature_C.shape
        return int(rows), int(columns)

    @property
    def south_m(self) -> float:
        """Map northing of the southern edge."""
        return self.north_m - self.shape[0] * self.cell_m

    def map_xy(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Scene metres to map coordinates in `crs`."""
        return self.west_m + x_m, self.south_m + y_m


def make_scene(seed: int = 20190801, *, cell_m: float = 0.125) -> Scene:
    """The place on a hot afternoon (14 h, sun in the south-west), the same for the same seed."""
    from skyshade.demo import heat, relief

    rng = np.random.default_rng(seed)
    canvas = Canvas(round(DEPTH_M / cell_m), round(WIDTH_M / cell_m), cell_m)
    town = make_town(rng)
    ground = relief.ground(canvas, town)
    height = relief.with_objects(canvas, town, ground, noise(rng, canvas, (0.7, 1.5)))
    surface = relief.surfaces(canvas, town, height, ground)
    temperature = heat.temperatures(canvas, town, surface, height, rng)
    west, south = _south_west(HOME)
    return Scene(
        seed=seed,
        crs=CRS,
        west_m=west,
        north_m=south + DEPTH_M,
        cell_m=cell_m,
        temperature_C=temperature,
        height_m=height,
        ground_m=ground,
        surface=surface,
        town=town,
        home=HOME,
    )


def _south_west(home: LonLat) -> tuple[float, float]:
    from pyproj import Transformer

    x, y = Transformer.from_crs("EPSG:4326", CRS, always_xy=True).transform(*home.xy)
    return math.floor(x - HOME_M[0]), math.floor(y - HOME_M[1])
