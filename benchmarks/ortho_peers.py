"""The peers' side of ortho.py: the scene as they read it, and the script that runs in .venv-bench."""

import json
import math
from pathlib import Path

import numpy as np
import rasterio
import rasterio.control
from affine import Affine

from core.camera import Camera
from core.geo import LocalFrame
from thermal.ground import RasterGround
from thermal.pose import CameraPose

PEER = """
import json, sys, time
name, folder = sys.argv[1:]
import numpy as np, rasterio
told = json.load(open(folder + "/scene.json"))
def orthority(dem):
    from orthority.camera import BrownCamera
    from orthority.ortho import Ortho
    from orthority.enums import Interp
    camera = BrownCamera(told["size"], told["focal"], cx=told["cx"], cy=told["cy"], k1=told["k1"],
                         k2=told["k2"], xyz=told["xyz"], opk=told["opk"])
    Ortho(folder + "/frame.tif", dem, camera, told["crs"]).process(
        folder + "/out.tif", resolution=(told["gsd"], told["gsd"]), interp=Interp.bilinear,
        build_ovw=False, overwrite=True, write_mask=False, dtype="float32")
def gdalwarp():
    from rasterio.control import GroundControlPoint
    from rasterio.vrt import WarpedVRT
    from rasterio.enums import Resampling
    gcps = [GroundControlPoint(*g) for g in told["gcps"]]
    transform = rasterio.transform.from_gcps(gcps)
    with rasterio.open(folder + "/gcps.tif") as source:
        with WarpedVRT(source, crs=told["crs"], resampling=Resampling.bilinear,
                       tolerance=0.125, nodata=np.nan) as warped:
            with rasterio.open(folder + "/out.tif", "w", driver="GTiff", height=warped.height,
                               width=warped.width, count=1, dtype="float32", crs=told["crs"],
                               transform=warped.transform, nodata=np.nan) as out:
                out.write(warped.read(1), 1)
work = {"orthority": lambda: orthority(folder + "/flat.tif"),
        "orthority dem": lambda: orthority(folder + "/town.tif"), "gdalwarp": gdalwarp}[name]
work()
took = []
for _ in range(3):
    start = time.process_time()
    work()
    took.append(time.process_time() - start)
with rasterio.open(folder + "/out.tif") as out:
    drawn = np.isfinite(out.read(1)) & (out.read_masks(1) > 0)
print(drawn.sum() / sorted(took)[1] / 1e6)
"""


def write_scene(
    folder: Path, image: np.ndarray, pose: CameraPose, camera: Camera, frame: LocalFrame, gsd_m: float,
    town: RasterGround,
) -> None:  # fmt: skip
    """The frame, the flat ground, the surface model and the camera, in the peers' words."""
    told = _camera_words(pose, camera) | {"crs": frame.proj4, "gsd": gsd_m}
    control = _control(pose, camera)
    told["gcps"] = control
    (folder / "scene.json").write_text(json.dumps(told), encoding="utf-8")
    _raster(folder / "frame.tif", image, {})
    gcps = [rasterio.control.GroundControlPoint(*g) for g in control]
    _raster(folder / "gcps.tif", image, {"gcps": gcps, "crs": frame.proj4, "nodata": np.nan})
    grid = town.band.grid
    place = {"crs": frame.proj4, "transform": grid.transform}
    _raster(folder / "town.tif", town.band.values.astype(np.float32), place)
    flat = np.zeros((40, 40), np.float32)
    _raster(folder / "flat.tif", flat, {"crs": frame.proj4, "transform": Affine(5, 0, -100, 0, -5, 100)})


def _camera_words(pose: CameraPose, camera: Camera) -> dict[str, object]:
    """OpenSfM's normalised camera; photogrammetry's angles, whose camera has y up and looks along -z."""
    turned = pose.rotation @ np.diag([1.0, -1.0, -1.0])
    size = max(camera.width_px, camera.height_px)
    return {
        "size": [camera.width_px, camera.height_px], "focal": camera.focal_px / size,
        "cx": camera.cx_offset_px / size, "cy": camera.cy_offset_px / size, "k1": camera.k1, "k2": camera.k2,
        "xyz": list(map(float, pose.center_m)),
        "opk": [math.atan2(-turned[1, 2], turned[2, 2]), math.asin(turned[0, 2]),
                math.atan2(-turned[0, 1], turned[0, 0])],
    }  # fmt: skip


def _control(pose: CameraPose, camera: Camera) -> list[list[float]]:
    """A lattice of the frame's pixels with their places on flat ground: row, column, x, y, z."""
    rows, cols = (a.ravel() for a in np.meshgrid(np.linspace(0, 511, 7), np.linspace(0, 639, 7)))
    rays = pose.rays(np.column_stack([cols, rows]), camera)
    at = pose.center_m + rays * (-pose.center_m[2] / rays[:, 2])[:, None]
    return [[r + 0.5, c + 0.5, *map(float, p)] for r, c, p in zip(rows, cols, at, strict=True)]


def _raster(path: Path, values: np.ndarray, words: dict[str, object]) -> None:
    rows, cols = values.shape
    profile = {"driver": "GTiff", "height": rows, "width": cols, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", **profile, **words) as out:
        out.write(values, 1)
