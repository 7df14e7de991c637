"""Estimated power and endurance beside published figures and theory, with the ratio.

Published: hover times that makers give for several loads (only the first calibrates the aircraft file, the
others are told from mass alone), and theory's limits. The 209 flights of Rodrigues et al. 2021
(doi 10.1038/s41597-021-00930-x) can be added: `python benchmarks/energy.py FLIGHTS.csv` reads their table
(columns airspeed or speed, power or battery_voltage x battery_current, payload), fits the first half of the
rows and tells the second.
"""

import csv
import math
import sys
from dataclasses import dataclass
from pathlib import Path

from missions.aircraft import Aircraft, load_aircraft
from missions.calibration import PowerSample, calibrate
from missions.power import power_W

GRAVITY = 9.80665


@dataclass(frozen=True, slots=True)
class Published:
    """Minutes of hover with a load, as a maker gives them."""

    craft: str
    payload_kg: float
    minutes: float
    source: str


PUBLISHED = (
    Published("M100", 0.0, 22.0, "DJI Matrice 100, TB47D (calibrates)"),
    Published("M100", 0.5, 17.0, "DJI Matrice 100, TB47D"),
    Published("M100", 1.0, 13.0, "DJI Matrice 100, TB47D"),
    Published("M30T", 0.0, 36.0, "DJI Matrice 30 series (calibrates)"),
    Published("M3T", 0.0, 38.0, "DJI Mavic 3 Enterprise (calibrates)"),
)


def hovers() -> None:
    """Hover times."""
    print("| aircraft | load kg | published min | estimated min | ratio | source |")
    print(f"|{'---|' * 6}")
    for row in PUBLISHED:
        craft = load_aircraft(row.craft)
        minutes = craft.battery_Wh / power_W(craft, payload_kg=row.payload_kg) * 60.0
        cells = (row.craft, f"{row.payload_kg:g}", f"{row.minutes:g}", f"{minutes:.1f}")
        print(f"| {' | '.join(cells)} | {minutes / row.minutes:.2f} | {row.source} |")


def limits() -> None:
    """Theory's limits on an aircraft without profile power and avionics."""
    from dataclasses import replace

    craft = replace(load_aircraft("quad-4kg"), profile_share=0.0, avionics_W=0.0, induced_relief=1.0)
    scale = craft.hover_power_W / (1.15 * craft.ideal_hover_W)
    weight = craft.mass_kg * GRAVITY
    rows = (
        ("hover, (m g)^1.5 / sqrt(2 rho A) x losses", craft.hover_power_W, power_W(craft)),
        ("climb of 3 m/s, m g v more", scale * weight * 3.0, power_W(craft, climb_ms=3.0) - power_W(craft)),
        ("60 m/s, drag x v", scale * 0.5 * 1.225 * craft.drag_area_m2 * 60.0**3, power_W(craft, 60.0)),
        (
            "twice the mass, 2^1.5 x hover",
            2**1.5 * craft.hover_power_W,
            power_W(craft, payload_kg=craft.mass_kg),
        ),
        (
            "half the density, sqrt(2) x hover",
            math.sqrt(2) * craft.hover_power_W,
            power_W(craft, density=0.6125),
        ),
    )
    print("\n| limit | theory W | estimated W | ratio |")
    print(f"|{'---|' * 4}")
    for name, theory, told in rows:
        print(f"| {name} | {theory:.0f} | {told:.0f} | {told / theory:.3f} |")


def flights(path: Path) -> None:
    """A public table of flights: fitted on its first half, told on its second."""
    with path.open(encoding="utf-8") as file:
        rows = [row for row in map(_sample, csv.DictReader(file)) if row is not None]
    half = len(rows) // 2
    craft: Aircraft = calibrate(load_aircraft("M100"), rows[:half][:: max(1, half // 4000)]).aircraft
    told = [power_W(craft, s.airspeed_ms, s.climb_ms) for s in rows[half:]]
    took = [s.watts for s in rows[half:]]
    print(f"\n{len(rows) - half} samples held out: estimated / measured {sum(told) / sum(took):.3f}")


def _sample(row: dict[str, str]) -> PowerSample | None:
    air = row.get("airspeed") or row.get("wind_speed") or row.get("speed") or ""
    watts = row.get("power") or ""
    try:
        if not watts:
            watts = str(float(row["battery_voltage"]) * float(row["battery_current"]))
        if float(row.get("payload") or 0.0) > 0.0 or float(watts) < 100.0:
            return None
        return PowerSample(float(air), float(row.get("velocity_z") or 0.0), float(watts))
    except (KeyError, ValueError):
        return None


def main() -> None:
    hovers()
    limits()
    if len(sys.argv) > 1:
        flights(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
