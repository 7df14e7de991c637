"""Layers made light enough for one page: many points as cells, outlines clipped and simplified."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

MOST_POINTS = 4000
CELLS_M = (10.0, 25.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
TOLERANCES_M = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)


@dataclass(frozen=True, slots=True)
class Thinned:
    """A frame that is light enough; `cell_m` or `tolerance_m` say what was done to it, None = nothing.

    `left_out` counts the outlines that were too small to draw.
    """

    frame: Any
    cell_m: float | None = None
    tolerance_m: float | None = None
    left_out: int = 0


def demand_cells(demand: Any, most: int = MOST_POINTS) -> Thinned:
    """Demand as points; more than `most` of them are summed in square cells (people added, heat averaged)."""
    points = demand.assign(geometry=demand.geometry.representative_point())
    if len(points) <= most:
        return Thinned(points)
    for cell_m in CELLS_M:
        cells = _summed(points, cell_m)
        if len(cells) <= most:
            break
    return Thinned(cells, cell_m=cell_m)


def _summed(points: Any, cell_m: float) -> Any:
    import geopandas as gpd

    x, y = (np.floor(points.geometry.x / cell_m), np.floor(points.geometry.y / cell_m))
    people = points["demand_people"].fillna(0.0)
    sums = {"demand_people": people}
    for name in ("surface_C", "nearest_before_m", "nearest_after_m"):
        if name in points:
            known = points[name].notna() & (people > 0)
            sums[name] = (points[name] * people).where(known, 0.0)
            sums[f"{name}_people"] = people.where(known, 0.0)
    table = points[[]].assign(x=x, y=y, **sums).groupby(["x", "y"], sort=True).sum().reset_index()
    for name in ("surface_C", "nearest_before_m", "nearest_after_m"):
        if name in table:
            heads = table.pop(f"{name}_people")
            table[name] = (table[name] / heads).where(heads > 0)
    middle = gpd.points_from_xy((table.pop("x") + 0.5) * cell_m, (table.pop("y") + 0.5) * cell_m)
    return gpd.GeoDataFrame(table, geometry=middle, crs=points.crs)


def outlines(frame: Any, view: tuple[float, float, float, float], most_vertices: int) -> Thinned:
    """The shapes within `view` (in the frame's metres), simplified until `most_vertices` are left at most."""
    import shapely

    inside = frame[frame.intersects(shapely.box(*view))]
    clipped = inside.assign(geometry=shapely.clip_by_rect(inside.geometry.make_valid().to_numpy(), *view))
    kept = clipped[~clipped.geometry.is_empty]
    if _vertices(kept) <= most_vertices:
        return Thinned(kept)
    for tolerance_m in TOLERANCES_M:
        simple = kept.assign(geometry=kept.geometry.simplify(tolerance_m))
        if _vertices(simple) <= most_vertices:
            return Thinned(simple, tolerance_m=tolerance_m)
    return _largest(simple, most_vertices, tolerance_m)


def _largest(frame: Any, most_vertices: int, tolerance_m: float) -> Thinned:
    """The longest outlines that fit."""
    import shapely

    order = frame.assign(size=frame.geometry.length).sort_values("size", ascending=False, kind="stable")
    fits = np.cumsum(shapely.get_num_coordinates(order.geometry.to_numpy())) <= most_vertices
    kept = order[fits].drop(columns="size").sort_index()
    return Thinned(kept, tolerance_m=tolerance_m, left_out=len(frame) - len(kept))


def _vertices(frame: Any) -> int:
    import shapely

    return int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum())


def said(thinned: Mapping[str, Thinned]) -> list[str]:
    """What was made lighter, a line a layer."""
    out = []
    for name, made in thinned.items():
        if made.cell_m is not None:
            out.append(f"map: {name} is summed in {made.cell_m:g} m cells")
        if made.tolerance_m is not None:
            lost = f", {made.left_out} small shapes left out" if made.left_out else ""
            out.append(f"map: {name} is simplified to {made.tolerance_m:g} m{lost}")
    return out
