"""Who is served from where: ways from every site to every demand point, and the cover they give."""

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFileError
from gis.heat import HeatMap
from gis.siting.confidence import Cover
from gis.siting.layers import read_layer
from gis.siting.model import SitingInputs, SitingParams
from gis.siting.places import Places
from gis.siting.walk import network_from_lines
from gis.siting.ways import Distances, StraightWays, WalkingWays, Ways

FloatArray = NDArray[np.float64]


def service_ways(inputs: SitingInputs, heat: HeatMap, places: Places) -> Ways:
    """Ways from every candidate, then every existing place, to every demand point."""
    sites = np.vstack([places.candidates_m, places.existing_m])
    if inputs.walk is None:
        return StraightWays(sites, places.demand_m)
    try:
        network = network_from_lines(read_layer(inputs.walk, crs=inputs.crs).frame, heat.crs)
    except ValueError as error:
        raise BadFileError(inputs.walk, str(error)) from error
    return WalkingWays(network, sites, places.demand_m)


def cover_share(metres: FloatArray, params: SitingParams) -> FloatArray:
    """Share of a demand point that a place so far away covers, 0..1."""
    if params.full_m is None or params.full_m == params.radius_m:
        return (metres <= params.radius_m).astype(float)
    falling = (params.radius_m - metres) / (params.radius_m - params.full_m)
    return np.clip(falling, 0.0, 1.0)


def new_cover(
    near: Distances, eligible: NDArray[np.int64], candidates: int, demands: int, params: SitingParams
) -> Cover:
    share = cover_share(near.metres, params)
    held = np.zeros(demands)
    old = near.site >= candidates
    np.maximum.at(held, near.demand[old], share[old])
    place = np.full(candidates, -1, np.int64)
    place[eligible] = np.arange(len(eligible))
    mine = ~old & (share > 0)
    mine[mine] = place[near.site[mine]] >= 0
    return Cover(place[near.site[mine]], near.demand[mine], share[mine], held)
