"""`skyshade survey corridor`: along a line."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import BadFileError
from skyshade.cli.options import IN_FILE
from skyshade.cli.output import json_option
from skyshade.cli.survey_options import checked_camera, survey_options, survey_params
from skyshade.cli.survey_result import checked_out, finish, keep_record

if TYPE_CHECKING:
    from shapely.geometry import LineString

    from core.geo import LonLat


@click.command()
@click.argument("line", type=IN_FILE)
@click.option("--width-m", required=True, type=float, help="Width of the ground to be seen, metres.")
@survey_options
@json_option
def corridor(
    *,
    line: Path,
    width_m: float,
    home: "LonLat | None",
    layer: str | None,
    force: bool,
    proof: Path | None,
    out: Path,
    as_json: bool,
    **options: Any,
) -> None:
    """Plan flights along a line: a stream, a road.

    LINE is a line layer: GeoJSON, GPKG, SHP or KML. Without --home the flight begins where the line does.

    \b
    Example: skyshade survey corridor stream.geojson --width-m 60 --camera M30T --gsd-m 0.1 -o stream.plan
    """
    from core.geo import LonLat
    from missions.survey.corridor import plan_corridor

    checked_out(out, proof)
    way = _line(line, layer)
    params = survey_params(line.stem, options)
    camera = checked_camera(options, params)
    home = home or LonLat(*way.coords[0][:2])
    try:
        made = plan_corridor(way, width_m, camera, home, params)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    paths = finish(made, out, line, force=force, proof=proof, as_json=as_json)
    if made.target is not None:
        keep_record(made.target, camera, home, params, paths, options["dem"])


def _line(path: Path, layer: str | None) -> "LineString":
    """The one line of a layer, its parts joined; raises `BadFileError`."""
    import shapely

    from gis.vector import read_layer

    shapes = [g for s in read_layer(path, layer).geometry for g in shapely.get_parts(s)]
    lines = [g for g in shapes if g.geom_type == "LineString"]
    if not lines:
        raise BadFileError(
            path, "holds no line", hint="draw the corridor as a line; an area is for survey plan"
        )
    joined: Any = lines[0] if len(lines) == 1 else shapely.line_merge(shapely.multilinestrings(lines))
    if joined.geom_type != "LineString":
        raise BadFileError(
            path,
            f"holds {len(shapely.get_parts(joined))} lines that do not join",
            hint="give one line a file",
        )
    found: LineString = joined
    return found
