"""`skyshade thermal map`: a folder of frames becomes a heat map."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skyshade.cli.frame_options import frame_options, read_options
from skyshade.cli.options import IN_FILE, IN_FOLDER, OUT_FILE
from skyshade.cli.output import Progress, emit, json_option, note, progress

if TYPE_CHECKING:
    from thermal.mapreport import MapResult
    from thermal.work.executors import TileExecutor


@click.command("map")
@click.argument("frames_dir", metavar="FOLDER", type=IN_FOLDER)
@click.option(
    "-o",
    "--out",
    type=OUT_FILE,
    required=True,
    help="Map to write, a cloud-optimised GeoTIFF; the quality report lies beside it.",
)
@click.option(
    "--dem",
    type=IN_FILE,
    help="Heights of ground, or of ground and roofs: GeoTIFF.  [default: a plane found from the frames]",
)
@click.option(
    "--references",
    type=IN_FILE,
    help="Patches of known temperature, CSV or GeoJSON: name,lon,lat,radius_m,temperature_C.",
)
@click.option(
    "--poses",
    type=IN_FILE,
    help="Where the frames were taken: DJI .MRK, RTKLIB .pos, shots.csv, geo.txt or a CSV with a header.",
)
@click.option(
    "--gcp",
    type=IN_FILE,
    help="Ground control points: CSV name,x,y,crs,z,image,px,py,check, or ODM's gcp_list.txt.",
)
@click.option(
    "--check", multiple=True, metavar="NAME", help="Hold this point of --gcp back, to test the map on it."
)
@click.option("--poses-crs", metavar="EPSG:N", help="Coordinate system of x and y in --poses.")
@click.option(
    "--poses-height",
    type=click.Choice(("home", "ellipsoid", "geoid")),
    help="What heights in --poses are measured from, where the file does not say.",
)
@click.option(
    "--cover",
    type=IN_FILE,
    help="The ground's emissivity, or land-cover codes: GeoTIFF. Each pixel is corrected by its own.",
)
@click.option("--cover-table", type=IN_FILE, help="What the codes of --cover mean: TOML, CODE = EMISSIVITY.")
@click.option(
    "--gsd-m",
    type=click.FloatRange(0.005, 50.0),
    help="Pixel of the map, metres.  [default: the frames' own]",
)
@click.option(
    "--crs", metavar="EPSG:N", help="Map projection.  [default: EPSG:5186 in Korea, else the UTM zone]"
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="How many processor cores to use.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Let the workers of a dask cluster draw: tcp://HOST:8786. They must see the frames' folder.",
)
@click.option(
    "--flight", type=click.IntRange(1, 1000), help="Map the N-th flight of a folder that holds several."
)
@click.option("--mix-hours", is_flag=True, help="Blend flights of different hours all the same.")
@frame_options
@json_option
def map_command(
    frames_dir: Path,
    out: Path,
    dem: Path | None,
    references: Path | None,
    poses: Path | None,
    gcp: Path | None,
    check: tuple[str, ...],
    poses_crs: str | None,
    poses_height: str | None,
    cover: Path | None,
    cover_table: Path | None,
    gsd_m: float | None,
    crs: str | None,
    workers: int,
    scheduler: str | None,
    flight: int | None,
    mix_hours: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Blend thermal frames into one heat map with a quality report.

    Frames are aligned and freed of drift; those that would spoil the map are left out and named with the
    reason. Temperatures are absolute only with --references; else only differences count.

    A run that was stopped goes on when it is started again; frames added to the folder redraw only the tiles
    they touch.

    \b
    Example: skyshade thermal map flight1/ -o heat.tif --references patches.csv
    """
    from core.errors import BadFileError
    from core.geo import Datum
    from thermal.candidates import compiled_before
    from thermal.frames import read_frame
    from thermal.mapmaker import MapParams, make_map
    from thermal.posefiles import TableOptions
    from thermal.sessions import SessionParams

    if out.suffix.lower() not in {".tif", ".tiff"}:
        raise BadFileError(out, "the map is a GeoTIFF", hint="end its name in .tif")
    options = read_options(given)
    table = TableOptions(poses_crs, Datum(poses_height) if poses_height else None)
    params = MapParams(
        gsd_m=gsd_m, crs=crs, dem=dem, references=references, poses=poses,
        gcp=gcp, gcp_check=check, pose_table=table, cover=cover,
        cover_table=cover_table, workers=workers,
        executor=_cluster(scheduler, frames_dir), sessions=SessionParams(number=flight, accept=mix_hours),
    )  # fmt: skip
    if not compiled_before():
        note("first run on this computer: it compiles its inner loops, about 20 s; later runs do not wait")
    with _stages(show=False if as_json else None) as stage, _stopped(out):
        result = make_map(frames_dir, out, params, progress=stage, read=partial(read_frame, options=options))
    for rejected in result.frames_rejected:
        note(f"left out: {rejected.path.name}: {rejected.reason}")
    for line in result.notes:
        note(line)
    emit(facts(result), as_json=as_json, lines=_lines(result))


