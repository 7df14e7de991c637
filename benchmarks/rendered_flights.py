"""Thermal flights with known truth: a folder of frames as a drone writes them, and everything about them.

    from rendered_flights import FlightParams, rendered_flight
    flight = rendered_flight(Path("/tmp/flights"), FlightParams(frames=32, seed=1, texture="weak", rtk=False))

makes (or finds, when made before) `flight.frames` to map, and beside it `references.csv`, `dsm.tif` (surface,
metres above sea level), `ground.tif` (bare ground), `temperature.tif` (true Celsius), `gcps.csv` and
`truth.json` (what `RenderedFlight` holds). Run by itself it makes one flight and prints what it is.
The demo's renderer makes the pictures: it shares no projection code with `thermal`.
"""

import argparse
import hashlib
import json
import math
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rendered_control import write_control
from rendered_frame import Said, m3t_jpeg, words_of
from rendered_ground import ELEVATION_M, Ground, GroundParams, make_ground, map_to_lonlat

from core.geo import LonLat
from core.shot import CameraAttitude
from skyshade.demo.render import RenderCamera, TruePose, make_stage, render_frame
from skyshade.demo.scene import Scene
from skyshade.demo.sensor import SensorParams, as_measured, drift_K, fixed_error_K, preview
from skyshade.demo.track import remembered
from skyshade.demo.view import attitude_of, nadir_axes

TEXTURES = {"weak": 0.1, "medium": 0.35, "strong": 1.0}
FRAME_COUNTS = (14, 32, 100, 300, 1000)
GEOID_M, START_S, SHOT_S = 23.4, 1_786_165_200.0, 2.0
FOCAL_MM, PITCH_UM = 9.1, 12.0
SPREAD_M = 60.0  # the town goes on this far beyond the outermost cameras
FALLOFF_K = 1.0
MADE_BY = 2  # raise it when flights of old caches must be made anew
SENSOR = SensorParams(falloff_K=FALLOFF_K, jump_K=0.0)


@dataclass(frozen=True, slots=True)
class FlightParams:
    """What flight to make. `gps_sigma_m` (level, height) is stated in the tags and drawn from.

    `texture` is "weak", "medium", "strong" or the factor itself. RTK flights state and have `rtk_sigma_m`.
    """

    frames: int = 32
    seed: int = 1
    texture: str | float = "strong"
    rtk: bool = True
    height_m: float = 60.0
    front: float = 0.75
    side: float = 0.65
    roofs_m: tuple[float, float] = (5.0, 20.0)
    relief_m: float = 3.0
    rtk_sigma_m: tuple[float, float] = (0.025, 0.04)
    gps_sigma_m: tuple[float, float] = (1.5, 2.5)
    shutter_K: float = 5.0

    @property
    def contrast(self) -> float:
        """The texture as a factor."""
        return self.texture if isinstance(self.texture, float) else TEXTURES[str(self.texture)]

    @property
    def name(self) -> str:
        """A folder's name that tells flights apart."""
        told = json.dumps([MADE_BY, asdict(self)], sort_keys=True)
        mark = hashlib.sha256(told.encode()).hexdigest()[:6]
        kind = "rtk" if self.rtk else "gps"
        return f"{self.frames}_{self.texture}_{kind}_s{self.seed}_{mark}"


