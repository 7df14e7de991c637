"""What commands print: one JSON object for machines, a short table for people; progress on standard error."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

from skyshade.plain import plain

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")

Progress = Callable[[int, int], None]
"""Called with (done, total) by long work."""


def emit(result: Mapping[str, Any], *, as_json: bool, lines: Sequence[str] | None = None) -> None:
    """Print `result` as one JSON object, or `lines` (by default `key: value`) for people."""
    if as_json:
        click.echo(json.dumps(plain(result), ensure_ascii=False))
        return
    for line in lines if lines is not None else [f"{k}: {plain(v)}" for k, v in result.items()]:
        click.echo(line)


def note(message: str) -> None:
    """A message for people, on standard error."""
    click.echo(message, err=True)


@contextmanager
def progress(label: str, *, show: bool | None = None) -> Iterator[Progress]:
    """A progress bar on standard error while the block runs; silent when that is no terminal."""
    if show is False or (show is None and not sys.stderr.isatty()):
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


Tell = Callable[[str, int, int], None]
"""Called with (what is going on, done, total); total 1 or less means that there is nothing to count."""


@contextmanager
def steps() -> Iterator[Tell]:
    """Tell named steps on standard error: a moving bar on a terminal, one line a step elsewhere."""
    if not sys.stderr.isatty():
        yield _line_a_step()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True)) as bar:
        tasks: dict[str, Any] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                _finish(bar, tasks)
                tasks[what] = bar.add_task(what, total=max(total, 1))
            bar.update(tasks[what], completed=done, total=max(total, 1))

        yield tell
        _finish(bar, tasks)


def _finish(bar: Any, tasks: dict[str, Any]) -> None:
    for task in bar.tasks:
        if task.id in tasks.values() and not task.finished:
            bar.update(task.id, completed=task.total)


def _line_a_step() -> Tell:
    told: list[str] = []

    def tell(what: str, _done: int, _total: int) -> None:
        if not told or told[-1] != what:
            told.append(what)
            note(what)

    return tell
