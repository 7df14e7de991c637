"""Every rule a plan is held to before it flies: pass, fail, or unknown where an input is missing."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Unpack

import numpy as np

from core.geo import distance_m
from core.wind import CALM
from missions.case import Case, Known
from missions.cures import with_cure
from missions.datum_checks import datum_findings, with_doubt
from missions.day_checks import daylight_findings, weather_findings
from missions.finding import Finding, Severity, Verdict
from missions.flightpath import flight_path
from missions.height_checks import height_findings
from missions.limit_checks import limit_findings
from missions.model import Command, Mission
from missions.path import FlownPoint, flown_points, heights_along, mission_cost
from missions.return_checks import rally_findings, return_findings
from missions.rules import load_rules
from missions.space_checks import fence_findings, zone_findings
from missions.trap_checks import trap_findings

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
FAR_TOO_MANY = 10.0  # times the most items: nothing else is looked at
UPRIGHT_M = 1.0
SUNK_M = 2.0  # what a height model may be wrong by
ENDINGS = {Command.NAV_RETURN_TO_LAUNCH, Command.NAV_LAND}


def check_mission(mission: Mission, **known: Unpack[Known]) -> tuple[Finding, ...]:
    """Hold a mission to every rule; an input that is None makes the rules that need it unknown."""
    return findings_of(case_of(mission, **known))


def case_of(mission: Mission, **known: Unpack[Known]) -> Case:
    """A mission with what is known; the weather's wind counts where `wind` is not given."""
    weather = known.get("weather")
    told: dict[str, Any] = dict(known)
    told["rules"] = known.get("rules") or load_rules()
    if known.get("wind") is None and weather is not None:
        told["wind"] = weather.wind
    return Case(mission, flown_points(mission, known.get("terrain")), **told)


def findings_of(case: Case) -> tuple[Finding, ...]:
    """What every rule says of a case; of a plan far beyond what a vehicle holds only that."""
    if len(case.mission.items) > FAR_TOO_MANY * case.rules.max_items.value:
        return tuple(_size(case))
    return tuple(with_cure(with_doubt(case, finding)) for rule in RULES for finding in rule(case))


def passed(findings: Sequence[Finding]) -> bool:
    """Whether no rule of severity error failed; unknowns are for a person to judge."""
    return not any(f.verdict is FAIL and f.severity is Severity.ERROR for f in findings)


def _take_off(case: Case) -> Iterator[Finding]:
    index, first = next(((i, x) for i, x in enumerate(case.mission.items) if x.is_nav), (None, None))
    good = first is not None and first.command == Command.NAV_TAKEOFF
    message = "starts with a take-off" if good else "the first place to fly to is not a take-off"
    yield Finding("take_off_first", PASS if good else FAIL, message, item=index)


def _ending(case: Case) -> Iterator[Finding]:
    navs = [(i, x) for i, x in enumerate(case.mission.items) if x.is_nav]
    index, last = navs[-1] if navs else (None, None)
    good = last is not None and last.command in ENDINGS
    message = "ends by returning or landing" if good else "does not end with return to launch or land"
    yield Finding("end_down", PASS if good else FAIL, message, item=index)


def _size(case: Case) -> Iterator[Finding]:
    count, limit = len(case.mission.items) + 1, case.rules.max_items.value
    message = f"{count} items with home, at most {limit:.0f}"
    good = count <= limit
    cure = "" if good else "make several plans of it"
    yield Finding("mission_size", PASS if good else FAIL, message, value=count, limit=limit, cure=cure)


def _legs(case: Case) -> Iterator[Finding]:
    limit = case.rules.max_leg_m.value
    lengths = [
        (distance_m(a.place, b.place), b.item) for a, b in zip(case.points, case.points[1:], strict=False)
    ]
    longest, item = max(lengths, default=(0.0, None))
    message = f"longest leg {longest:.0f} m, at most {limit:.0f} m"
    yield Finding(
        "leg_length", PASS if longest <= limit else FAIL, message, item=item, value=longest, limit=limit
    )


def _clearance(case: Case) -> Iterator[Finding]:
    """Clearance over the ground along the legs, not only at their ends; straight up or down is no leg."""
    low = case.rules.min_terrain_clearance_m.value
    if case.terrain is None:
        why = "no terrain given (--dem): height above ground is not known"
        yield Finding("terrain_clearance", UNKNOWN, why, limit=low)
        return
    legs = list(heights_along(case.points, case.terrain, case.mission.home.position))
    yield from _sunk(legs, low)
    level = [(a, b, over) for a, b, over in legs if not (a.on_ground or b.on_ground or _upright(a, b))]
    yield _extreme("terrain_clearance", level, np.min, lambda h: h >= low, low)


def _sunk(legs: Sequence[tuple[FlownPoint, FlownPoint, np.ndarray]], limit: float) -> Iterator[Finding]:
    """A climb or descent on the spot that leads into the ground."""
    for a, b, over in legs:
        low = float(np.min(over))
        if _upright(a, b) and not (a.on_ground or b.on_ground) and low < -SUNK_M:
            why = f"leads {-low:.1f} m under the ground"
            yield Finding("terrain_clearance", FAIL, why, item=b.item, value=low, limit=limit)
            return


