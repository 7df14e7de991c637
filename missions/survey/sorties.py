"""Runs shared out over batteries: no flight longer than it must be, none tiny, each from its best launch."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.errors import SkyshadeError
from core.geo import LonLat
from core.wind import Wind
from missions.aircraft import Aircraft
from missions.energy import Cost, air_density_kgm3, path_cost
from missions.route import XY
from missions.survey.corridorlanes import Lane
from missions.survey.items import item_count
from missions.survey.lines import Run, Swath, flown
from missions.survey.terrainfollow import climbing_ms
from missions.survey.track import Flyer, TrackPoint, timed

Piece = Run | Lane
"""What is flown with the camera on, from its start to its end."""
BALANCING_ROUNDS, LEAST_ROUNDS = 12, 3
BALANCED_S = 5.0
BATTERY_CHANGE_S = 300.0


@dataclass(frozen=True, slots=True)
class Base:
    """A place to take off from: its place in the survey's frame (m) and its ground over the origin."""

    place: LonLat
    xy: XY = (0.0, 0.0)
    ground_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Load:
    """What a sortie is planned with: aircraft, wind, speed over the passes, the most mission items, the
    places to take off from, and how many aircraft fly at once.
    """

    aircraft: Aircraft
    wind: Wind
    survey_ms: float
    max_items: int
    bases: tuple[Base, ...] = ()
    crafts: int = 1


@dataclass(frozen=True, slots=True)
class Flight:
    """One battery's runs, the track through them, what it costs, and where it starts and ends."""

    runs: tuple[Piece, ...]
    track: tuple[TrackPoint, ...]
    cost: Cost
    base: Base


def share_out(runs: Sequence[Piece], flyer: Flyer, swath: Swath, load: Load) -> list[Flight]:
    """Split runs, in order, into as few flights as keep the battery reserve, transit both ways included; of
    those splits the one whose longest flight is shortest.

    Where several aircraft fly at once, each gets as many. Where there are several bases, each may get the
    runs that are nearest to it. A run too long for one battery is halved. Raises `SkyshadeError` when even a
    short run is out of reach.
    """
    _learn(runs, flyer)
    whole = _reachable(list(runs), flyer, swath, load)
    nearest = [_nearest_base(run, load.bases) for run in whole]
    groups = [[r for r, n in zip(whole, nearest, strict=True) if n == base] for base in sorted(set(nearest))]
    splits = [_split(whole, flyer, load)]
    if len(groups) > 1:
        splits.append([flight for group in groups for flight in _split(group, flyer, load)])
    return min(splits, key=_seconds)


def _learn(runs: Sequence[Piece], flyer: Flyer) -> None:
    """Have the ground under all straight runs looked up at once."""
    ends = [(run.start, run.end) for run in runs if isinstance(run, Run)]
    ways = [way for a, b in ends for way in ((a, a), (a, b)) if way not in flyer.legs]
    flyer.legs.update(zip(ways, flyer.surface.many_legs(ways), strict=True))


def _nearest_base(run: Piece, bases: Sequence[Base]) -> int:
    """The number of the base that a run's ends are nearest to."""
    away = [sum(math.dist(base.xy, end) for end in (run.start, run.end)) for base in bases]
    return away.index(min(away)) if away else 0


def _seconds(flights: Sequence[Flight]) -> float:
    """What flights take one after the other, with a new battery for each."""
    return sum(flight.cost.duration_s + BATTERY_CHANGE_S for flight in flights)


def _split(whole: Sequence[Piece], flyer: Flyer, load: Load) -> list[Flight]:
    packer = _Packer(whole, flyer, load)
    first = packer.packed(math.inf)
    if not first:
        return []
    count = load.crafts * math.ceil(len(first) / load.crafts)
    return first if count < 2 else _balanced(packer, first, count)


def _reachable(runs: list[Piece], flyer: Flyer, swath: Swath, load: Load) -> list[Piece]:
    """The runs, those too long for a battery halved until they fit."""
    rest, found = runs[::-1], []
    while rest:
        run = rest.pop()
        if _fits(cheapest([run], flyer, load), load):
            found.append(run)
        else:
            rest += _halves(run, flyer, swath, load)[::-1]
    return found


def _balanced(packer: "_Packer", first: list[Flight], count: int) -> list[Flight]:
    """At most `count` flights, the longest made short: a limit on duration is narrowed by halves."""
    best = first
    high = max(f.cost.duration_s for f in first)
    low = sum(f.cost.duration_s for f in first) / count * 0.8
    for _ in range(max(LEAST_ROUNDS, BALANCING_ROUNDS - count)):
        if high - low < BALANCED_S:
            break
        middle = (low + high) / 2
        found = packer.packed(middle, most=count)
        if found is None:
            low = middle
        else:
            best, high = found, max(f.cost.duration_s for f in found)
    return best


