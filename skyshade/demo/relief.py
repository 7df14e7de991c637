"""The made place's heights and covers as grids."""

import numpy as np
from shapely import affinity
from shapely.geometry import Point, Polygon, box

from skyshade.demo.paint import Canvas, FloatGrid, SurfaceGrid, fill
from skyshade.demo.town import (
    BERM_HALF_M,
    LEVEE_HALF_M,
    WATER_HALF_M,
    Area,
    Building,
    Car,
    Surface,
    Town,
    Tree,
)

STREAM_M, BERM_M, BRIDGE_M = -3.0, -2.3, 0.2  # heights above home
CAR_M, BOX_M, PARAPET_M, PARAPET_WIDE_M = 1.45, 1.7, 0.9, 0.3


def ground(canvas: Canvas, town: Town) -> FloatGrid:
    """Bare ground above home in metres: a gentle plain, the stream's bed below it, bridge decks over it."""
    import cv2

    coarse = Canvas(canvas.rows // 8, canvas.columns // 8, canvas.cell_m * 8)
    distance = _distance_from(coarse, town)
    profile = np.interp(
        distance,
        [WATER_HALF_M, WATER_HALF_M + 2.0, BERM_HALF_M, LEVEE_HALF_M, LEVEE_HALF_M + 6.0],
        [STREAM_M, BERM_M, BERM_M + 0.2, 0.6, 0.0],
    )
    rows, columns = np.mgrid[0 : coarse.rows, 0 : coarse.columns]
    x, y = columns * coarse.cell_m, (coarse.rows - rows) * coarse.cell_m
    plain = 0.004 * (x - 350.0) + 0.25 * np.sin(x / 47.0) * np.cos(y / 61.0) - 0.002 * (y - 50.0)
    low = (profile + plain).astype(np.float32)
    grid: FloatGrid = cv2.resize(low, (canvas.columns, canvas.rows), interpolation=cv2.INTER_LINEAR)
    for deck in town.bridges:
        fill(grid, canvas, deck, BRIDGE_M if deck is town.bridges[0] else BERM_M + 0.3)
    return grid


def _distance_from(canvas: Canvas, town: Town) -> FloatGrid:
    """Distance of each cell from the stream's middle line in metres."""
    import cv2

    off_line = np.full((canvas.rows, canvas.columns), 255, np.uint8)
    points = canvas.pixels(np.asarray(town.middle_line.coords))
    cv2.polylines(off_line, [np.round(points).astype(np.int32)], isClosed=False, color=0, thickness=1)
    distance: FloatGrid = cv2.distanceTransform(off_line, cv2.DIST_L2, 5) * np.float32(canvas.cell_m)
    return distance


def with_objects(canvas: Canvas, town: Town, bare: FloatGrid, bumps: FloatGrid) -> FloatGrid:
    """Ground with roofs, roof machines, crowns and cars on it, above home in metres.

    `bumps` is noise of about a metre's scale that makes crowns lumpy.
    """
    grid = bare.copy()
    for car in town.cars:
        _raise_car(grid, canvas, car)
    for building in town.buildings:
        _raise_roof(grid, canvas, building, bare)
    for tree in town.trees:
        _raise_crown(grid, canvas, tree, bare, bumps)
    return grid


def _base_m(canvas: Canvas, building: Building, bare: FloatGrid) -> float:
    middle = building.footprint.centroid
    column, row = canvas.pixels(np.array([middle.x, middle.y])).astype(int)
    return float(bare[row, column])


def _raise_roof(grid: FloatGrid, canvas: Canvas, building: Building, bare: FloatGrid) -> None:
    roof_m = _base_m(canvas, building, bare) + building.height_m
    fill(grid, canvas, building.footprint, roof_m + PARAPET_M)
    fill(grid, canvas, building.footprint.buffer(-PARAPET_WIDE_M), roof_m)
    for machine in building.boxes:
        fill(grid, canvas, machine, roof_m + BOX_M)


def car_outline(car: Car) -> Polygon:
    """The car from above: 4.5 x 1.85 m."""
    return affinity.rotate(box(car.x_m - 2.25, car.y_m - 0.92, car.x_m + 2.25, car.y_m + 0.92), car.turn_deg)


def _raise_car(grid: FloatGrid, canvas: Canvas, car: Car) -> None:
    window = canvas.window(car.x_m, car.y_m, 0.0)
    if window is not None:
        fill(grid, canvas, car_outline(car), float(grid[window].mean()) + CAR_M)


def _raise_crown(grid: FloatGrid, canvas: Canvas, tree: Tree, bare: FloatGrid, bumps: FloatGrid) -> None:
    window = canvas.window(tree.x_m, tree.y_m, tree.radius_m)
    if window is None:
        return
    base = float(bare[window].mean())
    near = canvas.distance_m(window, tree.x_m, tree.y_m) / tree.radius_m
    dome = 1.0 - 0.55 * near**2 + 0.04 * bumps[window]
    crown = np.where(near < 1.0 + 0.12 * bumps[window], base + tree.height_m * dome, -np.inf)
    grid[window] = np.maximum(grid[window], crown.astype(np.float32))


def surfaces(canvas: Canvas, town: Town, height: FloatGrid, bare: FloatGrid) -> SurfaceGrid:
    """What covers each cell, numbers of `Surface`; crowns lie over what they shade."""
    grid = np.zeros((canvas.rows, canvas.columns), np.uint8)
    for kind, area in town.covers:
        fill(grid, canvas, area, kind)
    for mark in town.paint:
        _fill_within(grid, canvas, mark)
    for x, y in town.manholes:
        fill(grid, canvas, Point(x, y).buffer(0.36), Surface.IRON)
    for patch in town.references:
        fill(grid, canvas, Point(patch.x_m, patch.y_m).buffer(patch.size_radius_m), Surface.REFERENCE)
    tall = (height - bare) > 1.0
    grid[tall] = Surface.TREE
    for building in town.buildings:
        fill(grid, canvas, building.footprint, Surface.ROOF)
    for car in town.cars:
        fill(grid, canvas, car_outline(car), Surface.CAR)
    return grid


def _fill_within(grid: SurfaceGrid, canvas: Canvas, mark: Area) -> None:
    """Paint a road marking, on asphalt only."""
    x, y = mark.centroid.x, mark.centroid.y
    reach = max(mark.bounds[2] - mark.bounds[0], mark.bounds[3] - mark.bounds[1]) / 2
    window = canvas.window(x, y, reach)
    if window is None:
        return
    before = grid[window].copy()
    fill(grid, canvas, mark, Surface.LANE_PAINT)
    grid[window][before != Surface.ASPHALT] = before[before != Surface.ASPHALT]
