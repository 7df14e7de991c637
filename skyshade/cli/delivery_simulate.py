"""`skyshade delivery simulate`: a whole day before it happens."""

import dataclasses
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skyshade.cli.options import IN_FILE, OUT_FOLDER
from skyshade.cli.output import emit, json_option, note, progress

if TYPE_CHECKING:
    from skyshade.day.judging import Verdicts
    from skyshade.day.scenario import Scenario


@click.command()
@click.argument("day", type=IN_FILE, required=False)
@click.option(
    "-o", "--out", type=OUT_FOLDER, required=True, help="Folder for the store, the plans and the report."
)
@click.option("--orders", type=click.IntRange(0, 5000), help="So many orders instead of the day's.")
@click.option("--seed", type=int, help="Draw the orders anew from this number.")
@click.option(
    "--lang", type=click.Choice(("ko", "en")), default="ko", show_default=True, help="The report's language."
)
@click.option(
    "--workers",
    type=click.IntRange(0, 64),
    help="Processes that fly the copters (default: one for each processor; 0: none beside this one).",
)
@json_option
def simulate(
    day: Path | None,
    out: Path,
    orders: int | None,
    seed: int | None,
    lang: str,
    workers: int | None,
    as_json: bool,
) -> None:
    """Simulate a day of deliveries on embedded copters, and judge it.

    DAY is a TOML file: places, fleet, weather, closures, faults, orders. Without it a made-up Saturday along
    a stream is flown. The same day and seed give the same flights with any number of workers. Ctrl-C breaks
    the day off: what was flown is kept and judged as part of a day. Exit status 1 then, and when something
    happened that must not.

    \b
    Example: skyshade delivery simulate --orders 100 -o saturday
    """
    from skyshade.day.hangar import usual_workers
    from skyshade.day.judging import judge_day
    from skyshade.day.report import write_report
    from skyshade.day.run import run_day

    scenario = _scenario(day, orders, seed)
    count = usual_workers() if workers is None else workers
    with progress("minutes of the day") as tell, _asked_to_stop() as stop:
        record = run_day(scenario, out, workers=count, stop=stop, progress=tell)
    verdicts = judge_day(record)
    report = write_report(record, verdicts, out / "report.html", lang)
    said = {**dataclasses.asdict(verdicts), "good": verdicts.good, "report": str(report)}
    emit(said, as_json=as_json, lines=_lines(verdicts, report))
    if verdicts.stopped_at is not None:
        note(f"stopped at {verdicts.stopped_at}: this is part of a day")
    if verdicts.stopped_at is not None or not verdicts.good:
        click.get_current_context().exit(1)


def _scenario(day: Path | None, orders: int | None, seed: int | None) -> "Scenario":
    from importlib.resources import as_file, files

    from skyshade.day.scenario import read_scenario

    with as_file(files("skyshade.day") / "data" / "stream-saturday.toml") as packaged:
        scenario = read_scenario(day or packaged)
    if orders is not None:
        scenario.file.orders.count = orders
    if seed is not None:
        scenario.file.day.seed = seed
    return scenario


@contextmanager
def _asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed; a second one ends the program as usual."""
    asked = threading.Event()

    def hear(_number: int, _frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def _lines(v: "Verdicts", report: Path) -> list[str]:
    taken = f"{v.orders} orders: {v.accepted} accepted of {v.acceptable} acceptable"
    done = f"{v.delivered} delivered, {v.in_time} inside the promised time, {v.failed} not delivered"
    air = f"{v.flights} flights, never nearer than {v.closest_m:.0f} m to each other"
    bad = f"lost {len(v.lost)}, dropped twice {len(v.dropped_twice)}, refused without reason {len(v.untrue)}"
    meeting = f"reserved air met {len(v.volumes_meeting)} times"
    answer = f"answers: 95 % within {v.answer_p95_s:.2f} s, {v.answer_cpu_p95_s:.2f} s of the processor"
    speed = f"{v.times_real:.0f} times real time; report: {report}"
    return [taken, done, air, f"{meeting}, {bad}", answer, speed]
