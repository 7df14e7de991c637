"""The day's report: one page that needs nobody else."""

from collections import Counter
from pathlib import Path

from core.files import write_text
from delivery.model import OrderState
from skyshade.day.drawing import line_svg, tracks_svg, waits_svg
from skyshade.day.judging import Verdicts
from skyshade.day.run import DayRecord
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
dd.bad { color: #b91c1c; } svg { width: 100%; height: auto; background: #fbfcfd; border: 1px solid #d6dde4; }
svg text { font-size: 11px; fill: #1c2733; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; border-bottom: 1px solid #d6dde4; padding: .3rem .5rem; vertical-align: top; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
</style></head><body><h1>{{ w.title }} · {{ date }}</h1><dl>
{% for name, value, bad in facts %}
<div><dt>{{ name }}</dt>
<dd{% if bad %} class="bad"{% endif %}>{{ value }}</dd></div>
{% endfor %}</dl>
<h2>{{ w.map }}</h2>{{ tracks|safe }}<h2>{{ w.line }}</h2>{{ line|safe }}
<h2>{{ w.waiting }} ({{ w.minutes }})</h2>{{ waits|safe }}
<h2>{{ w.why }}</h2><table><tr><th>{{ w.count }}</th><th>{{ w.reason }}</th></tr>
{% for reason, count in reasons %}<tr><td class="n">{{ count }}</td><td>{{ reason }}</td></tr>
{% else %}<tr><td colspan="2">{{ w.none }}</td></tr>{% endfor %}</table>
<h2>{{ w.faults }} · {{ w.weather }} · {{ w.closures }}</h2><ul>
{% for text in happened %}<li>{{ text }}</li>{% endfor %}</ul>
<h2>{{ w.battery }}</h2><table><tr><th>{{ w.battery }}</th><th>{{ w.cycles }}</th><th>{{ w.charge }}</th></tr>
{% for b in batteries %}<tr><td>{{ b.id }}</td><td class="n">{{ b.cycles }}</td>
<td class="n">{{ "%.0f"|format(100 * b.charge) }} %</td></tr>
{% endfor %}</table></body></html>
"""


def write_report(record: DayRecord, verdicts: Verdicts, path: Path, lang: str = "ko") -> Path:
    """Write the day's page."""
    import jinja2

    orders = list(record.world.orders.values())
    unhappy = [o for o in orders if o.state in {OrderState.REFUSED, OrderState.FAILED}]
    waits = [o.released_at_s - o.placed_s for o in orders if o.released_at_s and not o.wanted_from_s]
    template = jinja2.Environment(autoescape=True).from_string(PAGE)
    text = template.render(
        lang=lang,
        w=WORDS[lang],
        date=record.scenario.file.day.date.isoformat(),
        facts=_facts(verdicts, lang),
        tracks=tracks_svg(record),
        line=line_svg(record),
        waits=waits_svg(waits),
        reasons=Counter(r for o in unhappy for r in o.reasons).most_common(),
        happened=_happened(record),
        batteries=sorted(record.world.batteries.values(), key=lambda b: b.id),
    )
    write_text(path, text)
    return path


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
        (w["speed"], f"{v.times_real:.0f} x", False),
    ]


def _happened(record: DayRecord) -> list[str]:
    file = record.scenario.file
    said = [f"{flight}: {fault}" for flight, fault in record.faults]
    said += [f"{w.at:%H:%M} {w.wind_ms:g} m/s, {w.wind_from_deg:.0f}°" for w in file.weather]
    return said + [f"{c.name} {c.since:%H:%M}-{c.until:%H:%M}" for c in file.closure]
