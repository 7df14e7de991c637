"""The report's pictures as SVG: tracks over the park, each aircraft's day, waiting times."""

import html
from collections.abc import Callable, Iterable

from core.geo import LocalFrame, LonLat
from delivery.flights import FlightState
from skyshade.day.run import DayRecord

WIDE, HIGH, LABEL = 720.0, 560.0, 40.0
COLOURS = ("#0b6bcb", "#c2410c", "#15803d", "#7c3aed", "#b91c1c", "#0e7490", "#a16207", "#be185d")


def colour_of(record: DayRecord, craft: str) -> str:
    """An aircraft's colour."""
    names = [c.id for c in record.scenario.fleet]
    return COLOURS[names.index(craft) % len(COLOURS)]


def tracks_svg(record: DayRecord) -> str:
    """Where everything flew."""
    frame = LocalFrame(record.scenario.places[0].position)
    spots = [(p, frame.point(p.position)) for p in record.scenario.places]
    xs, ys = [s[1][0] for s in spots], [s[1][1] for s in spots]
    scale = min(WIDE / (max(xs) - min(xs) + 800.0), HIGH / (max(ys) - min(ys) + 400.0))

    def at(x: float, y: float) -> tuple[float, float]:
        return round((x - min(xs) + 400.0) * scale, 1), round((max(ys) + 200.0 - y) * scale, 1)

    parts = []
    for tape in record.tapes:
        flat = (at(*frame.point(LonLat(f.lon, f.lat))) for f in tape.fixes[::6])
        line = " ".join(f"{x},{y}" for x, y in flat)
        colour = colour_of(record, tape.aircraft)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-opacity=".35"/>')
    for place, spot in spots:
        x, y = at(*spot)
        radius, fill = (6, "#1c2733") if place.kind == "depot" else (4, "#fff")
        parts.append(f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}" stroke="#1c2733"/>')
        parts.append(f'<text x="{x + 7}" y="{y + 4}">{html.escape(place.name)}</text>')
    wide = min(WIDE, (max(xs) - min(xs) + 800.0) * scale + LABEL)
    return _svg(max(wide, 260.0), HIGH, parts)


def line_svg(record: DayRecord) -> str:
    """A row an aircraft: its flights over the day, failed ones hatched red."""
    day, at = record.scenario.file.day, record.scenario.utc_s
    since, until = at(day.since), at(day.until) + 900.0
    row, left = 26.0, 60.0

    def x(time_s: float) -> float:
        return round(left + (WIDE - left) * (time_s - since) / (until - since), 1)

    fleet = [c.id for c in record.scenario.fleet]
    parts = list(_hours(since, until, x, row * len(fleet)))
    for number, craft in enumerate(fleet):
        y = row * number + 4
        parts.append(f'<text x="2" y="{y + 14}">{html.escape(craft)}</text>')
        for flight in record.world.flights.values():
            if flight.aircraft != craft or flight.state is not FlightState.ENDED:
                continue
            begin, end = x(flight.started_s or since), x(flight.ended_s or until)
            fill = colour_of(record, craft) if flight.completed else "#dc2626"
            said = html.escape(f"{flight.id}: {', '.join(flight.orders)} {flight.problem or ''}")
            parts.append(_bar(begin, y, max(1.0, end - begin), 18.0, fill, f"<title>{said}</title>"))
    return _svg(WIDE, row * len(fleet) + 24, parts)


def _hours(since: float, until: float, x: Callable[[float], float], height: float) -> Iterable[str]:
    for n in range(int((until - since) // 3600) + 1):
        place = x(since + 3600.0 * n)
        yield f'<line x1="{place}" x2="{place}" y1="0" y2="{height}" stroke="#d6dde4"/>'
        yield f'<text x="{place + 3}" y="{height + 14}">+{n} h</text>'


def waits_svg(waits_s: list[float]) -> str:
    """How many waited how many minutes."""
    if not waits_s:
        return ""
    most = int(max(waits_s) // 120) + 1
    counts = [sum(120 * n <= w < 120 * (n + 1) for w in waits_s) for n in range(most)]
    step, high, parts = WIDE / most, 120.0, []
    for n, count in enumerate(counts):
        tall = high * count / max(counts)
        parts.append(_bar(step * n + 1, high - tall + 14, max(1.0, step - 2), tall, "#0b6bcb"))
        parts.append(f'<text x="{step * n + 2:.1f}" y="{high + 28}">{2 * n}</text>')
    return _svg(WIDE, high + 34, parts)


def _bar(x: float, y: float, wide: float, high: float, fill: str, inside: str = "") -> str:
    size = f'width="{wide:.1f}" height="{high:.1f}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{fill}">{inside}</rect>'


def _svg(wide: float, high: float, parts: Iterable[str]) -> str:
    frame = f'viewBox="0 0 {wide:g} {high:g}" style="max-width: {1.35 * wide:g}px"'
    return f'<svg {frame} role="img">{"".join(parts)}</svg>'
