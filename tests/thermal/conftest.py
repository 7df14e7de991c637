"""A made flight over a made scene: rendered by ray and plane, with nothing of thermal's projection in it."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from core.camera import Camera
from core.geo import LocalFrame, LonLat
from core.shot import CameraAttitude
from thermal.frame import Frame, FrameInfo, PosePrior, Radiometry

HOME = LonLat(127.11, 37.37)


def looking(yaw_deg, pitch_deg, roll_deg):
    """Camera axes as rows (right, down, forward) in east-north-up, from first principles."""
    yaw, pitch, roll = np.radians([yaw_deg, pitch_deg, roll_deg])
    forward = np.array([np.sin(yaw) * np.cos(pitch), np.cos(yaw) * np.cos(pitch), np.sin(pitch)])
    right = np.array([np.cos(yaw), -np.sin(yaw), 0.0])
    down = np.cross(forward, right)
    return np.array(
        [
            np.cos(roll) * right + np.sin(roll) * down,
            np.cos(roll) * down - np.sin(roll) * right,
            forward,
        ]
    )


@dataclass
class Scene:
    """Ground at `ground_m` with texture, and box roofs (east, north, half side, height, celsius)."""

    seed: int = 0
    ground_m: float = 0.0
    roofs: tuple = ()
    contrast_K: float = 6.0
    layers: list = field(default_factory=list)

    def __post_init__(self):
        rng = np.random.default_rng(self.seed)
        for step, share in ((0.5, 0.25), (2.0, 0.5), (8.0, 0.8), (40.0, 1.0)):
            lattice = gaussian_filter(rng.normal(size=(256, 256)), 0.8, mode="wrap")
            self.layers.append((step, share * self.contrast_K * lattice / lattice.std() / 2.0))

    def ground_celsius(self, east, north):
        out = np.full(np.shape(east), 35.0)
        for step, lattice in self.layers:
            at = np.stack([np.ravel(north) / step, np.ravel(east) / step])
            out = out + map_coordinates(lattice, at, order=1, mode="grid-wrap").reshape(np.shape(east))
        return out

    def celsius(self, center, axes, camera):
        """What a camera sees (height, width): rays to the ground, roofs and walls in front of it."""
        cols, rows = np.meshgrid(np.arange(camera.width_px), np.arange(camera.height_px))
        x = (cols - (camera.width_px - 1) / 2) / camera.focal_px
        y = (rows - (camera.height_px - 1) / 2) / camera.focal_px
        ray = x[..., None] * axes[0] + y[..., None] * axes[1] + axes[2]

        def at(height):
            hit = center + ray * ((height - center[2]) / ray[..., 2])[..., None]
            return hit[..., 0], hit[..., 1]

        out = self.ground_celsius(*at(self.ground_m))
        for east, north, half, height, celsius in self.roofs:
            for level in np.linspace(self.ground_m, self.ground_m + height, 5):
                e, n = at(level)
                inside = (np.abs(e - east) < half) & (np.abs(n - north) < half)
                out = np.where(inside, celsius - (5.0 if level < self.ground_m + height else 0.0), out)
        return out


@dataclass
class Flight:
    """Frames by path, and the truth they were made from."""

    scene: Scene
    frames: dict
    centers: dict
    offsets: dict
    attitudes: dict = field(default_factory=dict)

    def read(self, path):
        return self.frames[path]

    @property
    def paths(self):
        return list(self.frames)


@dataclass(frozen=True)
class Noise:
    position_m: float = 1.0
    attitude_deg: float = 0.7
    celsius: float = 0.05
    drift_K: float = 2.0
    jump_K: float = 0.0
    falloff_K: float = 1.0
    tilt_K: float = 0.0
    seed: int = 1


CAMERA = Camera("test", 160, 128, 9.1, 48.0)


def fly(
    scene,
    *,
    height=60.0,
    lines=4,
    per_line=8,
    camera=CAMERA,
    noise=None,
    folder="flight",
    front=0.75,
    side=0.65,
):
    """A lawnmower flight; the drone turns round at the end of each line."""
    noise = noise or Noise()
    rng = np.random.default_rng(noise.seed)
    wide, long = camera.footprint_m(height - scene.ground_m)
    step, aside = long * (1 - front), wide * (1 - side)
    local = LocalFrame(HOME)
    frames, centers, offsets, attitudes = {}, {}, {}, {}
    total = lines * per_line
    for k in range(total):
        line, place = divmod(k, per_line)
        place = place if line % 2 == 0 else per_line - 1 - place
        yaw = 0.0 if line % 2 == 0 else 180.0
        center = np.array([line * aside, place * step, height]) + rng.normal(0, 0.3, 3)
        true = np.array([yaw, -90.0, 0.0]) + rng.normal(0, noise.attitude_deg, 3)
        t = scene.celsius(center, looking(*true), camera)
        cols, rows = np.meshgrid(np.linspace(-1, 1, camera.width_px), np.linspace(-1, 1, camera.height_px))
        offset = noise.drift_K * np.sin(3.0 * k / total) + (noise.jump_K if k >= total // 2 else 0.0)
        t = t + offset - noise.falloff_K * (cols**2 + rows**2) / 2 + noise.tilt_K * cols / 2
        t = t + rng.normal(0, noise.celsius, t.shape)
        told = center + rng.normal(0, noise.position_m, 3) * [1, 1, 0.5]
        lon, lat = local.to_lonlat(told[:2])
        pose = PosePrior(
            lonlat=LonLat(float(lon), float(lat)),
            altitude_home_m=float(told[2]),
            attitude=CameraAttitude(yaw, -90.0, 0.0),
            sigma_horizontal_m=max(noise.position_m, 0.05),
            sigma_vertical_m=max(noise.position_m, 0.05),
            sigma_attitude_deg=max(noise.attitude_deg, 0.2),
        )
        path = Path(folder) / f"frame_{k:04d}.jpg"
        info = FrameInfo(path, "made", "test", camera, Radiometry(), pose, 1.7e9 + 2.0 * k)
        frames[path] = Frame(info, t.astype(np.float32))
        centers[path], offsets[path], attitudes[path] = center, offset, true
    return Flight(scene, frames, centers, offsets, attitudes)


@pytest.fixture(scope="session")
def made():
    """The parts to make flights from."""

    class Made:
        pass

    Made.Scene, Made.Noise, Made.fly, Made.CAMERA, Made.HOME, Made.looking = (
        Scene, Noise, staticmethod(fly), CAMERA, HOME, staticmethod(looking)
    )  # fmt: skip
    return Made
