"""Alignment: from priors and tie points to adjusted poses and the ground below them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.geo import FloatArray
from thermal.banded import frame_order
from thermal.bundle import (
    SHARED,
    BundlePriors,
    BundleState,
    Observations,
    adjust,
    compact,
    exponential,
    logarithm,
    residuals,
    without_outliers,
)
from thermal.controlfit import ControlReport, Sighted, fitted, report
from thermal.ground import Ground, common_gap_m
from thermal.pose import CameraPose, Prior, footprint_m
from thermal.tiepoints import Keypoints, PairMatch, PairTask
from thermal.tracks import build_tracks, thinned

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class AlignParams:
    """Sigmas and limits of the adjustment.

    `pixel_sigma` px of one tie point until the flight tells it; `pixel_kinship` how much wider it counts
    against the priors, because errors of neighbouring tie points are akin. `focal_share` of the focal length,
    `center_px`, `k1`, `k2`, `p` of the lens as the file states it. `mount_deg`: how far the camera may sit
    turned against all its tags, about its x, y and viewing axes (compasses are the worst); `steady_deg`: no
    gimbal is trusted more than this. `kernels_px`: beyond these a tie point loses its say, round by round.
    `dem_m`: sigma of a tie point's height over a given height model.
    A frame with fewer than `least_points` tie points keeps its prior; `points_per_cell` are enough in each
    25th of a frame. `offset_m` (horizontal, vertical): how far all positions may be off together, used only
    with ground control points; `mark_px`: sigma of a control point marked in a frame.
    """

    pixel_sigma: float = 0.7
    pixel_kinship: float = 1.5
    focal_share: float = 0.015
    center_px: float = 4.0
    k1: float = 0.3
    k2: float = 0.3
    p: float = 0.001
    mount_deg: tuple[float, float, float] = (2.0, 2.0, 6.0)
    steady_deg: float = 0.15
    kernels_px: tuple[float, float, float] = (21.0, 4.2, 1.4)
    dem_m: float = 0.5
    least_points: int = 12
    outlier_px: float = 4.0
    min_overlap: float = 0.3
    most_pairs: int = 16
    points_per_cell: int = 5
    offset_m: tuple[float, float] = (10.0, 200.0)
    mark_px: float = 1.0


@dataclass(frozen=True, slots=True)
class Aligned:
    """Adjusted frames.

    `poses` one a prior, `camera` with its adjusted lens, `points_m` (p, 3) tie points, `frame_points` the
    number of tie points a frame has, `frame_rmse_px` its reprojection RMSE (NaN: kept its prior), `rmse_px`
    over all, `prior_shift_m` (n,) how far each centre moved; `fallback` indices that kept their prior;
    `control` how far ground control points lie off, None without any.
    """

    poses: tuple[CameraPose, ...]
    camera: Camera
    points_m: FloatArray
    frame_points: IntArray
    frame_rmse_px: FloatArray
    rmse_px: float | None
    prior_shift_m: FloatArray
    fallback: tuple[int, ...]
    pairs: int = 0
    notes: tuple[str, ...] = field(default=())
    control: ControlReport | None = None


def overlapping(
    poses: Sequence[CameraPose], camera: Camera, ground_m: float, least: float, most: int
) -> list[tuple[int, int]]:
    """Pairs of frames whose footprints share at least `least` of the smaller one, the `most` best of each."""
    from shapely import STRtree, area, intersection, polygons

    shapes = np.array([polygons(footprint_m(p, camera, ground_m)) for p in poses])
    a, b = STRtree(shapes).query(shapes, predicate="intersects")
    a, b = a[a < b], b[a < b]
    share = area(intersection(shapes[a], shapes[b])) / np.minimum(area(shapes[a]), area(shapes[b]))
    order = np.argsort(-share)
    taken: Counter[int] = Counter()
    pairs = []
    for k in order[share[order] >= least]:
        i, j = int(a[k]), int(b[k])
        if min(taken[i], taken[j]) < most:
            taken.update((i, j))
            pairs.append((i, j))
    return sorted(pairs)


def expected_pixels(
    pixels: FloatArray, a: CameraPose, b: CameraPose, camera: Camera, ground_m: float
) -> FloatArray:
    """Where frame `b` sees the ground points that frame `a` has at `pixels` (n, 2); NaN outside of `b`."""
    rays = a.rays(pixels, camera)
    ground = a.center_m + rays * ((ground_m - a.center_m[2]) / np.minimum(rays[:, 2], -1e-6))[:, None]
    out = b.pixels(ground, camera)
    margin = 0.25 * camera.width_px
    size = np.array([camera.width_px, camera.height_px])
    outside = ((out < -margin) | (out > size + margin)).any(axis=1)
    out[outside] = np.nan
    return out


def pair_tasks(
    poses: Sequence[CameraPose],
    keypoints: Sequence[Keypoints],
    camera: Camera,
    ground_m: float,
    params: AlignParams,
) -> list[PairTask]:
    """The pairs worth matching, and where to look."""
    pairs = overlapping(poses, camera, ground_m, params.min_overlap, params.most_pairs)
    return [
        PairTask(i, j, expected_pixels(keypoints[i].pixels, poses[i], poses[j], camera, ground_m))
        for i, j in pairs
    ]


def align(
    priors: Sequence[Prior], keypoints: Sequence[Keypoints], matches: Sequence[PairMatch], ground_m: float,
    params: AlignParams, *, dem: Ground | None = None, control: Sequence[Sighted] = (),
) -> Aligned:  # fmt: skip
    """Adjust all poses together; frames without enough tie points keep their prior.

    With `dem`, a height model in the flight's frame at any height over its zero, tie points are held to it;
    with `control`, ground control points whose frames are indices of `priors`, the flight is fitted to them.
    """
    camera = priors[0].info.camera
    obs = build_tracks([k.pixels for k in keypoints], matches, params.pixel_sigma * params.pixel_kinship)
    obs = thinned(obs, (camera.width_px, camera.height_px), params.points_per_cell)
    obs = _well_tied(obs, len(priors), params.least_points)
    if len(obs.frame) == 0:
        return _as_told(priors, camera)
    order = frame_order(obs.frame, obs.point, len(priors))
    place = np.argsort(order)
    problem = _problem([priors[k] for k in order], camera, _renumbered(obs, place), ground_m, params)
    state, obs, known = _solve(*problem, params, dem)
    points: Sequence[Sighted] = [replace(p, frame=place[p.frame]) for p in control]
    if points and len(obs.frame):
        state, points, up_m = fitted(
            state, obs, known, points, lens(camera, state.shared),
            kernel_px=params.kernels_px[2], mark_px=params.mark_px, offset_m=params.offset_m,
        )  # fmt: skip
    back = replace(state, center=state.center[place], rotation=state.rotation[place])
    out = _aligned(back, _renumbered(obs, order), priors, camera, params, len(matches))
    if not points or not len(obs.frame):
        return out
    points = [replace(p, frame=order[p.frame]) for p in points]
    return replace(out, control=report(points, up_m, out.poses, out.camera))


def _renumbered(obs: Observations, number: IntArray) -> Observations:
    """The observations with frame k called `number[k]`."""
    return replace(obs, frame=number[obs.frame])


def _well_tied(obs: Observations, frames: int, least: int) -> Observations:
    """Without frames that have fewer than `least` points, repeatedly, since points leave with them."""
    while len(obs.frame):
        count = np.bincount(obs.frame, minlength=frames)
        keep = count[obs.frame] >= least
        seen = np.bincount(obs.point[keep], minlength=int(obs.point.max()) + 1)
        keep &= seen[obs.point] >= 2
        if keep.all():
            break
        obs = obs.select(keep)
    return obs


def _as_told(priors: Sequence[Prior], camera: Camera) -> Aligned:
    n = len(priors)
    return Aligned(
        poses=tuple(p.pose for p in priors), camera=camera, points_m=np.zeros((0, 3)),
        frame_points=np.zeros(n, np.int64), frame_rmse_px=np.full(n, np.nan), rmse_px=None,
        prior_shift_m=np.zeros(n), fallback=tuple(range(n)),
    )  # fmt: skip


def _problem(
    priors: Sequence[Prior], camera: Camera, obs: Observations, ground_m: float, params: AlignParams
) -> tuple[BundleState, Observations, BundlePriors]:
    center = np.array([p.pose.center_m for p in priors])
    rotation = np.array([p.pose.rotation for p in priors])
    matrix = camera.matrix
    shared = np.zeros(SHARED)
    shared[:7] = camera.focal_px, matrix[0, 2], matrix[1, 2], camera.k1, camera.k2, camera.p1, camera.p2
    still = 1e-6  # without control points nothing tells a shift of all positions from one of the ground
    sigma = np.array([
        params.focal_share * camera.focal_px, params.center_px, params.center_px, params.k1, params.k2,
        params.p, params.p, *np.radians(params.mount_deg), still, still, still,
    ])  # fmt: skip
    points = int(obs.point.max()) + 1
    start = _on_the_ground(priors, camera, obs, ground_m, points)
    known = BundlePriors(
        center, rotation, np.array([p.sigma_m for p in priors]),
        np.array([[p.sigma_rad] * 3 for p in priors]), shared, sigma, start,
        np.full((points, 3), np.inf),
    )  # fmt: skip
    return compact(BundleState(center, rotation, shared.copy(), start, camera.k3), obs, known)


def _on_the_ground(
    priors: Sequence[Prior], camera: Camera, obs: Observations, ground_m: float, points: int
) -> FloatArray:
    """Points where the priors' rays meet the ground, averaged over their frames."""
    rays = camera.rays(obs.pixel)
    rays = np.einsum("mij,mj->mi", np.array([p.pose.rotation for p in priors])[obs.frame], rays)
    center = np.array([p.pose.center_m for p in priors])[obs.frame]
    hit = center + rays * ((ground_m - center[:, 2]) / np.minimum(rays[:, 2], -1e-6))[:, None]
    count = np.maximum(np.bincount(obs.point, minlength=points), 1)
    return np.column_stack([np.bincount(obs.point, hit[:, k], minlength=points) / count for k in range(3)])


