"""The proof of an orbit: every patch of wall, or every direction, looked up in every photograph.

It uses only the finished missions, the thing itself, the air allowed and the camera.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from core.camera import Camera
from core.geo import FloatArray, LocalFrame
from gis.vector import Area
from missions.model import Mission
from missions.survey.flownair import Air, study
from missions.survey.lattice import rotations
from missions.survey.overlaps import Overlap, summed_up
from missions.survey.params import Coverage, SurveyParams
from missions.survey.proof import Asked, Proof, prove_views
from missions.survey.rehearsal import Views, joined, rehearse

STEEPEST = math.cos(math.radians(75.0))  # a wall seen more from aside than this is not seen
PATCHES_WANTED = 4000
PATCH_M = (0.25, 2.0)
ROUND_DEG = 360
SLACK = 0.01
GRAZED_M = 0.5  # a view that passes a corner so near still looks at it
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Round:
    """What was to be gone round (metres of the missions' frame), its ground and height, and the rings."""

    subject: BaseGeometry
    base_m: float
    top_m: float
    radius_m: float
    heights_m: tuple[float, ...]

    @property
    def hull(self) -> BaseGeometry:
        """What the rings go round: neighbours' overlap is told on it, farther walls share more."""
        return shapely.convex_hull(self.subject)


@dataclass(frozen=True, slots=True)
class Patches:
    """Places to be seen (n, 3) east, north, up in metres, and which way each looks (n, 2)."""

    places: FloatArray
    normals: FloatArray
    size_m: float


def prove_orbit(
    missions: Sequence[Mission],
    asked: Round,
    target: Area,
    allowed: Area,
    camera: Camera,
    params: SurveyParams,
) -> Proof:
    """Prove that `missions` show all of it, with the overlaps, pixel, heights and distance that are asked."""
    frame = LocalFrame(missions[0].home.position)
    late = params.aircraft.trigger_excess_max_m
    views = joined([rehearse(m, params.terrain, excess_m=late, frame=frame) for m in missions])
    air = study(missions, allowed, params.terrain, params.aircraft)
    return prove_orbit_views(views, asked, target, frame, camera, params, air=air, missions=missions)


def prove_orbit_views(
    views: Views,
    asked: Round,
    target: Area,
    frame: LocalFrame,
    camera: Camera,
    params: SurveyParams,
    *,
    air: Air | None = None,
    missions: Sequence[Mission] = (),
) -> Proof:
    """The same for photographs, wherever they come from; `missions` and their `air` as far as known."""
    uneven = params.terrain is not None
    limits = Asked(
        0.0, 0.0, clearance_m=min(params.clearance_m, 0.9 * min(asked.heights_m)) if uneven else None,
        max_height_m=params.max_height_m + (params.height_tolerance_m if uneven else 0.0),
    )  # fmt: skip
    flat = prove_views(
        views, target, frame, camera, limits, air=air, aircraft=params.aircraft, terrain=params.terrain
    )
    faults = [f for f in flat.faults if "are in no photograph" not in f and "share only" not in f]
    found = looked_up(views, asked, camera, params)
    counts, depths = found.counts, found.depths_m
    along, across = _overlaps(views, asked, camera)
    missed = int(np.count_nonzero(counts == 0))
    gsd = _gsd(depths, camera)
    faults += [
        *_unseen(missed, counts, asked), *_shares(along, "along", params.front),
        *_shares(across, "from ring to ring", params.side), *_pixel(gsd, camera, params),
        *_near(missions, asked, frame, params),
    ]  # fmt: skip
    coverage = Coverage(float(np.mean(counts > 0)), int(counts.min()), float(np.median(counts)), found.size_m)
    histogram = tuple(int(n) for n in np.bincount(np.minimum(counts, 30)))
    return replace(
        flat, coverage=coverage, cells=len(counts), missed=missed, histogram=histogram, gsd_m=gsd,
        along=along, across=across, faults=tuple(faults),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LookedUp:
    """How often each place was photographed: `places` (n, 3) of wall or of the ring a point is seen from,
    `counts` (n,), the size of one, and the least depths at which something was seen, metres.
    """

    places: FloatArray
    counts: NDArray[np.int64]
    size_m: float
    depths_m: FloatArray


def looked_up(views: Views, asked: Round, camera: Camera, params: SurveyParams) -> LookedUp:
    """Every place that is to be photographed, looked up in every view."""
    if asked.subject.geom_type == "Point":
        return _directions(views, asked, camera, params)
    patches = wall_patches(asked)
    held, depths = hold(views, patches, asked, camera)
    return LookedUp(patches.places, held.sum(axis=0), patches.size_m, depths)


def wall_patches(asked: Round) -> Patches:
    """The middles of equal patches of all outer walls, foot to top."""
    places, normals = [], []
    parts = [shapely.geometry.polygon.orient(p) for p in shapely.get_parts(asked.subject)]
    length = sum(p.exterior.length for p in parts)
    size = float(np.clip(math.sqrt(length * asked.top_m / PATCHES_WANTED), *PATCH_M))
    rows = max(1, math.ceil(asked.top_m / size))
    ups = asked.base_m + asked.top_m * (np.arange(rows) + 0.5) / rows
    for part in parts:
        corners = np.asarray(part.exterior.coords)[:, :2]
        for a, b in itertools.pairwise(corners):
            count = max(1, math.ceil(float(np.hypot(*(b - a))) / size))
            share = ((np.arange(count) + 0.5) / count)[:, None]
            flat = np.repeat(a + share * (b - a), rows, axis=0)
            places.append(np.column_stack([flat, np.tile(ups, count)]))
            out = np.array([b[1] - a[1], a[0] - b[0]]) / max(float(np.hypot(*(b - a))), 1e-9)
            normals.append(np.tile(out, (len(flat), 1)))
    return Patches(np.concatenate(places), np.concatenate(normals), size)


def hold(views: Views, patches: Patches, asked: Round, camera: Camera) -> tuple[Flags, FloatArray]:
    """Which view holds which patch (views, patches), and the least depth of each patch in a view, metres."""
    held = np.zeros((len(views), len(patches.places)), np.bool_)
    depths = np.full(len(patches.places), np.inf)
    turns = rotations(views)
    bent = asked.subject.area < shapely.convex_hull(asked.subject).area * 0.9999
    for i, eye in enumerate(views.eyes):
        off = patches.places - eye
        seen, z = in_picture(off, turns[i], camera)
        facing = -np.einsum("nc,nc->n", off[:, :2], patches.normals)
        seen &= facing > STEEPEST * np.linalg.norm(off, axis=1)
        if bent and seen.any():
            seen[seen] = _clear(eye, patches.places[seen], asked.subject)
        held[i] = seen
        depths[seen] = np.minimum(depths[seen], z[seen])
    return held, depths


def in_picture(off: FloatArray, turn: FloatArray, camera: Camera) -> tuple[Flags, FloatArray]:
    """Which of some places, told from the eye, are in the image, and how deep."""
    axes = off @ turn
    pixels = camera.project(axes)
    with np.errstate(invalid="ignore"):
        inside = (pixels >= -0.5) & (pixels <= np.array([camera.width_px, camera.height_px]) - 0.5)
    wide = (
        np.hypot(axes[:, 0], axes[:, 1])
        <= 1.5 * np.hypot(camera.width_px, camera.height_px) / camera.focal_px * axes[:, 2]
    )
    found: Flags = inside.all(axis=1) & wide & (axes[:, 2] > 0)
    return found, axes[:, 2]


def _clear(eye: FloatArray, places: FloatArray, subject: BaseGeometry) -> Flags:
    """Whether nothing of the building stands between: told on the ground, as if walls had no end."""
    starts = np.broadcast_to(eye[:2], (len(places), 2))
    ends = places[:, :2] + 0.02 * (eye[:2] - places[:, :2]) / np.hypot(*(eye[:2] - places[:, :2]).T)[:, None]
    lines = shapely.linestrings(np.stack([starts, ends], axis=1))
    shapely.prepare(subject)
    free: Flags = np.logical_not(np.asarray(shapely.intersects(subject, lines), np.bool_))
    return free


def _directions(views: Views, asked: Round, camera: Camera, params: SurveyParams) -> LookedUp:
    """For each degree round a point, on each ring, the photographs of the point from near it."""
    point = np.array([asked.subject.centroid.x, asked.subject.centroid.y, asked.base_m])
    off = point - views.eyes
    turns = rotations(views)
    found = [in_picture(off[i : i + 1], turns[i], camera) for i in range(len(views))]
    seen = np.array([bool(f[0][0]) for f in found], np.bool_)
    depths = np.array([float(f[1][0]) if s else math.inf for f, s in zip(found, seen, strict=True)])
    step = (1.0 - params.front) * camera.field_of_view_deg[0]
    bearings = np.degrees(np.arctan2(-off[:, 0], -off[:, 1]))
    counts, places = [], []
    for height in asked.heights_m:
        there = seen & (np.abs(views.eyes[:, 2] - asked.base_m - height) < 1.0)
        wanted = np.arange(ROUND_DEG) + 0.5
        ring = asked.radius_m * np.stack([np.sin(np.radians(wanted)), np.cos(np.radians(wanted))], axis=1)
        places.append(np.column_stack([point[:2] + ring, np.full(ROUND_DEG, asked.base_m + height)]))
        apart = np.abs((wanted[:, None] - bearings[there] + 180.0) % 360.0 - 180.0)
        counts.append(np.count_nonzero(apart <= step / 2.0 + SLACK, axis=1))
    size_m = math.radians(1.0) * asked.radius_m
    return LookedUp(np.concatenate(places), np.concatenate(counts), size_m, depths)


def _overlaps(views: Views, asked: Round, camera: Camera) -> tuple[Overlap | None, Overlap | None]:
    """What neighbours share: along the ring, and of each photograph with the nearest one of the next ring."""
    hits = np.array([_hit(eye, look, asked) for eye, look in zip(views.eyes, views.looks, strict=True)])
    first = np.flatnonzero(np.diff(views.strips) == 0)
    along = [_share(views, hits, int(i), int(i) + 1, camera, 0) for i in first]
    level = np.argmin(np.abs(views.eyes[:, 2:] - asked.base_m - np.array([asked.heights_m])), axis=1)
    across = [
        _share(views, hits, int(i), int(j), camera, 1)
        for k in range(len(asked.heights_m) - 1)
        for i in np.flatnonzero(level == k)
        for j in _nearest(views, int(i), np.flatnonzero(level == k + 1))
    ]
    return summed_up(np.array(along)), summed_up(np.array(across))


def _nearest(views: Views, i: int, others: NDArray[np.int64]) -> NDArray[np.int64]:
    if not len(others):
        return others
    apart = np.hypot(*(views.eyes[others, :2] - views.eyes[i, :2]).T)
    return others[[int(np.argmin(apart))]]


def _hit(eye: FloatArray, look: FloatArray, asked: Round) -> FloatArray:
    """Where a view's axis meets the thing; NaN where it passes it by."""
    yaw, pitch = math.radians(look[0]), math.radians(look[1])
    if asked.subject.geom_type == "Point":
        away = math.dist(eye[:2], (asked.subject.centroid.x, asked.subject.centroid.y))
        flat = np.array([asked.subject.centroid.x, asked.subject.centroid.y])
    else:
        end = eye[:2] + 20.0 * asked.radius_m * np.array([math.sin(yaw), math.cos(yaw)])
        met = shapely.LineString([eye[:2], end]).intersection(asked.hull.buffer(GRAZED_M))
        if met.is_empty:
            return np.full(3, np.nan)
        away = float(met.distance(shapely.Point(eye[:2])))
        flat = eye[:2] + away * np.array([math.sin(yaw), math.cos(yaw)])
    return np.array([*flat, eye[2] + away * math.tan(pitch)])


def _share(views: Views, hits: FloatArray, i: int, j: int, camera: Camera, axis: int) -> float:
    """One less how far what one picture has in its middle has moved in the other, or how far it turned."""
    if not np.isfinite(hits[i]).all():
        return 0.0
    turn = rotations(Views(views.eyes[[j]], views.looks[[j]], views.strips[[j]], views.pieces[[j]]))[0]
    local = (hits[i] - views.eyes[j]) @ turn
    size = (camera.width_px, camera.height_px)[axis]
    moved = abs(local[axis] / local[2]) * camera.focal_px / size if local[2] > 0 else 1.0
    turned = abs((views.looks[i, 0] - views.looks[j, 0] + 180.0) % 360.0 - 180.0)
    return float(1.0 - max(moved, 0.0 if axis else turned / camera.field_of_view_deg[0]))


def _unseen(missed: int, counts: NDArray[np.int64], asked: Round) -> Iterator[str]:
    what = "degrees round the point" if asked.subject.geom_type == "Point" else "patches of wall"
    if missed:
        yield f"{missed} of {len(counts)} {what} ({missed / len(counts):.2%}) are in no photograph"


def _shares(found: Overlap | None, where: str, wanted: float) -> Iterator[str]:
    if found is not None and found.least < wanted - SLACK:
        yield f"neighbouring photographs share only {found.least:.1%} {where}, {wanted:.0%} are asked"


def _gsd(depths: FloatArray, camera: Camera) -> tuple[float, float] | None:
    known = depths[np.isfinite(depths)]
    return (
        (float(known.min()) / camera.focal_px, float(known.max()) / camera.focal_px) if len(known) else None
    )


def _pixel(gsd: tuple[float, float] | None, camera: Camera, params: SurveyParams) -> Iterator[str]:
    if gsd is not None and gsd[1] > params.gsd_m * (1.0 + SLACK):
        yield f"a pixel of {camera.name} covers up to {gsd[1]:.3f} m, {params.gsd_m:g} m is asked"


def _near(
    missions: Sequence[Mission], asked: Round, frame: LocalFrame, params: SurveyParams
) -> Iterator[str]:
    """Legs that come nearer to the walls than is to be kept."""
    if asked.subject.geom_type == "Point":
        return
    least = min((_leg_distance(m, asked, frame) for m in missions), default=math.inf)
    if least < params.clearance_m - 0.05:
        yield f"a leg passes {least:.1f} m from the walls, {params.clearance_m:g} m are wanted"


def _leg_distance(mission: Mission, asked: Round, frame: LocalFrame) -> float:
    way = [frame.point(place) for place in (*mission.places, mission.home.position)]
    return float(shapely.LineString(way).distance(asked.subject))
