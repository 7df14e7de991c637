"""`skyshade survey orbit`: round a point or a building."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import BadFileError
from skyshade.cli.output import json_option
from skyshade.cli.survey_options import LonLatType, survey_options, survey_params
from skyshade.cli.survey_result import checked_out, finish, keep_record

if TYPE_CHECKING:
    from core.geo import LonLat
    from gis.vector import Area


class Subject(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in newer click only
    """A polygon file, or a place as LON,LAT."""

    name = "FILE|LON,LAT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(str(value))
        if path.exists():
            if path.is_dir():
                raise BadFileError(path, "is a folder; name a file")
            return path
        if path.suffix.lower() in {".geojson", ".json", ".gpkg", ".shp", ".kml"}:
            raise BadFileError(path, "not found")
        return LonLatType().convert(value, param, ctx)


@click.command()
@click.argument("subject", type=Subject(), metavar="FILE|LON,LAT")
@click.option(
    "--radius-m", type=float, help="Distance from the point or the walls.  [default: as --gsd-m allows]"
)
@click.option("--top-m", type=float, help="Height of the building, metres; needed with FILE.")
@click.option(
    "--ring-height-m",
    "heights_m",
    multiple=True,
    type=float,
    help="Height of a ring over its ground; repeatable.  [default: as many as show it all]",
)
@click.option(
    "--aim-m", type=float, help="Height looked at, with --ring-height-m.  [default: half of --top-m]"
)
@click.option(
    "--down-deg", type=float, help="How far down the camera looks.  [default: 15 at walls, 45 at a point]"
)
@click.option("--every-deg", type=float, help="A photograph each so many degrees, if --front allows.")
@click.option("--every-m", type=float, help="A photograph each so many metres, if --front allows.")
@survey_options
@json_option
def orbit(
    *,
    subject: "Path | LonLat",
    home: "LonLat | None",
    layer: str | None,
    force: bool,
    proof: Path | None,
    out: Path,
    as_json: bool,
    **options: Any,
) -> None:
    """Plan flights round a point or a building, the camera pointed at it all the way.

    FILE is the building's outline (GeoJSON, GPKG, SHP or KML), --top-m its height. Rings are closed, one
    above the other, as many as show every wall from foot to top; round a point there is one. The plan proves
    itself: every patch of wall, or every direction, with the overlap asked.

    \b
    Example: skyshade survey orbit hall.geojson --top-m 18 --camera M30T --gsd-m 0.04 -o hall.plan
    Example: skyshade survey orbit 127.1165,37.3838 --radius-m 40 --camera M30T --gsd-m 0.08 -o tree.plan
    """
    from missions.cameras import load_camera
    from missions.survey.orbit import OrbitWishes, orbit_plan, set_up, whole_rings
    from missions.survey.record import OrbitRecord

    checked_out(out, proof)
    around = _outline(subject, layer, options["top_m"]) if isinstance(subject, Path) else subject
    if not isinstance(subject, Path) and options["top_m"]:
        raise click.UsageError("--top-m is for a building; a point has no height")
    same = ("radius_m", "heights_m", "aim_m", "down_deg", "every_deg", "every_m")
    source = subject if isinstance(subject, Path) else Path(f"{subject.lon:g},{subject.lat:g}")
    params = survey_params(source.stem if isinstance(subject, Path) else "orbit", options)
    try:
        wishes = OrbitWishes(top_m=options["top_m"] or 0.0, **{key: options[key] for key in same})
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    camera = load_camera(options["camera"])
    stage = set_up(around, camera, home, params, wishes)
    made = orbit_plan(whole_rings(stage), stage, camera, params)
    paths = finish(made, out, source, force=force, proof=proof, as_json=as_json, **made.facts)
    told = OrbitRecord(around, wishes)
    keep_record(stage.target, camera, stage.home, params, paths, options["dem"], told)


def _outline(path: Path, layer: str | None, top_m: float | None) -> "Area":
    """A building's outline, and refused without its height."""
    from gis.vector import read_area

    outline = read_area(path, layer)
    if not top_m:
        raise click.UsageError(f"--top-m says how high the building in {path.name} is")
    return outline
