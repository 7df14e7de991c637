"""A web map in one file that opens with no internet: no tiles, no CDN, nothing fetched."""

from gis.webmap.page import WebMap
from gis.webmap.text import Check, Style, Text

__all__ = ["Check", "Style", "Text", "WebMap"]
