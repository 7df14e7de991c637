"""The emissivity of the ground from a raster: emissivities themselves, or land-cover codes with a table."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from core.errors import BadFileError, SkyshadeError
from core.geo import FloatArray
from gis.grid import GeoGrid, Window
from gis.raster import Band, read_band
from thermal.emissivity import with_emissivity
from thermal.frame import CelsiusArray, FrameInfo
from thermal.tiles import MapPlace

_CODES_FROM = 2.0  # emissivities end at 1


class UnstatedEmissivityError(SkyshadeError):
    """Frames that do not say, or do not agree on, the emissivity they were read with."""


@dataclass(frozen=True, slots=True, eq=False)
class GroundCover:
    """Emissivities over a grid, (rows, columns) in (0, 1], NaN where unknown; `source` names the file."""

    emissivity: FloatArray
    grid: GeoGrid
    source: str

    def at(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """The emissivity of the cell at each place in the grid's CRS, NaN outside; classes do not blend."""
        rows_cols = np.rint(self.grid.row_col(np.stack([x, y], axis=-1))).astype(int)
        rows, cols = rows_cols[..., 0], rows_cols[..., 1]
        height, width = self.emissivity.shape
        inside = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
        found = self.emissivity[np.clip(rows, 0, height - 1), np.clip(cols, 0, width - 1)]
        return np.where(inside, found, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class CoverCorrection:
    """What a map is corrected by: the cover, and the emissivity and sky the frames were read with."""

    cover: GroundCover
    was: float
    reflected_C: float

    def corrected(self, celsius: CelsiusArray, place: MapPlace, window: Window) -> CelsiusArray:
        """The tile's temperatures with each pixel's own emissivity; as they were where none is known."""
        x, y = place.coordinates(window, 0, self.cover.grid.crs)
        now = self.cover.at(x, y)
        moved = with_emissivity(celsius, was=self.was, now=now, reflected_C=self.reflected_C)
        return np.where(np.isfinite(moved), moved, celsius).astype(np.float32)


def read_cover(path: Path, table: Path | None = None) -> GroundCover:
    """Emissivities from a raster; values above 1 are codes, looked up in `table` (TOML) or our own.

    Raises BadFileError for a raster that is neither, or a code that the table does not know.
    """
    band = read_band(path)
    known = band.values[np.isfinite(band.values)]
    if known.size and known.max() < _CODES_FROM:
        return GroundCover(_emissivities(path, band.values), band.grid, path.name)
    return _by_code(path, band, _table(table))


def _emissivities(path: Path, values: FloatArray) -> FloatArray:
    wrong = values[np.isfinite(values) & ((values <= 0.0) | (values > 1.0))]
    if wrong.size:
        raise BadFileError(path, f"holds an emissivity of {wrong[0]:g}", hint="they lie above 0 and up to 1")
    return values


def _by_code(path: Path, band: Band, table: Mapping[int, float]) -> GroundCover:
    codes = np.unique(band.values[np.isfinite(band.values)])
    out = np.full(band.values.shape, np.nan)
    unknown = []
    for code in codes:
        found = table.get(int(code), table.get(int(code) // 100 * 100))
        if found is None and code != 0:
            unknown.append(f"{code:g}")
        elif found is not None:
            out[band.values == code] = found
    if unknown:
        raise BadFileError(
            path, f"land-cover codes without an emissivity: {', '.join(unknown[:8])}",
            hint="give a table with --cover-table FILE: [emissivity] CODE = VALUE",
        )  # fmt: skip
    return GroundCover(out, band.grid, path.name)


def _table(path: Path | None) -> dict[int, float]:
    if path is None:
        text = resources.files("thermal.data").joinpath("landcover.toml").read_text(encoding="utf-8")
        return _parsed(Path("landcover.toml"), text)
    try:
        return _parsed(path, path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadFileError(path, f"cannot be read ({error})", hint="it is a text file in UTF-8") from error


def _parsed(path: Path, text: str) -> dict[int, float]:
    try:
        rows = tomllib.loads(text)["emissivity"]
        table = {int(code): float(value) for code, value in rows.items()}
    except (tomllib.TOMLDecodeError, KeyError, AttributeError, ValueError, TypeError) as error:
        raise BadFileError(
            path, f"is no table of emissivities ({error})", hint="[emissivity] and lines CODE = VALUE"
        ) from error
    wrong = next((code for code, value in table.items() if not 0.0 < value <= 1.0), None)
    if wrong is not None:
        raise BadFileError(path, f"gives code {wrong} an emissivity of {table[wrong]:g}")
    return table


def correction(cover: GroundCover, infos: Sequence[FrameInfo]) -> CoverCorrection:
    """What the frames were read with; raises `UnstatedEmissivityError` where they do not say it as one."""
    was = {info.radiometry.emissivity for info in infos}
    sky = {info.radiometry.reflected_C for info in infos}
    one_e, one_sky = (next(iter(found)) if len(found) == 1 else None for found in (was, sky))
    if one_e is None or one_sky is None:
        raise UnstatedEmissivityError(
            f"{cover.source}: the frames do not say one emissivity and one reflected temperature",
            hint="give both: --emissivity E --reflected-C T",
        )
    return CoverCorrection(cover, one_e, one_sky)
