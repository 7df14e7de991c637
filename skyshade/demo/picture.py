"""Pictures for people: heat maps with colour bar, the difference to the truth, flights over the scene."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFileError
from core.files import written_beside
from core.geo import LonLat
from skyshade.demo.scene import Scene
from skyshade.demo.truth import Shift, difference_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

KOREAN_FONTS = (
    "NanumGothic",
    "NanumBarunGothic",
    "NanumSquare",
    "NanumSquareRound",
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "AppleGothic",
)
_WIDEST_PX = 1400
_POINTS = {"marker": "o", "markersize": 5.5, "linestyle": "none", "markeredgecolor": "#333333"}


@dataclass(frozen=True, slots=True)
class Picture:
    """Values with where they lie: (left, right, bottom, top) in map metres, row 0 north."""

    values: NDArray[np.float32]
    extent_m: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is coloured: colour map, limits (None = 1st and 99th percentile), the bar's label."""

    colours: str = "inferno"
    low: float | None = None
    high: float | None = None
    label: str = "°C"


@dataclass(frozen=True, slots=True)
class Track:
    """Something drawn over a picture: places in flying order, as a line or as points."""

    label: str
    places: Sequence[LonLat]
    colour: str = "#4cc9f0"
    points: bool = False


def heat_picture(
    raster: Path,
    out: Path,
    *,
    title: str = "",
    look: Look | None = None,
    tracks: Sequence[Track] = (),
    outline: Sequence[LonLat] = (),
) -> Path:
    """Band 1 of a raster as a PNG with colour bar and scale; tracks and an outline drawn over it."""
    picture, crs = _read(raster)
    over = [*tracks, Track("", [*outline, *outline[:1]], "white")] if outline else tracks
    with _drawing(out, picture, title, look or Look()) as axes:
        _draw_tracks(axes, over, crs)
    return out


def difference_picture(
    map_tif: Path,
    truth_tif: Path,
    out: Path,
    *,
    title: str = "",
    limit_K: float = 3.0,
    shifts: Sequence[Shift] = (),
) -> Path:
    """Map minus truth as a PNG, blue too cold and red too warm, with arrows for how far patches lie off.

    Arrows are drawn twenty times too long.
    """
    picture, _ = _read(map_tif)
    changed = Picture(_thinned(difference_map(map_tif, truth_tif)), picture.extent_m)
    with _drawing(out, changed, title, Look("RdBu_r", -limit_K, limit_K, "K")) as axes:
        if shifts:
            x, y, east, north = np.array([(s.x_m, s.y_m, s.east_m, s.north_m) for s in shifts]).T
            axes.quiver(x, y, east, north, angles="xy", scale_units="xy", scale=1 / 20, width=0.0025)
    return out


def scene_picture(
    scene: Scene,
    out: Path,
    *,
    title: str = "",
    tracks: Sequence[Track] = (),
    outline: Sequence[LonLat] = (),
) -> Path:
    """The true temperatures as a PNG with flights and an outline over them."""
    right = scene.west_m + scene.shape[1] * scene.cell_m
    picture = Picture(_thinned(scene.temperature_C), (scene.west_m, right, scene.south_m, scene.north_m))
    over = [*tracks, Track("", [*outline, *outline[:1]], "white")] if outline else tracks
    with _drawing(out, picture, title, Look()) as axes:
        _draw_tracks(axes, over, scene.crs)
    return out


def korean_font() -> str | None:
    """The first installed font family that has Korean letters, None without one."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in KOREAN_FONTS if name in installed), None)


@contextmanager
def _drawing(out: Path, picture: Picture, title: str, look: Look) -> Iterator["Axes"]:
    """A figure with the picture, its colour bar and a scale; saved when the block ends."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    fonts = [name for name in (korean_font(), "DejaVu Sans") if name]
    with rc_context({"font.family": fonts, "axes.unicode_minus": False, "font.size": 13.0}):
        figure = Figure(figsize=(11.0, 11.0), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        low, high = _limits(picture, look)
        shown = axes.imshow(
            picture.values, look.colours, extent=picture.extent_m, interpolation="none", vmin=low, vmax=high
        )
        axes.set_facecolor("#d9d9d9")
        axes.set_xticks([])
        axes.set_yticks([])
        _draw_bar(axes, shown, look)
        if title:
            axes.set_title(title)
        _draw_scale(axes, picture)
        yield axes
        with written_beside(out) as beside:
            figure.savefig(beside, format="png", dpi=110, bbox_inches="tight", pad_inches=0.1)


def _draw_bar(axes: "Axes", shown: "AxesImage", look: Look) -> None:
    """The colour bar, as tall as the picture beside it, pointed where the picture goes beyond it."""
    bar = axes.inset_axes((1.015, 0.0, 0.022, 1.0))
    axes.figure.colorbar(shown, cax=bar, label=look.label, extend="both")


def _limits(picture: Picture, look: Look) -> tuple[float, float]:
    known = picture.values[np.isfinite(picture.values)]
    low, high = np.percentile(known, (1.0, 99.0)) if known.size else (0.0, 1.0)
    return float(low) if look.low is None else look.low, float(high) if look.high is None else look.high


def _draw_scale(axes: "Axes", picture: Picture) -> None:
    """A bar of 10, 20, 50 or 100 m in the lower left corner, with north up."""
    left, right, bottom, top = picture.extent_m
    wide, tall = right - left, top - bottom
    length = max((m for m in (10.0, 20.0, 50.0, 100.0) if m < wide / 4), default=10.0)
    x, y = left + 0.03 * wide, bottom + 0.04 * tall
    axes.plot([x, x + length], [y, y], color="white", linewidth=8, solid_capstyle="projecting")
    axes.plot([x, x + length], [y, y], color="black", linewidth=4, solid_capstyle="butt")
    box = {"facecolor": "white", "edgecolor": "none", "pad": 2.0}
    axes.text(x, y + 0.022 * tall, f"{length:g} m   N ↑", color="black", bbox=box)


def _draw_tracks(axes: "Axes", tracks: Sequence[Track], crs: Any) -> None:
    from pyproj import Transformer

    to_map = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    limits = axes.get_xlim(), axes.get_ylim()
    for track in tracks:
        x, y = to_map.transform([p.lon for p in track.places], [p.lat for p in track.places])
        style: Any = _POINTS if track.points else {"linewidth": 2.0}
        axes.plot(x, y, color=track.colour, label=track.label or None, **style)
    axes.set_xlim(*limits[0])
    axes.set_ylim(*limits[1])
    if any(track.label for track in tracks):
        axes.legend(loc="lower right")


def _read(raster: Path) -> tuple[Picture, Any]:
    import rasterio
    from rasterio.errors import RasterioIOError

    try:
        with rasterio.open(raster) as source:
            bounds = source.bounds
            values = source.read(1, masked=True).filled(np.nan).astype(np.float32)
            extent = (bounds.left, bounds.right, bounds.bottom, bounds.top)
            return Picture(_thinned(values), extent), source.crs
    except RasterioIOError as error:
        raise BadFileError(raster, f"cannot be read as a raster ({error})") from error


def _thinned(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The picture reduced to at most about 1400 columns, by averaging; unknown stays unknown."""
    import cv2

    shrink = values.shape[1] / _WIDEST_PX
    if shrink <= 1.0:
        return values
    size = (_WIDEST_PX, max(1, round(values.shape[0] / shrink)))
    smaller: NDArray[np.float32] = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    return smaller