def _upright(a: FlownPoint, b: FlownPoint) -> bool:
    """Whether a leg leads straight up or down, or waits, as where goods are let go."""
    return distance_m(a.place, b.place) < UPRIGHT_M


def _extreme(
    rule: str,
    legs: Sequence[tuple[FlownPoint, FlownPoint, np.ndarray]],
    pick: Callable[[np.ndarray], float],
    good: Callable[[float], bool],
    limit: float,
) -> Finding:
    values = [(float(pick(heights)), b.item) for _, b, heights in legs]
    known = [v for v in values if math.isfinite(v[0])]
    if not known:
        return Finding(rule, UNKNOWN, "no leg has a known height above ground", limit=limit)
    value = float(pick(np.array([v for v, _ in known])))
    item = next(i for v, i in known if v == value)
    if not good(value):
        return Finding(
            rule, FAIL, f"{value:.1f} m above ground, limit {limit:g} m", item=item, value=value, limit=limit
        )
    if len(known) < len(values):
        missing = next(i for v, i in values if not math.isfinite(v))
        why = "the DEM does not cover this leg, or its altitude has no known datum"
        return Finding(rule, UNKNOWN, why, item=missing, value=value, limit=limit)
    return Finding(rule, PASS, f"{value:.1f} m above ground, limit {limit:g} m", value=value, limit=limit)


def _energy(case: Case) -> Iterator[Finding]:
    if case.aircraft is None:
        yield Finding("energy", UNKNOWN, "no aircraft given (--aircraft)")
        return
    limit = case.aircraft.flyable_Wh
    endless = _endless(case.mission)
    if endless and not flight_path(case.mission, case.aircraft, case.terrain).bounded:
        why = "waits or jumps without end: energy cannot be bounded"
        yield Finding("energy", UNKNOWN, why, item=endless[0], limit=limit)
        return
    try:
        cost = mission_cost(
            case.mission, case.aircraft, case.wind or CALM, terrain=case.terrain, payload_kg=case.payload_kg
        )
    except ValueError as error:
        yield Finding("energy", FAIL, str(error), limit=limit)
        return
    need = cost.energy_Wh
    kept = case.aircraft.reserve_fraction
    message = f"{need:.0f} Wh needed, {limit:.0f} Wh may be used with {kept:.0%} in reserve"
    verdict = FAIL if need > limit else PASS
    if verdict is PASS and case.wind is None:
        verdict, message = UNKNOWN, f"{message}, in calm air: no wind given (--wind-ms)"
    yield Finding("energy", verdict, message, value=need, limit=limit)


def _endless(mission: Mission) -> list[int]:
    """Items that may have no end."""
    kinds = {Command.NAV_LOITER_UNLIM, Command.DO_JUMP}
    return [i for i, item in enumerate(mission.items) if item.command in kinds]


def _wind(case: Case) -> Iterator[Finding]:
    if case.aircraft is None or case.wind is None:
        yield Finding("wind", UNKNOWN, "wind or aircraft not given (--wind-ms, --aircraft)")
        return
    speed, limit = case.wind.speed_ms, case.aircraft.max_wind_ms
    message = f"wind {speed:g} m/s, {case.aircraft.name} bears {limit:g} m/s"
    yield Finding("wind", PASS if speed <= limit else FAIL, message, value=speed, limit=limit)


def _camera(case: Case) -> Iterator[Finding]:
    """Time between releases against the camera's shortest, at the speed planned there."""
    shots = [(i, x.params[0]) for i, x in enumerate(case.mission.items) if _triggers(x.command, x.params[0])]
    if not shots:
        return
    if case.camera is None:
        yield Finding("camera_interval", UNKNOWN, "no camera given (--camera)", item=shots[0][0])
        return
    limit = case.camera.min_interval_s
    speeds = {p.item: p.speed_ms for p in case.points}
    value, item = min((metres / _speed_after(speeds, i), i) for i, metres in shots)
    message = f"{value:.2f} s between shots, {case.camera.name} needs {limit:g} s"
    good = value >= limit * 0.999
    yield Finding("camera_interval", PASS if good else FAIL, message, item=item, value=value, limit=limit)


def _triggers(command: int, metres: float) -> bool:
    return command == Command.DO_SET_CAM_TRIGG_DIST and metres > 0


def _speed_after(speeds: dict[int, float], index: int) -> float:
    later = [i for i in speeds if i > index]
    return max(speeds[min(later)] if later else max(speeds.values()), 0.1)


RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    _take_off,
    _ending,
    _size,
    _legs,
    datum_findings,
    height_findings,
    _clearance,
    _energy,
    _wind,
    _camera,
    limit_findings,
    zone_findings,
    fence_findings,
    return_findings,
    rally_findings,
    daylight_findings,
    weather_findings,
    trap_findings,
)
