"""The made place put together: what covers the ground, what stands on it."""

import numpy as np
from shapely import affinity
from shapely.geometry import LineString, Polygon, box
from shapely.ops import unary_union

from skyshade.demo import furniture, gardens
from skyshade.demo.town import (
    DEPTH_M,
    LEVEE_HALF_M,
    ROADS_UV,
    WATER_HALF_M,
    WIDTH_M,
    Area,
    Building,
    Surface,
    Town,
    block,
    crossings,
    middle_line,
    park_lines,
    stream_x,
)


def make_town(rng: np.random.Generator) -> Town:
    """The place, the same for the same generator state."""
    line = middle_line()
    buildings = furniture.buildings(rng)
    solid = unary_union([b.footprint for b in buildings])
    covers = _covers(line, buildings)
    roads = unary_union([area for kind, area in covers if kind is Surface.ASPHALT])
    references = furniture.references()
    return Town(
        covers=tuple(covers),
        paint=tuple(_road_paint()),
        buildings=tuple(buildings),
        trees=tuple(furniture.trees(rng, line, solid, roads, references)),
        cars=tuple(furniture.cars(rng, solid)),
        manholes=tuple(furniture.manholes(rng, roads)),
        references=references,
        middle_line=line,
        bridges=(_road_bridge(), _foot_bridge()),
    )


def _covers(line: LineString, buildings: list[Building]) -> list[tuple[Surface, Area]]:

    levee = line.buffer(LEVEE_HALF_M)
    city_side = box(0, 0, WIDTH_M, DEPTH_M).intersection(_east_of(line)).difference(levee)
    covers: list[tuple[Surface, Area]] = [
        (Surface.GRASS, box(0, 0, WIDTH_M, DEPTH_M)),
        (Surface.PAVING, city_side),
        *gardens.inside_blocks(buildings),
        (Surface.LAWN, _west_park()),
        (Surface.FOOTPATH, _park_paths()),
        (Surface.GRASS, levee),
        (Surface.SOIL, line.buffer(WATER_HALF_M + 1.6)),
        (Surface.WATER, line.buffer(WATER_HALF_M)),
        (Surface.FOOTPATH, _along(line, 39.0, 2.4)),
        (Surface.FOOTPATH, _along(line, -39.0, 2.4)),
        (Surface.CYCLEWAY, _along(line, 20.0, 3.2)),
        (Surface.CYCLEWAY, _along(line, -20.0, 3.2)),
        (Surface.FOOTPATH, _along(line, 24.2, 1.8)),
        (Surface.FOOTPATH, _along(line, -24.2, 1.8)),
        (Surface.PAVING, _foot_bridge()),
        (Surface.SIDEWALK, _sidewalks()),
        (Surface.ASPHALT, _carriageways()),
    ]
    return covers


def _east_of(line: LineString) -> Polygon:
    return Polygon([*line.coords, (WIDTH_M + 200, DEPTH_M + 60), (WIDTH_M + 200, -60)])


def _along(line: LineString, offset_m: float, width_m: float) -> Area:
    return line.parallel_offset(abs(offset_m), "left" if offset_m > 0 else "right").buffer(width_m / 2)


def _carriageways() -> Area:
    roads = [block(u0, v0, u1, v1) for u0, v0, u1, v1, _ in ROADS_UV.values()]
    return unary_union([*[r.difference(_stream_side()) for r in roads], _road_bridge(deck_m=10.0)])


def _sidewalks() -> Area:
    wide = []
    for u0, v0, u1, v1, walk in ROADS_UV.values():
        grow = (walk, 0.0) if v1 - v0 > u1 - u0 else (0.0, walk)
        wide.append(block(u0 - grow[0], v0 - grow[1], u1 + grow[0], v1 + grow[1]).difference(_stream_side()))
    return unary_union([*wide, _road_bridge()])


def _stream_side() -> Area:
    return middle_line().buffer(LEVEE_HALF_M + 0.5)


def _road_bridge(deck_m: float = 15.0) -> Polygon:
    """The deck of the road bridge; it goes on west of the stream to the edge of the model."""
    return block(-300.0, -deck_m / 2, -112.0, deck_m / 2)


def _foot_bridge() -> Polygon:
    x = stream_x(75.0)
    return affinity.rotate(box(x - 22, 73.4, x + 22, 76.6), -4.0)


def _west_park() -> Polygon:
    return Polygon([(-5, -5), (62, -5), (66, 60), (52, 120), (46, 150), (-5, 145)])


def _park_paths() -> Area:
    picnic_place = LineString([(45, 52), (45.1, 52)]).buffer(7.0)
    return unary_union([*[one.buffer(1.2) for one in park_lines()], picnic_place])


def _road_paint() -> list[Area]:
    """Lane lines and zebra crossings, white paint on asphalt."""
    return [*_lane_lines(), *[bar for u, v, across in crossings() for bar in _zebra(u, v, across)]]


def _lane_lines() -> list[Area]:
    marks: list[Area] = [block(-0.35, -260, -0.15, 260), block(0.15, -260, 0.35, 260)]
    for u in (-8.4, -4.2, 4.2, 8.4):
        marks += [block(u - 0.08, v, u + 0.08, v + 3.0) for v in np.arange(-180.0, 170.0, 8.0)]
    for v in (-3.5, 3.5):
        marks += [block(u, v - 0.08, u + 3.0, v + 0.08) for u in np.arange(-280.0, 180.0, 8.0)]
    marks.append(block(-280, -0.1, 180, 0.1))
    for v in (-74.5, 75.5):
        marks += [block(u, v - 0.06, u + 2.0, v + 0.06) for u in np.arange(-96.0, 180.0, 5.0)]
    return marks


def _zebra(u: float, v: float, across_m: float) -> list[Area]:
    half = abs(across_m) / 2 - 0.6
    steps = np.arange(-half, half, 1.0)
    if across_m > 0:
        return [block(u + s, v - 2.0, u + s + 0.5, v + 2.0) for s in steps]
    return [block(u - 2.0, v + s, u + 2.0, v + s + 0.5) for s in steps]
