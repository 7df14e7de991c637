"""Tables joined to areas: by codes of one system, else by names, and never by guess."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.errors import BadFileError
from gis.siting.codes import code_system, short_code
from gis.siting.layers import Layer
from gis.siting.tables import Table


@dataclass(frozen=True, slots=True)
class _Key:
    """A pair of columns that name the same areas, and the keys they hold in common form."""

    area_column: str
    table_column: str
    of_areas: Sequence[str | None]
    of_table: Sequence[str | None]
    how: str

    @property
    def matched(self) -> int:
        """How many areas the table names."""
        known = set(self.of_table) - {None}
        return sum(key in known for key in self.of_areas)


def joined(layer: Layer, path: Path, table: Table) -> Layer:
    """The layer with the columns of a table, row by row where both name the same area.

    Codes are used where both sides number by one system (KOSTAT or MOIS; 7, 8 and 10 digits meet), else
    names, without their blanks and the city before them. Raises `BadFileError` when nothing is common, when
    the table names an area twice, or when it lacks an area of the layer.
    """
    key = _best_key(layer, table)
    if key is None:
        raise BadFileError(
            path,
            f"shares no codes or names with {layer.path.name}",
            hint=f"it has columns {', '.join(map(str, table.frame.columns))}{_systems_differ(layer, table)}; "
            "give a table with a column of the same dong names or codes",
        )
    twice = sorted({k for k in key.of_table if k is not None and list(key.of_table).count(k) > 1})
    if twice:
        raise BadFileError(path, f"names {twice[0]!r} twice in {key.table_column!r}", hint="leave one row")
    _refuse_gaps(layer, path, key)
    return _with_columns(layer, path, table, key)


def _systems_differ(layer: Layer, table: Table) -> str:
    """That one side numbers by KOSTAT and the other by MOIS, where it is so."""
    ours, theirs = (
        {
            system
            for name in frame.columns
            if name != "geometry" and (system := code_system(list(frame[name])))
        }
        for frame in (layer.frame, table.frame)
    )
    if not ours or not theirs or ours & theirs:
        return ""
    names = [" and ".join(sorted(system.value for system in side)) for side in (ours, theirs)]
    return f" and numbers areas by {names[1]}, the layer by {names[0]}"


def _refuse_gaps(layer: Layer, path: Path, key: _Key) -> None:
    known = set(key.of_table)
    lost = [row for row, name in enumerate(key.of_areas) if name not in known]
    if lost:
        name = layer.frame[key.area_column].iloc[lost[0]]
        more = f" and of {len(lost) - 1} more areas" if len(lost) > 1 else ""
        raise BadFileError(
            path,
            f"has no row of {name!r}{more} ({layer.path.name}, row {layer.rows[lost[0]]})",
            hint="add the row, or take the area out of the layer",
        )


def _with_columns(layer: Layer, path: Path, table: Table, key: _Key) -> Layer:
    place = {name: row for row, name in enumerate(key.of_table) if name is not None}
    order = [place[name] for name in key.of_areas if name is not None]
    rows = table.frame.iloc[order].reset_index(drop=True)
    out = layer.frame.copy()
    for column in rows.columns:
        if column not in out.columns and column != key.table_column:
            out[column] = rows[column]
    told = f"{path.name} joined by {key.how} ({key.table_column} = {key.area_column})"
    repairs = (*layer.repairs, *(f"{path.name}: {text}" for text in table.repairs), told)
    return replace(layer, frame=out, repairs=repairs)


def _best_key(layer: Layer, table: Table) -> _Key | None:
    keys = [
        key
        for area in layer.frame.columns
        if area != "geometry"
        for column in table.frame.columns
        for key in _keys(str(area), list(layer.frame[area]), str(column), list(table.frame[column]))
    ]
    ranked = sorted(keys, key=lambda key: (key.matched, key.how == "codes"), reverse=True)
    return ranked[0] if ranked and ranked[0].matched > len(layer.frame) / 2 else None


def _keys(area: str, areas: Sequence[Any], column: str, cells: Sequence[Any]) -> list[_Key]:
    out = []
    system = code_system(areas)
    if system is not None and system is code_system(cells):
        codes = [short_code(v) for v in areas], [short_code(v) for v in cells]
        out.append(_Key(area, column, *codes, "codes"))
    if _texts(areas) and _texts(cells):
        names = [area_name(v) for v in areas], [area_name(v) for v in cells]
        if len(set(names[0])) == len(names[0]):
            out.append(_Key(area, column, *names, "names"))
    return out


def _texts(values: Sequence[Any]) -> bool:
    return any(isinstance(value, str) and not value.isascii() for value in values)


def area_name(value: object) -> str | None:
    """The last word of an area's name: `경기도 성남시분당구 정자1동` is `정자1동`; None for nothing."""
    words = str(value).split() if isinstance(value, str) else []
    return re.sub(r"[·ㆍ・.]", "", words[-1]) if words else None
