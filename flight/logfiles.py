"""Columns as files that others read: CSV, NumPy's .npz, Parquet."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import OutputError, SkyshadeError
from core.files import written_beside
from flight.columns import Column, Table

KINDS = (".csv", ".npz", ".parquet")
HEAD = ("time_s", "system", "component")


class UnknownFieldError(SkyshadeError):
    """A field that a message does not have; names like it are offered."""

    def __init__(self, message: str, name: str, known: Collection[str]) -> None:
        near = difflib.get_close_matches(name, known, 3)
        hint = f"did you mean {', '.join(near)}?" if near else f"it has {', '.join(known)}"
        super().__init__(f"{message} has no field {name!r}", hint=hint)


def column(table: Table, name: str) -> Column:
    """One column by name, `time_s` and the sender included; raises `UnknownFieldError`.

    A number in brackets picks one of an array: `voltages[0]`.
    """
    base, _, place = name.partition("[")
    known: dict[str, Column] = {key: getattr(table, key) for key in HEAD} | dict(table.fields)
    values = known.get(base)
    if values is None:
        raise UnknownFieldError(table.name, base, known)
    if not place:
        return values
    number = place.removesuffix("]")
    if values.ndim != 2 or not number.isdecimal() or int(number) >= values.shape[1]:
        raise UnknownFieldError(table.name, name, expanded(table, [base]))
    picked: Column = values[:, int(number)]
    return picked


def expanded(table: Table, names: Sequence[str]) -> Mapping[str, Column]:
    """One-dimensional columns by name; an array's are called `name[0]`, `name[1]` ..."""
    found: dict[str, Column] = {}
    for name in names:
        values = column(table, name)
        if values.ndim == 1:
            found[name] = values
        else:
            found |= {f"{name}[{i}]": values[:, i] for i in range(values.shape[1])}
    return found


def write_table(table: Table, out: Path, fields: Sequence[str] | None = None) -> tuple[str, ...]:
    """Write time, sender and `fields` (by default all) by `out`'s ending; the names of the columns.

    CSV and Parquet have one column a number (`voltages[0]`), .npz keeps arrays. Raises `OutputError` on any
    other ending, `UnknownFieldError` on a field that is not there.
    """
    names = [*HEAD, *(table.fields if fields is None else fields)]
    kind = out.suffix.lower()
    if kind not in KINDS:
        raise OutputError(out, f"unknown kind {kind or out.name!r}", hint=f"use {', '.join(KINDS)}")
    if kind == ".npz":
        arrays: dict[str, Any] = {name: column(table, name) for name in names}
        with written_beside(out) as beside:
            np.savez_compressed(beside, **arrays)
        return tuple(arrays)
    columns = expanded(table, names)
    _write_frame(columns, out, kind)
    return tuple(columns)


def _write_frame(columns: Mapping[str, Column], out: Path, kind: str) -> None:
    import pandas as pd

    frame = pd.DataFrame(dict(columns))
    with written_beside(out) as beside:
        if kind == ".csv":
            frame.to_csv(beside, index=False, lineterminator="\n")
            return
        try:
            frame.to_parquet(beside, index=False)
        except ImportError:
            raise OutputError(
                out, "Parquet needs pyarrow, which is not installed", hint="pip install pyarrow, or use .npz"
            ) from None
