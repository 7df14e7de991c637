"""FLIR radiometric JPEG and .fff files; DJI's Zenmuse XT, XT R and XT2 write the same."""

import dataclasses
from collections.abc import Sequence

from core.errors import BadFileError
from thermal.cameras import LensTags, camera_of
from thermal.exif import MAKE, MODEL
from thermal.frame import FrameInfo, Radiometry
from thermal.frames import fff
from thermal.frames.source import Opened, ReadOptions, Source, by_law, header, with_camera
from thermal.jpegtags import APP1, Outline
from thermal.laws import FlirLaw
from thermal.radiometry import PlanckConstants, flir_transmission

NAME = "flir"
_PREFIX = b"FLIR\x00"
_HEADER = 8  # "FLIR\0", version, part number, last part number
_FOCAL_LENGTH, _FOCAL_35MM = 0x920A, 0xA405


def recognises(source: Source) -> bool:
    """A file that carries an FFF container, alone or in APP1 segments."""
    return source.data.startswith(fff.MAGIC) or bool(source.segments.payloads(APP1, _PREFIX))


def looks_like(outlines: Sequence[Outline]) -> bool:
    """Whether a JPEG's segments hold parts of an FFF container, by their first bytes alone."""
    return any(o.marker == APP1 and o.start.startswith(_PREFIX) for o in outlines)


def open_frame(source: Source, options: ReadOptions) -> Opened:
    """Read the header; temperatures are decoded when asked for. Raises BadFileError or ValueError."""
    records = _records(source)
    raw, block = fff.parse_raw(records[fff.RAW_DATA]), fff.parse_camera(records[fff.CAMERA_INFO])
    parameters = options.overrides.applied_to(block.radiometry)
    info = _header(source, block, raw.size, parameters)
    law = FlirLaw(block.planck)
    return by_law(with_camera(info, options.camera), source, law, lambda: fff.raw_counts(raw))


def _records(source: Source) -> dict[int, bytes]:
    """The container's records; raises BadFileError when one that is needed is not whole."""
    records = fff.records(_container(source))
    needed = ((fff.RAW_DATA, "raw thermal data"), (fff.CAMERA_INFO, "calibration"))
    missing = [name for kind, name in needed if kind not in records]
    if missing:
        raise BadFileError(
            source.path,
            f"has no {' and no '.join(missing)}",
            hint="the file is cut or was edited; copy it from the camera again",
        )
    return records


def _header(source: Source, block: fff.CameraBlock, size: tuple[int, int], used: Radiometry) -> FrameInfo:
    make, model = source.exif.text(MAKE) or "FLIR", block.model or source.exif.text(MODEL)
    lens = dataclasses.replace(
        _believable(block.lens),
        focal_mm=source.exif.number(_FOCAL_LENGTH),
        focal_35mm_mm=source.exif.number(_FOCAL_35MM),
    )
    camera, warnings = camera_of(make, model, size, lens)
    return header(
        source,
        reader=NAME,
        model=camera.name if make == "DJI" else model,
        camera=camera,
        radiometry=used,
        warnings=warnings + _air_warning(block.planck, used),
        tags={"lens_name": block.lens_name} if block.lens_name else {},
        clock=block.clock,
    )


def _believable(lens: LensTags) -> LensTags:
    view = lens.field_of_view_deg or 0.0
    return lens if 1.0 <= view <= 150.0 else dataclasses.replace(lens, field_of_view_deg=None)


def _air_warning(planck: PlanckConstants, p: Radiometry) -> tuple[str, ...]:
    if p.distance_m is None or p.humidity is None or p.ambient_C is None:
        return ("some radiometric parameters are not stated: usual values are used",)
    tau = flir_transmission(planck, distance_m=p.distance_m, humidity=p.humidity, ambient_C=p.ambient_C)
    return () if tau > 0.3 else (f"the air lets through only {tau:.0%}: check distance and humidity",)


def _container(source: Source) -> bytes:
    if source.data.startswith(fff.MAGIC):
        return source.data
    return joined(source, source.segments.payloads(APP1, _PREFIX))


def joined(source: Source, parts: Sequence[bytes]) -> bytes:
    """The FFF container put together from its numbered parts; a missing part is an error."""
    numbered = {p[6]: p[_HEADER:] for p in parts if len(p) > _HEADER}
    last = max((p[7] for p in parts if len(p) > _HEADER), default=0)
    if sorted(numbered) != list(range(last + 1)):
        raise BadFileError(
            source.path,
            f"holds {len(numbered)} of {last + 1} parts of its thermal data",
            hint="the file is cut; copy it from the camera again",
        )
    return b"".join(numbered[k] for k in range(last + 1))