@dataclass(frozen=True, slots=True)
class _Packer:
    """Runs put into flights one after the other; flights once worked out are kept (`made`, by first run and
    how many).
    """

    runs: Sequence[Piece]
    flyer: Flyer
    load: Load
    made: dict[tuple[int, int], Flight] = field(default_factory=dict)

    def packed(self, limit_s: float, most: int | None = None) -> list[Flight] | None:
        """Flights filled up to a duration; None when there would be more than `most`."""
        flights: list[Flight] = []
        at, guess = 0, 1
        while at < len(self.runs):
            if most is not None and len(flights) == most:
                return None
            flight = self._fullest(at, guess, limit_s)
            if flight is None:
                return None
            flights.append(flight)
            guess = len(flight.runs)
            at += guess
        return flights

    def _fullest(self, at: int, guess: int, limit_s: float) -> Flight | None:
        """The flight with the most runs from `at` on that fits: looked for in growing steps from `guess`."""
        fitting, too_many = 0, len(self.runs) - at + 1
        count, step = min(guess, too_many - 1), 1
        while too_many - fitting > 1:
            if self._holds(at, count, limit_s):
                fitting = count
            else:
                too_many = count
            count, step = self._next(at, fitting, too_many, step)
        return self._flight(at, fitting) if fitting > 0 else None

    def _next(self, at: int, fitting: int, too_many: int, step: int) -> tuple[int, int]:
        """How many runs to try next, and the step after that."""
        if fitting > 0 and too_many == len(self.runs) - at + 1:
            return min(fitting + step, too_many - 1), 2 * step
        if fitting == 0 and step < too_many:
            return max(too_many - step, 1), 2 * step
        return (fitting + too_many) // 2, step

    def _holds(self, at: int, count: int, limit_s: float) -> bool:
        flight = self._flight(at, count)
        return _fits(flight, self.load) and flight.cost.duration_s <= limit_s

    def _flight(self, at: int, count: int) -> Flight:
        key = at, count
        if key not in self.made:
            self.made[key] = cheapest(self.runs[at : at + count], self.flyer, self.load)
        return self.made[key]


def _fits(flight: Flight, load: Load) -> bool:
    enough = flight.cost.energy_Wh <= load.aircraft.flyable_Wh
    return enough and item_count(flight.track) < load.max_items


def cheapest(runs: Sequence[Piece], flyer: Flyer, load: Load) -> Flight:
    """The runs flown from the base that takes the least energy."""
    flights = [_flight(runs, flyer, load, base) for base in _near(runs, load.bases)]
    return min(flights, key=lambda f: f.cost.energy_Wh)


def _near(runs: Sequence[Piece], bases: Sequence[Base]) -> list[Base]:
    """The two bases nearest to where the runs begin and end: no others can be cheaper by much."""
    ends = runs[0].start, runs[-1].end
    return sorted(bases, key=lambda b: sum(math.dist(b.xy, end) for end in ends))[:2]


def _flight(runs: Sequence[Piece], flyer: Flyer, load: Load, base: Base) -> Flight:
    track = flyer.track(runs, base.xy)
    try:
        cost = path_cost(
            timed(track, load.aircraft, load.survey_ms, base.ground_m),
            load.aircraft,
            load.wind,
            density=air_density_kgm3(0.0, 20.0),
        )
    except ValueError as error:
        raise SkyshadeError(str(error), hint="wait for less wind") from error
    return Flight(tuple(runs), tuple(track), cost, base)


def check_climbs(flights: Sequence[Flight], load: Load) -> None:
    """Raises `SkyshadeError` where a leg is too steep for the aircraft at any speed."""
    for flight in flights:
        for a, b in itertools.pairwise(flight.track):
            climbing_ms((a.xy, a.up_m), (b.xy, b.up_m), load.survey_ms, load.aircraft)


def _halves(run: Piece, flyer: Flyer, swath: Swath, load: Load) -> list[Piece]:
    halves = run.halves() if isinstance(run, Lane) else _halved(run, swath)
    if halves is None:
        need = cheapest([run], flyer, load).cost.energy_Wh
        raise SkyshadeError(
            f"part of the area needs {need:.0f} Wh to reach and return; {load.aircraft.name} may use "
            f"{load.aircraft.flyable_Wh:.0f} Wh",
            hint="take off nearer, or wait for less wind",
        )
    return list(halves)


def _halved(run: Run, swath: Swath) -> tuple[Run, Run] | None:
    if len(run.shots) < 4:
        return None
    line = run.line
    middle = (line.x_from + line.x_to) / 2
    halves = [replace(line, x_to=middle), replace(line, x_from=middle)]
    first, second = halves if run.forward else halves[::-1]
    return flown(first, swath, forward=run.forward), flown(second, swath, forward=run.forward)
