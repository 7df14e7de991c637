"""Fitting a flight to ground control points: blunders among them found and named, errors stated."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from core.camera import Camera
from core.geo import FloatArray, LocalFrame
from gis.crs import change_between
from thermal.banded import IntArray
from thermal.bundle import BundlePriors, BundleState, Observations, adjust
from thermal.control import ControlPoint
from thermal.pose import CameraPose

MARK_LIMIT_PX = 8.0
LEAST_LIMIT_M = 1.0


@dataclass(frozen=True, slots=True)
class Sighted:
    """A control point in the flight: `at_m` (3,) east, north and its own height (NaN unknown).

    `frame` (k,) indices of the frames that show it, at `pixel` (k, 2); `fault` why it is not used, if so.
    """

    name: str
    at_m: FloatArray
    sigma_m: float
    check: bool
    frame: IntArray
    pixel: FloatArray
    fault: str | None = None

    @property
    def used(self) -> bool:
        """Whether the flight is adjusted to it."""
        return not self.check and self.fault is None


@dataclass(frozen=True, slots=True)
class ControlError:
    """How far finished poses put a point from its surveyed place, metres east and north (None: unseen)."""

    name: str
    check: bool
    marks: int
    east_m: float | None
    north_m: float | None
    fault: str | None

    @property
    def error_m(self) -> float | None:
        """Horizontal distance."""
        return (
            None
            if self.east_m is None or self.north_m is None
            else float(np.hypot(self.east_m, self.north_m))
        )


@dataclass(frozen=True, slots=True)
class ControlReport:
    """All points; RMSE of the check points and of the points used (None: there are none); what to say."""

    points: tuple[ControlError, ...]
    check_rmse_m: float | None
    used_rmse_m: float | None
    notes: tuple[str, ...] = ()

    @property
    def rmse_m(self) -> float | None:
        """Of the points held back where there are any, else of those used."""
        return self.used_rmse_m if self.check_rmse_m is None else self.check_rmse_m


def sighted(points: Sequence[ControlPoint], frame: LocalFrame, names: Sequence[str]) -> tuple[Sighted, ...]:
    """The points in the flight's frame, with marks only in the frames `names`."""
    number = {name.lower(): k for k, name in enumerate(names)}
    out = []
    for p in points:
        east, north = change_between(p.crs, frame.proj4).transform(p.x, p.y)
        seen = [m for m in p.marks if m.image.lower() in number]
        out.append(
            Sighted(
                p.name,
                np.array([east, north, np.nan if p.z is None else p.z]),
                p.sigma_m,
                p.check,
                np.array([number[m.image.lower()] for m in seen], np.int64),
                np.array([(m.px, m.py) for m in seen], float).reshape(-1, 2),
                None if seen else "no frame of the flight shows it",
            )
        )
    return tuple(out)


def fitted(
    state: BundleState, obs: Observations, known: BundlePriors, points: Sequence[Sighted], camera: Camera,
    *, kernel_px: float, mark_px: float, offset_m: tuple[float, float],
) -> tuple[BundleState, tuple[Sighted, ...], float]:  # fmt: skip
    """The state adjusted to the points, points with faults named, their heights over the flight's zero.

    `camera` has the state's lens. The datum of all positions may move by `offset_m` (horizontal, vertical).
    """
    poses = [CameraPose(c, r) for c, r in zip(state.center, state.rotation, strict=True)]
    cleaned = [_with_good_marks(p, poses, camera) for p in points]
    limit_m = max(LEAST_LIMIT_M, float(np.median(known.center_sigma[:, :2])))
    judged, up_m = _against_each_other(cleaned, poses, camera, limit_m)
    sigma = known.shared_sigma.copy()
    sigma[10:13] = offset_m[0], offset_m[0], offset_m[1]
    free = replace(known, shared_sigma=sigma)
    while any(p.used for p in judged):
        end = _adjusted(state, obs, free, judged, up_m, kernel_px, mark_px)
        worst = _worst(end, judged, up_m, len(state.point))
        if worst is None:
            return replace(end, point=end.point[: len(state.point)]), tuple(judged), up_m
        judged = [replace(p, fault=worst[1]) if p.name == worst[0] else p for p in judged]
    return state, tuple(judged), up_m


