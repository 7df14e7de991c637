"""Runs shared out over batteries."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.errors import SkyshadeError
from core.wind import Wind
from missions.aircraft import Aircraft
from missions.energy import Cost, air_density_kgm3, path_cost
from missions.survey.items import item_count
from missions.survey.lines import Run, Swath, flown
from missions.survey.track import Flyer, TrackPoint, timed


@dataclass(frozen=True, slots=True)
class Load:
    """What a sortie is planned with: aircraft, wind, speed over the passes, and the most mission items."""

    aircraft: Aircraft
    wind: Wind
    survey_ms: float
    max_items: int


@dataclass(frozen=True, slots=True)
class Flight:
    """One battery's runs, the track through them, and what it costs."""

    runs: tuple[Run, ...]
    track: tuple[TrackPoint, ...]
    cost: Cost


def share_out(runs: Sequence[Run], flyer: Flyer, swath: Swath, load: Load) -> list[Flight]:
    """Split runs, in order, into flights that each keep the battery reserve, transit both ways included.

    A run too long for one battery is halved. Raises `SkyshadeError` when even a short run is out of reach.
    """
    rest, flights = list(runs), []
    while rest:
        count = _most(rest, flyer, load)
        if count == 0:
            rest[:1] = _halves(rest[0], flyer, swath, load)
            continue
        flights.append(_flight(rest[:count], flyer, load))
        rest = rest[count:]
    return flights


def _most(runs: Sequence[Run], flyer: Flyer, load: Load) -> int:
    low, high = 0, len(runs)
    while low < high:
        middle = (low + high + 1) // 2
        if _fits(_flight(runs[:middle], flyer, load), load):
            low = middle
        else:
            high = middle - 1
    return low


def _fits(flight: Flight, load: Load) -> bool:
    enough = flight.cost.energy_Wh <= load.aircraft.flyable_Wh
    return enough and item_count(flight.track) < load.max_items


def _flight(runs: Sequence[Run], flyer: Flyer, load: Load) -> Flight:
    track = flyer.track(runs)
    try:
        cost = path_cost(
            timed(track, load.aircraft, load.survey_ms),
            load.aircraft,
            load.wind,
            density=air_density_kgm3(0.0, 20.0),
        )
    except ValueError as error:
        raise SkyshadeError(str(error), hint="wait for less wind") from error
    return Flight(tuple(runs), tuple(track), cost)


def _halves(run: Run, flyer: Flyer, swath: Swath, load: Load) -> list[Run]:
    if len(run.shots) < 4:
        need = _flight([run], flyer, load).cost.energy_Wh
        raise SkyshadeError(
            f"part of the area needs {need:.0f} Wh to reach and return; {load.aircraft.name} may use "
            f"{load.aircraft.flyable_Wh:.0f} Wh",
            hint="take off nearer, or wait for less wind",
        )
    line = run.line
    middle = (line.x_from + line.x_to) / 2
    halves = [replace(line, x_to=middle), replace(line, x_from=middle)]
    ordered = halves if run.forward else halves[::-1]
    return [flown(half, swath, forward=run.forward) for half in ordered]
