"""A heat map as a value: surface temperatures on a metric grid, and how sure they are."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFileError

FloatGrid = NDArray[np.float32]

KELVIN_SUSPECT_C = 150.0  # no street is that hot; a median above it means Kelvin or raw counts


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Surface temperatures seen from above; never felt heat.

    `celsius` float32 (height, width), NaN = unknown. `sigma_K` one standard deviation of the same shape, or
    None when the map does not say. `crs` projected in metres, as text geopandas and rasterio read. The grid
    is north up: pixel (row, col) spans x = `left_m` + col * `pixel_m` .. and y = `top_m` - row * `pixel_m` ..
    """

    celsius: FloatGrid
    crs: str
    left_m: float
    top_m: float
    pixel_m: float
    sigma_K: FloatGrid | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.celsius.ndim != 2:
            raise ValueError(f"celsius must have two axes, got shape {self.celsius.shape}")
        if self.sigma_K is not None and self.sigma_K.shape != self.celsius.shape:
            raise ValueError(f"sigma is {self.sigma_K.shape}, temperatures are {self.celsius.shape}")
        if not (math.isfinite(self.pixel_m) and self.pixel_m > 0):
            raise ValueError(f"pixel must be positive, got {self.pixel_m}")

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(left, bottom, right, top) in metres of `crs`."""
        height, width = self.celsius.shape
        return (
            self.left_m,
            self.top_m - height * self.pixel_m,
            self.left_m + width * self.pixel_m,
            self.top_m,
        )

    @property
    def transform(self) -> Any:
        """The grid as rasterio's affine transform."""
        from rasterio.transform import from_origin

        return from_origin(self.left_m, self.top_m, self.pixel_m, self.pixel_m)


@dataclass(frozen=True, slots=True)
class HeatFrame:
    """Where a heat map lies, as `read_heat` will give it: `bounds` (left, bottom, right, top) in `crs`."""

    crs: str
    bounds: tuple[float, float, float, float]
    pixels: int


def heat_frame(path: Path) -> HeatFrame:
    """Where a heat map lies, without reading it; raises `BadFileError` as `read_heat` does."""
    with _opened(path) as source:
        bounds = tuple(float(v) for v in source.bounds)
        return HeatFrame(
            source.crs.to_string(), (bounds[0], bounds[1], bounds[2], bounds[3]), source.width * source.height
        )


def read_heat(path: Path, within: tuple[float, float, float, float] | None = None) -> HeatMap:
    """Read a heat map: band 1 degrees Celsius; a band described as `sigma` is its standard deviation in K.

    `within` (left, bottom, right, top), in the system of `heat_frame`, reads only the pixels that touch it;
    None reads all. Maps in degrees, rotated maps and maps with oblong pixels are resampled (bilinear) to
    square metres, and the notes say so. Raises `BadFileError` for files that are no such map.
    """
    with _opened(path) as source:
        _refuse_other_rasters(path, source)
        window = _window(path, source, within)
        celsius = _band(source, 1, window)
        _refuse_kelvin(path, celsius)
        sigma_band = _described(source, "sigma")
        sigma = None if sigma_band is None else _band(source, sigma_band, window)
        return HeatMap(
            celsius=celsius,
            crs=source.crs.to_string(),
            left_m=source.transform.c + window.col_off * source.transform.a,
            top_m=source.transform.f + window.row_off * source.transform.e,
            pixel_m=source.transform.a,
            sigma_K=sigma,
            notes=_notes(source, sigma_band),
        )


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The raster, north up and in square metres, warped when it is not."""
    import rasterio
    from rasterio.errors import RasterioError
    from rasterio.vrt import WarpedVRT

    try:
        with rasterio.open(path) as source:
            if source.crs is None:
                raise BadFileError(
                    path, "has no coordinate system", hint="write one, e.g. gdal_edit -a_srs EPSG:5186"
                )
            if _is_square_metres(source):
                yield source
                return
            with WarpedVRT(source, **_metric_grid(source)) as warped:
                yield warped
    except RasterioError as error:
        raise BadFileError(path, f"is no raster that can be read ({error})") from error


def _is_square_metres(source: Any) -> bool:
    t = source.transform
    straight = t.b == 0 and t.d == 0 and t.a > 0 and math.isclose(t.a, -t.e, rel_tol=1e-6)
    return bool(straight and source.crs.is_projected and math.isclose(source.crs.linear_units_factor[1], 1.0))


def _metric_grid(source: Any) -> dict[str, Any]:
    """A north-up grid of square metres that holds the whole source, its pixel area kept."""
    from rasterio.enums import Resampling
    from rasterio.transform import from_origin

    metric = source.crs.is_projected and math.isclose(source.crs.linear_units_factor[1], 1.0)
    crs = source.crs.to_string() if metric else metric_crs(source.crs.to_string(), _outline_box(source))
    x, y = _outline(source, crs)
    area = 0.5 * abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))
    pixel = math.sqrt(area / (source.width * source.height))
    return {
        "crs": crs,
        "transform": from_origin(x.min(), y.max(), pixel, pixel),
        "width": math.ceil(float(np.ptp(x)) / pixel),
        "height": math.ceil(float(np.ptp(y)) / pixel),
        "resampling": Resampling.bilinear,
        "nodata": math.nan,
    }


def _outline(source: Any, crs: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The raster's edge, 21 points a side, as x and y in `crs`."""
    from pyproj import Transformer

    along = np.linspace(0.0, 1.0, 21)[:-1]
    col = np.concatenate([along, np.ones(20), 1 - along, np.zeros(20)]) * source.width
    row = np.concatenate([np.zeros(20), along, np.ones(20), 1 - along]) * source.height
    t = source.transform
    there = Transformer.from_crs(source.crs.to_wkt(), crs, always_xy=True)
    x, y = there.transform(t.a * col + t.b * row + t.c, t.d * col + t.e * row + t.f)
    return np.asarray(x, float), np.asarray(y, float)


