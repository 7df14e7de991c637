"""`skyshade sites`: choose places for shade, fog and shelters."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skyshade.cli.options import IN_FILE, OUT_FOLDER
from skyshade.cli.output import emit, json_option, note

if TYPE_CHECKING:
    from gis.siting.model import SitingParams, SitingResult
    from gis.siting.report import Outputs


@click.group()
def command() -> None:
    """Choose places for shade, fog and shelters.

    \b
    Example: skyshade sites choose --heat heat.tif --demand stops.geojson --candidates corners.csv -o sites
    """


@command.command()
@click.option("--heat", type=IN_FILE, required=True, help="Heat map: GeoTIFF in degrees Celsius.")
@click.option("--demand", type=IN_FILE, required=True, help="Where people are: a layer, or a CSV of places.")
@click.option(
    "--candidates", type=IN_FILE, required=True, help="Where something may be built: the same kinds."
)
@click.option("--existing", type=IN_FILE, help="What stands already.")
@click.option("--walk", type=IN_FILE, help="Footpaths as lines.  [default: straight distances]")
@click.option("--rules", type=IN_FILE, help="Rules for places (TOML).  [default: for Korea, shipped]")
@click.option("--buildings", type=IN_FILE, help="Outlines of buildings: roofs are left out of the heat.")
@click.option("--water", type=IN_FILE, help="Outlines of water, left out as well.")
@click.option("--crossings", type=IN_FILE, help="Crossings, for rules on the distance to them.")
@click.option("--zones", type=IN_FILE, help="Areas (such as dong) whose heat is reported as well.")
@click.option(
    "--background", type=IN_FILE, multiple=True, help="A layer or MBTiles/PMTiles drawn below; repeatable."
)
@click.option(
    "--table", type=IN_FILE, multiple=True, help="People by area, joined to the demand layer; repeatable."
)
@click.option("--footfall", type=IN_FILE, help="Where people wait and walk (see footfall_share in --config).")
@click.option("--dem", type=IN_FILE, help="Ground heights (GeoTIFF): slopes make ways longer.")
@click.option("--crs", help="Coordinate system of layers that name none, e.g. EPSG:5186.")
@click.option("--count", type=click.IntRange(min=1), help="At most how many sites.  [default: 5]")
@click.option(
    "--radius-m",
    type=click.FloatRange(min=0, min_open=True),
    help="How far people walk, metres.  [default: 300]",
)
@click.option(
    "--aim",
    type=click.Choice(["cover", "capacity", "fewest", "median", "center"]),
    help="What is best: most load covered; the same with limited places; fewest sites; least load times "
    "way; shortest longest way.  [default: cover]",
)
@click.option(
    "--frontier",
    type=click.IntRange(min=2),
    metavar="N",
    help="Also show N plans from the most cover to the shortest way of the worst-off.",
)
@click.option("--config", type=IN_FILE, help="TOML file with any parameter under [siting].")
@click.option(
    "--lang", type=click.Choice(["en", "ko"]), help="Language of reasons, map, report.  [default: ko]"
)
@click.option("--font", type=IN_FILE, help="TrueType font for the report.  [default: NanumGothic]")
@click.option("-o", "--out", type=OUT_FOLDER, required=True, help="Folder for map, report, layers, table.")
@json_option
def choose(
    heat: Path,
    demand: Path,
    candidates: Path,
    existing: Path | None,
    walk: Path | None,
    rules: Path | None,
    buildings: Path | None,
    water: Path | None,
    crossings: Path | None,
    zones: Path | None,
    background: tuple[Path, ...],
    table: tuple[Path, ...],
    footfall: Path | None,
    dem: Path | None,
    crs: str | None,
    count: int | None,
    radius_m: float | None,
    aim: str | None,
    frontier: int | None,
    config: Path | None,
    lang: str | None,
    font: Path | None,
    out: Path,
    as_json: bool,
) -> None:
    """Rank, explain and map the sites that help people most.

    That is: take the most heat off the most people. Layers are GeoJSON, GPKG, SHP, KML or CSV. What is not
    known of a place is said, not assumed.

    \b
    Example: skyshade sites choose --heat heat.tif --demand stops.geojson --candidates corners.csv -o sites
    """
    from gis.fonts import korean_fonts
    from gis.siting.choicejson import choice_json
    from gis.siting.choose import choose_sites
    from gis.siting.config import siting_params
    from gis.siting.model import SitingInputs
    from gis.siting.report import as_json as result_json
    from gis.siting.report import write_outputs

    given = {"count": count, "radius_m": radius_m, "language": lang, "aim": aim, "frontier": frontier}
    params = siting_params(
        config, {key: value for key, value in given.items() if value is not None}, {"language": "ko"}
    )
    inputs = SitingInputs(
        heat, demand, candidates, existing, walk, rules, buildings, water, crossings, zones, background, crs,
        tables=table, footfall=footfall, dem=dem,
    )  # fmt: skip
    korean_fonts(font)  # a font that cannot be used is named before the long work
    result = choose_sites(inputs, params)
    outputs = write_outputs(result, out, font=font)
    for text in (*result.notes, *outputs.notes, *_too_few(result, params)):
        note(f"note: {text}")
    found = result_json(result, outputs) | choice_json(result)
    emit(found, as_json=as_json, lines=_lines(result, outputs))


def _too_few(result: "SitingResult", params: "SitingParams") -> list[str]:
    if len(result.chosen) >= params.count or params.aim == "fewest":
        return []
    return [f"{len(result.chosen)} of {params.count} sites chosen: no other allowed place adds anything"]


def _lines(result: "SitingResult", outputs: "Outputs") -> list[str]:
    from gis.siting.choicejson import choice_lines
    from gis.siting.report import rank_text

    sites = [f"{rank_text(s):>10}  {s.id}  {s.name}  {s.score:,.0f} person·K  {s.why}" for s in result.chosen]
    solved = result.solution
    return [
        *sites,
        f"objective {solved.objective:,.1f}, bound {solved.bound:,.1f}, gap {solved.gap:.3%}",
        f"method {solved.method}, {solved.wall_s:.1f} s",
        *choice_lines(result),
        f"map {outputs.map}",
        f"report {outputs.report}",
        f"gpkg {outputs.gpkg}",
        f"csv {outputs.csv}",
    ]


@command.command()
@click.argument("instance", type=IN_FILE)
@click.option(
    "--problem",
    type=click.Choice(["mclp", "pmedian", "pcenter", "setcover"]),
    required=True,
    help="Reach the most people; least total or greatest distance; everybody with the fewest sites.",
)
@click.option("--count", type=click.IntRange(min=1), help="How many sites; not for setcover.")
@click.option(
    "--radius-m",
    type=click.FloatRange(min=0),
    help="How far a site reaches, for mclp and setcover; in the file's unit.",
)
@click.option(
    "--seconds", type=click.FloatRange(min=1), default=60.0, show_default=True, help="Time limit, seconds."
)
@json_option
def solve(
    instance: Path, problem: str, count: int | None, radius_m: float | None, seconds: float, as_json: bool
) -> None:
    """Solve a benchmark instance and say how good the answer is.

    INSTANCE is an OR-Library p-median file, or a maximal-covering file of points with demand.

    \b
    Example: skyshade sites solve SJC324.txt --problem mclp --count 3 --radius-m 800
    """
    from gis.siting.instances import solve_instance

    if problem in {"mclp", "setcover"} and radius_m is None:
        raise click.UsageError(f"--problem {problem} needs --radius-m")
    if problem != "setcover" and count is None:
        raise click.UsageError(f"--problem {problem} needs --count")
    solved = solve_instance(instance, problem, count or 1, radius_m=radius_m, seconds=seconds)
    result: dict[str, Any] = {
        "objective": solved.objective,
        "bound": solved.bound,
        "gap": solved.gap,
        "sites": list(solved.sites),
        "method": solved.method,
        "wall_s": round(solved.wall_s, 3),
    }
    emit(result, as_json=as_json)
