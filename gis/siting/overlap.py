"""Whether a layer lies on the heat map, and what to do when it does not."""

import math

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFileError
from gis.heat import HeatMap
from gis.siting.layers import Layer
from gis.siting.systems import fitting_systems

FloatArray = NDArray[np.float64]


def _inside(places_m: FloatArray, heat: HeatMap) -> NDArray[np.bool_]:
    left, bottom, right, top = heat.bounds
    x, y = places_m[:, 0], places_m[:, 1]
    return (x >= left) & (x <= right) & (y >= bottom) & (y <= top)


def refuse_apart(layer: Layer, places_m: FloatArray, heat: HeatMap) -> None:
    """Raise `BadFileError` when no place of a layer lies on the heat map, with the likely reason."""
    if _inside(places_m, heat).any():
        return
    left, bottom, right, top = heat.bounds
    off = places_m.mean(axis=0) - [(left + right) / 2, (bottom + top) / 2]
    fits = fitting_systems(layer.frame.total_bounds, heat.bounds, heat.crs)
    fits = [name for name in fits if name != layer.frame.crs.to_string()]
    hint = (
        f"its numbers would lie on the map as {' or '.join(fits)}: set its coordinate system right"
        if fits
        else "give layers and a heat map of one place"
    )
    raise BadFileError(
        layer.path,
        f"does not overlap the heat map: it lies {math.hypot(*off) / 1000:.1f} km {_direction(*off)} of it",
        hint=hint,
    )


def _direction(east_m: float, north_m: float) -> str:
    names = ("east", "north-east", "north", "north-west", "west", "south-west", "south", "south-east")
    return names[round(math.atan2(north_m, east_m) / (math.pi / 4)) % 8]


def outside(layer: Layer, places_m: FloatArray, heat: HeatMap) -> list[str]:
    """A note that names the rows of a layer that lie off the heat map; empty when there are none."""
    rows = layer.rows[~_inside(places_m, heat)]
    if not rows.size:
        return []
    some = ", ".join(str(row) for row in rows[:10]) + (", ..." if rows.size > 10 else "")
    which = f"row {some} lies" if rows.size == 1 else f"rows {some} lie"
    return [f"{layer.path.name}: {which} outside the heat map, where the heat is unknown"]
