import json

import pytest

from core.errors import BadFileError
from core.geo import LonLat
from thermal.references import Reference, anchor, read_references

ROW = Reference("물", LonLat(127.11, 37.37), 2.0, 21.5)


def test_a_spreadsheets_csv_with_bom_is_read(tmp_path):
    path = tmp_path / "기준.csv"
    path.write_text("name,lon,lat,radius_m,temperature_C\n물,127.11,37.37,2,21.5\n", encoding="utf-8-sig")
    assert read_references(path) == (ROW,)


def test_geojson_points_with_the_same_properties_are_read(tmp_path):
    path = tmp_path / "refs.geojson"
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [127.11, 37.37]},
        "properties": {"name": "물", "radius_m": 2, "temperature_C": 21.5},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    assert read_references(path) == (ROW,)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.csv", "name,lon,lat,radius_m\n", "lacks the column 'temperature_C'"),
        ("a.csv", "name,lon,lat,radius_m,temperature_C\n", "holds no references"),
        ("a.csv", "name,lon,lat,radius_m,temperature_C\na,127,37,2,hot\n", "reference 1 cannot be used"),
        ("a.csv", "name,lon,lat,radius_m,temperature_C\na,127,97,2,20\n", "latitude must be in"),
        ("a.geojson", "{", "is no GeoJSON of points"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_problem(tmp_path, name, text, problem):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadFileError, match=problem) as caught:
        read_references(path)
    assert str(path) in str(caught.value)


def test_the_level_is_the_median_of_what_the_references_say():
    level = anchor([(ROW, 23.5, 4), (ROW, 24.0, 3), (ROW, 90.0, 2), (ROW, None, 0)])
    assert level.absolute
    assert level.shift_K == pytest.approx(2.5)
    assert [s.residual_K for s in level.seen] == [pytest.approx(-0.5), 0.0, pytest.approx(66.0), None]


def test_references_that_no_frame_saw_leave_the_map_relative():
    level = anchor([(ROW, None, 0)])
    assert not level.absolute
    assert level.shift_K == 0.0


def at(temperature_C):
    return Reference("판", LonLat(127.11, 37.37), 2.0, temperature_C)


def test_two_references_far_apart_set_the_scale_too():
    def through_the_air(true):
        return true * 0.94 + 1.2

    level = anchor([(at(28.0), through_the_air(28.0), 3), (at(52.0), through_the_air(52.0), 3)])
    for true in (20.0, 35.0, 60.0):
        assert level.anchored(through_the_air(true)) == pytest.approx(true, abs=0.1)
    assert level.label.startswith("2 ground references, scale 1.0")


def test_references_near_each_other_leave_the_scale_alone():
    level = anchor([(at(28.0), 27.0, 3), (at(30.0), 28.0, 3)])
    assert level.gain == 1.0
    assert level.shift_K == pytest.approx(-1.5)


def test_one_wrong_reference_of_four_does_not_bend_the_scale():
    rows = [(at(t), t * 0.95 + 2.0, 3) for t in (20.0, 35.0, 50.0)]
    level = anchor([*rows, (at(60.0), 20.0, 3)])
    assert level.anchored(35.0 * 0.95 + 2.0) == pytest.approx(35.0, abs=1.0)


def test_references_that_no_camera_could_see_so_set_the_level_only_and_say_so():
    level = anchor([(at(20.0), 20.0, 3), (at(50.0), 30.0, 3)])
    assert level.gain == 1.0
    assert "one of them is wrong" in level.notes[0]


def test_references_seen_alike_though_told_apart_do_not_divide_by_nothing():
    level = anchor([(at(20.0), 30.0, 3), (at(50.0), 30.0, 3)])
    assert level.gain == 1.0
    assert level.notes
