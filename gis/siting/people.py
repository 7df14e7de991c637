"""How many people each place of the demand layer stands for, checked, joined from tables, spread."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFileError
from gis.heat import HeatMap
from gis.siting.columns import ALONE_NAMES, FOOTFALL_NAMES, PEOPLE_NAMES, VULNERABLE_NAMES, named_column
from gis.siting.demand import (
    AS_GIVEN,
    DemandParams,
    GridDemand,
    Groups,
    Support,
    disjoint,
    of_places,
    on_grid,
)
from gis.siting.demand import with_footfall as moved_to_footfall
from gis.siting.grids import Units
from gis.siting.joining import joined
from gis.siting.layers import Layer, point_positions, read_layer, read_table
from gis.siting.model import SitingInputs, SitingParams
from gis.siting.spread import spread_areas

FloatArray = NDArray[np.float64]

LABELS = {"vulnerable": "65 and older", "alone": "65 and older and alone"}


@dataclass(frozen=True, slots=True)
class Counted:
    """Demand as it was counted: `people` and `counts` float64 (rows,), and where they stand; `spread` when
    that is not the places of the layer (areas spread within, a part of the people counted at footfall).
    """

    people: FloatArray
    counts: Mapping[str, FloatArray]
    support: Support
    spread: bool

    def on(self, units: Units) -> GridDemand:
        """The same people on some units."""
        return on_grid(self.support, self.people, units, self.counts)


@dataclass(frozen=True, slots=True)
class Demand:
    """Demand as it is used: n points in the heat map's system.

    `layer` one row a point: the layer's own places, or the cells that areas were spread on; `people` what
    they count together, `heads` how many they are; `seniors` those of 65 and older where they live, or None
    when no column says; `slow` which share of `people` they are (0..1); `counted` what the points were made
    from.
    """

    layer: Layer
    places_m: FloatArray
    people: FloatArray
    heads: FloatArray
    seniors: FloatArray | None
    slow: FloatArray
    counted: Counted
    notes: tuple[str, ...]


def read_demand(inputs: SitingInputs, heat: HeatMap, params: SitingParams) -> Demand:
    """Read the demand layer with its tables: who is there, in which groups, and where.

    Areas are spread (see `spread_areas`) and put on cells of `params.demand.unit_m`; so are places when
    people are counted at footfall as well. Raises `BadFileError` with the row for people that are negative
    or no number.
    """
    layer = read_layer(inputs.demand, crs=inputs.crs)
    for path in inputs.tables:
        layer = joined(layer, path, read_table(path))
    groups, names, notes = _groups(layer, params)
    counted = _counted(groups, _support(layer, inputs, heat), inputs, heat, params.demand)
    told = (*notes, *counted.support.notes)
    if not counted.spread:
        seniors = groups.seniors if "vulnerable" in names else None
        slow = slow_share(counted.people, counted.counts["slow"])
        heads = counted.counts["heads"]
        return Demand(layer, counted.support.places_m, counted.people, heads, seniors, slow, counted, told)
    return _on_cells(layer, counted, heat.crs, params.demand, names, told)


def slow_share(people: FloatArray, slow: FloatArray) -> FloatArray:
    """Which share (n,) of the people walks at the speed of the old."""
    return np.clip(np.divide(slow, people, out=np.zeros(len(people)), where=people > 0), 0.0, 1.0)


def _on_cells(
    layer: Layer, counted: Counted, crs: str, params: DemandParams, names: Mapping[str, str],
    notes: tuple[str, ...],
) -> Demand:  # fmt: skip
    """The cells that hold somebody, as the layer's points."""
    import geopandas as gpd

    units = Units("square", params.unit_m)
    cells = counted.on(units)
    seniors = cells.counts["seniors"] if "vulnerable" in names else None
    table: dict[str, Any] = {names.get("people", "people"): cells.people}
    if seniors is not None:
        table[names["vulnerable"]] = seniors
    points = gpd.points_from_xy(cells.places_m[:, 0], cells.places_m[:, 1])
    frame = gpd.GeoDataFrame(table, geometry=points, crs=crs)
    made = replace(layer, frame=frame, rows=np.arange(1, len(frame) + 1, dtype=np.int64))
    told = (*notes, f"people stand on {len(frame)} {units.name}")
    slow = slow_share(cells.people, cells.counts["slow"])
    heads = cells.counts["heads"]
    return Demand(made, cells.places_m, cells.people, heads, seniors, slow, counted, told)


def _groups(layer: Layer, params: SitingParams) -> tuple[Groups, dict[str, str], list[str]]:
    """People in groups, the columns they come from, and what to know about them."""
    names = _group_columns(layer, params)
    rows = {key: counted_people(layer, name) for key, name in names.items()}
    if "people" not in rows:
        rows["people"] = np.maximum.reduce([np.ones(len(layer.frame)), *rows.values()])
    groups, wrong = disjoint(rows["people"], rows.get("vulnerable"), rows.get("alone"))
    return groups, names, _group_notes(names, wrong, layer, params.demand)


