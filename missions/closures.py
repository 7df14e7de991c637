"""What closes the air at one height: zones, buildings, and ground that rises too near."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from core.geo import Altitude, Datum, FloatArray, LocalFrame
from gis.vector import Area, as_area
from missions.airspace import Zone
from missions.sky import Shapes, Sky, hits

GRID_M, GRID_MOST, KNOT_M = (
    10.0,
    400,
    100.0,
)  # of a grid of the ground: finest cell, cells along its longer side
CORNERS_MOST = 1500


@dataclass(frozen=True, slots=True)
class Room:
    """Distances kept, metres.

    `margin_m` beside zones, `vertical_m` over and under them, `beside_m` and `over_m` beside and over
    obstacles, `clearance_m` over the ground.
    """

    margin_m: float = 20.0
    vertical_m: float = 5.0
    beside_m: float = 10.0
    over_m: float = 10.0
    clearance_m: float = 10.0

    def __post_init__(self) -> None:
        for name in ("margin_m", "vertical_m", "beside_m", "over_m", "clearance_m"):
            value = getattr(self, name)
            if not 0.0 <= value < math.inf:
                raise ValueError(f"{name} must be finite and >= 0, got {value}")


@dataclass(frozen=True, slots=True)
class Closure:
    """A closed piece of a lane in east-north metres, its margin counted, and what closes it."""

    why: str
    area: Area


def closures(shapes: Shapes, lane: Altitude, box: Area, room: Room) -> tuple[Closure, ...]:
    """What closes `lane` inside `box` (east-north metres). What is not known counts as closed."""
    found = itertools.chain(
        _zones(shapes, lane, box, room),
        _obstacles(shapes, lane, box, room),
        _ground(shapes.sky, lane, box, room),
    )
    return tuple(c for c in found if not c.area.is_empty)


def _zones(shapes: Shapes, lane: Altitude, box: Area, room: Room) -> Iterator[Closure]:
    for zone, whole in shapes.zones:
        area = as_area(whole.intersection(box.buffer(room.margin_m, join_style="mitre")))
        if area.is_empty:
            continue
        met = as_area(_met(shapes.sky, zone, lane, area, room.vertical_m))
        yield Closure(
            f"{zone.kind.value} zone {zone.name!r}",
            as_area(met.buffer(room.margin_m, join_style="mitre", mitre_limit=2.0)),
        )


def _met(sky: Sky, zone: Zone, lane: Altitude, area: Area, room_m: float) -> Area:
    """The part of a zone that the lane meets: all of it, or cells of the ground where that decides."""
    datums = {b.datum for b in (zone.floor, zone.ceiling) if b is not None}
    level = datums <= {lane.datum} or Datum.GROUND not in {*datums, lane.datum}
    if level or sky.terrain is None:
        met = hits(sky, zone, lane, np.full(1, np.nan), room_m)
        return area if met[0] else shapely.Polygon()
    grid = grid_over(area)
    inside = hits(sky, zone, lane, grid.ground_up(sky), room_m)
    if inside.all():
        return area
    return as_area(grid.area(inside).intersection(area))


def _obstacles(shapes: Shapes, lane: Altitude, box: Area, room: Room) -> Iterator[Closure]:
    near = np.sort(shapes.tree.query(box, predicate="dwithin", distance=room.beside_m))
    over = shapes.sky.up(lane, shapes.feet_up[near]) - shapes.tops_up[near]
    for index in near[~(over >= room.over_m)].tolist():
        kept = shapes.outlines[index].buffer(room.beside_m, join_style="mitre", mitre_limit=2.0)
        yield Closure(f"obstacle {shapes.sky.obstacles[index].name!r}", as_area(kept))


def _ground(sky: Sky, lane: Altitude, box: Area, room: Room) -> Iterator[Closure]:
    if sky.terrain is None or lane.datum is Datum.GROUND:
        return
    grid = grid_over(box)
    ground = grid.ground_up(sky)
    over = sky.up(lane, ground) - ground
    low = over < room.clearance_m
    if low.any():
        yield Closure(f"high ground (less than {room.clearance_m:g} m below the lane)", grid.area(low))
    if np.isnan(over).any():
        yield Closure("ground that the height model does not cover", grid.area(np.isnan(over)))


@dataclass(frozen=True, slots=True)
class Grid:
    """Square cells over a box: west and south edge, cell's side in metres, columns, rows."""

    west_m: float
    south_m: float
    cell_m: float
    columns: int
    rows: int

    def ground_up(self, sky: Sky) -> FloatArray:
        """The ground over home's ground (rows * columns,) under the centres.

        Degrees are worked out every 100 m and between by proportion, which errs by less than a millimetre.
        """
        if sky.terrain is None:
            return np.full(self.rows * self.columns, np.nan)
        lon, lat = self._degrees(sky.frame)
        ups: FloatArray = (sky.terrain.heights_m(lon, lat) - sky.home_m).reshape(-1)
        return ups

    def _degrees(self, frame: LocalFrame) -> tuple[FloatArray, FloatArray]:
        """Longitudes and latitudes (rows, columns) of the centres."""
        from scipy.interpolate import RegularGridInterpolator

        east = self.west_m + (np.arange(self.columns) + 0.5) * self.cell_m
        north = self.south_m + (np.arange(self.rows) + 0.5) * self.cell_m
        knots = [np.linspace(v[0], v[-1] + 1.0, 2 + int(np.ptp(v) // KNOT_M)) for v in (north, east)]
        corners = frame.to_lonlat(np.stack(np.meshgrid(knots[1], knots[0]), axis=-1))
        at = np.stack(np.meshgrid(north, east, indexing="ij"), axis=-1)
        lonlat = RegularGridInterpolator((knots[0], knots[1]), corners)(at)
        return lonlat[..., 0], lonlat[..., 1]

    def area(self, chosen: NDArray[np.bool_]) -> Area:
        """The chosen cells and their neighbours, drawn with few corners and never smaller than the cells."""
        from scipy.ndimage import binary_dilation

        mask = binary_dilation(chosen.reshape(self.rows, self.columns), np.ones((3, 3), bool))
        whole = shapely.union_all(self._runs(mask))
        slack = self.cell_m / 2.0
        while True:
            thin = whole.buffer(slack, join_style="mitre").simplify(slack)
            if len(shapely.get_coordinates(thin)) <= CORNERS_MOST:
                return as_area(thin)
            slack *= 2.0

    def _runs(self, mask: NDArray[np.bool_]) -> NDArray[np.object_]:
        """Boxes over neighbouring chosen cells of each row."""
        padded = np.pad(mask, ((0, 0), (1, 1))).astype(np.int8)
        turns = np.diff(padded, axis=1)
        rows, starts = np.nonzero(turns == 1)
        ends = np.nonzero(turns == -1)[1]
        west, south = self.west_m + starts * self.cell_m, self.south_m + rows * self.cell_m
        east = self.west_m + ends * self.cell_m
        return np.asarray(shapely.box(west, south, east, south + self.cell_m))


def grid_over(area: Area) -> Grid:
    """A grid over an area's bounds."""
    west, south, east, north = area.bounds
    side = max(east - west, north - south)
    cell = max(GRID_M, side / GRID_MOST)
    return Grid(west, south, cell, math.ceil((east - west) / cell) + 1, math.ceil((north - south) / cell) + 1)
