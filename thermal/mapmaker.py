"""The recipe: a folder of frames becomes one heat map."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from core.camera import Camera
from core.clock import Clock, RealClock
from core.errors import SkyshadeError
from core.geo import FloatArray
from gis.crs import default_crs, metric_crs
from gis.raster import Band, read_band
from thermal.align import AlignParams
from thermal.blunders import BlunderParams, bad_tags, blurred
from thermal.drift import Drift, DriftParams, corrected, flat_image, solve_drift
from thermal.frame import CelsiusArray
from thermal.frames import find_frames, read_frame
from thermal.groundcover import CoverCorrection, GroundCover, correction, read_cover
from thermal.loading import ReadFrame, SeenFrame, load_frames
from thermal.mapreport import MapResult, result_of
from thermal.mosaic import BANDS, MosaicJob, PlacedFrame, Progress, ground_under, map_grid, write_mosaic
from thermal.ortho import BlendParams
from thermal.overlaps import sample_overlaps
from thermal.placement import Placement, first_level_m, place
from thermal.pose import Flight, Rejection, flight_from
from thermal.posefiles import PoseFile, TableOptions, match_poses, read_poses
from thermal.references import Anchor, Reference, View, anchor, disc_points, read_references, seen_temperature
from thermal.sidecars import MapFacts, iso, write_sidecars
from thermal.store import FrameStore
from thermal.tiepoints import TieParams
from thermal.tiles import MapPlace


class NothingToMapError(SkyshadeError):
    """No frame is left to draw."""


@dataclass(frozen=True, slots=True)
class MapParams:
    """What a user may choose; the defaults work.

    `gsd_m` metres a pixel (None: the frames' own), `crs` of the map (None: EPSG:5186 in Korea, else UTM),
    `dem` a terrain or surface model, `references` patches of known temperature, `poses` a file of where the
    frames were taken (`pose_table`: what it does not say itself), `cover` a raster of the ground's
    emissivity or land-cover codes (`cover_table` says what those mean), `workers` tiles and frames worked on
    at a time.
    """

    gsd_m: float | None = None
    crs: str | None = None
    dem: Path | None = None
    references: Path | None = None
    poses: Path | None = None
    pose_table: TableOptions = field(default_factory=TableOptions)
    cover: Path | None = None
    cover_table: Path | None = None
    workers: int = 2
    blunders: BlunderParams = field(default_factory=BlunderParams)
    ties: TieParams = field(default_factory=TieParams)
    align: AlignParams = field(default_factory=AlignParams)
    drift: DriftParams = field(default_factory=DriftParams)
    blend: BlendParams = field(default_factory=BlendParams)

    def __post_init__(self) -> None:
        if self.gsd_m is not None and not 0.005 <= self.gsd_m <= 50.0:
            raise ValueError(f"gsd_m must be in [0.005, 50], got {self.gsd_m}")
        if self.workers < 1:
            raise ValueError(f"workers must be >= 1, got {self.workers}")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the user gave beside the frames, read."""

    references: tuple[Reference, ...] = ()
    dem: Band | None = None
    poses: PoseFile | None = None
    cover: GroundCover | None = None


@dataclass(frozen=True, slots=True)
class Sorted:
    """Frames worth placing with their priors, and the others with the reason; `notes` on given poses."""

    flight: Flight
    seen: tuple[SeenFrame, ...]
    rejected: tuple[Rejection, ...]
    store: FrameStore
    notes: tuple[str, ...] = ()


def make_map(
    frames: Path | Sequence[Path],
    out: Path,
    params: MapParams | None = None,
    *,
    progress: Progress | None = None,
    read: ReadFrame = read_frame,
    clock: Clock | None = None,
) -> MapResult:
    """Make a heat map of `frames` (a folder or files) at `out`, a COG in degrees Celsius.

    Frames are placed by tie points and priors, freed of drift, projected on the ground and blended; a STAC
    item, a QGIS style and a quality report are written beside the map. Raises `SkyshadeError` subclasses.
    """
    chosen, watch = params or MapParams(), clock or RealClock()
    started = watch.monotonic_s()
    given = _inputs(chosen)
    paths = find_frames(frames) if isinstance(frames, Path) else tuple(frames)
    good = sort_frames(paths, chosen, read, given, progress)
    placed = place(
        good.flight,
        good.seen,
        chosen.ties,
        chosen.align,
        given.dem,
        workers=chosen.workers,
        progress=progress,
    )
    placed = replace(placed, notes=(*good.notes, *placed.notes))
    drift = find_drift(placed, chosen.drift)
    level = find_level(placed, drift, given.references, good.store, chosen.blend)
    job = replace(mosaic_job(placed, drift, level, good.store, chosen), cover=_cover(given, good))
    drawn = write_mosaic(job, out, _tags(placed, level), workers=chosen.workers, progress=progress)
    write_sidecars(out, _facts(placed, job, level), drawn.coldest_C, drawn.hottest_C)
    rejected = (*good.rejected, *placed.rejected)
    return result_of(out, placed, drift, level, job, drawn, rejected, watch.monotonic_s() - started)


def _inputs(params: MapParams) -> Inputs:
    """What was given, read first: a wrong file must not cost minutes."""
    if params.crs is not None:
        metric_crs(params.crs)
    references = read_references(params.references) if params.references else ()
    dem = read_band(params.dem) if params.dem else None
    poses = read_poses(params.poses, params.pose_table) if params.poses else None
    cover = read_cover(params.cover, params.cover_table) if params.cover else None
    return Inputs(references, dem, poses, cover)


def sort_frames(
    paths: Sequence[Path], params: MapParams, read: ReadFrame, given: Inputs, progress: Progress | None
) -> Sorted:
    """Read all files, place them by their tags, and leave out what must not be drawn."""
    seen, unreadable, store = load_frames(paths, read, params.ties, workers=params.workers, progress=progress)
    if not seen:
        first = unreadable[0]
        raise NothingToMapError(f"no frame can be used: {first.path}: {first.reason}")
    seen, notes = _with_given_poses(seen, given.poses)
    flight, unplaced = flight_from([s.info for s in seen])
    tagged, bad = bad_tags(flight, params.blunders)
    by_path = {s.info.path: s for s in seen}
    details = [by_path[p.info.path].detail for p in tagged]
    sharp, unsharp = blurred(tagged, details, first_level_m(flight, given.dem), params.blunders)
    kept = tuple(tagged[i] for i in sharp)
    rejected = (*unreadable, *unplaced, *bad, *unsharp)
    if not kept:
        raise NothingToMapError(f"no frame can be used: {rejected[0].path}: {rejected[0].reason}")
    frames = tuple(by_path[p.info.path] for p in kept)
    return Sorted(replace(flight, priors=kept), frames, rejected, store, notes)


def _with_given_poses(
    seen: list[SeenFrame], poses: PoseFile | None
) -> tuple[list[SeenFrame], tuple[str, ...]]:
    if poses is None:
        return seen, ()
    matched = match_poses([s.info for s in seen], poses)
    return [replace(s, info=info) for s, info in zip(seen, matched.infos, strict=True)], matched.notes


def _cover(given: Inputs, good: Sorted) -> CoverCorrection | None:
    return None if given.cover is None else correction(given.cover, [s.info for s in good.seen])


def find_drift(placed: Placement, params: DriftParams) -> Drift:
    """Offsets and flat field of the placed frames."""
    smalls = [s.small for s in placed.seen]
    samples = sample_overlaps(
        smalls, placed.aligned.poses, placed.aligned.camera, placed.ground, params.samples
    )
    return solve_drift(samples, _order(placed), params)


def _order(placed: Placement) -> FloatArray:
    """When each frame was taken, or its place in the list where one frame does not say."""
    times = [p.info.time_s for p in placed.flight.priors]
    return np.array(range(len(times)) if None in times else times, float)


def find_level(
    placed: Placement, drift: Drift, references: Sequence[Reference], store: FrameStore, blend: BlendParams
) -> Anchor:
    """The absolute level from ground references, or none."""
    camera = placed.aligned.camera
    flat = flat_image(drift.flat, camera)
    rows = []
    for reference in references:
        points = disc_points(reference, placed.flight.frame, placed.ground)
        views = [
            View(pose, corrected(store.get(prior.info.path), drift, k, flat, camera))
            for k, (pose, prior) in enumerate(zip(placed.aligned.poses, placed.flight.priors, strict=True))
            if np.hypot(*(points[:, :2].mean(axis=0) - pose.center_m[:2])) < pose.center_m[2] * 2.0
        ]
        rows.append((reference, *seen_temperature(points, views, camera, blend)))
    return anchor(rows)


def mosaic_job(
    placed: Placement, drift: Drift, level: Anchor, store: FrameStore, params: MapParams
) -> MosaicJob:
    """The drawing of placed, corrected frames, at their own resolution unless told."""
    poses, camera, frame = placed.aligned.poses, placed.aligned.camera, placed.flight.frame
    crs = params.crs or default_crs(frame.origin)
    gsd_m = params.gsd_m or own_gsd_m(placed)
    grid = map_grid(poses, camera, placed.ground, frame, crs, gsd_m)
    flat = flat_image(drift.flat, camera)
    frames = [
        PlacedFrame(pose, partial(_corrected, store, prior.info.path, drift, k, flat, camera, level.shift_K))
        for k, (pose, prior) in enumerate(zip(poses, placed.flight.priors, strict=True))
    ]
    return MosaicJob(frames, camera, placed.ground, MapPlace(grid, frame), params.blend, drift.noise_K)


def _corrected(
    store: FrameStore, path: Path, drift: Drift, k: int, flat: CelsiusArray, camera: Camera, shift_K: float
) -> CelsiusArray:
    return corrected(store.get(path), drift, k, flat, camera, shift_K)


def own_gsd_m(placed: Placement) -> float:
    """The frames' median ground sample distance, rounded to a millimetre."""
    heights: list[float] = [p.center_m[2] - ground_under(placed.ground, p) for p in placed.aligned.poses]
    return max(round(placed.aligned.camera.gsd_m(float(np.median(heights))), 3), 0.005)


def _times(placed: Placement) -> FloatArray:
    return np.array([p.info.time_s for p in placed.flight.priors if p.info.time_s is not None], float)


def _facts(placed: Placement, job: MosaicJob, level: Anchor) -> MapFacts:
    times = _times(placed)
    start, end = (float(times.min()), float(times.max())) if len(times) else (None, None)
    return MapFacts(job.place.grid, BANDS, start, end, level.label)


def _tags(placed: Placement, level: Anchor) -> dict[str, str]:
    times = _times(placed)
    start, end = (float(times.min()), float(times.max())) if len(times) else (None, None)
    return {
        "QUANTITY": "surface temperature, degrees Celsius",
        "TIME_START": iso(start) or "unknown",
        "TIME_END": iso(end) or "unknown",
        "LEVEL": level.label,
        "LEVEL_IS_ABSOLUTE": "yes" if level.absolute else "no",
        "GROUND": placed.ground.label,
    }
