"""An orbit of a point or a building: rings at one or more heights, the camera pointed at it all the way."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from core.camera import Camera
from core.errors import SkyshadeError
from core.geo import Altitude, Datum, LocalFrame, LonLat
from gis.vector import Area, as_area
from missions.airspace import Zone, ZoneKind, keep_out
from missions.energy import air_density_kgm3, path_cost
from missions.model import Mission
from missions.route import XY, Navigator, to_degrees, to_metres
from missions.survey.area import make_ground, take_off_place
from missions.survey.circling import Arc, Circle, OrbitWishes, Rounds, arc_points, circle_round, rounds
from missions.survey.items import item_count
from missions.survey.orbitproof import Round, prove_orbit
from missions.survey.params import SurveyParams, SurveyPlan
from missions.survey.plan import Site, load_of
from missions.survey.proof import Proof
from missions.survey.sorties import Base, Flight, Load, check_climbs
from missions.survey.terrainfollow import Surface
from missions.survey.track import Flyer, TrackPoint, timed
from missions.survey.writing import written

BAND_M = 1.0  # the air on both sides of the ring that it needs
SHORTEST_SHOTS = 4
Prover = Callable[[Sequence[Mission]], Proof]

__all__ = ["OrbitWishes", "plan_orbit"]


def plan_orbit(
    subject: LonLat | Area, camera: Camera, home: LonLat | None, params: SurveyParams, wishes: OrbitWishes
) -> SurveyPlan:
    """Plan flights round `subject`: a place, or a building's outline (lon/lat) of height `wishes.top_m`.

    Without `home` the flight begins beside the ring. Legs stay within `params.margin_m` of the ring and
    `params.clearance_m` off the walls. The plan carries its own proof. Raises `SkyshadeError` where pixel,
    overlap, heights, zones or battery do not allow it.
    """
    stage = set_up(subject, camera, home, params, wishes)
    return orbit_plan(whole_rings(stage), stage, camera, params)


@dataclass(frozen=True, slots=True)
class Stage:
    """An orbit before its flights: what is gone round (`asked`), the rings, the air, the load."""

    asked: Round
    made: Rounds
    site: Site
    circle: Circle
    load: Load

    @property
    def home(self) -> LonLat:
        """Where the first flight takes off, given or found."""
        return self.site.bases[0].place

    @property
    def target(self) -> Area:
        """The ground of what is gone round (lon/lat)."""
        return to_degrees(self.site.ground.target, self.site.frame)

    @property
    def allowed(self) -> Area:
        """The air to stay in (lon/lat)."""
        return to_degrees(self.site.ground.flight, self.site.frame)


def set_up(
    subject: LonLat | Area, camera: Camera, home: LonLat | None, params: SurveyParams, wishes: OrbitWishes
) -> Stage:
    """Rings and air of an orbit; raises as `plan_orbit` does."""
    shape = shapely.Point(subject.xy) if isinstance(subject, LonLat) else subject
    wall = not isinstance(subject, LonLat)
    if wall != (wishes.top_m > 0):
        raise ValueError("a building needs its height (top_m), a point has none")
    made = rounds(camera, params, wishes, flat=not wall, hollow_m=_hollow_m(shape))
    site, circle = _site(shape, home or _beside(shape, made, params), made, params)
    heights = tuple(level.height_m for level in made.levels)
    asked = Round(_metric(shape, site.frame), circle.base_m, wishes.top_m, made.radius_m, heights)
    return Stage(asked, made, site, circle, load_of(site, made.shots, params))


def orbit_plan(
    arcs: Sequence[Arc], stage: Stage, camera: Camera, params: SurveyParams, prove: Prover | None = None
) -> SurveyPlan:
    """Arcs as flights and missions, proved by `prove`, or by what they photograph alone."""
    site, made = stage.site, stage.made
    flights = _flights(arcs, stage)
    check_climbs(flights, stage.load)
    sorties = written(flights, site.ground, site.flyer.surface, made.shots, params)
    missions = [s.mission for s in sorties]
    if prove is None:
        proof = prove_orbit(missions, stage.asked, stage.target, stage.allowed, camera, params)
    else:
        proof = prove(missions)
    outside = 0.0 if proof.air is None else proof.air.legs_outside_m
    return SurveyPlan(
        sorties, proof.coverage, outside, made.shots.height_m, made.shots.speed_ms, 0.0,
        made.shots.swath.trigger_m, {"radius_m": made.radius_m, "rings": float(len(made.levels))},
        proof=proof, target=stage.target, allowed=stage.allowed,
    )  # fmt: skip


def _hollow_m(shape: BaseGeometry) -> float:
    """How far the walls that stand back lie behind the convex hull, metres."""
    middle = shape.centroid
    metric = _metric(shape, LocalFrame(LonLat(middle.x, middle.y)))
    if metric.geom_type == "Point":
        return 0.0
    corners = shapely.points(shapely.get_coordinates(metric))
    return float(shapely.distance(shapely.convex_hull(metric).boundary, corners).max())


def _metric(shape: BaseGeometry, frame: LocalFrame) -> BaseGeometry:
    return (
        shapely.Point(frame.point(LonLat(shape.x, shape.y)))
        if isinstance(shape, shapely.Point)
        else to_metres(shape, frame)
    )


def _beside(shape: BaseGeometry, made: Rounds, params: SurveyParams) -> LonLat:
    """A place to take off from on the ring's ground, near its south-western side."""
    middle = shape.centroid
    frame = LocalFrame(LonLat(middle.x, middle.y))
    metric = _metric(shape, frame)
    hull = shapely.convex_hull(metric)
    band = hull.buffer(made.radius_m + BAND_M).difference(hull.buffer(0.5 * made.radius_m))
    zones = keep_out(params.zones, made.levels[-1].height_m, params.at_time)
    return take_off_place(to_degrees(as_area(band), frame), zones, params.zone_margin_m)