def _outline_box(source: Any) -> tuple[float, float, float, float]:
    x, y = _outline(source, source.crs.to_wkt())
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def metric_crs(crs: str, bounds: tuple[float, float, float, float]) -> str:
    """A coordinate system in metres for a region: EPSG:5186 (Korea 2000 / Central Belt 2010) when its middle
    lies in South Korea, else the UTM zone on WGS84. `bounds` (left, bottom, right, top) in `crs`.
    """
    from pyproj import Transformer

    to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
    if 124.5 <= lon <= 131.0 and 33.0 <= lat <= 38.7:
        return "EPSG:5186"
    zone = int((lon + 180.0) // 6.0) % 60 + 1
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


def _refuse_other_rasters(path: Path, source: Any) -> None:
    if source.dtypes[0] == "uint8":
        raise BadFileError(
            path, "holds 8-bit colours or grades, not temperatures", hint="give the float Celsius map"
        )


def _refuse_kelvin(path: Path, celsius: FloatGrid) -> None:
    finite = celsius[np.isfinite(celsius)]
    if finite.size == 0:
        raise BadFileError(path, "holds no temperature: every pixel is empty")
    middle = float(np.median(finite[:: max(1, finite.size // 100_000)]))
    if middle > KELVIN_SUSPECT_C:
        raise BadFileError(path, f"median value is {middle:.0f}", hint="temperatures must be in Celsius")


def _window(path: Path, source: Any, within: tuple[float, float, float, float] | None) -> Any:
    """The rasterio window of whole pixels that touch `within`; the whole map for None."""
    from rasterio.windows import Window

    if within is None:
        return Window(0, 0, source.width, source.height)
    t = source.transform
    left = max(0, math.floor((within[0] - t.c) / t.a))
    top = max(0, math.floor((t.f - within[3]) / t.a))
    right = min(source.width, math.ceil((within[2] - t.c) / t.a))
    bottom = min(source.height, math.ceil((t.f - within[1]) / t.a))
    if left >= right or top >= bottom:
        raise BadFileError(path, "does not reach the places", hint="give layers and a heat map of one place")
    return Window(left, top, right - left, bottom - top)


def _band(source: Any, number: int, window: Any) -> FloatGrid:
    """One band as float32 with NaN for nodata; scale and offset applied."""
    values: FloatGrid = source.read(number, masked=True, window=window).astype(np.float32).filled(np.nan)
    scale, offset = source.scales[number - 1], source.offsets[number - 1]
    if (scale, offset) != (1.0, 0.0):
        values = (values * np.float32(scale) + np.float32(offset)).astype(np.float32)
    return values


def _described(source: Any, word: str) -> int | None:
    for number, text in enumerate(source.descriptions, start=1):
        if text and text.strip().lower().startswith(word):
            return number
    return None


def _notes(source: Any, sigma_band: int | None) -> tuple[str, ...]:
    notes = []
    if type(source).__name__ == "WarpedVRT":
        notes.append(f"resampled to {source.transform.a:.3g} m in {source.crs.to_string()}")
    if sigma_band is None:
        notes.append("the heat map gives no sigma")
    return tuple(notes)
