"""A flight's frames: every shot rendered as the camera would have recorded it, and written as a file."""

import csv
import io
import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.errors import SkyshadeError
from core.files import writable_folder, write_text
from core.geo import LonLat
from core.shot import CameraAttitude, Shot
from skyshade.demo.framefile import FrameTags, RawFormat, write_radiometric_jpeg
from skyshade.demo.paint import FloatGrid
from skyshade.demo.radiance import Calibration, Surroundings, raw_counts
from skyshade.demo.render import XT_13, RenderCamera, Stage, TruePose, make_stage, render_frame
from skyshade.demo.scene import Scene
from skyshade.demo.sensor import SensorParams, as_measured, drift_K, fixed_error_K, preview
from skyshade.demo.track import TaggedPose, TrackParams, tagged_poses, times_of, true_poses

GEOID_M = 23.4  # of mean sea level above the WGS84 ellipsoid in Seongnam, about
POSES_NAME = "true_poses.csv"
POSE_COLUMNS = (
    "file",
    "lon",
    "lat",
    "height_home_m",
    "yaw_deg",
    "pitch_deg",
    "roll_deg",
    "time_s",
    "drift_K",
    "tag_lon",
    "tag_lat",
    "tag_height_home_m",
    "tag_yaw_deg",
    "tag_pitch_deg",
    "tag_roll_deg",
    "tag_time_s",
)


@dataclass(frozen=True, slots=True)
class RenderParams:
    """How frames are made: the camera, what it adds, what its tags say, and the file's own law.

    `surroundings` None takes the usual hot day at the first shot's height. `absolute_error_m` is the error of
    the absolute altitude tag, which on this camera is far worse than the relative one.
    """

    camera: RenderCamera = XT_13
    sensor: SensorParams = field(default_factory=SensorParams)
    track: TrackParams = field(default_factory=TrackParams)
    calibration: Calibration = field(default_factory=Calibration)
    surroundings: Surroundings | None = None
    raw_format: RawFormat = "plain"
    absolute_error_m: float = 14.0


@dataclass(frozen=True, slots=True)
class RenderedFrames:
    """The files in shot order, the table of true poses beside them, and that truth as values.

    `drift_K` is the error all pixels of a frame share.
    """

    folder: Path
    paths: tuple[Path, ...]
    true_poses_csv: Path
    poses: tuple[TruePose, ...]
    drift_K: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Job:
    """One frame to make."""

    path: Path
    pose: TruePose
    tagged: TaggedPose
    tags: FrameTags
    drift_K: float
    noise_seed: np.random.SeedSequence


