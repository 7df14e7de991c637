"""Who is served from where: ways from every site to every demand point, and the cover they give."""

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFileError
from gis.heat import HeatMap
from gis.siting.confidence import Cover
from gis.siting.layers import read_layer
from gis.siting.model import SitingInputs, SitingParams
from gis.siting.places import Places
from gis.siting.walk import WalkNetwork, network_from_lines
from gis.siting.ways import Distances, StraightWays, WalkingWays, Ways

FloatArray = NDArray[np.float64]


def walk_network(inputs: SitingInputs, heat: HeatMap) -> WalkNetwork | None:
    """The walking network in the heat map's system, slopes counted where ground heights are given; None
    when no network is given.
    """
    if inputs.walk is None:
        return None
    layer = read_layer(inputs.walk, crs=inputs.crs, osm="lines")
    try:
        return network_from_lines(layer.frame, heat.crs, dem=inputs.dem)
    except ValueError as error:
        raise BadFileError(inputs.walk, str(error)) from error


def ways_between(
    network: WalkNetwork | None, sites_m: FloatArray, demand_m: FloatArray, *, snap_m: float = 100.0
) -> Ways:
    """Ways along the network, or straight where there is none."""
    if network is None:
        return StraightWays(sites_m, demand_m)
    return WalkingWays(network, sites_m, demand_m, snap_m=snap_m)


def service_ways(
    inputs: SitingInputs, heat: HeatMap, places: Places, params: SitingParams | None = None
) -> Ways:
    """Ways from every candidate, then every existing place, to every demand point."""
    sites = np.vstack([places.candidates_m, places.existing_m])
    snap_m = (params or SitingParams()).access.snap_m
    return ways_between(walk_network(inputs, heat), sites, places.demand_m, snap_m=snap_m)


def cover_share(metres: FloatArray, params: SitingParams, slow: FloatArray | None = None) -> FloatArray:
    """Share of a demand point that a place so far away covers, 0..1.

    `slow` (like `metres`) is the share of its people whose radius is the shorter one of the old (see
    `AccessParams`); None = nobody.
    """
    quick = _share(metres, params, 1.0)
    part = params.access.senior_share
    if slow is None or part == 1.0:
        return quick
    return (1.0 - slow) * quick + slow * _share(metres, params, part)


def _share(metres: FloatArray, params: SitingParams, part: float) -> FloatArray:
    radius = params.radius_m * part
    if params.full_m is None or params.full_m == params.radius_m:
        return (metres <= radius).astype(float)
    falling = (radius - metres) / (radius - params.full_m * part)
    return np.clip(falling, 0.0, 1.0)


def new_cover(
    near: Distances, eligible: NDArray[np.int64], candidates: int, demands: int, params: SitingParams,
    slow: FloatArray | None = None,
) -> Cover:  # fmt: skip
    """What each eligible candidate covers, and what existing places hold already; `slow` (demands,) as in
    `cover_share`.
    """
    share = cover_share(near.metres, params, None if slow is None else slow[near.demand])
    held = np.zeros(demands)
    old = near.site >= candidates
    np.maximum.at(held, near.demand[old], share[old])
    place = np.full(candidates, -1, np.int64)
    place[eligible] = np.arange(len(eligible))
    mine = ~old & (share > 0)
    mine[mine] = place[near.site[mine]] >= 0
    return Cover(place[near.site[mine]], near.demand[mine], share[mine], held)
