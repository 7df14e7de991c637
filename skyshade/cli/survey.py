"""`skyshade survey`: plan flights that photograph an area."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import SkyshadeError
from skyshade.cli.options import AT_HELP, DEM_HELP, IN_FILE, OUT_FILE, WIND_FROM_HELP, WIND_HELP
from skyshade.cli.output import emit, json_option, note

if TYPE_CHECKING:
    from core.geo import LonLat
    from gis.vector import Area
    from missions.survey import SurveyParams, SurveyPlan


@click.group()
def command() -> None:
    """Plan flights that photograph an area.

    \b
    Example: skyshade survey plan park.geojson --camera M30T --gsd-m 0.1 -o park.plan
    """


class LonLatType(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in newer click only
    """A place as LON,LAT in degrees."""

    name = "LON,LAT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> "LonLat":
        from core.geo import LonLat

        if isinstance(value, LonLat):
            return value
        try:
            lon, lat = (float(part) for part in str(value).split(","))
            return LonLat(lon, lat)
        except ValueError as error:
            self.fail(f"{value!r} is not LON,LAT in degrees ({error})", param, ctx)


@command.command("plan")
@click.argument("area", type=IN_FILE)
@click.option("--camera", required=True, metavar="NAME|FILE", help="Camera by name, or a TOML file of one.")
@click.option("--gsd-m", required=True, type=float, help="Ground size of a pixel, metres.")
@click.option("--front", default=0.8, show_default=True, help="Overlap along the course, 0 to 0.95.")
@click.option("--side", default=0.7, show_default=True, help="Overlap between courses, 0 to 0.95.")
@click.option("--home", type=LonLatType(), help="Take-off place, degrees.  [default: inside the area]")
@click.option(
    "--aircraft",
    default="quad-4kg",
    show_default=True,
    metavar="NAME|FILE",
    help="Aircraft by name, or a TOML file of one.",
)
@click.option("--wind-ms", default=0.0, show_default=True, help=WIND_HELP)
@click.option("--wind-from-deg", default=0.0, show_default=True, help=WIND_FROM_HELP)
@click.option(
    "--no-fly", multiple=True, type=IN_FILE, help="Zones to keep out of: GeoJSON, GPKG, SHP, KML; repeatable."
)
@click.option("--dem", type=IN_FILE, help=f"{DEM_HELP} The flight follows them.")
@click.option("--margin-m", default=0.0, show_default=True, help="How far legs may leave the area, metres.")
@click.option("--zone-margin-m", default=10.0, show_default=True, help="Distance kept from zones, metres.")
@click.option("--speed-ms", type=float, help="Speed over the passes, m/s.  [default: as fast as possible]")
@click.option("--angle-deg", type=float, help="Course of the passes, degrees.  [default: the quickest]")
@click.option("--max-height-m", default=150.0, show_default=True, help="Limit above ground, metres.")
@click.option("--at", "at_time", metavar="TIME", help=AT_HELP)
@click.option("--layer", metavar="NAME", help="Layer of a GeoPackage or KML.")
@click.option("--force", is_flag=True, help="Write the plan even when it fails its own proof.")
@click.option(
    "-o", "--out", required=True, type=OUT_FILE, help="Plan to write (.plan, .kmz, .waypoints ...)."
)
@json_option
def plan(
    *,
    area: Path,
    home: "LonLat | None",
    layer: str | None,
    force: bool,
    out: Path,
    as_json: bool,
    **options: Any,
) -> None:
    """Plan flights that photograph an area completely.

    AREA is a polygon layer: GeoJSON, GPKG, SHP or KML. Writes one plan for each battery: OUT.plan, or
    OUT-1.plan, OUT-2.plan ... The plan proves itself: how much of the area is seen, and in how many
    photographs the least photographed spot is.

    \b
    Example: skyshade survey plan park.geojson --camera M30T --gsd-m 0.1 -o park.plan
    """
    from gis.vector import read_area
    from missions.cameras import load_camera
    from missions.formats import known_format
    from missions.survey import plan_survey

    known_format(out)
    polygon = read_area(area, layer)
    params = _params(area.stem, options)
    camera = load_camera(options["camera"])
    home = home or default_home(polygon, params, camera.height_m(params.gsd_m))
    made = plan_survey(polygon, camera, home, params)
    if not made.proved and not force:
        raise SkyshadeError(
            f"{area}: the plan fails its own proof ({made.coverage.fraction:.2%} of the area seen, "
            f"{made.legs_outside_m:.1f} m of legs outside); nothing written",
            hint="give --margin-m, a coarser --gsd-m, or --force",
        )
    paths = _write(made, out)
    emit(_result(made, paths), as_json=as_json, lines=_lines(made, paths))


def _params(name: str, options: dict[str, Any]) -> "SurveyParams":
    from core.wind import Wind
    from gis.terrain import read_terrain
    from missions.aircraft import load_aircraft
    from missions.airspace import parse_time, read_zones
    from missions.survey import SurveyParams

    try:
        return SurveyParams(
            gsd_m=options["gsd_m"],
            front=options["front"],
            side=options["side"],
            margin_m=options["margin_m"],
            zone_margin_m=options["zone_margin_m"],
            aircraft=load_aircraft(options["aircraft"]),
            wind=Wind(options["wind_ms"], options["wind_from_deg"]),
            zones=tuple(zone for path in options["no_fly"] for zone in read_zones(path)),
            terrain=read_terrain(options["dem"]) if options["dem"] else None,
            at_time=parse_time(options["at_time"], "--at") if options["at_time"] else None,
            speed_ms=options["speed_ms"],
            angle_deg=options["angle_deg"],
            max_height_m=options["max_height_m"],
            name=name,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def default_home(area: "Area", params: "SurveyParams", height_m: float) -> "LonLat":
    """A place near the area's south-western corner, clear of the zones a flight at that height goes round."""
    from missions.airspace import keep_out
    from missions.survey.area import take_off_place

    zones = keep_out(params.zones, height_m, params.at_time)
    home = take_off_place(area, zones, params.zone_margin_m)
    note(f"take-off at {home.lon:.6f},{home.lat:.6f} (choose with --home)")
    return home


