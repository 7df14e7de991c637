"""What a day was worth, judged from its record by rules of its own: not those that planned it."""

import dataclasses
import itertools
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from core.geo import LocalFrame, LonLat
from delivery.air import outlines_of, volumes_at
from delivery.flights import Flight, FlightState
from delivery.model import Order, OrderState
from missions.aircraft import load_aircraft
from missions.volumes.volume import Volume4D
from skyshade.day.run import DayRecord
from skyshade.day.tape import Fix, Tape

CLOSE_M = 10.0
FINAL = {OrderState.CLOSED, OrderState.REFUSED, OrderState.CANCELLED, OrderState.FAILED}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The day's figures. `volumes_meeting`: pairs of flights whose reserved air met; `tracks_close`: pairs of
    aircraft in the air nearer than `CLOSE_M`; `closest_m` the least distance; `untrue`: refusals whose reason
    does not hold; `acceptable`: orders that nothing forbids but the fleet's being busy, an upper bound.
    `stopped_at`: the local time at which the day was broken off; orders planned or flying then are not lost.
    """

    orders: int
    accepted: int
    refused: dict[str, int]
    delivered: int
    failed: int
    in_time: int
    lost: tuple[str, ...]
    dropped_twice: tuple[str, ...]
    volumes_meeting: tuple[tuple[str, str], ...]
    tracks_close: tuple[tuple[str, str], ...]
    closest_m: float
    untrue: tuple[str, ...]
    acceptable: int
    answer_p95_s: float
    answer_cpu_p95_s: float
    times_real: float
    flights: int
    stopped_at: str | None = None

    @property
    def good(self) -> bool:
        """Whether nothing happened that must not."""
        bad = (self.lost, self.dropped_twice, self.volumes_meeting, self.tracks_close, self.untrue)
        return not any(bad)


def judge_day(record: DayRecord) -> Verdicts:
    """Judge a record."""
    orders = list(record.world.orders.values())
    closest, close = _tracks(record.tapes)
    released = [o for o in orders if o.released_at_s is not None]
    refused = [o for o in orders if o.state is OrderState.REFUSED]
    return Verdicts(
        orders=len(orders),
        accepted=len(orders) - len(refused),
        refused=dict(Counter(rule for o in refused for rule in o.rules)),
        delivered=sum(o.state is OrderState.CLOSED for o in orders),
        failed=sum(o.state is OrderState.FAILED for o in orders),
        in_time=sum(_in_time(o) for o in released),
        lost=tuple(_lost(record)),
        dropped_twice=tuple(_dropped_twice(record)),
        volumes_meeting=tuple(_volumes(record)),
        tracks_close=tuple(close),
        closest_m=closest,
        untrue=tuple(o.id for o in refused if not _true(record, o)),
        acceptable=sum(not _forbidden(record, o) for o in orders),
        answer_p95_s=_p95(record.answers_s),
        answer_cpu_p95_s=_p95(record.answers_cpu_s),
        times_real=record.simulated_s / record.wall_s,
        flights=sum(f.state is FlightState.ENDED for f in record.world.flights.values()),
        stopped_at=_stopped(record),
    )


def _p95(values: list[float]) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1] if values else 0.0


def _stopped(record: DayRecord) -> str | None:
    if record.stopped_s is None:
        return None
    return datetime.fromtimestamp(record.stopped_s, record.scenario.zone).isoformat(timespec="seconds")


def _in_time(order: Order) -> bool:
    promised = _first_promise(order)
    return promised is not None and promised[0] <= (order.released_at_s or 0.0) <= promised[1]


def _first_promise(order: Order) -> tuple[float, float] | None:
    return order.promised_s


def _lost(record: DayRecord) -> Iterator[str]:
    """Requests that were answered and have no order, and orders that came to no end."""
    for key, name in record.orders.items():
        if name not in record.world.orders:
            yield key
    for order in record.world.orders.values():
        if order.state not in FINAL and not (record.stopped_s is not None and _under_way(record, order)):
            yield order.id


def _under_way(record: DayRecord, order: Order) -> bool:
    flight = record.world.flights.get(order.flight or "")
    return flight is not None and flight.active


def _dropped_twice(record: DayRecord) -> Iterator[str]:
    """Orders that left an aircraft more than once, by what the copters know."""
    drops = {tape.flight: len(tape.drops) for tape in record.tapes}
    aboard: dict[str, set[str]] = {}
    for event in record.events:
        if event.kind == "order.flying":
            aboard.setdefault(event.subject, set()).add(str(event.data["flight"]))
    for order, flights in aboard.items():
        if sum(drops.get(name, 0) for name in flights) > 1:
            yield order


def _volumes(record: DayRecord) -> Iterator[tuple[str, str]]:
    """Every pair of flights compared, piece by piece."""
    flown = [f for f in record.world.flights.values() if f.started_s is not None]
    air = {f.id: tuple(_used(f)) for f in flown}
    for a, b in itertools.combinations(sorted(flown, key=lambda f: f.takeoff_s or 0.0), 2):
        if (b.takeoff_s or 0.0) < _end_s(a) and _meet(air[a.id], air[b.id]):
            yield a.id, b.id


def _used(flight: Flight) -> Iterator[Volume4D]:
    """A flight's reserved air until it landed and gave back the rest."""
    ended_s = flight.ended_s or math.inf
    for volume in volumes_at(flight.pieces, outlines_of(flight.pieces), flight.takeoff_s or 0.0):
        if volume.start_s < ended_s:
            yield dataclasses.replace(volume, end_s=min(volume.end_s, ended_s))


def _end_s(flight: Flight) -> float:
    return (flight.takeoff_s or 0.0) + max((p.end_s for p in flight.pieces), default=0.0)