def meeting(point: Sighted, poses: Sequence[CameraPose], camera: Camera) -> FloatArray:
    """Where the rays of a point's marks pass each other closest, (3,)."""
    rays = np.array([poses[f].rays(px, camera) for f, px in zip(point.frame, point.pixel, strict=True)])
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    across = np.eye(3) - rays[:, :, None] * rays[:, None, :]
    centers = np.array([poses[f].center_m for f in point.frame])
    right = np.einsum("kij,kj->i", across, centers)
    return np.asarray(np.linalg.lstsq(across.sum(axis=0), right, rcond=None)[0], float)


def _with_good_marks(point: Sighted, poses: Sequence[CameraPose], camera: Camera) -> Sighted:
    """Without the one mark that the others contradict; at fault where two marks cannot both be true."""
    while len(point.frame) >= 2:
        off = _mark_errors(point, poses, camera)
        if off.max() < MARK_LIMIT_PX:
            return point
        if len(point.frame) == 2:
            return replace(point, fault=f"its two marks disagree by {2 * off.max():.0f} px")
        rest = [_without(point, k) for k in range(len(point.frame))]
        left = [float(_mark_errors(p, poses, camera).max()) for p in rest]
        point = rest[int(np.argmin(left))]
    return point


def _without(point: Sighted, k: int) -> Sighted:
    return replace(point, frame=np.delete(point.frame, k), pixel=np.delete(point.pixel, k, axis=0))


def _mark_errors(point: Sighted, poses: Sequence[CameraPose], camera: Camera) -> FloatArray:
    at = meeting(point, poses, camera)
    seen = np.array([poses[f].pixels(at, camera) for f in point.frame])
    return np.asarray(np.linalg.norm(seen - point.pixel, axis=1), float)


def _against_each_other(
    points: Sequence[Sighted], poses: Sequence[CameraPose], camera: Camera, limit_m: float
) -> tuple[list[Sighted], float]:
    """Points whose place contradicts the others', at fault; and how far their heights lie over the flight's.

    All may be off together; each is held against the offset on which most of the used points agree.
    """
    seen = {p.name: p.at_m - meeting(p, poses, camera) for p in points if not p.fault and len(p.frame) >= 2}
    gaps = {p.name: seen[p.name] for p in points if p.used and p.name in seen}
    heights = [g[2] for g in (gaps or seen).values() if np.isfinite(g[2])]
    up_m = float(np.median(heights)) if heights else 0.0
    if len(gaps) == 2:
        (a, one), (b, other) = gaps.items()
        apart = float(np.hypot(*(one - other)[:2]))
        wrong = {a, b} if apart > 2.0 * limit_m else set()
        return [_faulty(p, f"{a} and {b} disagree by {apart:.1f} m", wrong) for p in points], up_m
    centre = _agreed(np.array([g[:2] for g in gaps.values()]), limit_m)
    off = {name: float(np.hypot(*(g[:2] - centre))) for name, g in gaps.items()}
    wrong = {name for name, d in off.items() if d > 3.0 * limit_m and len(gaps) > 2}
    told = "{:.1f} m from where the other points put it"
    return [_faulty(p, told.format(off.get(p.name, 0.0)), wrong) for p in points], up_m


def _faulty(point: Sighted, fault: str, wrong: set[str]) -> Sighted:
    return replace(point, fault=fault) if point.name in wrong else point


def _agreed(gaps: FloatArray, limit_m: float) -> FloatArray:
    """The offset (2,) that most of `gaps` (n, 2) share within the limit."""
    if len(gaps) < 3:
        return gaps.mean(axis=0) if len(gaps) else np.zeros(2)
    middles = [gaps[list(pair)].mean(axis=0) for pair in combinations(range(len(gaps)), 2)]
    away = np.array([np.hypot(*(gaps - m).T) for m in middles])
    best = int(np.argmin(np.minimum(away, 3.0 * limit_m).sum(axis=1)))
    near = away[best] < 3.0 * limit_m
    return np.asarray(np.median(gaps[near] if near.any() else gaps, axis=0), float)


