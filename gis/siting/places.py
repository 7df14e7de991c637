"""The layers of a choice as positions on the heat map, and their columns by the names offices use."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFileError
from gis.heat import HeatMap
from gis.siting.layers import Layer, find_column, point_positions, read_layer
from gis.siting.model import SitingInputs

FloatArray = NDArray[np.float64]

PEOPLE_NAMES = (
    "people",
    "population",
    "pop",
    "weight",
    "인원",
    "인구",
    "인구수",
    "인구수_계",
    "총인구",
    "유동인구",
    "이용객수",
)
VULNERABLE_NAMES = ("vulnerable", "seniors", "65세이상인구", "65세 이상_계", "65세이상", "취약인구")
CAPACITY_NAMES = (
    "capacity",
    "이용가능인원수",
    "이용가능인원",
    "use_psbl_nmpr",
    "utlz_posbl_psnnum_cnt",
    "수용인원",
    "actc_pop_c",
)
ID_NAMES = ("id", "no", "번호", "연번", "관리번호", "osm_id", "site_id")
NAME_NAMES = (
    "name",
    "이름",
    "명칭",
    "시설명",
    "쉼터명칭",
    "설치장소명",
    "정류소명",
    "위치",
    "rstr_nm",
    "rstar_nm",
)


@dataclass(frozen=True, slots=True)
class Places:
    """Layers as positions in the heat map's system, (n, 2) metres each."""

    demand: Layer
    candidates: Layer
    existing: Layer | None
    demand_m: FloatArray
    candidates_m: FloatArray
    existing_m: FloatArray


def read_places(inputs: SitingInputs, heat: HeatMap) -> Places:
    demand = read_layer(inputs.demand, crs=inputs.crs)
    candidates = read_layer(inputs.candidates, crs=inputs.crs)
    existing = None if inputs.existing is None else read_layer(inputs.existing, crs=inputs.crs)
    nowhere = np.zeros((0, 2))
    return Places(
        demand,
        candidates,
        existing,
        point_positions(demand.frame, heat.crs),
        point_positions(candidates.frame, heat.crs),
        nowhere if existing is None else point_positions(existing.frame, heat.crs),
    )


def masks(inputs: SitingInputs) -> list[Any]:
    given = [path for path in (inputs.buildings, inputs.water) if path is not None]
    return [read_layer(path, crs=inputs.crs).frame.geometry for path in given]


def named_column(path: Path, frame: Any, wanted: str | None, usual: Sequence[str]) -> str | None:
    if wanted is None:
        return find_column(frame.columns, usual)
    found = find_column(frame.columns, (wanted,))
    if found is None:
        known = ", ".join(str(name) for name in frame.columns if name != "geometry")
        raise BadFileError(path, f"has no column {wanted!r}", hint=f"it has {known}")
    return found


def numbers(frame: Any, column: str) -> FloatArray:
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
