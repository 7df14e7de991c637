"""What a box with a map draws: pictures, shapes and numbered pins, all in one metric system."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

BoundsM = tuple[float, float, float, float]
"""Left, bottom, right, top in metres."""


@dataclass(frozen=True, slots=True)
class Ink:
    """Colours as `#rrggbb` or None, widths in points, `alpha` of the fill 0..1; `radius_pt` of a point."""

    edge: str | None = "#444444"
    fill: str | None = None
    width_pt: float = 0.6
    alpha: float = 1.0
    radius_pt: float = 2.4


@dataclass(frozen=True, slots=True)
class Picture:
    """A PIL picture that fills `bounds`; `alpha` 0..1."""

    image: Any
    bounds: BoundsM
    alpha: float = 1.0


@dataclass(frozen=True, slots=True)
class Shapes:
    """Shapely geometries of any kind, drawn with one ink."""

    shapes: Sequence[Any]
    ink: Ink


@dataclass(frozen=True, slots=True)
class Pins:
    """Points (x, y) with a short text in each."""

    places: Sequence[tuple[float, float]]
    labels: Sequence[str]
    colour: str = "#c0143c"


MapLayer = Picture | Shapes | Pins


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A line of a map's key; `form` is "area", "line", "point" or "pin"."""

    text: str
    ink: Ink
    form: str = "area"
