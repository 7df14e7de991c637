"""DJI WPML missions (.kmz with wpmz/template.kml and wpmz/waylines.wpml), version 1.0.2 of the format.

Source: DJI Cloud API documentation, chapters on template.kml, waylines.wpml and common elements.
"""

import io
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

from core.errors import BadFileError, UnknownNameError
from core.files import write_bytes
from missions.formats.loss import leaves_to_vehicle, lost_between, without_nan
from missions.formats.text import LARGEST_BYTES, read_bytes
from missions.formats.waylines import HeightMode, Wayline, from_wayline, to_wayline
from missions.formats.wpml_read import read_waylines, take_off_reference
from missions.formats.wpml_write import DRONES, template_xml, waylines_xml
from missions.formats.xml import parse_xml
from missions.model import Command, Home, Mission

TEMPLATE, WAYLINES = "wpmz/template.kml", "wpmz/waylines.wpml"


def read(path: Path) -> Mission:
    """Read a WPML .kmz; raises `BadFileError` saying what is missing or cannot be said as a mission."""
    return read_noting(path)[0]


def read_noting(path: Path) -> tuple[Mission, tuple[str, ...]]:
    """Read a WPML .kmz, with what of it a mission cannot say."""
    waylines, template = _members(path)
    try:
        wayline = over_the_sea(read_waylines(waylines))
        return from_wayline(wayline, _home(wayline, template), path.stem), wayline.unsaid
    except ValueError as error:
        raise BadFileError(path, str(error), hint="export it again from DJI Pilot 2") from error


def over_the_sea(wayline: Wayline) -> Wayline:
    """Heights over the ellipsoid as heights over the sea; raises `NoGeoidGridError` where no grid is here."""
    if wayline.mode is not HeightMode.ELLIPSOID:
        return wayline
    from gis.geoid import find_grid, read_grid

    grid = read_grid(find_grid())
    points = (replace(p, height_m=p.height_m - grid.undulation_m(p.place)) for p in wayline.points)
    return replace(wayline, points=tuple(points))


def _home(wayline: Wayline, template: ET.Element | None) -> Home:
    """The take-off reference, or the first waypoint where the file has none."""
    if not wayline.points:
        raise ValueError("holds no waypoint")
    reference = take_off_reference(template) if template is not None else None
    return reference or Home(wayline.points[0].place)


def write(mission: Mission, path: Path, drone: str = "M3T") -> tuple[str, ...]:
    """Write a WPML .kmz for a DJI aircraft of `DRONES`; returns what it cannot say.

    Raises `BadFileError` for heights it cannot hold.
    """
    if drone not in DRONES:
        raise UnknownNameError("DJI aircraft", drone, list(DRONES))
    try:
        wayline = to_wayline(mission)
        template, waylines = template_xml(wayline, mission.home, drone), waylines_xml(wayline, drone)
        lost = _lost(mission, path, template, waylines, drone)
    except ValueError as error:
        raise BadFileError(path, f"cannot hold this mission: {error}") from error
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in ((TEMPLATE, template), (WAYLINES, waylines)):
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
    write_bytes(path, buffer.getvalue())
    return lost


def _lost(mission: Mission, path: Path, template: bytes, waylines: bytes, drone: str) -> tuple[str, ...]:
    """What the file says otherwise: the plan's name is the file's, and NaN is none of its numbers."""
    wayline = read_waylines(parse_xml(path, waylines))
    after = from_wayline(wayline, _home(wayline, parse_xml(path, template)), mission.name)
    told = lost_between(without_nan(_taking_off_from_home(mission)), after)
    note = (f"which DJI aircraft flies it (written for {drone}: choose yours in DJI Pilot 2)",)
    left = ("parameters left to the vehicle",) if leaves_to_vehicle(mission) else ()
    return (*told, *left, *note)


def _taking_off_from_home(mission: Mission) -> Mission:
    """The mission with take-offs named at home: no vehicle takes off anywhere else."""
    items = tuple(
        replace(i, position=mission.home.position) if i.command == Command.NAV_TAKEOFF and i.altitude else i
        for i in mission.items
    )
    return replace(mission, items=items)


def _members(path: Path) -> tuple[ET.Element, ET.Element | None]:
    try:
        with zipfile.ZipFile(io.BytesIO(read_bytes(path))) as archive:
            names = {n.lower(): n for n in archive.namelist()}
            if WAYLINES not in names:
                raise BadFileError(path, f"holds no {WAYLINES}", hint="export it as a DJI wayline (WPML)")
            waylines = _member(path, archive, names[WAYLINES])
            template = _member(path, archive, names[TEMPLATE]) if TEMPLATE in names else None
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise BadFileError(path, "is not a .kmz (zip) file, or a broken one", hint="copy it again") from error
    except (RuntimeError, NotImplementedError) as error:  # a password, or a way of packing nobody uses here
        raise BadFileError(path, f"cannot be unpacked ({error})", hint="export it again") from error
    return waylines, template


def _member(path: Path, archive: zipfile.ZipFile, name: str) -> ET.Element:
    """One document of the archive; never more of it than it says, and than `LARGEST_BYTES`."""
    if archive.getinfo(name).file_size > LARGEST_BYTES:
        raise BadFileError(path, f"{name} is larger than {LARGEST_BYTES // 1_000_000} MB")
    return parse_xml(path, archive.read(name))
