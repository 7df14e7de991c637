"""DJI radiometric JPEG of the "iirp" kind: M2EA, M30T, M3T, M3TD, M4T, H20N, H30T; others by DJI's SDK."""

import math
import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.errors import BadFileError
from thermal.cameras import LensTags, camera_of, find_module
from thermal.djilaw import MEASURED_TO_M, Air
from thermal.exif import MAKE, MODEL
from thermal.frame import Radiometry
from thermal.frames.djisdk import VARIABLE, named_sdk
from thermal.frames.source import Opened, ReadOptions, Source, by_law, header, with_camera
from thermal.jpegtags import APP3, APP4, APP5, Outline
from thermal.laws import DjiLaw
from thermal.xmp import number

NAME = "dji-iirp"
SDK_NAME = "dji-sdk"
_KIND_MAGIC = b"\xff\xd2\xd1\xff"
_KIND = b"iirp"
_PARAMETERS_AT = 0x20
_TABLE_AT = 256  # bytes; older files start with the table
_RAW_BYTES = frozenset({2 * 640 * 512, 2 * 1280 * 1024})
_COLUMNS = (64, 88)
_FULL = struct.pack("<H", 16384)
_SPREAD_ROWS = 45  # cameras of this table size weigh humidity less: gain by model
_SPREAD_GAIN = {"DJI Zenmuse H30T": 0.3}
_SPREAD_USUAL_GAIN = 0.6
_FOCAL_LENGTH, _FOCAL_35MM, _ZOOM, _WIDTH, _HEIGHT = 0x920A, 0xA405, 0xA404, 0xA002, 0xA003


def recognises(source: Source) -> bool:
    """A DJI picture that carries raw thermal data in its application segments, of whatever kind."""
    return looks_like([Outline(s.marker, len(s.payload), s.payload[:4]) for s in source.segments.items])


def looks_like(outlines: Sequence[Outline]) -> bool:
    """Whether segments hold a raw image, by their names and lengths alone."""
    if any(o.marker == APP4 and o.start.startswith(_KIND_MAGIC) for o in outlines):
        return True
    return any(sum(o.length for o in outlines if o.marker == m) in _RAW_BYTES for m in (APP3, APP4))


def open_frame(source: Source, options: ReadOptions) -> Opened:
    """Read the header; temperatures are decoded when asked for. Raises BadFileError or ValueError."""
    if not _is_iirp(source):
        return _by_sdk(source, options)
    stored, separate_air = _parameters(source)
    make, model = source.exif.text(MAKE) or "DJI", source.exif.text(MODEL)
    words = _words(source)
    camera, warnings = camera_of(make, model, (words.shape[1], words.shape[0]), _lens(source))
    air = _air(source, camera)
    parameters = options.overrides.applied_to(stored)
    info = header(
        source,
        reader=NAME,
        model=camera.name,
        camera=camera,
        radiometry=parameters,
        warnings=warnings + _warnings(source, air, parameters, held=options.hold_far_air),
        tags={"ambient": "stored" if separate_air else "taken as the reflected temperature"},
    )
    return by_law(with_camera(info, options.camera), source, DjiLaw(air, options.hold_far_air), lambda: words)


def _parameters(source: Source) -> tuple[Radiometry, bool]:
    """Stored parameters, and whether the camera knows the air's temperature on its own.

    Cameras with the short block repeat the reflected temperature for the air, as their maker's decoder does.
    """
    block, _ = _block(source)
    ambient, distance, emissivity, humidity, reflected = (float(f"{v:.6g}") for v in _values(source))
    separate = len(block) >= 1024
    return Radiometry(emissivity, distance, humidity, reflected, ambient if separate else reflected), separate


def _block(source: Source) -> tuple[bytes, bytes]:
    """The parameter block and the kind it names, empty in older files."""
    block = b"".join(source.segments.payloads(APP4))
    return block, block[4:8] if block.startswith(_KIND_MAGIC) else b""


def _values(source: Source) -> tuple[float, ...]:
    block, kind = _block(source)
    at = _PARAMETERS_AT if kind else 0
    return struct.unpack_from("<5f", block, at) if len(block) >= at + 20 else (math.nan,) * 5


def _is_iirp(source: Source) -> bool:
    _, kind = _block(source)
    return kind in {b"", _KIND} and _believable(_values(source))


