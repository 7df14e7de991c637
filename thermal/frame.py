"""A thermal frame as a value: what a file says of itself, and its temperatures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.geo import LonLat
from core.shot import CameraAttitude

CelsiusArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Radiometry:
    """The parameters that turn radiation into temperature; None = the file does not say.

    `humidity` is relative, 0..1; temperatures in degrees Celsius; `distance_m` camera to object.
    """

    emissivity: float | None = None
    distance_m: float | None = None
    humidity: float | None = None
    reflected_C: float | None = None
    ambient_C: float | None = None
    window_C: float | None = None
    window_transmission: float | None = None


@dataclass(frozen=True, slots=True)
class PosePrior:
    """Where a frame says it was taken, before any adjustment; None = unknown.

    Altitudes in metres over home (take-off), the WGS84 ellipsoid and mean sea level, each None where not
    known. Sigmas are one standard deviation: horizontal and vertical metres, attitude degrees. `source`
    names the tags or file it came from.
    """

    lonlat: LonLat
    altitude_home_m: float | None = None
    altitude_ellipsoid_m: float | None = None
    altitude_geoid_m: float | None = None
    attitude: CameraAttitude | None = None
    sigma_horizontal_m: float = 3.0
    sigma_vertical_m: float = 5.0
    sigma_attitude_deg: float = 2.0
    source: str = "EXIF"


@dataclass(frozen=True, slots=True)
class FrameInfo:
    """A frame's header: everything but its temperatures.

    `reader` is the name of the reader that understood it (`flir`, `dji-iirp`, `tiff`); `model` the camera's
    own name; `time_s` UTC seconds since 1970 (None = unknown; EXIF without zone is taken as UTC and
    said so in `warnings`); `tags` other facts worth showing, as text.
    """

    path: Path
    reader: str
    model: str
    camera: Camera
    radiometry: Radiometry
    pose: PosePrior | None = None
    time_s: float | None = None
    warnings: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame: header and temperatures, float32 (height, width) degrees Celsius, NaN where unknown."""

    info: FrameInfo
    celsius: CelsiusArray

    def __post_init__(self) -> None:
        expected = (self.info.camera.height_px, self.info.camera.width_px)
        if self.celsius.shape != expected:
            raise ValueError(
                f"{self.info.path}: temperatures are {self.celsius.shape}, camera says {expected}"
            )
