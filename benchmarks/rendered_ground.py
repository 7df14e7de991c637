"""A made town to fly over: true temperatures and heights on one grid, with texture from weak to strong.

Only the demo's renderer looks at it; nothing here knows how `thermal` projects.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry import LineString

from core.geo import LonLat
from skyshade.demo.paint import Canvas, FloatGrid, fill, noise
from skyshade.demo.scene import CRS, HOME, Scene
from skyshade.demo.town import Surface, Town

TURN_DEG = 11.0  # the street grid against the map
STREET_M, ROAD_M, WALK_M = 62.0, 8.0, 2.5
MEAN_C, WALL_C = 45.0, 43.0
ELEVATION_M = 42.0  # of home above mean sea level
TARGET_HALF_M, CLEAR_M = 2.0, 14.0
NO_TOWN = Town((), (), (), (), (), (), (), LineString([(0, 0), (1, 0)]), ())


@dataclass(frozen=True, slots=True)
class GroundParams:
    """`texture` scales every contrast (1: a town at noon; 0.1: hardly more than the camera's noise)."""

    width_m: float
    depth_m: float
    texture: float = 1.0
    roofs_m: tuple[float, float] = (5.0, 20.0)
    relief_m: float = 3.0
    cell_m: float = 0.1


@dataclass(frozen=True, slots=True)
class Patch:
    """A disc (reference) or a square (target) of one temperature, in map metres; `height_m` above home."""

    name: str
    x_m: float
    y_m: float
    half_m: float
    celsius: float
    height_m: float
    round: bool


@dataclass(frozen=True, slots=True)
class Ground:
    """The scene with its patches: two references, then targets."""

    scene: Scene
    patches: tuple[Patch, ...]


def make_ground(params: GroundParams, seed: int) -> Ground:
    """A street grid with houses, trees and cars on rolling ground, the same for the same seed."""
    rng = np.random.default_rng([seed, 71])
    canvas = Canvas(
        round(params.depth_m / params.cell_m), round(params.width_m / params.cell_m), params.cell_m
    )
    bare = _relief(canvas, params.relief_m, rng)
    spots = _spots(canvas, rng)
    heat, height, roofs = _town(canvas, params, bare, [s[1:] for s in spots], rng)
    heat += _patchy(canvas, rng)
    heat = np.float32(MEAN_C) + np.float32(params.texture) * (heat - np.float32(MEAN_C))
    patches = _paint_patches(canvas, heat, bare, spots, params.texture)
    surface = np.where(roofs & (params.texture > 0.7), Surface.ROOF, Surface.YARD).astype(np.uint8)
    return _grounded(canvas, heat, height, bare, surface, patches, seed)


def _grounded(
    canvas: Canvas,
    heat: FloatGrid,
    height: FloatGrid,
    bare: FloatGrid,
    surface: NDArray[np.uint8],
    patches: list[Patch],
    seed: int,
) -> Ground:
    west, south = _south_west(canvas)
    scene = Scene(
        seed=seed,
        crs=CRS,
        west_m=west,
        north_m=south + canvas.rows * canvas.cell_m,
        cell_m=canvas.cell_m,
        temperature_C=heat,
        height_m=height,
        ground_m=bare,
        surface=surface,
        town=NO_TOWN,
        home=HOME,
        wall_C=WALL_C,
        home_elevation_m=ELEVATION_M,
    )
    moved = [
        Patch(p.name, p.x_m + west, p.y_m + south, p.half_m, p.celsius, p.height_m, p.round) for p in patches
    ]
    return Ground(scene, tuple(moved))


def _south_west(canvas: Canvas) -> tuple[float, float]:
    x, y = Transformer.from_crs(4326, CRS, always_xy=True).transform(*HOME.xy)
    size = canvas.columns * canvas.cell_m, canvas.rows * canvas.cell_m
    return math.floor(x - size[0] / 2), math.floor(y - size[1] / 2)


def map_to_lonlat(x_m: float, y_m: float) -> LonLat:
    """Map metres to a place."""
    lon, lat = Transformer.from_crs(CRS, 4326, always_xy=True).transform(x_m, y_m)
    return LonLat(float(lon), float(lat))


def _relief(canvas: Canvas, relief_m: float, rng: np.random.Generator) -> FloatGrid:
    """Rolling ground: `relief_m` from valley to hill, home's own spot near zero."""
    rolling = noise(rng, canvas, (90.0, 160.0))
    rolling -= rolling[canvas.rows // 2, canvas.columns // 2]
    return (rolling * np.float32(relief_m / 4.0)).astype(np.float32)


def _spots(canvas: Canvas, rng: np.random.Generator) -> list[tuple[str, float, float]]:
    """Where patches lie: two references near the middle, targets on a grid over the rest."""
    width, depth = canvas.columns * canvas.cell_m, canvas.rows * canvas.cell_m
    near = [("ref1", width * 0.5 - 9.0, depth * 0.5 - 4.0), ("ref2", width * 0.5 + 9.0, depth * 0.5 + 5.0)]
    across, along = (np.linspace(0.22, 0.78, 3) * size for size in (width, depth))
    marks = [
        (f"target{n}", float(x + rng.uniform(-4, 4)), float(y + rng.uniform(-4, 4)))
        for n, (x, y) in enumerate(((x, y) for y in along for x in across), start=1)
        if n != 5
    ]
    return near + marks


def _town(
    canvas: Canvas, params: GroundParams, bare: FloatGrid, clear: list[tuple[float, float]],
    rng: np.random.Generator,
) -> tuple[FloatGrid, FloatGrid, NDArray[np.bool_]]:  # fmt: skip
    heat = np.full((canvas.rows, canvas.columns), 47.5, np.float32)
    raised = np.zeros_like(heat)
    roof = np.zeros(heat.shape, np.uint8)
    for corner in _blocks(canvas):
        half = (STREET_M - ROAD_M) / 2.0
        _fill(heat, canvas, corner, half - WALK_M, half - WALK_M, float(rng.choice([36.0, 48.0, 40.5])))
        _lots(canvas, params, corner, half - WALK_M, clear, rng, (heat, raised, roof))
    _roads(heat, canvas, rng)
    for _ in range(int(heat.size * canvas.cell_m**2 / 260.0)):
        _object(canvas, rng, clear, heat, raised)
    return heat, bare + raised, roof.view(np.bool_)


def _turned(u: float, v: float) -> tuple[float, float]:
    a = math.radians(TURN_DEG)
    return math.cos(a) * u - math.sin(a) * v, math.sin(a) * u + math.cos(a) * v


def _blocks(canvas: Canvas) -> list[tuple[float, float]]:
    """Middles of street blocks in scene metres."""
    width, depth = canvas.columns * canvas.cell_m, canvas.rows * canvas.cell_m
    reach = int(math.hypot(width, depth) / STREET_M / 2) + 2
    middles = [
        _turned((i + 0.5) * STREET_M, (j + 0.5) * STREET_M)
        for i in range(-reach, reach)
        for j in range(-reach, reach)
    ]
    return [(x + width / 2, y + depth / 2) for x, y in middles]


def _fill(
    grid: NDArray[np.float32] | NDArray[np.uint8], canvas: Canvas, at: tuple[float, float], half_u: float,
    half_v: float, value: float,
) -> None:  # fmt: skip
    from shapely.geometry import Polygon

    corners = [_turned(a * half_u, b * half_v) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    fill(grid, canvas, Polygon([(at[0] + x, at[1] + y) for x, y in corners]), value)


def _lots(
    canvas: Canvas, params: GroundParams, middle: tuple[float, float], half: float,
    clear: list[tuple[float, float]], rng: np.random.Generator,
    grids: tuple[FloatGrid, FloatGrid, NDArray[np.uint8]],
) -> None:  # fmt: skip
    """Four lots a block: a house with a flat roof on most of them."""
    heat, raised, roof = grids
    for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        half_u, half_v = rng.uniform(4.5, half / 2 - 2.0, 2)
        u, v = _turned(a * half / 2, b * half / 2)
        at = (middle[0] + u, middle[1] + v)
        celsius, height = (
            float(rng.choice([49.5, 57.0, 62.0, 43.0, 30.0])),
            float(rng.uniform(*params.roofs_m)),
        )
        free = all(math.hypot(at[0] - x, at[1] - y) > CLEAR_M + max(half_u, half_v) for x, y in clear)
        if not free or rng.uniform() < 0.25:
            continue
        _fill(raised, canvas, at, half_u, half_v, height)
        _fill(roof, canvas, at, half_u, half_v, 1)
        _fill(heat, canvas, at, half_u, half_v, celsius - 4.0)
        _fill(heat, canvas, at, half_u - 0.4, half_v - 0.4, celsius + float(rng.normal(0, 1.5)))
        for _ in range(int(rng.integers(1, 4))):
            du, dv = _turned(*(rng.uniform(-0.7, 0.7, 2) * (half_u, half_v)))
            _fill(heat, canvas, (at[0] + du, at[1] + dv), 0.9, 0.6, float(rng.uniform(38.0, 66.0)))


def _roads(heat: FloatGrid, canvas: Canvas, rng: np.random.Generator) -> None:
    """Asphalt with lane paint and repairs along the street grid."""
    middle = canvas.columns * canvas.cell_m / 2, canvas.rows * canvas.cell_m / 2
    long = math.hypot(*middle) + STREET_M
    for k in range(-int(long / STREET_M) - 1, int(long / STREET_M) + 2):
        for u, v, half_u, half_v in (
            (k * STREET_M, 0.0, ROAD_M / 2, long),
            (0.0, k * STREET_M, long, ROAD_M / 2),
        ):
            x, y = _turned(u, v)
            _fill(heat, canvas, (middle[0] + x, middle[1] + y), half_u, half_v, 54.0)
            for _ in range(int(long / 6)):
                s, across = rng.uniform(-long, long), rng.uniform(-3.0, 3.0)
                x, y = _turned(*((u + across, s) if half_v > half_u else (s, v + across)))
                at, celsius = (middle[0] + x, middle[1] + y), 54.0 + float(rng.normal(0, 2.5))
                _fill(heat, canvas, at, rng.uniform(0.4, 2.5), rng.uniform(0.4, 2.5), celsius)


def _object(
    canvas: Canvas,
    rng: np.random.Generator,
    clear: list[tuple[float, float]],
    heat: FloatGrid,
    raised: FloatGrid,
) -> None:
    """A tree's crown or a car, not on a roof and not near a patch."""
    x, y = rng.uniform(0, canvas.columns * canvas.cell_m), rng.uniform(0, canvas.rows * canvas.cell_m)
    tree, radius = rng.uniform() < 0.6, float(rng.uniform(1.5, 3.5))
    top, celsius = float(rng.uniform(3.0, 8.0)), float(rng.uniform(44.0, 66.0))
    if any(math.hypot(x - a, y - b) < CLEAR_M for a, b in clear):
        return
    if not tree:
        if raised[canvas.window(x, y, 1.0) or (slice(0), slice(0))].max(initial=0.0) == 0.0:
            _fill(heat, canvas, (x, y), 2.2, 0.9, celsius)
            _fill(raised, canvas, (x, y), 2.2, 0.9, 1.45)
        return
    window = canvas.window(x, y, radius)
    if window is None or raised[window].max(initial=0.0) > 2.0:
        return
    away = canvas.distance_m(window, x, y) / radius
    inside = away < 1.0
    dome = (top * np.sqrt(np.maximum(1.0 - 0.75 * away**2, 0.0))).astype(np.float32)
    raised[window] = np.where(inside, np.maximum(raised[window], dome), raised[window])
    heat[window] = np.where(inside, np.float32(31.5), heat[window])


def _patchy(canvas: Canvas, rng: np.random.Generator) -> FloatGrid:
    """What no map shows: damp, worn and shaded spots of every size."""
    patchy: FloatGrid = noise(rng, canvas, (0.3, 0.8, 2.0, 6.0, 22.0))
    return patchy


def _paint_patches(
    canvas: Canvas, heat: FloatGrid, bare: FloatGrid, spots: list[tuple[str, float, float]], texture: float
) -> list[Patch]:
    """References are exact whatever the texture; targets stand out of it by 12 K."""
    made = []
    for n, (name, x, y) in enumerate(spots):
        known = name.startswith("ref")
        column, row = canvas.pixels(np.array([x, y])).round().astype(int)
        around = float(heat[row, column])
        celsius = (28.0, 52.0)[n % 2] if known else around + (12.0 if n % 2 else -12.0) * max(texture, 0.3)
        if known:
            window = canvas.window(x, y, 2.0)
            assert window is not None
            disc = canvas.distance_m(window, x, y) <= 2.0
            heat[window] = np.where(disc, np.float32(celsius), heat[window])
        else:
            _fill(heat, canvas, (x, y), TARGET_HALF_M, TARGET_HALF_M, celsius)
        made.append(Patch(name, x, y, 2.0, celsius, float(bare[row, column]), round=known))
    return made
