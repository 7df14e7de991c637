"""The made place by the Tancheon as geometry: what stands where, before any temperature is painted.

Everything here is in scene metres: x east, y north along the axes of the map grid, (0, 0) the south-west
corner of the modelled ground.
"""

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

WIDTH_M, DEPTH_M = 420.0, 320.0
CITY_ORIGIN_M = (262.0, 172.0)  # the crossing of the two main roads
CITY_TURN_DEG = 6.0  # the street grid against the map grid, anticlockwise
HOME_M = (382.0, 56.0)  # the depot's pad, about
WATER_HALF_M, BERM_HALF_M, LEVEE_HALF_M = 11.0, 27.0, 34.0  # from the stream's middle line

Area = BaseGeometry  # a Polygon or a MultiPolygon: what shapely's set operations give


class Surface(IntEnum):
    """What the ground is covered with; the numbers stand in the surface grid."""

    GRASS = 1
    LAWN = 2
    SOIL = 3
    ASPHALT = 4
    LANE_PAINT = 5
    SIDEWALK = 6
    PAVING = 7
    CYCLEWAY = 8
    FOOTPATH = 9
    WATER = 10
    YARD = 11
    ROOF = 12
    TREE = 13
    CAR = 14
    IRON = 15
    REFERENCE = 16


class Roof(IntEnum):
    """What a roof is made of."""

    CONCRETE = 0
    GREEN_PAINT = 1
    MEMBRANE = 2
    METAL = 3
    WHITE = 4


@dataclass(frozen=True, slots=True)
class Building:
    """A flat-roofed building: footprint in scene metres, roof height above its ground in metres.

    `boxes` are the stair head and the cooling machines that stand on the roof.
    """

    id: int
    name: str
    footprint: Polygon
    height_m: float
    roof: Roof
    boxes: tuple[Polygon, ...] = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree as a dome: centre and crown radius in metres, height above its ground in metres."""

    x_m: float
    y_m: float
    radius_m: float
    height_m: float


@dataclass(frozen=True, slots=True)
class Car:
    """A parked car: centre in scene metres, heading in degrees anticlockwise from east, its temperature."""

    x_m: float
    y_m: float
    turn_deg: float
    temperature_C: float


@dataclass(frozen=True, slots=True)
class ReferencePatch:
    """A uniform round patch of known temperature, `size_radius_m` in radius."""

    name: str
    x_m: float
    y_m: float
    size_radius_m: float
    temperature_C: float


@dataclass(frozen=True, slots=True)
class Town:
    """Every feature of the place; `covers` are painted in order, later ones on top."""

    covers: tuple[tuple[Surface, Area], ...]
    paint: tuple[Area, ...]
    buildings: tuple[Building, ...]
    trees: tuple[Tree, ...]
    cars: tuple[Car, ...]
    manholes: tuple[tuple[float, float], ...]
    references: tuple[ReferencePatch, ...]
    middle_line: LineString
    bridges: tuple[Area, ...]


def city(u: float, v: float) -> tuple[float, float]:
    """Street-grid metres (along the east-west road, along the north-south road) to scene metres."""
    angle = math.radians(CITY_TURN_DEG)
    c, s = math.cos(angle), math.sin(angle)
    return CITY_ORIGIN_M[0] + c * u - s * v, CITY_ORIGIN_M[1] + s * u + c * v


def block(u0: float, v0: float, u1: float, v1: float) -> Polygon:
    """A rectangle of the street grid as a polygon in scene metres."""
    return Polygon([city(u0, v0), city(u1, v0), city(u1, v1), city(u0, v1)])


def stream_x(y: float) -> float:
    """Where the stream's middle line runs at northing `y`."""
    return 98.0 + 17.0 * math.sin((y - 60.0) / 78.0) + 0.03 * (y - 160.0)


def middle_line() -> LineString:
    """The stream's middle line, from beyond the southern edge to beyond the northern one."""
    return LineString([(stream_x(y), y) for y in np.arange(-60.0, DEPTH_M + 61.0, 4.0)])


ROADS_UV = {  # name: (u0, v0, u1, v1, sidewalk width)
    "성남대로": (-12.0, -260.0, 12.0, 260.0, 4.5),
    "탄천로": (-116.0, -7.0, 260.0, 7.0, 3.8),
    "둔치1길": (-76.0, -260.0, -69.0, 260.0, 2.4),
    "둔치2길": (74.0, -260.0, 81.0, 260.0, 2.4),
    "정자1길": (-104.0, -78.0, 260.0, -71.0, 2.2),
    "정자2길": (-104.0, 72.0, 260.0, 79.0, 2.2),
}


def park_lines() -> list[LineString]:
    """The middle lines of the park's paths, from the edge of the model to the levee path or the road."""
    return [
        LineString([(0, 30), (20, 48), (45, 52), (62, 75)]),
        LineString([(45, 52), (38, 100), (20, 140)]),
        LineString([(0, 250), (30, 235), (55, 255), (62, 300), (60, 320)]),
        LineString([(30, 235), (28, 152)]),
        LineString([(30, 235), (76, 238)]),
    ]


def crossings() -> list[tuple[float, float, float]]:
    """Zebra crossings: centre (u, v) in the street grid and the width of road they cross.

    Negative: the road they cross runs east-west.
    """
    return [
        (0.0, -15.0, 24.0), (0.0, 15.0, 24.0), (-18.0, 0.0, -14.0), (18.0, 0.0, -14.0),
        (0.0, -82.0, 24.0), (0.0, 83.0, 24.0), (-72.5, -10.5, 7.0), (-72.5, 10.5, 7.0),
        (-80.0, 0.0, -14.0), (-65.0, 0.0, -14.0), (77.5, 11.0, 7.0), (70.0, 0.0, -14.0),
        (-20.0, -74.5, -7.0), (20.0, -74.5, -7.0), (-20.0, 75.5, -7.0), (-66.0, 75.5, -7.0),
        (-66.0, -74.5, -7.0),
    ]  # fmt: skip