@dataclass(frozen=True, slots=True)
class RenderedFlight:
    """A flight and its truth; arrays run in the order of `names`, which is the order of time.

    `center_m` (n, 3) true camera centres: EPSG:5186 easting, northing, height above home; `lonlat` (n, 2);
    `attitude_deg` (n, 3) true gimbal yaw, pitch, roll; `offset_K` (n,) the error all pixels of a frame share;
    `jumps` indices of the frames right after the shutter; `camera` the true lens; `falloff_K` that of the
    corners; `home` with `home_elevation_m` above mean sea level; `targets` squares of one temperature (map
    metres, half size, Celsius, height above home).
    """

    folder: Path
    params: FlightParams
    names: tuple[str, ...]
    center_m: NDArray[np.float64]
    lonlat: NDArray[np.float64]
    attitude_deg: NDArray[np.float64]
    offset_K: NDArray[np.float64]
    jumps: tuple[int, ...]
    camera: RenderCamera
    gsd_m: float
    home: LonLat
    home_elevation_m: float
    targets: tuple[dict[str, Any], ...]

    @property
    def frames(self) -> Path:
        """The folder of frames."""
        return self.folder / "frames"

    @property
    def references(self) -> Path:
        """Two patches of known temperature (CSV)."""
        return self.folder / "references.csv"

    @property
    def temperature(self) -> Path:
        """True temperature seen from above (GeoTIFF, Celsius)."""
        return self.folder / "temperature.tif"

    @property
    def dsm(self) -> Path:
        """Surface with roofs, crowns and cars, metres above mean sea level."""
        return self.folder / "dsm.tif"

    @property
    def ground(self) -> Path:
        """Bare ground, metres above mean sea level."""
        return self.folder / "ground.tif"

    @property
    def gcps(self) -> Path:
        """Ground control points with pixel observations (CSV)."""
        return self.folder / "gcps.csv"

    @property
    def falloff_K(self) -> NDArray[np.float32]:
        """The error each pixel keeps in every frame, (height, width)."""
        return fixed_error_K(SENSOR, self.camera, self.params.seed)


