"""What options and arguments share: paths that must exist, and how an option is worded everywhere."""

from pathlib import Path
from typing import Any

import click

from core.errors import BadFileError

VEHICLE_HELP = "embedded, ardupilot, or a MAVLink address: tcp:HOST:PORT, udpin:HOST:PORT, /dev/ttyX,BAUD."
CONFIRM_HELP = "Arm a vehicle that this command did not start."
SPEEDUP_HELP = "Times real time; simulated vehicles only."
ZONES_HELP = "Airspace zones: GeoJSON, GPKG, SHP, KML, or korea."
DEM_HELP = "Ground heights above sea level: GeoTIFF."
WIND_HELP = "Wind speed, m/s."
WIND_FROM_HELP = "Where the wind comes from, degrees from north."
AT_HELP = "When, ISO 8601 with zone (2026-08-08T14:00+09:00): which dated zones count."


class InputPath(click.Path):
    """A path that must exist; one that does not is a failure in one line (exit 1), not wrong usage."""

    def __init__(self, name: str, *, files: bool = True, folders: bool = False) -> None:
        super().__init__(path_type=Path, file_okay=files, dir_okay=folders)
        self.name = name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        del param, ctx
        path = Path(value)
        if not path.exists():
            raise BadFileError(path, "not found")
        if path.is_dir() and not self.dir_okay:
            raise BadFileError(path, "is a folder; name a file")
        if path.is_file() and not self.file_okay:
            raise BadFileError(path, "is a file; name a folder")
        return path


class ZonesPath(InputPath):
    """A file of zones, or the name of packaged ones."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        if str(value).lower() == "korea" and not Path(value).exists():
            return Path(str(value).lower())
        return super().convert(value, param, ctx)


class OutputPath(click.Path):
    """A path to write; a folder where a file is meant, or the other way round, is named in one line."""

    def __init__(self, name: str, *, folder: bool = False) -> None:
        super().__init__(path_type=Path)
        self.name, self._folder = name, folder

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        del param, ctx
        path = Path(value)
        if self._folder and path.is_file():
            raise BadFileError(path, "is a file", hint="name a folder to write to")
        if not self._folder and path.is_dir():
            raise BadFileError(path, "is a folder", hint="name a file to write")
        return path


IN_FILE = InputPath("file")
IN_ZONES = ZonesPath("file")
IN_FOLDER = InputPath("folder", files=False, folders=True)
OUT_FILE = OutputPath("file")
OUT_FOLDER = OutputPath("folder", folder=True)
