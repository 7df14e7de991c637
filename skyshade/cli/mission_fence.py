"""`skyshade mission fence`: the fence that a plan's own volumes ask for."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skyshade.cli.day_options import day_options, known_of
from skyshade.cli.options import IN_FILE, OUT_FILE
from skyshade.cli.output import emit, json_option

if TYPE_CHECKING:
    from missions.case import Case
    from missions.volumes.flightfence import FlightRings


@click.command("fence")
@click.argument("plan", type=IN_FILE)
@click.option("-o", "--out", required=True, type=OUT_FILE, help="The plan to write, with its fence.")
@click.option("--size-m", type=float, required=True, help="The aircraft's greatest dimension, metres.")
@click.option("--geojson", type=OUT_FILE, help="Write the volumes' outlines too.")
@day_options
@json_option
def fence(
    *, plan: Path, out: Path, size_m: float, geojson: Path | None, as_json: bool, **options: Any
) -> None:
    """Put a fence round a plan: its flight geography and contingency volume (SORA 2.5).

    The volumes follow from the plan's speed and height, the wind, and the aircraft's size. Keep-out parts of
    the plan's fence stay; keep-in parts are replaced.

    \b
    Example: skyshade mission fence park.plan -o park-fenced.plan --size-m 0.9 --geojson volumes.geojson
    """
    from core.files import write_text
    from missions.checks import case_of
    from missions.formats import read_plan, write_plan
    from missions.volumes.flightfence import fenced, flight_rings

    if not 0.0 < size_m < 50.0:
        raise click.UsageError(f"--size-m must be between 0 and 50, got {size_m:g}")
    case = case_of(read_plan(plan), **known_of(options))
    rings = flight_rings(case, size_m, _height_m(plan, case))
    mission = fenced(case.mission, rings)
    lost = write_plan(mission, out)
    if geojson is not None:
        write_text(geojson, json.dumps(_outlines(case, rings), ensure_ascii=False) + "\n")
    sizes = rings.sizes
    result = {
        "path": out,
        "volumes": geojson,
        "corners": sum(len(p.corners) for p in mission.fence.polygons),
        "geography_m": sizes.geography_half_width_m,
        "contingency_m": sizes.contingency_m,
        "ground_risk_m": sizes.ground_risk_m,
        "lost": list(lost),
    }
    reach = f"{sizes.operational_half_width_m:.0f} m from its path"
    emit(result, as_json=as_json, lines=[f"{out}: {result['corners']} corners, {reach} or more"])


def _height_m(plan: Path, case: "Case") -> float:
    """The highest place: over the ground where a DEM says it, over home otherwise."""
    import numpy as np

    from missions.path import heights_along
    from missions.volumes.tube import NoVolumesError

    ups = [p.up_m for p in case.points if p.up_m is not None]
    if len(ups) < len(case.points):
        hint = "give a height model (--dem)"
        raise NoVolumesError(f"{plan}: heights over home are not known", hint=hint)
    top = max(ups)
    if case.terrain is not None:
        legs = [h for *_, h in heights_along(case.points, case.terrain, case.mission.home.position)]
        top = max(top, float(np.nanmax(np.concatenate([*legs, np.array([top])]))))
    if top <= 0:
        raise NoVolumesError(f"{plan}: flies no higher than home", hint="give its items heights")
    return top


def _outlines(case: "Case", rings: "FlightRings") -> dict[str, Any]:
    from shapely.geometry import mapping

    from core.geo import LocalFrame
    from missions.route import to_degrees

    frame = LocalFrame(case.mission.home.position)
    named = (
        ("flight_geography", rings.geography, rings.sizes.geography_half_width_m),
        ("contingency", rings.contingency, rings.sizes.operational_half_width_m),
        ("ground_risk_buffer", rings.ground_risk, rings.sizes.outer_half_width_m),
    )
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"volume": name, "half_width_m": round(width, 2)},
                "geometry": mapping(to_degrees(area, frame)),
            }
            for name, area, width in named
        ],
    }
