"""The surface that frames are projected on: a plane, or a terrain or surface model."""

import functools
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.geo import FloatArray, LocalFrame
from gis.crs import change_between
from gis.raster import Band


class Ground(Protocol):
    """Heights of the ground in the flight's frame."""

    def heights_m(self, east_north_m: FloatArray) -> FloatArray:
        """Heights (...) at east-north metres (..., 2), in the flight's up; NaN where unknown."""
        ...

    @property
    def crs(self) -> str | None:
        """The CRS of its own coordinates, None for the flight's east and north."""
        ...

    def heights_at(self, xy: FloatArray) -> FloatArray:
        """Heights (...) at x and y (..., 2) of `crs`."""
        ...

    @property
    def top_m(self) -> float | None:
        """The highest place if something can hide the ground from a camera, None for a plane."""
        ...

    @property
    def label(self) -> str:
        """How a report names it."""
        ...


@dataclass(frozen=True, slots=True)
class PlaneGround:
    """Height = `up_m` + `slope_east` * east + `slope_north` * north, metres in the flight's frame."""

    up_m: float
    slope_east: float = 0.0
    slope_north: float = 0.0

    def heights_m(self, east_north_m: FloatArray) -> FloatArray:
        p = np.asarray(east_north_m, float)
        heights: FloatArray = self.up_m + p[..., 0] * self.slope_east + p[..., 1] * self.slope_north
        return heights

    @property
    def crs(self) -> str | None:
        return None

    def heights_at(self, xy: FloatArray) -> FloatArray:
        return self.heights_m(xy)

    @property
    def top_m(self) -> float | None:
        return None

    @property
    def label(self) -> str:
        slope = 100.0 * float(np.hypot(self.slope_east, self.slope_north))
        return f"plane {self.up_m:+.1f} m from the flight's zero, slope {slope:.1f} %"


@dataclass(frozen=True, slots=True)
class RasterGround:
    """A terrain or surface model, moved up by `shift_m` into the flight's heights."""

    band: Band
    frame: LocalFrame
    shift_m: float = 0.0

    def heights_m(self, east_north_m: FloatArray) -> FloatArray:
        to_dem = change_between(self.frame.proj4, self.band.grid.crs)
        p = np.asarray(east_north_m, float)
        x, y = to_dem.transform(p[..., 0], p[..., 1])
        return self.heights_at(np.stack([x, y], axis=-1))

    @property
    def crs(self) -> str | None:
        return self.band.grid.crs

    def heights_at(self, xy: FloatArray) -> FloatArray:
        heights: FloatArray = self.band.sample(xy) + self.shift_m
        return heights

    @property
    def top_m(self) -> float | None:
        return _highest(self.band) + self.shift_m

    @property
    def label(self) -> str:
        return f"height model, moved {self.shift_m:+.1f} m to meet the tie points"


@functools.lru_cache(maxsize=1)
def _highest(band: Band) -> float:
    """The greatest value of a height model, looked for once."""
    return float(np.nanmax(band.values))


def common_gap_m(gaps_m: FloatArray, *, width_m: float = 1.0) -> float:
    """How far most tie points lie over a height model: the median of the fullest `width_m` of gaps (n,).

    Over bare ground half of a town's tie points lie on roofs; a plain median would lift the ground to them.
    """
    known = np.sort(gaps_m[np.isfinite(gaps_m)])
    ends = np.searchsorted(known, known + width_m, side="right")
    first = int(np.argmax(ends - np.arange(len(known))))
    return float(np.median(known[first : ends[first]]))


def fit_ground_plane(points_m: FloatArray, *, tolerance_m: float = 0.8, seed: int = 0) -> PlaneGround:
    """The plane most tie points (n, 3) lie on: ground, not roofs.

    RANSAC over sampled triples; of planes that hold nearly as many points as the best one (80 %) the lowest
    wins; then least squares on its points with slopes drawn to zero where the points say little.
    """
    if len(points_m) < 3:
        raise ValueError(f"a plane needs 3 points, got {len(points_m)}")
    middle = np.median(points_m, axis=0)
    local = points_m - middle
    plane = _ransac(local, tolerance_m, np.random.default_rng(seed))
    for _ in range(5):
        inside = np.abs(_above(local, plane)) < tolerance_m
        plane = _least_squares(local[inside] if inside.sum() >= 3 else local)
    up, east, north = plane
    return PlaneGround(
        float(up + middle[2] - east * middle[0] - north * middle[1]), float(east), float(north)
    )


def _above(points: FloatArray, plane: FloatArray) -> FloatArray:
    return np.asarray(points[:, 2] - plane[0] - points[:, :2] @ plane[1:], float)


def _least_squares(points: FloatArray) -> FloatArray:
    design = np.column_stack([np.ones(len(points)), points[:, :2]])
    calm = np.diag([0.0, 1.0, 1.0]) * 1e3  # one metre of height over about thirty metres of ground
    return np.asarray(
        np.linalg.solve(design.T @ design + calm + 1e-9 * np.eye(3), design.T @ points[:, 2]), float
    )


def _ransac(points: FloatArray, tolerance_m: float, rng: np.random.Generator, tries: int = 300) -> FloatArray:
    best = np.array([float(np.median(points[:, 2])), 0.0, 0.0])
    found = [(int((np.abs(_above(points, best)) < tolerance_m).sum()), best)]
    for _ in range(tries):
        three = points[rng.choice(len(points), 3, replace=False)]
        design = np.column_stack([np.ones(3), three[:, :2]])
        if abs(np.linalg.det(design)) < 1.0:
            continue
        plane = np.asarray(np.linalg.solve(design, three[:, 2]), float)
        if np.hypot(plane[1], plane[2]) < 0.6:
            found.append((int((np.abs(_above(points, plane)) < tolerance_m).sum()), plane))
    most = max(count for count, _ in found)
    return min((plane for count, plane in found if count >= 0.8 * most), key=lambda p: float(p[0]))
