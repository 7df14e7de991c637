"""The day's report: one page that needs nobody else."""

from pathlib import Path

from core.files import write_text
from skyshade.day.drawing import line_svg, tracks_svg, waits_svg
from skyshade.day.judging import Verdicts
from skyshade.day.run import DayRecord
from skyshade.day.telling import broken, waiting, whys
from skyshade.day.words import WORDS

PAGE = """<!doctype html><html lang="{{ lang }}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,"><title>{{ w.title }} {{ date }}</title><style>
body { font: 16px/1.5 "Noto Sans KR", "Malgun Gothic", NanumGothic, system-ui, sans-serif; color: #1c2733;
  max-width: 62rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .6rem; margin: 0; }
dl div { background: #f2f5f8; border-radius: .5rem; padding: .6rem .8rem; }
dt { color: #5b6875; font-size: .85rem; } dd { margin: 0; font-size: 1.25rem; font-weight: 600; }
dd.bad { color: #b91c1c; }
.part { background: #fff4d6; border-radius: .5rem; padding: .6rem .8rem; }
svg { width: 100%; height: auto; background: #fbfcfd; border: 1px solid #d6dde4; }
svg text { font-size: 11px; fill: #1c2733; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; border-bottom: 1px solid #d6dde4; padding: .3rem .5rem; vertical-align: top; }
.key { color: #5b6875; font-size: .85rem; margin: .3rem 0; }
svg text.place { paint-order: stroke; stroke: #fbfcfd; stroke-width: 3px; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
</style></head><body><h1>{{ w.title }} · {{ date }}</h1>
{% if part %}<p class="part">{{ part }}</p>{% endif %}<dl>
{% for name, value, bad in facts %}
<div><dt>{{ name }}</dt>
<dd{% if bad %} class="bad"{% endif %}>{{ value }}</dd></div>
{% endfor %}</dl>
<h2>{{ w.map }}</h2>{{ tracks|safe }}
<h2>{{ w.line }}</h2>{{ line|safe }}<p class="key">{{ w.key }}</p>
<h2>{{ w.waiting }} ({{ w.minutes }})</h2>{{ waits|safe }}<p class="key">{{ waited }}</p>
<h2>{{ w.why }}</h2><table><tr><th>{{ w.count }}</th><th>{{ w.reason }}</th><th>{{ w.example }}</th></tr>
{% for count, reason, some in reasons %}<tr><td class="n">{{ count }}</td><td>{{ reason }}</td>
<td>{{ some }}</td></tr>
{% else %}<tr><td colspan="3">{{ w.none }}</td></tr>{% endfor %}</table>
<h2>{{ w.faults }}</h2><table><tr><th>{{ w.took_off }}</th><th>{{ w.faults }}</th><th>{{ w.flight }}</th>
<th>{{ w.said }}</th><th>{{ w.became }}</th></tr>
{% for row in faults %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% else %}<tr><td colspan="5">{{ w.none }}</td></tr>{% endfor %}</table>
<h2>{{ w.weather }}</h2><table><tr><th>{{ w.from }}</th><th>{{ w.wind }}</th></tr>
{% for x in file.weather %}<tr><td>{{ x.at.strftime("%H:%M") }}</td>
<td>{{ "%g"|format(x.wind_ms) }}{% if x.gust_ms %}-{{ "%g"|format(x.gust_ms) }}{% endif %} m/s,
{{ "%.0f"|format(x.wind_from_deg) }}°</td></tr>
{% endfor %}</table>
<h2>{{ w.closures }}</h2><ul>{% for c in file.closure %}
<li>{{ c.name }} {{ c.since.strftime("%H:%M") }}-{{ c.until.strftime("%H:%M") }}</li>
{% else %}<li>{{ w.none }}</li>{% endfor %}</ul>
<h2>{{ w.battery }}</h2><table><tr><th>{{ w.battery }}</th><th>{{ w.cycles }}</th><th>{{ w.charge }}</th></tr>
{% for b in batteries %}<tr><td>{{ b.id }}</td><td class="n">{{ b.cycles }}</td>
<td class="n">{% if b.cycles >= b.max_cycles %}{{ w.out }}{% else %}{{ "%.0f"|format(100 * b.charge) }} %
{%- endif %}</td></tr>
{% endfor %}</table></body></html>
"""


def write_report(record: DayRecord, verdicts: Verdicts, path: Path, lang: str = "ko") -> Path:
    """Write the day's page."""
    import jinja2

    orders = list(record.world.orders.values())
    waits = [o.released_at_s - o.placed_s for o in orders if o.released_at_s and not o.wanted_from_s]
    template = jinja2.Environment(autoescape=True).from_string(PAGE)
    text = template.render(
        lang=lang,
        w=WORDS[lang],
        date=record.scenario.file.day.date.isoformat(),
        part=_part(verdicts, lang),
        facts=_facts(verdicts, lang),
        tracks=tracks_svg(record),
        line=line_svg(record),
        waits=waits_svg(waits),
        waited=waiting(waits, lang),
        reasons=whys(record, lang),
        faults=broken(record, lang),
        file=record.scenario.file,
        batteries=sorted(record.world.batteries.values(), key=lambda b: b.id),
    )
    write_text(path, text)
    return path


def _part(v: Verdicts, lang: str) -> str:
    """That the day was broken off, and when."""
    if v.stopped_at is None:
        return ""
    return WORDS[lang]["part"].format(time=v.stopped_at[11:16])


def _facts(v: Verdicts, lang: str) -> list[tuple[str, str, bool]]:
    w = WORDS[lang]
    released = v.delivered
    return [
        (w["orders"], f"{v.orders}", False),
        (w["accepted"], f"{v.accepted}", False),
        (w["share"], f"{v.accepted} / {v.acceptable}", False),
        (w["delivered"], f"{v.delivered}", False),
        (w["in_time"], f"{v.in_time} / {released}", False),
        (w["failed"], f"{v.failed}", False),
        (w["flights"], f"{v.flights}", False),
        (w["conflicts"], f"{len(v.volumes_meeting)}", bool(v.volumes_meeting)),
        (w["closest"], f"{v.closest_m:.0f} m", bool(v.tracks_close)),
        (w["lost"], f"{len(v.lost)}", bool(v.lost)),
        (w["twice"], f"{len(v.dropped_twice)}", bool(v.dropped_twice)),
        (w["untrue"], f"{len(v.untrue)}", bool(v.untrue)),
        (w["answer"], f"{1000 * v.answer_p95_s:.0f} ms", False),
        (w["answer_cpu"], f"{1000 * v.answer_cpu_p95_s:.0f} ms", False),
        (w["speed"], f"{v.times_real:.0f} x", False),
    ]
