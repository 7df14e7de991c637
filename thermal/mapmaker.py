"""The recipe: a folder of frames becomes one heat map."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.clock import Clock, RealClock
from core.files import writable_folder, write_bytes
from core.geo import FloatArray
from thermal.drift import Drift, DriftParams, corrected, flat_image, jump_texts, solve_drift
from thermal.frames import find_frames, read_frame
from thermal.groundcover import CoverCorrection, correction
from thermal.inputs import Inputs, MapParams, dem_notes, read_inputs
from thermal.loading import ReadFrame
from thermal.mapreport import MapResult, result_of
from thermal.mosaic import BANDS, MosaicJob, Progress
from thermal.ortho import BlendParams
from thermal.overlaps import sample_overlaps
from thermal.placement import Placement, place
from thermal.references import Anchor, Reference, View, anchor, disc_points, seen_temperature
from thermal.sidecars import MapFacts, iso, write_sidecars
from thermal.sorting import NothingToMapError, Sorted, sort_frames
from thermal.store import FrameStore
from thermal.work.drawmap import DrawParams, draw_map
from thermal.work.executors import Threads
from thermal.work.framesource import adopt, release
from thermal.work.plan import planned_drawing
from thermal.work.redraw import known_before
from thermal.work.shelf import Shelf, Write

__all__ = ["Inputs", "MapParams", "NothingToMapError", "make_map", "sort_frames"]


def make_map(
    frames: Path | Sequence[Path],
    out: Path,
    params: MapParams | None = None,
    *,
    progress: Progress | None = None,
    read: ReadFrame = read_frame,
    clock: Clock | None = None,
    write: Write = write_bytes,
) -> MapResult:
    """Make a heat map of `frames` (a folder or files) at `out`, a COG in degrees Celsius.

    Frames are placed by tie points and priors, freed of drift, projected on the ground and blended; a STAC
    item, a QGIS style and a quality report are written beside the map. A run that was stopped goes on where
    it was, and a map of before gives the tiles that are good still. `write` puts a finished tile into a file,
    whole or not at all. Raises `SkyshadeError` subclasses.
    """
    chosen, watch, shelf = params or MapParams(), clock or RealClock(), Shelf(out, write)
    started = watch.monotonic_s()
    writable_folder(out.parent)
    given = read_inputs(chosen)
    paths = find_frames(frames) if isinstance(frames, Path) else tuple(frames)
    good = sort_frames(paths, chosen, read, given, progress)
    placed = placed_frames(good, chosen, given, progress)
    drift = find_drift(placed, chosen.drift)
    level = find_level(placed, drift, given.references, good.store, chosen.blend)
    placed = replace(placed, notes=(*placed.notes, *level.notes, *_jumps(placed, drift)))
    before = known_before(shelf)
    plan = planned_drawing(placed, drift, level, chosen, read, _cover(given, good), before)
    adopt(plan.correction, good.store)
    try:
        draw = DrawParams(chosen.executor or Threads(chosen.workers), chosen.tile_blocks, chosen.keep)
        drawn = draw_map(shelf, plan.job, plan.drawing, _tags(placed, level), draw, before, progress)
    finally:
        release(plan.correction)
    write_sidecars(out, _facts(placed, plan.job, level), drawn.coldest_C, drawn.hottest_C)
    rejected = (*good.rejected, *placed.rejected)
    return result_of(out, placed, drift, level, plan.job, drawn, rejected, watch.monotonic_s() - started)


def placed_frames(good: Sorted, params: MapParams, given: Inputs, progress: Progress | None) -> Placement:
    """The frames' final places, with what a reader must know of them."""
    placed = place(
        good.flight, good.seen, params.ties, params.align, given.dem, workers=params.workers,
        progress=progress, control=given.control,
    )  # fmt: skip
    return replace(placed, notes=(*good.notes, *placed.notes, *dem_notes(placed)))


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


def _jumps(placed: Placement, drift: Drift) -> list[str]:
    return jump_texts(drift, [p.info.path.name for p in placed.flight.priors])


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
