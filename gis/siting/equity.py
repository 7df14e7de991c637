"""Who is served how well before and after a plan: walking, hours, and capacity against need."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.siting.columns import find_column, numbers
from gis.siting.fairness import capacity_in_reach, correlation, reach, share_within
from gis.siting.hours import NIGHT_NAMES, WEEKEND_NAMES, Facilities, When, facilities
from gis.siting.load import Load
from gis.siting.model import SitingParams
from gis.siting.places import Places
from gis.siting.spread import owners
from gis.siting.ways import Distances, Ways

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def equity_of(
    ways: Ways, near: Distances, taken: IntArray, load: Load, places: Places, params: SitingParams,
    areas: Any = None,
) -> dict[str, float | None]:  # fmt: skip
    """Figures by name, most of them `_before` and `_after` the plan; None = not known.

    `taken` are the rows of the chosen candidates; `areas` polygons in the heat map's system (GeoSeries) for
    which capacity is set against older people, or None.
    """
    plans = list(_plans(taken, places))
    return (
        _walking(ways, plans, load, places, params)
        | _by_hours(ways, taken, load, places, params)
        | _capacity(near, taken, places, params)
        | _by_area(areas, taken, places)
    )


def _plans(taken: IntArray, places: Places) -> Iterator[tuple[str, IntArray]]:
    """(when, rows of the sites that stand then); existing places are numbered after the candidates."""
    old = len(places.candidates_m) + np.arange(len(places.existing_m))
    yield "before", old
    yield "after", np.concatenate([old, taken])


def _walking(
    ways: Ways, plans: list[tuple[str, IntArray]], load: Load, places: Places, params: SitingParams
) -> dict[str, float | None]:
    limit_m = max(params.radius_m, params.fairness_limit_m)
    senior_m = params.radius_m * params.access.senior_share
    out: dict[str, float | None] = {}
    for when, sites in plans:
        nearest = ways.nearest(sites, limit_m)
        found = reach(nearest, load.heads, radius_m=params.radius_m, limit_m=limit_m)
        for key in ("mean_m", "p90_m", "within", "beyond_limit"):
            known = found is not None and (len(sites) > 0 or key in {"within", "beyond_limit"})
            out[f"{key}_{when}"] = float(getattr(found, key)) if known else None
        old = None
        if places.seniors is not None:
            old = reach(nearest, places.seniors, radius_m=senior_m, limit_m=limit_m)
        out[f"seniors_p90_m_{when}"] = old.p90_m if old is not None and len(sites) else None
        out[f"seniors_uncovered_share_{when}"] = None if old is None else 1.0 - old.within
    return out


def _by_hours(
    ways: Ways, taken: IntArray, load: Load, places: Places, params: SitingParams
) -> dict[str, float | None]:
    """Shares of people within the radius of a place known to be open then to everybody, and of one that may
    be; nothing without existing places.
    """
    if places.existing is None:
        return {}
    old, new = facilities(places.existing.frame), _planned(places.candidates.frame)
    count = len(places.candidates_m)
    out: dict[str, float | None] = {}
    for when in When:
        sides = zip(("known", "possible"), old.open_at(when), new.open_at(when), strict=True)
        for side, standing, planned in sides:
            before = count + np.flatnonzero(standing)
            for time, sites in (("before", before), ("after", np.append(before, taken[planned[taken]]))):
                metres = ways.nearest(sites, params.radius_m)
                share = share_within(metres, load.heads, params.radius_m)
                out[f"{when.value}_open_share_{side}_{time}"] = share
    return out


def _planned(frame: Any) -> Facilities:
    """Candidates that say no hours are shade outdoors: open to all, at weekends too, of no use at night."""
    found = facilities(frame)
    if any(find_column(frame.columns, names) is not None for names in (NIGHT_NAMES, WEEKEND_NAMES)):
        return found
    yes, no = np.ones(len(frame)), np.zeros(len(frame))
    return Facilities(found.capacity, found.area_m2, found.aircon, no, yes, found.in_use, no)


def _capacities(taken: IntArray, places: Places, column: str | None) -> dict[str, FloatArray]:
    """Capacity of every site by time: candidates first, NaN where none is known or none stands."""
    frame = places.candidates.frame
    mine = find_column(frame.columns, (column,)) if column is not None else None
    planned = facilities(frame).capacity if mine is None else numbers(frame, mine)
    after = np.full(len(planned), math.nan)
    after[taken] = planned[taken]
    old = np.zeros(0)
    if places.existing is not None:
        theirs = find_column(places.existing.frame.columns, (column,)) if column is not None else None
        table = places.existing.frame
        old = facilities(table).capacity if theirs is None else numbers(table, theirs)
    none = np.full(len(planned), math.nan)
    return {"before": np.concatenate([none, old]), "after": np.concatenate([after, old])}


def _capacity(
    near: Distances, taken: IntArray, places: Places, params: SitingParams
) -> dict[str, float | None]:
    """Correlation of capacity in reach of each demand point with its older people."""
    if places.seniors is None or places.existing is None:
        return {}
    held = _capacities(taken, places, params.capacity)
    old = held["before"][len(places.candidates_m) :]
    if not np.isfinite(old).any():
        return {}
    out: dict[str, float | None] = {"capacity_unknown": float((~np.isfinite(old)).sum())}
    for when, capacity in held.items():
        within = capacity_in_reach(near, capacity, params.radius_m, len(places.demand_m))
        out[f"capacity_vs_vulnerable_r_{when}"] = correlation(within, places.seniors)
    return out


def _by_area(areas: Any, taken: IntArray, places: Places) -> dict[str, float | None]:
    """The audit's figure: capacity standing in each area against the older people who live there."""
    if areas is None or places.seniors is None or places.existing is None:
        return {}
    shapes = areas.to_numpy()
    people = _heaped(owners(shapes, places.demand_m), places.seniors, len(shapes))
    owner = owners(shapes, np.vstack([places.candidates_m, places.existing_m]))
    held = _capacities(taken, places, None)
    if not np.isfinite(held["before"]).any():
        return {}
    return {
        f"area_capacity_vs_vulnerable_r_{when}": correlation(
            _heaped(owner, np.nan_to_num(capacity, nan=0.0), len(shapes)), people
        )
        for when, capacity in held.items()
    }


def _heaped(owner: IntArray, values: FloatArray, count: int) -> FloatArray:
    inside = owner >= 0
    return np.bincount(owner[inside], weights=values[inside], minlength=count).astype(float)
