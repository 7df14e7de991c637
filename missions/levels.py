"""Altitudes of a plan as heights over its home."""

import math

from core.geo import Altitude, Datum, LonLat
from gis.terrain import Terrain
from missions.model import Mission


def up_over_home_m(
    place: LonLat, altitude: Altitude, mission: Mission, terrain: Terrain | None
) -> float | None:
    """An altitude as height over home; None where terrain or home's elevation is needed and not known."""
    if altitude.datum is Datum.HOME:
        return altitude.value_m
    home = home_elevation_m(mission, terrain)
    if altitude.datum is Datum.GEOID:
        return None if home is None else altitude.value_m - home
    if terrain is None:
        return None
    rise = float(terrain.heights_m(*place.xy)) - float(terrain.heights_m(*mission.home.position.xy))
    return altitude.value_m + rise if math.isfinite(rise) else None


def home_elevation_m(mission: Mission, terrain: Terrain | None) -> float | None:
    """Home's height over mean sea level, from the DEM or the plan itself."""
    height = math.nan if terrain is None else float(terrain.heights_m(*mission.home.position.xy))
    return height if math.isfinite(height) else mission.home.elevation_m
