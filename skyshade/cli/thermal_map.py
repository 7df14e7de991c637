"""`skyshade thermal map`: a folder of frames becomes a heat map."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skyshade.cli.output import Progress, emit, json_option, note, progress

if TYPE_CHECKING:
    from thermal.mapreport import MapResult

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)


@click.command("map")
@click.argument("frames_dir", type=_FOLDER)
@click.option("-o", "--out", type=_OUT, required=True, help="The map to write: a cloud-optimised GeoTIFF.")
@click.option(
    "--dem", type=_FILE, help="Terrain or surface model; without it a plane is found from the frames."
)
@click.option(
    "--references", type=_FILE, help="CSV or GeoJSON of patches: name,lon,lat,radius_m,temperature_C."
)
@click.option(
    "--gsd-m", type=click.FloatRange(0.005, 50.0), help="Pixel of the map in metres [the frames' own]."
)
@click.option("--crs", help="Map projection, like EPSG:5186 [EPSG:5186 in Korea, else the local UTM zone].")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Threads to work on."
)
@json_option
def map_command(
    frames_dir: Path,
    out: Path,
    dem: Path | None,
    references: Path | None,
    gsd_m: float | None,
    crs: str | None,
    workers: int,
    as_json: bool,
) -> None:
    """Align, correct and blend thermal frames into one heat map with a quality report.

    Frames that would spoil the map are left out and named with the reason. The map says whether its level is
    absolute: only with --references.

    Example: skyshade thermal map FLIGHT/ -o heat.tif --references patches.csv
    """
    from thermal.mapmaker import MapParams, make_map

    params = MapParams(gsd_m=gsd_m, crs=crs, dem=dem, references=references, workers=workers)
    with _stages(show=False if as_json else None) as stage:
        result = make_map(frames_dir, out, params, progress=stage)
    for rejected in result.frames_rejected:
        note(f"left out: {rejected.path.name}: {rejected.reason}")
    for line in result.notes:
        note(line)
    emit(facts(result), as_json=as_json, lines=_lines(result))


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
        "gcp_rmse_m": None,
        "drift_rms_before_K": result.drift_rms_before_K,
        "drift_rms_after_K": result.drift_rms_after_K,
        "seam_p95_K": result.seam_p95_K,
        "level": result.level,
        "absolute": result.absolute,
        "notes": result.notes,
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
        f"report: {result.report}",
    ]


def _told(value: float | None, unit: str) -> str:
    return "unknown" if value is None else f"{value:.2f} {unit}"
