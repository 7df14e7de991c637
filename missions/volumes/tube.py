"""The volumes of a planned flight: a tube round its path, piece by piece, each for its own time."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import shapely

from core.errors import SkyshadeError
from core.geo import LocalFrame, LonLat
from core.wind import CALM, Wind
from gis.terrain import Terrain
from gis.vector import as_area
from missions.aircraft import Aircraft
from missions.energy import PathPoint, leg_costs
from missions.model import FencePolygon, Mission
from missions.path import flown_path, home_elevation_m
from missions.route import to_degrees, to_metres
from missions.volumes.volume import Volume4D

_QUAD_SEGS = 4
_ROUND_OUT = 1.0 / math.cos(math.pi / (4 * _QUAD_SEGS))  # a round end's polygon stands outside its circle


class NoVolumesError(SkyshadeError):
    """A flight's volumes cannot be said; the message names what is missing."""


@dataclass(frozen=True, slots=True)
class TubeParams:
    """Room round a path and time round its schedule.

    `half_width_m` sideways, `below_m` and `above_m` of the path; it may be at a place `early_s` before its
    time and `late_s` plus `late_share` of the time flown after it. Pieces are at most `piece_m` long.
    """

    half_width_m: float = 15.0
    below_m: float = 5.0
    above_m: float = 5.0
    early_s: float = 5.0
    late_s: float = 10.0
    late_share: float = 0.05
    piece_m: float = 150.0

    def __post_init__(self) -> None:
        for name in ("half_width_m", "below_m", "above_m", "piece_m"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise ValueError(f"{name} must be > 0, got {getattr(self, name)}")
        for name in ("early_s", "late_s", "late_share"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise ValueError(f"{name} must be >= 0, got {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class _Piece:
    ends: tuple[PathPoint, PathPoint]
    begin_s: float
    end_s: float


def flight_volumes(
    mission: Mission,
    aircraft: Aircraft,
    start_s: float,
    params: TubeParams | None = None,
    *,
    wind: Wind = CALM,
    payload_kg: float = 0.0,
    terrain: Terrain | None = None,
) -> tuple[Volume4D, ...]:
    """The volumes over the geoid of `mission` taking off at `start_s` (UTC seconds since 1970).

    Raises `NoVolumesError` where home's height over the sea is not known, `ValueError` where the wind is too
    strong.
    """
    room = params or TubeParams()
    home_m = home_elevation_m(mission, terrain)
    if home_m is None:
        raise NoVolumesError(
            "home's height over the sea is not known, so heights cannot be shared",
            hint="give the plan's home an altitude, or a height model (--dem)",
        )
    frame = LocalFrame(mission.home.position)
    path = flown_path(mission, aircraft, terrain)
    pieces = _pieces(
        path, [c.duration_s for c in leg_costs(path, aircraft, wind, payload_kg=payload_kg)], room
    )
    return tuple(_volume(piece, frame, home_m, start_s, room) for piece in pieces)


def _pieces(path: Sequence[PathPoint], seconds: Sequence[float], room: TubeParams) -> Iterator[_Piece]:
    """Each leg cut into equal parts; its wait at the end belongs to the last one."""
    clock = 0.0
    for (a, b), duration in zip(itertools.pairwise(path), seconds, strict=True):
        length = math.dist((a.east_m, a.north_m), (b.east_m, b.north_m))
        count = max(1, math.ceil(length / room.piece_m))
        moving = max(duration - b.hold_s, 0.0)
        for part in range(count):
            ends = _between(a, b, part / count), _between(a, b, (part + 1) / count)
            begin, end = clock + moving * part / count, clock + moving * (part + 1) / count
            yield _Piece(ends, begin, end + (b.hold_s if part == count - 1 else 0.0))
        clock += duration


def _between(a: PathPoint, b: PathPoint, share: float) -> PathPoint:
    def mix(p: float, q: float) -> float:
        return p + (q - p) * share

    return PathPoint(mix(a.east_m, b.east_m), mix(a.north_m, b.north_m), mix(a.up_m, b.up_m), b.speed_ms)


def _volume(piece: _Piece, frame: LocalFrame, home_m: float, start_s: float, room: TubeParams) -> Volume4D:
    places = [(p.east_m, p.north_m) for p in piece.ends]
    line = shapely.LineString(places) if places[0] != places[1] else shapely.Point(places[0])
    ups = [home_m + p.up_m for p in piece.ends]
    late = room.late_s + room.late_share * piece.end_s
    return Volume4D(
        to_degrees(line.buffer(room.half_width_m * _ROUND_OUT, quad_segs=_QUAD_SEGS), frame),
        min(ups) - room.below_m,
        max(ups) + room.above_m,
        start_s + piece.begin_s - room.early_s,
        start_s + max(piece.end_s, piece.begin_s + 0.001) + late,
    )


def fence_of(
    volumes: Sequence[Volume4D], home: LocalFrame, *, simplify_m: float = 1.0
) -> tuple[FencePolygon, ...]:
    """The ground outline of volumes as a fence: keep-in polygons with their holes as keep-outs.

    Corners move outwards by at most `simplify_m`, so that no volume is cut.
    """
    area = shapely.union_all([to_metres(v.outline, home) for v in volumes])
    area = area.buffer(simplify_m / 2.0, join_style="mitre").simplify(simplify_m / 2.0)
    degrees = as_area(to_degrees(area, home))
    found: list[FencePolygon] = []
    for part in shapely.get_parts(degrees):
        found.append(FencePolygon(_corners(part.exterior)))
        found += [FencePolygon(_corners(hole), inclusion=False) for hole in part.interiors]
    return tuple(found)


def _corners(ring: shapely.LinearRing) -> tuple[LonLat, ...]:
    return tuple(LonLat(float(x), float(y)) for x, y in ring.coords[:-1])
