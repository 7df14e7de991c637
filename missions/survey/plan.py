"""The recipe: from an area and a camera to proved missions."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from core.camera import Camera
from core.errors import SkyshadeError
from core.geo import LocalFrame, LonLat
from gis.vector import Area, as_area
from missions.airspace import keep_out
from missions.model import Mission
from missions.route import XY, Navigator, to_degrees
from missions.survey.area import Ground, make_ground
from missions.survey.fleet import in_the_air_together, on_levels
from missions.survey.lines import Run, Swath
from missions.survey.params import SurveyParams, SurveyPlan
from missions.survey.proof import OVERLAP_SLACK, Asked, Proof, prove
from missions.survey.shooting import Shooting, shooting, true_footprint_m
from missions.survey.sorties import Base, Load, Piece, check_climbs, share_out
from missions.survey.sweep import cover, main_course
from missions.survey.terrainfollow import Surface
from missions.survey.track import Flyer
from missions.survey.writing import written

MOST_SHOTS = 100_000
TIGHTENINGS = 3
BLIND_M2 = 0.1
UNEVEN_SLACK = 0.01

__all__ = ["plan_survey", "true_footprint_m"]


def plan_survey(area: Area, camera: Camera, home: LonLat, params: SurveyParams) -> SurveyPlan:
    """Plan flights that photograph `area` (lon/lat) with `camera`, starting and ending at `home`.

    Legs stay inside the area grown by `params.margin_m`, less no-fly zones, plus corridors to home where
    home lies outside; or inside `params.allowed`, less the zones. The result carries its own
    proof; check `proved`. Raises `SkyshadeError` when the wanted resolution needs too great a height, zones
    leave nothing, or a battery cannot reach a part.
    """
    shots = shooting(camera, params)
    site = survey_site(area, home, shots, params)
    plan = _swept(site, camera, shots, params)
    for _ in range(TIGHTENINGS if params.terrain is not None else 0):
        more = _missing(plan.proof, params)
        if more == (0.0, 0.0):
            break
        shots = shooting(camera, params, tighter=more)
        plan = _swept(site, camera, shots, params)
    return in_the_air_together(plan, params) if params.aircraft_count > 1 else plan


def _missing(proof: Proof | None, params: SurveyParams) -> tuple[float, float]:
    """How much overlap (front, side) uneven ground took away, with a little on top."""
    if proof is None or proof.holds:
        return 0.0, 0.0
    pairs = ((proof.along, params.front), (proof.across, params.side))
    short = [0.0 if o is None else max(0.0, wanted - o.least) for o, wanted in pairs]
    return (1.3 * short[0], 1.3 * short[1]) if max(short) > OVERLAP_SLACK else (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a survey is flown: its ground, the ways through the air over it, the places to take off from."""

    ground: Ground
    flyer: Flyer
    bases: tuple[Base, ...]

    @property
    def frame(self) -> LocalFrame:
        """East-north metres round the first place to take off."""
        return self.ground.frame


def survey_site(area: Area, home: LonLat, shots: Shooting, params: SurveyParams) -> Site:
    """The site of a survey of `area`; raises `SkyshadeError` when nothing is left or home is closed in."""
    zones = keep_out(params.zones, shots.height_m, params.at_time)
    ground = make_ground(
        area, home, zones,
        margin_m=params.margin_m, zone_margin_m=params.zone_margin_m, allowed=params.allowed,
    )  # fmt: skip
    if params.allowed is not None:
        _in_sight(ground, shots)
    _bearable(ground, shots.swath)
    surface = Surface(ground.frame, shots.height_m, params.terrain, params.height_tolerance_m)
    inset_m = 0.25 * params.aircraft.waypoint_radius_m + 0.05  # a corner rounded on the inside stays inside
    flyer = Flyer(Navigator(ground.flight, inset_m=inset_m), surface, {})
    return Site(ground, flyer, _bases((home, *params.launches), surface))


def _in_sight(ground: Ground, shots: Shooting) -> None:
    """Refuse an area of which no picture from the air allowed can show some part."""
    reach_m = math.hypot(shots.swath.across_m, shots.swath.along_m) / 2.0 + shots.ahead_m
    blind = ground.target.difference(ground.working.buffer(reach_m))
    if blind.area > BLIND_M2:
        far = max(ground.working.distance(shapely.Point(xy)) for xy in shapely.get_coordinates(blind))
        raise SkyshadeError(
            f"{blind.area:.0f} m2 of the survey area ({blind.area / ground.target.area:.1%}) cannot be seen "
            f"from the allowed area: it ends {far:.0f} m from there, a picture reaches {reach_m:.0f} m",
            hint="allow more, survey less, or ask for a coarser --gsd-m",
        )


def _bases(places: Sequence[LonLat], surface: Surface) -> tuple[Base, ...]:
    xys: list[XY] = [surface.frame.point(place) for place in places]
    rises = surface.rise_m(np.array(xys))
    return tuple(Base(p, xy, float(rise)) for p, xy, rise in zip(places, xys, rises, strict=True))


