"""Poses from files beside the frames: image logs, solutions, tables, our own flights' shots."""

from collections.abc import Sequence
from pathlib import Path

from core.errors import BadFileError
from thermal.frame import FrameInfo
from thermal.posefiles.match import Matched, match_photos
from thermal.posefiles.mrk import looks_like_mrk, parse_mrk
from thermal.posefiles.record import PoseFile, PoseRecord
from thermal.posefiles.rtklib import looks_like_pos, parse_pos
from thermal.posefiles.table import TableOptions, UnstatedHeightError, parse_table
from thermal.posefiles.track import match_track

__all__ = [
    "Matched",
    "PoseFile",
    "PoseRecord",
    "TableOptions",
    "UnstatedHeightError",
    "match_poses",
    "parse_poses",
    "read_poses",
]

_MAX_BYTES = 200_000_000


def read_poses(path: Path, options: TableOptions | None = None) -> PoseFile:
    """The poses in `path`: DJI MRK, RTKLIB .pos, CSV with a header, or geo.txt, told apart by their content.

    Raises BadFileError naming file and line, `UnstatedHeightError` when a table's heights have no datum.
    """
    return parse_poses(path, _text(path), options)


def parse_poses(path: Path, text: str, options: TableOptions | None = None) -> PoseFile:
    """The poses in the text of a file called `path`."""
    if looks_like_mrk(text):
        return parse_mrk(path, text)
    if looks_like_pos(text):
        return parse_pos(path, text)
    return parse_table(path, text, options or TableOptions())


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise BadFileError(path, "is too large for a file of poses", hint="name a table of poses")
        data = path.read_bytes()
    except OSError as error:
        raise BadFileError(path, f"cannot be read ({error.strerror})", hint="check the name") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp949", errors="replace")


def match_poses(infos: Sequence[FrameInfo], file: PoseFile) -> Matched:
    """Give each frame the pose the file holds for it; raises BadFileError when it fits no frame."""
    return match_track(infos, file) if file.track else match_photos(infos, file)