def rendered_flight(cache: Path, params: FlightParams | None = None, *, workers: int = 2) -> RenderedFlight:
    """The flight of `params` in a folder of its own under `cache`, made when it is not there yet."""
    chosen = params or FlightParams()
    folder = cache / chosen.name
    if not (folder / "truth.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "frames").mkdir(parents=True)
        _make(folder, chosen, workers)
    return read_flight(folder)


def read_flight(folder: Path) -> RenderedFlight:
    """A flight made before."""
    told = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    params = {k: tuple(v) if isinstance(v, list) else v for k, v in told.pop("params").items()}
    arrays = {k: np.array(told.pop(k)) for k in ("center_m", "lonlat", "attitude_deg", "offset_K")}
    return RenderedFlight(
        folder, FlightParams(**params), **arrays,
        names=tuple(told["names"]), jumps=tuple(told["jumps"]), camera=RenderCamera(**told["camera"]),
        gsd_m=told["gsd_m"], home=LonLat(*told["home"]), home_elevation_m=ELEVATION_M,
        targets=tuple(told["targets"]),
    )  # fmt: skip


def _make(folder: Path, params: FlightParams, workers: int) -> None:
    rng = np.random.default_rng([params.seed, 7])
    camera = _lens(rng)
    places, headings = _places(params)
    size = np.ptp(places, axis=0) + 2.0 * SPREAD_M
    town = make_ground(
        GroundParams(float(size[0]), float(size[1]), params.contrast, params.roofs_m, params.relief_m),
        params.seed,
    )
    poses, centers = _poses(params, town.scene, places, headings, rng)
    times = START_S + SHOT_S * np.arange(len(poses))
    offsets, jumps = _offsets(params, times, rng)
    said = _said(params, poses, centers, headings, times, rng)
    names = [f"DJI_20260808141000_{n + 1:04d}_T.JPG" for n in range(len(poses))]
    _write_frames(folder / "frames", names, town, poses, said, offsets, camera, params.seed, workers)
    write_layers(folder, town)
    write_control(folder, town, poses, names, camera, rng)
    truth = {
        "params": asdict(params), "names": names, "center_m": centers.tolist(),
        "lonlat": [p.lonlat.xy for p in poses],
        "attitude_deg": [(p.attitude.yaw_deg, p.attitude.pitch_deg, p.attitude.roll_deg) for p in poses],
        "offset_K": offsets.tolist(), "jumps": jumps, "camera": asdict(camera),
        "gsd_m": params.height_m / camera.focal_px, "home": town.scene.home.xy,
        "targets": [asdict(p) for p in town.patches if not p.round],
    }  # fmt: skip
    (folder / "truth.json").write_text(json.dumps(truth), encoding="utf-8")


def _lens(rng: np.random.Generator) -> RenderCamera:
    """The camera as it is: a little off what its tags say, and bent as a real M3T's is."""
    focal = FOCAL_MM * 1000.0 / PITCH_UM * (1.0 + 0.006 * rng.standard_normal())
    off, bend = 3.0 * rng.standard_normal(2), rng.standard_normal(4)
    return RenderCamera(
        640, 512, focal, 319.5 + off[0], 255.5 + off[1], k1=-0.28 + 0.02 * bend[0],
        k2=0.05 + 0.02 * bend[1],
        p1=4e-4 * bend[2], p2=4e-4 * bend[3], focal_mm=FOCAL_MM, model="M3T",
    )  # fmt: skip


def _places(params: FlightParams) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where shots are planned (metres east and north of the flight's middle), and the headings flown."""
    across, along = (params.height_m * PITCH_UM / FOCAL_MM / 1000.0 * n for n in (640, 512))
    base, spacing = along * (1.0 - params.front), across * (1.0 - params.side)
    lines = max(2, round(math.sqrt(params.frames * base / spacing)))
    shots = math.ceil(params.frames / lines)
    line, shot = np.divmod(np.arange(params.frames), shots)
    back = line % 2 == 1
    north = np.where(back, shots - 1 - shot, shot) * base
    places = np.column_stack([line * spacing, north])
    return places - (places.max(axis=0) + places.min(axis=0)) / 2.0, np.where(back, 180.0, 0.0)


def _poses(
    params: FlightParams, scene: Scene, places: NDArray[np.float64], headings: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[list[TruePose], NDArray[np.float64]]:  # fmt: skip
    """True poses: half a metre off the plan, the gimbal's own error the same for all, and its jitter."""
    rows, columns = scene.shape
    middle = scene.west_m + columns * scene.cell_m / 2, scene.north_m - rows * scene.cell_m / 2
    n = len(places)
    xy = places + middle + 0.5 * rng.standard_normal((n, 2))
    up = params.height_m + 0.5 * rng.standard_normal(n)
    tips = 0.3 * rng.standard_normal(2) + 0.3 * rng.standard_normal((n, 2))
    yaws = headings + 1.5 * rng.standard_normal() + 0.6 * rng.standard_normal(n)
    poses = [
        TruePose(
            map_to_lonlat(*xy[k]),
            float(up[k]),
            attitude_of(
                nadir_axes(float(yaws[k]), float(tips[k, 0]), float(tips[k, 1])), yaw_hint_deg=float(yaws[k])
            ),
        )
        for k in range(n)
    ]
    return poses, np.column_stack([xy, up])


def _offsets(
    params: FlightParams, times: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], list[int]]:
    """Drift with a shutter's step every two to four minutes, and at least one."""
    drift, jumps, n = drift_K(SENSOR, times, rng), [], len(times)
    at = int(rng.integers(n // 3, 2 * n // 3 + 1)) if n < 90 else int(rng.integers(30, 90))
    while at < n:
        jumps.append(at)
        drift[at:] += params.shutter_K * rng.uniform(0.3, 1.5) * rng.choice([-1.0, 1.0])
        drift[at:] *= 0.6  # the shutter sets the camera right, more or less
        at += int(rng.integers(60, 120))
    return drift, jumps


def _said(
    params: FlightParams, poses: list[TruePose], centers: NDArray[np.float64], headings: NDArray[np.float64],
    times: NDArray[np.float64], rng: np.random.Generator,
) -> list[Said]:  # fmt: skip
    """What the tags say: positions with their stated sigma, and a gimbal that always says -90."""
    level, height = params.rtk_sigma_m if params.rtk else params.gps_sigma_m
    errors = np.column_stack(
        [
            _position_error(times, s, params.rtk, rng)
            for s in (level / math.sqrt(2), level / math.sqrt(2), height)
        ]
    )
    yaws = headings + 0.4 * rng.standard_normal(len(poses))
    told = []
    for n, (pose, error) in enumerate(zip(poses, errors, strict=True)):
        up = pose.height_m + float(error[2])
        flipped = n % 2 == 1 and headings[n] > 0  # DJI writes one view in two ways
        gimbal = CameraAttitude(
            _half_turn(float(yaws[n]) + (180.0 if flipped else 0.0)), -90.0, 180.0 * flipped
        )
        place = map_to_lonlat(*(centers[n, :2] + error[:2]))
        told.append(
            Said(place, up, up + ELEVATION_M + GEOID_M, gimbal, float(times[n]), (level, height), params.rtk)
        )
    return told


def _position_error(
    times: NDArray[np.float64], sigma: float, rtk: bool, rng: np.random.Generator
) -> NDArray[np.float64]:
    """One axis: white for RTK; else a constant, a walk that remembers two minutes, and a little white."""
    white = rng.standard_normal(len(times)) * sigma
    if rtk:
        return white
    walk = remembered(times, 120.0, sigma * 0.55, rng)
    return sigma * 0.8 * rng.standard_normal() + walk + 0.25 * white


def _half_turn(degrees: float) -> float:
    return (degrees + 180.0) % 360.0 - 180.0


def _write_frames(
    folder: Path, names: list[str], town: Ground, poses: list[TruePose], said: list[Said],
    offsets: NDArray[np.float64], camera: RenderCamera, seed: int, workers: int,
) -> None:  # fmt: skip
    stage, fixed = make_stage(town.scene), fixed_error_K(SENSOR, camera, seed)

    def write(n: int) -> None:
        rng = np.random.Generator(np.random.SFC64([seed, 11, n]))
        seen = render_frame(stage, poses[n], camera)
        celsius = as_measured(seen, fixed, float(offsets[n]), SENSOR, rng)
        (folder / names[n]).write_bytes(m3t_jpeg(words_of(celsius), preview(celsius), said[n]))

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(write, range(len(poses))))


def write_layers(folder: Path, town: Ground) -> None:
    """The true rasters."""
    import cv2

    scene = town.scene
    _raster(folder / "temperature.tif", scene, scene.temperature_C, scene.cell_m)
    _raster(folder / "dsm.tif", scene, scene.height_m + np.float32(ELEVATION_M), scene.cell_m)
    rows, columns = (n // 10 for n in scene.shape)
    coarse = cv2.resize(
        scene.ground_m[: rows * 10, : columns * 10], (columns, rows), interpolation=cv2.INTER_AREA
    )
    _raster(folder / "ground.tif", scene, coarse + np.float32(ELEVATION_M), scene.cell_m * 10)


def _raster(path: Path, scene: Scene, values: NDArray[np.float32], cell_m: float) -> None:
    import rasterio
    from rasterio.transform import from_origin

    with rasterio.open(
        path, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1, dtype="float32",
        crs=scene.crs, transform=from_origin(scene.west_m, scene.north_m, cell_m, cell_m),
        compress="zstd", zstd_level=1, predictor=3, tiled=True, nodata=math.nan, num_threads=2,
    ) as file:  # fmt: skip
        file.write(values, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make one rendered flight (or find it in the cache).")
    parser.add_argument("cache", type=Path)
    parser.add_argument("--frames", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--texture", default="strong", help="weak, medium, strong or a factor")
    parser.add_argument("--gps", action="store_true", help="plain GPS instead of RTK")
    given = parser.parse_args()
    texture = given.texture if given.texture in TEXTURES else float(given.texture)
    wall, cpu = time.perf_counter(), time.process_time()
    flight = rendered_flight(given.cache, FlightParams(given.frames, given.seed, texture, rtk=not given.gps))
    print(f"{flight.folder}: {len(flight.names)} frames, {flight.gsd_m * 100:.1f} cm a pixel")
    print(f"{time.perf_counter() - wall:.1f} s wall, {time.process_time() - cpu:.1f} CPU-s")


if __name__ == "__main__":
    main()
