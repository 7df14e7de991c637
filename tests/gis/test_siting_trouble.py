import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, Point, Polygon, box

from core.errors import BadFileError
from gis.siting.choose import SitingInputs, SitingParams, choose_sites
from gis.siting.confidence import ConfidenceParams
from gis.siting.joining import area_name, joined
from gis.siting.layers import read_layer, read_table
from gis.siting.systems import contradiction, fitting_systems

FEW = SitingParams(count=1, confidence=ConfidenceParams(draws=5))
HERE = Point(209_900, 530_300)  # EPSG:5186, in the made town


def stored(path, *shapes, crs="EPSG:5186", **columns):
    gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs).to_file(path)
    return path


def choose(town, **files):
    names = {"demand": town / "후보지.geojson", "candidates": town / "후보지.geojson"} | files
    return choose_sites(SitingInputs(town / "heat.tif", **names), FEW)


@pytest.mark.parametrize(
    ("people", "problem"),
    [
        ([5.0, -2.0], r"row 2: '인구' is negative: -2; write how many"),
        ([5.0, np.nan], r"row 2: '인구' is no number: the cell is empty"),
        (["5", "많음"], r"row 1: '인구' is no number|row 2: '인구' is no number: '많음'"),
    ],
)
def test_people_that_are_no_count_are_named_with_their_row(town, people, problem):
    path = stored(town / "사람.gpkg", HERE, HERE, 인구=people)
    with pytest.raises(BadFileError, match=problem):
        choose(town, demand=path)


def test_a_row_of_a_table_is_counted_as_a_spreadsheet_counts_it(town):
    path = town / "사람.csv"
    path.write_text("인구,위도,경도\n3,37.37,127.11\n,,\n-1,37.37,127.11\n", encoding="utf-8")
    with pytest.raises(BadFileError, match=r"사람\.csv: row 4: '인구' is negative"):
        choose(town, demand=path)


def test_metres_that_are_called_degrees_are_refused_with_the_likely_system(tmp_path):
    path = tmp_path / "동.geojson"
    feature = {"type": "Feature", "properties": {}, "geometry": HERE.__geo_interface__}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.raises(BadFileError, match=r"says its coordinates are EPSG:4326, but .* look like EPSG:5186"):
        read_layer(path)


def test_numbers_of_another_korean_system_contradict_the_one_that_is_named(tmp_path):
    wrong = stored(tmp_path / "a.gpkg", Point(965_468, 1_930_175), crs="EPSG:5186")
    with pytest.raises(BadFileError, match=r"says its coordinates are EPSG:5186, but .* look like EPSG:5179"):
        read_layer(wrong)


@pytest.mark.parametrize("epsg", [5174, 5179, 5181, 5186, 4326, 3857, 32652, 4737])
def test_korean_layers_in_their_own_systems_are_no_contradiction(epsg):
    frame = gpd.GeoSeries([Point(126.2, 33.3), Point(129.3, 38.5)], crs=4326).to_crs(epsg)
    assert contradiction(frame.crs, frame.total_bounds) is None


def test_a_layer_beside_the_heat_map_is_refused_with_the_system_that_would_fit(town):
    old = gpd.GeoSeries([HERE], crs="EPSG:5186").to_crs("EPSG:5181").iloc[0]
    path = stored(town / "후보 5181.gpkg", old, crs="EPSG:5186")  # 100 km off, and still in Korea
    with pytest.raises(
        BadFileError, match=r"[0-9.]+ km south of it; its numbers would lie on the map as EPSG:5181"
    ):
        choose(town, candidates=path)
    far = stored(town / "부산.gpkg", Point(129.0, 35.1), crs="EPSG:4326")
    with pytest.raises(BadFileError, match="south-east of it; give layers and a heat map of one place"):
        choose(town, candidates=far)


def test_candidates_outside_the_heat_map_are_named_by_row(town):
    path = stored(town / "c.gpkg", HERE, Point(215_000, 530_300), Point(209_950, 530_300))
    assert (
        "c.gpkg: row 2 lies outside the heat map, where the heat is unknown"
        in choose(town, candidates=path).notes
    )


def test_every_system_that_fits_a_place_is_found():
    frame = gpd.GeoSeries([HERE], crs="EPSG:5186")
    for epsg in ("EPSG:5179", "EPSG:5181", "EPSG:4326"):
        bounds = frame.to_crs(epsg).buffer(0.001).total_bounds
        assert epsg in fitting_systems(bounds, HERE.buffer(500).bounds, "EPSG:5186")


