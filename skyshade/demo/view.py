"""Which way a camera looks, in the made scene's own algebra.

Written from the meaning of the angles alone and sharing nothing with the rooms that read the frames, so that
a mistake here and the same mistake there cannot hide each other.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.shot import CameraAttitude

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Axes:
    """The camera's axes as unit vectors (east, north, up): image right, image down, forward."""

    right: Vector
    down: Vector
    forward: Vector


def axes_of(attitude: CameraAttitude) -> Axes:
    """Axes of a camera whose gimbal stands at yaw, then pitch, then roll about the line of sight.

    Yaw clockwise from north, pitch 0 level and -90 straight down, roll clockwise as the camera sees it.
    """
    yaw, pitch, roll = (math.radians(a) for a in (attitude.yaw_deg, attitude.pitch_deg, attitude.roll_deg))
    level = math.cos(pitch)
    forward = np.array([math.sin(yaw) * level, math.cos(yaw) * level, math.sin(pitch)])
    right = np.array([math.cos(yaw), -math.sin(yaw), 0.0])
    down = np.cross(forward, right)
    return Axes(
        right=math.cos(roll) * right + math.sin(roll) * down,
        down=math.cos(roll) * down - math.sin(roll) * right,
        forward=forward,
    )


def attitude_of(axes: Axes, *, yaw_hint_deg: float) -> CameraAttitude:
    """The gimbal angles of `axes`; straight down, where yaw and roll are one, yaw is `yaw_hint_deg`."""
    east, north, up = axes.forward
    tipped = math.hypot(east, north) > 1e-9
    yaw_deg = math.degrees(math.atan2(east, north)) if tipped else yaw_hint_deg
    pitch_deg = math.degrees(math.atan2(up, math.hypot(east, north)))
    plain = axes_of(CameraAttitude(yaw_deg, pitch_deg))
    roll = math.atan2(float(axes.right @ plain.down), float(axes.right @ plain.right))
    return CameraAttitude(yaw_deg % 360.0, pitch_deg, math.degrees(roll))


def nadir_axes(heading_deg: float, ahead_deg: float, aside_deg: float) -> Axes:
    """Looking down, the image's top to `heading_deg`, tipped `ahead_deg` forward and `aside_deg` right."""
    heading = math.radians(heading_deg)
    ahead = np.array([math.sin(heading), math.cos(heading), 0.0])
    aside = np.array([math.cos(heading), -math.sin(heading), 0.0])
    forward = (
        np.array([0.0, 0.0, -1.0])
        + math.tan(math.radians(ahead_deg)) * ahead
        + math.tan(math.radians(aside_deg)) * aside
    )
    forward /= np.linalg.norm(forward)
    right = aside - float(aside @ forward) * forward
    right /= np.linalg.norm(right)
    return Axes(right, np.cross(forward, right), forward)
