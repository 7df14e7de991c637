"""The gaps of an orbit: which photographs of its rings were never taken, and the arcs that take them."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from core.geo import FloatArray
from core.shot import Shot
from missions.model import Mission
from missions.survey.circling import Arc
from missions.survey.flownair import study
from missions.survey.missing import Flags, Matched, Resumed, matched, named, sought, stretches, together
from missions.survey.orbit import Stage, orbit_plan, set_up
from missions.survey.orbitproof import looked_up, prove_orbit_views
from missions.survey.params import SurveyPlan, TriggerKind
from missions.survey.proof import Proof
from missions.survey.record import OrbitRecord, SurveyRecord
from missions.survey.rehearsal import Ints, Views, joined, rehearse
from missions.survey.rows import taken_of

ROUNDS = 4


def resume_orbit(
    record: SurveyRecord, orbit: OrbitRecord, missions: Sequence[Mission], taken: Sequence[Shot]
) -> Resumed:
    """Plan what `missions` were to photograph and `taken` (heights over home, no attitudes) does not hold.

    A picture looked from where it was taken at what its ring goes round.
    """
    params, camera = record.params, record.camera
    stage = set_up(orbit.subject, camera, record.home, params, orbit.wishes)
    frame, excess = stage.site.frame, params.aircraft.trigger_excess_m
    each = [rehearse(m, params.terrain, excess_m=excess, frame=frame) for m in missions]
    wanted = joined(each)
    swath, timed = stage.made.shots.swath, params.trigger is TriggerKind.TIME
    match = matched(wanted, taken_of(taken, frame), swath.shot_m, _held_m(stage, record), timed=timed)
    match = replace(match, flown=_aimed(match.flown, stage))
    gaps = replace(record, params=replace(params, front=0.0, side=0.0))  # pairs of flown ones are as flown
    before = prove_orbit_views(match.flown, stage.asked, stage.target, frame, camera, gaps.params)
    plan = _completed(gaps, record, stage, wanted, match, before)
    names = tuple(named(match, each, missions, frame))
    return Resumed(before, len(taken), len(wanted) - len(names), len(wanted), names, plan)


def _held_m(stage: Stage, record: SurveyRecord) -> float:
    """How far apart pictures hold the overlap that was asked for."""
    field = math.radians(record.camera.field_of_view_deg[0])
    return (1.0 - record.params.front) * field * stage.made.radius_m


def _completed(
    gaps: SurveyRecord, record: SurveyRecord, stage: Stage, wanted: Views, match: Matched, before: Proof
) -> SurveyPlan | None:
    """Flights that take what is lost, and what is seen by nobody then; None: there is nothing to fly."""
    blind, seen, plan = np.zeros(len(wanted), np.bool_), match.flown, None
    for number in range(ROUNDS if match.to_fly or before.missed else 0):
        if number > 0 or not match.to_fly:
            blind |= _seeing(seen, wanted, stage, record)
        plan = _gap_plan(gaps, stage, record, wanted, sought(wanted, match.missing, blind), match)
        if plan.proof is None or not plan.proof.missed:
            break
        seen = plan.proof.picture.views
    return plan


def _rings(up_m: FloatArray, stage: Stage) -> Ints:
    """The ring nearest to heights (n,) over the frame's origin."""
    heights = np.array([level.height_m for level in stage.made.levels]) + stage.circle.base_m
    nearest: Ints = np.abs(up_m[:, None] - heights).argmin(axis=1)
    return nearest


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
    gaps: SurveyRecord,
    stage: Stage,
    record: SurveyRecord,
    wanted: Views,
    again: tuple[Views, FloatArray],
    match: Matched,
) -> SurveyPlan:
    params, frame = gaps.params, stage.site.frame
    late = params.aircraft.trigger_excess_max_m

    def both(missions: Sequence[Mission]) -> Proof:
        new = [rehearse(m, params.terrain, excess_m=late, frame=frame) for m in missions]
        air = study(missions, stage.allowed, params.terrain, params.aircraft)
        return prove_orbit_views(
            together(match, wanted, new, stage.made.shots.swath.shot_m),
            stage.asked,
            stage.target,
            frame,
            gaps.camera,
            params,
            air=air,
            missions=missions,
        )

    return orbit_plan(list(_arcs(*again, stage)), stage, record.camera, record.params, both)


def _arcs(views: Views, ranks: FloatArray, stage: Stage) -> Iterator[Arc]:
    """Each stretch of missing pictures as an arc of its ring, in the order planned."""
    rings = _rings(views.eyes[:, 2], stage)
    for strip in np.unique(views.strips):
        for first, last in stretches(ranks, np.flatnonzero(views.strips == strip)):
            steps = float(ranks[last] - ranks[first])
            yield _arc(views.eyes[[first, last]], steps, int(rings[first]), stage)


def _arc(ends: FloatArray, steps: float, ring: int, stage: Stage) -> Arc:
    """From one place to another `steps` spacings further on; at least a spacing long."""
    circle, spacing = stage.circle, stage.made.shots.swath.shot_m
    start, end = (circle.start_m((float(e), float(n))) for e, n in ends[:, :2])
    whole = circle.line.length
    end += whole * round((start + steps * spacing - end) / whole)
    return Arc(stage.made.levels[ring], start, max(end, start + spacing))