def _bearable(ground: Ground, swath: Swath) -> None:
    """Refuse a survey of more shots than anyone will fly, before it takes the machine down."""
    shots = ground.target.area / (swath.line_m * swath.shot_m)
    if shots > MOST_SHOTS:
        raise SkyshadeError(
            f"the survey needs about {shots:.0f} shots, more than {MOST_SHOTS}",
            hint="plan the area in parts, or ask for a coarser --gsd-m or less overlap",
        )


def _swept(site: Site, camera: Camera, shots: Shooting, params: SurveyParams) -> SurveyPlan:
    """Passes at the best courses, once, or twice where they are to cross."""
    load = load_of(site, shots, params)
    ground = _looked_at_from(site.ground, shots.ahead_m, params)
    layers = [cover(ground, shots.swath, site.flyer, load, params.angle_deg)]
    if params.cross_hatch:
        across = (main_course(layers[0]) + 90.0) % 180.0
        layers.append(cover(ground, shots.swath, site.flyer, load, across))
    layers = [[_set_back(run, shots.ahead_m) for run in runs] for runs in layers]
    return planned(layers, site, camera, shots, params)


def _looked_at_from(ground: Ground, ahead_m: float, params: SurveyParams) -> Ground:
    """The ground for passes told by where they look: a tilted camera flies `ahead_m` behind that."""
    if ahead_m <= 0.0:
        return ground
    if params.allowed is None and params.margin_m < ahead_m:
        raise SkyshadeError(
            f"at a gimbal pitch of {params.pitch_deg:g} degrees the camera looks {ahead_m:.0f} m ahead; "
            f"legs must leave the area by as much, {params.margin_m:g} m are allowed",
            hint=f"give --margin-m {math.ceil(ahead_m)}",
        )
    return replace(ground, working=as_area(ground.working.buffer(-ahead_m, join_style="mitre")))


def _set_back(run: Run, ahead_m: float) -> Run:
    """A run told by the middles of its pictures, told by where the aircraft is."""
    if ahead_m == 0.0:
        return run
    back = -ahead_m if run.forward else ahead_m
    shots = tuple(x + back for x in run.shots)
    return replace(run, leave=run.leave + back, shots=shots)


def load_of(site: Site, shots: Shooting, params: SurveyParams) -> Load:
    """What every sortie of a survey is planned with."""
    return Load(
        params.aircraft, params.wind, shots.speed_ms, params.max_items, site.bases, params.aircraft_count
    )


def planned(
    layers: Sequence[Sequence[Piece]], site: Site, camera: Camera, shots: Shooting, params: SurveyParams
) -> SurveyPlan:
    """Runs, layer by layer, shared out over batteries, written as missions, and proved."""
    load = load_of(site, shots, params)
    shares = [share_out(runs, site.flyer, shots.swath, load) for runs in layers]
    for flights in shares:
        check_climbs(flights, load)
    flights = on_levels(list(itertools.chain(*shares)), params.aircraft_count)
    sorties = written(flights, site.ground, site.flyer.surface, shots, params)
    groups = list(_grouped([s.mission for s in sorties], [len(f) for f in shares]))
    target, allowed = (to_degrees(a, site.frame) for a in (site.ground.target, site.ground.flight))
    proof = prove_layers(groups, target, allowed, camera, asked_of(params, shots), params)
    air = proof.air
    return SurveyPlan(
        sorties,
        proof.coverage,
        0.0 if air is None else air.legs_outside_m,
        shots.height_m,
        shots.speed_ms,
        main_course([run for runs in layers for run in runs if isinstance(run, Run)]),
        shots.swath.trigger_m,
        proof=proof,
        target=target,
        allowed=allowed,
    )


def asked_of(params: SurveyParams, shots: Shooting) -> Asked:
    """What the proof must hold a plan to."""
    uneven = params.terrain is not None
    tilted = params.pitch_deg > -89.99
    return Asked(
        params.front,
        params.side,
        None if tilted else params.gsd_m,
        min(params.clearance_m, 0.9 * shots.height_m) if uneven else None,
        params.max_height_m + (params.height_tolerance_m if uneven else 0.0),
        params.height_tolerance_m + 0.02 * shots.height_m if uneven else 0.0,
        UNEVEN_SLACK if uneven or tilted else OVERLAP_SLACK,
        params.pitch_deg,
    )


def prove_layers(
    groups: Sequence[Sequence[Mission]],
    target: Area,
    allowed: Area,
    camera: Camera,
    asked: Asked,
    params: SurveyParams,
) -> Proof:
    """The proof of all missions; where they cross, each layer must hold by itself."""
    missions = list(itertools.chain(*groups))
    whole = prove(missions, target, allowed, camera, asked, params.aircraft, terrain=params.terrain)
    if len(groups) < 2:
        return whole
    parts = [
        prove(g, target, allowed, camera, asked, params.aircraft, terrain=params.terrain) for g in groups
    ]
    faults = tuple(dict.fromkeys(fault for part in parts for fault in part.faults))
    least = min((p.across for p in parts if p.across is not None), key=lambda o: o.least, default=None)
    return replace(whole, across=least, faults=faults)


def _grouped(missions: Sequence[Mission], counts: Sequence[int]) -> list[Sequence[Mission]]:
    ends = list(itertools.accumulate(counts, initial=0))
    return [missions[a:b] for a, b in itertools.pairwise(ends) if b > a]
