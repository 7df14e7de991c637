"""What stands on the ground, drawn below the heat and the places so that people know where they are."""

from pathlib import Path
from typing import Any

from gis.siting.layers import read_layer
from gis.siting.model import SitingInputs
from gis.webmap import Style, WebMap

STYLES = {
    "water": Style("#6ba3c8", 1, "#a9cfe6", fill_opacity=0.9, below=True),
    "walk": Style("#8a8a8a", 1.2, opacity=0.8),
    "buildings": Style("#5c5c5c", 1, "#c9c4bd", fill_opacity=0.0),
}
PLAIN = Style("#b8b2a7", 0.7, "#f3f0ea", fill_opacity=1.0, below=True)


def background_frames(inputs: SitingInputs, crs: str) -> dict[str, Any]:
    """The layers to draw, lowest first, in `crs`, without their attributes."""
    named: list[tuple[str, Path | None]] = [(path.stem, path) for path in inputs.background]
    named += [(name, getattr(inputs, name)) for name in STYLES]
    return {
        name: read_layer(path, crs=inputs.crs).frame[["geometry"]].to_crs(crs)
        for name, path in named
        if path is not None
    }


def add_background(page: WebMap, frames: dict[str, Any], names: dict[str, str]) -> None:
    """Draw the layers in their order."""
    for name, frame in frames.items():
        page.add_vector(frame, name=names[name] if name in STYLES else name, style=STYLES.get(name, PLAIN))
