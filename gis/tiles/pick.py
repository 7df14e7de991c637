"""Which tiles of an area go into a page: all zooms from an overview on, as far as the bytes last."""

from collections.abc import Mapping
from dataclasses import dataclass

from gis.tiles.archive import Archive
from gis.tiles.place import TileArea

OVERVIEW_TILES = 4  # the lowest zoom taken shows the area in about so many tiles
MOST_TILES = 4000


@dataclass(frozen=True, slots=True)
class Picked:
    """Tiles by (zoom, column, row from the north); `left_out` the zooms (first, last) that did not fit."""

    tiles: Mapping[tuple[int, int, int], bytes]
    kind: str
    left_out: tuple[int, int] | None

    @property
    def bytes_in_page(self) -> int:
        """Their size as text in a page."""
        return sum(-(-len(data) // 3) * 4 + 40 for data in self.tiles.values())


def pick_tiles(archive: Archive, area: TileArea, budget_bytes: int) -> Picked:
    """Tiles of `area` zoom by zoom, from an overview to the finest, none beyond `budget_bytes` in the page.

    A zoom is taken whole or not at all; `left_out` is the range of zooms that did not fit.
    """
    low, high = archive.zooms
    start = max((z for z in range(low, high + 1) if area.count(z) <= OVERVIEW_TILES), default=low)
    taken: dict[tuple[int, int, int], bytes] = {}
    for zoom in range(start, high + 1):
        more = _zoom(archive, area, zoom, MOST_TILES - len(taken))
        together = None if more is None else Picked(taken | more, archive.kind, None)
        if together is None or together.bytes_in_page > budget_bytes:
            return Picked(taken, archive.kind, (zoom, high))
        taken |= more or {}
    return Picked(taken, archive.kind, None)


def _zoom(archive: Archive, area: TileArea, zoom: int, most: int) -> dict[tuple[int, int, int], bytes] | None:
    """The tiles of one zoom that the file holds; None when the area needs more than `most`."""
    if area.count(zoom) > most:
        return None
    at = [(zoom, column, row) for column in area.columns(zoom) for row in area.rows(zoom)]
    held = ((place, archive.tile(*place)) for place in at)
    return {place: data for place, data in held if data}
