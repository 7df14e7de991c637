"""Where a result comes from: its files with their dates, and the hour of the heat map."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from gis.siting.model import SitingResult
from gis.siting.out.stac import given_files

KST = dt.timezone(dt.timedelta(hours=9), "KST")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file a result stands on, the `option` that named it, and when it last changed (None = unknown)."""

    option: str
    path: Path
    changed: dt.datetime | None


def sources(result: SitingResult) -> list[SourceFile]:
    """The files in the order of their options."""
    return [SourceFile(option, path, _changed(path)) for option, path in given_files(result)]


def _changed(path: Path) -> dt.datetime | None:
    try:
        return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    except OSError:
        return None


def heat_times(path: Path) -> tuple[dt.datetime, dt.datetime] | None:
    """When the first and the last frame of a heat map were taken; None when it does not say."""
    from core.errors import BadFileError
    from gis.raster import read_tags

    try:
        tags = read_tags(path)
    except BadFileError:
        return None
    start = _moment(tags.get("TIME_START", "")) or _moment(tags.get("TIFFTAG_DATETIME", ""))
    end = _moment(tags.get("TIME_END", "")) or start
    return None if start is None or end is None else (start, end)


def _moment(text: str) -> dt.datetime | None:
    """A moment as ISO 8601 or as TIFF writes it (`2021:08:02 14:00:00`, taken as Korean time)."""
    for parse in (dt.datetime.fromisoformat, _tiff_time):
        try:
            moment = parse(text.strip())
        except ValueError:
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=KST)
    return None


def _tiff_time(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, "%Y:%m:%d %H:%M:%S").replace(tzinfo=KST)
