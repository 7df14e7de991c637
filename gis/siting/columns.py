"""Columns by the names that offices use, and what stands in them."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFileError

FloatArray = NDArray[np.float64]

PEOPLE_NAMES = (
    "people", "population", "pop", "weight", "인원", "인구", "인구수", "인구수_계", "총인구", "유동인구",
    "이용객수",
)  # fmt: skip
VULNERABLE_NAMES = (
    "vulnerable", "seniors", "65세이상인구", "65세 이상_계", "65세이상", "65세이상인구수", "취약인구",
    "노인인구",
)  # fmt: skip
ALONE_NAMES = (
    "alone", "seniors_alone", "독거노인", "독거노인수", "독거노인인구", "65세 이상(계)", "65세이상1인가구",
)  # fmt: skip
FOOTFALL_NAMES = (
    "footfall",
    "boardings",
    "riders",
    "유동인구",
    "승차인원",
    "승하차인원",
    "이용객수",
    "people",
)
CAPACITY_NAMES = (
    "capacity", "이용가능인원수", "이용가능인원", "이용가능인원(명)", "use_psbl_nmpr",
    "utlz_posbl_psnnum_cnt", "수용인원", "actc_pop_c",
)  # fmt: skip
ID_NAMES = ("id", "no", "번호", "연번", "관리번호", "osm_id", "site_id")
NAME_NAMES = (
    "name", "이름", "명칭", "시설명", "쉼터명칭", "설치장소명", "정류소명", "위치", "rstr_nm", "rstar_nm",
    "restarer_faclt_nm",
)  # fmt: skip


def find_column(columns: Iterable[Any], names: Sequence[str]) -> str | None:
    """The first of `names` that is among `columns`, whatever the case; None if there is none."""
    by_name = {str(column).strip().casefold(): str(column) for column in columns}
    return next((by_name[name.casefold()] for name in names if name.casefold() in by_name), None)


def named_column(path: Path, frame: Any, wanted: str | None, usual: Sequence[str]) -> str | None:
    """The column `wanted`, or the first usual one; raises `BadFileError` when the wanted one is missing."""
    if wanted is None:
        return find_column(frame.columns, usual)
    found = find_column(frame.columns, (wanted,))
    if found is None:
        known = ", ".join(str(name) for name in frame.columns if name != "geometry")
        raise BadFileError(path, f"has no column {wanted!r}", hint=f"it has {known}")
    return found


def numbers(frame: Any, column: str) -> FloatArray:
    """A column as float64 (n,), NaN where it holds no number."""
    import pandas as pd

    return np.asarray(pd.to_numeric(frame[column], errors="coerce"), float)


def labels(frame: Any) -> tuple[list[str], list[str]]:
    """(ids, names) of a layer's rows: its own where it has unique ones, else 1, 2, ...; names or ""."""
    numbered = [str(number) for number in range(1, len(frame) + 1)]
    own, name = find_column(frame.columns, ID_NAMES), find_column(frame.columns, NAME_NAMES)
    ids = numbered if own is None else [_plain(value) for value in frame[own]]
    if len(set(ids)) != len(ids) or "" in ids:
        ids = numbered
    return ids, [""] * len(frame) if name is None else [_plain(value) for value in frame[name]]


def _plain(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
