"""Plots of the report as SVG text: the plan of frames, drift, seams."""

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from core.geo import FloatArray

if TYPE_CHECKING:
    from thermal.quality import FrameReport

_WIDTH = 900
BEFORE, AFTER, BY_TAG = "#d95f02", "#1b6ca8", "#d95f02"


def plan_svg(frames: "Sequence[FrameReport]", *, href: str | None, size: tuple[int, int]) -> str:
    """Footprints and cameras in pixels of the picture `href` of `size` (columns, rows), north up."""
    cols, rows = size
    image = f'<image href="{href}" width="{cols}" height="{rows}" opacity="0.45"/>' if href else ""
    rings = "".join(_ring(f.outline_px) for f in frames)
    dots = "".join(_dot(f, max(size) / 160.0) for f in frames)
    style = f"stroke-width:{max(size) / 700:.2f}"
    body = f'{image}<g fill="none" stroke="#333" stroke-opacity=".35" style="{style}">{rings}</g>{dots}'
    return svg(cols, rows, "plan", body)


def _ring(points: FloatArray) -> str:
    return '<path d="M' + "L".join(f"{x:.0f} {y:.0f}" for x, y in points) + 'Z"/>'


def _dot(f: "FrameReport", r: float) -> str:
    x, y = f.center_px
    title = f"<title>{escape(f.name)}</title>"
    if math.isfinite(f.rmse_px):
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{AFTER}">{title}</circle>'
    box = f'x="{x - r:.1f}" y="{y - r:.1f}" width="{2 * r:.1f}" height="{2 * r:.1f}"'
    return f'<rect {box} fill="{BY_TAG}">{title}</rect>'


def svg(width: float, height: float, label: str, body: str) -> str:
    """An SVG that fits the page."""
    return f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{label}">{body}</svg>'


class _Axes:
    """A plot's area: x runs 0..1, y from `low` to `high`."""

    def __init__(self, low: float, high: float, height: int) -> None:
        pad = 0.06 * (high - low or 1.0)
        self.low, self.high, self.height = low - pad, high + pad, height

    def x(self, share: float) -> float:
        return 62 + share * (_WIDTH - 72)

    def y(self, value: float) -> float:
        return 8 + (self.high - value) / (self.high - self.low) * (self.height - 34)

    def lines(self, unit: str) -> str:
        """Lines across at round values, with their numbers."""
        step = _round_step(self.high - self.low)
        first = math.ceil(self.low / step) * step
        out = ""
        for k in range(int((self.high - first) / step) + 1):
            value = first + k * step
            y, strong = self.y(value), abs(value) < step / 1e6
            ends = f'x1="62" x2="{_WIDTH - 10}" y1="{y:.1f}" y2="{y:.1f}"'
            out += f'<line {ends} stroke="{"#666" if strong else "#ddd"}"/>'
            out += f'<text x="56" y="{y + 4:.1f}" text-anchor="end">{value:g}{unit}</text>'
        return out


def _round_step(span: float) -> float:
    rough = max(span, 1e-9) / 4.0
    base = 10.0 ** math.floor(math.log10(rough))
    return next(m * base for m in (1.0, 2.0, 5.0, 10.0) if m * base >= rough)


def offsets_svg(frames: "Sequence[FrameReport]", jumps: Sequence[int], height: int = 240) -> str:
    """What drift took each frame off the common level, in flying order; upright lines before `jumps`."""
    values = np.array([f.offset_K for f in frames])
    axes = _Axes(min(float(values.min()), 0.0), max(float(values.max()), 0.0), height)
    last = max(len(values) - 1, 1)
    marks = "".join(
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="8" y2="{height - 26}" stroke="#999" stroke-dasharray="4 3"/>'
        for x in (axes.x((k - 0.5) / last) for k in jumps)
    )
    dots = "".join(
        f'<circle cx="{axes.x(k / last):.1f}" cy="{axes.y(v):.1f}" r="3" fill="{AFTER}">'
        f"<title>{escape(f.name)}: {v:+.2f} K</title></circle>"
        for k, (v, f) in enumerate(zip(values, frames, strict=True))
    )
    return svg(_WIDTH, height, "offsets", axes.lines(" K") + marks + dots + _ends(frames, axes, height))


def _ends(frames: "Sequence[FrameReport]", axes: _Axes, height: int) -> str:
    first, last = escape(frames[0].name), escape(frames[-1].name)
    return (
        f'<text x="{axes.x(0):.0f}" y="{height - 6}">{first}</text>'
        f'<text x="{axes.x(1):.0f}" y="{height - 6}" text-anchor="end">{last}</text>'
    )


def rest_svg(frames: "Sequence[FrameReport]", height: int = 200) -> str:
    """Each frame's difference from the frames that overlap it, before and after."""
    before = np.array([f.before_K for f in frames])
    after = np.array([f.after_K for f in frames])
    known = np.concatenate([before, after])
    known = known[np.isfinite(known)]
    if known.size == 0:
        return ""
    axes = _Axes(float(known.min()), float(known.max()), height)
    dots = _dots(before, axes, BEFORE) + _dots(after, axes, AFTER)
    return svg(_WIDTH, height, "before and after", axes.lines(" K") + dots + _ends(frames, axes, height))


def _dots(values: FloatArray, axes: _Axes, colour: str) -> str:
    last = max(len(values) - 1, 1)
    return "".join(
        f'<circle cx="{axes.x(k / last):.1f}" cy="{axes.y(float(v)):.1f}" r="3" fill="{colour}"/>'
        for k, v in enumerate(values)
        if math.isfinite(v)
    )


def seams_svg(counts: Sequence[int], step_K: float, p95_K: float | None, height: int = 180) -> str:
    """How often frames differ by how much where one takes over from another; bars of 0.1 K."""
    total = sum(counts)
    if total == 0:
        return ""
    per_bar = max(round(0.1 / step_K), 1)
    last = int(np.searchsorted(np.cumsum(counts), 0.995 * total)) // per_bar + 1
    bars = [sum(counts[k * per_bar : (k + 1) * per_bar]) / total * 100.0 for k in range(last)]
    axes = _Axes(0.0, max(bars), height)
    width = (axes.x(1) - axes.x(0)) / last
    body = "".join(
        f'<rect x="{axes.x(0) + k * width:.1f}" y="{axes.y(v):.1f}" width="{max(width - 1, 0.5):.1f}"'
        f' height="{axes.y(0) - axes.y(v):.1f}" fill="{AFTER}"/>'
        for k, v in enumerate(bars)
    )
    if p95_K is not None:
        x = axes.x(min(p95_K / (last * per_bar * step_K), 1.0))
        body += (
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="8" y2="{height - 26}" stroke="{BEFORE}" stroke-width="2"/>'
        )
        body += f'<text x="{x + 4:.1f}" y="20">{p95_K:.2f} K</text>'
    ends = f'<text x="62" y="{height - 6}">0 K</text>'
    ends += (
        f'<text x="{axes.x(1):.0f}" y="{height - 6}" text-anchor="end">{last * per_bar * step_K:.1f} K</text>'
    )
    return svg(_WIDTH, height, "seams", axes.lines(" %") + body + ends)
