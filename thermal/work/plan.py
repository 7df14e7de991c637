"""From placed frames to the job whose tiles are drawn, in step with the map of before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import numpy as np

from gis.crs import default_crs
from gis.grid import GeoGrid
from thermal.drawing import BANDS, MosaicJob, PlacedFrame, ground_under, planned
from thermal.drift import Drift
from thermal.groundcover import CoverCorrection
from thermal.inputs import MapParams
from thermal.loading import ReadFrame
from thermal.mosaic import map_grid
from thermal.placement import Placement
from thermal.references import Anchor
from thermal.tiles import MapPlace
from thermal.work.framesource import CorrectedFrame, Correction
from thermal.work.holding import held
from thermal.work.record import Drawing, FrameFacts, FrameKey, frame_facts, nine_pixels, settings_mark
from thermal.work.redraw import MapBefore, grown

DRAWN_BY = 2
"""Raise it when tiles of before must be drawn anew, because drawing itself has changed."""

_FILES = ("dem", "references", "gcp", "poses", "cover", "cover_table")
_CHOICES = (
    "gsd_m", "crs", "gcp_check", "pose_table", "sessions", "blunders", "ties", "align", "drift", "blend",
)  # fmt: skip
_SAME_GSD = 0.05  # a map's own resolution is kept when added frames would change it by less


@dataclass(frozen=True, slots=True)
class Plan:
    """The planned job, what is taken off its frames, and what its tiles are drawn from."""

    job: MosaicJob
    correction: Correction
    drawing: Drawing


def planned_drawing(
    placed: Placement,
    drift: Drift,
    level: Anchor,
    params: MapParams,
    read: ReadFrame,
    cover: CoverCorrection | None,
    before: MapBefore | None,
) -> Plan:
    """The drawing of placed frames, at their own resolution unless told; numbers and tiles as before.

    A map of before that was made to other wishes holds nothing.
    """
    keys = [FrameKey.of(p.info.path) for p in placed.flight.priors]
    wishes = wishes_mark(params)
    before = before if before is not None and before.wishes == wishes else None
    known = before.frames if before else {}
    grid = _grid(placed, params, before)
    camera = placed.aligned.camera
    poses = placed.aligned.poses
    if before is not None and grid.crs == before.grid.crs:
        poses, drift = held(placed, drift, keys, known, grid.crs, grid.pixel_m)
    correction = Correction(uuid4().hex, read, drift, camera, level)
    correction = replace(correction, level=_kept_level(correction, keys, known))
    frames = tuple(
        PlacedFrame(pose, CorrectedFrame(prior.info.path, k, correction))
        for k, (pose, prior) in enumerate(zip(poses, placed.flight.priors, strict=True))
    )
    place = MapPlace(grid, placed.flight.frame)
    job = planned(MosaicJob(frames, camera, placed.ground, place, params.blend, drift.noise_K, cover))
    numbers = frame_numbers(keys, known)
    if job.plan is not None:
        job = replace(job, plan=replace(job.plan, numbers=numbers))
    facts = frame_facts(keys, numbers, job, correction)
    drawing = Drawing(_settings(job, params, read), grid, facts, wishes)
    return Plan(job, correction, drawing)


def frame_numbers(keys: Sequence[FrameKey], known: Mapping[FrameKey, FrameFacts]) -> tuple[int, ...]:
    """A number for each frame, counted from 0: frames of before keep theirs, new ones follow."""
    following = max((f.number for f in known.values()), default=-1) + 1
    numbers = []
    for key in keys:
        if key in known:
            numbers.append(known[key].number)
        else:
            numbers.append(following)
            following += 1
    return tuple(numbers)


def _grid(placed: Placement, params: MapParams, before: MapBefore | None) -> GeoGrid:
    crs = params.crs or default_crs(placed.flight.frame.origin)
    gsd_m = params.gsd_m or own_gsd_m(placed)
    if params.gsd_m is None and before and abs(before.grid.pixel_m / gsd_m - 1.0) < _SAME_GSD:
        gsd_m = before.grid.pixel_m
    aligned = placed.aligned
    grid = map_grid(aligned.poses, aligned.camera, placed.ground, placed.flight.frame, crs, gsd_m)
    if before is None or before.blocks != params.tile_blocks:
        return grid
    return grown(grid, before)


def own_gsd_m(placed: Placement) -> float:
    """The frames' median ground sample distance, rounded to a millimetre."""
    heights: list[float] = [p.center_m[2] - ground_under(placed.ground, p) for p in placed.aligned.poses]
    return max(round(placed.aligned.camera.gsd_m(float(np.median(heights))), 3), 0.005)


def _kept_level(
    correction: Correction, keys: Sequence[FrameKey], known: Mapping[FrameKey, FrameFacts]
) -> Anchor:
    """Without references the level is the mean of the frames; added frames must not move that of the map."""
    level = correction.level
    if level.absolute:
        return level
    now = correction.at_all(nine_pixels(correction.camera)[4:5])[:, 0]
    moved = [known[k].correction_K[4] - now[i] for i, k in enumerate(keys) if k in known]
    by_K = round(float(np.median(moved)), 3) if moved else 0.0  # records are kept to a tenth of that
    return replace(level, shift_K=level.shift_K + by_K)


def _settings(job: MosaicJob, params: MapParams, read: ReadFrame) -> str:
    return settings_mark({
        "drawn by": DRAWN_BY, "bands": BANDS, "crs": job.place.grid.crs, "pixel": job.place.grid.pixel_m,
        "blend": repr(params.blend), "reading": repr(getattr(read, "keywords", {})),
        "camera": [job.camera.width_px, job.camera.height_px],
        "dem": _file(params.dem), "cover": _file(params.cover), "table": _file(params.cover_table),
    })  # fmt: skip


def wishes_mark(params: MapParams) -> str:
    """Stands for all that a user chose, files by size and time: a map made to other wishes is not held."""
    files = {name: _file(getattr(params, name)) for name in _FILES}
    return settings_mark(files | {name: repr(getattr(params, name)) for name in _CHOICES})


def _file(path: Path | None) -> object:
    return None if path is None else FrameKey.of(path).plain
