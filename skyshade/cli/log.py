"""`skyshade log`: what a recording holds, as facts, columns and pictures."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skyshade.cli.log_flight import download, review
from skyshade.cli.options import IN_FILE, OUT_FILE
from skyshade.cli.output import emit, json_option

if TYPE_CHECKING:
    from flight.columns import Table
    from flight.logstory import Series

TYPES_SHOWN = 12
TEXTS_SHOWN = 40

system_option = click.option(
    "--system", type=click.IntRange(0, 255), help="Only this MAVLink system (default: the vehicle's)."
)


@click.group()
def command() -> None:
    """Read recordings (.tlog, .tlog.gz).

    \b
    Example: skyshade log info flight-1/flight.tlog
    """


command.add_command(review)
command.add_command(download)


@command.command()
@click.argument("files", type=IN_FILE, nargs=-1, required=True)
@json_option
def info(files: tuple[Path, ...], as_json: bool) -> None:
    """What recordings hold: messages, senders and losses, modes, texts, damage.

    \b
    Example: skyshade log info flight-1/flight.tlog
    """
    each = [_facts(path) for path in files]
    types: Counter[str] = Counter()
    for facts in each:
        types.update(facts["types"])
    result = {
        "messages": sum(f["messages"] for f in each),
        "duration_s": round(sum(f["duration_s"] for f in each), 3),
        "types": dict(types.most_common()),
        "bad_bytes": sum(f["bad_bytes"] for f in each),
        "files": each,
    }
    emit(result, as_json=as_json, lines=[line for facts in each for line in _told(facts)])


def _facts(path: Path) -> dict[str, Any]:
    from flight.columns import tables
    from flight.logstory import modes_flown, texts
    from flight.tlog import read_recording, summary_of

    recording = read_recording(path)
    summary = summary_of(recording)
    found = tables(recording, {"HEARTBEAT", "STATUSTEXT"})
    modes = modes_flown(found)
    return {
        "path": str(path),
        "start": _utc(summary.start_s or 0.0),
        "messages": summary.messages,
        "duration_s": round(summary.duration_s, 3),
        "types": summary.types,
        "unknown": {str(number): count for number, count in summary.unknown.items()},
        "bad_bytes": summary.skipped_bytes,
        "systems": [
            {"system": s.system, "component": s.component, "heard": s.heard, "lost": s.lost,
             "loss": round(s.loss, 4)}
            for s in summary.senders
        ],
        "modes": [
            {"system": m.system, "mode": m.mode, "armed": m.armed, "start": _utc(m.start_s),
             "duration_s": round(m.duration_s, 3)}
            for m in modes
        ],
        "texts": [
            {"time": _utc(t.utc_s), "system": t.system, "severity": t.severity, "text": t.text}
            for t in texts(found)
        ],
    }  # fmt: skip


def _utc(utc_s: float) -> str:
    return dt.datetime.fromtimestamp(utc_s, dt.UTC).isoformat(timespec="milliseconds")


def _told(facts: Mapping[str, Any]) -> list[str]:
    types, said = list(facts["types"].items()), facts["texts"]
    most = ", ".join(f"{name} {count}" for name, count in types[:TYPES_SHOWN])
    more = f" and {len(types) - TYPES_SHOWN} more types" if len(types) > TYPES_SHOWN else ""
    lines = [
        f"{facts['path']}: {facts['messages']} messages in {facts['duration_s']:.1f} s from {facts['start']}",
        f"  types: {most}{more}",
        *(
            f"  system {s['system']}/{s['component']}: {s['heard']} messages, {s['lost']} lost"
            f" ({100 * s['loss']:.1f} %)"
            for s in facts["systems"]
        ),
        *(
            f"  {m['start'][11:19]} {m['mode']}{' armed' if m['armed'] else ''} for {m['duration_s']:.1f} s"
            for m in facts["modes"]
        ),
        *(f"  {t['time'][11:19]} said: {t['text']}" for t in said[:TEXTS_SHOWN]),
    ]
    if len(said) > TEXTS_SHOWN:
        lines.append(f"  and {len(said) - TEXTS_SHOWN} more texts (--json lists all)")
    if facts["unknown"]:
        lines.append(f"  of unknown types: {', '.join(f'{n} x{c}' for n, c in facts['unknown'].items())}")
    lines.append(f"  {facts['bad_bytes']} bytes belong to no frame")
    return lines


@command.command()
@click.argument("file", type=IN_FILE)
@click.option("--type", "kind", required=True, metavar="NAME", help="Message type: ATTITUDE, VFR_HUD ...")
@click.option("--fields", metavar="A,B", help="Only these fields; voltages[0] picks one of an array.")
@click.option("--system", type=click.IntRange(0, 255), help="Only this MAVLink system.")
@click.option("-o", "--out", type=OUT_FILE, required=True, help="OUT.csv, OUT.npz or OUT.parquet.")
@json_option
def columns(file: Path, kind: str, fields: str | None, system: int | None, out: Path, as_json: bool) -> None:
    """Write all messages of one type as a table: time (UTC seconds), sender, fields.

    \b
    Example: skyshade log columns flight.tlog --type ATTITUDE --fields roll,pitch -o attitude.csv
    """
    from flight.logfiles import write_table

    table = _only(file, kind.upper(), system)
    names = write_table(table, out, None if fields is None else _split(fields))
    result = {"path": out, "type": table.name, "rows": len(table), "columns": list(names)}
    emit(result, as_json=as_json, lines=[f"{len(table)} {table.name} messages written to {out}"])


def _split(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _only(path: Path, name: str, system: int | None) -> "Table":
    """The one table; raises `BadFileError` when the recording has none."""
    from core.errors import BadFileError
    from flight.tlog import read_columns

    table = read_columns(path, {name}).get(name)
    if table is not None and system is not None:
        table = table.sent_by(system)
    if table is None or not len(table):
        whose = "" if system is None else f" from system {system}"
        raise BadFileError(path, f"holds no {name} messages{whose}", hint="skyshade log info lists its types")
    return table


@command.command()
@click.argument("file", type=IN_FILE)
@click.option("--fields", metavar="TYPE.FIELD,...", help="Draw these instead: ATTITUDE.roll,VFR_HUD.alt")
@system_option
@click.option("-o", "--out", type=OUT_FILE, required=True, help="OUT.png, OUT.svg or OUT.html.")
@json_option
def plot(file: Path, fields: str | None, system: int | None, out: Path, as_json: bool) -> None:
    """Draw a flight over time: height, speed, battery, with its modes; or any fields.

    \b
    Example: skyshade log plot flight.tlog -o flight.png
    """
    from flight.logclock import own_clock
    from flight.logstory import STORY, flight_series, modes_flown, texts, vehicles
    from flight.tlog import check_names, read_columns
    from skyshade.logplot import Story, draw_story

    wanted = [_type_and_field(name) for name in _split(fields or "")]
    check_names({kind for kind, _ in wanted})
    found = read_columns(file, {*STORY, *(kind for kind, _ in wanted)})
    chosen = system if system is not None else min(vehicles(found), default=1)
    if wanted:
        panels: Sequence[Sequence[Series]] = _panels(file, found, wanted, system)
    else:
        panels = [panel for panel in flight_series(found, chosen) if panel]
    if not panels:
        _nothing_to_draw(file, chosen)
    modes = [m for m in modes_flown(found) if m.system == chosen]
    said = [t for t in texts(found) if t.system == chosen]
    story, clock = Story(f"{file.name}, system {chosen}", panels, modes, said), own_clock(found, chosen)
    draw_story(story if clock is None else story.on(clock), out)
    drawn = [series.label for panel in panels for series in panel]
    emit({"path": out, "system": chosen, "drawn": drawn}, as_json=as_json, lines=[f"drawn: {out}"])


def _nothing_to_draw(path: Path, system: int) -> None:
    from core.errors import BadFileError

    raise BadFileError(
        path, f"holds no positions or battery of system {system}", hint="name what to draw with --fields"
    )


def _type_and_field(text: str) -> tuple[str, str]:
    kind, dot, name = text.partition(".")
    if not (kind and dot and name):
        raise click.UsageError(f"--fields wants TYPE.FIELD, got {text!r}")
    return kind.upper(), name


def _panels(
    path: Path, found: Mapping[str, "Table"], wanted: Sequence[tuple[str, str]], system: int | None
) -> list[list["Series"]]:
    """A panel a message type, a line a field; arrays become several lines."""
    from core.errors import BadFileError
    from flight.logfiles import expanded
    from flight.logstory import Series

    panels: dict[str, list[Series]] = {}
    for kind, name in wanted:
        table = found.get(kind)
        if table is None:
            raise BadFileError(path, f"holds no {kind} messages", hint="skyshade log info lists its types")
        rows = table if system is None else table.sent_by(system)
        for label, values in expanded(rows, [name]).items():
            if values.dtype.kind == "U":
                raise BadFileError(path, f"{kind}.{label} is text and cannot be drawn")
            unit = table.units.get(name.partition("[")[0], "")
            line = Series(f"{kind}.{label}", unit, rows.time_s, values.astype(float))
            panels.setdefault(kind, []).append(line)
    return list(panels.values())
