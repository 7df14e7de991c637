"""What was surveyed for a rendered flight: reference temperatures, and control points with their pixels."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rendered_ground import ELEVATION_M, Ground, Patch, map_to_lonlat

from skyshade.demo.render import RenderCamera, TruePose, lens_shift, map_axes
from skyshade.demo.scene import Scene
from skyshade.demo.view import axes_of

MARK_PX, SURVEY_M = 0.3, 0.015  # sigma of a point marked by hand, and of the survey
EDGE_PX = 8.0


def write_control(
    folder: Path, town: Ground, poses: list[TruePose], names: list[str], camera: RenderCamera,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    """`references.csv` from the round patches, `gcps.csv` from the square ones."""
    with (folder / "references.csv").open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file, lineterminator="\n")
        write.writerow(["name", "lon", "lat", "radius_m", "temperature_C"])
        for p in (p for p in town.patches if p.round):
            at = map_to_lonlat(p.x_m, p.y_m)
            write.writerow([p.name, f"{at.lon:.9f}", f"{at.lat:.9f}", p.half_m, p.celsius])
    with (folder / "gcps.csv").open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file, lineterminator="\n")
        write.writerow(["name", "x", "y", "z", "crs", "z_datum", "image", "px", "py", "check"])
        for n, patch in enumerate(p for p in town.patches if not p.round):
            marks = list(_marks(town, patch, poses, names, camera, rng))
            _write_point(write, town.scene, patch, n % 3 == 1, marks, rng)


def _write_point(
    write: "csv._writer", scene: Scene, patch: Patch, check: bool, marks: list[tuple[str, float, float]],
    rng: np.random.Generator,
) -> None:  # fmt: skip
    x, y, z = np.array([patch.x_m, patch.y_m, patch.height_m]) + SURVEY_M * rng.standard_normal(3)
    place = [patch.name, f"{x:.3f}", f"{y:.3f}", f"{z + ELEVATION_M:.3f}", scene.crs, "geoid"]
    for name, px, py in marks:
        write.writerow([*place, name, f"{px:.2f}", f"{py:.2f}", "yes" if check else "no"])


def _marks(
    town: Ground, patch: Patch, poses: list[TruePose], names: list[str], camera: RenderCamera,
    rng: np.random.Generator,
) -> Iterator[tuple[str, float, float]]:  # fmt: skip
    """(frame, px, py) where a frame sees the patch; pixels count from the picture's upper left corner."""
    point = np.array([patch.x_m, patch.y_m, patch.height_m])
    for name, pose in zip(names, poses, strict=True):
        pixel, eye = pixel_of(town.scene, point, pose, camera)
        inside = (
            EDGE_PX < pixel[0] < camera.width_px - EDGE_PX and EDGE_PX < pixel[1] < camera.height_px - EDGE_PX
        )
        if inside and _in_sight(town.scene, point, eye):
            marked = pixel + 0.5 + MARK_PX * rng.standard_normal(2)
            yield name, float(marked[0]), float(marked[1])


def pixel_of(
    scene: Scene, point: NDArray[np.float64], pose: TruePose, camera: RenderCamera
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pixel (from the centre of the first) of a point in map metres and height, and the eye in the same."""
    from pyproj import Transformer

    x, y = Transformer.from_crs(4326, scene.crs, always_xy=True).transform(*pose.lonlat.xy)
    eye = np.array([x, y, pose.height_m])
    level = np.linalg.solve(map_axes(scene.crs, pose.lonlat), (point - eye)[:2])
    away, axes = np.array([*level, point[2] - eye[2]]), axes_of(pose.attitude)
    plain = np.array([away @ axes.right, away @ axes.down]) / (away @ axes.forward)
    if np.abs(plain).max() > 1.0:
        return np.full(2, np.nan), eye
    shift = lens_shift(camera, np.array(plain[0]), np.array(plain[1]))
    return np.array([camera.cx_px, camera.cy_px]) + camera.focal_px * (plain + np.array(shift)), eye


def _in_sight(scene: Scene, point: NDArray[np.float64], eye: NDArray[np.float64]) -> bool:
    """Whether nothing stands between the point and the eye."""
    along = np.linspace(0.02, 0.6, 120)[:, None]
    way = point + along * (eye - point)
    row = ((scene.north_m - way[:, 1]) / scene.cell_m).astype(int)
    column = ((way[:, 0] - scene.west_m) / scene.cell_m).astype(int)
    return bool(np.all(scene.height_m[row, column] < way[:, 2]))