def _adjusted(
    state: BundleState, obs: Observations, known: BundlePriors, points: Sequence[Sighted], up_m: float,
    kernel_px: float, mark_px: float,
) -> BundleState:  # fmt: skip
    used = [p for p in points if p.used]
    first, target = len(state.point), np.array([p.at_m - (0.0, 0.0, up_m) for p in used])
    sigma = np.where(np.isfinite(target), [[p.sigma_m] for p in used], np.inf)
    start = np.where(np.isfinite(target), target, np.median(state.point, axis=0))
    more = Observations(
        np.concatenate([p.frame for p in used]),
        np.concatenate([np.full(len(p.frame), first + k) for k, p in enumerate(used)]),
        np.concatenate([p.pixel for p in used]),
        np.concatenate([np.full(len(p.frame), mark_px) for p in used]),
    )
    both = Observations(*(np.concatenate([getattr(o, n) for o in (obs, more)]) for n in more.__slots__))
    joined = replace(
        known,
        point=np.concatenate([known.point, start]),
        point_sigma=np.concatenate([known.point_sigma, sigma]),
    )
    out = replace(state, point=np.concatenate([state.point, start]))
    for kernel in (20.0 * kernel_px, 4.0 * kernel_px):
        out = adjust(out, both, joined, scale=kernel / float(obs.sigma_px[0]), rounds=12)
    return out


def _worst(end: BundleState, points: Sequence[Sighted], up_m: float, first: int) -> tuple[str, str] | None:
    """The used point that the adjustment tore off its surveyed place, with the reason."""
    used = [p for p in points if p.used]
    gap = end.point[first:] - np.array([p.at_m - (0.0, 0.0, up_m) for p in used])
    away = np.linalg.norm(np.nan_to_num(gap), axis=1)
    over = away / np.maximum(10.0 * np.array([p.sigma_m for p in used]), 0.5)
    if len(used) < 3 or over.max() < 1.0:
        return None
    k = int(np.argmax(over))
    return used[k].name, f"{away[k]:.1f} m from where frames and the other points put it"


def report(
    points: Sequence[Sighted], up_m: float, poses: Sequence[CameraPose], camera: Camera
) -> ControlReport:
    """Errors of all points where the finished poses' rays meet their heights."""
    rows = [_error(p, up_m, poses, camera) for p in points]
    notes = [f"control point {r.name}: not used: {r.fault}" for r in rows if r.fault]
    good = [r for r in rows if r.fault is None]
    held, used = ([r for r in good if r.check is check] for check in (True, False))
    return ControlReport(tuple(rows), _rmse(held), _rmse(used), (*_summary(held, used), *notes))


def _summary(held: Sequence[ControlError], used: Sequence[ControlError]) -> list[str]:
    """One line on how well the points are met."""
    parts = [
        f"{_rmse(rows) or 0.0:.2f} m on {len(rows)} points {kind}"
        for rows, kind in ((held, "held back"), (used, "adjusted to"))
        if rows
    ]
    return [f"Ground control points, horizontal RMSE: {', '.join(parts)}."] if parts else []


def _error(point: Sighted, up_m: float, poses: Sequence[CameraPose], camera: Camera) -> ControlError:
    if len(point.frame) == 0:
        return ControlError(point.name, point.check, 0, None, None, point.fault)
    up = point.at_m[2] - up_m
    up = up if np.isfinite(up) else meeting(point, poses, camera)[2]
    hits = [
        _at_height(poses[f], camera, px, float(up)) for f, px in zip(point.frame, point.pixel, strict=True)
    ]
    east, north = np.mean(hits, axis=0) - point.at_m[:2]
    return ControlError(point.name, point.check, len(point.frame), float(east), float(north), point.fault)


def _at_height(pose: CameraPose, camera: Camera, pixel: FloatArray, up: float) -> FloatArray:
    ray = pose.rays(pixel, camera)
    return np.asarray(pose.center_m + ray * ((up - pose.center_m[2]) / ray[2]), float)[:2]


def _rmse(rows: Sequence[ControlError]) -> float | None:
    errors = [r.error_m for r in rows if r.error_m is not None]
    return float(np.sqrt(np.mean(np.square(errors)))) if errors else None
