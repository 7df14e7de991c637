"""Codes and names of Korean administrative areas: two code systems, and labels that contradict each other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

# First two digits: Statistics Korea (KOSTAT) and the Ministry of the Interior (MOIS) number the provinces
# differently; 11 (Seoul) is the same in both, 31 is Gyeonggi in one and Ulsan in the other.
KOSTAT_PROVINCES = frozenset({"11", "29", *map(str, range(21, 27)), *map(str, range(31, 40))})
MOIS_PROVINCES = frozenset(
    {"11", "31", "36", *map(str, range(26, 31)), *map(str, range(41, 49)), "50", "51", "52"}
)


class CodeSystem(Enum):
    """Who numbered the areas."""

    KOSTAT = "KOSTAT"  # 7 digits until 2021, then 8
    MOIS = "MOIS"  # 10 digits, or their first 8


def code_system(codes: Sequence[object]) -> CodeSystem | None:
    """The system all `codes` fit; None when they fit none, or both equally well."""
    texts = [_digits(code) for code in codes]
    if not texts or any(text is None for text in texts):
        return None
    whole = [text for text in texts if text is not None]
    fits = [system for system in CodeSystem if all(_fits(text, system) for text in whole)]
    return fits[0] if len(fits) == 1 else None


def _fits(text: str, system: CodeSystem) -> bool:
    if system is CodeSystem.KOSTAT:
        return len(text) in {7, 8} and text[:2] in KOSTAT_PROVINCES
    long_enough = len(text) == 8 or (len(text) == 10 and text.endswith("00"))
    # MOIS numbers a province's towns from 1 on: the third digit is never 0
    return long_enough and text[:2] in MOIS_PROVINCES and text[2] != "0"


def _digits(code: object) -> str | None:
    text = re.sub(r"\.0$", "", str(code).strip())
    return text if re.fullmatch(r"\d{7,10}", text) else None


def short_code(code: object) -> str | None:
    """A code as 8 digits: KOSTAT's 7 get a zero, MOIS' 10 lose their last two; None if it is no such code."""
    text = _digits(code)
    if text is None:
        return None
    return text + "0" if len(text) == 7 else text[:8]


@dataclass(frozen=True, slots=True)
class LabelConflict:
    """`name` of one layer lies mostly under `other` of the second, by `share` (0..1) of its area."""

    name: str
    other: str
    share: float


def label_conflicts(first: Any, name: str, second: Any, other_name: str) -> list[LabelConflict]:
    """Areas of GeoDataFrame `first` whose name (column `name`) is not that of the area of `second` (column
    `other_name`) under most of them, although `second` has that name elsewhere: swapped or shifted labels.

    Which of the two layers is wrong, geometry cannot say; a third source must.
    """
    import shapely

    a = first.geometry.to_crs("EPSG:5179").to_numpy()
    b = second.geometry.to_crs("EPSG:5179").to_numpy()
    known = {str(value).strip() for value in second[other_name]}
    out = []
    for number, label in enumerate(first[name]):
        shares = shapely.area(shapely.intersection(a[number], b)) / a[number].area
        best = int(np.argmax(shares))
        other = str(second[other_name].iloc[best]).strip()
        if shares[best] > 0.5 and str(label).strip() != other and str(label).strip() in known:
            out.append(LabelConflict(str(label).strip(), other, float(shares[best])))
    return out
