"""The report's pictures as SVG: tracks over the park, each aircraft's day, waiting times."""

import html
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from core.geo import LocalFrame, LonLat
from delivery.flights import Flight, FlightState
from skyshade.day.run import DayRecord

WIDE, HIGH, SIDE_M, EDGE_M = 720.0, 680.0, 400.0, 200.0
COLOURS = ("#0b6bcb", "#c2410c", "#15803d", "#7c3aed", "#b91c1c", "#0e7490", "#a16207", "#be185d")
BAD, DOWN = "#dc2626", "#c3ccd5"
SCALE_M, HOUR_S, ROW = 500.0, 3600.0, 26.0


def colour_of(record: DayRecord, craft: str) -> str:
    """An aircraft's colour."""
    names = [c.id for c in record.scenario.fleet]
    return COLOURS[names.index(craft) % len(COLOURS)]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A map's paper: metres round a place to its own units, north up."""

    frame: LocalFrame
    west_m: float
    north_m: float
    scale: float

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        x, y = self.frame.point(LonLat(lon, lat))
        return round((x - self.west_m) * self.scale, 1), round((self.north_m - y) * self.scale, 1)

    def line(self, places: Iterable[tuple[float, float]]) -> str:
        return " ".join(f"{x},{y}" for x, y in (self.at(*place) for place in places))


def tracks_svg(record: DayRecord) -> str:
    """Where everything flew; closures hatched."""
    frame = LocalFrame(record.scenario.places[0].position)
    rings = (LonLat(*corner) for closure in record.scenario.file.closure for corner in closure.ring)
    xy = [frame.point(p) for p in (*(p.position for p in record.scenario.places), *rings)]
    xs, ys = [p[0] for p in xy], [p[1] for p in xy]
    wide_m, high_m = max(xs) - min(xs) + 2 * SIDE_M, max(ys) - min(ys) + 2 * EDGE_M
    scale = min(WIDE / wide_m, HIGH / high_m)
    sheet = _Sheet(frame, min(xs) - SIDE_M, max(ys) + EDGE_M, scale)
    parts = [*_closures(record, sheet), *_tracks(record, sheet), *_places(record, sheet)]
    wide = max(wide_m * scale + 90.0, 260.0)
    parts += _legend(record, wide - 46.0, SCALE_M * scale)
    return _svg(wide, max(high_m * scale, 40.0 + 18.0 * len(record.scenario.fleet)), parts)


def _closures(record: DayRecord, sheet: _Sheet) -> Iterator[str]:
    for c in record.scenario.file.closure:
        said = html.escape(f"{c.name} {c.since:%H:%M}-{c.until:%H:%M}")
        shape = f'points="{sheet.line(c.ring)}" fill="{BAD}" fill-opacity=".12" stroke="{BAD}"'
        yield f'<polygon {shape} stroke-dasharray="5 3"><title>{said}</title></polygon>'
        corners = [sheet.at(*corner) for corner in c.ring]
        x, y = (sum(values) / len(corners) for values in zip(*corners, strict=True))
        yield f'<text x="{x:.1f}" y="{y:.1f}" fill="{BAD}" text-anchor="middle" class="place">{said}</text>'


def _tracks(record: DayRecord, sheet: _Sheet) -> Iterator[str]:
    for tape in record.tapes:
        line = sheet.line((f.lon, f.lat) for f in tape.fixes[::6])
        colour, said = colour_of(record, tape.aircraft), html.escape(f"{tape.flight} {tape.aircraft}")
        yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-opacity=".35">'
        yield f"<title>{said}</title></polyline>"


def _places(record: DayRecord, sheet: _Sheet) -> Iterator[str]:
    for place in record.scenario.places:
        x, y = sheet.at(*place.position.xy)
        radius, fill = (6, "#1c2733") if place.kind == "depot" else (4, "#fff")
        yield f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}" stroke="#1c2733"/>'
        yield f'<text x="{x + 7}" y="{y + 4}" class="place">{html.escape(place.name)}</text>'


def _legend(record: DayRecord, x: float, bar: float) -> Iterator[str]:
    for n, craft in enumerate(record.scenario.fleet):
        y = 20.0 + 18.0 * n
        yield f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{colour_of(record, craft.id)}"/>'
        yield f'<text x="{x + 14}" y="{y}">{html.escape(craft.id)}</text>'
    yield f'<path d="M8 16v6h{bar:.1f}v-6" fill="none" stroke="#1c2733"/>'
    yield f'<text x="12" y="14">{SCALE_M:.0f} m</text>'


