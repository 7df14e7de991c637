"""What a thermal camera over the made scene sees: true perspective; roofs and crowns hide what is behind."""

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.geo import LonLat
from core.shot import CameraAttitude
from skyshade.demo.paint import FloatGrid
from skyshade.demo.scene import Scene
from skyshade.demo.town import Surface
from skyshade.demo.view import axes_of

STEEPEST = 0.65  # horizontal metres a ray may go for each metre it falls
_BLOCK = 16


@dataclass(frozen=True, slots=True)
class RenderCamera:
    """The camera in plain numbers.

    `focal_px` in pixels; the principal point `cx_px, cy_px` counts from the centre of the top left pixel;
    `k1, k2, k3, p1, p2` bend the ideal picture as Brown wrote it: x' = x(1 + k1 r2 + ...) + 2 p1 x y + ...
    """

    width_px: int = 640
    height_px: int = 512
    focal_px: float = 13000.0 / 17.0
    cx_px: float = 319.5
    cy_px: float = 255.5
    k1: float = 0.0
    k2: float = 0.0
    k3: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    focal_mm: float = 13.0
    model: str = "Zenmuse XT"


XT_13 = RenderCamera()


@dataclass(frozen=True, slots=True)
class TruePose:
    """Where the camera really is: place, height above home in metres, and its own attitude."""

    lonlat: LonLat
    height_m: float
    attitude: CameraAttitude


@dataclass(frozen=True, slots=True)
class Stage:
    """A scene made ready for looking at: bounds of the surface near each block of cells."""

    scene: Scene
    is_roof: NDArray[np.uint8]
    tops: FloatGrid
    bounds: FloatGrid


