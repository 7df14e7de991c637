"""The report's page: one file of HTML that asks nobody for anything."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from thermal.report.korean import korean
from thermal.report.pictures import MapPicture, count_colours, count_png, temperature_png
from thermal.report.plots import offsets_svg, plan_svg, rest_svg, seams_svg
from thermal.report.words import both, in_both
from thermal.sidecars import RAMP

if TYPE_CHECKING:
    from thermal.quality import Quality


def as_html(q: "Quality", picture: MapPicture | None = None) -> str:
    """The page; without `picture` it has no pictures of the map."""
    href = temperature_png(picture) if picture else None
    parts = [
        f"<h1>{both('title')}</h1><p class='file'>{escape(q.title)}</p>",
        f"<p>{both('surface')}</p>",
        f"<p class='level'>{both('absolute' if q.anchor.absolute else 'relative')}</p>",
        *_map(picture, href),
        _table(("figure", "value", "judged"), [(both(n), _text(v), _judged(n, v)) for n, v in q.figures]),
        _table(("about", "value"), _about(q)),
        *_references(q),
        *_control(q),
        f"<h2>{both('left_out')}</h2>",
        *_left_out(q),
        *_notes(q),
        *_plan(q, picture, href),
        *_drift(q),
        *_seams(q),
        *_overlap(picture),
        *_frames(q),
    ]
    return _PAGE.format(title=escape(q.title), body="\n".join(parts))


_GOOD = {
    "reprojection_rmse_px": 1.0, "drift_rms_after_K": 0.3, "seam_p95_K": 1.0, "noise_K": 0.5, "ramp_K": 2.0,
}  # fmt: skip


def _judged(name: str, value: Any) -> str:
    """Whether a figure is as good as a careful flight gives."""
    if name not in _GOOD or not isinstance(value, float) or value != value:  # noqa: PLR0124  # NaN
        return ""
    limit = f"≤ {_GOOD[name]:g}"
    if value <= _GOOD[name]:
        return f"<span class='good'>{both('good')}</span> ({limit})"
    return f"<span class='look'>{both('look')}</span> ({limit})"


def _map(picture: MapPicture | None, href: str | None) -> list[str]:
    if picture is None:
        return []
    low, high = picture.range_C
    ramp = f"<i style='background:linear-gradient(90deg,{','.join(RAMP)})'></i>"
    scale = f"<div class='scale'><span>{low:.1f} °C</span>{ramp}<span>{high:.1f} °C</span></div>"
    return [_figure(f"<img src='{href}' alt='{escape('map')}'>{scale}", "map_said")]


def _figure(body: str, said: str) -> str:
    return f"<figure>{body}<figcaption>{both(said)}</figcaption></figure>"


def _plot(svg: str) -> str:
    return f"<div class='wide plot'>{svg}</div>"


def _about(q: "Quality") -> list[tuple[str, str]]:
    taken = f"{_utc(q.start)} – {_utc(q.end)}" if q.start else None
    return [
        (both("taken"), escape(taken) if taken else both("untimed")),
        (both("level"), _said(q.anchor.label)),
        (both("ground"), _said(q.ground)),
        (both("lens"), escape(q.lens)),
        (both("crs"), escape(q.crs)),
    ]


def _said(text: str) -> str:
    return in_both(korean(text), text)


def _utc(moment: str | None) -> str:
    return "?" if moment is None else moment.replace("T", " ").replace("Z", " UTC")


def _text(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124  # NaN is what does not equal itself
        return both("unknown")
    return f"{value:.3g}" if isinstance(value, float) else escape(str(value))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of HTML cells; `head` names words."""
    top = "".join(f"<th>{both(h)}</th>" for h in head)
    body = "\n".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    return f"<div class='wide'><table><tr>{top}</tr>\n{body}</table></div>"


def _references(q: "Quality") -> list[str]:
    if not q.anchor.seen:
        return []
    rows = [
        (
            escape(s.reference.name), f"{s.reference.temperature_C:.2f}", _text(s.seen_C), str(s.frames),
            _text(s.residual_K),
        )
        for s in q.anchor.seen
    ]  # fmt: skip
    head = ("reference", "measured", "seen", "frames", "residual")
    return [f"<h2>{both('references')}</h2>", _table(head, rows)]


def _control(q: "Quality") -> list[str]:
    if not q.control:
        return []
    rows = [
        (
            escape(p.name), both("check" if p.check else "fitted"), str(p.marks), _text(p.east_m),
            _text(p.north_m), _said(p.fault or ""),
        )
        for p in q.control
    ]  # fmt: skip
    head = ("point", "use", "marks", "east_m", "north_m", "fault")
    return [f"<h2>{both('control')}</h2>", _table(head, rows)]


def _left_out(q: "Quality") -> list[str]:
    if not q.rejected:
        return [f"<p>{both('none_left_out')}</p>"]
    rows = [f"<li>{escape(r.path.name)}: {_said(r.reason)}</li>" for r in q.rejected]
    return ["<ul>", *rows, "</ul>"]


