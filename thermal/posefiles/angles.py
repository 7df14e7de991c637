"""Attitudes as tables state them: gimbal angles, camera angles (0 = straight down), omega-phi-kappa."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from core.geo import FloatArray
from core.shot import CameraAttitude
from thermal.posetags import from_pix4d

_GIMBAL = ("gimbal_yaw", "gimbal_pitch", "gimbal_roll")
_CAMERA = ("yaw", "pitch", "roll")
_OMEGA = ("omega", "phi", "kappa")
_STEEP_DEG = 45.0
_PHOTO_TO_CAMERA = np.diag([1.0, -1.0, -1.0])  # photogrammetry's y is up and its z backward

Row = Mapping[str, float]


def attitudes(rows: Sequence[Row]) -> tuple[list[CameraAttitude | None], str | None]:
    """One attitude a row, and what was decided: `yaw, pitch, roll` stands for two conventions.

    Pitches near -90 are a gimbal's, pitches near 0 a camera's whose 0 is straight down. None where a row, or
    the whole table, does not say.
    """
    if any(_has(row, _GIMBAL[:2]) for row in rows):
        return [_gimbal(row, _GIMBAL) for row in rows], None
    if any(_has(row, _OMEGA) for row in rows):
        return [_omega(row) for row in rows], None
    pitches = [row["pitch"] for row in rows if _has(row, _CAMERA[:2])]
    if not pitches:
        return [None] * len(rows), None
    if float(np.median(np.abs(pitches))) > _STEEP_DEG:
        return [_gimbal(row, _CAMERA) for row in rows], "pitch is read as a gimbal's: -90 is straight down"
    return [_pix4d(row) for row in rows], "pitch is read as a camera's: 0 is straight down"


def _has(row: Row, names: Sequence[str]) -> bool:
    return all(name in row for name in names)


def _gimbal(row: Row, names: Sequence[str]) -> CameraAttitude | None:
    if not _has(row, names[:2]):
        return None
    return CameraAttitude(row[names[0]], row[names[1]], row.get(names[2], 0.0))


def _pix4d(row: Row) -> CameraAttitude | None:
    if not _has(row, _CAMERA[:2]):
        return None
    return from_pix4d(row["yaw"], row["pitch"], row.get("roll", 0.0))


def _omega(row: Row) -> CameraAttitude | None:
    """Rotations about x, y, z of the map's axes, in that order; the photo's y up, its z backward.

    Source: the usual definition in photogrammetry (Kraus, Photogrammetry, vol. 1, B 4.1).
    """
    if not _has(row, _OMEGA):
        return None
    omega, phi, kappa = (math.radians(row[name]) for name in _OMEGA)
    turn = _about(0, omega) @ _about(1, phi) @ _about(2, kappa)
    return attitude_from(turn @ _PHOTO_TO_CAMERA)


def _about(axis: int, angle: float) -> FloatArray:
    c, s = math.cos(angle), math.sin(angle)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    turn = np.eye(3)
    turn[i, i] = turn[j, j] = c
    turn[j, i], turn[i, j] = s, -s
    return turn


def attitude_from(camera_to_enu: FloatArray) -> CameraAttitude:
    """The gimbal angles of a rotation from camera axes to east-north-up; roll 0 where it looks down."""
    right, below, ahead = camera_to_enu.T
    pitch = math.asin(float(np.clip(ahead[2], -1.0, 1.0)))
    if abs(ahead[2]) > 1 - 1e-13:  # yaw and roll turn about the same axis
        return CameraAttitude(math.degrees(math.atan2(-right[1], right[0])), math.degrees(pitch))
    yaw = math.atan2(ahead[0], ahead[1])
    roll = math.atan2(-float(right[2]), -float(below[2]))
    return CameraAttitude(math.degrees(yaw), math.degrees(pitch), math.degrees(roll))
