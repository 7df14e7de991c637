"""The quality report: what a person must know before trusting a map, as a page and as JSON."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from core.files import write_text
from core.geo import FloatArray
from thermal.pose import Rejection
from thermal.references import Anchor


@dataclass(frozen=True, slots=True)
class FrameReport:
    """A drawn frame: place in east-north metres, footprint (4, 2), figures (NaN or 0 without tie points).

    `number` stands for it in the map's source band.
    """

    name: str
    east_m: float
    north_m: float
    footprint_m: FloatArray
    tie_points: int
    rmse_px: float
    moved_m: float
    offset_K: float
    number: int = 0


@dataclass(frozen=True, slots=True)
class Quality:
    """Everything the report shows; None = not known."""

    title: str
    frames: Sequence[FrameReport]
    rejected: Sequence[Rejection]
    notes: Sequence[str]
    figures: Sequence[tuple[str, str, Any]]
    anchor: Anchor
    ground: str
    lens: str
    crs: str
    start: str | None
    end: str | None


def as_json(q: Quality) -> dict[str, Any]:
    """The report as plain values; figures under their names with units."""
    return {
        "title": q.title,
        **{name: _finite(value) for name, _, value in q.figures},
        "level": q.anchor.label,
        "absolute": q.anchor.absolute,
        "references": [
            {
                "name": s.reference.name, "temperature_C": s.reference.temperature_C,
                "seen_C": s.seen_C, "frames": s.frames, "residual_K": s.residual_K,
            }
            for s in q.anchor.seen
        ],
        "ground": q.ground, "lens": q.lens, "crs": q.crs, "start": q.start, "end": q.end,
        "notes": list(q.notes),
        "frames_rejected": [{"path": str(r.path), "reason": r.reason} for r in q.rejected],
        "frames": [
            {
                "name": f.name, "number": f.number,
                "east_m": round(f.east_m, 3), "north_m": round(f.north_m, 3),
                "tie_points": f.tie_points, "rmse_px": _finite(f.rmse_px), "moved_m": _finite(f.moved_m),
                "offset_K": _finite(f.offset_K),
            }
            for f in q.frames
        ],
    }  # fmt: skip


def _finite(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return round(float(value), 4) if math.isfinite(value) else None
    return value


def as_html(q: Quality) -> str:
    """A page that needs nothing else: figures, a plan of the frames, drift, rejected files."""
    parts = [
        f"<h1>{escape(q.title)}</h1>",
        f"<p>{_WARNING}</p>",
        _table(("about", "this map"), _about(q)),
        _table(("figure", "value"), [(label, _text(value)) for _, label, value in q.figures]),
        "<h2>Where the frames were taken</h2>",
        "<p>Lines: footprints. Dots: cameras, green with tie points, red placed by tags alone.</p>",
        plan_svg(q.frames),
        "<h2>Temperature offset of each frame</h2>",
        offsets_svg(q.frames),
        *_references(q.anchor),
        *_listed("Left out", [f"{r.path.name}: {r.reason}" for r in q.rejected]),
        *_listed("Notes", q.notes),
        "<h2>Frames</h2>",
        _table(
            ("frame", "tie points", "rmse px", "moved m", "offset K"),
            [
                (f.name, str(f.tie_points), _text(f.rmse_px), _text(f.moved_m), _text(f.offset_K))
                for f in q.frames
            ],
        ),
    ]
    return _PAGE.format(title=escape(q.title), body="\n".join(parts))


_WARNING = "This is the temperature of surfaces, not of the air and not felt heat. Bare metal looks too cold."


def _about(q: Quality) -> list[tuple[str, str]]:
    taken = f"{_utc(q.start)} to {_utc(q.end)}" if q.start else "the frames do not say when"
    level = q.anchor.label if q.anchor.absolute else f"{q.anchor.label}: only differences count"
    return [
        ("taken", taken), ("temperature level", level), ("ground", q.ground), ("lens", q.lens),
        ("projection of the map", q.crs),
    ]  # fmt: skip


def _utc(moment: str | None) -> str:
    return "unknown" if moment is None else moment.replace("T", " ").replace("Z", " UTC")


def _text(value: Any) -> str:
    value = _finite(value)
    if value is None:
        return "unknown"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(h)}</th>" for h in head)
    body = "\n".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{top}</tr>\n{body}</table></div>'


def _listed(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    return [f"<h2>{title}</h2>", "<ul>", *(f"<li>{escape(line)}</li>" for line in lines), "</ul>"]


def _references(anchor: Anchor) -> list[str]:
    if not anchor.seen:
        return []
    rows = [
        (
            s.reference.name,
            f"{s.reference.temperature_C:.2f}",
            _text(s.seen_C),
            str(s.frames),
            _text(s.residual_K),
        )
        for s in anchor.seen
    ]
    head = ("reference", "measured C", "seen before anchoring C", "frames", "map less reference K")
    return ["<h2>Ground references</h2>", _table(head, rows)]


def plan_svg(frames: Sequence[FrameReport], width: int = 640) -> str:
    """Footprints and camera places, north up."""
    if not frames:
        return ""
    corners = np.concatenate([f.footprint_m for f in frames])
    low, high = corners.min(axis=0), corners.max(axis=0)
    scale = width / max(float(high[0] - low[0]), 1.0)
    height = max(float(high[1] - low[1]) * scale, 1.0)

    def at(east: float, north: float) -> tuple[float, float]:
        return (east - float(low[0])) * scale, height - (north - float(low[1])) * scale

    shapes = [_ring([at(*p) for p in f.footprint_m]) for f in frames]
    shapes += [_dot(*at(f.east_m, f.north_m), f) for f in frames]
    return _svg(width, height, "frames", "".join(shapes))


def _ring(points: Sequence[tuple[float, float]]) -> str:
    ring = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polygon points="{ring}" fill="none" stroke="#88a" stroke-opacity="0.35"/>'


def _dot(x: float, y: float, f: FrameReport) -> str:
    colour = "#1a7f37" if math.isfinite(f.rmse_px) else "#c62828"
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}">{_title(f.name)}</circle>'


def _title(text: str) -> str:
    return f"<title>{escape(text)}</title>"


def _svg(width: int, height: float, label: str, body: str) -> str:
    size = f'viewBox="0 0 {width} {height:.0f}" width="{width}"'
    return f'<svg {size} role="img" aria-label="{label}">{body}</svg>'


def offsets_svg(frames: Sequence[FrameReport], width: int = 640, height: int = 160) -> str:
    """A bar a frame: what drift took it off the common level, in flying order."""
    if not frames:
        return ""
    values = np.array([f.offset_K for f in frames])
    top = max(float(np.abs(values).max()), 0.1)
    step, middle = width / len(values), height / 2
    bars = "".join(
        f'<rect x="{k * step:.1f}" y="{middle - max(v, 0) / top * middle:.1f}" '
        f'width="{max(step - 1, 0.5):.1f}" height="{abs(v) / top * middle:.1f}" fill="#c0562f">'
        f"{_title(f'{f.name}: {v:+.2f} K')}</rect>"
        for k, (v, f) in enumerate(zip(values, frames, strict=True))
    )
    axis = f'<line x1="0" x2="{width}" y1="{middle}" y2="{middle}" stroke="#444"/>'
    return _svg(width, height, "offsets", f'{bars}{axis}<text x="2" y="12">+{top:.1f} K</text>')


def write_report(path: Path, q: Quality) -> Path:
    """Write `<map>.quality.html` and `<map>.quality.json` beside the map; returns the page's path."""
    page = path.with_suffix(".quality.html")
    write_text(page.with_suffix(".json"), json.dumps(as_json(q), ensure_ascii=False, indent=1) + "\n")
    write_text(page, as_html(q))
    return page


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>
body {{ font: 15px/1.5 "Noto Sans KR", "Noto Sans CJK KR", "Malgun Gothic", "Apple SD Gothic Neo",
  NanumGothic, system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  overflow-wrap: break-word }}
.wide {{ overflow-x: auto; margin: 0 0 1rem }}
table {{ border-collapse: collapse }}
td, th {{ border: 1px solid #ccc; padding: .2rem .6rem; text-align: left }}
td {{ font-variant-numeric: tabular-nums }}
svg {{ background: #fafafa; border: 1px solid #ddd; max-width: 100%; height: auto; font-size: 11px }}
</style></head><body>
{body}
</body></html>
"""