def _notes(q: "Quality") -> list[str]:
    if not q.notes:
        return []
    return [f"<h2>{both('notes')}</h2>", "<ul>", *(f"<li>{_said(n)}</li>" for n in q.notes), "</ul>"]


def _plan(q: "Quality", picture: MapPicture | None, href: str | None) -> list[str]:
    if not q.frames:
        return []
    size = (900, 700) if picture is None else (picture.celsius.shape[1], picture.celsius.shape[0])
    plan = plan_svg(q.frames, href=href, size=size)
    return [f"<h2>{both('plan')}</h2>", _figure(plan, "plan_said")]


def _drift(q: "Quality") -> list[str]:
    if not q.frames:
        return []
    return [
        f"<h2>{both('drift')}</h2>",
        _figure(_plot(offsets_svg(q.frames, q.jumps)), "offsets_said"),
        _figure(_plot(rest_svg(q.frames)), "rest_said"),
    ]


def _seams(q: "Quality") -> list[str]:
    plot = seams_svg(q.seam_counts, q.seam_step_K, dict(q.figures).get("seam_p95_K"))
    return [f"<h2>{both('seams')}</h2>", _figure(_plot(plot), "seams_said")] if plot else []


def _overlap(picture: MapPicture | None) -> list[str]:
    if picture is None:
        return []
    key = "".join(f"<span><b style='background:{c}'></b>{text}</span>" for c, text in count_colours())
    image = f"<img src='{count_png(picture)}' alt='overlap'><div class='scale key'>{key}</div>"
    return [f"<h2>{both('overlap')}</h2>", _figure(image, "overlap_said")]


def _frames(q: "Quality") -> list[str]:
    rows = [
        (escape(f.name), str(f.tie_points), _text(f.rmse_px), _text(f.moved_m), _text(f.offset_K))
        for f in q.frames
    ]
    table = _table(("frame", "ties", "rmse_px", "moved_m", "offset_K"), rows)
    return [f"<details><summary>{both('all_frames')} ({len(q.frames)})</summary>{table}</details>"]


_PAGE = """<!doctype html>
<html lang="ko"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>
body {{ font: 15px/1.55 "Noto Sans KR", "Noto Sans CJK KR", "Malgun Gothic", "Apple SD Gothic Neo",
  NanumGothic, system-ui, sans-serif; max-width: 60rem; margin: 1.5rem auto; padding: 0 1rem;
  overflow-wrap: break-word; color: #222; word-break: keep-all }}
h1 {{ font-size: 1.6rem; margin: .3rem 0 }} h2 {{ font-size: 1.2rem; margin: 2rem 0 .4rem }}
.file {{ color: #555; margin: 0 0 1rem }}
.level {{ border-left: .4rem solid #d95f02; padding: .3rem .8rem; background: #f7f2ec }}
.lang {{ float: right; border: 1px solid #bbb; border-radius: .3rem; padding: .15rem .6rem;
  margin-left: .3rem; cursor: pointer }}
.pick {{ position: absolute; opacity: 0 }}
.pick:focus-visible + label {{ outline: 2px solid #1b6ca8 }}
#ko:checked ~ main [lang=en], #en:checked ~ main [lang=ko] {{ display: none }}
#ko:checked ~ [for=ko], #en:checked ~ [for=en] {{ background: #1b6ca8; color: #fff }}
.wide {{ overflow-x: auto; margin: 0 0 1rem }}
table {{ border-collapse: collapse }}
td, th {{ border: 1px solid #ccc; padding: .25rem .6rem; text-align: left }}
th {{ background: #f2f2f2 }}
.plot svg {{ min-width: 640px }}
.good {{ color: #1a6b2e; font-weight: bold }} .look {{ color: #b34700; font-weight: bold }}
td {{ font-variant-numeric: tabular-nums }}
figure {{ margin: .6rem 0 1.2rem }} figcaption {{ color: #555; font-size: .9rem }}
img, svg {{ display: block; width: 100%; height: auto; max-height: 80vh; object-fit: contain;
  background: #fafafa; border: 1px solid #ddd; font-size: 13px; box-sizing: border-box }}
.scale {{ display: flex; gap: .6rem; align-items: center; margin: .3rem 0 }}
.scale i {{ flex: 1; height: .8rem; border: 1px solid #ccc }}
.key b {{ display: inline-block; width: 1rem; height: .8rem; margin-right: .25rem; border: 1px solid #999 }}
summary {{ cursor: pointer; font-size: 1.2rem; font-weight: bold; margin: 2rem 0 .5rem }}
@media print {{ .lang, .pick {{ display: none }} body {{ max-width: none; margin: 0; font-size: 10pt }}
  figure, tr {{ break-inside: avoid }} img, svg {{ max-height: 12cm }}
  * {{ print-color-adjust: exact; -webkit-print-color-adjust: exact }} }}
</style></head><body>
<input class="pick" type="radio" name="lang" id="en"><label class="lang" for="en">English</label>
<input class="pick" type="radio" name="lang" id="ko" checked><label class="lang" for="ko">한국어</label>
<main>
{body}
</main>
</body></html>
"""
