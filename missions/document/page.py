"""The flight document as one HTML page that asks nobody for anything."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from core.files import write_text
from missions.document.facts import FlightFacts, FlightMap
from missions.document.rows import Row, blank_rows, check_rows, plan_rows, volume_rows
from missions.document.words import Language

WIDTH_PX, HEIGHT_PX = 1000.0, 520.0
LOOKS = {
    "zone": "fill:#e7a3b0;fill-opacity:.35;stroke:#a01733;stroke-width:1.5",
    "ground_risk": "fill:#f7d9b3;fill-opacity:.45;stroke:#d9822b",
    "contingency": "fill:#f6ecb0;fill-opacity:.6;stroke:#c9a400",
    "geography": "fill:#bfe3c8;fill-opacity:.8;stroke:#2f8f4e",
    "fence": "fill:none;stroke:#3a4fb5;stroke-width:2",
    "path": "fill:none;stroke:#17324d;stroke-width:2.5",
}
STYLE = """
body{font:15px/1.5 'Malgun Gothic','Noto Sans KR','NanumGothic',sans-serif;color:#1d2328;max-width:1000px;
margin:24px auto;padding:0 16px}
h1{font-size:24px;color:#17324d;margin:0 0 4px}h2{font-size:16px;margin:20px 0 4px}
table{border-collapse:collapse;width:100%}
td{border-bottom:1px solid #d5dce1;padding:4px 8px;vertical-align:top}
td:first-child{font-weight:bold;width:38%}.checks td:first-child{width:12%}
.two{display:grid;grid-template-columns:1fr 1fr;gap:24px}.soft{color:#5a666f;font-size:13px}
svg{width:100%;height:auto;background:#f4f2ed;border:1px solid #555}
.key span{display:inline-block;margin-right:16px;font-size:13px}
.key i{display:inline-block;width:16px;height:10px;margin-right:5px;border:1px solid #555}
@media(max-width:640px){.two{grid-template-columns:1fr}}
@media print{body{margin:0;max-width:none;font-size:11px}h2{margin:8px 0 2px}td{padding:2px 6px}}
"""


def write_document_html(facts: FlightFacts, path: Path, lang: Language) -> None:
    """Write the page, whole or not at all."""
    title = f"{lang['title']}: {facts.name}"
    body = (
        f"<h1>{escape(title)}</h1><p class=soft>{escape(lang['limits'])}</p>{_svg(facts.map)}"
        f"<p class=key>{_key(facts.map, lang)}</p><div class=two><div>{_table(plan_rows(facts, lang))}</div>"
        f"<div><h2>{lang['volumes']}</h2>{_table(volume_rows(facts, lang))}"
        f"<h2>{lang['contacts']}</h2>{_table(blank_rows(lang))}</div></div>"
        f"<h2>{lang['checks']}</h2>{_table(check_rows(facts, lang), 'checks')}"
        f"<p class=soft>{escape(lang['footer'])} · {facts.mark}</p>"
    )
    write_text(
        path,
        f'<!doctype html>\n<html lang="{lang.code}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>\n",
    )


def _table(rows: Sequence[Row], kind: str = "") -> str:
    lines = "".join(f"<tr><td>{escape(a)}</td><td>{escape(b) or '&nbsp;'}</td></tr>" for a, b in rows)
    return f'<table class="{kind}">{lines}</table>'


def _svg(shown: FlightMap) -> str:
    left, bottom, right, top = shown.bounds
    scale = min(WIDTH_PX / (right - left), HEIGHT_PX / (top - bottom))
    move = (WIDTH_PX / 2 - scale * (left + right) / 2, HEIGHT_PX / 2 + scale * (bottom + top) / 2)
    parts = [_drawn(shape, look, scale, move) for shape, look in _layers(shown)]
    marks = [("D", shown.drops, "#7a3fa0"), ("R", shown.rally, "#3a4fb5"), ("H", [(0.0, 0.0)], "#17324d")]
    parts += [_mark(letter, xy, colour, scale, move) for letter, places, colour in marks for xy in places]
    bar = max((s for s in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if s * scale < 300), default=10)
    parts.append(
        f'<path d="M20 {HEIGHT_PX - 18}h{bar * scale:.1f}" style="stroke:#1d2328;stroke-width:4"/>'
        f'<text x="20" y="{HEIGHT_PX - 26}" font-size="14">{bar} m</text>'
        f'<text x="{WIDTH_PX - 34}" y="30" font-size="18" font-weight="bold">N↑</text>'
    )
    return f'<svg viewBox="0 0 {WIDTH_PX:.0f} {HEIGHT_PX:.0f}" role="img">{"".join(parts)}</svg>'


def _layers(shown: FlightMap) -> Iterable[tuple[BaseGeometry, str]]:
    yield from ((shape, "zone") for _, shape in shown.zones)
    rings = {"ground_risk": shown.ground_risk, "contingency": shown.contingency, "geography": shown.geography}
    yield from ((shape, name) for name, shape in rings.items() if shape is not None)
    yield from ((shape, "fence") for shape in shown.fence)
    yield shown.path, "path"


def _drawn(shape: BaseGeometry, look: str, scale: float, move: tuple[float, float]) -> str:
    lines: list[str] = []
    for part in shapely.get_parts(shape):
        rings = (part.exterior, *part.interiors) if part.geom_type == "Polygon" else (part,)
        for ring in rings:
            points = (f"{move[0] + scale * x:.1f} {move[1] - scale * y:.1f}" for x, y in ring.coords)
            lines.append("M" + "L".join(points) + ("Z" if part.geom_type == "Polygon" else ""))
    return f'<path d="{"".join(lines)}" fill-rule="evenodd" style="{LOOKS[look]}"/>'


def _mark(letter: str, xy: tuple[float, float], colour: str, scale: float, move: tuple[float, float]) -> str:
    x, y = move[0] + scale * xy[0], move[1] - scale * xy[1]
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="11" fill="{colour}" stroke="#fff"/>'
        f'<text x="{x:.1f}" y="{y + 5:.1f}" font-size="14" fill="#fff" text-anchor="middle">{letter}</text>'
    )


def _key(shown: FlightMap, lang: Language) -> str:
    names = ["path"]
    names += ["geography", "contingency", "ground_risk"] if shown.geography is not None else []
    names += (["fence"] if shown.fence else []) + (["zone"] if shown.zones else [])
    entries = [f'<span><i style="{_swatch(name)}"></i>{lang["legend_" + name]}</span>' for name in names]
    return "".join(entries) + f"<span>{lang['legend_home']}</span>"


def _swatch(name: str) -> str:
    looks = dict(part.split(":") for part in LOOKS[name].split(";"))
    fill = "#fff" if looks["fill"] == "none" else looks["fill"]
    return f"background:{fill};border-color:{looks['stroke']}"
