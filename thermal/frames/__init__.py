"""Thermal frames from files: FLIR and DJI radiometric JPEG, FFF, TIFF. One reader a file."""

import struct
from dataclasses import replace
from pathlib import Path

from core.errors import BadFileError
from thermal import jpegtags
from thermal.exif import XMP, Value, parse_tags
from thermal.frame import Frame, FrameInfo
from thermal.frames import dji, flir, tiff
from thermal.frames.source import Opened, ReadOptions, Source, TiffScale
from thermal.radiometry import RadiometryOverrides

__all__ = [
    "ReadOptions",
    "TiffScale",
    "find_frames",
    "is_frame_name",
    "open_frame",
    "read_frame",
    "read_info",
]

SUFFIXES = frozenset({".jpg", ".jpeg", ".rjpg", ".rjpeg", ".fff", ".tif", ".tiff"})
_MAX_BYTES = 256 * 1024 * 1024
_DAMAGE = (ValueError, struct.error, IndexError, KeyError, OverflowError, MemoryError)


def read_info(path: Path, *, options: ReadOptions | None = None) -> FrameInfo:
    """A frame's header: reader, camera, pose, time, radiometric parameters.

    Raises BadFileError naming the file when it is no thermal frame that can be read.
    """
    return open_frame(path, options=options).info


def read_frame(
    path: Path, *, overrides: RadiometryOverrides | None = None, options: ReadOptions | None = None
) -> Frame:
    """A frame: header and temperatures, float32 (height, width) degrees Celsius.

    `overrides` replace stored radiometric parameters (they win over those in `options`).
    Raises BadFileError naming the file when it is no thermal frame that can be read.
    """
    chosen = options or ReadOptions()
    if overrides is not None:
        chosen = replace(chosen, overrides=overrides)
    opened = open_frame(path, options=chosen)
    try:
        return Frame(opened.info, opened.celsius())
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def open_frame(path: Path, *, options: ReadOptions | None = None) -> Opened:
    """Read a frame's header once and decode its temperatures when asked for."""
    source = _source(Path(path))
    try:
        return _dispatch(source, options or ReadOptions())
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> BadFileError:
    return BadFileError(path, f"cannot be decoded ({error})", hint="the file is damaged; copy it again")


def _source(path: Path) -> Source:
    data = _bytes(path)
    if data.startswith(jpegtags.START):
        found = jpegtags.segments(data)
        return Source.of(path, data, found, parse_tags(found.exif), found.xmp)
    if data.startswith(tiff.MAGIC):
        tags = parse_tags(data)
        packet = tags.main.get(XMP, b"")
        text = packet if isinstance(packet, str) else _bytes_of(packet).decode("utf-8", errors="replace")
        return Source.of(path, data, jpegtags.Segments((), whole=True), tags, text)
    return Source(path, data)


def _bytes_of(value: Value) -> bytes:
    """A tag's bytes; TIFF writers store XMP as bytes or as byte numbers."""
    if isinstance(value, tuple):
        return bytes(int(v) & 0xFF for v in value)
    return value if isinstance(value, bytes) else value.encode()


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > _MAX_BYTES:
            raise BadFileError(path, f"is {size / 1e6:.0f} MB: no thermal frame", hint="name single frames")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise BadFileError(path, "does not exist", hint="check the name") from error
    except OSError as error:
        raise BadFileError(path, f"cannot be read ({error.strerror})", hint="check the name") from error
    if not data:
        raise BadFileError(path, "is empty", hint="copy it from the camera again")
    return data


def _dispatch(source: Source, options: ReadOptions) -> Opened:
    if flir.recognises(source):
        return flir.open_frame(source, options)
    if dji.recognises(source):
        return dji.open_frame(source, options)
    if tiff.recognises(source):
        return tiff.open_frame(source, options)
    if source.data.startswith(jpegtags.START) and not source.segments.whole:
        raise BadFileError(
            source.path, "is cut before its thermal data", hint="copy it from the camera again"
        )
    if source.data.startswith(jpegtags.START):
        raise BadFileError(
            source.path,
            "is a picture without temperatures",
            hint="use the camera's radiometric JPEG (R-JPEG) and unedited files",
        )
    raise BadFileError(
        source.path, "is no thermal frame", hint="known: FLIR and DJI radiometric JPEG, FFF, TIFF"
    )


def is_frame_name(path: Path) -> bool:
    """A file whose name may be a frame's: known suffix, not hidden."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def find_frames(folder: Path) -> tuple[Path, ...]:
    """Thermal frames in a folder and its folders, by name order; pictures without temperatures left out.

    Raises BadFileError when the folder cannot be read or holds none.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise BadFileError(folder, "is not a folder", hint="name the folder that holds the frames")
    named = sorted(p for p in folder.rglob("*") if is_frame_name(p) and p.is_file())
    frames = tuple(p for p in named if _looks_thermal(p))
    if not frames:
        raise BadFileError(folder, "holds no thermal frames", hint="known: radiometric JPEG, FFF, TIFF")
    return frames


def _looks_thermal(path: Path) -> bool:
    """True unless the file is a whole JPEG that carries no temperatures (a visible picture beside)."""
    if path.suffix.lower() in {".tif", ".tiff", ".fff"}:
        return True
    try:
        with path.open("rb") as file:
            seen = list(jpegtags.outlines(file))
    except OSError:
        return True  # reading it will say why
    return not seen or flir.looks_like(seen) or dji.looks_like(seen)
