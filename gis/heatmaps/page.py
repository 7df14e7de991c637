"""The comparison on one page of HTML that needs nothing else: words, a plot, and a picture of the change."""

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from core.files import write_text
from core.geo import FloatArray
from gis.heatmaps.compare import Comparison, Effect
from gis.heatmaps.source import iso
from gis.heatmaps.words import WORDS, said
from gis.vector import Area

_WIDE_PX = 760
_RAMP = np.array(
    [
        [5, 48, 97],
        [67, 147, 195],
        [209, 229, 240],
        [247, 247, 247],
        [253, 219, 199],
        [214, 96, 77],
        [103, 0, 31],
    ]
)
"""Blue is cooler, red is warmer, white is no change."""


def write_page(path: Path, c: Comparison, lang: str = "en") -> Path:
    """Write the page."""
    write_text(path, as_html(c, lang))
    return path


def as_html(c: Comparison, lang: str = "en") -> str:
    """The page as text."""
    say = WORDS[lang]
    parts = [
        f"<h1>{escape(say['title'])}</h1>",
        f'<p class="main">{escape(headline(c, lang))}</p>',
        _table(c, lang),
        *_plot(c, lang),
        f"<figure>{_picture(c)}<figcaption>{escape(say['picture'])}</figcaption></figure>",
        f"<h2>{escape(say['how'])}</h2><p>{escape(_method(c, lang))}</p>",
        *(f"<p><b>{escape(say['notes'])}:</b> {escape(said(text, lang))}</p>" for text in c.notes),
        f"<p>{escape(say['surface'])}</p>",
    ]
    return _PAGE.format(lang=lang, title=escape(say["title"]), body="\n".join(parts))


def headline(c: Comparison, lang: str = "en") -> str:
    """The result in one sentence."""
    say, first = WORDS[lang], c.effects[0]
    low, high = first.ci95_K
    kind = "unsure" if low <= 0.0 <= high else ("cooler" if first.effect_K < 0 else "warmer")
    size = f"{first.effect_K:+.2f}" if kind == "unsure" else f"{abs(first.effect_K):.2f}"
    return f"{say[kind].format(k=size)}. {say['interval'].format(low=f'{low:+.2f}', high=f'{high:+.2f}')}"


def _table(c: Comparison, lang: str) -> str:
    say = WORDS[lang]
    head = "".join(f"<th>{say[k]}</th>" for k in ("flight", "hours", "effect", "ci", "treated", "control"))
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(v)}</td>" for v in _cells(e, say["unknown"])) + "</tr>"
        for e in c.effects
    )
    before = f"{say['before']}: {c.before.name} ({_moment(c.before.middle_s)})"
    return f'<p>{escape(before)}</p><div class="wide"><table><tr>{head}</tr>{rows}</table></div>'


def _moment(seconds_utc: float | None) -> str:
    return iso(seconds_utc).replace("T", " ").replace("Z", " UTC")


def _cells(e: Effect, unknown: str) -> tuple[str, ...]:
    low, high = e.ci95_K
    return (
        f"{e.after.name} ({_moment(e.after.middle_s)})", unknown if e.hours is None else f"{e.hours:.1f}",
        f"{e.effect_K:+.2f}", f"{low:+.2f} … {high:+.2f}", f"{e.treated_K:+.2f}", f"{e.control_K:+.2f}",
    )  # fmt: skip


def _method(c: Comparison, lang: str) -> str:
    return WORDS[lang]["method"].format(
        cell=f"{c.areas.grid.pixel_m:g}", t=c.cells[0], c=c.cells[1], block=f"{c.block_m:.1f}",
        bt=f"{c.blocks[0]:.0f}", bc=f"{c.blocks[1]:.0f}",
    )  # fmt: skip


def _plot(c: Comparison, lang: str) -> list[str]:
    """Effects over hours, where there are several flights that say when."""
    known = [e for e in c.effects if e.hours is not None]
    if len(known) < 2:
        return []
    say = WORDS[lang]
    return [f"<h2>{escape(say['plot'])}</h2>", _effects_svg(known), f"<p>{escape(_fading(c, lang))}</p>"]


def _fading(c: Comparison, lang: str) -> str:
    say, decay = WORDS[lang], c.decay
    if decay is None or decay.half_life_h is None:
        return say["stays"]
    low, high = (say["never"] if v is None else f"{v:.2g}" for v in decay.ci95_h)
    return say["half"].format(h=f"{decay.half_life_h:.2g}", low=low, high=high)


