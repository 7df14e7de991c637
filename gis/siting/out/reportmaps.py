"""The maps of the report, drawn from the same layers as the page."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from gis.heat import FloatGrid, HeatMap
from gis.legend import Legend
from gis.pdf.face import Words
from gis.pdf.mapbox import MapBox, MapKey
from gis.pdf.maplayers import BoundsM, Ink, KeyEntry, MapLayer, Picture, Pins, Shapes
from gis.siting.background import ground
from gis.siting.model import SitingResult
from gis.siting.out.backdrop import vector_tile_frames
from gis.siting.out.page import legend, view, view_m
from gis.siting.out.thin import demand_cells
from gis.siting.words import words
from gis.tiles import TileArea
from gis.webmap.pictures import classes_picture

LONGEST_PX = 1000
GROUND_INK = {
    "water": Ink("#6ba3c8", "#a9cfe6", 0.4),
    "walk": Ink("#8a8a8a", None, 0.5),
    "buildings": Ink("#5c5c5c", None, 0.4),
    "squares": Ink("#cfcabf", None, 0.4),
}
PLAIN = Ink("#b8b2a7", "#f3f0ea", 0.3)
ZONES = Ink("#222222", None, 1.2)
DEMAND = Ink("#333333", "#ffffff", 0.4, radius_pt=1.3)
EXISTING = Ink("#0b3d91", "#3f7fff", 0.9, radius_pt=3.0)
ELIGIBLE = Ink("#ffffff", "#1a9850", 0.7, radius_pt=3.2)
REJECTED = Ink("#ffffff", "#777777", 0.7, radius_pt=2.8)
CHOSEN = Ink("#ffffff", "#c0143c", 0.8)


def heat_map(result: SitingResult, say: Words, width_pt: float, height_pt: float) -> list[Any]:
    """Heat, existing places and chosen sites, with their key."""
    classes = legend(result)
    layers = [
        *_ground(result, width_pt / height_pt),
        _heat(result.heat, classes),
        *_zones(result),
        *_existing(result),
    ]
    box = _box(result, [*layers, _pins(result)], say, width_pt, height_pt)
    word = words(result.params.language)
    entries = [
        KeyEntry(label, Ink("#777777", "#" + bytes(colour).hex(), 0.4))
        for colour, label in zip(classes.colours, classes.labels(), strict=True)
    ]
    marks = [KeyEntry(word["chosen"], CHOSEN, "pin"), *_existing_key(result)]
    return [box, MapKey([*entries, *marks], width_pt, say.face, word["heat"])]


def candidates_map(result: SitingResult, say: Words, width_pt: float, height_pt: float) -> list[Any]:
    """Candidates with their verdicts, demand, existing places and chosen sites, with their key."""
    points = result.candidates.geometry.representative_point().to_numpy()
    out = np.asarray(result.candidates["rejected"] != "")
    demand = demand_cells(result.demand).frame.geometry.to_numpy()
    layers: list[MapLayer] = [
        *_ground(result, width_pt / height_pt),
        *_zones(result),
        Shapes(demand, DEMAND),
        Shapes(points[out], REJECTED),
        Shapes(points[~out], ELIGIBLE),
        *_existing(result),
        _pins(result),
    ]
    word = words(result.params.language)
    key = [
        KeyEntry(word["chosen"], CHOSEN, "pin"),
        KeyEntry(word["candidates"], ELIGIBLE, "point"),
        KeyEntry(word["rejected"], REJECTED, "point"),
        *_existing_key(result),
        KeyEntry(word["demand"], DEMAND, "point"),
    ]
    return [_box(result, layers, say, width_pt, height_pt), MapKey(key, width_pt, say.face)]


def _box(result: SitingResult, layers: Sequence[MapLayer], say: Words, width: float, height: float) -> MapBox:
    return MapBox(layers, view_m(result), width, height, say.face)


def _ground(result: SitingResult, ratio: float) -> list[MapLayer]:
    """What lies below, as far as a box of this width by height shows."""
    frames = vector_tile_frames(result, TileArea(*view(result))) | dict(result.background)
    made = ground(frames, _widened(view_m(result), ratio), result.heat.crs, blank=True)
    return [
        Shapes(thinned.frame.geometry.to_numpy(), GROUND_INK.get(name, PLAIN))
        for name, thinned in made.layers.items()
    ]


def _widened(bounds: BoundsM, ratio: float) -> BoundsM:
    left, bottom, right, top = bounds
    width, height = right - left, top - bottom
    more_x, more_y = max(0.0, height * ratio - width) / 2, max(0.0, width / ratio - height) / 2
    return left - more_x, bottom - more_y, right + more_x, top + more_y


def _heat(heat: HeatMap, classes: Legend) -> Picture:
    small = _shrunk(heat.celsius)
    picture = classes_picture(small, classes).convert("RGB")
    picture.putalpha(_seen(small))
    return Picture(picture, heat.bounds, 0.75)


def _seen(celsius: FloatGrid) -> Any:
    from PIL import Image

    return Image.fromarray((np.isfinite(celsius) * 255).astype(np.uint8), "L")


def _shrunk(celsius: FloatGrid) -> FloatGrid:
    """Every so-manieth pixel of a map larger than what paper shows."""
    step = max(1, -(-max(celsius.shape) // LONGEST_PX))
    return celsius[step // 2 :: step, step // 2 :: step] if step > 1 else celsius


def _zones(result: SitingResult) -> list[MapLayer]:
    return [] if result.zones is None else [Shapes(result.zones.geometry.to_numpy(), ZONES)]


def _existing(result: SitingResult) -> list[MapLayer]:
    return [] if result.existing is None else [Shapes(result.existing.geometry.to_numpy(), EXISTING)]


def _existing_key(result: SitingResult) -> list[KeyEntry]:
    word = words(result.params.language)["existing"]
    return [] if result.existing is None else [KeyEntry(word, EXISTING, "point")]


def _pins(result: SitingResult) -> Pins:
    points = result.candidates.geometry.representative_point()
    places = [(points.iloc[site.row].x, points.iloc[site.row].y) for site in result.chosen]
    return Pins(places, [str(site.rank) for site in result.chosen])
