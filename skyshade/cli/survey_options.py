"""What the survey commands share: their options, and the wishes these make."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from skyshade.cli.options import AT_HELP, DEM_HELP, IN_FILE, OUT_FILE, WIND_FROM_HELP, WIND_HELP
from skyshade.cli.output import note

if TYPE_CHECKING:
    from core.camera import Camera
    from core.geo import LonLat
    from gis.vector import Area
    from missions.survey import SurveyParams

Command = Callable[..., Any]
FRAMES = {"home": "home", "terrain": "ground", "amsl": "geoid"}


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


OPTIONS = (
    click.option(
        "--camera", required=True, metavar="NAME|FILE", help="Camera by name, or a TOML file of one."
    ),
    click.option("--gsd-m", required=True, type=float, help="Ground size of a pixel, metres."),
    click.option("--front", default=0.8, show_default=True, help="Overlap along the course, 0 to 0.95."),
    click.option("--side", default=0.7, show_default=True, help="Overlap between courses, 0 to 0.95."),
    click.option("--home", type=LonLatType(), help="Take-off place, degrees.  [default: inside the area]"),
    click.option(
        "--launch",
        "launches",
        multiple=True,
        type=LonLatType(),
        help="Another take-off place; each flight uses the one that costs it least; repeatable.",
    ),
    click.option(
        "--aircraft",
        default="quad-4kg",
        show_default=True,
        metavar="NAME|FILE",
        help="Aircraft by name, or a TOML file of one.",
    ),
    click.option("--wind-ms", default=0.0, show_default=True, help=WIND_HELP),
    click.option("--wind-from-deg", default=0.0, show_default=True, help=WIND_FROM_HELP),
    click.option(
        "--no-fly",
        multiple=True,
        type=IN_FILE,
        help="Zones to keep out of: GeoJSON, GPKG, SHP, KML; repeatable.",
    ),
    click.option("--dem", type=IN_FILE, help=f"{DEM_HELP} The flight follows them."),
    click.option(
        "--margin-m", default=0.0, show_default=True, help="How far legs may leave the area, metres."
    ),
    click.option(
        "--allowed",
        type=IN_FILE,
        help="The area that aircraft and turns stay in, home too, in place of --margin-m.",
    ),
    click.option(
        "--zone-margin-m", default=10.0, show_default=True, help="Distance kept from zones, metres."
    ),
    click.option(
        "--speed-ms", type=float, help="Speed over the passes, m/s.  [default: as fast as possible]"
    ),
    click.option("--shutter-s", default=0.01, show_default=True, help="How long one picture takes, seconds."),
    click.option(
        "--blur-px", default=1.0, show_default=True, help="How far the ground may move meanwhile, pixels."
    ),
    click.option(
        "--trigger",
        type=click.Choice(["distance", "time"]),
        default="distance",
        show_default=True,
        help="Release by metres flown or by seconds.",
    ),
    click.option("--max-height-m", default=150.0, show_default=True, help="Limit above ground, metres."),
    click.option(
        "--clearance-m", default=10.0, show_default=True, help="Kept over the ground, metres (--dem)."
    ),
    click.option(
        "--height-tolerance-m",
        default=3.0,
        show_default=True,
        help="How far passes may be from their height above ground, metres (--dem).",
    ),
    click.option(
        "--frame",
        type=click.Choice(sorted(FRAMES)),
        default="home",
        show_default=True,
        help="What altitudes are written over: home, the terrain, the sea (amsl).",
    ),
    click.option("--at", "at_time", metavar="TIME", help=AT_HELP),
    click.option("--layer", metavar="NAME", help="Layer of a GeoPackage or KML."),
    click.option("--force", is_flag=True, help="Write the plan even when it fails its own proof."),
    click.option("--proof", type=OUT_FILE, metavar="FILE", help="Draw the proof: .html or .png."),
    click.option(
        "-o", "--out", required=True, type=OUT_FILE, help="Plan to write (.plan, .kmz, .waypoints ...)."
    ),
)


def survey_options(command: Command) -> Command:
    """Add the options of every command that plans a survey."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def survey_params(name: str, options: dict[str, Any], **more: Any) -> "SurveyParams":
    """The wishes that options make; raises `click.UsageError` for one that cannot be."""
    from core.geo import Datum
    from core.wind import Wind
    from gis.terrain import read_terrain
    from gis.vector import read_area
    from missions.aircraft import load_aircraft
    from missions.airspace import parse_time, read_zones
    from missions.survey import SurveyParams, TriggerKind

    same = (
        "gsd_m", "front", "side", "margin_m", "zone_margin_m", "speed_ms", "max_height_m", "shutter_s",
        "blur_px", "clearance_m", "height_tolerance_m", "launches",
    )  # fmt: skip
    try:
        return SurveyParams(
            aircraft=load_aircraft(options["aircraft"]),
            wind=Wind(options["wind_ms"], options["wind_from_deg"]),
            zones=tuple(zone for path in options["no_fly"] for zone in read_zones(path)),
            terrain=read_terrain(options["dem"]) if options["dem"] else None,
            at_time=parse_time(options["at_time"], "--at") if options["at_time"] else None,
            trigger=TriggerKind(options["trigger"]),
            allowed=read_area(options["allowed"]) if options["allowed"] else None,
            frame=Datum(FRAMES[options["frame"]]),
            name=name,
            **{key: options[key] for key in same},
            **more,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def default_home(area: "Area", params: "SurveyParams", height_m: float) -> "LonLat":
    """A place near the area's south-western corner, clear of the zones a flight at that height goes round.

    Where an allowed area is given it lies in both, or in that one alone where they do not meet.
    """
    from gis.vector import as_area
    from missions.airspace import keep_out
    from missions.survey.area import take_off_place

    zones = keep_out(params.zones, height_m, params.at_time)
    if params.allowed is not None:
        both = as_area(area.intersection(params.allowed))
        area = params.allowed if both.is_empty else both
    home = take_off_place(area, zones, params.zone_margin_m)
    note(f"take-off at {home.lon:.6f},{home.lat:.6f} (choose with --home)")
    return home


def checked_camera(options: dict[str, Any], params: "SurveyParams") -> "Camera":
    """The camera, able to follow the speed asked for; raises `SkyshadeError`."""
    from missions.cameras import load_camera
    from missions.survey.shooting import check_speed

    camera = load_camera(options["camera"])
    check_speed(camera, params)
    return camera
