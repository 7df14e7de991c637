"""Places to cool down in, from the schemas offices publish: what they hold, when they are open, for whom."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.siting.columns import CAPACITY_NAMES, find_column, numbers
from gis.siting.layers import yes_no

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

AREA_NAMES = ("area_m2", "시설면적", "시설면적(㎡)", "ar", "faclt_ar", "fclt_area", "면적")
AIRCON_NAMES = (
    "aircon", "에어컨보유현황", "에어컨보유대수", "에어컨", "colr_hold_arcndtn", "aircn_cnt",
    "arcndtn_hold_stus_cnt",
)  # fmt: skip
NIGHT_NAMES = (
    "open_night",
    "야간개방",
    "야간개방여부",
    "chck_matter_night_opn_at",
    "ngt_opn_yn",
    "night_open_yn",
)
WEEKEND_NAMES = (
    "open_weekend", "휴일개방", "휴일개방여부", "주말휴일개방", "chck_matter_wkend_hday_opn_at", "hld_opn_yn",
    "holiday_open_yn",
)  # fmt: skip
IN_USE_NAMES = ("in_use", "사용여부", "use_at", "use_yn", "운영여부")
TYPE_NAMES = (
    "kind", "시설유형", "시설구분", "시설구분2", "fclty_ty", "fclt_tp_nm", "restarer_faclt_type_nm",
    "fclty_sclas",
)  # fmt: skip
MEMBER_NAMES = ("members_only", "회원전용", "회원제")
CLOSES_NAMES = ("closes", "평일운영종료시각", "평일종료시간", "wkday_oper_end_time", "운영종료시각")
WEEKEND_CLOSES_NAMES = ("weekend_closes", "주말운영종료시각", "wkend_hday_oper_end_time", "휴일운영종료시각")
TITLE_NAMES = ("쉼터명칭", "rstr_nm", "rstar_nm", "restarer_faclt_nm", "name", "시설명", "명칭")

MEMBERS_WORDS = ("경로당", "노인정", "특정계층", "특정대상", "회원")
NIGHT_FROM_H = 21.0  # a place that stays open to this hour or later is open at night


class When(Enum):
    """When somebody comes."""

    DAY = "day"
    NIGHT = "night"
    WEEKEND = "weekend"


@dataclass(frozen=True, slots=True)
class Facilities:
    """What is known of n places, float64 (n,) each, NaN = unknown; yes = 1, no = 0.

    `capacity` people, `area_m2`, `aircon` how many; `night`, `weekend` whether open then; `in_use`;
    `members` whether only its members come in, as in a senior centre.
    """

    capacity: FloatArray
    area_m2: FloatArray
    aircon: FloatArray
    night: FloatArray
    weekend: FloatArray
    in_use: FloatArray
    members: FloatArray

    @property
    def area_per_person_m2(self) -> FloatArray:
        """Floor a person has when the place is full; NaN where either is unknown."""
        good = np.isfinite(self.area_m2) & (self.capacity > 0)
        out = np.full(len(self.area_m2), np.nan)
        out[good] = self.area_m2[good] / self.capacity[good]
        return out

    def open_at(self, when: When) -> tuple[BoolArray, BoolArray]:
        """(known to be open to everybody, may be open) at some time.

        By day a place is open unless the layer says it is out of use. A place for members only is open to
        nobody else; one of which that is not known may be open.
        """
        hours = {When.NIGHT: self.night, When.WEEKEND: self.weekend}.get(when, np.ones(len(self.night)))
        used = np.where(np.isnan(self.in_use), 1.0, self.in_use)
        everybody = 1.0 - self.members
        known = (hours == 1.0) & (used == 1.0) & (everybody == 1.0)
        possible = (hours != 0.0) & (used != 0.0) & (everybody != 0.0)
        return known, possible


def facilities(frame: Any) -> Facilities:
    """What the columns of a layer say, by the names of the four shelter schemas and of ours."""
    night = _said(frame, NIGHT_NAMES)
    weekend = _said(frame, WEEKEND_NAMES)
    closes = _clock(frame, CLOSES_NAMES)
    late = np.where(np.isnan(closes), np.nan, (closes >= NIGHT_FROM_H) * 1.0)
    at_weekend = np.where(np.isnan(_clock(frame, WEEKEND_CLOSES_NAMES)), np.nan, 1.0)
    return Facilities(
        capacity=_number(frame, CAPACITY_NAMES),
        area_m2=_number(frame, AREA_NAMES),
        aircon=_number(frame, AIRCON_NAMES),
        night=np.where(np.isnan(night), late, night),
        weekend=np.where(np.isnan(weekend), at_weekend, weekend),
        in_use=_said(frame, IN_USE_NAMES),
        members=_members(frame),
    )


def unknown_hours(found: Facilities) -> str | None:
    """What is not known, in one line; None when all is."""
    missing = [
        f"{what} of {int(np.isnan(values).sum())}"
        for what, values in (
            ("night opening", found.night), ("weekend opening", found.weekend),
            ("capacity", found.capacity), ("air conditioning", found.aircon),
            ("who may enter", found.members),
        )
        if np.isnan(values).any()
    ]  # fmt: skip
    count = len(found.night)
    return f"of {count} existing places not known: {', '.join(missing)}" if missing else None


def _number(frame: Any, names: Sequence[str]) -> FloatArray:
    column = find_column(frame.columns, names)
    return np.full(len(frame), np.nan) if column is None else numbers(frame, column)


def _said(frame: Any, names: Sequence[str]) -> FloatArray:
    column = find_column(frame.columns, names)
    if column is None:
        return np.full(len(frame), np.nan)
    return np.array([np.nan if said is None else float(said) for said in yes_no(frame[column])], float)


def _clock(frame: Any, names: Sequence[str]) -> FloatArray:
    """Hours of day from `18:00`, `1800` or `18`; 0 o'clock as a closing time is midnight, 24."""
    column = find_column(frame.columns, names)
    if column is None:
        return np.full(len(frame), np.nan)
    return np.array([_hour(value) for value in frame[column]], float)


def _hour(value: Any) -> float:
    match = re.fullmatch(r"(\d{1,2})(?::?(\d{2}))?(?::\d{2})?(?:\.0)?", str(value).strip())
    if match is None:
        return float("nan")
    hour, minute = int(match[1]), int(match[2] or 0)
    if hour > 24 or minute > 59:
        return float("nan")
    return (hour + minute / 60.0) or 24.0


def _members(frame: Any) -> FloatArray:
    """Said outright, else a name that names a senior centre, else the kind of place."""
    said = _said(frame, MEMBER_NAMES)
    kind = _worded(frame, TYPE_NAMES, 0.0)
    title = _worded(frame, TITLE_NAMES, np.nan)
    told = np.where(title == 1.0, 1.0, kind)
    return np.where(np.isnan(said), told, said)


def _worded(frame: Any, names: Sequence[str], other: float) -> FloatArray:
    column = find_column(frame.columns, names)
    if column is None:
        return np.full(len(frame), np.nan)
    texts = [value if isinstance(value, str) else "" for value in frame[column]]
    return np.array([_by_word(text, other) for text in texts], float)


def _by_word(text: str, other: float) -> float:
    if any(word in text for word in MEMBERS_WORDS):
        return 1.0
    return other if text and not text.isdigit() else float("nan")