def _effects_svg(effects: Sequence[Effect], width: int = _WIDE_PX, height: int = 220) -> str:
    hours = np.array([e.hours for e in effects], float)
    ends = np.array([e.ci95_K for e in effects])
    low, high = min(float(ends.min()), 0.0), max(float(ends.max()), 0.0)
    span = (high - low) or 1.0
    x = 50 + (hours - hours.min()) / (float(np.ptp(hours)) or 1.0) * (width - 100)

    def y(kelvin: float) -> float:
        return 15 + (high - kelvin) / span * (height - 55)

    body = f'<line x1="40" x2="{width - 10}" y1="{y(0):.1f}" y2="{y(0):.1f}" stroke="#888"/>'
    body += f'<text x="4" y="{y(0) + 4:.1f}">0 K</text>'
    for e, at in zip(effects, x, strict=True):
        bottom, top = y(e.ci95_K[0]), y(e.ci95_K[1])
        body += f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{top:.1f}" y2="{bottom:.1f}" stroke="#2166ac"'
        body += ' stroke-width="3"/>'
        body += f'<circle cx="{at:.1f}" cy="{y(e.effect_K):.1f}" r="5" fill="#2166ac"/>'
        body += f'<text x="{at + 8:.1f}" y="{y(e.effect_K) + 4:.1f}">{e.effect_K:+.2f}</text>'
        body += f'<text x="{at:.1f}" y="{height - 8}" text-anchor="middle">{e.hours:.1f} h</text>'
    return f'<svg viewBox="0 0 {width} {height}" role="img">{body}</svg>'


def _picture(c: Comparison) -> str:
    """The change as a picture with both outlines and a scale of colours."""
    change = c.change_K
    step = max(1, int(np.ceil(change.shape[1] / _WIDE_PX)))
    image = change[::step, ::step]
    seen = np.abs(image[np.isfinite(image)])
    top = max(0.5, float(np.ceil(2.0 * np.percentile(seen, 98)) / 2.0)) if seen.size else 1.0
    data = base64.b64encode(_png(image, top)).decode("ascii")
    rows, cols = change.shape
    rings = _rings(c.areas.treated_outline, c, "") + _rings(
        c.areas.control_outline, c, ' stroke-dasharray="6 4"'
    )
    shown = (
        f'<image href="data:image/png;base64,{data}" width="{cols}" height="{rows}"'
        f' preserveAspectRatio="none" style="image-rendering:pixelated"/>{rings}'
    )
    svg = f'<svg viewBox="0 0 {cols} {rows}" role="img">{shown}</svg>'
    stops = ",".join(f"rgb({r},{g},{b})" for r, g, b in _RAMP)
    colours = f'<i style="background:linear-gradient(90deg,{stops})"></i>'
    return f'{svg}<div class="scale"><span>{-top:+.1f} K</span>{colours}<span>{top:+.1f} K</span></div>'


def _png(change: FloatArray, top: float) -> bytes:
    from PIL import Image

    at = np.clip((change / top + 1.0) / 2.0, 0.0, 1.0) * (len(_RAMP) - 1)
    known = np.isfinite(at)
    at = np.where(known, at, 0.0)
    rgba = np.zeros((*change.shape, 4), np.uint8)
    for k in range(3):
        rgba[..., k] = np.interp(at, np.arange(len(_RAMP)), _RAMP[:, k])
    rgba[..., 3] = np.where(known, 255, 0)
    out = io.BytesIO()
    Image.fromarray(rgba).save(out, "PNG")
    return out.getvalue()


def _rings(outline: Area, c: Comparison, dash: str) -> str:
    import shapely

    inverse = ~c.areas.grid.transform
    rings = []
    for part in shapely.get_parts(outline).tolist():
        points = " ".join(
            f"{col:.1f},{row:.1f}" for col, row in (inverse @ (x, y) for x, y in part.exterior.coords)
        )
        rings.append(
            f'<polygon points="{points}" fill="none" stroke="#111" stroke-width="2"'
            f' vector-effect="non-scaling-stroke"{dash}/>'
        )
    return "".join(rings)


_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>
body {{ font: 15px/1.5 "Noto Sans KR", "Noto Sans CJK KR", "Malgun Gothic", "Apple SD Gothic Neo",
  NanumGothic, system-ui, sans-serif; max-width: 50rem; margin: 1.5rem auto; padding: 0 1rem;
  overflow-wrap: break-word; color: #222 }}
h1 {{ font-size: 1.5rem }} h2 {{ font-size: 1.15rem }}
.main {{ font-size: 1.2rem; font-weight: 600; border-left: .4rem solid #2166ac; padding-left: .8rem }}
.wide {{ overflow-x: auto }}
table {{ border-collapse: collapse }}
td, th {{ border: 1px solid #ccc; padding: .2rem .6rem; text-align: left }}
td {{ font-variant-numeric: tabular-nums }}
figure {{ margin: 1rem 0 }}
svg {{ display: block; width: 100%; height: auto; max-height: 70vh; background: #fafafa; font-size: 12px }}
.scale {{ display: flex; gap: .6rem; align-items: center; margin: .3rem 0 }}
.scale i {{ flex: 1; height: .8rem; border: 1px solid #ccc }}
@media print {{ body {{ margin: 0; max-width: none; font-size: 11pt }} svg {{ max-height: 9cm }}
  figure, table {{ break-inside: avoid }} }}
</style></head><body>
{body}
</body></html>
"""
