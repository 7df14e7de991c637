"""Following the ground: the fewest points that keep a leg's height, and the speed a slope allows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from core.errors import SkyshadeError
from core.geo import FloatArray, LocalFrame
from gis.terrain import Terrain
from missions.aircraft import Aircraft
from missions.route import XY

STEP_M = 5.0
SLOWEST_MS = 1.0
KEPT_SHARE = 0.7  # of the tolerance: the rest is for what lies between two samples


@dataclass(frozen=True, slots=True)
class Surface:
    """Where to fly: `height_m` above the ground, to `tolerance_m`; heights are over the frame's origin."""

    frame: LocalFrame
    height_m: float
    terrain: Terrain | None = None
    tolerance_m: float = 3.0

    def up_m(self, xy: FloatArray) -> FloatArray:
        """Flying height over the origin's ground at east-north points (n, 2).

        Raises `SkyshadeError` where the DEM says nothing.
        """
        return self.rise_m(xy) + self.height_m

    def rise_m(self, xy: FloatArray) -> FloatArray:
        """The ground's height over the origin's, (n,); raises `SkyshadeError` where the DEM says nothing."""
        if self.terrain is None:
            return np.zeros(len(xy))
        lonlat = self.frame.to_lonlat(np.concatenate([xy, [(0.0, 0.0)]]))
        ground = self.terrain.heights_m(lonlat[:, 0], lonlat[:, 1])
        if not np.isfinite(ground).all():
            raise SkyshadeError(
                "the DEM does not cover the whole flight", hint="use one that reaches home and all the area"
            )
        rise: FloatArray = ground[:-1] - ground[-1]
        return rise

    def legs(self, start: XY, end: XY) -> list[tuple[XY, float]]:
        """The points after `start` that follow the ground to `end` within the tolerance."""
        return self.many_legs([(start, end)])[0]

    def many_legs(self, ways: Sequence[tuple[XY, XY]]) -> list[list[tuple[XY, float]]]:
        """`legs` of several ways, the ground under all of them asked for at once."""
        if self.terrain is None:
            return [[(end, self.height_m)] for _, end in ways]
        lengths = [math.dist(start, end) for start, end in ways]
        points = [_stepped(*way, length) for way, length in zip(ways, lengths, strict=True)]
        up = self.up_m(np.concatenate([np.empty((0, 2)), *points]))
        ends = np.cumsum([len(p) for p in points])
        return [
            self._followed(end, length, p, up[last - len(p) : last])
            for (_, end), length, p, last in zip(ways, lengths, points, ends.tolist(), strict=True)
        ]

    def _followed(
        self, end: XY, length_m: float, points: FloatArray, up: FloatArray
    ) -> list[tuple[XY, float]]:
        """Those of a way's points that are needed, with their flying heights."""
        if len(points) == 2:
            return [(end, float(up[-1]))]
        along = np.linspace(0.0, 1.0, len(points)) * length_m
        kept = _kept(along, up, KEPT_SHARE * self.tolerance_m)
        return [((float(points[i, 0]), float(points[i, 1])), float(up[i])) for i in kept]


def _stepped(start: XY, end: XY, length_m: float) -> FloatArray:
    """Points along a way every few metres, both ends included, (n, 2)."""
    share = np.linspace(0.0, 1.0, max(1, math.ceil(length_m / STEP_M)) + 1)[:, None]
    points: FloatArray = (1 - share) * np.array(start) + share * np.array(end)
    return points


def _kept(along: FloatArray, up: FloatArray, tolerance_m: float) -> list[int]:
    """Indices of the points of a height profile that are needed, the first left out (Douglas and Peucker)."""
    straight = up[0] + (up[-1] - up[0]) / along[-1] * along
    if np.abs(up - straight).max() < 0.999 * tolerance_m:
        return [len(along) - 1]
    profile = shapely.LineString(np.stack([along, up], axis=1)).simplify(tolerance_m)
    return [int(i) for i in np.searchsorted(along, np.asarray(profile.coords)[1:, 0] - 1e-6)]


def climbing_ms(a: tuple[XY, float], b: tuple[XY, float], wanted_ms: float, craft: Aircraft) -> float:
    """The ground speed at which a leg's climb and descent stay within what the aircraft does.

    Raises `SkyshadeError` where even a crawl would be too steep, with the slope and the way out.
    """
    flat, rise = math.dist(a[0], b[0]), b[1] - a[1]
    if flat < 0.5 or abs(rise) < 0.05:
        return wanted_ms
    limit = craft.climb_ms if rise > 0 else craft.descent_ms
    speed = limit * math.hypot(flat, rise) / abs(rise)
    if limit * flat / abs(rise) < SLOWEST_MS:
        raise SkyshadeError(
            f"the ground {'rises' if rise > 0 else 'falls'} {abs(rise):.0f} m within {flat:.0f} m; "
            f"{craft.name} {'climbs' if rise > 0 else 'descends'} at {limit:g} m/s",
            hint="use a height model of the bare ground, or a larger --height-tolerance-m",
        )
    return wanted_ms if speed >= wanted_ms else math.floor(speed * 10) / 10