def _site(shape: BaseGeometry, home: LonLat, made: Rounds, params: SurveyParams) -> tuple[Site, Circle]:
    """The air round the subject, and the ring in it; raises `SkyshadeError` where the ring leaves it."""
    frame = LocalFrame(home)
    metric = _metric(shape, frame)
    circle = circle_round(metric, made.radius_m, 0.0)
    outer = to_degrees(as_area(shapely.Polygon(circle.line.coords).buffer(BAND_M)), frame)
    zones = [
        *keep_out(params.zones, made.levels[-1].height_m, params.at_time),
        *_block(metric, frame, made, params),
    ]
    ground = make_ground(
        outer,
        home,
        zones,
        margin_m=params.margin_m,
        zone_margin_m=params.zone_margin_m,
        allowed=params.allowed,
    )
    cut = float(circle.line.difference(ground.flight).length)
    if cut > 0.01:
        raise SkyshadeError(
            f"{cut:.0f} m of the ring at {made.radius_m:.0f} m lie outside the allowed area "
            "or too near to no-fly zones",
            hint="give another --radius-m, or a smaller --zone-margin-m",
        )
    target = as_area(metric) if metric.geom_type != "Point" else as_area(metric.buffer(0.25 * made.radius_m))
    surface = Surface(frame, made.shots.height_m, params.terrain, params.height_tolerance_m)
    middle = metric.centroid
    base_m = float(surface.rise_m(np.array([[middle.x, middle.y]]))[0])
    places = (home, *params.launches)
    xys: list[XY] = [frame.point(place) for place in places]
    bases = tuple(
        Base(p, xy, float(surface.rise_m(np.array([xy]))[0])) for p, xy in zip(places, xys, strict=True)
    )
    flyer = Flyer(Navigator(ground.flight, inset_m=0.5), surface, {})
    return Site(replace(ground, target=target), flyer, bases), replace(circle, base_m=base_m)