def make_stage(scene: Scene) -> Stage:
    """Prepare `scene` once for many frames."""
    import cv2

    rows, columns = (n // _BLOCK for n in scene.shape)
    blocks = scene.height_m[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    highest, lowest = blocks.max(axis=(1, 3)), blocks.min(axis=(1, 3))
    farthest_m = STEEPEST * float(np.abs(scene.height_m).max())
    reach = math.ceil(farthest_m / (_BLOCK * scene.cell_m)) + 1
    near, around = np.ones((3, 3), np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    return Stage(
        scene=scene,
        is_roof=(scene.surface == Surface.ROOF).view(np.uint8),
        tops=cv2.dilate(highest, around) + np.float32(0.05),
        bounds=np.stack([cv2.dilate(highest, near), cv2.erode(lowest, near)], axis=-1),
    )


def render_frame(stage: Stage, pose: TruePose, camera: RenderCamera = XT_13) -> FloatGrid:
    """The true temperature each pixel sees, float32 (height, width) degrees Celsius, before any sensor error.

    Raises `ValueError` when a ray leaves the vertical by more than about 33 degrees: this is a camera that
    looks down.
    """
    return _look(stage, pose, camera, want_hits=False)[0]


def seen_places(stage: Stage, pose: TruePose, camera: RenderCamera = XT_13) -> NDArray[np.float64]:
    """Where each pixel's ray meets the scene: (height, width, 3), map x, map y and height above home in m."""
    hits = _look(stage, pose, camera, want_hits=True)[1].astype(float)
    scene = stage.scene
    x = scene.west_m + (hits[..., 1] + 0.5) * scene.cell_m
    y = scene.north_m - (hits[..., 0] + 0.5) * scene.cell_m
    return np.stack([x, y, hits[..., 2]], axis=-1)


def _look(
    stage: Stage, pose: TruePose, camera: RenderCamera, *, want_hits: bool
) -> tuple[FloatGrid, FloatGrid]:
    from skyshade.demo import raycast

    scene = stage.scene
    plane, to_grid = ideal_plane(camera), _to_grid(scene, pose)
    _must_look_down(plane, to_grid, scene.cell_m, pose)
    out = np.empty((camera.height_px, camera.width_px), np.float32)
    hits = np.empty((*out.shape, 3) if want_hits else (0, 0, 0), np.float32)
    raycast.look(
        scene.temperature_C,
        scene.height_m,
        stage.is_roof,
        stage.tops,
        stage.bounds,
        _BLOCK,
        _eye(scene, pose),
        plane,
        to_grid,
        0.25 * pose.height_m / camera.focal_px / scene.cell_m,
        _quarter_turn(to_grid),
        scene.wall_C,
        out,
        hits,
    )
    return out, hits


def _to_grid(scene: Scene, pose: TruePose) -> NDArray[np.float64]:
    """3x3: image-plane (x, y, 1) to cells along rows (southwards), cells along columns, metres of fall."""
    axes = axes_of(pose.attitude)
    enu = np.stack([axes.right, axes.down, axes.forward], axis=1)
    flat = map_axes(scene.crs, pose.lonlat) @ enu[:2] / scene.cell_m
    return np.stack([-flat[1], flat[0], -enu[2]])


def _quarter_turn(to_grid: NDArray[np.float64]) -> tuple[float, float]:
    """(row, column) direction on the grid to a pixel's lower right quarter, sqrt 2 long."""
    right = to_grid[:2, 0] / np.linalg.norm(to_grid[:2, 0])
    return float(right[0] + right[1]), float(right[1] - right[0])


def _must_look_down(plane: FloatGrid, to_grid: NDArray[np.float64], cell_m: float, pose: TruePose) -> None:
    rim = np.concatenate([plane[0], plane[-1], plane[:, 0], plane[:, -1]])
    row, column, fall = to_grid @ np.column_stack([rim, np.ones(len(rim))]).T
    if bool(np.any(np.hypot(row, column) * cell_m > STEEPEST * fall)):
        raise ValueError(f"the camera must look down, got {pose.attitude}")


@functools.lru_cache(maxsize=4)
def ideal_plane(camera: RenderCamera) -> FloatGrid:
    """Undistorted image-plane coordinates (x right, y down, at distance 1) of pixels, (height, width, 2)."""
    columns, rows = np.meshgrid(np.arange(camera.width_px), np.arange(camera.height_px))
    bent_x = ((columns - camera.cx_px) / camera.focal_px).astype(np.float64)
    bent_y = ((rows - camera.cy_px) / camera.focal_px).astype(np.float64)
    x, y = bent_x, bent_y
    for _ in range(12):
        dx, dy = lens_shift(camera, x, y)
        x, y = bent_x - dx, bent_y - dy
    return np.stack([x, y], axis=-1).astype(np.float32)


def lens_shift(
    camera: RenderCamera, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far the lens moves the ideal point (x, y): distorted minus ideal."""
    r2 = x**2 + y**2
    bend = camera.k1 * r2 + camera.k2 * r2**2 + camera.k3 * r2**3
    dx = x * bend + 2.0 * camera.p1 * x * y + camera.p2 * (r2 + 2.0 * x**2)
    dy = y * bend + camera.p1 * (r2 + 2.0 * y**2) + 2.0 * camera.p2 * x * y
    return dx, dy


def _eye(scene: Scene, pose: TruePose) -> NDArray[np.float64]:
    x, y = _to_map(scene.crs).transform(*pose.lonlat.xy)
    row = (scene.north_m - y) / scene.cell_m - 0.5
    column = (x - scene.west_m) / scene.cell_m - 0.5
    return np.array([row, column, pose.height_m])


def map_axes(crs: str, place: LonLat) -> NDArray[np.float64]:
    """The 2x2 matrix from (east, north) metres at `place` to map metres: grid convergence and scale."""
    from pyproj import Geod

    reach_m = 100.0
    geod, to_map = Geod(ellps="WGS84"), _to_map(crs)
    home = np.array(to_map.transform(*place.xy))
    ends = [geod.fwd(place.lon, place.lat, bearing, reach_m)[:2] for bearing in (90.0, 0.0)]
    return np.stack([(np.array(to_map.transform(*end)) - home) / reach_m for end in ends], axis=1)


@functools.cache
def _to_map(crs: str) -> Any:
    from pyproj import Transformer

    return Transformer.from_crs("EPSG:4326", crs, always_xy=True)
