"""One camera release: when, where, and which way the camera looked."""

import math
from dataclasses import dataclass

import numpy as np

from core.geo import Altitude, FloatArray, LonLat

_NED_TO_ENU = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
_CAMERA_TO_BODY = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])  # forward, right, down


@dataclass(frozen=True, slots=True)
class CameraAttitude:
    """The camera's (not the airframe's) attitude in degrees.

    As gimbal tags state it: yaw clockwise from true north, pitch 0 at the horizon and -90 straight down, roll
    about the optical axis; intrinsic rotations in the order yaw, pitch, roll. Looking straight down with roll
    0, the top of the image points to `yaw_deg`. (180 roll with the yaw turned by 180 is the same view: build
    the rotation, never read yaw alone.)
    """

    yaw_deg: float
    pitch_deg: float
    roll_deg: float = 0.0

    def __post_init__(self) -> None:
        if not all(math.isfinite(a) for a in (self.yaw_deg, self.pitch_deg, self.roll_deg)):
            raise ValueError(f"attitude must be finite, got {self.yaw_deg, self.pitch_deg, self.roll_deg}")

    def camera_to_enu(self) -> FloatArray:
        """The 3x3 rotation from camera axes (x image right, y image down, z forward) to east-north-up."""
        yaw, pitch, roll = (math.radians(a) for a in (self.yaw_deg, self.pitch_deg, self.roll_deg))
        cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (math.cos, math.sin))
        ned = (
            np.array([[cy, -sy, 0.0], [sy, cy, 0.0], [0.0, 0.0, 1.0]])
            @ np.array([[cp, 0.0, sp], [0.0, 1.0, 0.0], [-sp, 0.0, cp]])
            @ np.array([[1.0, 0.0, 0.0], [0.0, cr, -sr], [0.0, sr, cr]])
        )
        enu: FloatArray = _NED_TO_ENU @ ned @ _CAMERA_TO_BODY
        return enu


@dataclass(frozen=True, slots=True)
class Shot:
    """A camera release as a vehicle reported it, or as a plan wants it.

    `time_s` is UTC seconds since 1970 (None in a plan); `altitude` says its datum; `attitude` is None where
    nobody measured the camera's own attitude; `number` is the camera's own count, None where it has none.
    """

    index: int
    lonlat: LonLat
    altitude: Altitude
    time_s: float | None = None
    attitude: CameraAttitude | None = None
    number: int | None = None
