"""Checks of a plan against its day: light and weather."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from core.geo import LonLat
from core.wind import CALM
from missions.case import Case
from missions.finding import Finding, Severity, Verdict
from missions.path import mission_cost
from missions.rules import Limit
from missions.weather import Weather

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN


def sun_elevation_deg(place: LonLat, moment: datetime) -> float:
    """The sun's height over the horizon in degrees, refraction left out (astral)."""
    from astral import Observer
    from astral.sun import elevation

    return float(elevation(Observer(place.lat, place.lon), moment.astimezone(UTC), with_refraction=False))


def daylight_findings(case: Case) -> Iterator[Finding]:
    """Whether the sun is up from take-off to landing."""
    limit = case.rules.min_sun_elevation_deg
    if limit is None:
        return
    if case.at_time is None:
        yield _unknown("daylight", "no time given (--at)", limit.value)
        return
    home = case.mission.home.position
    ends = case.at_time, case.at_time + timedelta(seconds=_seconds(case))
    lowest = min(sun_elevation_deg(home, moment) for moment in ends)
    message = f"the sun stands {lowest:.1f} degrees over the horizon at its lowest in flight"
    verdict = PASS if lowest >= limit.value else FAIL
    cure = "" if verdict is PASS else "fly between sunrise and sunset, or hold a permission for night flights"
    yield Finding("daylight", verdict, message, value=lowest, limit=limit.value, cure=cure)


def _seconds(case: Case) -> float:
    """How long the flight takes, as far as it can be said."""
    if case.aircraft is None:
        return 0.0
    try:
        return mission_cost(case.mission, case.aircraft, case.wind or CALM, terrain=case.terrain).duration_s
    except ValueError:
        return 0.0


def weather_findings(case: Case) -> Iterator[Finding]:
    """Gusts, visibility, rain, cloud and temperature against what aircraft and rules allow."""
    weather = case.weather
    if weather is None:
        yield _unknown("weather", "no weather given (--weather)", None)
        return
    if weather.holds(case.at_time) is False:
        yield Finding(
            "weather", FAIL, "the weather given is for another time", cure="give the weather for the flight"
        )
        return
    yield from _limits(case, weather)


def _limits(case: Case, weather: Weather) -> Iterator[Finding]:
    craft = case.aircraft
    gust = None if craft is None else craft.max_wind_ms
    yield _at_most("gusts", "gusts of", "m/s", weather.gust_ms, gust)
    yield _at_most(
        "rain", "rain of", "mm/h", weather.rain_mm_h, None if craft is None else craft.max_rain_mm_h
    )
    yield _at_least(
        "visibility", "visibility of", "m", weather.visibility_m, _value(case.rules.min_visibility_m)
    )
    yield _at_least("cloud_base", "clouds at", "m", weather.cloud_base_m, _top_m(case))
    span = (None, None) if craft is None else (craft.min_temperature_C, craft.max_temperature_C)
    yield _at_least("cold", "temperature of", "C", weather.temperature_C, span[0])
    yield _at_most("warmth", "temperature of", "C", weather.temperature_C, span[1])


def _value(limit: Limit | None) -> float | None:
    return None if limit is None else limit.value


def _top_m(case: Case) -> float | None:
    """The plan's highest place over home: clouds must be above it."""
    ups = [p.up_m for p in case.points]
    known = [up for up in ups if up is not None]
    return max(known) if known and len(known) == len(ups) else None


def _at_most(rule: str, what: str, unit: str, value: float | None, limit: float | None) -> Finding:
    if value is None or limit is None:
        return _unknown(rule, f"{what.rsplit(' ', 1)[0]}: value or limit is not known", limit)
    message = f"{what} {value:g} {unit}, at most {limit:g}"
    return Finding(rule, PASS if value <= limit else FAIL, message, value=value, limit=limit)


def _at_least(rule: str, what: str, unit: str, value: float | None, limit: float | None) -> Finding:
    if value is None or limit is None:
        return _unknown(rule, f"{what.rsplit(' ', 1)[0]}: value or limit is not known", limit)
    message = f"{what} {value:g} {unit}, at least {limit:g}"
    return Finding(rule, PASS if value >= limit else FAIL, message, value=value, limit=limit)


def _unknown(rule: str, message: str, limit: float | None) -> Finding:
    return Finding(rule, UNKNOWN, message, severity=Severity.WARNING, limit=limit)