def _solve(
    state: BundleState, obs: Observations, known: BundlePriors, params: AlignParams, dem: Ground | None
) -> tuple[BundleState, Observations, BundlePriors]:
    """From a wide robust kernel to a narrow one, then once more without outliers."""
    wide, middle, narrow = params.kernels_px
    state = _adjusted(state, obs, known, wide, 8)
    state = _adjusted(state, obs, known, middle, 6)
    known, obs = _steadied(state, known, params), _weighed(state, obs, params)
    state = _adjusted(state, obs, known, narrow, 8)
    kept = _well_tied(without_outliers(state, obs, params.outlier_px), len(state.center), params.least_points)
    if len(kept.frame) == 0:
        return state, kept, known
    state, kept, known = compact(state, kept, known)
    for _ in range(1 if dem is None else 3):
        known = known if dem is None else _held(state, known, dem, params)
        state = _adjusted(state, kept, known, narrow, 8)
    return state, kept, known


def _adjusted(
    state: BundleState, obs: Observations, known: BundlePriors, kernel_px: float, rounds: int
) -> BundleState:
    return adjust(state, obs, known, scale=kernel_px / float(obs.sigma_px[0]), rounds=rounds)


def _weighed(state: BundleState, obs: Observations, params: AlignParams) -> Observations:
    """With the sigma that the tie points show themselves."""
    seen = float(1.4826 * np.median(np.abs(residuals(state, obs))))
    sigma = min(max(seen, 0.1), params.pixel_sigma) * params.pixel_kinship
    return replace(obs, sigma_px=np.full(len(obs.frame), sigma))