def test_an_unreadable_geometry_is_named_by_its_row(tmp_path):
    path = tmp_path / "구역.geojson"
    rings = ([[0, 0], [1, 0], [1, 1], [0, 0]], [[0, 0], [0, 0]])
    features = [
        {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for ring in rings
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    with pytest.raises(
        BadFileError, match=r"구역\.geojson: row 2: its geometry cannot be read .* draw that geometry"
    ):
        read_layer(path)


def test_coordinates_without_end_are_named_by_their_row(tmp_path):
    line = LineString([(0, 0), (np.inf, 1)])
    path = stored(tmp_path / "길.gpkg", LineString([(0, 0), (1, 1)]), line)
    with pytest.raises(
        BadFileError, match=r"길\.gpkg: row 2: its geometry holds coordinates that are no numbers"
    ):
        read_layer(path)


def test_outlines_that_cross_themselves_are_mended_and_counted(tmp_path):
    bow = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    layer = read_layer(stored(tmp_path / "a.gpkg", bow, box(20, 0, 30, 10)))
    assert layer.repairs == ("1 self-crossing outlines repaired",)
    assert layer.frame.geometry.area.tolist() == pytest.approx([50.0, 100.0])


def test_a_spreadsheet_and_a_parquet_file_are_read_like_the_others(tmp_path):
    import pyogrio

    table = pd.DataFrame({"명칭": ["가", "나"], "경도": [127.1, 127.2], "위도": [37.3, 37.4]})
    pyogrio.write_dataframe(table, tmp_path / "쉼터.xlsx", driver="XLSX")
    layer = read_layer(tmp_path / "쉼터.xlsx")
    assert layer.frame["명칭"].tolist() == ["가", "나"]
    assert layer.frame.geometry.y.tolist() == [37.3, 37.4]
    layer.frame.to_parquet(tmp_path / "쉼터.parquet")
    again = read_layer(tmp_path / "쉼터.parquet")
    assert again.frame.geometry.geom_equals(layer.frame.geometry).all()
    (tmp_path / "아님.parquet").write_bytes(b"PAR1")
    with pytest.raises(BadFileError, match="cannot be read as GeoParquet"):
        read_layer(tmp_path / "아님.parquet")


OSM = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6"><node id="1" lat="37.37" lon="127.11" version="1"><tag k="highway" v="crossing"/></node>
<node id="2" lat="37.371" lon="127.11" version="1"/><node id="3" lat="37.372" lon="127.11" version="1"/>
<way id="7" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="footway"/></way>
<way id="8" version="1"><nd ref="2"/><nd ref="3"/><tag k="highway" v="motorway"/></way>
<way id="9" version="1"><nd ref="1"/><nd ref="3"/><tag k="waterway" v="river"/></way></osm>"""


def test_openstreetmap_files_give_walkable_lines_and_points(tmp_path):
    from gis.siting.walk import walkable

    path = tmp_path / "길.osm"
    path.write_text(OSM, encoding="utf-8")
    lines = read_layer(path, osm="lines").frame
    kept, notes = walkable(lines)
    assert kept["highway"].tolist() == ["footway"]
    assert notes == ("2 of 3 lines are closed to walkers and left out of the network",)
    assert read_layer(path).frame.geom_type.tolist() == ["Point"]


def test_a_file_of_several_layers_says_which_is_read(tmp_path):
    path = stored(tmp_path / "a.gpkg", HERE)
    gpd.GeoDataFrame(geometry=[HERE], crs="EPSG:5186").to_file(path, layer="둘째")
    assert read_layer(path).repairs == ("holds layers a, 둘째; a is read",)
    assert read_layer(path, layer="둘째").repairs == ()


def test_a_table_is_joined_by_codes_of_one_system_and_else_by_names(tmp_path):
    areas = stored(
        tmp_path / "동.gpkg", box(0, 0, 1, 1), box(1, 0, 2, 1), adm_cd2=["4113151000", "4113152000"],
        adm_nm=["경기도 성남시수정구 신흥1동", "경기도 성남시수정구 신흥2동"],
    )  # fmt: skip
    (tmp_path / "코드.csv").write_text("행정동코드,인구\n41131520,20\n41131510,10\n", encoding="utf-8")
    (tmp_path / "이름.csv").write_bytes("동,인구\n신흥2동 ,20\n신흥1동,10\n수진1동,7\n".encode("cp949"))
    for name, how in (("코드.csv", "codes"), ("이름.csv", "names")):
        layer = joined(read_layer(areas), tmp_path / name, read_table(tmp_path / name))
        assert layer.frame["인구"].tolist() == [10, 20]
        assert f"joined by {how}" in layer.repairs[-1]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("동,인구\n신흥1동,1\n", r"has no row of '신흥2동' \(동\.gpkg, row 2\)|shares no codes"),
        ("동,인구\n신흥1동,1\n신흥2동,2\n신흥2동,3\n", "names '신흥2동' twice"),
        (
            "ADM_CD,인구\n31021510,1\n31021520,2\n",
            "shares no codes or names with 동.gpkg.* numbers areas by KOSTAT, the layer by MOIS",
        ),
    ],
)
def test_a_table_that_does_not_fit_is_refused(tmp_path, text, problem):
    areas = stored(
        tmp_path / "동.gpkg", box(0, 0, 1, 1), box(1, 0, 2, 1), box(2, 0, 3, 1),
        code=["4113151000", "4113152000", "4113153000"], 동=["신흥1동", "신흥2동", "신흥3동"],
    )  # fmt: skip
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    with pytest.raises(BadFileError, match=problem):
        joined(read_layer(areas), tmp_path / "a.csv", read_table(tmp_path / "a.csv"))


def test_a_dong_is_known_by_its_last_word():
    assert (area_name("경기도 성남시분당구 정자1동"), area_name("금광·1동"), area_name(" ")) == (
        "정자1동",
        "금광1동",
        None,
    )


def test_areas_are_spread_by_buildings_and_say_so_in_the_notes(town):
    ground = shapely.box(209_800, 530_000, 210_200, 530_400)
    path = stored(town / "동.gpkg", ground, 인구=[400], 동=["정자1동"])
    params = SitingParams(count=1, radius_m=200, confidence=ConfidenceParams(draws=5))
    found = choose_sites(
        SitingInputs(
            town / "heat.tif", path, town / "후보지.geojson", buildings=town / "건물.gpkg", zones=path,
            footfall=town / "기존.gpkg",
        ),
        params,
    )  # fmt: skip
    assert found.demand["demand_people"].sum() == pytest.approx(400)
    assert "people of 1 areas are spread within them: 1 by buildings (outline)" in found.notes


def test_swapped_labels_of_demand_areas_are_told_against_the_zones(town):
    west, east = (shapely.box(209_800 + x, 530_000, 210_000 + x, 530_400) for x in (0, 200))
    demand = stored(town / "동.gpkg", west, east, 인구=[100, 200], 동=["야탑3동", "야탑2동"])
    zones = stored(town / "경계.gpkg", west, east, ADM_NM=["야탑2동", "야탑3동"])
    notes = choose(town, demand=demand, zones=zones).notes
    assert any("동.gpkg calls 야탑3동 what 경계.gpkg calls 야탑2동" in note for note in notes)


@pytest.mark.parametrize("said", ["UTF-8", None])
def test_a_shapefile_in_cp949_that_says_otherwise_or_nothing_is_read_right(tmp_path, said):
    path = tmp_path / "동.shp"
    gpd.GeoDataFrame({"동이름": ["정자1동"]}, geometry=[HERE], crs="EPSG:5186").to_file(
        path, encoding="cp949"
    )
    path.with_suffix(".cpg").unlink()
    if said is not None:
        path.with_suffix(".cpg").write_text(said)
    layer = read_layer(path)
    assert layer.frame.drop(columns="geometry").to_numpy().tolist() == [["정자1동"]]
    assert layer.repairs


def test_layers_in_the_old_bessel_system_land_where_the_new_ones_do(tmp_path):
    old = gpd.GeoSeries([HERE], crs="EPSG:5186").to_crs("EPSG:5174")
    path = stored(tmp_path / "옛.gpkg", old.iloc[0], crs="EPSG:5174")
    back = read_layer(path).frame.to_crs("EPSG:5186").geometry[0]
    assert back.distance(HERE) < 0.5
    assert old.iloc[0].y == pytest.approx(HERE.y - 100_000, abs=400)  # 300 m of datum beside the 100 km
