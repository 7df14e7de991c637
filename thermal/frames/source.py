"""What readers take and give: a file's bytes and tags in, a header and a decoder out."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from thermal.exif import Tags
from thermal.frame import CelsiusArray, FrameInfo, Radiometry
from thermal.jpegtags import Segments
from thermal.laws import Law
from thermal.posetags import CameraClock, Placed, placed
from thermal.radiometry import RadiometryOverrides, looked_up
from thermal.uncertainty import SigmaParams, sigma_table
from thermal.xmp import parse_xmp


class TiffScale(Enum):
    """What the numbers of a plain TIFF mean, where its tags do not say."""

    CELSIUS = "celsius"
    KELVIN = "kelvin"
    DECIKELVIN = "decikelvin"
    CENTIKELVIN = "centikelvin"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user says about frames: better radiometric parameters, the scale of plain TIFFs, the lens.

    `hold_far_air`: DJI frames beyond 25 m are given the air of 25 m, instead of reading their table on.
    """

    overrides: RadiometryOverrides = field(default_factory=RadiometryOverrides)
    scale: TiffScale | None = None
    camera: Camera | None = None
    hold_far_air: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A file as a reader gets it: bytes, and the tags that were found in it."""

    path: Path
    data: bytes
    segments: Segments = field(default_factory=lambda: Segments((), whole=True))
    exif: Tags = field(default_factory=Tags)
    xmp: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def of(path: Path, data: bytes, segments: Segments, exif: Tags, xmp_packet: str) -> "Source":
        """A source with its XMP packet parsed."""
        return Source(path, data, segments, exif, parse_xmp(xmp_packet))


@dataclass(frozen=True, slots=True)
class Opened:
    """A frame whose header is read; `celsius()` decodes its temperatures, float32 (height, width).

    `raw()` gives the stored numbers, uint16 (height, width), and `law` how they become temperatures; both
    None where the file holds temperatures already.
    """

    info: FrameInfo
    celsius: Callable[[], CelsiusArray]
    source: Source
    law: Law | None = None
    raw: Callable[[], NDArray[np.uint16]] | None = None

    def sigma(self, params: SigmaParams | None = None) -> CelsiusArray | None:
        """One standard deviation of the temperatures, float32 (height, width); None without a law."""
        if self.law is None or self.raw is None:
            return None
        table = sigma_table(self.law, self.info.radiometry, params)
        return looked_up(table, self.raw(), shift=self.law.shift)


def by_law(info: FrameInfo, source: Source, law: Law, raw: Callable[[], NDArray[np.uint16]]) -> Opened:
    """A frame of raw numbers and their law, under the parameters of its header."""

    def celsius() -> CelsiusArray:
        return looked_up(law.table(info.radiometry), raw(), shift=law.shift)

    return Opened(info, celsius, source, law, raw)


def header(
    source: Source,
    *,
    reader: str,
    model: str,
    camera: Camera,
    radiometry: Radiometry,
    warnings: tuple[str, ...] = (),
    tags: dict[str, str] | None = None,
    clock: CameraClock | None = None,
) -> FrameInfo:
    """A frame's header, with pose and time from its tags; `clock` helps where those know no zone."""
    where = placed(source.exif, source.xmp, clock)
    return FrameInfo(
        source.path,
        reader,
        model,
        camera,
        radiometry,
        pose=where.pose,
        time_s=where.time_s,
        warnings=warnings + where.warnings + _distance_warning(radiometry, where),
        tags={"lens": camera.source, **(tags or {}), **(where.facts or {})},
    )


def _distance_warning(radiometry: Radiometry, where: Placed) -> tuple[str, ...]:
    """Said when a frame was taken from much farther than the air its radiometry accounts for."""
    height_m = None if where.pose is None else where.pose.altitude_home_m
    measured = (where.facts or {}).get("laser_distance_m")
    if measured is not None and radiometry.distance_m is not None:
        far = float(measured) >= 1.5 * radiometry.distance_m + 5.0
        counted = f"counts on {radiometry.distance_m:g} m of air"
        return (f"{counted}, the laser measured {measured} m: give the distance",) if far else ()
    if height_m is None or radiometry.distance_m is None or height_m < 1.5 * radiometry.distance_m + 5.0:
        return ()
    return (f"counts on {radiometry.distance_m:g} m of air, taken {height_m:.0f} m up: give the distance",)


def with_camera(info: FrameInfo, lens: Camera | None) -> FrameInfo:
    """The header with the user's lens, scaled to the frame's size; the file's pixel pitch is kept."""
    if lens is None:
        return info
    own = info.camera
    scale = own.width_px / lens.width_px
    camera = dataclasses.replace(
        lens,
        name=own.name,
        width_px=own.width_px,
        height_px=own.height_px,
        pitch_um=own.pitch_um,
        focal_mm=lens.focal_px * scale * own.pitch_um / 1000.0,
        cx_offset_px=lens.cx_offset_px * scale,
        cy_offset_px=lens.cy_offset_px * scale,
        source=lens.source or "user",
    )
    return dataclasses.replace(
        info,
        camera=camera,
        tags={**info.tags, "lens": camera.source},
        warnings=tuple(w for w in info.warnings if not w.startswith("the lens is not stated")),
    )
