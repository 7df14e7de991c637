"""Legs in the air: which part lies over an area, below or above a height, the ground in between counted."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from core.geo import Altitude, Datum, FloatArray, LocalFrame
from gis.terrain import Terrain
from missions.intervals import WHOLE, Parts, joined, where_at_most
from missions.levels import home_elevation_m
from missions.model import Mission
from missions.path import FlownPoint

STEP_M = 20.0

Span = tuple[FlownPoint, FlownPoint, BaseGeometry]
"""Two places and the line between them in metres."""


@dataclass(frozen=True, slots=True, eq=False)
class LegAir:
    """One leg: its ends, its line in metres, and along `share` (n,) its height and the ground's over home.

    NaN = unknown; `home_m` is home over mean sea level.
    """

    start: FlownPoint
    end: FlownPoint
    line: BaseGeometry
    share: FloatArray
    up_m: FloatArray
    ground_m: FloatArray
    home_m: float | None

    @property
    def item(self) -> int:
        """The item that the leg leads to."""
        return self.end.item

    def over(self, area: BaseGeometry) -> Parts:
        """The parts over an area in metres."""
        if self.line.geom_type == "Point":
            return WHOLE if area.intersects(self.line) else ()
        (x, y), (to_x, to_y) = self.line.coords[0], self.line.coords[-1]
        along = np.array([to_x - x, to_y - y])
        pieces = []
        for piece in shapely.get_parts(self.line.intersection(area)):
            if piece.is_empty:
                continue
            at = (shapely.get_coordinates(piece) - [x, y]) @ along / float(along @ along)
            pieces.append((float(at.min()), float(at.max())))
        return joined(pieces)

    def below(self, level: Altitude, room_m: float = 0.0) -> Parts | None:
        """The parts no higher than `room_m` over a level; None = cannot be compared."""
        gap = self._over(level)
        return None if gap is None else where_at_most(self.share, gap - room_m)

    def above(self, level: Altitude, room_m: float = 0.0) -> Parts | None:
        """The parts no lower than `room_m` below a level; None = cannot be compared."""
        gap = self._over(level)
        return None if gap is None else where_at_most(self.share, -gap - room_m)

    def top_over_m(self, level: Altitude) -> float | None:
        """How far the leg's highest place is over a level."""
        gap = self._over(level)
        return None if gap is None else float(gap.max())

    def _over(self, level: Altitude) -> FloatArray | None:
        if level.datum is Datum.HOME:
            gap = self.up_m - level.value_m
        elif level.datum is Datum.GEOID:
            gap = self.up_m + (math.nan if self.home_m is None else self.home_m) - level.value_m
        else:
            gap = self.up_m - self.ground_m - level.value_m
        return gap if np.isfinite(gap).all() else None


def legs_in_air(spans: Sequence[Span], mission: Mission, terrain: Terrain | None) -> list[LegAir]:
    """Spans sampled every 20 m or less over the ground."""
    shares = [_share(line) for _, _, line in spans]
    grounds = _grounds(spans, shares, mission, terrain)
    home_m = home_elevation_m(mission, terrain)
    return [
        LegAir(a, b, line, share, _heights(a, b, share), ground, home_m)
        for (a, b, line), share, ground in zip(spans, shares, grounds, strict=True)
    ]


def _share(line: BaseGeometry) -> FloatArray:
    return np.linspace(0.0, 1.0, 1 + max(1, math.ceil(line.length / STEP_M)))


def _heights(a: FlownPoint, b: FlownPoint, share: FloatArray) -> FloatArray:
    low, high = (math.nan if p.up_m is None else p.up_m for p in (a, b))
    heights: FloatArray = low + share * (high - low)
    return heights


def _grounds(
    spans: Sequence[Span], shares: Sequence[FloatArray], mission: Mission, terrain: Terrain | None
) -> list[FloatArray]:
    """The ground over home's under every sample, asked of the terrain at once."""
    if terrain is None or not spans:
        return [np.full(len(s), math.nan) for s in shares]
    frame = LocalFrame(mission.home.position)
    ends = [(shapely.get_coordinates(line)[0], shapely.get_coordinates(line)[-1]) for _, _, line in spans]
    xy = np.concatenate([p + s[:, None] * (q - p) for (p, q), s in zip(ends, shares, strict=True)])
    lonlat = frame.to_lonlat(xy)
    rise = terrain.heights_m(lonlat[:, 0], lonlat[:, 1]) - terrain.heights_m(*mission.home.position.xy)
    return np.split(rise, np.cumsum([len(s) for s in shares])[:-1])
