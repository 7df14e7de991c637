"""Added frames change all poses and offsets a little; the map of before is held where the change is small.

A known frame is put back to where it was drawn, an added one moves along with the known frames nearest to it.
Both are told by the record of the map: where nine pixels of each frame fell, and what was taken off there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.camera import Camera
from core.geo import FloatArray
from gis.crs import change_between
from thermal.bundle import exponential
from thermal.drawing import ground_under
from thermal.drift import Drift
from thermal.driftsolve import flat_basis
from thermal.ground import Ground
from thermal.overlaps import centred
from thermal.placement import Placement
from thermal.pose import CameraPose
from thermal.work.record import FrameFacts, FrameKey, nine_pixels

_SIGMAS = np.array([0.05, 0.05, 0.05, 0.002, 0.002, 0.002])  # m, rad: tell shifts from tilts
_ROUNDS = 3
_SAME_PX, _SAME_K = 0.01, 0.002  # records are rounded


@dataclass(frozen=True, slots=True)
class HoldParams:
    """The map of before is held while half of its frames moved by less than `place_px` and `correction_K`.

    An added frame takes the mean shift of its `nearest` known ones.
    """

    place_px: float = 1.0
    correction_K: float = 0.5
    nearest: int = 4


def held(
    placed: Placement, drift: Drift, keys: Sequence[FrameKey], known: Mapping[FrameKey, FrameFacts],
    crs: str, pixel_m: float, params: HoldParams | None = None,
) -> tuple[tuple[CameraPose, ...], Drift]:  # fmt: skip
    """Poses and drift to draw with: those of before as far as they are known, or the new ones."""
    chosen, poses = params or HoldParams(), placed.aligned.poses
    old = [k for k, key in enumerate(keys) if key in known]
    if not old:
        return poses, drift
    camera, ground, local = placed.aligned.camera, placed.ground, placed.flight.frame.proj4
    to_local = change_between(crs, local)
    targets = {k: np.column_stack(to_local.transform(*known[keys[k]].xy.T)) for k in old}
    pixels = nine_pixels(camera)
    moved = [np.hypot(*(_hits(poses[k], pixels, camera, ground) - targets[k]).T).max() for k in old]
    taken = {k: known[keys[k]].correction_K[:9] for k in old}
    changed = [
        np.abs(taken[k] - _field(drift, k, pixels, camera) - _level(drift, taken, camera)).max() for k in old
    ]
    if max(moved) < _SAME_PX * pixel_m and max(changed) < _SAME_K:
        return poses, drift  # the same run again: the same bytes
    if np.median(moved) > chosen.place_px * pixel_m or np.median(changed) > chosen.correction_K:
        return poses, drift
    back = {k: fitted(poses[k], targets[k], pixels, camera, ground) for k in old}
    return _with_neighbours(poses, back, chosen.nearest), held_drift(drift, taken, camera, chosen.nearest)


def _hits(pose: CameraPose, pixels: FloatArray, camera: Camera, ground: Ground) -> FloatArray:
    """Where pixels meet the level below the camera, east and north (n, 2)."""
    rays = pose.rays(pixels, camera)
    height = pose.center_m[2] - ground_under(ground, pose)
    return np.asarray(pose.center_m[:2] + rays[:, :2] * (height / np.maximum(-rays[:, 2], 1e-6))[:, None])


def fitted(
    pose: CameraPose, target: FloatArray, pixels: FloatArray, camera: Camera, ground: Ground
) -> CameraPose:
    """The pose near `pose` from which `pixels` meet the ground at `target` (n, 2)."""
    for _ in range(_ROUNDS):
        here = _hits(pose, pixels, camera, ground)
        steps = np.diag(_SIGMAS / 100.0)
        slopes = np.column_stack([
            ((_hits(_stepped(pose, s), pixels, camera, ground) - here) / s.sum()).ravel() for s in steps
        ])  # fmt: skip
        normal = slopes.T @ slopes + np.diag(1e-4 / _SIGMAS**2) * 1e-4
        pose = _stepped(pose, np.linalg.solve(normal, slopes.T @ (target - here).ravel()))
    return pose


def _stepped(pose: CameraPose, step: FloatArray) -> CameraPose:
    return CameraPose(pose.center_m + step[:3], pose.rotation @ exponential(step[3:]))


def _with_neighbours(
    poses: Sequence[CameraPose], back: Mapping[int, CameraPose], nearest: int
) -> tuple[CameraPose, ...]:
    """Known poses put back; the others shifted by what the nearest known ones were."""
    known = np.array(sorted(back))
    centers = np.array([p.center_m for p in poses])
    shift = np.array([back[k].center_m - centers[k] for k in known])
    out = []
    for k, pose in enumerate(poses):
        if k in back:
            out.append(back[k])
            continue
        near = np.argsort(np.hypot(*(centers[known] - centers[k])[:, :2].T))[:nearest]
        out.append(replace(pose, center_m=pose.center_m + shift[near].mean(axis=0)))
    return tuple(out)


def _field(drift: Drift, frame: int, pixels: FloatArray, camera: Camera) -> FloatArray:
    """What drift takes off a frame at `pixels`, K (n,)."""
    at = centred(pixels, camera)
    return np.asarray(drift.offsets_K[frame] + at @ drift.ramps_K[frame] + flat_basis(at) @ drift.flat)


def _level(drift: Drift, taken: Mapping[int, FloatArray], camera: Camera) -> float:
    """What the record's level differs by from the drift's own, which has a mean of zero."""
    middle = nine_pixels(camera)[4:5]
    return float(np.median([taken[k][4] - _field(drift, k, middle, camera)[0] for k in taken]))


def held_drift(drift: Drift, taken: Mapping[int, FloatArray], camera: Camera, nearest: int) -> Drift:
    """Offsets and ramps that take off known frames what was taken off before, up to one level for all.

    Added frames follow the known ones nearest in the list, which is the order of names and mostly of time.
    """
    pixels = nine_pixels(camera)
    at = centred(pixels, camera)
    design = np.column_stack([np.ones(len(at)), at])
    flat, level = flat_basis(at) @ drift.flat, _level(drift, taken, camera)
    offsets, ramps = drift.offsets_K.copy(), drift.ramps_K.copy()
    for k, values in taken.items():
        offset, *ramp = np.linalg.lstsq(design, values - level - flat, rcond=None)[0]
        offsets[k], ramps[k] = offset, ramp
    known = np.array(sorted(taken))
    for k in set(range(len(offsets))) - set(taken):
        near = known[np.argsort(np.abs(known - k))[:nearest]]
        offsets[k] += (offsets[near] - drift.offsets_K[near]).mean()
        ramps[k] += (ramps[near] - drift.ramps_K[near]).mean(axis=0)
    return replace(drift, offsets_K=offsets, ramps_K=ramps)
