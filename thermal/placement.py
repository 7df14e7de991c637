"""Placing a flight: tie points, adjustment, the ground, and what has to be left out on the way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.geo import Datum
from gis.raster import Band
from thermal.align import Aligned, AlignParams, align, pair_tasks
from thermal.control import ControlPoint
from thermal.controlfit import sighted
from thermal.ground import Ground, PlaneGround, RasterGround, common_gap_m
from thermal.groups import Groups, grouped
from thermal.loading import SeenFrame
from thermal.mosaic import Progress
from thermal.pose import Flight, Rejection
from thermal.tiepoints import PairTask, TieParams, match_pairs
from thermal.tiesurface import fit_ground

_TEXTURED = 150  # keypoints of a frame that ought to match where it overlaps


@dataclass(frozen=True, slots=True)
class Placement:
    """Frames with their final places; `flight`, `seen` and `aligned` run in parallel.

    `notes` say frame by frame what a reader must know, `rejected` what was left out here.
    """

    flight: Flight
    seen: tuple[SeenFrame, ...]
    aligned: Aligned
    ground: Ground
    rejected: tuple[Rejection, ...]
    notes: tuple[str, ...]


def place(
    flight: Flight, seen: Sequence[SeenFrame], ties: TieParams, params: AlignParams, dem: Band | None,
    *, workers: int, progress: Progress | None, control: Sequence[ControlPoint] = (),
) -> Placement:  # fmt: skip
    """Adjust the flight, to ground control points where given, and leave out frames that prove wrong."""
    camera = flight.priors[0].info.camera
    keypoints = [s.keypoints for s in seen]
    level = first_level_m(flight, dem) or 0.0
    poses = [p.pose for p in flight.priors]
    tasks = pair_tasks(poses, keypoints, camera, level, params)
    groups = grouped(poses, [(t.first, t.second) for t in tasks], camera, level)
    lost = dict(groups.lost)
    matches = match_pairs(keypoints, tasks, camera.width_px, ties, workers=workers, progress=progress)
    points = sighted(control, flight.frame, [s.info.path.name for s in seen])
    model = None if dem is None else RasterGround(dem, flight.frame)
    aligned = align(flight.priors, keypoints, matches, level, params, dem=model, control=points)
    lost |= _disagreeing(seen, tasks, aligned, lost)
    rejected = tuple(Rejection(seen[k].info.path, reason) for k, reason in sorted(lost.items()))
    keep = [k for k in range(len(seen)) if k not in lost]
    kept = _select(aligned, keep)
    ground, notes = _ground(flight, kept, dem, level)
    return Placement(
        flight=replace(flight, priors=tuple(flight.priors[k] for k in keep)),
        seen=tuple(seen[k] for k in keep),
        aligned=kept,
        ground=ground,
        rejected=rejected,
        notes=(
            *notes,
            *_group_notes(groups, seen),
            *_control_notes(kept),
            *_frame_notes(seen, keep, kept, groups),
        ),
    )


def first_level_m(flight: Flight, dem: Band | None) -> float | None:
    """A first height of the ground: home's own, or the height model's below the flight; None if unknown."""
    if flight.zero is Datum.HOME:
        return 0.0
    if dem is None:
        return None
    at = np.array([p.pose.center_m[:2] for p in flight.priors])
    heights = RasterGround(dem, flight.frame).heights_m(at)
    return float(np.nanmedian(heights)) if np.isfinite(heights).any() else None


def _group_notes(groups: Groups, seen: Sequence[SeenFrame]) -> tuple[str, ...]:
    """One word on what does not hang together, then each frame that stands alone."""
    if groups.parts < 2:
        return ()
    alone = [
        f"{seen[k].info.path.name}: overlaps no other frame; placed by its tags alone" for k in groups.alone
    ]
    told = (
        f"The frames lie in {groups.parts} parts that do not overlap: each is placed by its own tags, and "
        "temperatures compare within a part better than between them."
    )
    return told, *alone


def _disagreeing(
    seen: Sequence[SeenFrame], tasks: Sequence[PairTask], aligned: Aligned, lost: dict[int, str]
) -> dict[int, str]:
    """Frames with texture that match none of the textured frames they should overlap."""
    fallback = set(aligned.fallback)
    out: dict[int, str] = {}
    for k in fallback - set(lost):
        partners = [t.second if t.first == k else t.first for t in tasks if k in {t.first, t.second}]
        able = sum(p not in fallback and len(seen[p].keypoints.pixels) >= _TEXTURED for p in partners)
        if len(seen[k].keypoints.pixels) >= _TEXTURED and able >= 2:
            out[k] = (
                f"matches none of the {able} frames it should overlap: its position or attitude tag is wrong"
            )
    return out


def _select(aligned: Aligned, keep: Sequence[int]) -> Aligned:
    index = np.array(keep, int)
    return replace(
        aligned,
        poses=tuple(aligned.poses[k] for k in keep),
        frame_points=aligned.frame_points[index],
        frame_rmse_px=aligned.frame_rmse_px[index],
        prior_shift_m=aligned.prior_shift_m[index],
        fallback=tuple(i for i, k in enumerate(keep) if k in set(aligned.fallback)),
    )


def _ground(
    flight: Flight, aligned: Aligned, dem: Band | None, level: float
) -> tuple[Ground, tuple[str, ...]]:
    points = aligned.points_m
    if dem is not None:
        model = RasterGround(dem, flight.frame)
        gap = points[:, 2] - model.heights_m(points[:, :2]) if len(points) else np.zeros(0)
        gap = gap[np.isfinite(gap)]
        if len(gap) >= 10:
            return replace(model, shift_m=common_gap_m(gap)), ()
        return model, (
            "The height model could not be checked against tie points; its heights are taken as told.",
        )
    if len(points) >= 10:
        return fit_ground(points), ()
    return PlaneGround(level), (
        "Too few tie points to find the ground: the map lies on the level of the take-off point.",
    )


def _control_notes(aligned: Aligned) -> tuple[str, ...]:
    return () if aligned.control is None else aligned.control.notes


def _frame_notes(
    seen: Sequence[SeenFrame], keep: Sequence[int], aligned: Aligned, groups: Groups
) -> list[str]:
    """Frames `keep` of `seen` that their tags alone place, though they overlap others."""
    return [
        f"{seen[keep[k]].info.path.name}: little thermal texture ({len(seen[keep[k]].keypoints.pixels)} "
        f"features, {int(aligned.frame_points[k])} tie points); placed by its tags alone"
        for k in aligned.fallback
        if keep[k] not in groups.alone
    ]
