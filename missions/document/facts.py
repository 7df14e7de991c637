"""What the flight document says, worked out from a plan and what is known of its day."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from core.geo import LocalFrame, LonLat
from core.wind import CALM
from missions.case import Case
from missions.checks import findings_of
from missions.energy import Cost
from missions.finding import Finding
from missions.model import Command
from missions.path import heights_along, mission_cost
from missions.route import to_metres
from missions.space_checks import fence_sides, line_between
from missions.volumes.sora import SoraParams, SoraSizes, sora_sizes


@dataclass(frozen=True, slots=True)
class FlightMap:
    """Shapes in metres round home: the path, its volumes, fence and zones, places to come down at."""

    path: BaseGeometry
    geography: BaseGeometry | None
    contingency: BaseGeometry | None
    ground_risk: BaseGeometry | None
    fence: tuple[BaseGeometry, ...]
    zones: tuple[tuple[str, BaseGeometry], ...]
    rally: tuple[tuple[float, float], ...]
    drops: tuple[tuple[float, float], ...]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top of all but the zones, with room round them."""
        shown = [g for g in (self.path, self.ground_risk, *self.fence) if g is not None]
        left, bottom, right, top = shapely.union_all(shown).bounds
        room = 0.06 * max(right - left, top - bottom, 100.0)
        return left - room, bottom - room, right + room, top + room


@dataclass(frozen=True, slots=True)
class FlightFacts:
    """Everything on the document. None = not known, and said so.

    Heights in metres: `top_over_home_m`, `top_over_ground_m`, `top_over_sea_m`; `mark` identifies the plan's
    content; `zones_met` zones under or over the path, with the numbers of permits for them.
    """

    name: str
    mark: str
    home: LonLat
    home_elevation_m: float | None
    items: int
    start: datetime | None
    end: datetime | None
    cost: Cost | None
    distance_m: float
    top_over_home_m: float | None
    top_over_ground_m: float | None
    aircraft: str | None
    mass_kg: float | None
    payload_kg: float
    flyable_Wh: float | None
    sizes: SoraSizes | None
    findings: tuple[Finding, ...]
    zones_met: tuple[tuple[str, str], ...] | None
    map: FlightMap

    @property
    def top_over_sea_m(self) -> float | None:
        """The highest place over mean sea level."""
        if self.home_elevation_m is None or self.top_over_home_m is None:
            return None
        return self.home_elevation_m + self.top_over_home_m


def flight_facts(case: Case, plan: Path, *, size_m: float | None = None) -> FlightFacts:
    """The facts of a case whose plan is the file `plan`.

    `size_m` is the aircraft's greatest dimension; without it (or without the aircraft) volumes are not known.
    """
    cost = _cost(case)
    ends = _times(case.at_time, cost)
    top = _top_over_home(case)
    over_ground = _top_over_ground(case)
    sizes = _sizes(case, size_m, top if over_ground is None else over_ground)
    craft = case.aircraft
    return FlightFacts(
        name=case.mission.name or plan.stem,
        mark=hashlib.sha256(plan.read_bytes()).hexdigest()[:12],
        home=case.mission.home.position,
        home_elevation_m=case.mission.home.elevation_m,
        items=len(case.mission.items),
        start=ends[0],
        end=ends[1],
        cost=cost,
        distance_m=float(_path(case).length),
        top_over_home_m=top,
        top_over_ground_m=over_ground,
        aircraft=None if craft is None else craft.name,
        mass_kg=None if craft is None else craft.mass_kg + case.payload_kg,
        payload_kg=case.payload_kg,
        flyable_Wh=None if craft is None else craft.flyable_Wh,
        sizes=sizes,
        findings=findings_of(case),
        zones_met=_zones_met(case),
        map=_map(case, sizes),
    )


def _zones_met(case: Case) -> tuple[tuple[str, str], ...] | None:
    """Zones that the path meets on the map, each with the numbers of its permits; None = unknown."""
    if case.zones is None:
        return None
    frame, path = LocalFrame(case.mission.home.position), _path(case)
    met = [z.name for z in case.zones if to_metres(z.polygon, frame).intersects(path)]
    held = [(p.zone, p.number) for p in case.permits or () if p.number]
    return tuple((name, ", ".join(n for zone, n in held if zone in {"", name})) for name in met)


def _cost(case: Case) -> Cost | None:
    endless = {Command.NAV_LOITER_UNLIM, Command.DO_JUMP}
    if case.aircraft is None or any(item.command in endless for item in case.mission.items):
        return None
    try:
        return mission_cost(
            case.mission, case.aircraft, case.wind or CALM, terrain=case.terrain, payload_kg=case.payload_kg
        )
    except ValueError:
        return None


def _times(at_time: datetime | None, cost: Cost | None) -> tuple[datetime | None, datetime | None]:
    if at_time is None or cost is None:
        return at_time, None
    return at_time, at_time + timedelta(seconds=cost.duration_s)


def _top_over_home(case: Case) -> float | None:
    ups = [p.up_m for p in case.points]
    known = [up for up in ups if up is not None]
    return max(known) if len(known) == len(ups) else None


def _top_over_ground(case: Case) -> float | None:
    if case.terrain is None:
        return None
    heights = [h for _, _, h in heights_along(case.points, case.terrain, case.mission.home.position)]
    values = np.concatenate(heights) if heights else np.array([np.nan])
    return float(values.max()) if np.isfinite(values).all() else None


def _sizes(case: Case, size_m: float | None, height_m: float | None) -> SoraSizes | None:
    if case.aircraft is None or size_m is None or height_m is None or height_m <= 0:
        return None
    wind = case.wind or CALM
    fastest = max(p.speed_ms for p in case.points)
    return sora_sizes(SoraParams(size_m, fastest, height_m, wind_ms=wind.speed_ms))


def _path(case: Case) -> BaseGeometry:
    frame = LocalFrame(case.mission.home.position)
    places = [frame.point(p.place) for p in case.points]
    return shapely.LineString(places) if len(set(places)) > 1 else line_between(places[0], places[0])


def _map(case: Case, sizes: SoraSizes | None) -> FlightMap:
    frame = LocalFrame(case.mission.home.position)
    path = _path(case)
    geography, contingency, ground_risk = (None, None, None) if sizes is None else _rings(path, sizes)
    keep_in, keep_out = fence_sides(case.mission)
    drops = [x for x in case.mission.items if x.command in _DROPS and x.position is not None]
    return FlightMap(
        path,
        geography,
        contingency,
        ground_risk,
        fence=(*keep_in, *keep_out),
        zones=tuple((z.name, to_metres(z.polygon, frame)) for z in case.zones or ()),
        rally=tuple(frame.point(r.position) for r in case.mission.rally),
        drops=tuple(frame.point(x.position) for x in drops if x.position is not None),
    )


def _rings(path: BaseGeometry, sizes: SoraSizes) -> tuple[BaseGeometry, BaseGeometry, BaseGeometry]:
    widths = sizes.geography_half_width_m, sizes.operational_half_width_m, sizes.outer_half_width_m
    near, middle, far = (path.buffer(width) for width in widths)
    return near, middle, far


_DROPS = {Command.NAV_PAYLOAD_PLACE, Command.DO_WINCH, Command.DO_GRIPPER}
