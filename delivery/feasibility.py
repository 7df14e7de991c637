"""What speaks against an order before anybody looks for a time: place, goods, aircraft, weather, light."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from core.geo import LonLat
from delivery.charging import reaches
from delivery.conditions import Conditions
from delivery.model import FORBIDDEN, Craft, Hazard, Item, Order, Place, Release
from delivery.reasons import Facts, Reason, Rule
from delivery.ways import Way, aircraft_of
from delivery.world import World

__all__ = ["Conditions", "daylight", "hours_on"]


def place_reasons(point: Place) -> Iterator[Reason]:
    """What the place itself says."""
    here = (("place", point.name),)
    if point.kind != "point":
        yield Reason(Rule.PLACE, f"{point.name} is a depot", "choose a delivery point", here)
    if point.closed:
        yield Reason(Rule.CLOSED, f"{point.name} is closed", "choose another point", here)
    if point.occupied:
        cure = "wait until it is clear, or choose another point"
        yield Reason(Rule.OCCUPIED, f"{point.name} is occupied", cure, here)


def hours_on(point: Place, moment_s: float, zone: tzinfo) -> tuple[float, float]:
    """When a place opens and closes on the local day of a UTC second, UTC seconds."""
    local = datetime.fromtimestamp(moment_s, UTC).astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    opens, closes = (midnight + timedelta(minutes=m) for m in (point.hours.since_min, point.hours.until_min))
    return opens.timestamp(), closes.timestamp()


def hours_reason(point: Place, moment_s: float, zone: tzinfo) -> Reason:
    """That a place is not open then."""
    local = datetime.fromtimestamp(moment_s, UTC).astimezone(zone)
    said = f"{point.name} is open {point.hours.text} and it is {local:%H:%M}"
    facts = ("place", point.name), ("hours", point.hours.text), ("time", f"{local:%H:%M}")
    return Reason(Rule.HOURS, said, "order in those hours", facts)


def day_reasons(conditions: Conditions) -> Iterator[Reason]:
    """What must be known of the day and is not."""
    if conditions.wind is None:
        yield _unknown("wind", "the wind is not known", "give it (--wind-ms, --wind-from-deg)")
    if conditions.zones is None:
        yield _unknown("zones", "the airspace is not known", "give its zones (--zones FILE)")
    if conditions.terrain is None:
        yield _unknown("ground", "the ground's height is not known", "give a DEM (--dem FILE)")


def _unknown(case: str, said: str, cure: str) -> Reason:
    return Reason(Rule.UNKNOWN, said, cure, (("case", case),))


def unknowns(conditions: Conditions) -> tuple[str, ...]:
    """What is not known of the day and forbids nothing: it is said beside a yes."""
    if conditions.structures is not None:
        return ()
    return ("clearance over buildings: none were given (--buildings FILE)",)


def goods_reasons(world: World, order: Order, point: Place) -> Iterator[Reason]:
    """What the goods themselves say."""
    for name, _ in order.lines:
        item = world.items[name]
        bad = [h.value for h in item.hazards if h in FORBIDDEN]
        if bad:
            said = f"{item.name} is {' and '.join(bad)} and does not fly"
            yield Reason(Rule.HAZARD, said, "leave it out", (("case", "forbidden"), ("item", item.name)))
        if _breaks(item, point):
            cure = "choose a point with a winch or a landing place"
            facts = ("case", "fragile"), ("item", item.name), ("place", point.name)
            yield Reason(Rule.HAZARD, f"{item.name} is fragile and would fall at {point.name}", cure, facts)


def _breaks(item: Item, point: Place) -> bool:
    return Hazard.FRAGILE in item.hazards and point.release is Release.GRIPPER


def craft_reasons(craft: Craft, payload_kg: float, way: Way) -> Iterator[Reason]:
    """What one aircraft says to a load on a way."""
    plain = [*plain_reasons(craft, payload_kg, way)]
    yield from (r for r in plain if r.rule is not Rule.RANGE)
    yield from (r for r in way.reasons if not _told(r))
    yield from (r for r in plain if r.rule is Rule.RANGE)


def plain_reasons(craft: Craft, payload_kg: float, way: Way) -> Iterator[Reason]:
    """What an aircraft says whatever the rules say of its way."""
    aircraft = aircraft_of(craft.type)
    if craft.grounded:
        said = f"{craft.id} is grounded ({craft.grounded})"
        yield Reason(Rule.AIRCRAFT, said, "wait until it flies again", (("case", "grounded"),))
    if payload_kg > aircraft.payload_max_kg:
        said = f"{payload_kg:g} kg is more than {craft.id} carries ({aircraft.payload_max_kg:g} kg)"
        facts: Facts = ("mass_kg", payload_kg), ("most_kg", aircraft.payload_max_kg)
        yield Reason(Rule.MASS, said, "order less", facts)
    wind = way.conditions.wind
    if wind is not None and wind.speed_ms > aircraft.max_wind_ms:
        said = f"wind of {wind.speed_ms:g} m/s is over the limit of {craft.id} ({aircraft.max_wind_ms:g} m/s)"
        facts = ("case", "wind"), ("value", wind.speed_ms), ("limit", aircraft.max_wind_ms)
        yield Reason(Rule.WEATHER, said, "wait for less wind", facts)
    if way.open and payload_kg <= aircraft.payload_max_kg:
        energy = way.energy_Wh(payload_kg)
        if not reaches(craft.type, energy):
            said = f"the flight takes {energy:.0f} Wh and {craft.id} has {aircraft.flyable_Wh:.0f} Wh"
            cure = "choose a nearer point, or order less"
            facts = ("need_Wh", round(energy)), ("have_Wh", round(aircraft.flyable_Wh))
            yield Reason(Rule.RANGE, f"{said} above its reserve", cure, facts)


def _told(reason: Reason) -> bool:
    """The wind's limit and what is unknown of the day are told once, in plainer words."""
    unknown = ("no airspace zones given", "no terrain given", "wind or aircraft not given")
    wind = reason.rule is Rule.WEATHER and reason.message.startswith("wind ")
    return wind or reason.message.startswith(unknown)


def daylight(where: LonLat, moment: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """Sunrise and sunset of the local day of `moment`, in UTC (astral)."""
    from astral import Observer
    from astral.sun import sun

    day = moment.astimezone(zone).date()
    times = sun(Observer(where.lat, where.lon), date=day, tzinfo=zone)
    return times["sunrise"].astimezone(UTC), times["sunset"].astimezone(UTC)