def _meet(one: tuple[Volume4D, ...], other: tuple[Volume4D, ...]) -> bool:
    return any(a.meets(b) for a in one for b in other)


def _tracks(tapes: list[Tape]) -> tuple[float, list[tuple[str, str]]]:
    """The least distance between two aircraft in the air at one moment, and pairs nearer than `CLOSE_M`."""
    moments: dict[float, list[tuple[str, Fix]]] = {}
    for tape in tapes:
        for fix in tape.fixes:
            if fix.airborne:
                moments.setdefault(round(fix.time_s * 2) / 2, []).append((tape.flight, fix))
    least: dict[tuple[str, str], float] = {}
    for here in moments.values():
        for (a, p), (b, q) in itertools.combinations(here, 2):
            pair = (min(a, b), max(a, b))
            least[pair] = min(least.get(pair, math.inf), _apart_m(p, q))
    return min(least.values(), default=math.inf), sorted(p for p, m in least.items() if m < CLOSE_M)


def _apart_m(p: Fix, q: Fix) -> float:
    east = (p.lon - q.lon) * 111_320.0 * math.cos(math.radians(p.lat))
    return math.hypot(east, (p.lat - q.lat) * 111_320.0, p.altitude_m - q.altitude_m)


def _forbidden(record: DayRecord, order: Order) -> str | None:
    """What forbids an order whatever the fleet does: the load, the place, its hours. None: nothing known."""
    world, file = record.world, record.scenario.file
    most = max(load_aircraft(c.type).payload_max_kg for c in record.scenario.fleet)
    if sum(world.items[name].mass_kg * count for name, count in order.lines) > most:
        return "mass"
    told = {"closed": False, "occupied": False}
    for change in file.point:
        if (
            change.point in {order.place, world.places[order.place].name}
            and record.scenario.utc_s(change.at) <= order.placed_s
        ):
            told |= {
                k: v for k, v in (("closed", change.closed), ("occupied", change.occupied)) if v is not None
            }
    return next((name for name, on in told.items() if on), None)


_BUSY = {"aircraft", "battery", "slot"}


def _true(record: DayRecord, order: Order) -> bool:
    """Whether each reason of a refusal holds by the day's file, or the fleet really was taken."""
    told = list(itertools.zip_longest(order.rules, order.reasons, fillvalue=""))
    return bool(order.rules) and all(
        _grounded(record, why) or _holds(record, order, rule) for rule, why in told
    )


def _grounded(record: DayRecord, why: str) -> bool:
    """Whether a reason names an aircraft that really came down elsewhere."""
    return any(
        c.grounded is not None and f"{c.id} is grounded" in why for c in record.world.aircraft.values()
    )


def _holds(record: DayRecord, order: Order, rule: str) -> bool:
    if rule in {"mass", "closed", "occupied"}:
        return _forbidden(record, order) == rule
    if rule in _BUSY:
        return _taken(record, order)
    if rule == "weather":
        return _windy(record, order)
    if rule == "airspace":
        return _closed_air(record, order)
    return rule in {"hours", "daylight"} and _late(record, order)


def _late(record: DayRecord, order: Order) -> bool:
    """Whether what was wanted lies near or beyond the point's closing hour."""
    hours = record.world.places[order.place].hours
    closes = (
        record.scenario.utc_s(record.scenario.file.day.since.replace(hour=0, minute=0, second=0))
        + hours.until_min * 60
    )
    soonest = max(order.placed_s, order.wanted_from_s or 0.0)
    return soonest + 900.0 > closes


def _taken(record: DayRecord, order: Order) -> bool:
    """Whether no aircraft stood idle long enough in the time that was wanted, with room for a flight."""
    since = max(order.placed_s, order.wanted_from_s or 0.0)
    closes = record.scenario.utc_s(record.scenario.file.day.until)
    until = min(order.wanted_until_s or order.placed_s + 3600.0, closes)
    flights = [f for f in record.world.flights.values() if f.takeoff_s is not None]
    need = min(
        (f.land_s - f.takeoff_s for f in flights if f.place == order.place and f.land_s and f.takeoff_s),
        default=300.0,
    )
    return until - since < need + 120.0 or all(
        _longest_idle(record, craft.id, since, until) < need + 360.0 for craft in record.scenario.fleet
    )


def _longest_idle(record: DayRecord, craft: str, since: float, until: float) -> float:
    busy = sorted(
        (f.started_s or f.takeoff_s or 0.0, f.ended_s or f.land_s or 0.0)
        for f in record.world.flights.values()
        if f.aircraft == craft and f.state is not FlightState.WITHDRAWN
    )
    grounded = record.world.aircraft[craft].grounded is not None
    longest, free = 0.0, since
    for begin, end in busy:
        longest = max(longest, min(begin, until) - free)
        free = max(free, end)
    return longest if grounded else max(longest, until - free)


def _windy(record: DayRecord, order: Order) -> bool:
    limit = max(load_aircraft(c.type).max_wind_ms for c in record.scenario.fleet)
    past = [
        w
        for w in record.scenario.file.weather
        if record.scenario.utc_s(w.at) <= (order.wanted_from_s or order.placed_s)
    ]
    return bool(past) and max(past[-1].wind_ms, past[-1].gust_ms or 0.0) > limit


def _closed_air(record: DayRecord, order: Order) -> bool:
    """Whether a closure lies at the point, or about it, for some of the hour wanted."""
    place = record.world.places[order.place].position
    for closure in record.world.closures.values():
        frame = LocalFrame(place)
        near = min(math.hypot(*frame.point(LonLat(lon, lat))) for lon, lat in closure.ring) < 600.0
        if near and closure.from_s < order.placed_s + 4500.0 and closure.until_s > order.placed_s:
            return True
    return False
