"""The made place's walking network: sidewalks, crossings, riverside paths, bridges, as lines that meet."""

from dataclasses import dataclass

import numpy as np
from shapely import unary_union
from shapely.geometry import LineString, box
from shapely.geometry.base import BaseGeometry

from skyshade.demo.town import (
    DEPTH_M,
    ROADS_UV,
    WIDTH_M,
    block,
    city,
    crossings,
    middle_line,
    park_lines,
    stream_x,
)

_DECK_WALK_M = 6.2  # the bridge's sidewalks from its middle line
_SPAN_U = (-184.0, -113.0)  # where the road bridge passes over the riverside paths
_KINDS = {"보도": "sidewalk", "횡단보도": "crossing", "산책로": "path", "공원길": "path", "다리": "bridge"}


@dataclass(frozen=True, slots=True)
class Footway:
    """A piece of the network in scene metres; pieces meet where they share an end."""

    name: str
    kind: str
    line: LineString


def footways() -> list[Footway]:
    """All pieces, cut where they meet; a bridge does not meet the paths it passes over."""
    level = {
        "횡단보도": unary_union([_crossing(*one) for one in crossings()]),
        "보도": unary_union(_sidewalks()),
        "산책로": unary_union(_river_paths()),
        "공원길": unary_union(park_lines()),
    }
    ground = box(0, 0, WIDTH_M, DEPTH_M)
    pieces = _parts(unary_union(list(level.values())).intersection(ground))
    known = [(name, lines.buffer(0.01)) for name, lines in level.items()]
    named = [(next(name for name, near in known if near.covers(piece)), piece) for piece in pieces]
    spans = [("다리", LineString([city(_SPAN_U[0], v), city(_SPAN_U[1], v)])) for v in _deck_walks()]
    return [Footway(name, _KINDS[name], piece) for name, piece in [*named, *spans]]


def _parts(lines: BaseGeometry) -> list[LineString]:
    return [part for part in getattr(lines, "geoms", [lines]) if isinstance(part, LineString)]


def _deck_walks() -> tuple[float, float]:
    return -_DECK_WALK_M, _DECK_WALK_M


def _sidewalks() -> list[BaseGeometry]:
    """Both sides of every road, broken only by the carriageways of the two main roads."""
    main = unary_union([block(*ROADS_UV[name][:4]) for name in ("성남대로", "탄천로")])
    lines: list[BaseGeometry] = []
    for name, (u0, v0, u1, v1, walk) in ROADS_UV.items():
        west = -104.0 if name == "탄천로" else -138.0
        for side in (-1, 1):
            if v1 - v0 > u1 - u0:
                u = (u0 + u1) / 2 + side * ((u1 - u0) / 2 + walk / 2)
                line = LineString([city(u, v0), city(u, v1)])
            else:
                v = (v0 + v1) / 2 + side * ((v1 - v0) / 2 + walk / 2)
                line = LineString([city(west, v), city(u1, v)])
            lines.append(line.difference(main).difference(middle_line().buffer(38.8)))
    for v in _deck_walks():
        street = (ROADS_UV["탄천로"][3] + ROADS_UV["탄천로"][4] / 2) * np.sign(v)
        lines.append(LineString([city(_SPAN_U[1], v), city(-108.0, v), city(-104.0, street)]))
        lines.append(LineString([city(-300.0, v), city(_SPAN_U[0], v)]))
    return lines


def _crossing(u: float, v: float, across_m: float) -> LineString:
    """A crossing from the middle of one sidewalk to the middle of the other."""
    reach = abs(across_m) / 2 + walk_beside(u, v, across_m) / 2 + 0.3
    if across_m > 0:
        return LineString([city(u - reach, v), city(u + reach, v)])
    return LineString([city(u, v - reach), city(u, v + reach)])


def walk_beside(u: float, v: float, across_m: float) -> float:
    """Width of the sidewalk along the road that a crossing crosses."""
    for u0, v0, u1, v1, walk in ROADS_UV.values():
        runs_north = v1 - v0 > u1 - u0
        inside = u0 <= u <= u1 if runs_north else v0 <= v <= v1
        if inside and runs_north == (across_m > 0):
            return walk
    raise ValueError(f"no road is crossed at {(u, v)}")


def _river_paths() -> list[BaseGeometry]:
    """Levee and berm paths on both banks, ramps between them, and the foot bridge."""
    line = middle_line()
    lines: list[BaseGeometry] = [
        line.parallel_offset(metres, side) for metres in (39.0, 24.2, 20.0) for side in ("left", "right")
    ]
    for y in (40.0, 76.0, 130.0, 210.0, 265.0):
        for side in (-1, 1):
            x = stream_x(y)
            lines.append(LineString([(x + side * 17.0, y), (x + side * 40.5, y)]))
    x = stream_x(75.0)
    lines.append(LineString([(x - 23.0, 75.0 + 23 * 0.07), (x + 23.0, 75.0 - 23 * 0.07)]))
    return lines
