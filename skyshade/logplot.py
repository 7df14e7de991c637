"""Pictures of a recording: series over time, the flight modes as bands behind them, warnings as marks."""

import datetime as dt
import html
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import OutputError
from core.files import write_text, written_beside
from core.geo import FloatArray
from flight.logclock import OwnClock
from flight.logstory import LoggedText, ModeSpan, Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = (".png", ".html", ".svg")
POINTS = 4000  # a line's, after thinning
WIDE, TALL = 12.0, 2.3  # inches of a panel
WARNING = 4  # MAV_SEVERITY
LABEL_SHARE = 0.05  # a band narrower than this share of the picture goes without its name
LINES = ("#0b6e99", "#c1440e", "#3c7d22", "#7d3c98", "#8a6d00")
BANDS = ("#eef4f8", "#fdf1e3", "#eaf5e6", "#f4ecf7", "#fff8dc", "#f0f0f0")
STYLE = (
    "body{font:15px/1.5 sans-serif;margin:2em auto;max-width:70em;padding:0 1em}"
    "svg{max-width:100%;height:auto}td,th{text-align:left;padding-right:1.5em}"
)


@dataclass(frozen=True, slots=True)
class Story:
    """What is drawn: panels of series, modes as bands behind them, warnings among the texts as marks."""

    title: str
    panels: Sequence[Sequence[Series]]
    modes: Sequence[ModeSpan] = ()
    texts: Sequence[LoggedText] = ()
    note: str = ""

    def on(self, clock: OwnClock) -> "Story":
        """The same in the vehicle's own seconds, its first moment at the recording's."""
        shift_s = self.start_s - float(clock(np.array([self.start_s]))[0])

        def at(seconds: float) -> float:
            return float(clock(np.array([seconds]))[0]) + shift_s

        return replace(
            self,
            panels=[[replace(s, time_s=clock(s.time_s) + shift_s) for s in panel] for panel in self.panels],
            modes=[replace(m, start_s=at(m.start_s), end_s=at(m.end_s)) for m in self.modes],
            texts=[replace(t, utc_s=at(t.utc_s)) for t in self.texts],
            note=f" (the vehicle's seconds, recorded {clock.speedup:.0f} times as fast)",
        )

    @property
    def start_s(self) -> float:
        """The first UTC second of anything drawn."""
        firsts = [s.time_s[0] for panel in self.panels for s in panel if len(s.time_s)]
        return float(
            min([*firsts, *(m.start_s for m in self.modes), *(t.utc_s for t in self.texts)], default=0.0)
        )


def draw_story(story: Story, out: Path) -> None:
    """Write the picture by `out`'s ending: .png, .svg, or .html (a page that needs nothing else)."""
    kind = out.suffix.lower()
    if kind not in KINDS:
        raise OutputError(out, f"unknown kind {kind or out.name!r}", hint=f"use {', '.join(KINDS)}")
    with _figure(story) as figure:
        if kind == ".html":
            write_text(out, _page(story, figure))
            return
        with written_beside(out) as beside:
            figure.savefig(beside, format=kind[1:], dpi=110)


@contextmanager
def _figure(story: Story) -> "Iterator[Figure]":
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from skyshade.demo.picture import korean_font

    fonts = [name for name in (korean_font(), "DejaVu Sans") if name]
    with rc_context({"font.family": fonts, "axes.unicode_minus": False, "svg.fonttype": "none"}):
        count = max(len(story.panels), 1)
        figure = Figure(figsize=(WIDE, 1.2 + TALL * count), layout="constrained")
        FigureCanvasAgg(figure)
        panels = list(figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0])
        figure.suptitle(story.title, fontsize=12)
        for axes, series in zip(panels, story.panels, strict=False):
            _draw_panel(axes, series, story)
        _draw_bands(panels, story)
        started = dt.datetime.fromtimestamp(story.start_s, dt.UTC)
        since = f"seconds since {started:%Y-%m-%d %H:%M:%S} UTC{story.note}"
        panels[-1].set_xlabel(f"{since}; green line: armed, red lines: warnings")
        yield figure