def _group_columns(layer: Layer, params: SitingParams) -> dict[str, str]:
    wanted = {
        "people": (params.people, PEOPLE_NAMES),
        "vulnerable": (params.vulnerable, VULNERABLE_NAMES),
        "alone": (None, ALONE_NAMES),
    }
    found = {key: named_column(layer.path, layer.frame, *how) for key, how in wanted.items()}
    return {key: name for key, name in found.items() if name is not None}


def _group_notes(
    names: Mapping[str, str], wrong: NDArray[np.int64], layer: Layer, params: DemandParams
) -> list[str]:
    people = names.get("people")
    notes = [
        f"people are column {people!r}" if people else "no people column: every demand point counts as one"
    ]
    parts = [f"{names[key]!r} as {what}" for key, what in LABELS.items() if key in names]
    if parts and names.get("vulnerable") != people:
        notes.append(
            f"of them {' and '.join(parts)}: a person counts {params.other:g} under 65, {params.senior:g} "
            f"from 65 on, {params.alone:g} from 65 on and alone; nobody counts twice"
        )
    if wrong.size:
        rows = ", ".join(str(layer.rows[row]) for row in wrong[:5])
        notes.append(f"{wrong.size} rows name more of a group than of all (row {rows}): cut to all of them")
    return notes


def counted_people(layer: Layer, column: str) -> FloatArray:
    """A column of people; raises `BadFileError` with the row where one is negative or no number."""
    import pandas as pd

    values = np.asarray(pd.to_numeric(layer.frame[column], errors="coerce"), float)
    wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if wrong.size:
        row = int(wrong[0])
        more = f" (and {wrong.size - 1} more rows)" if wrong.size > 1 else ""
        cell = layer.frame[column].iloc[row]
        what = f"is negative: {values[row]:g}" if values[row] < 0 else f"is no number: {_shown(cell)}"
        raise BadFileError(
            layer.path,
            f"row {layer.rows[row]}: {column!r} {what}{more}",
            hint="write how many people there are (0 for none), or take the row out",
        )
    return values


def _shown(cell: Any) -> str:
    return "the cell is empty" if cell is None or cell != cell else repr(cell)  # noqa: PLR0124  # NaN


def _support(layer: Layer, inputs: SitingInputs, heat: HeatMap) -> Support:
    if not set(layer.frame.geom_type) <= {"Polygon", "MultiPolygon"}:
        return of_places(point_positions(layer.frame, heat.crs))
    return spread_areas(
        layer.frame.geometry.to_crs(heat.crs),
        buildings=_frame(inputs.buildings, inputs.crs, "multipolygons"),
        paths=_frame(inputs.walk, inputs.crs, "lines"),
        water=_frame(inputs.water, inputs.crs, "multipolygons"),
    )


def _frame(path: Path | None, crs: str | None, kind: str) -> Any:
    return None if path is None else read_layer(path, crs=crs, osm=kind).frame


def _counted(
    groups: Groups, support: Support, inputs: SitingInputs, heat: HeatMap, params: DemandParams
) -> Counted:
    """What counts, with a part of it moved to the places of footfall where these are given.

    Seniors stay where they live in `counts["seniors"]`, which is for fairness; `counts["slow"]` is what they
    count wherever they are, `counts["heads"]` everybody once.
    """
    slow = params.senior * groups.senior + params.alone * groups.alone
    rows = {"people": groups.weighted(params), "slow": slow, "heads": groups.total}
    seniors, spots = groups.seniors, support
    moved = inputs.footfall is not None and params.footfall_share > 0
    if inputs.footfall is not None and moved:
        places, heads = _footfall(inputs.footfall, inputs.crs, heat)
        for name, counts in rows.items():
            rows[name], spots = moved_to_footfall(counts, support, places, heads, params.footfall_share)
        seniors = np.append(seniors, np.zeros(len(rows["people"]) - len(seniors)))
    return Counted(rows.pop("people"), {"seniors": seniors, **rows}, spots, moved or support.by != AS_GIVEN)


def _footfall(path: Path, crs: str | None, heat: HeatMap) -> tuple[FloatArray, FloatArray]:
    """(places (m, 2), people there (m,)) of a footfall layer; each place counts as one without a column."""
    layer = read_layer(path, crs=crs)
    column = named_column(layer.path, layer.frame, None, FOOTFALL_NAMES)
    heads = np.ones(len(layer.frame)) if column is None else counted_people(layer, column)
    return point_positions(layer.frame, heat.crs), heads
