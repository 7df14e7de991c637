"""Ground heights asked of the ground station: TERRAIN_REQUEST, TERRAIN_DATA, TERRAIN_CHECK, TERRAIN_REPORT.

Blocks of 28 by 32 heights as AP_Terrain cuts each square degree, filled 4 by 4 at a time.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from flight.simulator.messages import Message, mavlink
from flight.simulator.params import Params

_PATCHES_NORTH, _PATCHES_EAST, _PATCH = 7, 8, 4
_STEP_NORTH, _STEP_EAST = (_PATCHES_NORTH - 1) * _PATCH, (_PATCHES_EAST - 1) * _PATCH
_ALL = (1 << _PATCHES_NORTH * _PATCHES_EAST) - 1
_METRES = 0.011131884502145034  # of 1e-7 degrees of latitude
_AROUND_NORTH, _AROUND_EAST = 0.7 * _PATCHES_NORTH * _PATCH, 0.7 * _PATCHES_EAST * _PATCH  # grid steps
_ITEM_STEPS = 10.0 * math.sqrt(0.5)  # north and east of an item, both ways: looked at as well
_NEAR_E7 = 500  # corners this near are the same
_AGAIN_S = 2.0
_MOST_BLOCKS = 200

Corner = tuple[int, int]


def _scale(lat_e7: float) -> float:
    """How much shorter a degree of longitude is."""
    return max(0.01, math.cos(math.radians(lat_e7 * 1e-7)))


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in its block: the block's south-west corner, and grid steps north and east of it."""

    corner: Corner
    north: float
    east: float

    @classmethod
    def of(cls, lat_e7: int, lon_e7: int, spacing_m: float) -> "Spot":
        """The block that a place belongs to."""
        base_lat, base_lon = (math.floor(value / 1e7) * 10**7 for value in (lat_e7, lon_e7))
        north_m = (lat_e7 - base_lat) * _METRES
        east_m = (lon_e7 - base_lon) * _METRES * _scale((lat_e7 + base_lat) / 2)
        rows, columns = north_m / spacing_m, east_m / spacing_m
        block_north, block_east = int(rows // _STEP_NORTH), int(columns // _STEP_EAST)
        lat = base_lat + int(block_north * _STEP_NORTH * spacing_m / _METRES)
        lon_m = block_east * _STEP_EAST * spacing_m
        lon = base_lon + int(lon_m / _METRES / _scale((base_lat + lat) / 2))
        return cls((lat, lon), rows - block_north * _STEP_NORTH, columns - block_east * _STEP_EAST)


@dataclass(slots=True)
class Block:
    """Heights of one block by patch; `filled` has a bit for each."""

    filled: int = 0
    patches: dict[int, list[int]] = field(default_factory=dict)

    def height(self, north: int, east: int) -> int | None:
        """A grid point's height, if it is known."""
        patch = self.patches.get(north // _PATCH * _PATCHES_EAST + east // _PATCH)
        return patch[north % _PATCH * _PATCH + east % _PATCH] if patch is not None else None


@dataclass(slots=True)
class Terrain:
    """What is known of the ground; heights above sea level."""

    params: Params
    blocks: dict[Corner, Block] = field(default_factory=dict)
    asked_s: dict[int, float] = field(default_factory=dict)
    last_m: float | None = None  # the height under the vehicle, last time it was known
    offset_m: float = 0.0  # by which the ground is taken to be higher: it was under the vehicle at arming

    @property
    def enabled(self) -> bool:
        return self.params.flag("TERRAIN_ENABLE")

    @property
    def _spacing_m(self) -> float:
        return max(1.0, self.params["TERRAIN_SPACING"])

    def need(self, here: Corner, places: Iterable[Corner], *, fixed: bool) -> None:
        """Ask for the block of a place, with a fix for those around, then for those of the mission's places.

        A place of the mission is looked at only while nothing is pending, or nothing can be known of the way.
        """
        self._want(here)
        if fixed:
            for a in (-1, 0, 1):
                for b in (-1, 0, 1):
                    self._want(self._beside(here, a * _AROUND_NORTH, b * _AROUND_EAST))
        if not fixed or self.pending == 0:
            self._follow(places)

    def _follow(self, places: Iterable[Corner]) -> None:
        """Four points round each place and itself, to the first that is not known."""
        for place in places:
            for a, b in ((1, 1), (-1, 1), (-1, -1), (1, -1), (0, 0)):
                point = self._beside(place, a * _ITEM_STEPS, b * _ITEM_STEPS)
                self._want(point)
                if self.height_m(*point) is None:
                    return

    def _beside(self, place: Corner, north: float, east: float) -> Corner:
        """A place some grid steps away."""
        lat, lon = place
        metres = self._spacing_m / _METRES
        return lat + int(north * metres), lon + int(east * metres / _scale(lat))

    def _want(self, place: Corner) -> None:
        if len(self.blocks) < _MOST_BLOCKS:
            self.blocks.setdefault(Spot.of(*place, self._spacing_m).corner, Block())

    def request(self, link: int, now_s: float) -> Message | None:
        """What is missing next, at most each two seconds to a client."""
        if not self.enabled or 0.0 <= now_s - self.asked_s.get(link, -_AGAIN_S) < _AGAIN_S:
            return None
        for (lat, lon), block in self.blocks.items():
            if block.filled != _ALL:
                self.asked_s[link] = now_s
                return mavlink.MAVLink_terrain_request_message(
                    lat, lon, int(self._spacing_m), _ALL & ~block.filled
                )
        return None

    def take(self, message: Message) -> None:
        """TERRAIN_DATA; what was not asked for is passed over."""
        if message.grid_spacing != int(self._spacing_m) or message.gridbit >= _PATCHES_NORTH * _PATCHES_EAST:
            return
        for (lat, lon), block in self.blocks.items():
            if max(abs(lat - message.lat), abs(lon - message.lon)) <= _NEAR_E7:
                block.patches[message.gridbit] = list(message.data)
                block.filled |= 1 << message.gridbit
                return

    @property
    def pending(self) -> int:
        """Patches that are missing."""
        return sum((_ALL & ~block.filled).bit_count() for block in self.blocks.values())

    def height_m(self, lat_e7: int, lon_e7: int) -> float | None:
        """The ground there, between its four grid points; None where it is not known."""
        spot = Spot.of(lat_e7, lon_e7, self._spacing_m)
        block = self.blocks.get(spot.corner)
        if not self.enabled or block is None:
            return None
        north, east = int(spot.north), int(spot.east)
        up, right = spot.north - north, spot.east - east
        total = 0.0
        for a, b in ((0, 0), (0, 1), (1, 0), (1, 1)):
            height = block.height(north + a, east + b)
            if height is None:
                return None
            total += height * (up if a else 1.0 - up) * (right if b else 1.0 - right)
        return total

    def stand(self, here: Corner, above_sea_m: float) -> None:
        """The vehicle stands on the ground: what is known of it is off by the difference, up to a limit."""
        found, most_m = self.height_m(*here), self.params["TERRAIN_OFS_MAX"]
        self.offset_m = max(-most_m, min(most_m, above_sea_m - found)) if found is not None else 0.0

    def corrected_m(self, lat_e7: int, lon_e7: int) -> float:
        """The ground there above sea level as flights take it; the last that was known, or the sea."""
        found = self.height_m(lat_e7, lon_e7)
        if found is None:
            found = self.last_m
        return found + self.offset_m if found is not None else 0.0

    def report(self, place: Corner, above_sea_m: float | None) -> Message:
        """TERRAIN_REPORT of a place; with `above_sea_m` it is the vehicle's own place and height."""
        found = self.height_m(*place)
        if above_sea_m is not None and found is not None:
            self.last_m = found
        ground = found if found is not None else self.last_m if above_sea_m is not None else None
        # before any ground is known the height above home stands for that above ground
        above = above_sea_m - (ground or 0.0) if above_sea_m is not None else 0.0
        loaded = sum(block.filled.bit_count() for block in self.blocks.values())
        return mavlink.MAVLink_terrain_report_message(
            *place,
            int(self._spacing_m) if found is not None else 0,
            ground or 0.0,
            above,
            self.pending,
            loaded,
        )
