"""`skyshade delivery simulate`: a whole day before it happens."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skyshade.cli.options import IN_FILE, OUT_FOLDER
from skyshade.cli.output import emit, json_option

if TYPE_CHECKING:
    from skyshade.day.judging import Verdicts


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
@json_option
def simulate(
    day: Path | None, out: Path, orders: int | None, seed: int | None, lang: str, as_json: bool
) -> None:
    """Simulate a day of deliveries on embedded copters, and judge it.

    DAY is a TOML file: places, fleet, weather, closures, faults, orders. Without it a made-up Saturday along
    a stream is flown. Exit status 1 when something happened that must not.

    \b
    Example: skyshade delivery simulate --orders 100 -o saturday
    """
    from importlib.resources import as_file, files

    from skyshade.day.judging import judge_day
    from skyshade.day.report import write_report
    from skyshade.day.run import run_day
    from skyshade.day.scenario import read_scenario

    with as_file(files("skyshade.day") / "data" / "stream-saturday.toml") as packaged:
        scenario = read_scenario(day or packaged)
    if orders is not None:
        scenario.file.orders.count = orders
    if seed is not None:
        scenario.file.day.seed = seed
    record = run_day(scenario, out)
    verdicts = judge_day(record)
    report = write_report(record, verdicts, out / "report.html", lang)
    said = {**dataclasses.asdict(verdicts), "good": verdicts.good, "report": str(report)}
    emit(said, as_json=as_json, lines=_lines(verdicts, report))
    if not verdicts.good:
        click.get_current_context().exit(1)


def _lines(v: "Verdicts", report: Path) -> list[str]:
    taken = f"{v.orders} orders: {v.accepted} accepted of {v.acceptable} acceptable"
    done = f"{v.delivered} delivered, {v.in_time} inside the promised time, {v.failed} not delivered"
    air = f"{v.flights} flights, never nearer than {v.closest_m:.0f} m to each other"
    bad = f"lost {len(v.lost)}, dropped twice {len(v.dropped_twice)}, refused without reason {len(v.untrue)}"
    meeting = f"reserved air met {len(v.volumes_meeting)} times"
    return [taken, done, air, f"{meeting}, {bad}", f"{v.times_real:.0f} times real time; report: {report}"]