def _cluster(address: str | None, folder: Path) -> "TileExecutor | None":
    if address is None:
        return None
    from thermal.work.cluster import Cluster

    cluster = Cluster(address, witness=(folder,))
    cluster.check()  # before minutes of alignment
    return cluster


@contextmanager
def _stopped(out: Path) -> Iterator[None]:
    """Say on Ctrl-C what is kept."""
    try:
        yield
    except KeyboardInterrupt:
        kept = len(list(out.with_name(f"{out.name}.work").glob("*.tile")))
        if kept:
            note(f"stopped; {kept} finished tiles are kept: run the same command again to go on")
        raise


@contextmanager
def _stages(*, show: bool | None) -> Iterator[Any]:
    """One progress bar after the other, as the recipe names its stages."""
    bars: dict[str, tuple[Any, Progress]] = {}

    def stage(name: str, done: int, total: int) -> None:
        if name not in bars:
            _close(bars)
            context = progress(name, show=show)
            bars[name] = (context, context.__enter__())
        bars[name][1](done, total)

    try:
        yield stage
    finally:
        _close(bars)


def _close(bars: dict[str, tuple[Any, Progress]]) -> None:
    for context, _ in bars.values():
        context.__exit__(None, None, None)
    bars.clear()


def facts(result: "MapResult") -> dict[str, Any]:
    """The result under the names that machines read."""
    return {
        "path": result.path,
        "frames_used": result.frames_used,
        "frames_rejected": [{"path": r.path, "reason": r.reason} for r in result.frames_rejected],
        "gsd_m": result.gsd_m,
        "size": result.size,
        "crs": result.crs,
        "reprojection_rmse_px": result.reprojection_rmse_px,
        "gcp_rmse_m": result.gcp_rmse_m,
        "drift_rms_before_K": result.drift_rms_before_K,
        "drift_rms_after_K": result.drift_rms_after_K,
        "seam_p95_K": result.seam_p95_K,
        "level": result.level,
        "absolute": result.absolute,
        "notes": result.notes,
        "tiles_kept": result.tiles_kept,
        "tiles_drawn": result.tiles_drawn,
        "wall_s": result.wall_s,
        "report": result.report,
    }


def _lines(result: "MapResult") -> list[str]:
    return [
        f"{result.path}: {result.size[0]} x {result.size[1]} pixels of {result.gsd_m:g} m, {result.crs}",
        f"frames: {result.frames_used} drawn, {len(result.frames_rejected)} left out",
        f"tie points fit to {_told(result.reprojection_rmse_px, 'px')}",
        f"frames differed by {_told(result.drift_rms_before_K, 'K')} where they overlap",
        f"now by {_told(result.drift_rms_after_K, 'K')}; seams by {_told(result.seam_p95_K, 'K')}",
        f"level: {result.level}",
        *_kept(result),
        f"report: {result.report}",
    ]


def _kept(result: "MapResult") -> list[str]:
    if not result.tiles_kept:
        return []
    total = result.tiles_kept + result.tiles_drawn
    return [f"{result.tiles_kept} of {total} tiles stood already"]


def _told(value: float | None, unit: str) -> str:
    return "unknown" if value is None else f"{value:.2f} {unit}"
