"""What a route must know of the air: zones, buildings, ground, and which of them a height meets."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import shapely
from numpy.typing import NDArray

from core.geo import Altitude, Datum, FloatArray, LocalFrame, LonLat
from gis.terrain import Terrain
from gis.vector import Area
from missions.airspace import KEEP_OUT, Zone, ZoneKind
from missions.model import Home
from missions.route import to_metres

MIN_WEIGHT, MAX_WEIGHT = 0.1, 10.0
BARS = KEEP_OUT | {ZoneKind.CEILING}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A building, mast or tree: its outline in lon/lat and the height of its top."""

    name: str
    outline: Area
    top: Altitude

    def __post_init__(self) -> None:
        if self.top.datum is Datum.ELLIPSOID:
            raise ValueError(f"obstacle {self.name!r}: its top needs datum ground, home or geoid")


@dataclass(frozen=True, slots=True)
class Preference:
    """An area (lon/lat) where a metre costs `weight` metres: below 1 sought, above 1 shunned."""

    name: str
    area: Area
    weight: float

    def __post_init__(self) -> None:
        if not MIN_WEIGHT <= self.weight <= MAX_WEIGHT:
            raise ValueError(
                f"preference {self.name!r}: weight must be in [{MIN_WEIGHT:g}, {MAX_WEIGHT:g}], "
                f"got {self.weight}"
            )


@dataclass(frozen=True, slots=True)
class Sky:
    """The air of a day round `home`, over whose ground heights are counted.

    `permitted` are names of zones that may be entered; `within`, if given, must not be left. Where a height
    cannot be compared with a zone's or a building's, for want of terrain or home's elevation, it counts as
    inside: give `FlatTerrain` to say that the ground is level.
    """

    home: Home
    zones: tuple[Zone, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    terrain: Terrain | None = None
    at_time: datetime | None = None
    permitted: frozenset[str] = frozenset()
    within: Area | None = None
    preferences: tuple[Preference, ...] = ()

    @property
    def frame(self) -> LocalFrame:
        """East-north metres round home."""
        return LocalFrame(self.home.position)

    @property
    def home_m(self) -> float:
        """Home's ground over the sea, NaN where not known."""
        if self.terrain is not None:
            height = float(self.terrain.heights_m(*self.home.position.xy))
            if np.isfinite(height):
                return height
        return float("nan") if self.home.elevation_m is None else self.home.elevation_m

    def bars(self) -> list[Zone]:
        """The zones that close air today: in force, or perhaps so, and not permitted."""
        return [
            z
            for z in self.zones
            if z.kind in BARS and z.name not in self.permitted and z.active(self.at_time) is not False
        ]

    def ground_up(self, xy: FloatArray) -> FloatArray:
        """The ground over home's ground at east-north points (n, 2), metres; NaN where not known."""
        if self.terrain is None:
            return np.full(len(xy), np.nan)
        lonlat = self.frame.to_lonlat(xy)
        ups: FloatArray = self.terrain.heights_m(lonlat[:, 0], lonlat[:, 1]) - self.home_m
        return ups

    def up(self, height: Altitude, ground_up: FloatArray) -> FloatArray:
        """A height over home's ground where the ground is `ground_up`; NaN where that is not known."""
        if height.datum is Datum.GROUND:
            return ground_up + height.value_m
        level = height.value_m if height.datum is Datum.HOME else height.value_m - self.home_m
        return np.full(len(ground_up), level)

    def gap(self, height: Altitude, bound: Altitude, ground_up: FloatArray) -> FloatArray:
        """How far a height is over a bound, metres; NaN where they cannot be compared."""
        if height.datum is bound.datum:
            return np.full(len(ground_up), height.value_m - bound.value_m)
        return self.up(height, ground_up) - self.up(bound, ground_up)

    def ground_at(self, place: LonLat) -> float:
        """The ground over home's ground at one place; NaN where not known."""
        if place == self.home.position:
            return 0.0
        return float(self.ground_up(np.array([self.frame.point(place)]))[0])


@dataclass(frozen=True, slots=True)
class Shapes:
    """A sky's shapes in east-north metres, worked out once: `zones` that bar, each with its area; obstacles'
    outlines (n,), the heights of their tops over home's ground (n,), and the lowest ground under each (n,).

    A top above ground is counted from the highest ground under the outline's corners.
    """

    sky: Sky
    zones: tuple[tuple[Zone, Area], ...]
    outlines: NDArray[np.object_]
    tops_up: FloatArray
    feet_up: FloatArray
    tree: shapely.STRtree


def shapes_of(sky: Sky) -> Shapes:
    """The shapes of a sky."""
    frame = sky.frame
    zones = tuple((z, to_metres(z.polygon, frame)) for z in sky.bars())
    outlines = np.array([None, *(to_metres(o.outline, frame) for o in sky.obstacles)], object)[1:]
    corners, owner = shapely.get_coordinates(outlines, return_index=True)
    ground = sky.ground_up(corners) if len(corners) else np.zeros(0)
    highest, lowest = np.full(len(outlines), -np.inf), np.full(len(outlines), np.inf)
    np.maximum.at(highest, owner, ground)
    np.minimum.at(lowest, owner, ground)
    tops = [float(sky.up(o.top, np.array([high]))[0]) for o, high in zip(sky.obstacles, highest, strict=True)]
    return Shapes(sky, zones, outlines, np.array(tops, float), lowest, shapely.STRtree(outlines))


def hits(sky: Sky, zone: Zone, height: Altitude, ground_up: FloatArray, room_m: float) -> NDArray[np.bool_]:
    """Where a flight at a height over ground `ground_up` (n,) is inside a zone, or may be."""
    if zone.kind is ZoneKind.CEILING:
        over = sky.gap(height, zone.ceiling, ground_up) if zone.ceiling is not None else ground_up * np.nan
        return ~(over <= 0.0)
    inside = np.ones(len(ground_up), bool)
    if zone.floor is not None:
        inside &= ~(sky.gap(height, zone.floor, ground_up) < -room_m)
    if zone.ceiling is not None:
        inside &= ~(sky.gap(height, zone.ceiling, ground_up) > room_m)
    return inside
