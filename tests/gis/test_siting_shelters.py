import json

import numpy as np
import pandas as pd
import pytest

from gis.siting.columns import labels
from gis.siting.hours import When, facilities, unknown_hours
from gis.siting.layers import read_layer

GYEONGGI = (
    "시설유형,쉼터명칭,소재지도로명주소,사용여부,시설면적,이용가능인원수,선풍기보유현황,에어컨보유현황,야간개방,휴일개방,"
    "숙박가능여부,관리기관,위도,경도\n"
    "경로당,정자 경로당,정자로 1,Y,66,20,2,1,N,N,N,분당구,37.37,127.11\n"
    "주민센터,정자1동,정자로 2,Y,132,40,,2,Y,Y,N,분당구,37.371,127.111\n"
    ",이름없음,정자로 3,,,,,,,,,,37.372,127.112\n"
)
MOIS = {
    "header": {"resultCode": "00"},
    "body": [
        {
            "RSTR_NM": "수내 경로당", "RN_DTL_ADRES": "수내로 1", "AR": "99", "USE_PSBL_NMPR": "30",
            "COLR_HOLD_ARCNDTN": "2", "CHCK_MATTER_NIGHT_OPN_AT": "Y", "LA": "37.37", "LO": "127.11",
            "XCORD": "", "YCORD": "",
        },
        {
            "RSTR_NM": "은행", "RN_DTL_ADRES": "수내로 2", "AR": "", "USE_PSBL_NMPR": "12",
            "COLR_HOLD_ARCNDTN": "", "CHCK_MATTER_NIGHT_OPN_AT": "", "LA": "37.38", "LO": "127.12",
            "XCORD": "", "YCORD": "",
        },
    ],
}  # fmt: skip
GYEONGGI_API = {
    "HeatRestarer": [
        {"head": [{"list_total_count": 1}, {"RESULT": {"CODE": "INFO-000"}}]},
        {
            "row": [
                {
                    "RESTARER_FACLT_NM": "야탑 쉼터", "FACLT_AR": 50, "UTLZ_POSBL_PSNNUM_CNT": 15,
                    "REFINE_WGS84_LAT": "37.41", "REFINE_WGS84_LOGT": "127.12",
                }
            ]
        },
    ]
}  # fmt: skip
SEOUL = "쉼터명칭,도로명주소,이용가능인원,경도,위도\n종로 쉼터,종로 1,25,126.98,37.57\n"


def test_the_gyeonggi_table_says_hours_members_and_area_and_what_it_does_not_say_is_unknown(tmp_path):
    path = tmp_path / "무더위쉼터.csv"
    path.write_bytes(GYEONGGI.encode("cp949"))
    found = facilities(read_layer(path).frame)
    assert found.capacity == pytest.approx([20, 40, np.nan], nan_ok=True)
    assert found.area_per_person_m2 == pytest.approx([3.3, 3.3, np.nan], nan_ok=True)
    assert found.members == pytest.approx([1, 0, np.nan], nan_ok=True)
    assert found.night == pytest.approx([0, 1, np.nan], nan_ok=True)
    assert found.aircon == pytest.approx([1, 2, np.nan], nan_ok=True)
    assert "night opening of 1" in unknown_hours(found)


def test_a_place_for_members_is_open_to_nobody_else_and_an_unknown_one_only_perhaps(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(GYEONGGI.encode())
    found = facilities(read_layer(path).frame)
    open_by = {when: [side.tolist() for side in found.open_at(when)] for when in When}
    assert open_by[When.NIGHT] == [[False, True, False], [False, True, True]]
    assert open_by[When.DAY] == [[False, True, False], [False, True, True]]


def test_the_answer_of_the_ministrys_interface_is_read_with_blank_metres(tmp_path):
    path = tmp_path / "DSSP-IF-10942.json"
    path.write_text(json.dumps(MOIS, ensure_ascii=False), encoding="utf-8")
    layer = read_layer(path)
    assert layer.frame.crs.to_epsg() == 4326
    assert labels(layer.frame)[1] == ["수내 경로당", "은행"]
    found = facilities(layer.frame)
    assert found.capacity.tolist() == [30, 12]
    assert found.members[0] == 1
    assert np.isnan(found.aircon[1])
    assert np.isnan(found.night[1])


def test_where_degrees_are_blank_the_metres_count_in_the_system_that_is_named(tmp_path):
    body = [row | {"LA": "", "LO": "", "XCORD": "965468.1", "YCORD": "1930175.3"} for row in MOIS["body"]]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"body": body}, ensure_ascii=False), encoding="utf-8")
    place = read_layer(path, crs="EPSG:5179").frame.to_crs(4326).geometry[0]
    assert (place.x, place.y) == (pytest.approx(127.11, abs=1e-4), pytest.approx(37.37, abs=1e-4))


def test_the_answer_of_gyeonggis_interface_is_read(tmp_path):
    path = tmp_path / "gg.json"
    path.write_text(json.dumps(GYEONGGI_API, ensure_ascii=False), encoding="utf-8")
    layer = read_layer(path)
    found = facilities(layer.frame)
    assert (labels(layer.frame)[1], found.capacity[0], found.area_m2[0]) == (["야탑 쉼터"], 15, 50)


def test_seouls_table_is_read_and_its_hours_are_unknown(tmp_path):
    path = tmp_path / "seoul.csv"
    path.write_bytes(SEOUL.encode("utf-8-sig"))
    found = facilities(read_layer(path).frame)
    assert found.capacity.tolist() == [25]
    assert np.isnan(found.night[0])
    assert np.isnan(found.members[0])


@pytest.mark.parametrize(
    ("closes", "night"),
    [
        ("22:00", 1.0), ("1800", 0.0), ("18:00:00", 0.0), ("00:00", 1.0), ("24시간", np.nan), (None, np.nan),
        ("2575", np.nan),
    ],
)  # fmt: skip
def test_closing_hours_say_whether_a_place_is_open_at_night(closes, night):
    found = facilities(pd.DataFrame({"평일운영종료시각": [closes]}))
    assert found.night == pytest.approx([night], nan_ok=True)


def test_what_is_said_outright_wins_over_the_kind_of_place():
    frame = pd.DataFrame(
        {"시설유형": ["경로당", "기타"], "회원전용": ["N", None], "쉼터명칭": ["가", "나 경로당"]}
    )
    assert facilities(frame).members.tolist() == [0.0, 1.0]
