"""The layers of a choice as positions on the heat map."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.heat import HeatMap
from gis.siting.codes import label_conflicts
from gis.siting.columns import NAME_NAMES, labels
from gis.siting.joining import area_name
from gis.siting.layers import Layer, point_positions, read_layer
from gis.siting.model import SitingInputs, SitingParams
from gis.siting.overlap import outside, refuse_apart
from gis.siting.people import Counted, read_demand

__all__ = ["NAME_NAMES", "Places", "labels", "masks", "read_places"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Places:
    """Layers as positions in the heat map's system, (n, 2) metres each.

    `people` float64 (n,) what the people of each demand point count together, `heads` how many they are,
    `seniors` those of 65 and older or None, `slow` their share (0..1) of `people`; `counted` what the demand
    points were made from.
    """

    demand: Layer
    candidates: Layer
    existing: Layer | None
    demand_m: FloatArray
    candidates_m: FloatArray
    existing_m: FloatArray
    people: FloatArray
    heads: FloatArray
    seniors: FloatArray | None
    slow: FloatArray
    counted: Counted
    notes: tuple[str, ...]


def read_places(inputs: SitingInputs, heat: HeatMap, params: SitingParams) -> Places:
    """Read demand, candidates and what stands already; raises `BadFileError` for layers off the map."""
    demand = read_demand(inputs, heat, params)
    candidates = read_layer(inputs.candidates, crs=inputs.crs)
    existing = None if inputs.existing is None else read_layer(inputs.existing, crs=inputs.crs)
    candidates_m = point_positions(candidates.frame, heat.crs)
    for layer, places_m in ((demand.layer, demand.places_m), (candidates, candidates_m)):
        refuse_apart(layer, places_m, heat)
    return Places(
        demand.layer,
        candidates,
        existing,
        demand.places_m,
        candidates_m,
        np.zeros((0, 2)) if existing is None else point_positions(existing.frame, heat.crs),
        demand.people,
        demand.heads,
        demand.seniors,
        demand.slow,
        demand.counted,
        (*demand.notes, *outside(candidates, candidates_m, heat), *_label_notes(inputs)),
    )


def _label_notes(inputs: SitingInputs) -> list[str]:
    """Labels of demand areas that contradict those of the zones under them."""
    if inputs.zones is None:
        return []
    areas, zones = (read_layer(path, crs=inputs.crs) for path in (inputs.demand, inputs.zones))
    names = [_name_column(layer) for layer in (areas, zones)]
    if names[0] is None or names[1] is None:
        return []
    found = label_conflicts(areas.frame, names[0], zones.frame, names[1])
    return [
        f"{areas.path.name} calls {conflict.name} what {zones.path.name} calls {conflict.other} "
        f"({conflict.share:.0%} of it): one of them is labelled wrong, and a third source must say which"
        for conflict in found
    ]


def _name_column(layer: Layer) -> str | None:
    """The column of an area layer that names each area: Korean, and no name twice."""
    if not set(layer.frame.geom_type) <= {"Polygon", "MultiPolygon"}:
        return None
    for column in layer.frame.columns:
        if column == "geometry":
            continue
        names = [area_name(value) for value in layer.frame[column]]
        known = [name for name in names if name is not None and not name.isascii()]
        if len(known) == len(names) == len(set(known)):
            return str(column)
    return None


def masks(inputs: SitingInputs) -> list[Any]:
    """Outlines of roofs and water, as far as they are given."""
    given = [path for path in (inputs.buildings, inputs.water) if path is not None]
    return [read_layer(path, crs=inputs.crs, osm="multipolygons").frame.geometry for path in given]
