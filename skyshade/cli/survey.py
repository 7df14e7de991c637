"""`skyshade survey`: plan flights that photograph an area."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skyshade.cli.options import IN_FILE
from skyshade.cli.output import json_option
from skyshade.cli.survey_corridor import corridor
from skyshade.cli.survey_options import checked_camera, default_home, survey_options, survey_params
from skyshade.cli.survey_orbit import orbit
from skyshade.cli.survey_result import checked_out, finish, keep_record
from skyshade.cli.survey_resume import resume

if TYPE_CHECKING:
    from core.geo import LonLat
    from gis.vector import Area

LEAST_WIDTH_M = 0.05


@click.group()
def command() -> None:
    """Plan flights that photograph an area, a corridor, a building, or the gaps left.

    \b
    Example: skyshade survey plan park.geojson --camera M30T --gsd-m 0.1 -o park.plan
    """


command.add_command(corridor)
command.add_command(orbit)
command.add_command(resume)


@command.command("plan")
@click.argument("area", type=IN_FILE)
@survey_options
@click.option("--angle-deg", type=float, help="Course of the passes, degrees.  [default: the quickest]")
@click.option("--cross-hatch", is_flag=True, help="Fly everything a second time, square to the first.")
@click.option(
    "--pitch-deg",
    default=-90.0,
    show_default=True,
    help="Gimbal pitch: -90 looks straight down, -30 most ahead.",
)
@click.option(
    "--aircraft-count",
    default=1,
    show_default=True,
    help="How many fly at once; starts are set so that no two come near each other.",
)
@json_option
def plan(
    *,
    area: Path,
    home: "LonLat | None",
    layer: str | None,
    force: bool,
    proof: Path | None,
    out: Path,
    as_json: bool,
    **options: Any,
) -> None:
    """Plan flights that photograph an area completely.

    AREA is a polygon layer: GeoJSON, GPKG, SHP or KML. Writes one plan for each battery: OUT.plan, or
    OUT-1.plan, OUT-2.plan ... and a record beside it for `survey resume`. The plan proves itself: how much of
    the area is seen, in how many photographs, how far neighbours overlap, and that no leg leaves the air
    allowed.

    \b
    Example: skyshade survey plan park.geojson --camera M30T --gsd-m 0.1 -o park.plan --proof park.html
    """
    from gis.vector import read_area
    from missions.survey import plan_survey
    from missions.survey.shooting import flying_height_m

    checked_out(out, proof)
    polygon = read_area(area, layer)
    _check_width(area, polygon)
    own = {key: options[key] for key in ("angle_deg", "cross_hatch", "pitch_deg", "aircraft_count")}
    params = survey_params(area.stem, options, **own)
    camera = checked_camera(options, params)
    home = home or default_home(polygon, params, flying_height_m(camera, params))
    made = plan_survey(polygon, camera, home, params)
    paths = finish(made, out, area, force=force, proof=proof, as_json=as_json)
    keep_record(polygon, camera, home, params, paths, options["dem"])


def _check_width(path: Path, polygon: "Area") -> None:
    """Refuse an area that is no more than a line, whatever its file calls it."""
    from core.errors import BadFileError
    from core.geo import LocalFrame, LonLat
    from missions.route import to_metres

    west, south, _, _ = polygon.bounds
    metres = to_metres(polygon, LocalFrame(LonLat(west, south)))
    if metres.area < LEAST_WIDTH_M * metres.length / 2:
        raise BadFileError(
            path,
            f"its area has no width ({metres.area:.2f} m2 within {metres.length:.0f} m of edge)",
            hint="draw it at least 5 cm wide; for a line there is survey corridor",
        )
