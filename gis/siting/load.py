"""The heat load at each demand point: its people times the kelvins its ground lies over a reference."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import SkyshadeError
from gis.heat import FloatGrid, HeatMap
from gis.siting.exposure import Exposure, ExposureParams, exposure_at
from gis.siting.grids import Units, usual_units
from gis.siting.hours import facilities
from gis.siting.layers import Layer, read_layer
from gis.siting.model import SitingInputs, SitingParams
from gis.siting.people import slow_share
from gis.siting.places import Places

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Load:
    """What weighs at each demand point; NaN = unknown. `people` counts by group, `heads` each person once."""

    people: FloatArray
    heads: FloatArray
    exposure: Exposure
    reference_C: float
    notes: tuple[str, ...]

    @property
    def excess_K(self) -> FloatArray:
        return np.maximum(self.exposure.celsius - self.reference_C, 0.0)

    @property
    def weights(self) -> FloatArray:
        return np.nan_to_num(self.people * self.excess_K, nan=0.0)


@dataclass(frozen=True, slots=True)
class UnitLoad:
    """The same demand on other units: n points and what weighs there, for draws of the choice of units.

    `places_m` float64 (n, 2); `people`, `excess_K` (signed, NaN = unknown), `sigma_K` and `slow_share` (share
    of the people who walk at the speed of the old) float64 (n,).
    """

    units: Units
    places_m: FloatArray
    people: FloatArray
    excess_K: FloatArray
    sigma_K: FloatArray
    slow_share: FloatArray

    @property
    def name(self) -> str:
        """The units in words."""
        return self.units.name


def load_at(places: Places, heat: HeatMap, surface: FloatGrid, params: SitingParams) -> Load:
    """What weighs at each demand point; raises `SkyshadeError` when no standing surface is left."""
    cells = Units("square", params.demand.unit_m)
    exposure = exposure_at(heat, surface, places.demand_m, round_people(places, cells, params))
    reference = params.reference_C
    if reference is None:
        reference = _median(surface)
    notes = list(places.notes)
    unknown = int((~exposure.known).sum())
    if unknown:
        count = len(places.demand_m)
        notes.append(f"{unknown} of {count} demand points have unknown heat or people and weigh nothing")
    return Load(places.people, places.heads, exposure, reference, tuple(notes))


def round_people(places: Places, units: Units, params: SitingParams) -> ExposureParams:
    """How far round a demand point its ground is looked at: where areas were spread on cells, over the whole
    cell at least, since people are put into the middle of their houses and the roofs are masked.
    """
    if not places.counted.spread:
        return params.exposure
    return replace(params.exposure, radius_m=max(params.exposure.radius_m, units.size_m / 2.0))


def _median(surface: FloatGrid) -> float:
    known = surface[np.isfinite(surface)]
    if known.size == 0:
        raise SkyshadeError("no standing surface is left outside the roofs and the water of the heat map")
    return float(np.median(known))


def unit_loads(
    places: Places, heat: HeatMap, surface: FloatGrid, load: Load, params: SitingParams,
    units: Sequence[Units] | None = None,
) -> tuple[UnitLoad, ...]:  # fmt: skip
    """The load on each of `units` (`usual_units` of the parameters' size if None): what their choice does."""
    return tuple(
        _on(each, places, heat, surface, load, params)
        for each in (units or usual_units(params.demand.unit_m))
    )


def _on(
    units: Units, places: Places, heat: HeatMap, surface: FloatGrid, load: Load, params: SitingParams
) -> UnitLoad:
    cells = places.counted.on(units)
    exposure = exposure_at(heat, surface, cells.places_m, round_people(places, units, params))
    slow = slow_share(cells.people, cells.counts["slow"])
    excess = exposure.celsius - load.reference_C
    return UnitLoad(units, cells.places_m, cells.people, excess, exposure.sigma_K, slow)


def measured_values(
    inputs: SitingInputs, heat: HeatMap, places: Places, exposure: Exposure
) -> dict[str, Sequence[float]]:
    """What rules may ask for; NaN where the layer for it was not given."""
    out: dict[str, Sequence[float]] = {"exposure_C": exposure.celsius.tolist()}
    held = facilities(places.candidates.frame)
    out["area_per_person_m2"], out["aircon"] = held.area_per_person_m2.tolist(), held.aircon.tolist()
    out["open_night"], out["open_weekend"] = held.night.tolist(), held.weekend.tolist()
    out["open_to_all"] = (1.0 - held.members).tolist()
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
