"""What commands print: one JSON object for machines, a short table for people; progress on standard error."""

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")

Progress = Callable[[int, int], None]
"""Called with (done, total) by long work."""


def plain(value: Any) -> Any:
    """A value as JSON can hold it: paths and enums as text, arrays as lists, NaN and infinity as null."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


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
