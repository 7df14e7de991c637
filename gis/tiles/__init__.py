"""Map tiles a user holds as one file, MBTiles or PMTiles: those of an area, as many as a page can carry."""

from gis.tiles.archive import Archive, open_tiles, vector_layers
from gis.tiles.pick import Picked, pick_tiles
from gis.tiles.place import TileArea, is_tiles

__all__ = ["Archive", "Picked", "TileArea", "is_tiles", "open_tiles", "pick_tiles", "vector_layers"]
