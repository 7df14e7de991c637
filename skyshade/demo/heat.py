"""Surface temperatures of the made place at 14 h in a heat wave."""

import math

import numpy as np
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry import box

from skyshade.demo.paint import Canvas, FloatGrid, SurfaceGrid, fill, noise
from skyshade.demo.relief import PARAPET_WIDE_M, car_outline
from skyshade.demo.town import CITY_TURN_DEG, Building, Car, Roof, Surface, Town, block

SUN_FROM_DEG, SUN_ELEVATION_DEG = 232.0, 61.0  # 14 h in early August at 37.4 N
SHADE_K = {"hard": 9.0, "soft": 3.0}

# surface: (mean, strength of its noise) in degrees Celsius and kelvin
_SURFACE_C: dict[Surface, tuple[float, float]] = {
    Surface.GRASS: (35.8, 1.0),
    Surface.LAWN: (34.6, 0.8),
    Surface.SOIL: (40.0, 1.4),
    Surface.ASPHALT: (54.0, 0.9),
    Surface.LANE_PAINT: (48.5, 0.5),
    Surface.SIDEWALK: (47.5, 0.8),
    Surface.PAVING: (46.5, 1.1),
    Surface.CYCLEWAY: (51.5, 0.7),
    Surface.FOOTPATH: (45.5, 0.9),
    Surface.WATER: (26.9, 0.25),
    Surface.YARD: (48.8, 1.0),
    Surface.ROOF: (52.0, 1.0),
    Surface.TREE: (31.4, 0.8),
    Surface.CAR: (52.0, 1.0),
    Surface.IRON: (58.0, 0.4),
    Surface.REFERENCE: (40.0, 0.0),
}
_SOFT = (Surface.GRASS, Surface.LAWN, Surface.TREE, Surface.WATER, Surface.SOIL)
_ROOF_C = {
    Roof.CONCRETE: (49.5, 2.0),
    Roof.GREEN_PAINT: (57.0, 2.5),
    Roof.MEMBRANE: (62.5, 1.5),
    Roof.METAL: (24.0, 5.0),
    Roof.WHITE: (43.0, 1.5),
}


def temperatures(
    canvas: Canvas,
    town: Town,
    surface: SurfaceGrid,
    height: FloatGrid,
    rng: np.random.Generator,
) -> FloatGrid:
    """True temperatures, float32 degrees Celsius: covers, fine detail, shade, then the exact patches."""
    mean, strength = _tables()
    grid: FloatGrid = mean[surface]
    grid += _slabs(canvas, surface, rng)
    _roofs(grid, canvas, town, rng)
    _repairs(grid, canvas, surface, rng)
    for car in town.cars:
        _car(grid, canvas, car)
    grid = _conducted(canvas, surface, grid)
    grid += strength[surface] * noise(rng, canvas, (0.25, 0.7, 2.0, 6.0, 22.0))
    grid -= _shade_K(canvas, surface, height)
    _reference_patches(grid, canvas, town, rng)
    return grid


def _conducted(canvas: Canvas, surface: SurfaceGrid, grid: FloatGrid) -> FloatGrid:
    """Edges as they are: heat creeps sideways about a decimetre; green and soil have wider, ragged rims."""
    import cv2

    sharp = cv2.GaussianBlur(grid, (0, 0), 0.07 / canvas.cell_m)
    ragged = cv2.GaussianBlur(grid, (0, 0), 0.28 / canvas.cell_m)
    soft, flat = np.zeros(256, np.float32), np.ones(256, np.float32)
    soft[list(_SOFT)] = 1.0
    flat[[Surface.ROOF, Surface.CAR, Surface.TREE]] = 0.0
    rim = cv2.GaussianBlur(soft[surface], (0, 0), 0.3 / canvas.cell_m)
    ragged -= sharp
    ragged *= np.float32(4.0) * rim * (np.float32(1.0) - rim)
    ragged += sharp
    ragged -= grid
    ragged *= flat[surface]
    ragged += grid
    mixed: FloatGrid = ragged
    return mixed


def _tables() -> tuple[FloatGrid, FloatGrid]:
    mean, strength = np.zeros(256, np.float32), np.zeros(256, np.float32)
    for kind, (celsius, spread) in _SURFACE_C.items():
        mean[kind], strength[kind] = celsius, spread
    return mean, strength


def _slabs(canvas: Canvas, surface: SurfaceGrid, rng: np.random.Generator) -> FloatGrid:
    """Slabs along the street grid, 3 m on squares, 1.5 m on sidewalks: each its own, joints cooler."""
    angle = math.radians(CITY_TURN_DEG)
    rows, columns = np.nonzero((surface == Surface.SIDEWALK) | (surface == Surface.PAVING))
    x = columns.astype(np.float32) * np.float32(canvas.cell_m)
    y = (canvas.rows - rows).astype(np.float32) * np.float32(canvas.cell_m)
    per_m = np.where(surface[rows, columns] == Surface.SIDEWALK, np.float32(1 / 1.5), np.float32(1 / 3.0))
    across = (np.float32(math.cos(angle)) * x + np.float32(math.sin(angle)) * y) * per_m
    along = (np.float32(math.cos(angle)) * y - np.float32(math.sin(angle)) * x + np.float32(100.0)) * per_m
    slab_across, slab_along = across.astype(np.int32), along.astype(np.int32)
    own = rng.normal(0.0, 0.6, 65536).astype(np.float32)
    joint = np.minimum(across - slab_across, along - slab_along) < np.float32(0.18) * per_m
    change = np.zeros(surface.shape, np.float32)
    number = (slab_across * 739 + slab_along * 7919) & 65535
    change[rows, columns] = np.where(joint, np.float32(-1.2), own[number])
    return change