def _block(metric: BaseGeometry, frame: LocalFrame, made: Rounds, params: SurveyParams) -> list[Zone]:
    """The building as air that nobody flies through; raises `SkyshadeError` where the ring is too near."""
    if metric.geom_type == "Point":
        return []
    kept = max(params.clearance_m, params.zone_margin_m)
    if made.radius_m < kept + BAND_M:
        raise SkyshadeError(
            f"the ring would be {made.radius_m:.1f} m from the walls, {kept:g} m are to be kept clear",
            hint="give a larger --radius-m or --gsd-m, or a smaller --clearance-m and --zone-margin-m",
        )
    grown = metric.buffer(max(params.clearance_m - params.zone_margin_m, 0.0))
    top = Altitude(max(l.height_m for l in made.levels) + 1.0, Datum.GROUND)
    return [Zone("building", ZoneKind.NO_FLY, to_degrees(as_area(grown), frame), ceiling=top)]


def _flights(arcs: Sequence[Arc], stage: Stage) -> list[Flight]:
    """All arcs in as few flights as batteries need; one too long for a battery is halved."""
    rest = list(arcs)[::-1]
    flights: list[Flight] = []
    held: list[Arc] = []
    while rest:
        arc = rest.pop()
        if _fits(_flight([*held, arc], stage), stage.load):
            held.append(arc)
        elif held:
            flights.append(_flight(held, stage))
            held, rest = [], [*rest, arc]
        else:
            rest += _halves(arc, stage.made, _flight([arc], stage), stage.load)[::-1]
    return [*flights, _flight(held, stage)]


def whole_rings(stage: Stage) -> list[Arc]:
    """Every ring, closed with one photograph more, begun where the one below it ended."""
    circle, swath = stage.circle, stage.made.shots.swath
    arcs, start = [], circle.start_m(stage.site.bases[0].xy)
    for level in stage.made.levels:
        arcs.append(Arc(level, start, start + circle.line.length + swath.shot_m))
        start = arcs[-1].end_m + swath.tail_m + swath.lead_m
    return arcs


def _fits(flight: Flight, load: Load) -> bool:
    return flight.cost.energy_Wh <= load.aircraft.flyable_Wh and item_count(flight.track) < load.max_items


def _halves(arc: Arc, made: Rounds, whole: Flight, load: Load) -> list[Arc]:
    middle = (arc.start_m + arc.end_m) / 2.0
    if arc.end_m - arc.start_m < SHORTEST_SHOTS * made.shots.swath.shot_m:
        raise SkyshadeError(
            f"part of the ring needs {whole.cost.energy_Wh:.0f} Wh to reach and return; "
            f"{load.aircraft.name} may use {load.aircraft.flyable_Wh:.0f} Wh",
            hint="take off nearer, or wait for less wind",
        )
    return [replace(arc, end_m=middle), replace(arc, start_m=middle - made.shots.swath.shot_m)]


def _flight(arcs: Sequence[Arc], stage: Stage) -> Flight:
    """From the nearest base round the arcs and back to it."""
    load = stage.load
    base = min(load.bases, key=lambda b: math.dist(b.xy, stage.circle.at(arcs[0].start_m)))
    track = _track(arcs, stage, base)
    try:
        path = timed(track, load.aircraft, load.survey_ms, base.ground_m)
        cost = path_cost(path, load.aircraft, load.wind, density=air_density_kgm3(0.0, 20.0))
    except ValueError as error:
        raise SkyshadeError(str(error), hint="wait for less wind") from error
    return Flight((), tuple(track), cost, base)


def _track(arcs: Sequence[Arc], stage: Stage, base: Base) -> list[TrackPoint]:
    circle, site = stage.circle, stage.site
    points = [TrackPoint(base.xy, circle.base_m + arcs[0].level.height_m)]
    for arc in arcs:
        ring = arc_points(circle, arc, stage.made.shots.swath)
        if ring[0].up_m != points[-1].up_m:  # straight up before moving on
            points.append(replace(points[-1], up_m=ring[0].up_m, camera=ring[0].camera))
        points += [*_way(points[-1], ring[0].xy, site), *ring[1:]]
    return [*points, *_way(points[-1], base.xy, site)]


def _way(last: TrackPoint, end: XY, site: Site) -> list[TrackPoint]:
    """Round all that is closed, at the height of the point before."""
    if math.dist(last.xy, end) < 0.01:
        return []
    return [TrackPoint(xy, last.up_m) for xy in site.flyer.way(last.xy, end)[1:]]
