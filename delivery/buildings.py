"""Buildings and masts as the planner meets them: the tall ones round a depot, and all of them near a way."""

from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from core.geo import Altitude, Datum, FloatArray
from gis.vector import Area, as_area
from missions.sky import Obstacle, Shapes, Sky, shapes_of
from missions.structures import TALLEST_M, Structures

UNKNOWN_HEIGHT = "of unknown height"
MAST_M = 1.0  # the half width of one that is drawn as a point or a line
SUNK_M = 2.0  # a roof may lie so far over a pad that stands on it


@dataclass(frozen=True, slots=True, eq=False)
class Buildings:
    """Structures with what finds them; one of unknown height counts as higher than any lane."""

    structures: Structures
    _tree: shapely.STRtree = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tree", shapely.STRtree(self.structures.shapes))

    def near(self, area: BaseGeometry) -> tuple[Obstacle, ...]:
        """Those that meet an area (lon/lat), in the order of their file."""
        return tuple(self._obstacle(i) for i in sorted(self._tree.query(area, "intersects").tolist()))

    def _obstacle(self, number: int) -> Obstacle:
        height = float(self.structures.heights_m[number])
        top = Altitude(TALLEST_M if np.isnan(height) else height, Datum.GROUND)
        return Obstacle(self._name(number), _with_area(self.structures.shapes[number]), top)

    def _name(self, number: int) -> str:
        unknown = f" {UNKNOWN_HEIGHT}" if np.isnan(self.structures.heights_m[number]) else ""
        return f"building {number + 1}{unknown}"

    def tall(self, sky: Sky, box: BaseGeometry, lowest_m: float) -> Shapes:
        """The shapes of `sky` with the buildings inside `box` (east-north metres round its home) that a lane
        `lowest_m` over home may not pass over; those of unknown height among them.
        """
        corners = shapely.get_coordinates(box)
        found = np.sort(self._tree.query(shapely.box(*_bounds(sky.frame.to_lonlat(corners)))))
        outlines = _in_metres(sky, self.structures.shapes[found])
        highest, lowest = _ground(sky, outlines)
        heights = self.structures.heights_m[found]
        tops = highest + np.where(np.isnan(heights), TALLEST_M, heights)
        kept = ~(lowest_m - tops >= 10.0)
        obstacles = tuple(self._obstacle(i) for i in found[kept].tolist())
        plain = shapes_of(replace(sky, obstacles=()))
        return Shapes(
            replace(sky, obstacles=obstacles), plain.zones, outlines[kept], tops[kept], lowest[kept],
            shapely.STRtree(outlines[kept]),
        )  # fmt: skip


def _with_area(shape: BaseGeometry) -> Area:
    """An outline in degrees: a mast gets a width."""
    area = as_area(shape)
    if not area.is_empty:
        return area
    return as_area(shape.buffer(MAST_M / 90_000.0))  # a metre or a little more, in degrees


def _in_metres(sky: Sky, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Outlines (n,) in east-north metres; what has no area gets one."""
    flat = shapely.transform(shapes, lambda xy: sky.frame.to_local(xy[:, 0], xy[:, 1]))
    thin = shapely.get_dimensions(flat) < 2
    flat[thin] = shapely.buffer(flat[thin], MAST_M)
    return np.asarray(flat, object)


def _ground(sky: Sky, outlines: NDArray[np.object_]) -> tuple[FloatArray, FloatArray]:
    """The highest and the lowest ground (n,) under the corners of outlines, over home's."""
    corners, owner = shapely.get_coordinates(outlines, return_index=True)
    ground = sky.ground_up(corners) if len(corners) else np.zeros(0)
    highest, lowest = np.full(len(outlines), -np.inf), np.full(len(outlines), np.inf)
    np.maximum.at(highest, owner, ground)
    np.minimum.at(lowest, owner, ground)
    return highest, lowest


def _bounds(lonlat: FloatArray) -> tuple[float, float, float, float]:
    (west, south), (east, north) = lonlat.min(axis=0), lonlat.max(axis=0)
    return float(west), float(south), float(east), float(north)


def in_the_way(sky: Sky, xy: tuple[float, float], low_m: float) -> str | None:
    """The building that a climb or descent on the spot leads through, from lanes down to `low_m` over home.

    `sky` has the buildings near that place. A pad on a roof stands on its building.
    """
    shapes = shapes_of(sky)
    met = shapes.tree.query(shapely.Point(xy), predicate="intersects").tolist()
    over = (sky.obstacles[i].name for i in met if not shapes.tops_up[i] - SUNK_M <= low_m)
    return next(over, None)
