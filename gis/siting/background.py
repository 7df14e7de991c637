"""What stands on the ground, drawn below the heat and the places so that people know where they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gis.siting.layers import read_layer
from gis.siting.model import SitingInputs
from gis.siting.out.thin import Thinned, outlines
from gis.siting.words import WORDS, both
from gis.tiles import is_tiles
from gis.webmap import Style, WebMap

STYLES = {
    "water": Style("#6ba3c8", 1, "#a9cfe6", fill_opacity=0.9, below=True),
    "walk": Style("#8a8a8a", 1.2, opacity=0.8),
    "buildings": Style("#5c5c5c", 1, "#c9c4bd", fill_opacity=0.0),
    "squares": Style("#b9b3a6", 1, below=True),
}
PLAIN = Style("#a8a296", 0.9, "#f3f0ea", fill_opacity=1.0, below=True)
MOST_VERTICES = 60_000  # about 1.5 MB of a page


@dataclass(frozen=True, slots=True)
class Ground:
    """Layers to draw below all others, lowest first, by name, as light as a page wants them."""

    layers: Mapping[str, Thinned] = field(default_factory=dict)
    square_m: float | None = None


def background_frames(inputs: SitingInputs, crs: str) -> dict[str, Any]:
    """The layers to draw, lowest first, in `crs`, without their attributes; files of tiles are left out."""
    named: list[tuple[str, Path | None]] = [(p.stem, p) for p in inputs.background if not is_tiles(p)]
    named += [(name, getattr(inputs, name)) for name in STYLES if name != "squares"]
    return {
        name: read_layer(path, crs=inputs.crs).frame[["geometry"]].to_crs(crs)
        for name, path in named
        if path is not None
    }


def ground(
    frames: Mapping[str, Any], view_m: tuple[float, float, float, float], crs: str, *, blank: bool
) -> Ground:
    """The layers within `view_m`, light enough for a page; with none of them, a grid of lines if `blank`."""
    each = MOST_VERTICES // max(1, len(frames))
    made = {name: outlines(frame, view_m, each) for name, frame in frames.items()}
    drawn = {name: thinned for name, thinned in made.items() if len(thinned.frame)}
    if drawn or not blank:
        return Ground(drawn)
    square_m, lines = squares(view_m, crs)
    return Ground({"squares": Thinned(lines)}, square_m)


def squares(view_m: tuple[float, float, float, float], crs: str) -> tuple[float, Any]:
    """Grid lines of 100 m, 500 m, ... so that a map without any ground is no blank page."""
    import geopandas as gpd
    from shapely import LineString

    left, bottom, right, top = view_m
    size = max(right - left, top - bottom)
    step = next((s for s in (50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0) if size / s <= 16), 10_000.0)
    x = np.arange(np.ceil(left / step), np.floor(right / step) + 1) * step
    y = np.arange(np.ceil(bottom / step), np.floor(top / step) + 1) * step
    lines = [LineString([(at, bottom), (at, top)]) for at in x]
    lines += [LineString([(left, at), (right, at)]) for at in y]
    return step, gpd.GeoDataFrame(geometry=lines, crs=crs)


def add_ground(page: WebMap, made: Ground) -> None:
    """Draw the layers in their order."""
    for name, thinned in made.layers.items():
        title = both(name, cell=made.square_m or 0.0) if name in WORDS and name in STYLES else name
        page.add_vector(thinned.frame, name=title, style=STYLES.get(name, PLAIN))
