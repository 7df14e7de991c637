"""The gaps of an orbit: which photographs of its rings were never taken, and the arcs that take them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from core.geo import FloatArray
from core.shot import Shot
from missions.model import Mission
from missions.survey.circling import Arc
from missions.survey.flownair import study
from missions.survey.missing import Flags, Resumed, matched_views, named, places_of, stretches
from missions.survey.orbit import Stage, orbit_plan, set_up
from missions.survey.orbitproof import looked_up, prove_orbit_views
from missions.survey.params import SurveyPlan
from missions.survey.proof import Proof
from missions.survey.record import OrbitRecord, SurveyRecord
from missions.survey.rehearsal import Ints, Views, joined, rehearse

ROUNDS = 4


def resume_orbit(
    record: SurveyRecord, orbit: OrbitRecord, missions: Sequence[Mission], taken: Sequence[Shot]
) -> Resumed:
    """Plan what `missions` were to photograph and `taken` (heights over home, no attitudes) does not hold.

    A picture counts as the planned one of its ring that it was taken nearest to, and looked at the same spot.
    """
    params, camera = record.params, record.camera
    stage = set_up(orbit.subject, camera, record.home, params, orbit.wishes)
    frame, excess = stage.site.frame, params.aircraft.trigger_excess_m
    each = [rehearse(m, params.terrain, excess_m=excess, frame=frame) for m in missions]
    wanted = joined(each)
    matched, flown = _matched(wanted, places_of(taken, frame), stage)
    gaps = replace(record, params=replace(params, front=0.0, side=0.0))  # pairs of flown ones are as flown
    before = prove_orbit_views(flown, stage.asked, stage.target, frame, camera, gaps.params)
    missing, seen, plan = ~matched, flown, None
    for number in range(ROUNDS if missing.any() or before.missed else 0):
        if number > 0 or not missing.any():
            missing |= _seeing(seen, wanted, stage, record)
        plan = _gap_plan(gaps, stage, record, wanted, missing, flown)
        if plan.proof is None or not plan.proof.missed:
            break
        seen = plan.proof.picture.views
    names = tuple(named(~matched, each, missions, frame))
    return Resumed(before, int(matched.sum()), len(wanted), names, plan)


def _rings(up_m: FloatArray, stage: Stage) -> Ints:
    """The ring nearest to heights (n,) over the frame's origin."""
    heights = np.array([level.height_m for level in stage.made.levels]) + stage.circle.base_m
    nearest: Ints = np.abs(up_m[:, None] - heights).argmin(axis=1)
    return nearest


def _matched(wanted: Views, taken: FloatArray, stage: Stage) -> tuple[Flags, Views]:
    """Which planned pictures a taken one of the same ring stands for, and the taken ones as they looked."""
    found = np.zeros(len(wanted), np.bool_)
    ring, flown_ring = _rings(wanted.eyes[:, 2], stage), _rings(taken[:, 2], stage)
    flown = []
    for number in range(len(stage.made.levels)):
        mine = np.flatnonzero(ring == number)
        there = taken[flown_ring == number]
        found[mine], views = matched_views(wanted.some(mine), there, stage.made.shots.swath.shot_m)
        flown.append(views)
    return found, _aimed(joined(flown), stage)


def _aimed(views: Views, stage: Stage) -> Views:
    """Views with the yaw that points from where they were taken at what the ring goes round."""
    looks = views.looks.copy()
    for i, eye in enumerate(views.eyes):
        east, north = stage.circle.nearest((float(eye[0]), float(eye[1])))
        looks[i, 0] = np.degrees(np.arctan2(east - eye[0], north - eye[1])) % 360.0
    return replace(views, looks=looks)


def _seeing(seen: Views, wanted: Views, stage: Stage, record: SurveyRecord) -> Flags:
    """The planned pictures nearest to every place that no picture shows."""
    chosen = np.zeros(len(wanted), np.bool_)
    found = looked_up(seen, stage.asked, record.camera, record.params)
    blind = found.places[found.counts == 0]
    if len(blind) and len(wanted):
        _, nearest = cKDTree(wanted.eyes).query(blind)
        chosen[np.unique(nearest)] = True
    return chosen


def _gap_plan(
    gaps: SurveyRecord, stage: Stage, record: SurveyRecord, wanted: Views, missing: Flags, flown: Views
) -> SurveyPlan:
    params, frame = gaps.params, stage.site.frame
    late = params.aircraft.trigger_excess_max_m

    def both(missions: Sequence[Mission]) -> Proof:
        new = [rehearse(m, params.terrain, excess_m=late, frame=frame) for m in missions]
        air = study(missions, stage.allowed, params.terrain, params.aircraft)
        return prove_orbit_views(
            joined([flown, *new]), stage.asked, stage.target, frame, gaps.camera, params,
            air=air, missions=missions,
        )  # fmt: skip

    return orbit_plan(list(_arcs(wanted, missing, stage)), stage, record.camera, record.params, both)


def _arcs(wanted: Views, missing: Flags, stage: Stage) -> Iterator[Arc]:
    """Each stretch of missing pictures as an arc of its ring, in the order planned."""
    rings = _rings(wanted.eyes[:, 2], stage)
    for strip in np.unique(wanted.strips[missing]):
        members = np.flatnonzero(wanted.strips == strip)
        for first, last in stretches(missing[members]):
            yield _arc(wanted, members[[first, last]], last - first, int(rings[members[first]]), stage)


def _arc(wanted: Views, ends: Ints, steps: int, ring: int, stage: Stage) -> Arc:
    """From one planned picture to another `steps` further on; at least a spacing long."""
    circle, spacing = stage.circle, stage.made.shots.swath.shot_m
    start, end = (circle.start_m((float(e), float(n))) for e, n in wanted.eyes[ends, :2])
    whole = circle.line.length
    end += whole * round((start + steps * spacing - end) / whole)
    return Arc(stage.made.levels[ring], start, max(end, start + spacing))
