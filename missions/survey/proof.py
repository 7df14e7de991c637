"""An independent proof of a survey: its missions flown on paper, every cell looked up in every photograph.

It uses only the finished missions (or the shots a vehicle reported), the ground to be seen, the air allowed
and the camera: none of the planner's cells, passes or tracks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.camera import Camera
from core.geo import FloatArray, LocalFrame, LonLat
from core.shot import Shot
from gis.terrain import Terrain
from gis.vector import Area
from missions.aircraft import Aircraft
from missions.model import Mission
from missions.route import to_metres
from missions.survey.flownair import Air, legs_outside_m, study
from missions.survey.lattice import Lattice, Seen, look, make_lattice, outlines
from missions.survey.overlaps import Overlap, across_strips, along_strips, summed_up
from missions.survey.params import Coverage
from missions.survey.rehearsal import Views, joined, rehearse, views_of

OUTSIDE_M = 0.01
OVERLAP_SLACK = 0.005
PITCH_SLACK_DEG = 2.0

__all__ = ["Asked", "Proof", "legs_outside_m", "prove", "prove_coverage", "prove_views"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a survey was asked for: overlaps as shares, ground size of a pixel, heights over ground in metres.

    `height_tolerance_m` is how far the flying height may differ from the one that gives `gsd_m` exactly, and
    `overlap_slack` how far a pair may fall below its overlap because of it; `pitch_deg` the gimbal's. None =
    not asked.
    """

    front: float
    side: float
    gsd_m: float | None = None
    clearance_m: float | None = None
    max_height_m: float | None = None
    height_tolerance_m: float = 0.0
    overlap_slack: float = OVERLAP_SLACK
    pitch_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """What a proof's map is drawn from."""

    frame: LocalFrame
    lattice: Lattice
    seen: Seen
    views: Views
    outlines: FloatArray


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found, and what is wrong with it.

    `histogram[n]` cells are in n photographs (the last entry: in that many or more); `gsd_m` the finest and
    the coarsest of every cell's best pixel, None where nothing is seen; `along` and `across` the overlaps of
    neighbours, None where there are none; `air` None where only shots are known; `faults` in plain words,
    empty when all that was asked holds.
    """

    coverage: Coverage
    cells: int
    missed: int
    histogram: tuple[int, ...]
    gsd_m: tuple[float, float] | None
    along: Overlap | None
    across: Overlap | None
    air: Air | None
    shots: int
    faults: tuple[str, ...]
    picture: Picture

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def prove(
    missions: Sequence[Mission],
    target: Area,
    allowed: Area,
    camera: Camera,
    asked: Asked,
    aircraft: Aircraft,
    *,
    terrain: Terrain | None = None,
    cell_m: float | None = None,
) -> Proof:
    """Prove that `missions` photograph `target` and stay in `allowed` (both lon/lat), as `asked`.

    The trigger is taken to fire as late as it ever does. Raises `SkyshadeError` where the DEM ends.
    """
    frame = LocalFrame(missions[0].home.position)
    excess_m = aircraft.trigger_excess_max_m
    views = joined([rehearse(m, terrain, excess_m=excess_m, frame=frame) for m in missions])
    air = study(missions, allowed, terrain, aircraft)
    return prove_views(
        views, target, frame, camera, asked, air=air, aircraft=aircraft, terrain=terrain, cell_m=cell_m
    )


def prove_views(
    views: Views,
    target: Area,
    frame: LocalFrame,
    camera: Camera,
    asked: Asked,
    *,
    air: Air | None = None,
    aircraft: Aircraft | None = None,
    terrain: Terrain | None = None,
    cell_m: float | None = None,
) -> Proof:
    """The same for photographs alone, wherever they come from; `air` is what is known of the flights."""
    area = to_metres(target, frame)
    lattice = make_lattice(area, frame, terrain, cell_m)
    seen = look(lattice, views, camera)
    frames = outlines(lattice, views, camera)
    along, across = summed_up(along_strips(views, frames)), summed_up(across_strips(views, frames, area))
    counts = np.concatenate([seen.count[lattice.inside], seen.edge_count])
    coverage = Coverage(
        float(np.mean(counts > 0)), int(counts.min()), float(np.median(counts)), lattice.cell_m
    )
    missed = int(np.count_nonzero(counts == 0))
    gsd_m = _gsd_m(seen, lattice, camera)
    faults = (
        *_unseen(missed, len(counts)),
        *_pitches(views, asked),
        *_overlaps(along, across, asked),
        *_pixels(gsd_m, asked, camera),
        *_air(air, asked, aircraft),
    )
    return Proof(
        coverage, len(counts), missed, _histogram(counts), gsd_m, along, across, air, len(views), faults,
        Picture(frame, lattice, seen, views, frames),
    )  # fmt: skip


def _histogram(counts: FloatArray, most: int = 30) -> tuple[int, ...]:
    return tuple(int(n) for n in np.bincount(np.minimum(counts, most)))


def _gsd_m(seen: Seen, lattice: Lattice, camera: Camera) -> tuple[float, float] | None:
    depths = seen.depth_m[lattice.inside & np.isfinite(seen.depth_m)]
    if not len(depths):
        return None
    return float(depths.min()) / camera.focal_px, float(depths.max()) / camera.focal_px


def _unseen(missed: int, cells: int) -> Iterator[str]:
    if missed:
        yield f"{missed} of {cells} cells ({missed / cells:.2%}) are in no photograph"


def _pitches(views: Views, asked: Asked) -> Iterator[str]:
    if asked.pitch_deg is None:
        return
    wrong = views.looks[np.abs(views.looks[:, 1] - asked.pitch_deg) > PITCH_SLACK_DEG, 1]
    if len(wrong):
        yield (
            f"{len(wrong)} photographs look at a gimbal pitch such as {wrong[0]:.0f} degrees, "
            f"{asked.pitch_deg:g} is asked"
        )


def _overlaps(along: Overlap | None, across: Overlap | None, asked: Asked) -> Iterator[str]:
    for name, found, wanted in (("along", along, asked.front), ("across", across, asked.side)):
        if found is not None and found.least < wanted - asked.overlap_slack:
            shared = f"neighbouring photographs share only {found.least:.1%} {name} the course"
            yield f"{shared}, {wanted:.0%} are asked"


def _pixels(gsd_m: tuple[float, float] | None, asked: Asked, camera: Camera) -> Iterator[str]:
    if gsd_m is None or asked.gsd_m is None:
        return
    limit = asked.gsd_m + camera.gsd_m(asked.height_tolerance_m) + 1e-4 * asked.gsd_m
    if gsd_m[1] > limit:
        yield f"a pixel covers up to {gsd_m[1]:.3f} m of ground, {asked.gsd_m:g} m is asked"


def _air(air: Air | None, asked: Asked, aircraft: Aircraft | None) -> Iterator[str]:
    if air is None:
        return
    if air.legs_outside_m > OUTSIDE_M:
        yield f"{air.legs_outside_m:.1f} m of legs are outside the allowed area"
    if air.turns_outside_m > OUTSIDE_M:
        yield f"{air.turns_outside_m:.1f} m of turns are outside the allowed area"
    if air.lowest_m is None and asked.clearance_m is not None:
        yield "the height model does not reach all legs: their clearance is unknown"
    yield from _heights(air, asked)
    if aircraft is not None:
        yield from _climbs(air, aircraft)


def _heights(air: Air, asked: Asked) -> Iterator[str]:
    if air.lowest_m is not None and asked.clearance_m is not None and air.lowest_m < asked.clearance_m - 0.05:
        where = "" if air.item is None else f" (flight {air.item[0]}, item {air.item[1]})"
        yield f"a leg passes {air.lowest_m:.1f} m above ground{where}, {asked.clearance_m:g} m are wanted"
    if (
        air.highest_m is not None
        and asked.max_height_m is not None
        and air.highest_m > asked.max_height_m + 0.05
    ):
        yield f"a leg rises {air.highest_m:.1f} m above ground, {asked.max_height_m:g} m are allowed"


def _climbs(air: Air, aircraft: Aircraft) -> Iterator[str]:
    for name, rate, limit in (
        ("climbs", air.climb_ms, aircraft.climb_ms),
        ("descends", air.descent_ms, aircraft.descent_ms),
    ):
        if rate > limit + 0.05:
            yield f"a leg {name} at {rate:.1f} m/s, {aircraft.name} does {limit:g} m/s"


def prove_coverage(
    target: Area, shots: Sequence[Shot], camera: Camera, home: LonLat, terrain: Terrain | None = None
) -> Coverage:
    """Count, for each grid cell of `target` (lon/lat) and each point of its edge, the shots that hold it.

    Shot altitudes are above home or ground; without `terrain` the ground is flat at home's height.
    """
    frame = LocalFrame(home)
    lattice = make_lattice(to_metres(target, frame), frame, terrain)
    seen = look(lattice, views_of(shots, frame, terrain), camera)
    counts = np.concatenate([seen.count[lattice.inside], seen.edge_count])
    return Coverage(float(np.mean(counts > 0)), int(counts.min()), float(np.median(counts)), lattice.cell_m)