def _draw_panel(axes: "Axes", series: Sequence[Series], story: Story) -> None:
    axes.grid(visible=True, color="#d5d5d5", linewidth=0.6)
    axes.margins(x=0.0)
    for number, one in enumerate(series):
        side = axes if one.unit == series[0].unit else _second_axis(axes)
        times, values = _thinned(one.time_s - story.start_s, one.values)
        side.plot(times, values, color=LINES[number % len(LINES)], linewidth=1.2, label=one.label)
        side.set_ylabel(one.unit)
    handles: list[Any] = []
    for side in (axes, *_twins(axes)):
        handles += side.get_legend_handles_labels()[0]
    axes.legend(handles=handles, loc="best", fontsize=8, framealpha=0.85)
    for text in story.texts:
        if text.severity <= WARNING:
            axes.axvline(text.utc_s - story.start_s, color="#b00020", linewidth=0.8, alpha=0.5)


def _second_axis(axes: "Axes") -> "Axes":
    twins = _twins(axes)
    return twins[0] if twins else axes.twinx()


def _twins(axes: "Axes") -> list[Any]:
    """The axes that share this one's place, with a scale of their own on the right."""
    every = axes.figure.axes
    return [other for other in every if other is not axes and other.bbox.bounds == axes.bbox.bounds]


def _thinned(times: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """At most `POINTS` points that keep each stretch's lowest and highest value."""
    if len(times) <= POINTS:
        return times, values
    size = -(-len(times) // (POINTS // 2))
    keep = []
    for start in range(0, len(times), size):
        part = values[start : start + size]
        if np.isnan(part).all():
            keep.append(start)
        else:
            keep += sorted({start + int(np.nanargmin(part)), start + int(np.nanargmax(part))})
    return times[keep], values[keep]


def _draw_bands(panels: Sequence["Axes"], story: Story) -> None:
    """A shade behind each mode, its name above the first panel; armed stretches carry a line below it."""
    names = list(dict.fromkeys(m.mode for m in story.modes))
    length_s = max((m.end_s for m in story.modes), default=story.start_s) - story.start_s
    for span in story.modes:
        start_s, end_s = span.start_s - story.start_s, span.end_s - story.start_s
        for axes in panels:
            axes.axvspan(start_s, end_s, color=BANDS[names.index(span.mode) % len(BANDS)], zorder=0)
        if span.armed:
            panels[0].axvspan(start_s, end_s, ymin=0.975, color="#3c7d22", zorder=1)
        if span.duration_s > LABEL_SHARE * length_s:
            middle = (start_s + end_s) / 2
            panels[0].annotate(
                span.mode, (middle, 1.02), xycoords=("data", "axes fraction"), ha="center", fontsize=8
            )


def _page(story: Story, figure: "Figure") -> str:
    """A page with the drawing, the modes and the texts."""
    drawing = io.StringIO()
    figure.savefig(drawing, format="svg")
    svg = drawing.getvalue()
    title = html.escape(story.title)
    rows = [
        f"<tr><td>{m.start_s - story.start_s:.1f}</td><td>{m.duration_s:.1f}</td>"
        f"<td>{html.escape(m.mode)}</td><td>{'armed' if m.armed else ''}</td></tr>"
        for m in story.modes
    ]
    said = [
        f"<tr><td>{t.utc_s - story.start_s:.1f}</td><td>{t.severity}</td><td>{html.escape(t.text)}</td></tr>"
        for t in story.texts
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body>{svg[svg.index('<svg') :]}"
        f"<h2>Modes</h2><table><tr><th>from, s</th><th>for, s</th><th>mode</th><th></th></tr>"
        f"{''.join(rows)}</table>"
        f"<h2>Texts</h2><table><tr><th>at, s</th><th>severity</th><th>text</th></tr>{''.join(said)}</table>"
        "</body></html>\n"
    )
