"""Where simulated vehicles can stand: a place written as numbers, or by its name in our list."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from core.errors import UnknownNameError
from core.geo import LonLat

LIST = "locations.toml"


@dataclass(frozen=True, slots=True)
class Start:
    """Where a simulated vehicle stands at first: place, ground height above mean sea level, heading."""

    position: LonLat
    elevation_m: float = 0.0
    heading_deg: float = 0.0

    @property
    def text(self) -> str:
        """LAT,LON,ALT,HEADING as the simulators take it."""
        return (
            f"{self.position.lat:.7f},{self.position.lon:.7f},{self.elevation_m:.2f},{self.heading_deg:.1f}"
        )


def locations() -> Mapping[str, Start]:
    """The named places of `sitl_configs/locations.toml`."""
    rows = tomllib.loads((files("sitl_configs") / LIST).read_text(encoding="utf-8"))
    return {
        name: Start(LonLat(row["lon"], row["lat"]), row["elevation_m"], row["heading_deg"])
        for name, row in rows.items()
    }


def parse_start(text: str) -> Start:
    """A named place, or LAT,LON[,ALT[,HEADING]].

    Raises `UnknownNameError` on an unknown name and `ValueError` on numbers that are no place.
    """
    if "," not in text:
        known = locations()
        if text not in known:
            raise UnknownNameError("location", text, list(known))
        return known[text]
    try:
        numbers = [float(part) for part in text.split(",")]
        lat, lon, elevation_m, heading_deg = (*numbers, 0.0, 0.0)[:4]
        return Start(LonLat(lon, lat), elevation_m, heading_deg)
    except ValueError as error:
        raise ValueError(f"home must be LAT,LON,ALT,HEADING, got {text!r} ({error})") from None
