"""The heat load at each demand point: its people times the kelvins its ground lies over a reference."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFileError, SkyshadeError
from gis.heat import FloatGrid, HeatMap
from gis.siting.exposure import Exposure, exposure_at
from gis.siting.layers import Layer, read_layer
from gis.siting.model import SitingInputs, SitingParams
from gis.siting.places import PEOPLE_NAMES, Places, named_column, numbers

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Load:
    """What weighs at each demand point; NaN = unknown."""

    people: FloatArray
    exposure: Exposure
    reference_C: float
    notes: tuple[str, ...]

    @property
    def excess_K(self) -> FloatArray:
        return np.maximum(self.exposure.celsius - self.reference_C, 0.0)

    @property
    def weights(self) -> FloatArray:
        return np.nan_to_num(self.people * self.excess_K, nan=0.0)


def load_at(places: Places, heat: HeatMap, surface: FloatGrid, params: SitingParams) -> Load:
    frame, path = places.demand.frame, places.demand.path
    column = named_column(path, frame, params.people, PEOPLE_NAMES)
    people = np.ones(len(frame)) if column is None else numbers(frame, column)
    if (people < 0).any():
        raise BadFileError(path, f"column {column!r} holds a negative number of people")
    exposure = exposure_at(heat, surface, places.demand_m, params.exposure)
    reference = params.reference_C
    if reference is None:
        known = surface[np.isfinite(surface)]
        if known.size == 0:
            raise SkyshadeError("no standing surface is left outside the roofs and the water of the heat map")
        reference = float(np.median(known))
    notes = [
        f"people are column {column!r}" if column else "no people column: every demand point counts as one"
    ]
    unknown = int((~np.isfinite(people) | ~exposure.known).sum())
    if unknown:
        notes.append(f"{unknown} of {len(frame)} demand points have unknown heat or people and weigh nothing")
    return Load(people, exposure, reference, tuple(notes))


def measured_values(
    inputs: SitingInputs, heat: HeatMap, places: Places, exposure: Exposure
) -> dict[str, Sequence[float]]:
    """What rules may ask for; NaN where the layer for it was not given."""
    out: dict[str, Sequence[float]] = {"exposure_C": exposure.celsius.tolist()}
    if places.existing is not None:
        out["distance_to_existing_m"] = _beeline(places.candidates_m, places.existing_m)
    if inputs.crossings is not None:
        crossings = read_layer(inputs.crossings, crs=inputs.crs)
        out["distance_to_crossing_m"] = _to_shapes(places.candidates_m, crossings, heat.crs)
    return out


def _beeline(from_m: FloatArray, to_m: FloatArray) -> list[float]:
    from scipy.spatial import cKDTree

    metres: FloatArray = np.asarray(cKDTree(to_m).query(from_m)[0], float)
    return [float(d) for d in metres]


def _to_shapes(from_m: FloatArray, layer: Layer, crs: str) -> list[float]:
    import shapely

    tree = shapely.STRtree(layer.frame.geometry.to_crs(crs).to_numpy())
    (asked, _), metres = tree.query_nearest(shapely.points(from_m), return_distance=True, all_matches=False)
    return [float(d) for d in metres[np.argsort(asked)]]
