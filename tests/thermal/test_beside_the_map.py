import json
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from affine import Affine

from gis.grid import GeoGrid
from gis.legend import CITY_LEGEND
from thermal.sidecars import MapFacts, stac_item, write_sidecars
from thermal.styles import classes_qml, ramp_qml

GRID = GeoGrid("EPSG:5186", Affine(0.1, 0, 209_800, 0, -0.1, 530_400), (2000, 3000))
BANDS = (("temperature", "degC"), ("count", "1"))
NOON_S = 1_786_165_200.0


def facts(**more):
    values = {"grid": GRID, "bands": BANDS, "start_s": NOON_S, "end_s": NOON_S + 600, "level": "2 references"}
    return MapFacts(**{**values, **more})


def shader(text):
    root = ET.fromstring(text.split("\n", 1)[1])  # noqa: S314  # our own text
    return root, root.find(".//colorrampshader")


def drawn(text, celsius):
    """The colour QGIS gives a temperature: the first class whose value is not below it, or on the ramp."""
    _, ramp = shader(text)
    items = [(float(i.get("value")), i.get("color")) for i in ramp.findall("item")]
    if ramp.get("colorRampType") == "DISCRETE":
        return next(colour for value, colour in items if celsius <= value)
    if celsius <= items[0][0]:
        return items[0][1]
    return next((c for v, c in items if celsius <= v), items[-1][1])


def test_the_item_has_what_the_schemas_ask_for():
    item = stac_item(Path("a/성남 열지도.tif"), facts())
    assert (item["type"], item["stac_version"], item["id"]) == ("Feature", "1.0.0", "성남 열지도")
    assert item["links"] == []
    assert {e.split("/")[3] for e in item["stac_extensions"]} == {"projection", "raster", "processing"}
    ring = item["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
    assert area > 0  # counter-clockwise, as GeoJSON wants it
    west, south, east, north = item["bbox"]
    assert all(west <= x <= east and south <= y <= north for x, y in ring)
    p = item["properties"]
    assert (p["datetime"], p["end_datetime"]) == ("2026-08-08T05:00:00Z", "2026-08-08T05:10:00Z")
    assert isinstance(p["proj:epsg"], int)
    assert len(p["proj:transform"]) == 6
    assert p["proj:shape"] == [2000, 3000]
    assert p["proj:bbox"] == pytest.approx([209_800, 530_200, 210_100, 530_400])
    assert all(isinstance(v, str) for v in p["processing:software"].values())
    for asset in item["assets"].values():
        assert {"href", "type", "title", "roles"} <= set(asset)
        assert not any(k.startswith(("proj:", "processing:")) for k in asset)
    for band in item["assets"]["map"]["raster:bands"]:
        assert band["data_type"] == "float32"
        assert band["nodata"] == "nan"
        assert band["sampling"] in {"area", "point"}
        assert isinstance(band["spatial_resolution"], float)


def test_an_hour_that_nobody_knows_is_all_of_time_and_says_so():
    p = stac_item(Path("a.tif"), facts(start_s=None, end_s=None))["properties"]
    assert p["datetime"] is None
    assert p["start_datetime"] < p["end_datetime"]
    assert p["skyshade:time"] == "unknown"


def test_a_projection_without_a_number_is_written_out():
    crs = "+proj=tmerc +lat_0=37 +lon_0=127 +ellps=GRS80 +units=m"
    p = stac_item(Path("a.tif"), facts(grid=GeoGrid(crs, GRID.transform, GRID.shape)))["properties"]
    assert p["proj:epsg"] is None
    assert "Transverse" in p["proj:wkt2"]


def test_files_named_in_the_item_are_there(tmp_path):
    path = tmp_path / "성남 1.5m.tif"
    write_sidecars(path, facts(report=False), 25.0, 50.0)
    item = json.loads(path.with_suffix(".stac.json").read_text("utf-8"))
    for name, asset in item["assets"].items():
        assert name == "map" or (tmp_path / asset["href"]).is_file()


def test_the_ramp_runs_from_the_coldest_to_the_hottest_and_keeps_what_lies_outside():
    root, ramp = shader(ramp_qml(25.0, 50.0))
    items = ramp.findall("item")
    assert (items[0].get("value"), items[-1].get("value")) == ("25.000", "50.000")
    assert ramp.get("clip") == "0"
    assert drawn(ramp_qml(25.0, 50.0), -5.0) == items[0].get("color")
    assert drawn(ramp_qml(25.0, 50.0), 99.0) == items[-1].get("color")
    renderer = root.find("pipe/rasterrenderer")
    assert (renderer.get("type"), renderer.get("band")) == ("singlebandpseudocolor", "1")
    source = {o.get("name"): o.get("value") for o in ramp.findall("colorramp/Option/Option")}
    assert source["color1"] == "0,0,4,255"
    assert len(source["stops"].split(":")) == len(items) - 2


@pytest.mark.parametrize("celsius", [-10.0, 20.0, 32.0, 32.5, 33.01, 35.5, 38.5, 44.2, 45.5, 50.0, 80.0])
def test_each_temperature_has_the_colour_of_its_class_and_none_has_none(celsius):
    index = int(CITY_LEGEND.classes(np.array([celsius], np.float32))[0])
    assert drawn(classes_qml(), celsius) == "#{:02x}{:02x}{:02x}".format(*CITY_LEGEND.colours[index])


def test_the_classes_are_named_as_in_the_legend():
    _, ramp = shader(classes_qml())
    assert [i.get("label") for i in ramp.findall("item")] == CITY_LEGEND.labels()
    assert ramp.findall("item")[-1].get("value") == "inf"
