"""Only the gaps: which planned photographs were never taken, and flights that take them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import shapely
from scipy.spatial import cKDTree

from core.geo import FloatArray
from core.shot import Shot
from gis.vector import Area
from missions.model import Mission
from missions.route import to_degrees
from missions.survey.flownair import study
from missions.survey.lines import Pass, Run, Swath
from missions.survey.missing import (
    FLOWN_SLACK,
    Flags,
    Lost,
    Matched,
    Resumed,
    matched,
    named,
    sought,
    stretches,
    together,
)
from missions.survey.orbitgaps import resume_orbit
from missions.survey.params import Sortie, SurveyPlan, TriggerKind
from missions.survey.plan import Site, asked_of, load_of, survey_site
from missions.survey.proof import Proof, prove_views
from missions.survey.record import SurveyRecord
from missions.survey.rehearsal import Views, joined, rehearse
from missions.survey.rows import taken_of
from missions.survey.shooting import Shooting, shooting
from missions.survey.sorties import share_out
from missions.survey.writing import written

ROUNDS = 4

__all__ = ["Lost", "Resumed", "resume_survey"]


def resume_survey(record: SurveyRecord, missions: Sequence[Mission], taken: Sequence[Shot]) -> Resumed:
    """Plan what `missions` were to photograph and `taken` (heights over home, no attitudes) does not hold.

    A picture looked as the planned one was to look that it was taken nearest to.
    """
    if record.orbit is not None:
        return resume_orbit(record, record.orbit, missions, taken)
    params, camera = record.params, record.camera
    shots = shooting(camera, params)
    site = survey_site(record.area, record.home, shots, params)
    frame, excess = site.frame, params.aircraft.trigger_excess_m
    each = [rehearse(m, params.terrain, excess_m=excess, frame=frame) for m in missions]
    wanted = joined(each)
    swath, timed = shots.swath, params.trigger is TriggerKind.TIME
    held_m = (1.0 - params.front + FLOWN_SLACK) * swath.along_m
    match = matched(wanted, taken_of(taken, frame), swath.shot_m, held_m, timed=timed)
    asked = replace(asked_of(params, shots), overlap_slack=FLOWN_SLACK, gsd_m=None)
    target = to_degrees(site.ground.target, frame)
    before = prove_views(match.flown, target, frame, camera, asked, terrain=params.terrain)
    plan = _completed(record, site, shots, wanted, match, before)
    names = tuple(named(match, each, missions, frame))
    return Resumed(before, len(taken), len(wanted) - len(names), len(wanted), names, plan)


def _completed(
    record: SurveyRecord, site: Site, shots: Shooting, wanted: Views, match: Matched, before: Proof
) -> SurveyPlan | None:
    """Flights that take what is lost, and what is seen by nobody then; None: there is nothing to fly."""
    blind, proof, plan = np.zeros(len(wanted), np.bool_), before, None
    for number in range(ROUNDS if match.to_fly or before.missed else 0):
        if number > 0 or not match.to_fly:
            blind |= _seeing(proof, wanted)
        plan = _gap_plan(record, site, shots, wanted, sought(wanted, match.missing, blind), match)
        if plan.proof is None or not plan.proof.missed:
            break
        proof = plan.proof
    return plan


def _seeing(proof: Proof, wanted: Views) -> Flags:
    """The planned pictures nearest to every place that no picture shows."""
    chosen = np.zeros(len(wanted), np.bool_)
    lattice, seen = proof.picture.lattice, proof.picture.seen
    rows, columns = np.nonzero(lattice.inside & (seen.count == 0))
    cells = np.stack([lattice.xs[columns], lattice.ys[rows]], axis=1)
    blind = np.concatenate([cells, lattice.edge[seen.edge_count == 0]])
    if len(blind) and len(wanted):
        _, nearest = cKDTree(wanted.eyes[:, :2]).query(blind)
        chosen[np.unique(nearest)] = True
    return chosen


def _gap_plan(
    record: SurveyRecord,
    site: Site,
    shots: Shooting,
    wanted: Views,
    again: tuple[Views, FloatArray],
    match: Matched,
) -> SurveyPlan:
    params = record.params
    runs = list(_gap_runs(wanted, again, _gap_swath(shots), site))
    flights = share_out(runs, site.flyer, shots.swath, load_of(site, shots, params))
    sorties = written(flights, site.ground, site.flyer.surface, shots, params)
    proof = _both(record, site, shots, sorties, wanted, match)
    legs = 0.0 if proof.air is None else proof.air.legs_outside_m
    return SurveyPlan(
        sorties,
        proof.coverage,
        legs,
        shots.height_m,
        shots.speed_ms,
        runs[0].line.angle_deg % 180.0 if runs else 0.0,
        shots.swath.trigger_m,
        proof=proof,
        target=to_degrees(site.ground.target, site.frame),
        allowed=to_degrees(site.ground.flight, site.frame),
    )


def _both(
    record: SurveyRecord,
    site: Site,
    shots: Shooting,
    sorties: Sequence[Sortie],
    wanted: Views,
    match: Matched,
) -> Proof:
    """The proof of what was taken and what is to be taken, together."""
    params = record.params
    missions = [s.mission for s in sorties]
    late = params.aircraft.trigger_excess_max_m
    new = [rehearse(m, params.terrain, excess_m=late, frame=site.frame) for m in missions]
    asked = replace(asked_of(params, shots), overlap_slack=FLOWN_SLACK)
    return prove_views(
        together(match, wanted, new, shots.swath.shot_m),
        to_degrees(site.ground.target, site.frame),
        site.frame,
        record.camera,
        replace(asked, front=0.0, side=0.0),
        air=study(missions, to_degrees(site.ground.flight, site.frame), params.terrain, params.aircraft),
        aircraft=params.aircraft,
        terrain=params.terrain,
    )


def _gap_swath(shots: Shooting) -> Swath:
    """A gap is flown on for longer than a row, which ends in ground that other pictures show too.

    Its first release may come late, out of a corner, and all others with it; by time, the first ones lie
    nearer together than they should.
    """
    swath = shots.swath
    longer = swath.shot_m if shots.trigger_s > 0.0 else swath.tail_m
    return replace(swath, tail_m=swath.tail_m + longer)


def _gap_runs(wanted: Views, again: tuple[Views, FloatArray], swath: Swath, site: Site) -> Iterator[Run]:
    """Each stretch of missing pictures as a run, in the order planned."""
    views, ranks = again
    for strip in np.unique(views.pieces):
        planned = np.flatnonzero(wanted.pieces == strip)
        course = _course_deg(wanted.eyes[planned, :2], wanted.looks[planned[0], 0])
        for first, last in stretches(ranks, np.flatnonzero(views.pieces == strip)):
            yield _run(views.eyes[first, :2], views.eyes[last, :2], course, swath, site.ground.flight)


def _course_deg(places: FloatArray, yaw_deg: float) -> float:
    """The course of a strip; of a single picture, where its top points."""
    way = places[-1] - places[0]
    if float(np.hypot(*way)) < 0.01:
        return float(yaw_deg)
    return float(np.degrees(np.arctan2(way[0], way[1]))) % 360.0


def _run(first: FloatArray, last: FloatArray, course: float, swath: Swath, space: Area) -> Run:
    """A run over the places from `first` to `last`, with lead-in and run-out as far as there is room."""
    heading = np.radians(course)
    ahead, left = np.array([np.sin(heading), np.cos(heading)]), np.array([-np.cos(heading), np.sin(heading)])
    start, end, y = float(first @ ahead), float(last @ ahead), float(first @ left)
    low, high = (_room(first if s < 0 else last, s * ahead, swath, space) for s in (-1, 1))
    line = Pass(course, 0, y, start, end, start - low, end + high)
    count = int(np.ceil((end - start) / swath.shot_m - 1e-6))
    early = int(start - swath.shot_m >= line.low)  # the first is taken in a corner: rather one before it
    shots = tuple(start + i * swath.shot_m for i in range(-early, count + 1))
    leave = min(line.high, max(shots[-1], end) + swath.tail_m)
    kept = tuple(x for x in shots if x <= leave + 1e-6)
    return Run(line, True, leave, kept)


def _room(place: FloatArray, ahead: FloatArray, swath: Swath, space: Area) -> float:
    """How far one may fly on from a place, at most as far as lead-in or run-out want."""
    wish = max(swath.lead_m, swath.tail_m) + swath.shot_m
    ray = shapely.LineString([place, place + wish * ahead])
    inside = ray.intersection(space)
    parts = [g for g in shapely.get_parts(inside) if g.distance(shapely.Point(place)) < 0.1]
    return max((float(part.length) for part in parts), default=0.0)