def render_frames(
    scene: Scene,
    shots: Sequence[Shot],
    folder: Path,
    params: RenderParams | None = None,
    *,
    seed: int = 1,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> RenderedFrames:
    """Render each shot over `scene` and write radiometric JPEGs and `true_poses.csv` into `folder`.

    The shots' places and heights are taken as the truth; what the files say of them carries the errors of
    `params.track`. The same seed gives the same files whatever `workers` (threads; None = one a core).
    Raises `SkyshadeError` when there is no shot, `OutputError` when the folder cannot be written.
    """
    if not shots:
        raise SkyshadeError("there is no shot to render", hint="fly a plan whose camera triggers")
    params = params or RenderParams()
    folder = writable_folder(folder)
    _forget_earlier_run(folder)
    jobs = _jobs(scene, shots, folder, params, seed)
    _make_all(make_stage(scene), jobs, params, seed, workers or os.cpu_count() or 1, progress)
    table = folder / POSES_NAME
    write_text(table, _pose_table(jobs, times_of(shots).tolist()))
    return RenderedFrames(
        folder,
        tuple(j.path for j in jobs),
        table,
        tuple(j.pose for j in jobs),
        tuple(j.drift_K for j in jobs),
    )


def _forget_earlier_run(folder: Path) -> None:
    """Remove the frames an earlier run listed in its table, so that no stale frame gets into a map."""
    table = folder / POSES_NAME
    if not table.is_file():
        return
    for line in table.read_text(encoding="utf-8").splitlines()[1:]:
        name = line.split(",", 1)[0]
        if re.fullmatch(r"DJI_\d+\.jpg", name):
            (folder / name).unlink(missing_ok=True)
    table.unlink()


def _jobs(scene: Scene, shots: Sequence[Shot], folder: Path, params: RenderParams, seed: int) -> list[_Job]:
    seeds = np.random.SeedSequence(seed).spawn(3)
    pose_rng, drift_rng = (np.random.default_rng(s) for s in seeds[:2])
    poses = true_poses(scene, shots, params.track, pose_rng)
    tagged = tagged_poses(poses, shots, params.track, pose_rng)
    drifts = drift_K(params.sensor, times_of(shots), drift_rng).tolist()
    around = params.surroundings or Surroundings(distance_m=round(poses[0].height_m, 1))
    rtk = params.track.rtk_std_m is not None
    sea_m = scene.home_elevation_m + (GEOID_M if rtk else params.absolute_error_m)
    return [
        _Job(
            folder / f"DJI_{n + 1:04d}.jpg",
            pose,
            tag,
            _tags(tag, params, around, sea_m),
            drifts[n],
            noise_seed,
        )
        for n, (pose, tag, noise_seed) in enumerate(
            zip(poses, tagged, seeds[2].spawn(len(shots)), strict=True)
        )
    ]


def _tags(tag: TaggedPose, params: RenderParams, around: Surroundings, sea_m: float) -> FrameTags:
    return FrameTags(
        tag.lonlat,
        relative_altitude_m=tag.height_m,
        absolute_altitude_m=tag.height_m + sea_m,
        gimbal=tag.gimbal,
        flight=CameraAttitude(tag.gimbal.yaw_deg, -8.0, 0.0),
        time_s=tag.time_s,
        focal_mm=params.camera.focal_mm,
        calibration=params.calibration,
        surroundings=around,
        raw_format=params.raw_format,
        rtk_std_m=params.track.rtk_std_m,
    )


def _make_all(
    stage: Stage,
    jobs: Sequence[_Job],
    params: RenderParams,
    seed: int,
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Make every frame on threads: casting, packing and writing all let go of Python's lock."""
    fixed_K = fixed_error_K(params.sensor, params.camera, seed)
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        made = pool.map(lambda job: _make(stage, job, params, fixed_K), jobs)
        try:
            for done, _ in enumerate(made, start=1):
                if progress is not None:
                    progress(done, len(jobs))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _make(stage: Stage, job: _Job, params: RenderParams, fixed_K: FloatGrid) -> None:
    rng = np.random.Generator(np.random.SFC64(job.noise_seed))
    seen = render_frame(stage, job.pose, params.camera)
    celsius = as_measured(seen, fixed_K, job.drift_K, params.sensor, rng)
    raw = raw_counts(celsius, params.calibration, job.tags.surroundings)
    write_radiometric_jpeg(job.path, raw, preview(celsius), job.tags)


def _pose_table(jobs: Sequence[_Job], times_s: Sequence[float]) -> str:
    """The truth of each frame and what its tags say of it, as CSV text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(POSE_COLUMNS)
    for job, time_s in zip(jobs, times_s, strict=True):
        true, said = job.pose, job.tagged
        writer.writerow(
            [
                job.path.name,
                *_numbers(true.lonlat, true.height_m, true.attitude, time_s),
                f"{job.drift_K:.4f}",
                *_numbers(said.lonlat, said.height_m, said.gimbal, said.time_s),
            ]
        )
    return text.getvalue()


def _numbers(place: LonLat, height_m: float, attitude: CameraAttitude, time_s: float) -> list[str]:
    angles = (attitude.yaw_deg, attitude.pitch_deg, attitude.roll_deg)
    return [
        f"{place.lon:.9f}",
        f"{place.lat:.9f}",
        f"{height_m:.3f}",
        *(f"{a:.5f}" for a in angles),
        f"{time_s:.3f}",
    ]
