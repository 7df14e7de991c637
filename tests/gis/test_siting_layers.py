import json

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point, Polygon

from core.errors import BadFileError
from gis.siting.codes import CodeSystem, code_system, label_conflicts, short_code
from gis.siting.layers import likely_crs, point_positions, read_layer, yes_no


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def test_a_csv_with_korean_degree_columns_becomes_points(tmp_path):
    path = write(tmp_path / "쉼터 목록.csv", "쉼터명칭,위도,경도\n경로당 ,37.37,127.11\n", "cp949")
    layer = read_layer(path)
    assert layer.frame.crs.to_epsg() == 4326
    assert (layer.frame.geometry[0].x, layer.frame.geometry[0].y) == (127.11, 37.37)
    assert layer.frame["쉼터명칭"][0] == "경로당"
    assert layer.repairs == ("text was cp949", "padded cells trimmed in 쉼터명칭")


def test_swapped_degrees_are_set_right_and_said(tmp_path):
    layer = read_layer(write(tmp_path / "a.csv", "lon,lat\n37.37,127.11\n"))
    assert layer.frame.geometry[0].x == 127.11
    assert layer.repairs == ("lon and lat were swapped",)


def test_rows_without_a_place_are_left_out_and_counted(tmp_path):
    layer = read_layer(write(tmp_path / "a.csv", "id,lon,lat\n1,127.11,37.37\n2,,\n3,0,0\n"))
    assert len(layer.frame) == 1
    assert layer.repairs == ("2 of 3 rows have no place and are left out: rows 3, 4",)


@pytest.mark.parametrize("epsg", [5179, 5186, 4326, 3857])
def test_the_numbers_of_seongnam_tell_their_coordinate_system(epsg):
    place = gpd.GeoSeries([Point(127.11, 37.37)], crs=4326).to_crs(epsg)
    assert likely_crs(place.total_bounds) == f"EPSG:{epsg}"


def test_metres_without_a_system_are_refused_with_the_way_out(tmp_path):
    path = write(tmp_path / "무더위쉼터.csv", "RSTR_NM,XCORD,YCORD\n가,965270,1930260\n")
    with pytest.raises(BadFileError, match=r"look like EPSG:5179; say which it is \(--crs EPSG:N\)"):
        read_layer(path)
    layer = read_layer(path, crs="EPSG:5179")
    assert layer.frame.to_crs(4326).geometry[0].x == pytest.approx(127.11, abs=0.01)
    assert "no coordinate system in the file, taken as EPSG:5179" in layer.repairs


def test_a_shapefile_without_prj_is_refused_with_the_way_out(tmp_path):
    path = tmp_path / "동.shp"
    gpd.GeoDataFrame({"a": [1]}, geometry=[Point(209_800, 530_400)], crs="EPSG:5186").to_file(path)
    path.with_suffix(".prj").unlink()
    with pytest.raises(BadFileError, match="look like EPSG:5186"):
        read_layer(path)
    assert read_layer(path, crs="EPSG:5186").frame.crs.to_epsg() == 5186


def test_a_dbf_whose_korean_was_encoded_twice_is_read_right(tmp_path):
    path = tmp_path / "쉼터.shp"
    twice = "광교 경로당".encode().decode("latin-1")
    frame = gpd.GeoDataFrame({"rstar_nm": [twice]}, geometry=[Point(206_500, 521_900)], crs="EPSG:5186")
    frame.to_file(path, encoding="utf-8")
    layer = read_layer(path)
    assert layer.frame["rstar_nm"][0] == "광교 경로당"
    assert layer.repairs == ("double-encoded text undone in rstar_nm",)


def test_an_overpass_answer_is_read_as_points(tmp_path):
    node = {"type": "node", "id": 1, "lat": 37.47, "lon": 127.12, "tags": {"name": "복정역"}}
    way = {"type": "way", "id": 2, "nodes": [1]}
    path = write(tmp_path / "stops.json", json.dumps({"elements": [node, way]}))
    assert list(read_layer(path).frame["name"]) == ["복정역"]


def test_a_csv_without_coordinates_names_its_columns(tmp_path):
    with pytest.raises(BadFileError, match="it has 동, 인구"):
        read_layer(write(tmp_path / "a.csv", "동,인구\n가,1\n"))


def test_a_file_that_is_no_layer_is_refused(tmp_path):
    with pytest.raises(BadFileError, match="cannot be read as a map layer"):
        read_layer(write(tmp_path / "a.gpkg", "no"))
    with pytest.raises(BadFileError, match="does not exist"):
        read_layer(tmp_path / "none.gpkg")


def test_an_areas_position_lies_inside_it():
    hook = Polygon([(0, 0), (10, 0), (10, 10), (8, 10), (8, 2), (0, 2)])
    frame = gpd.GeoDataFrame(geometry=[hook], crs="EPSG:5186")
    assert hook.contains(Point(point_positions(frame, "EPSG:5186")[0]))


def test_what_is_not_said_stays_unknown():
    assert yes_no(pd.Series(["Y", "n", "예", "무", None, "", "?"])) == [
        True,
        False,
        True,
        False,
        None,
        None,
        None,
    ]


def test_the_two_code_systems_are_told_apart():
    assert code_system(["31021510", "31023600"]) is CodeSystem.KOSTAT
    assert code_system(["3102151"]) is CodeSystem.KOSTAT
    assert code_system(["4113151000"]) is CodeSystem.MOIS
    assert code_system(["41131510"]) is CodeSystem.MOIS
    assert code_system(["11110515", "신흥1동"]) is None
    assert (short_code("3102151"), short_code(4113151000), short_code("x")) == ("31021510", "41131510", None)


def test_swapped_labels_of_two_layers_are_found():
    squares = [Polygon([(x, 0), (x + 9, 0), (x + 9, 9), (x, 9)]) for x in (0, 10, 20)]
    right = gpd.GeoDataFrame({"동": ["가", "나", "다"]}, geometry=squares, crs="EPSG:5186")
    wrong = gpd.GeoDataFrame({"name": ["가", "다", "나"]}, geometry=squares, crs="EPSG:5186")
    found = label_conflicts(wrong, "name", right, "동")
    assert [(c.name, c.other) for c in found] == [("다", "나"), ("나", "다")]
    assert label_conflicts(right, "동", right, "동") == []