def line_svg(record: DayRecord) -> str:
    """A row an aircraft: its flights over the day, red those not flown to the end; a tick at each release."""
    day, at = record.scenario.file.day, record.scenario.utc_s
    ends = [f.ended_s for f in record.world.flights.values() if f.ended_s is not None]
    since, until = at(day.since), max([at(day.until), *ends])
    left = 60.0

    def x(time_s: float) -> float:
        return round(left + (WIDE - left) * (time_s - since) / (until - since), 1)

    fleet = [c.id for c in record.scenario.fleet]
    parts = list(_hours(record, since, until, x, ROW * len(fleet)))
    for number, craft in enumerate(fleet):
        parts += _row(record, craft, ROW * number + 4.0, x, until)
    return _svg(WIDE, ROW * len(fleet) + 24, parts)


def _row(record: DayRecord, craft: str, y: float, x: Callable[[float], float], until: float) -> Iterator[str]:
    yield f'<text x="2" y="{y + 14}">{html.escape(craft)}</text>'
    flights = [
        f for f in record.world.flights.values() if f.aircraft == craft and f.state is FlightState.ENDED
    ]
    grounded = record.world.aircraft[craft].grounded
    if grounded is not None:
        down_s = max((f.ended_s or 0.0 for f in flights), default=until)
        title = f"<title>{html.escape(grounded)}</title>"
        yield _bar(x(down_s), y + 6, max(0.0, x(until) - x(down_s)), 6.0, DOWN, title)
    for flight in flights:
        yield from _flight(record, flight, y, x)


def _flight(record: DayRecord, flight: Flight, y: float, x: Callable[[float], float]) -> Iterator[str]:
    begin, end = x(flight.started_s or 0.0), x(flight.ended_s or 0.0)
    fill = colour_of(record, flight.aircraft) if flight.completed else BAD
    said = html.escape(f"{flight.id}: {', '.join(flight.orders)} {flight.problem or ''}")
    yield _bar(begin, y, max(1.0, end - begin), 18.0, fill, f"<title>{said}</title>")
    for name in flight.orders:
        order = record.world.orders[name]
        if order.flight == flight.id and order.released_at_s is not None:
            tick = x(order.released_at_s)
            yield f'<line x1="{tick}" x2="{tick}" y1="{y}" y2="{y + 18}" stroke="#fff" stroke-width="1.5"/>'


def _hours(
    record: DayRecord, since: float, until: float, x: Callable[[float], float], height: float
) -> Iterator[str]:
    """Each full hour of the local clock."""
    first = -(-since // HOUR_S) * HOUR_S
    for n in range(int((until - first) // HOUR_S) + 1):
        time_s = first + HOUR_S * n
        clock, place = datetime.fromtimestamp(time_s, record.scenario.zone), x(time_s)
        yield f'<line x1="{place}" x2="{place}" y1="0" y2="{height}" stroke="#d6dde4"/>'
        anchor = "end" if place > WIDE - 30.0 else "start"
        yield f'<text x="{place + (3 if anchor == "start" else -3)}" y="{height + 14}" '
        yield f'text-anchor="{anchor}">{clock:%H:%M}</text>'


def waits_svg(waits_s: list[float]) -> str:
    """How many waited how many minutes."""
    if not waits_s:
        return ""
    minutes = 2 if max(waits_s) < 80 * 60.0 else 5
    most = int(max(waits_s) // (60.0 * minutes)) + 1
    counts = [sum(n == int(w // (60.0 * minutes)) for w in waits_s) for n in range(most)]
    step, high, parts = WIDE / most, 120.0, []
    for n, count in enumerate(counts):
        tall = high * count / max(counts)
        parts.append(_bar(step * n + 1, high - tall + 14, max(1.0, step - 2), tall, "#0b6bcb"))
        parts.append(f'<text x="{step * n + 2:.1f}" y="{high + 28}">{minutes * n}</text>')
        parts.append(f'<text x="{step * n + 2:.1f}" y="{high - tall + 11:.1f}">{count or ""}</text>')
    return _svg(WIDE, high + 34, parts)


def _bar(x: float, y: float, wide: float, high: float, fill: str, inside: str = "") -> str:
    size = f'width="{wide:.1f}" height="{high:.1f}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{fill}">{inside}</rect>'


def _svg(wide: float, high: float, parts: Iterable[str]) -> str:
    frame = f'viewBox="0 0 {wide:g} {high:g}" style="max-width: {1.35 * wide:g}px"'
    return f'<svg {frame} role="img">{"".join(parts)}</svg>'
