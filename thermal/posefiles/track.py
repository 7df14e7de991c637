"""Frames along a track: their places read between its points at the moments they were taken."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFileError
from core.geo import FloatArray, LocalFrame, LonLat
from thermal.frame import FrameInfo, PosePrior
from thermal.posefiles.match import Matched, with_pose
from thermal.posefiles.record import PoseFile, PoseRecord

_MAX_GAP_S = 2.0  # between points of the track where a frame may lie
_WINDOW_S = 30.0
_STEP_S = 0.05


def match_track(infos: Sequence[FrameInfo], file: PoseFile) -> Matched:
    """Places between a track's points at the frames' times; the clock offset is found by their own places."""
    known = np.array([r.time_s for r in file.records], float)
    order = np.argsort(known)
    usable = [i for i, info in enumerate(infos) if info.time_s is not None]
    if len(usable) < len(infos):
        raise BadFileError(file.path, "a track needs frames that know their time", hint="give events instead")
    seen = np.array([info.time_s for info in infos], float)
    frame = LocalFrame(file.records[0].prior.lonlat)
    points = np.array([frame.point(r.prior.lonlat) for r in file.records])[order]
    offset_s = _track_offset(seen, [info.pose for info in infos], known[order], points, frame)
    new, unmatched = [], []
    for info, time_s in zip(infos, seen - offset_s, strict=True):
        prior = _between(file.records, order, known, time_s)
        new.append(with_pose(info, prior, file))
        if prior is None:
            unmatched.append(info.path)
    if len(unmatched) == len(infos):
        raise BadFileError(
            file.path, "its track and the frames share no time", hint="are they of one flight?"
        )
    notes = (*file.notes, f"the camera's clock is {offset_s:+.2f} s off {file.path.name}")
    return Matched(tuple(new), "time along the track", offset_s, tuple(unmatched), notes)


def _track_offset(
    seen: FloatArray,
    poses: Sequence[PosePrior | None],
    known: FloatArray,
    points: FloatArray,
    frame: LocalFrame,
) -> float:
    """Seconds the frames' clock is ahead: where their places lie nearest to the track; 0 without places."""
    have = [i for i, pose in enumerate(poses) if pose is not None]
    if len(have) < 3:
        return 0.0
    own = np.array([frame.point(_place(poses[i])) for i in have])
    offsets = np.arange(-_WINDOW_S, _WINDOW_S + _STEP_S / 2, _STEP_S)
    misses = [_miss(seen[have] - o, own, known, points) for o in offsets]
    return float(offsets[int(np.argmin(misses))])


def _place(pose: PosePrior | None) -> LonLat:
    if pose is None:
        raise ValueError("a frame without a place")
    return pose.lonlat


def _miss(times: FloatArray, own: FloatArray, known: FloatArray, points: FloatArray) -> float:
    """Spread of the differences: a constant one is the receivers', not the clocks'."""
    inside = (times >= known[0]) & (times <= known[-1])
    if inside.sum() < 3:
        return float("inf")
    there = np.stack([np.interp(times[inside], known, points[:, k]) for k in (0, 1)], axis=1)
    apart = own[inside] - there
    return float(np.hypot(*(apart - np.median(apart, axis=0)).T).mean() + 1e-3 * (~inside).sum())


def _between(
    records: Sequence[PoseRecord], order: NDArray[np.intp], known: FloatArray, time_s: float
) -> PosePrior | None:
    times = known[order]
    right = int(np.searchsorted(times, time_s))
    if right == 0 or right == len(times) or times[right] - times[right - 1] > _MAX_GAP_S:
        return None
    a, b = records[int(order[right - 1])].prior, records[int(order[right])].prior
    share = float((time_s - times[right - 1]) / (times[right] - times[right - 1]))
    return dataclasses.replace(
        a,
        lonlat=LonLat(_mix(a.lonlat.lon, b.lonlat.lon, share), _mix(a.lonlat.lat, b.lonlat.lat, share)),
        altitude_ellipsoid_m=_mixed(a.altitude_ellipsoid_m, b.altitude_ellipsoid_m, share),
        altitude_geoid_m=_mixed(a.altitude_geoid_m, b.altitude_geoid_m, share),
        sigma_horizontal_m=max(a.sigma_horizontal_m, b.sigma_horizontal_m),
        sigma_vertical_m=max(a.sigma_vertical_m, b.sigma_vertical_m),
    )


def _mix(a: float, b: float, share: float) -> float:
    return a + share * (b - a)


def _mixed(a: float | None, b: float | None, share: float) -> float | None:
    return None if a is None or b is None else _mix(a, b, share)
