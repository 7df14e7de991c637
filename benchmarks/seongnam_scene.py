"""A made town within a real dong: streets, buildings and the heat that a camera would see at 14 h.

Open layers of Seongnam hold no streets, no buildings and no thermal flight: these three are made here,
seeded, so that roofs, walking ways and floors take part. Nothing of it is a statement about the real place.
"""

import itertools
import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from rasterio.features import rasterize
from rasterio.transform import from_origin
from scipy.ndimage import gaussian_filter
from shapely.affinity import rotate, translate

CRS, PIXEL_M, TURN_DEG = "EPSG:5186", 1.0, 17.0
STREET_M, ROAD_M, SIDEWALK_M = 95.0, 12.0, 4.0
GRASS_C, ROAD_C, WALK_C, ROOF_C, SIGMA_K = 34.0, 47.0, 42.0, 57.0, 0.8


def streets(dong: Any) -> Any:
    """A turned grid of streets cut to the dong; they meet at their corners."""
    ground = dong.union_all()
    middle, reach = ground.centroid, math.hypot(*(np.diff(np.reshape(ground.bounds, (2, 2)), axis=0)[0])) / 2
    along = np.arange(-math.ceil(reach / STREET_M), math.ceil(reach / STREET_M) + 1) * STREET_M
    pieces = [
        shapely.LineString(ends)
        for a in along
        for b, c in itertools.pairwise(along)
        for ends in (((a, b), (a, c)), ((b, a), (c, a)))
    ]
    placed = [translate(rotate(line, TURN_DEG, origin=(0, 0)), middle.x, middle.y) for line in pieces]
    return gpd.GeoDataFrame(geometry=[line for line in placed if ground.contains(line)], crs=CRS)


def buildings(dong: Any, roads: Any) -> Any:
    """Houses of 3 to 20 storeys between the streets."""
    rng = np.random.default_rng(3)
    ground = dong.union_all().difference(roads.union_all().buffer(ROAD_M / 2 + SIDEWALK_M + 4))
    west, south, east, north = ground.bounds
    middle = shapely.Point((west + east) / 2, (south + north) / 2)
    spots = np.stack(np.meshgrid(np.arange(west, east, 38), np.arange(south, north, 30)), -1).reshape(-1, 2)
    houses = [rotate(shapely.box(x, y, x + 26, y + 14), TURN_DEG, origin=middle) for x, y in spots]
    kept = [house for house in houses if ground.contains(house) and rng.uniform() < 0.75]
    floors = rng.choice([3, 4, 5, 12, 15, 20], len(kept), p=[0.25, 0.25, 0.2, 0.1, 0.1, 0.1])
    return gpd.GeoDataFrame({"지상층수": floors}, geometry=kept, crs=CRS)


def crossings(roads: Any) -> Any:
    """Every corner of streets."""
    ends = np.round(shapely.get_coordinates(roads.geometry.to_numpy()), 1)
    points, times = np.unique(ends, axis=0, return_counts=True)
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(*points[times >= 3].T), crs=CRS)


def heat_map(path: Path, dong: Any, roads: Any, houses: Any) -> None:
    """Write the surface at 14 h: roads, sidewalks, roofs, grass and the shade of houses, noise and sigma."""
    west, south, east, north = dong.total_bounds
    grid = from_origin(math.floor(west), math.ceil(north), PIXEL_M, PIXEL_M)
    shape = (math.ceil(north) - math.floor(south), math.ceil(east) - math.floor(west))

    def drawn(shapes: Any) -> Any:
        return rasterize(list(shapes), out_shape=shape, transform=grid).astype(bool)

    rng = np.random.default_rng(1)
    wide = gaussian_filter(rng.normal(size=shape), 60)
    celsius = GRASS_C + 3.0 * wide / wide.std()
    celsius += np.where(drawn(roads.buffer(ROAD_M / 2 + SIDEWALK_M)), WALK_C - GRASS_C, 0.0)
    celsius += np.where(drawn(roads.buffer(ROAD_M / 2)), ROAD_C - WALK_C, 0.0)
    shade = houses.translate(4, 8)  # the sun stands in the south-west
    celsius = np.where(drawn(shade), celsius - 8.0, celsius)
    celsius = np.where(drawn(houses.geometry), ROOF_C, celsius)
    celsius = gaussian_filter(celsius, 0.7) + rng.normal(0, 0.3, shape)
    celsius[~drawn(dong.geometry)] = np.nan
    _write(path, celsius, grid)


def _write(path: Path, celsius: Any, grid: Any) -> None:
    height, width = celsius.shape
    profile = {"driver": "GTiff", "count": 2, "dtype": "float32", "height": height, "width": width}
    with rasterio.open(
        path, "w", crs=CRS, transform=grid, nodata=np.nan, compress="deflate", **profile
    ) as out:
        out.write(celsius.astype(np.float32), 1)
        out.write(np.full(celsius.shape, SIGMA_K, np.float32), 2)
        out.set_band_description(1, "temperature")
        out.set_band_description(2, "sigma")
        out.update_tags(TIME_START="2026-08-01T04:50:00Z", TIME_END="2026-08-01T05:25:00Z")
