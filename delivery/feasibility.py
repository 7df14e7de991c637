"""Whether an order can be flown now: yes with a time, or no with each reason and what would make it a yes."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from core.errors import SkyshadeError
from core.geo import LonLat
from core.wind import Wind
from delivery.flightplan import DeliveryPlan, LaneParams, plan_delivery
from delivery.model import Craft, Order, Place
from delivery.world import World
from gis.terrain import Terrain
from missions.aircraft import Aircraft, load_aircraft
from missions.airspace import Zone
from missions.checks import check_mission
from missions.finding import Finding, Severity
from missions.finding import Verdict as RuleVerdict


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is known of the day; None = unknown, and what must be known and is not refuses.

    `permits` are the names of the zones someone holds permission for; `zone` is the local clock.
    """

    zones: tuple[Zone, ...] | None = None
    wind: Wind | None = None
    terrain: Terrain | None = None
    permits: frozenset[str] | None = None
    zone: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Seoul"))
    lanes: LaneParams = field(default_factory=LaneParams)
    prepare_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to an order.

    Accepted: `aircraft`, `plan`, and the time from now to the release with its interval, seconds. Refused:
    `reasons`, each naming the way out.
    """

    reasons: tuple[str, ...]
    aircraft: Craft | None = None
    plan: DeliveryPlan | None = None
    eta_s: float | None = None
    eta_low_s: float | None = None
    eta_high_s: float | None = None

    @property
    def accepted(self) -> bool:
        """Whether nothing stands against it."""
        return not self.reasons


def judge(world: World, order: Order, conditions: Conditions, now_s: float) -> Verdict:
    """Judge `order` against the fleet, the place, the day and the airspace at UTC second `now_s`."""
    point = world.place(order.place)
    now = datetime.fromtimestamp(now_s, UTC)
    reasons = [*_place_reasons(point, conditions, now), *_weather_reasons(conditions)]
    depots = {depot.id: depot for depot in world.depots()}
    fleet = [c for c in world.aircraft.values() if c.depot in depots]
    tries = [_try(world, craft, depots[craft.depot], point, order, conditions, now) for craft in fleet]
    flyable = [t for t in tries if t.accepted]
    if not tries:
        reasons.append("there is no aircraft; add one to the fleet")
    if not flyable:
        reasons += _distinct(tries)
    if reasons or not flyable:
        return Verdict(tuple(reasons))
    best = min(flyable, key=lambda t: t.eta_s or math.inf)
    late = _daylight_reason(point.position, now, best, conditions)
    return Verdict((late,)) if late else best


def _distinct(tries: list[Verdict]) -> list[str]:
    return list(dict.fromkeys(reason for t in tries for reason in t.reasons))


def _place_reasons(point: Place, conditions: Conditions, now: datetime) -> list[str]:
    found = []
    if point.kind != "point":
        found.append(f"{point.name} is a depot; choose a delivery point")
    if point.closed:
        found.append(f"{point.name} is closed; choose another point")
    if point.occupied:
        found.append(f"{point.name} is occupied; wait until it is clear, or choose another point")
    local = now.astimezone(conditions.zone)
    minute = local.hour * 60 + local.minute
    if not point.hours.since_min <= minute < point.hours.until_min:
        found.append(f"{point.name} is open {point.hours.text} and it is {local:%H:%M}; order in those hours")
    return found


def _weather_reasons(conditions: Conditions) -> list[str]:
    found = []
    if conditions.wind is None:
        found.append("the wind is not known; give it (--wind-ms, --wind-from-deg)")
    if conditions.zones is None:
        found.append("the airspace is not known; give its zones (--zones FILE)")
    if conditions.terrain is None:
        found.append("the ground's height is not known; give a DEM (--dem FILE)")
    return found


def _daylight_reason(where: LonLat, now: datetime, verdict: Verdict, conditions: Conditions) -> str | None:
    sunrise, sunset = daylight(where, now, conditions.zone)
    total_s = conditions.prepare_s + (verdict.plan.total.duration_s if verdict.plan else 0.0)
    back = now + timedelta(seconds=total_s)
    if now < sunrise:
        return f"it is before sunrise; order after {sunrise.astimezone(conditions.zone):%H:%M}"
    if back > sunset:
        return (
            f"the flight would end after sunset ({sunset.astimezone(conditions.zone):%H:%M}); order tomorrow"
        )
    return None


def daylight(where: LonLat, moment: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """Sunrise and sunset of the local day of `moment`, in UTC (astral)."""
    from astral import Observer
    from astral.sun import sun

    day = moment.astimezone(zone).date()
    times = sun(Observer(where.lat, where.lon), date=day, tzinfo=zone)
    return times["sunrise"].astimezone(UTC), times["sunset"].astimezone(UTC)


def _try(
    world: World,
    craft: Craft,
    depot: Place,
    point: Place,
    order: Order,
    conditions: Conditions,
    now: datetime,
) -> Verdict:
    """What one aircraft says to the order."""
    aircraft = load_aircraft(craft.type)
    reasons = _craft_reasons(world, craft, aircraft, order, conditions)
    if reasons or conditions.wind is None or conditions.zones is None or conditions.terrain is None:
        return Verdict(tuple(reasons))
    try:
        plan = plan_delivery(
            depot, point, aircraft, payload_kg=order.mass_kg, zones=conditions.zones, at_time=now,
            wind=conditions.wind, params=conditions.lanes,
        )  # fmt: skip
    except (SkyshadeError, ValueError) as error:
        return Verdict((str(error),))
    reasons = _plan_reasons(craft, aircraft, plan, order.mass_kg, conditions, now)
    if reasons:
        return Verdict(tuple(reasons))
    eta = conditions.prepare_s + plan.to_release.duration_s
    spread = 0.1 * plan.to_release.duration_s + 0.25 * conditions.prepare_s
    return Verdict((), craft, plan, eta, eta - spread, eta + spread)


def _craft_reasons(
    world: World, craft: Craft, aircraft: Aircraft, order: Order, conditions: Conditions
) -> list[str]:
    found = []
    if order.mass_kg > aircraft.payload_max_kg:
        found.append(
            f"{order.mass_kg:g} kg is more than {craft.id} carries"
            f" ({aircraft.payload_max_kg:g} kg); order less"
        )
    if world.busy(craft.id):
        found.append(f"{craft.id} is on another flight; wait until it is back")
    if conditions.wind is not None and conditions.wind.speed_ms > aircraft.max_wind_ms:
        found.append(
            f"wind of {conditions.wind.speed_ms:g} m/s is over the limit of {craft.id}"
            f" ({aircraft.max_wind_ms:g} m/s); wait for less wind"
        )
    return found


def _plan_reasons(
    craft: Craft,
    aircraft: Aircraft,
    plan: DeliveryPlan,
    payload_kg: float,
    conditions: Conditions,
    now: datetime,
) -> list[str]:
    """Energy, and every rule of the mission checks that does not pass."""
    found = []
    usable = aircraft.battery_Wh * (craft.charge * aircraft.usable_fraction - aircraft.reserve_fraction)
    if plan.total.energy_Wh > usable:
        found.append(
            f"the flight takes {plan.total.energy_Wh:.0f} Wh and {craft.id} has {max(0.0, usable):.0f} Wh"
            " above its reserve; charge it, or choose a nearer point"
        )
    findings = check_mission(
        plan.cruise,
        zones=conditions.zones,
        terrain=conditions.terrain,
        aircraft=aircraft,
        wind=conditions.wind,
        at_time=now,
        permits=conditions.permits,
        payload_kg=payload_kg,
    )
    # Missing zones, wind and terrain are told once for the day; energy is judged above with the real charge,
    # daylight with the whole way back.
    return found + [f.message for f in findings if _forbids(f)]


def _forbids(finding: Finding) -> bool:
    """Whether a rule speaks against the flight; what must be known and is not does too."""
    return (
        finding.verdict is not RuleVerdict.PASS
        and finding.severity is Severity.ERROR
        and finding.rule not in {"energy", "daylight"}
    )
