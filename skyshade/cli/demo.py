"""`skyshade demo`: the whole story on a made scene."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from skyshade.cli.asking import ask_what_to_do
from skyshade.cli.options import CONFIRM_HELP, OUT_FOLDER, SPEEDUP_HELP, VEHICLE_HELP
from skyshade.cli.output import emit, json_option, note, steps

if TYPE_CHECKING:
    from skyshade.demo.told import Story


@click.command()
@click.option("-o", "--out", required=True, type=OUT_FOLDER, help="Folder for all of it.")
@click.option("-V", "--vehicle", metavar="VEHICLE", default="embedded", show_default=True, help=VEHICLE_HELP)
@click.option("--speedup", type=click.FloatRange(0.1, 100), help=SPEEDUP_HELP)
@click.option("--seed", type=int, default=20190801, show_default=True, help="Makes another scene and noise.")
@click.option(
    "--rtk/--no-rtk", default=True, show_default=True, help="Positions of frames: centimetres, or plain GPS."
)
@click.option("--confirm-real", is_flag=True, help=CONFIRM_HELP)
@json_option
def command(
    out: Path, vehicle: str, speedup: float | None, seed: int, rtk: bool, confirm_real: bool, as_json: bool
) -> None:
    """Tell the whole story on a made scene: survey, heat map, sites, delivery.

    Everything is written to the folder, with an index.html that shows it; true poses and temperatures lie
    beside, so that every figure can be computed again. Takes about a minute.

    \b
    Example: skyshade demo --out demo-out
    """
    from skyshade.demo.choices import StoryParams
    from skyshade.demo.story import run_demo

    params = StoryParams(
        vehicle=vehicle, speedup=speedup, seed=seed, rtk=rtk, confirm_real=confirm_real,
        on_interrupt=ask_what_to_do,
    )  # fmt: skip
    with steps() as tell:
        story = run_demo(out, params, tell=tell)
    if as_json:
        emit(story.as_json(), as_json=True)
        return
    print_summary(story)
    note(f"open {out / 'index.html'}")


def print_summary(story: "Story") -> None:
    """The figures of a run as a table."""
    from rich.console import Console
    from rich.table import Table

    from skyshade.demo.showing import figures_of

    table = Table(title="Skyshade demo", show_header=False)
    for value, label in figures_of(story):
        table.add_row(label, value)
    Console().print(table)
