"""The air of a flight: pieces counted from take-off, and the 4D volumes they are at a time.

Along the lanes a piece is a tube; over pads and delivery points it widens with height, so that approach and
departure stand in a cone.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import shapely

from core.geo import LocalFrame, LonLat
from delivery.flights import Piece
from gis.vector import Area
from missions.energy import PathPoint
from missions.volumes.volume import Volume4D

_QUAD_SEGS = 3
_ROUND_OUT = 1.0 / math.cos(math.pi / (4 * _QUAD_SEGS))  # a round end's polygon stands outside its circle
_UPRIGHT_M = 1.0  # a leg that moves less sideways goes up or down


@dataclass(frozen=True, slots=True)
class AirParams:
    """Room round a flight, metres, and time round its plan, seconds.

    Along lanes `half_width_m` to the sides and `half_height_m` up and down; over pads and points the cone is
    `foot_m` wide below and `half_width_m` at the lane, cut into slices of `slice_m`. It may be `early_s`
    before its time and `late_s` plus `late_share` of the time flown behind it.
    """

    half_width_m: float = 15.0
    half_height_m: float = 5.0
    foot_m: float = 8.0
    slice_m: float = 20.0
    piece_m: float = 200.0
    early_s: float = 5.0
    late_s: float = 25.0
    late_share: float = 0.05


def pieces_of(
    path: Sequence[PathPoint], seconds: Sequence[float], home: LonLat, home_m: float, params: AirParams
) -> tuple[Piece, ...]:
    """The pieces along `path` (metres round `home`, heights over it); `seconds` of each pair of points.

    `home_m` is the ground's height at home over the geoid.
    """
    frame = LocalFrame(home)
    top_m = max(p.up_m for p in path)
    found, clock = [], 0.0
    for (a, b), duration in zip(itertools.pairwise(path), seconds, strict=True):
        upright = math.dist((a.east_m, a.north_m), (b.east_m, b.north_m)) < _UPRIGHT_M
        parts = _slices(a, b, params, top_m) if upright else _stretch(a, b, params)
        moving = max(duration - b.hold_s, 0.0)
        for ends, width, share, last in parts:
            begin, end = clock + moving * share[0], clock + moving * share[1] + (b.hold_s if last else 0.0)
            found.append(_piece(ends, width, (begin, end), frame, home_m, params))
        clock += duration
    return tuple(found)


_Part = tuple[tuple[PathPoint, PathPoint], float, tuple[float, float], bool]


def _stretch(a: PathPoint, b: PathPoint, params: AirParams) -> Iterator[_Part]:
    """A level leg, cut into equal parts."""
    length = math.dist((a.east_m, a.north_m), (b.east_m, b.north_m))
    count = max(1, math.ceil(length / params.piece_m))
    for part in range(count):
        shares = part / count, (part + 1) / count
        yield (_mix(a, b, shares[0]), _mix(a, b, shares[1])), params.half_width_m, shares, part == count - 1


def _slices(a: PathPoint, b: PathPoint, params: AirParams, top_m: float) -> Iterator[_Part]:
    """A climb, a descent or a wait: slices of a cone."""
    rise = abs(b.up_m - a.up_m)
    count = max(1, math.ceil(rise / params.slice_m))
    for part in range(count):
        shares = part / count, (part + 1) / count
        ends = _mix(a, b, shares[0]), _mix(a, b, shares[1])
        height = max(p.up_m for p in ends)
        spread = params.foot_m + (params.half_width_m - params.foot_m) * max(0.0, height) / max(top_m, 1.0)
        yield ends, min(spread, params.half_width_m), shares, part == count - 1


def _mix(a: PathPoint, b: PathPoint, share: float) -> PathPoint:
    def mix(p: float, q: float) -> float:
        return p + (q - p) * share

    return PathPoint(mix(a.east_m, b.east_m), mix(a.north_m, b.north_m), mix(a.up_m, b.up_m), b.speed_ms)


def _piece(
    ends: tuple[PathPoint, PathPoint],
    width_m: float,
    times: tuple[float, float],
    frame: LocalFrame,
    home_m: float,
    params: AirParams,
) -> Piece:
    (lon1, lat1), (lon2, lat2) = (frame.place(p.east_m, p.north_m).xy for p in ends)
    ups = [home_m + p.up_m for p in ends]
    begin, end = times
    late = params.late_s + params.late_share * end
    return Piece(
        round(lon1, 8),
        round(lat1, 8),
        round(lon2, 8),
        round(lat2, 8),
        round(width_m, 2),
        round(min(ups) - params.half_height_m, 2),
        round(max(ups) + params.half_height_m, 2),
        round(begin - params.early_s, 2),
        round(end + late, 2),
    )


def outlines_of(pieces: Sequence[Piece]) -> tuple[Area, ...]:
    """The outline of each piece in lon/lat degrees."""
    if not pieces:
        return ()
    frame = LocalFrame(LonLat(pieces[0].lon1, pieces[0].lat1))
    ends = frame.to_local(
        [lon for p in pieces for lon in (p.lon1, p.lon2)], [lat for p in pieces for lat in (p.lat1, p.lat2)]
    ).reshape(-1, 2, 2)
    widths = [p.half_width_m * _ROUND_OUT for p in pieces]
    areas = shapely.buffer(shapely.linestrings(ends), widths, quad_segs=_QUAD_SEGS)
    return tuple(shapely.transform(areas, frame.to_lonlat))


def volumes_at(pieces: Sequence[Piece], outlines: Sequence[Area], takeoff_s: float) -> tuple[Volume4D, ...]:
    """The volumes over the geoid of a flight that takes off at a UTC second."""
    return tuple(
        Volume4D(area, p.floor_m, p.ceiling_m, takeoff_s + p.begin_s, takeoff_s + p.end_s)
        for p, area in zip(pieces, outlines, strict=True)
    )