def _steadied(state: BundleState, known: BundlePriors, params: AlignParams) -> BundlePriors:
    """With attitude sigmas (about each camera axis) as this flight's gimbal shows them."""
    if len(state.center) < 8:
        return known
    turn = logarithm(np.swapaxes(known.rotation, -1, -2) @ state.rotation)
    seen = 1.4826 * np.median(np.abs(turn - np.median(turn, axis=0)), axis=0)
    sigma = np.maximum(1.5 * seen, np.radians(params.steady_deg))
    return replace(known, rotation_sigma=np.minimum(known.rotation_sigma, sigma))


def _held(state: BundleState, known: BundlePriors, dem: Ground, params: AlignParams) -> BundlePriors:
    """With tie points drawn to the height model, raised as a whole to meet them."""
    over = dem.heights_m(state.point[:, :2])
    gap = state.point[:, 2] - over
    if np.isfinite(gap).sum() < 10:
        return known
    gap -= (shift := common_gap_m(gap))
    near = np.isfinite(gap) & (np.abs(gap) < 6.0 * params.dem_m)
    target, sigma = known.point.copy(), np.full(known.point.shape, np.inf)
    target[near, 2], sigma[near, 2] = (over + shift)[near], params.dem_m
    return replace(known, point=target, point_sigma=sigma)


def _aligned(
    state: BundleState, obs: Observations, priors: Sequence[Prior], camera: Camera, params: AlignParams,
    pairs: int,
) -> Aligned:  # fmt: skip
    n = len(priors)
    if len(obs.frame) == 0:
        return _as_told(priors, camera)
    square = (residuals(state, obs) ** 2).sum(axis=1)
    count = np.bincount(obs.frame, minlength=n)
    total = np.bincount(obs.frame, square, minlength=n)
    tied = count >= params.least_points
    mount = exponential(state.shared[7:10])  # what all tags are off by, also in frames without tie points
    told = [CameraPose(p.pose.center_m + state.shared[10:13], p.pose.rotation @ mount) for p in priors]
    poses = tuple(CameraPose(state.center[k], state.rotation[k]) if tied[k] else told[k] for k in range(n))
    return Aligned(
        poses=poses,
        camera=lens(camera, state.shared),
        points_m=state.point,
        frame_points=count,
        frame_rmse_px=np.where(tied, np.sqrt(total / np.maximum(count, 1)), np.nan),
        rmse_px=float(np.sqrt(square.mean())),
        prior_shift_m=np.linalg.norm(state.center - [p.pose.center_m for p in priors], axis=1) * tied,
        fallback=tuple(int(k) for k in np.flatnonzero(~tied)),
        pairs=pairs,
    )


def lens(camera: Camera, shared: FloatArray) -> Camera:
    """The camera with adjusted focal length, principal point and distortion."""
    f, cx, cy, k1, k2, p1, p2 = (float(v) for v in shared[:7])
    return replace(
        camera, focal_mm=f * camera.pitch_um / 1000.0, cx_offset_px=cx - (camera.width_px - 1) / 2.0,
        cy_offset_px=cy - (camera.height_px - 1) / 2.0, k1=k1, k2=k2, p1=p1, p2=p2,
    )  # fmt: skip