def _write(made: "SurveyPlan", out: Path) -> list[Path]:
    from missions.formats import write_plan

    count = len(made.sorties)
    paths = [out] if count == 1 else [out.with_stem(f"{out.stem}-{i}") for i in range(1, count + 1)]
    for sortie, path in zip(made.sorties, paths, strict=True):
        for lost in write_plan(sortie.mission, path):
            note(f"{path.name}: {lost}")
    return paths


def _result(made: "SurveyPlan", paths: list[Path]) -> dict[str, Any]:
    sorties = [
        {
            "path": path,
            "items": len(sortie.mission.items),
            "distance_m": round(sortie.distance_m, 1),
            "duration_s": round(sortie.duration_s, 1),
            "energy_Wh": round(sortie.energy_Wh, 2),
            "shots": len(sortie.shots),
        }
        for sortie, path in zip(made.sorties, paths, strict=True)
    ]
    coverage = made.coverage
    return {
        "sorties": sorties,
        "coverage": {
            "fraction": coverage.fraction,
            "min_overlap": coverage.min_overlap,
            "median_overlap": coverage.median_overlap,
            "cell_m": round(coverage.cell_m, 3),
        },
        "legs_outside_m": round(made.legs_outside_m, 3),
        "height_m": round(made.height_m, 2),
        "speed_ms": round(made.speed_ms, 2),
        "angle_deg": round(made.angle_deg, 1),
        "trigger_m": made.trigger_m,
    }


def _lines(made: "SurveyPlan", paths: list[Path]) -> list[str]:
    lines = [
        f"{path}: {s.distance_m / 1000:.2f} km, {s.duration_s / 60:.1f} min, {s.energy_Wh:.0f} Wh, "
        f"{len(s.shots)} shots, {len(s.mission.items)} items"
        for s, path in zip(made.sorties, paths, strict=True)
    ]
    coverage = made.coverage
    facts = (
        f"height {made.height_m:.0f} m, speed {made.speed_ms:.1f} m/s, course {made.angle_deg:.0f} degrees, "
        f"a shot every {made.trigger_m:.1f} m"
    )
    proof = (
        f"proof: {coverage.fraction:.2%} seen, least photographed spot {coverage.min_overlap} times, "
        f"{made.legs_outside_m:.1f} m of legs outside"
    )
    return [*lines, facts, proof]
