"""DJI WPML missions (.kmz with wpmz/template.kml and wpmz/waylines.wpml), version 1.0.2 of the format.

Source: DJI Cloud API documentation, chapters on template.kml, waylines.wpml and common elements.
"""

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

from core.errors import BadFileError
from core.files import write_bytes
from missions.formats.waylines import Wayline, from_wayline, to_wayline
from missions.formats.wpml_read import read_waylines, take_off_reference
from missions.formats.wpml_write import template_xml, waylines_xml
from missions.formats.xml import LARGEST_BYTES, parse_xml
from missions.model import Home, Mission

TEMPLATE, WAYLINES = "wpmz/template.kml", "wpmz/waylines.wpml"


def read(path: Path) -> Mission:
    """Read a WPML .kmz; raises `BadFileError` saying what is missing or cannot be said as a mission."""
    waylines, template = _members(path)
    try:
        wayline = read_waylines(waylines)
        return from_wayline(wayline, _home(wayline, template), path.stem)
    except (ValueError, KeyError) as error:
        raise BadFileError(path, str(error), hint="export it again from DJI Pilot 2") from error


def _home(wayline: Wayline, template: ET.Element | None) -> Home:
    """The take-off reference, or the first waypoint where the file has none."""
    if not wayline.points:
        raise ValueError("holds no waypoint")
    reference = take_off_reference(template) if template is not None else None
    return reference or Home(wayline.points[0].place)


def write(mission: Mission, path: Path) -> tuple[str, ...]:
    """Write a WPML .kmz; returns what it cannot say. Raises `BadFileError` for heights it cannot hold."""
    try:
        wayline, lost = to_wayline(mission)
    except ValueError as error:
        raise BadFileError(path, f"cannot hold this mission: {error}") from error
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (
            (TEMPLATE, template_xml(wayline, mission.home)),
            (WAYLINES, waylines_xml(wayline)),
        ):
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
    write_bytes(path, buffer.getvalue())
    return tuple(lost)


def _members(path: Path) -> tuple[ET.Element, ET.Element | None]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {n.lower(): n for n in archive.namelist()}
            if WAYLINES not in names:
                raise BadFileError(path, f"holds no {WAYLINES}", hint="export it as a DJI wayline (WPML)")
            waylines = _member(path, archive, names[WAYLINES])
            template = _member(path, archive, names[TEMPLATE]) if TEMPLATE in names else None
    except FileNotFoundError as error:
        raise BadFileError(path, "not found") from error
    except zipfile.BadZipFile as error:
        raise BadFileError(path, "is not a .kmz (zip) file") from error
    return waylines, template


def _member(path: Path, archive: zipfile.ZipFile, name: str) -> ET.Element:
    if archive.getinfo(name).file_size > LARGEST_BYTES:
        raise BadFileError(path, f"{name} is larger than {LARGEST_BYTES // 1_000_000} MB")
    return parse_xml(path, archive.read(name))
