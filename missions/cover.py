"""Whether permits cover the part of a flight that lies inside a zone: in space, height and time."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from shapely.geometry.base import BaseGeometry

from core.geo import Datum, LocalFrame
from missions.intervals import WHOLE, Parts, common, joined, missing
from missions.legair import LegAir
from missions.permits import Permit
from missions.route import to_metres
from missions.window import Window
from missions.zones import Zone, ZoneKind

SLACK_M = 0.1


@dataclass(frozen=True, slots=True)
class Cover:
    """`covered`: yes, no, or None (cannot be said). `why` names what is lacking, `item` the first leg."""

    covered: bool | None
    why: str = ""
    item: int | None = None
    used: tuple[Permit, ...] = ()


def cover(
    zone: Zone,
    inside: Sequence[tuple[LegAir, Parts]],
    permits: Sequence[Permit],
    window: Window | None,
    frame: LocalFrame,
) -> Cover:
    """Hold the permits against every part of the flight inside the zone, for as long as the flight lasts."""
    about = [p for p in permits if _about(p, zone)]
    if not about:
        return Cover(False, "no permit names it")
    if window is None:
        return Cover(None, "permits have dates: give --at TIME")
    areas = [None if p.area is None else to_metres(p.area, frame) for p in about]
    asked = [(p, a) for p, a in zip(about, areas, strict=True)]
    unsure: Cover | None = None
    for start, end in _slices(zone, about, window):
        found = _at(start + (end - start) / 2, inside, asked)
        if found.covered is False:
            sure = window.known or start == window.start
            why = found.why if sure else f"how long the flight takes is not known (--aircraft); {found.why}"
            return Cover(False if sure else None, why, found.item)
        unsure = found if found.covered is None else unsure
    used = tuple(p for p in about if _slices_held(p, window))
    return unsure or Cover(True, used=used)


def _about(permit: Permit, zone: Zone) -> bool:
    return permit.zone == zone.name or (not permit.zone and zone.kind is ZoneKind.CONTROL)


def _slices(zone: Zone, permits: Sequence[Permit], window: Window) -> Iterator[tuple[datetime, datetime]]:
    """The flight cut where a permit or the zone's own hours begin or end; without what the zone sleeps."""
    edges = {m for p in permits for m in p.edges(window.start, window.end)}
    if zone.hours is not None:
        edges |= set(zone.hours.edges(window.start, window.end))
    cuts = [window.start, *sorted(edges), window.end]
    if window.start >= window.end:
        cuts = [window.start, window.start]
    for start, end in itertools.pairwise(cuts):
        if zone.active(start + (end - start) / 2) is not False:
            yield start, end


def _slices_held(permit: Permit, window: Window) -> bool:
    """Whether it is in force at any moment of the flight."""
    moments = [window.start, *sorted(permit.edges(window.start, window.end)), window.end]
    middles = (a + (b - a) / 2 for a, b in itertools.pairwise(moments))
    return any(permit.holds(m) for m in middles)


def _at(
    moment: datetime,
    inside: Sequence[tuple[LegAir, Parts]],
    asked: Sequence[tuple[Permit, BaseGeometry | None]],
) -> Cover:
    """Whether the permits in force at a moment cover every part together."""
    good = [(p, a) for p, a in asked if p.holds(moment)]
    if not good:
        return Cover(False, _late([p for p, _ in asked], moment), inside[0][0].item if inside else None)
    unknown: Cover | None = None
    for leg, parts in inside:
        sure, maybe = _covered(leg, good)
        slack = SLACK_M / max(leg.line.length, SLACK_M) if leg.line.length > 0 else 1e-9
        if not missing(parts, sure, slack):
            continue
        if missing(parts, maybe, slack):
            return Cover(False, _short(leg, parts, good), leg.item)
        why = "a permit's ceiling and the leg's height cannot be compared (give --dem)"
        unknown = unknown or Cover(None, why, leg.item)
    return unknown or Cover(True)


def _covered(leg: LegAir, good: Sequence[tuple[Permit, BaseGeometry | None]]) -> tuple[Parts, Parts]:
    """The parts of a leg that permits cover for sure, and those that they may cover."""
    sure: list[tuple[float, float]] = []
    maybe: list[tuple[float, float]] = []
    for permit, area in good:
        over = WHOLE if area is None else leg.over(area)
        low = WHOLE if permit.ceiling is None else leg.below(permit.ceiling, SLACK_M)
        maybe += over if low is None else common(over, low)
        sure += () if low is None else common(over, low)
    return joined(sure), joined(maybe)


def _late(permits: Sequence[Permit], moment: datetime) -> str:
    """Why no permit is in force."""
    said = []
    for p in permits:
        if moment > p.valid_until:
            said.append(f"{p.title} ended at {p.valid_until:%Y-%m-%dT%H:%MZ}")
        elif moment < p.valid_from:
            said.append(f"{p.title} begins at {p.valid_from:%Y-%m-%dT%H:%MZ}")
        else:
            said.append(f"{p.title} holds only {p.hours}")
    return "; ".join(said)


def _short(leg: LegAir, parts: Parts, good: Sequence[tuple[Permit, BaseGeometry | None]]) -> str:
    """What each permit in force lacks for a leg."""
    said = []
    for permit, area in good:
        if area is not None and missing(parts, leg.over(area), 1e-6):
            said.append(f"{permit.title} does not reach over the whole part inside")
        over = None if permit.ceiling is None else leg.top_over_m(permit.ceiling)
        if permit.ceiling is not None and over is not None and over > SLACK_M:
            base = "ground" if permit.ceiling.datum is Datum.GROUND else "the sea"
            limit = f"{permit.ceiling.value_m:g} m over {base}"
            said.append(f"{permit.title} ends at {limit}, the leg is {over:.0f} m higher")
    return "; ".join(said) or "the permits leave a gap between them"
