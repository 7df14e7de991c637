"""How hot the ground people stand on is round a place: percentiles without roofs and water."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.heat import FloatGrid, HeatMap

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ExposureParams:
    """`radius_m` round a place is looked at; `percentile` (0-100) of it is the place's exposure; fewer than
    `least_pixels` known pixels there mean unknown; `default_sigma_K` is used where the map gives none.
    """

    radius_m: float = 15.0
    percentile: float = 90.0
    least_pixels: int = 10
    default_sigma_K: float = 2.0

    def __post_init__(self) -> None:
        if not self.radius_m > 0:
            raise ValueError(f"radius must be positive, got {self.radius_m}")
        if not 0 <= self.percentile <= 100:
            raise ValueError(f"percentile must be in [0, 100], got {self.percentile}")


@dataclass(frozen=True, slots=True)
class Exposure:
    """Surface temperature round n places, float64 (n,), NaN = unknown; never felt heat.

    `celsius` the chosen percentile, `median_C` the middle, `sigma_K` one standard deviation of the map there
    (not divided by the pixel count: a map's error is shared by neighbouring pixels), `pixels` how many known
    pixels of standing surface were found.
    """

    celsius: FloatArray
    median_C: FloatArray
    sigma_K: FloatArray
    pixels: NDArray[np.int64]
    notes: tuple[str, ...] = field(default=())

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which places have an exposure."""
        return np.isfinite(self.celsius)


def standing_surface(heat: HeatMap, excluded: Iterable[Any]) -> FloatGrid:
    """The map's temperatures with NaN under every shape of the `excluded` GeoSeries (roofs, water).

    A pixel that a shape merely touches is out too: its temperature is half a roof's.
    """
    from rasterio.features import rasterize

    shapes = [shape for layer in excluded for shape in layer.to_crs(heat.crs) if shape is not None]
    if not shapes:
        return heat.celsius
    covered = rasterize(
        shapes, out_shape=heat.celsius.shape, transform=heat.transform, all_touched=True, dtype="uint8"
    )
    return np.where(covered.astype(bool), np.float32(np.nan), heat.celsius)


def exposure_at(
    heat: HeatMap, surface: FloatGrid, places_m: FloatArray, params: ExposureParams | None = None
) -> Exposure:
    """Exposure of `places_m` (n, 2), metres in the map's system, on `surface` (from `standing_surface`)."""
    params = params or ExposureParams()
    rows = [_around(heat, surface, x, y, params) for x, y in np.asarray(places_m, float)]
    table = np.array(rows, dtype=float).reshape(len(rows), 4)
    known = np.isfinite(table[:, 0])
    notes = () if known.all() else (f"no standing surface in the map at {int((~known).sum())} places",)
    return Exposure(table[:, 0], table[:, 1], table[:, 2], table[:, 3].astype(np.int64), notes)


def _around(
    heat: HeatMap, surface: FloatGrid, x_m: float, y_m: float, params: ExposureParams
) -> tuple[float, float, float, float]:
    window, disc = _disc(heat, x_m, y_m, params.radius_m)
    if disc.size == 0:
        return np.nan, np.nan, np.nan, 0.0
    values = surface[window][disc]
    known = np.isfinite(values)
    count = int(known.sum())
    if count < params.least_pixels:
        return np.nan, np.nan, np.nan, float(count)
    high, middle = np.percentile(values[known], [params.percentile, 50.0])
    return float(high), float(middle), _sigma(heat, window, disc, known, params), float(count)


def _disc(
    heat: HeatMap, x_m: float, y_m: float, radius_m: float
) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """The window of pixels round a place and which of their centres lie within the radius."""
    height, width = heat.celsius.shape
    column, row = (x_m - heat.left_m) / heat.pixel_m, (heat.top_m - y_m) / heat.pixel_m
    reach = radius_m / heat.pixel_m
    rows = slice(max(0, int(np.floor(row - reach))), max(0, min(height, int(np.ceil(row + reach)) + 1)))
    cols = slice(max(0, int(np.floor(column - reach))), max(0, min(width, int(np.ceil(column + reach)) + 1)))
    dy = np.arange(rows.start, rows.stop) + 0.5 - row
    dx = np.arange(cols.start, cols.stop) + 0.5 - column
    return (rows, cols), dy[:, None] ** 2 + dx[None, :] ** 2 <= reach**2


def _sigma(
    heat: HeatMap,
    window: tuple[slice, slice],
    disc: NDArray[np.bool_],
    known: NDArray[np.bool_],
    params: ExposureParams,
) -> float:
    if heat.sigma_K is None:
        return params.default_sigma_K
    values = heat.sigma_K[window][disc][known]
    values = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(values**2))) if values.size else params.default_sigma_K
