"""A frame's camera from its tags, completed by a small table of thermal modules."""

import functools
import math
import tomllib
from dataclasses import dataclass
from importlib import resources

from core.camera import Camera

FULL_FRAME_DIAGONAL_MM = 43.2666
ASSUMED_FIELD_OF_VIEW_DEG = 45.0
ASSUMED_PITCH_UM = 17.0


@dataclass(frozen=True, slots=True)
class CameraModule:
    """One entry of the table: native size, pitch, and a focal length where files tend to leave it out."""

    name: str
    names: tuple[str, ...]
    make: str
    width: int
    height: int
    pitch_um: float
    focal_mm: float


@dataclass(frozen=True, slots=True)
class LensTags:
    """What a file says of its lens; None = nothing. Field of view is horizontal, in degrees."""

    focal_mm: float | None = None
    focal_35mm_mm: float | None = None
    field_of_view_deg: float | None = None
    pitch_um: float | None = None


@functools.cache
def modules() -> tuple[CameraModule, ...]:
    """The table `thermal/data/cameras.toml`."""
    text = resources.files("thermal.data").joinpath("cameras.toml").read_text(encoding="utf-8")
    return tuple(CameraModule(**{**c, "names": tuple(c["names"])}) for c in tomllib.loads(text)["camera"])


def find_module(make: str, model: str) -> CameraModule | None:
    """The table's entry for an EXIF make and model, None when unknown."""
    wanted = _plain(model)
    for entry in modules():
        if entry.make.lower() in make.lower() and wanted in {_plain(n) for n in entry.names}:
            return entry
    return None


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def camera_of(make: str, model: str, size: tuple[int, int], lens: LensTags) -> tuple[Camera, tuple[str, ...]]:
    """The camera of a (width, height) frame, and warnings where something had to be derived or assumed.

    Focal length: tag, then table, then field of view, then 35 mm equivalent. Where none is known a
    45 degree lens is assumed and `source` says `assumed`.
    """
    width, height = size
    entry = find_module(make, model)
    name = entry.name if entry else (model or "unknown camera")
    native_width = entry.width if entry else width
    warnings = _size_warnings(entry, size)
    focal_mm = _positive(lens.focal_mm) or (entry.focal_mm if entry else 0.0)
    pitch_um = (entry.pitch_um * native_width / width) if entry else (_positive(lens.pitch_um) or 0.0)
    if focal_mm and pitch_um:
        source = "file" if _positive(lens.focal_mm) else "table"
        return Camera(name, width, height, focal_mm, pitch_um, source=source), warnings
    focal_px, source = _focal_px(size, lens)
    if source == "assumed":
        warnings += ("the lens is not stated: a 45 degree field of view is assumed; name it to map with",)
    pitch_um = pitch_um or (focal_mm * 1000.0 / focal_px if focal_mm else ASSUMED_PITCH_UM)
    return Camera(name, width, height, focal_px * pitch_um / 1000.0, pitch_um, source=source), warnings


def _size_warnings(entry: CameraModule | None, size: tuple[int, int]) -> tuple[str, ...]:
    if entry is None or size == (entry.width, entry.height):
        return ()
    native = f"{entry.width}x{entry.height}"
    return (f"{size[0]}x{size[1]} pixels from a {native} detector: pixel pitch scaled to match",)


def _positive(value: float | None) -> float:
    return value if value is not None and math.isfinite(value) and value > 0 else 0.0


def _focal_px(size: tuple[int, int], lens: LensTags) -> tuple[float, str]:
    width, diagonal = size[0], math.hypot(*size)
    view = _positive(lens.field_of_view_deg)
    if 1.0 <= view <= 150.0:
        return width / 2 / math.tan(math.radians(view) / 2), "file"
    if _positive(lens.focal_35mm_mm):
        return _positive(lens.focal_35mm_mm) / FULL_FRAME_DIAGONAL_MM * diagonal, "file"
    return width / 2 / math.tan(math.radians(ASSUMED_FIELD_OF_VIEW_DEG) / 2), "assumed"
