"""`skyshade thermal`: read thermal frames, convert them, and make heat maps."""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skyshade.cli.frame_options import frame_options, read_options
from skyshade.cli.options import OUT_FOLDER
from skyshade.cli.output import emit, json_option, note, progress

if TYPE_CHECKING:
    from thermal.frame import FrameInfo
    from thermal.frames.source import Opened

_LATER = {"map": "skyshade.cli.thermal_map"}  # commands in files of their own: `<name>_command`


class ThermalGroup(click.Group):
    """The commands here, and those of other files once they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *(name for name in _LATER if _exists(name))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _LATER or not _exists(cmd_name):
            return super().get_command(ctx, cmd_name)
        found: click.Command = getattr(importlib.import_module(_LATER[cmd_name]), f"{cmd_name}_command")
        return found


def _exists(name: str) -> bool:
    return (Path(__file__).parent / (_LATER[name].rsplit(".", 1)[1] + ".py")).exists()


@click.group(cls=ThermalGroup)
def command() -> None:
    """Read thermal frames and make heat maps.

    \b
    Example: skyshade thermal map flight1/ -o heat.tif
    """


@command.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@frame_options
@json_option
def info(files: tuple[Path, ...], as_json: bool, **given: Any) -> None:
    """Show camera, place, time and temperatures of frames.

    Names frames or folders of them. Options replace what a file says of itself.

    \b
    Example: skyshade thermal info DJI_0032.jpg flight1/ --json
    """
    from core.errors import SkyshadeError
    from thermal.frames import open_frame

    options = read_options(given)
    paths, failed = _frames(files)
    rows: list[dict[str, Any]] = []
    with progress("reading", show=None if len(paths) > 20 else False) as report:
        for done, path in enumerate(paths, start=1):
            try:
                rows.append(_row(open_frame(path, options=options)))
            except SkyshadeError as error:
                failed.append({"path": path, "error": str(error)})
            report(done, len(paths))
    emit(
        {"files": rows, "failed": failed},
        as_json=as_json,
        lines=[line for row in rows for line in _lines(row)],
    )
    _end(failed)


@command.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=OUT_FOLDER, help="Folder for the TIFFs.")
@click.option("--sigma", is_flag=True, help="Write NAME.sigma.tif too: one standard deviation, kelvin.")
@frame_options
@json_option
def convert(files: tuple[Path, ...], out: Path, sigma: bool, as_json: bool, **given: Any) -> None:
    """Write frames as TIFFs of degrees Celsius.

    Place, time, attitude and lens are kept; numbers are 32-bit floats. Names frames or folders of them.
    Options replace what a file says of itself.

    \b
    Example: skyshade thermal convert flight1/ -o celsius --emissivity 0.96 --distance-m 60
    """
    from thermal.convert import convert_frames

    options = read_options(given)
    paths, failed = _frames(files)
    with progress("converting") as report:
        result = convert_frames(paths, out, options=options, sigma=sigma, progress=report)
    failed += [{"path": path, "error": error} for path, error in result.failed]
    rows = [
        {"path": f.path, "source": f.source, "min_C": round(f.min_C, 3), "max_C": round(f.max_C, 3)}
        for f in result.files
    ]
    lines = [f"{row['path']}  {row['min_C']:.1f} to {row['max_C']:.1f} C" for row in rows]
    emit({"files": rows, "failed": failed}, as_json=as_json, lines=lines)
    _end(failed)


def _frames(files: Sequence[Path]) -> tuple[list[Path], list[dict[str, Any]]]:
    """The named files, folders opened up; and what could not be opened up."""
    from core.errors import SkyshadeError
    from thermal.frames import find_frames

    paths: list[Path] = []
    failed: list[dict[str, Any]] = []
    for file in files:
        try:
            paths += find_frames(file) if file.is_dir() else [file]
        except SkyshadeError as error:
            failed.append({"path": file, "error": str(error)})
    return paths, failed


def _row(opened: "Opened") -> dict[str, Any]:
    from thermal.convert import temperature_range

    celsius = opened.celsius()
    header, (low, high) = opened.info, temperature_range(celsius)
    return {
        "path": header.path,
        "reader": header.reader,
        "camera": header.model,
        "shape": celsius.shape,
        **_place(header),
        "min_C": round(low, 3),
        "max_C": round(high, 3),
        "sigma_K": _sigma(opened),
        "time": _utc(header.time_s),
        "lens": _lens(header),
        "radiometry": {name: getattr(header.radiometry, name) for name in header.radiometry.__slots__},
        "tags": dict(header.tags),
        "warnings": header.warnings,
    }


def _sigma(opened: "Opened") -> float | None:
    """The median standard deviation of differences within the frame, None where no law tells."""
    import numpy as np

    sigma = opened.sigma()
    return None if sigma is None else round(float(np.nanmedian(sigma)), 3)


def _place(header: "FrameInfo") -> dict[str, Any]:
    pose = header.pose
    if pose is None:
        return {"lonlat": None, "altitude_m": None, "altitude_datum": None, "attitude_deg": None}
    heights = (
        ("home", pose.altitude_home_m),
        ("ellipsoid", pose.altitude_ellipsoid_m),
        ("geoid", pose.altitude_geoid_m),
    )
    datum, height = next(((d, h) for d, h in heights if h is not None), (None, None))
    look = pose.attitude
    return {
        "lonlat": pose.lonlat.xy,
        "altitude_m": height,
        "altitude_datum": datum,
        "attitude_deg": None
        if look is None
        else {"yaw": look.yaw_deg, "pitch": look.pitch_deg, "roll": look.roll_deg},
        "sigma_m": {"horizontal": pose.sigma_horizontal_m, "vertical": pose.sigma_vertical_m},
        "position_from": pose.source,
    }


def _lens(header: "FrameInfo") -> dict[str, Any]:
    camera = header.camera
    return {
        "focal_mm": round(camera.focal_mm, 4),
        "pitch_um": round(camera.pitch_um, 4),
        "from": camera.source,
    }


def _utc(time_s: float | None) -> str | None:
    import datetime as dt

    if time_s is None:
        return None
    return dt.datetime.fromtimestamp(time_s, dt.UTC).isoformat(timespec="milliseconds")


def _lines(row: dict[str, Any]) -> list[str]:
    height, width = row["shape"]
    place = "no position"
    if row["lonlat"] is not None:
        place = f"{row['lonlat'][1]:.6f} N {row['lonlat'][0]:.6f} E"
    if row["altitude_m"] is not None:
        place += f", {row['altitude_m']:.1f} m over {row['altitude_datum']}"
    first = f"{row['path']}: {row['camera']} ({row['reader']}), {width}x{height}, {place}"
    return [
        f"{first}, {row['min_C']:.1f} to {row['max_C']:.1f} C, {row['time'] or 'no time'}",
        *(f"  ! {warning}" for warning in row["warnings"]),
    ]


def _end(failed: Sequence[dict[str, Any]]) -> None:
    """Name every failure on standard error; exit status 1 when there is one."""
    for item in failed:
        note(f"skyshade: {item['error']}")
    if failed:
        click.get_current_context().exit(1)
