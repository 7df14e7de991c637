"""Flights as finished sorties: the mission to upload, the shots it should take, what it costs."""

from collections.abc import Sequence

from core.geo import LocalFrame, LonLat
from core.shot import Shot
from missions.energy import Cost
from missions.model import Fence, Home, Mission
from missions.path import mission_cost
from missions.rally import rally_where_possible
from missions.survey.area import Ground
from missions.survey.items import Orders, make_fence, track_items
from missions.survey.params import Sortie, SurveyParams
from missions.survey.pattern import as_survey
from missions.survey.rehearsal import rehearse, shots_of
from missions.survey.shooting import Shooting
from missions.survey.sorties import Flight
from missions.survey.terrainfollow import Surface


def written(
    flights: Sequence[Flight], ground: Ground, surface: Surface, shots: Shooting, params: SurveyParams
) -> tuple[Sortie, ...]:
    """The flights as missions with one fence; shots are numbered through."""
    fence = make_fence(ground, params.fence_m)
    sorties: list[Sortie] = []
    for number, flight in enumerate(flights, start=1):
        name = params.name if len(flights) == 1 else f"{params.name} {number}/{len(flights)}"
        mission = _mission(flight, surface, shots, params, fence, name)
        pictures = planned_shots(mission, params, first=sum(len(s.shots) for s in sorties))
        cost = _cost(mission, params)
        mission = as_survey(mission, ground, shots, len(pictures))
        sorties.append(Sortie(mission, cost.distance_m, cost.duration_s, cost.energy_Wh, pictures))
    return tuple(sorties)


def _mission(
    flight: Flight, surface: Surface, shots: Shooting, params: SurveyParams, fence: Fence, name: str
) -> Mission:
    elevation = _elevation(params, flight.base.place)
    orders = Orders(
        surface,
        params.aircraft,
        shots.swath.trigger_m,
        shots.speed_ms,
        shots.trigger_s,
        shots.pitch_deg,
        params.frame,
        flight.base.ground_m,
        elevation,
    )
    items = track_items(flight.track, orders)
    home = Home(flight.base.place, elevation)
    plain = Mission(home, items, fence, name=name, cruise_ms=shots.speed_ms)
    return rally_where_possible(
        plain,
        zones=params.zones,
        terrain=params.terrain,
        aircraft=params.aircraft,
        wind=params.wind,
        at_time=params.at_time,
    )


def planned_shots(mission: Mission, params: SurveyParams, first: int = 0) -> tuple[Shot, ...]:
    """Where the camera should release, the trigger firing as it does on average; heights over home."""
    views = rehearse(mission, params.terrain, excess_m=params.aircraft.trigger_excess_m)
    return tuple(shots_of(views, LocalFrame(mission.home.position), first))


def _elevation(params: SurveyParams, home: LonLat) -> float | None:
    return None if params.terrain is None else float(params.terrain.heights_m(*home.xy))


def _cost(mission: Mission, params: SurveyParams) -> Cost:
    return mission_cost(mission, params.aircraft, params.wind, terrain=params.terrain)
