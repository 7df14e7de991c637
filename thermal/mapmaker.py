"""The recipe: a folder of frames becomes one heat map."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from core.camera import Camera
from core.clock import Clock, RealClock
from core.errors import SkyshadeError
from gis.crs import default_crs, metric_crs
from thermal.blunders import BlunderParams, bad_tags, blurred
from thermal.frames import find_frames, read_frame
from thermal.ground import Ground, PlaneGround
from thermal.loading import ReadFrame, SeenFrame, load_frames
from thermal.mosaic import (
    MosaicJob,
    MosaicResult,
    PlacedFrame,
    Progress,
    ground_under,
    map_grid,
    write_mosaic,
)
from thermal.ortho import BlendParams
from thermal.pose import CameraPose, Flight, Prior, Rejection, flight_from
from thermal.store import FrameStore
from thermal.tiepoints import TieParams
from thermal.tiles import MapPlace


class NothingToMapError(SkyshadeError):
    """No frame is left to draw."""


@dataclass(frozen=True, slots=True)
class MapParams:
    """What a user may choose; the defaults work.

    `gsd_m` metres a pixel (None: the frames' own), `crs` of the map (None: EPSG:5186 in Korea, else UTM),
    `workers` tiles and frames worked on at a time.
    """

    gsd_m: float | None = None
    crs: str | None = None
    workers: int = 2
    blunders: BlunderParams = field(default_factory=BlunderParams)
    ties: TieParams = field(default_factory=TieParams)
    blend: BlendParams = field(default_factory=BlendParams)

    def __post_init__(self) -> None:
        if self.gsd_m is not None and not 0.005 <= self.gsd_m <= 50.0:
            raise ValueError(f"gsd_m must be in [0.005, 50], got {self.gsd_m}")
        if self.workers < 1:
            raise ValueError(f"workers must be >= 1, got {self.workers}")


@dataclass(frozen=True, slots=True)
class MapResult:
    """What came out: the map's path and the figures a person needs to trust it."""

    path: Path
    frames_used: int
    frames_rejected: tuple[Rejection, ...]
    gsd_m: float
    size: tuple[int, int]
    seam_p95_K: float | None
    wall_s: float


@dataclass(frozen=True, slots=True)
class Sorted:
    """Frames worth drawing with their priors, and the others with the reason."""

    flight: Flight
    seen: tuple[SeenFrame, ...]
    rejected: tuple[Rejection, ...]
    store: FrameStore


def make_map(
    frames: Path | Sequence[Path],
    out: Path,
    params: MapParams | None = None,
    *,
    progress: Progress | None = None,
    read: ReadFrame = read_frame,
    clock: Clock | None = None,
) -> MapResult:
    """Make a heat map of `frames` (a folder or files) at `out`, a COG in degrees Celsius."""
    chosen, watch = params or MapParams(), clock or RealClock()
    started = watch.monotonic_s()
    paths = find_frames(frames) if isinstance(frames, Path) else tuple(frames)
    good = sort_frames(paths, chosen, read, progress)
    poses = [p.pose for p in good.flight.priors]
    ground = PlaneGround(0.0)
    job = mosaic_job(good, poses, ground, chosen)
    drawn = write_mosaic(job, out, {}, workers=chosen.workers, progress=progress)
    return _result(out, good, job, drawn, watch.monotonic_s() - started)


def sort_frames(
    paths: Sequence[Path], params: MapParams, read: ReadFrame, progress: Progress | None
) -> Sorted:
    """Read all files, place them by their tags, and leave out what must not be drawn."""
    seen, unreadable, store = load_frames(paths, read, params.ties, workers=params.workers, progress=progress)
    if not seen:
        first = unreadable[0]
        raise NothingToMapError(f"no frame can be used: {first.path}: {first.reason}")
    flight, unplaced = flight_from([s.info for s in seen])
    tagged, bad = bad_tags(flight.priors, 0.0, params.blunders)
    by_path = {s.info.path: s for s in seen}
    sharp, unsharp = blurred(tagged, [by_path[p.info.path].sharpness for p in tagged], params.blunders)
    kept = tuple(tagged[i] for i in sharp)
    rejected = (*unreadable, *unplaced, *bad, *unsharp)
    if not kept:
        raise NothingToMapError(f"no frame can be used: {rejected[0].path}: {rejected[0].reason}")
    return Sorted(replace(flight, priors=kept), tuple(by_path[p.info.path] for p in kept), rejected, store)


def mosaic_job(good: Sorted, poses: Sequence[CameraPose], ground: Ground, params: MapParams) -> MosaicJob:
    """The drawing of placed frames on the ground, at their own resolution unless told."""
    camera = good.flight.priors[0].info.camera
    crs = params.crs or default_crs(good.flight.frame.origin)
    metric_crs(crs)
    gsd_m = params.gsd_m or own_gsd_m(poses, camera, ground)
    grid = map_grid(poses, camera, ground, good.flight.frame, crs, gsd_m)
    placed = [
        PlacedFrame(pose, _loader(good.store, p)) for pose, p in zip(poses, good.flight.priors, strict=True)
    ]
    return MosaicJob(placed, camera, ground, MapPlace(grid, good.flight.frame), params.blend, 0.1)


def _loader(store: FrameStore, prior: Prior) -> Callable[[], np.ndarray]:
    return lambda: store.get(prior.info.path)


def own_gsd_m(poses: Sequence[CameraPose], camera: Camera, ground: Ground) -> float:
    """The frames' median ground sample distance, rounded to a millimetre."""
    heights = [p.center_m[2] - ground_under(ground, p) for p in poses]
    return max(round(camera.gsd_m(float(np.median(heights))), 3), 0.005)


def _result(out: Path, good: Sorted, job: MosaicJob, drawn: MosaicResult, wall_s: float) -> MapResult:
    return MapResult(
        path=out,
        frames_used=len(job.frames),
        frames_rejected=good.rejected,
        gsd_m=job.place.grid.pixel_m,
        size=(job.place.grid.shape[1], job.place.grid.shape[0]),
        seam_p95_K=drawn.seam_p95_K,
        wall_s=wall_s,
    )
