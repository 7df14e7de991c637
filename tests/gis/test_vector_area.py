import json

import geopandas
import pytest
from shapely.geometry import LineString, Polygon, box, mapping

from core.errors import BadFileError
from gis.vector import read_area, read_layer

PARK = box(127.10, 37.36, 127.12, 37.38)


def save(frame, path):
    driver = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".kml": "KML", ".geojson": "GeoJSON"}[path.suffix]
    frame.to_file(path, driver=driver, engine="pyogrio")
    return path


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".kml", ".geojson"])
def test_area_reads_the_same_from_every_format(tmp_path, suffix):
    frame = geopandas.GeoDataFrame({"name": ["탄천"]}, geometry=[PARK], crs=4326)
    area = read_area(save(frame, tmp_path / f"공원 구역{suffix}"))
    assert area.symmetric_difference(PARK).area < 1e-12


@pytest.mark.parametrize("suffix", [".gpkg", ".shp"])
def test_korean_grid_is_brought_to_lonlat(tmp_path, suffix):
    frame = geopandas.GeoDataFrame({"a": [1]}, geometry=[PARK], crs=4326).to_crs(5186)
    assert read_area(save(frame, tmp_path / f"a{suffix}")).symmetric_difference(PARK).area < 1e-9


def test_cp949_attributes_without_declaration_are_read(tmp_path):
    path = tmp_path / "동.shp"
    frame = geopandas.GeoDataFrame({"이름": ["정자동"]}, geometry=[PARK], crs=4326)
    frame.to_file(path, driver="ESRI Shapefile", engine="pyogrio", encoding="cp949")
    path.with_suffix(".cpg").unlink()
    assert read_layer(path)["이름"].tolist() == ["정자동"]


def test_parts_that_touch_are_joined_and_islands_kept(tmp_path):
    shapes = [box(127, 37, 127.1, 37.1), box(127.1, 37, 127.2, 37.1), box(128, 37, 128.1, 37.1)]
    frame = geopandas.GeoDataFrame({"a": [1, 2, 3]}, geometry=shapes, crs=4326)
    area = read_area(save(frame, tmp_path / "a.gpkg"))
    assert len(area.geoms) == 2
    assert area.area == pytest.approx(0.03)


def test_heights_in_corners_are_dropped(tmp_path):
    frame = geopandas.GeoDataFrame(
        geometry=[Polygon([(127, 37, 9), (127.1, 37, 9), (127, 37.1, 9)])], crs=4326
    )
    assert not read_area(save(frame, tmp_path / "a.gpkg")).has_z


def test_missing_crs_is_refused_with_the_way_out(tmp_path):
    path = save(geopandas.GeoDataFrame({"a": [1]}, geometry=[PARK], crs=5186), tmp_path / "a.shp")
    path.with_suffix(".prj").unlink()
    with pytest.raises(BadFileError, match=r"no coordinate reference system; .*\.prj"):
        read_area(path)


def geojson(path, geometry):
    path.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": geometry}), encoding="utf-8")
    return path


def test_self_crossing_polygon_is_refused_with_the_place(tmp_path):
    bow = Polygon([(127.0, 37.0), (127.2, 37.2), (127.2, 37.0), (127.0, 37.2)])
    with pytest.raises(BadFileError, match=r"polygon 1 .*crosses itself at 127.1, 37.1"):
        read_area(geojson(tmp_path / "a.geojson", mapping(bow)))


def test_line_is_no_area(tmp_path):
    with pytest.raises(BadFileError, match="holds no polygon"):
        read_area(geojson(tmp_path / "a.geojson", mapping(LineString([(127, 37), (127.1, 37)]))))


def test_empty_polygon_is_no_area(tmp_path):
    with pytest.raises(BadFileError, match="holds no polygon"):
        read_area(geojson(tmp_path / "a.geojson", {"type": "Polygon", "coordinates": []}))


def test_metres_in_geojson_are_refused(tmp_path):
    with pytest.raises(BadFileError, match="not degrees"):
        read_area(geojson(tmp_path / "a.geojson", mapping(box(200000, 500000, 200100, 500100))))


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [("a.geojson", "{", "cannot be read"), ("a.gpkg", "x", "cannot be read"), ("a.txt", "", "not a layer")],
)
def test_unreadable_file_is_named(tmp_path, name, text, problem):
    (tmp_path / name).write_text(text)
    with pytest.raises(BadFileError, match=problem) as caught:
        read_area(tmp_path / name)
    assert name in str(caught.value)


def test_missing_file_is_said_so(tmp_path):
    with pytest.raises(BadFileError, match="not found"):
        read_area(tmp_path / "없음.geojson")
