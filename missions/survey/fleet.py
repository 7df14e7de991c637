"""Several aircraft at once: who flies which sortie and when, so that no two are ever near each other."""

from collections.abc import Sequence
from dataclasses import replace

from core.errors import SkyshadeError
from missions.model import Home, Mission
from missions.survey.params import Sortie, SurveyParams, SurveyPlan
from missions.survey.sorties import BATTERY_CHANGE_S, Flight
from missions.survey.track import Camera
from missions.volumes.book import Book
from missions.volumes.tube import flight_volumes
from missions.volumes.volume import Volume4D

LEVEL_M = 12.0  # between the ways out and back of two aircraft: their tubes are 10 m high
DELAY_STEP_S = 5.0
MOST_DELAYS = 5000


def on_levels(flights: Sequence[Flight], crafts: int) -> list[Flight]:
    """The flights with each aircraft's ways out and back on a level of its own, over the passes."""
    return [_lifted(flight, LEVEL_M * (number % crafts)) for number, flight in enumerate(flights)]


def _lifted(flight: Flight, lift_m: float) -> Flight:
    passes = [i for i, p in enumerate(flight.track) if p.on_pass]
    if lift_m == 0.0 or not passes:
        return flight
    first, last = flight.track[passes[0]], flight.track[passes[-1]]
    out, back = flight.track[: passes[0]], flight.track[passes[-1] + 1 :]
    ends = (replace(p, camera=Camera.KEEP, on_pass=False) for p in (first, last))
    over, under = (replace(p, up_m=p.up_m + lift_m) for p in ends)
    track = (
        *(replace(p, up_m=p.up_m + lift_m) for p in out),
        over, *flight.track[passes[0] : passes[-1] + 1], under,
        *(replace(p, up_m=p.up_m + lift_m) for p in back),
    )  # fmt: skip
    return replace(flight, track=track)


def in_the_air_together(plan: SurveyPlan, params: SurveyParams) -> SurveyPlan:
    """The plan with an aircraft and a start (seconds after the first) for every sortie.

    The aircraft take turns; a sortie starts when its tube of air meets no other's. Raises `SkyshadeError` if
    the finished schedule fails its own proof, or the climb to its level is more than a battery gives.
    """
    need, have = max(s.energy_Wh for s in plan.sorties), params.aircraft.flyable_Wh
    if need > 1.001 * have:
        raise SkyshadeError(
            f"on a level of its own a flight needs {need:.0f} Wh, {params.aircraft.name} may use {have:.0f}",
            hint="give a smaller --aircraft-count, or take off nearer",
        )
    book, sorties = Book(), []
    ready_s = [0.0] * params.aircraft_count
    for number, sortie in enumerate(plan.sorties):
        craft = number % params.aircraft_count
        start = _free_s(_tube(sortie.mission, 0.0, params), ready_s[craft], book)
        sorties.append(replace(sortie, aircraft=craft + 1, start_s=start))
        book.reserve(str(number), _tube(sortie.mission, start, params))
        ready_s[craft] = start + sortie.duration_s + BATTERY_CHANGE_S
    if meetings_of(sorties, params):
        raise SkyshadeError("two flights would meet in the air", hint="give --aircraft-count 1")
    return replace(plan, sorties=tuple(sorties))


def meetings_of(sorties: Sequence[Sortie], params: SurveyParams) -> int:
    """How many pairs of sorties have tubes that meet at some time; told from missions and starts alone."""
    tubes = [_tube(s.mission, s.start_s or 0.0, params) for s in sorties]
    count = 0
    for i, one in enumerate(tubes):
        for j, other in enumerate(tubes[:i]):
            if sorties[i].aircraft != sorties[j].aircraft:
                count += any(a.meets(b) for a in one for b in other)
    return count


def _free_s(tube: Sequence[Volume4D], earliest_s: float, book: Book) -> float:
    """The first moment from `earliest_s` on, in steps, at which a tube (for a start at 0) meets nothing."""
    for delay in range(MOST_DELAYS):
        start = earliest_s + DELAY_STEP_S * delay
        if not book.meetings([_later(v, start) for v in tube]):
            return start
    raise SkyshadeError("no start keeps the flights apart", hint="give a smaller --aircraft-count")


def _later(volume: Volume4D, seconds: float) -> Volume4D:
    return replace(volume, start_s=volume.start_s + seconds, end_s=volume.end_s + seconds)


def _tube(mission: Mission, start_s: float, params: SurveyParams) -> tuple[Volume4D, ...]:
    """The air of a flight; without a height model the ground is one level, called 0."""
    home = mission.home
    known = replace(mission, home=Home(home.position, 0.0)) if home.elevation_m is None else mission
    return flight_volumes(known, params.aircraft, start_s, wind=params.wind, terrain=params.terrain)
