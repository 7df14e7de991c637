"""Pictures of a finished map: read small from its overviews, coloured, and put into the page as text."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from thermal.sidecars import RAMP

WIDEST_PX = 900
_COUNTS = ("#d73027", "#fc8d59", "#fee090", "#e0f3f8", "#91bfdb", "#4575b4")
"""Few frames red, many blue; the last stands for six or more."""


@dataclass(frozen=True, slots=True)
class MapPicture:
    """A map made small: `celsius` and `count` (rows, columns), NaN unknown; `transform` of its pixels."""

    celsius: NDArray[np.float32]
    count: NDArray[np.float32]
    transform: Affine
    crs: str

    @property
    def range_C(self) -> tuple[float, float]:
        """The cold and hot ends of the colours."""
        seen = self.celsius[np.isfinite(self.celsius)]
        if seen.size == 0:
            return 0.0, 1.0
        low, high = np.percentile(seen, [1.0, 99.0])
        return float(low), float(max(high, low + 0.1))


def read_picture(path: Path) -> MapPicture:
    """The map at no more than `WIDEST_PX` on a side."""
    import rasterio

    with rasterio.open(path) as source:
        shrink = max(1.0, max(source.shape) / WIDEST_PX)
        shape = max(1, round(source.height / shrink)), max(1, round(source.width / shrink))
        both = source.read([1, 2], out_shape=(2, *shape), masked=True).filled(np.nan).astype(np.float32)
        scale = Affine.scale(source.width / shape[1], source.height / shape[0])
        return MapPicture(both[0], both[1], source.transform @ scale, source.crs.to_string())


def temperature_png(picture: MapPicture) -> str:
    """The temperatures in the ramp of the map's QGIS style, as a data address."""
    low, high = picture.range_C
    stops = _rgb(RAMP)
    palette = np.stack(
        [np.interp(np.linspace(0, len(RAMP) - 1, 255), np.arange(len(RAMP)), stops[:, k]) for k in range(3)],
        1,
    )
    at = np.clip((picture.celsius - low) / (high - low), 0.0, 1.0) * 254
    return _png(at, palette)


def count_png(picture: MapPicture) -> str:
    """How many frames were blended, one colour a number up to six."""
    return _png(np.clip(np.rint(picture.count), 1, len(_COUNTS)) - 1, _rgb(_COUNTS))


def count_colours() -> Sequence[tuple[str, str]]:
    """(colour, text) of each number of frames."""
    last = len(_COUNTS)
    return [(colour, f"{k}" if k < last else f"{last}+") for k, colour in enumerate(_COUNTS, 1)]


def _rgb(colours: Sequence[str]) -> NDArray[np.float64]:
    return np.array([[int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in colours], float)


def _png(index: NDArray[np.float32], palette: NDArray[np.float64]) -> str:
    """An image of 8 bits with a palette whose last colour, grey, stands for nothing seen."""
    from PIL import Image

    known = np.isfinite(index)
    codes = np.where(known, np.nan_to_num(index), len(palette)).astype(np.uint8)
    image = Image.fromarray(codes, mode="P")
    image.putpalette(np.vstack([palette, [[226, 226, 226]]]).round().astype(np.uint8).tobytes())
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=6)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode("ascii")
