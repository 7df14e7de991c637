"""A GeoDataFrame as the features of a page: degrees, and only what the page shows."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gis.webmap.text import VERDICTS, Check, Text

MANY = 1500  # points of a larger layer are drawn on a canvas: thousands of SVG elements are slow on a phone


class Texts:
    """Texts in several languages, each kept once and named by its number."""

    def __init__(self) -> None:
        self._number: dict[tuple[tuple[str, str], ...], int] = {}
        self.table: list[dict[str, str]] = []

    def cell(self, text: Text) -> str | int:
        """A plain text as it is; one in languages as its number in the table."""
        if isinstance(text, str):
            return text
        key = tuple(text.items())
        if key not in self._number:
            self._number[key] = len(self.table)
            self.table.append(dict(text))
        return self._number[key]


def features(
    frame: Any, columns: Sequence[str], texts: Texts, *, label: str | None = None, lines: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """One feature a row with a place: `at` [lat, lon] for a point, else `g` GeoJSON; `v` the cells.

    `label` and `lines` name columns shown in the pin and in the list.
    """
    import shapely

    shapes = shapely.set_precision(frame.geometry.to_crs("EPSG:4326").to_numpy(), 1e-6, mode="pointwise")
    cells = {name: frame[name].tolist() for name in {*columns, *lines, *([label] if label else [])}}
    out = []
    for row, shape in enumerate(shapes):
        if shape is None or shape.is_empty:
            continue
        feature = _placed(shape) | {"v": [_cell(cells[name][row], texts) for name in columns]}
        if label is not None:
            feature["label"] = str(_cell(cells[label][row], texts) or "")
            feature["lines"] = [_cell(cells[name][row], texts) for name in lines]
        out.append(feature)
    return out


def _placed(shape: Any) -> dict[str, Any]:
    from shapely.geometry import mapping

    if shape.geom_type == "Point":
        return {"at": [round(shape.y, 6), round(shape.x, 6)]}
    return {"g": _rounded(mapping(shape))}


def _rounded(value: Any) -> Any:
    """Six decimals (a tenth of a metre) of every coordinate, as short as JSON can say them."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, Mapping):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return value


def _cell(value: Any, texts: Texts) -> Any:
    """A cell of any column as JSON: text, a number of a text, {"l": list}, {"c": checks}, or None."""
    if isinstance(value, Mapping):
        return texts.cell(value)
    if isinstance(value, list | tuple):
        return _several(value, texts)
    return _text(value)


def _several(values: Sequence[Any], texts: Texts) -> dict[str, Any] | None:
    if not values:
        return None
    if isinstance(values[0], Check):
        return {"c": [_check(check, texts) for check in values]}
    return {"l": [_cell(value, texts) for value in values]}


def _check(check: Check, texts: Texts) -> list[Any]:
    return [
        texts.cell(check.rule),
        VERDICTS.index(check.verdict),
        texts.cell(check.value),
        texts.cell(check.limit),
    ]


def _text(value: Any) -> str | None:
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    return str(value)