def _roofs(grid: FloatGrid, canvas: Canvas, town: Town, rng: np.random.Generator) -> None:
    for building in town.buildings:
        mean, spread = _ROOF_C[building.roof]
        fill(grid, canvas, building.footprint, mean - 4.0)  # the parapet
        fill(grid, canvas, building.footprint.buffer(-PARAPET_WIDE_M), mean + spread * rng.uniform(-1, 1))
        _roof_seams(grid, canvas, building, mean)
        for machine in building.boxes:
            fill(grid, canvas, machine, float(rng.uniform(38.0, 60.0)))


def _roof_seams(grid: FloatGrid, canvas: Canvas, building: Building, mean: float) -> None:
    """Seams of sheet metal or membrane, or the strips of a painted roof."""
    step = {Roof.METAL: 1.2, Roof.MEMBRANE: 2.0}.get(building.roof, 4.0)
    change = 5.0 if building.roof is Roof.METAL else -2.5
    inner = building.footprint.buffer(-PARAPET_WIDE_M)
    middle = inner.centroid
    west, south, east, north = affinity.rotate(inner, -CITY_TURN_DEG, origin=middle).bounds
    for x in np.arange(west + step, east, step):
        seam = affinity.rotate(box(x - 0.12, south, x + 0.12, north), CITY_TURN_DEG, origin=middle)
        fill(grid, canvas, seam.intersection(inner), mean + change)


def _repairs(grid: FloatGrid, canvas: Canvas, surface: SurfaceGrid, rng: np.random.Generator) -> None:
    """Patches of younger or older asphalt, and cracks, on roads only."""
    before = grid.copy()
    for _ in range(260):
        u, v = rng.uniform(-262, 158), rng.uniform(-172, 148)
        width, depth = rng.uniform(0.8, 7.0), rng.uniform(0.6, 3.0)
        fill(grid, canvas, block(u, v, u + width, v + depth), 54.0 + float(rng.normal(0, 1.8)))
    other = surface != Surface.ASPHALT
    grid[other] = before[other]


def _car(grid: FloatGrid, canvas: Canvas, car: Car) -> None:
    outline = car_outline(car)
    fill(grid, canvas, outline, car.temperature_C)
    glass = affinity.scale(outline, 0.45, 0.75)
    fill(grid, canvas, glass, car.temperature_C - 7.0)


def _shade_K(canvas: Canvas, surface: SurfaceGrid, height: FloatGrid) -> FloatGrid:
    """How much colder shade makes each cell, kelvin: more for stone than for green."""
    import cv2

    shade = cv2.resize(_shade(canvas, height), (canvas.columns, canvas.rows), interpolation=cv2.INTER_LINEAR)
    table = np.full(256, SHADE_K["hard"], np.float32)
    for kind in _SOFT:
        table[kind] = SHADE_K["soft"]
    table[[Surface.TREE, Surface.WATER]] = 1.0
    cooled: FloatGrid = table[surface] * shade
    return cooled


def _shade(canvas: Canvas, height: FloatGrid, *, every: int = 4) -> NDArray[np.float32]:
    """Share of shade 0..1 on a grid `every` times coarser: does anything rise above the ray to the sun?"""
    import cv2

    low = cv2.resize(height, (canvas.columns // every, canvas.rows // every), interpolation=cv2.INTER_AREA)
    cell = canvas.cell_m * every
    east, north = math.sin(math.radians(SUN_FROM_DEG)), math.cos(math.radians(SUN_FROM_DEG))
    rise = math.tan(math.radians(SUN_ELEVATION_DEG))
    dark = np.zeros(low.shape, np.float32)
    for step in range(1, int(18.0 / rise / cell) + 2):
        shift = np.array([[1, 0, -east * step], [0, 1, north * step]], np.float32)
        towards_sun = cv2.warpAffine(low, shift, low.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
        dark[towards_sun - step * cell * rise > low + 0.3] = 1.0
    blurred: NDArray[np.float32] = cv2.GaussianBlur(dark, (0, 0), 0.9)
    return blurred


def _reference_patches(grid: FloatGrid, canvas: Canvas, town: Town, rng: np.random.Generator) -> None:
    """The reference patches, exact but for 0.05 K."""
    for patch in town.references:
        window = canvas.window(patch.x_m, patch.y_m, patch.size_radius_m)
        if window is None:
            continue
        inside = canvas.distance_m(window, patch.x_m, patch.y_m) <= patch.size_radius_m
        flat = patch.temperature_C + 0.05 * rng.standard_normal(inside.shape)
        grid[window] = np.where(inside, flat, grid[window]).astype(np.float32)