def _by_sdk(source: Source, options: ReadOptions) -> Opened:
    """A kind whose law is not public, through its maker's SDK; raises BadFileError where there is none."""
    sdk = named_sdk()
    if sdk is None:
        raise _unreadable_kind(source, _block(source)[1])
    wanted = options.overrides.applied_to(Radiometry())
    measured = sdk.measure(source.path, source.data, wanted)
    height, width = measured.celsius.shape
    make, model = source.exif.text(MAKE) or "DJI", source.exif.text(MODEL)
    camera, warnings = camera_of(make, model, (width, height), _lens(source))
    info = header(
        source,
        reader=SDK_NAME,
        model=camera.name,
        camera=camera,
        radiometry=measured.parameters,
        warnings=warnings,
        tags={"decoded_by": "DJI Thermal SDK"},
    )
    return Opened(with_camera(info, options.camera), lambda: measured.celsius, source)


def _believable(values: tuple[float, ...]) -> bool:
    ambient, distance, emissivity, humidity, reflected = values
    return (
        0.05 <= emissivity <= 1.0
        and 0.0 <= humidity <= 1.0
        and 0.0 <= distance <= 10_000.0
        and all(-100.0 <= t <= 1000.0 for t in (ambient, reflected))
    )


def _unreadable_kind(source: Source, kind: bytes) -> BadFileError:
    model = source.exif.text(MODEL) or "this camera"
    entry = find_module(source.exif.text(MAKE), model)
    name = entry.name if entry else f"DJI {model}"
    form = kind.decode("ascii", errors="replace") or "dirp"
    return BadFileError(
        source.path,
        f"is a {name} frame of the {form} kind, whose law is not public",
        hint=f"name the folder of DJI's Thermal SDK in {VARIABLE}, or read TIFFs that it wrote",
    )


def _words(source: Source) -> NDArray[np.uint16]:
    """The stored image, uint16 (height, width)."""
    data = b"".join(source.segments.payloads(APP3))
    width, height = _size(source, len(data) // 2)
    return np.frombuffer(data, "<u2", count=width * height).reshape(height, width)


def _size(source: Source, pixels: int) -> tuple[int, int]:
    """(width, height) that fits the number of stored pixels; tags may speak of another picture."""
    entry = find_module(source.exif.text(MAKE), source.exif.text(MODEL))
    stated = (source.exif.number(_WIDTH), source.exif.number(_HEIGHT))
    candidates = [
        source.segments.picture_size,
        (int(stated[0]), int(stated[1])) if stated[0] and stated[1] else None,
        (entry.width, entry.height) if entry else None,
        (640, 512),
        (1280, 1024),
    ]
    for size in candidates:
        if size is not None and size[0] * size[1] == pixels and pixels > 0:
            return size
    raise BadFileError(
        source.path,
        f"holds {pixels} raw pixels, no known picture size",
        hint="the file is cut; copy it again",
    )


def _lens(source: Source) -> LensTags:
    return LensTags(focal_mm=source.exif.number(_FOCAL_LENGTH), focal_35mm_mm=source.exif.number(_FOCAL_35MM))


def _air(source: Source, camera: Camera) -> Air:
    """The transmission table, wherever the file keeps it; an empty one when it carries none."""
    block = b"".join(source.segments.payloads(APP5))
    for start in (_TABLE_AT, 0):
        for columns in _COLUMNS:
            table = _table(block[start:], 2 * columns)
            if table:
                return _kind_of_air(table, columns, camera)
    return Air()


def _table(block: bytes, row_bytes: int) -> bytes:
    """Rows from the start of `block` as long as each begins with 1.0 and never exceeds it."""
    rows = 0
    while block[rows * row_bytes : rows * row_bytes + 2] == _FULL and (rows + 1) * row_bytes <= len(block):
        line = np.frombuffer(block, "<u2", count=row_bytes // 2, offset=rows * row_bytes)
        if line.max() > 16384 or line.min() == 0:
            break
        rows += 1
    return block[: rows * row_bytes] if rows >= 2 else b""


def _kind_of_air(table: bytes, columns: int, camera: Camera) -> Air:
    if len(table) // (2 * columns) != _SPREAD_ROWS:
        return Air(table, columns)
    return Air(table, columns, gain=_SPREAD_GAIN.get(camera.name, _SPREAD_USUAL_GAIN), most=1.8, far_m=10.0)


def _warnings(source: Source, air: Air, p: Radiometry, *, held: bool) -> tuple[str, ...]:
    found: list[str] = []
    if not air.table:
        found.append("no transmission table in the file: usual values are used, humidity has no effect")
    if p.distance_m is not None and p.distance_m > MEASURED_TO_M:
        how = f"as at {MEASURED_TO_M:g} m" if held else "read on as the file's table continues"
        found.append(f"transmission beyond {MEASURED_TO_M:g} m is {how}")
    zoom = source.exif.number(_ZOOM) or number(source.xmp, "drone-dji:DigitalZoomRatio") or 1.0
    if zoom > 1.05:
        found.append(f"digital zoom {zoom:g}: the lens may look narrower than stated")
    return tuple(found)
