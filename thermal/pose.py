"""Where each camera stood and looked: poses in the flight's own metres, and the priors the tags give."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.camera import Camera
from core.errors import SkyshadeError
from core.geo import Datum, FloatArray, LocalFrame, LonLat
from core.shot import CameraAttitude
from thermal.frame import FrameInfo, PosePrior

MIN_SIGMA_M = 0.05  # antenna and camera are not at one point, whatever the receiver says


class NoPoseError(SkyshadeError):
    """Frames that cannot be placed at all."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A file left out of the map, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class CameraPose:
    """A camera in the flight's frame.

    `center_m` (3,) east-north-up metres in the flight's `LocalFrame`, up from the flight's zero height;
    `rotation` (3, 3) from camera axes (x right, y down, z forward) to east-north-up.
    """

    center_m: FloatArray
    rotation: FloatArray

    def pixels(self, points_m: FloatArray, camera: Camera) -> FloatArray:
        """East-north-up points (..., 3) to pixels (..., 2); NaN behind the camera."""
        return camera.project((np.asarray(points_m, float) - self.center_m) @ self.rotation)

    def rays(self, pixels: FloatArray, camera: Camera) -> FloatArray:
        """Pixels (..., 2) to east-north-up directions (..., 3), not normalised."""
        rays: FloatArray = camera.rays(pixels) @ self.rotation.T
        return rays

    @property
    def tilt_deg(self) -> float:
        """Angle between the optical axis and straight down, degrees."""
        return math.degrees(math.acos(float(np.clip(-self.rotation[2, 2], -1.0, 1.0))))


@dataclass(frozen=True, slots=True)
class Prior:
    """A frame's pose before adjustment, with one standard deviation in metres and radians."""

    info: FrameInfo
    pose: CameraPose
    sigma_m: FloatArray
    sigma_rad: float


@dataclass(frozen=True, slots=True)
class Flight:
    """Priors of one flight in one frame: heights are metres over `zero` (home where the tags say it)."""

    frame: LocalFrame
    zero: Datum
    priors: tuple[Prior, ...]


def altitude_m(prior: PosePrior, zero: Datum) -> float | None:
    """The prior's altitude over `zero`, None where it does not say."""
    return {
        Datum.HOME: prior.altitude_home_m,
        Datum.GEOID: prior.altitude_geoid_m,
        Datum.ELLIPSOID: prior.altitude_ellipsoid_m,
    }.get(zero)


def flight_from(infos: Sequence[FrameInfo]) -> tuple[Flight, list[Rejection]]:
    """Priors of all frames that can be placed, and the others with the reason.

    Heights count from home where most frames say it (absolute altitude tags can be 100 m wrong), else from
    the geoid, else from the ellipsoid. Raises `NoPoseError` when no frame can be placed.
    """
    zero = _zero(infos)
    placed, rejected = [], []
    for info in infos:
        reason = _unplaceable(info, zero)
        if reason is None:
            placed.append(info)
        else:
            rejected.append(Rejection(info.path, reason))
    if not placed:
        first = rejected[0]
        raise NoPoseError(
            f"{first.path.parent}: no frame can be placed ({first.path.name}: {first.reason})",
            hint="give the poses with --poses FILE",
        )
    frame = LocalFrame(_middle(placed))
    return Flight(frame, zero, tuple(_prior(info, frame, zero) for info in placed)), rejected


def _zero(infos: Sequence[FrameInfo]) -> Datum:
    order = (Datum.HOME, Datum.GEOID, Datum.ELLIPSOID)
    votes = [sum(i.pose is not None and altitude_m(i.pose, d) is not None for i in infos) for d in order]
    return order[int(np.argmax(votes))]


def _unplaceable(info: FrameInfo, zero: Datum) -> str | None:
    if info.pose is None:
        lost = next((w for w in info.warnings if w.startswith("not in ")), None)
        return lost or "the file does not say where it was taken"
    if altitude_m(info.pose, zero) is None:
        return f"the file does not say its altitude over {zero.value}, as the other frames do"
    if info.pose.attitude is None:
        return "the file does not say which way the camera looked"
    return None


def _middle(infos: Sequence[FrameInfo]) -> LonLat:
    places = np.array([i.pose.lonlat.xy for i in infos if i.pose is not None])
    lon, lat = np.median(places, axis=0)
    return LonLat(float(lon), float(lat))


def _prior(info: FrameInfo, frame: LocalFrame, zero: Datum) -> Prior:
    pose = info.pose
    assert pose is not None and pose.attitude is not None  # noqa: S101, PT018  # `_unplaceable` left the others out
    east, north = frame.point(pose.lonlat)
    up = altitude_m(pose, zero)
    horizontal, vertical = (max(s, MIN_SIGMA_M) for s in (pose.sigma_horizontal_m, pose.sigma_vertical_m))
    return Prior(
        info=info,
        pose=CameraPose(np.array([east, north, up], float), rotation_of(pose.attitude)),
        sigma_m=np.array([horizontal, horizontal, vertical]),
        sigma_rad=math.radians(max(pose.sigma_attitude_deg, 0.05)),
    )


def rotation_of(attitude: CameraAttitude) -> FloatArray:
    """The 3x3 rotation from camera axes to east-north-up."""
    return attitude.camera_to_enu()


def footprint_m(pose: CameraPose, camera: Camera, ground_m: float, *, reach: float = 3.0) -> FloatArray:
    """The frame's four corners on the level `ground_m`, (4, 2) east-north metres, clockwise in the image.

    Rays that do not come down within `reach` heights are cut there, so that an oblique frame stays finite.
    """
    w, h = camera.width_px - 0.5, camera.height_px - 0.5
    rays = pose.rays(np.array([[-0.5, -0.5], [w, -0.5], [w, h], [-0.5, h]]), camera)
    height = pose.center_m[2] - ground_m
    level = np.hypot(rays[:, 0], rays[:, 1])
    down = np.maximum(-rays[:, 2], level / reach)
    return np.asarray(pose.center_m[:2] + rays[:, :2] * (height / np.maximum(down, 1e-9))[:, None], float)
