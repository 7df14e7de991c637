"""Airspace: zones, and where they are read from."""

from missions.zonefiles import ZoneFile, read_zone_file, read_zones
from missions.zones import KEEP_OUT, Zone, ZoneKind, keep_out, parse_time

__all__ = [
    "KEEP_OUT", "Zone", "ZoneFile", "ZoneKind", "keep_out", "parse_time", "read_zone_file", "read_zones",
]  # fmt: skip
