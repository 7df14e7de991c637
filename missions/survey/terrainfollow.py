"""Following the ground: the fewest points that keep a leg's height, and the speed a slope allows."""

import math
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
        length = math.dist(start, end)
        count = 1 if self.terrain is None else max(1, math.ceil(length / STEP_M))
        share = np.linspace(0.0, 1.0, count + 1)
        points = np.outer(1 - share, start) + np.outer(share, end)
        up = self.up_m(points)
        if count == 1:
            return [(end, float(up[-1]))]
        kept = _kept(share * length, up, KEPT_SHARE * self.tolerance_m)
        return [((float(points[i, 0]), float(points[i, 1])), float(up[i])) for i in kept]


def _kept(along: FloatArray, up: FloatArray, tolerance_m: float) -> list[int]:
    """Indices of the points of a height profile that are needed, the first left out (Douglas and Peucker)."""
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
