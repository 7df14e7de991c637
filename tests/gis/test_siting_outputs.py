import csv
import dataclasses
import datetime as dt
import io
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from xml.dom import minidom

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pytest
from pdfletters import embedded_letters
from pypdf import PdfReader
from shapely import LineString, Point, box

from core.errors import OutputError
from gis.siting.choose import SitingInputs, SitingParams, choose_sites
from gis.siting.confidence import ConfidenceParams
from gis.siting.out.csvtable import csv_text
from gis.siting.out.figures import fairness_rows, in_language, kills_most, summary
from gis.siting.out.notes import note_in
from gis.siting.out.page import map_page
from gis.siting.out.sources import heat_times
from gis.siting.out.thin import demand_cells, outlines
from gis.siting.out.together import written_together
from gis.siting.report import write_outputs
from gis.siting.words import LANGUAGES, WORDS, both
from gis.tiles import TileArea

AROUND = TileArea(127.106, 37.366, 127.120, 37.376)
NOON = dt.datetime(2026, 8, 2, 3, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def result(standing_town):
    town = standing_town
    inputs = SitingInputs(
        town / "heat.tif",
        town / "수요.csv",
        town / "후보지.geojson",
        existing=town / "기존.gpkg",
        walk=town / "보행로.geojson",
        buildings=town / "건물.gpkg",
    )
    params = SitingParams(
        count=3, radius_m=150, language="ko", frontier=3, confidence=ConfidenceParams(draws=30)
    )
    return choose_sites(inputs, params)


@pytest.fixture(scope="module")
def outputs(result, tmp_path_factory):
    return write_outputs(result, tmp_path_factory.mktemp("out") / "결과 폴더", now=lambda: NOON)


def report_text(path):
    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


def test_the_geopackage_names_a_style_for_each_layer_that_qgis_looks_for(outputs):
    with closing(sqlite3.connect(outputs.gpkg)) as store:
        layers = dict(store.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
        styles = store.execute(
            "SELECT f_table_name, f_geometry_column, useAsDefault, styleQML FROM layer_styles"
        ).fetchall()
        kinds = dict(store.execute("SELECT table_name, data_type FROM gpkg_contents"))
    assert {name: column for name, column, _, _ in styles} == layers
    assert kinds["layer_styles"] == "attributes"
    for name, _, default, qml in styles:
        root = minidom.parseString(qml)  # noqa: S318  # our own text
        symbols = {symbol.getAttribute("name") for symbol in root.getElementsByTagName("symbol")}
        rules = {rule.getAttribute("symbol") for rule in root.getElementsByTagName("rule")}
        assert default == 1
        assert rules <= symbols
        assert (outputs.styles / f"{name}.qml").read_text(encoding="utf-8") == qml


def test_geoparquet_gives_back_the_layers_with_their_system(outputs, result):
    read = gpd.read_parquet(outputs.parquet / "candidates.parquet")
    assert read.crs == result.candidates.crs
    assert list(read["site_name"]) == list(result.candidates["site_name"])
    assert read.geometry.geom_equals_exact(result.candidates.geometry, 1e-9).all()
    facts = json.loads(pq.read_metadata(outputs.parquet / "chosen.parquet").metadata[b"geo"])
    assert facts["primary_column"] == "geometry"


def test_the_item_names_files_that_are_there_and_says_when(outputs, result):
    item = json.loads(outputs.stac.read_text(encoding="utf-8"))
    assert all((outputs.stac.parent / asset["href"]).is_file() for asset in item["assets"].values())
    assert item["properties"]["datetime"] == "2026-08-02T03:00:00Z"
    assert "does not say when" in item["properties"]["description"]
    assert item["properties"]["proj:epsg"] == 5186
    west, south, east, north = item["bbox"]
    inside = result.candidates.geometry.to_crs(4326)
    assert inside.within(box(west, south, east, north)).all()


def test_the_table_has_the_chosen_first_the_rejected_last_with_reasons(result):
    rows = list(csv.DictReader(io.StringIO(csv_text(result))))
    ranks = [row["rank"] for row in rows]
    assert ranks[:3] == ["1", "2", "3"]
    assert not any(ranks[3:])
    rejected = [bool(row["rejected"]) for row in rows]
    assert rejected == sorted(rejected)
    assert "보도 폭 2 m, 기준 ≥ 3.5 m" in rows[-1]["rejected"] + rows[-2]["rejected"]
    assert float(rows[0]["lon"]) == pytest.approx(127.11, abs=0.01)


def test_the_report_says_what_a_council_asks(outputs, result):
    text = report_text(outputs.report)
    for part in (
        "무엇을 물었나", "어떤 자료로", "수요.csv", "2026년 8월 2일", "열지도 촬영 시각: 파일에 없음",
        "지도 1", "지도 2", "선정 이유", "제외된 후보지와 이유", "보도 폭 2 m, 기준 ≥ 3.5 m", "형평성",
        "얼마나 확실한가", "무게를 달리 두면", "효율과 가장 먼 사람 사이", "처음 1곳은",
        "이 결과의 한계", "체감 온도가 아님", "가장 많이 제외한 기준",
    ):  # fmt: skip
        assert part in text, part
    for site in result.chosen:
        assert site.name in text
    letters = embedded_letters(PdfReader(outputs.report))
    assert all(letters[letter] for letter in text if "가" <= letter <= "힣")


def test_the_report_is_told_in_english_as_well(result, tmp_path):
    english = dataclasses.replace(result, params=dataclasses.replace(result.params, language="en"))
    text = report_text(write_outputs(english, tmp_path / "o", now=lambda: NOON).report)
    for part in ("What was asked", "Why each site", "sidewalk width 2 m, must be ≥ 3.5 m", "not felt heat"):
        assert part in text
    korean = {letter for letter in text if "가" <= letter <= "힣"}
    names = set("".join(result.candidates["site_name"]) + "수요후보지기존보행로건물인구")
    assert korean <= names


def test_the_page_stays_small_and_carries_both_languages(outputs):
    text = outputs.map.read_text(encoding="utf-8")
    page = json.loads(re.search(r"skyshade\(map_\w+, (\{.*\})\);", text).group(1))
    assert len(text.encode()) < 1_500_000
    names = [page["texts"][layer["name"]]["ko"] for layer in page["layers"] if layer["name"] != 0]
    assert {"선정 지점", "제외된 후보지", "기존 시설", "보행로", "건물"} <= set(names)
    assert all(set(text) == {"ko", "en"} for text in page["texts"])


def test_a_set_of_files_replaces_an_older_one_and_leaves_others_alone(tmp_path):
    (tmp_path / "a").write_text("old")
    (tmp_path / "mine").write_text("kept")
    with written_together(tmp_path) as new:
        (new / "a").write_text("new")
        (new / "sub").mkdir()
        (new / "sub" / "b").write_text("b")
    assert (tmp_path / "a").read_text() == "new"
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "b", "mine", "sub"]


def test_a_failure_on_the_way_leaves_the_older_files(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(ZeroDivisionError), written_together(tmp_path) as new:
        (new / "a").write_text("new")
        raise ZeroDivisionError
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_a_file_that_cannot_be_replaced_puts_all_others_back(tmp_path):
    (tmp_path / "a").write_text("old")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "in the way").write_text("x")
    with pytest.raises(OutputError, match="close it in other programs"), written_together(tmp_path) as new:
        (new / "a").write_text("new")
        (new / "b").write_text("new")
        (tmp_path / ".blocked").write_text("")
        blocked = new.parent / "old"
        blocked.mkdir()
        (blocked / "b").write_text("")  # a folder cannot take the place of a file
    assert (tmp_path / "a").read_text() == "old"
    assert (tmp_path / "b" / "in the way").read_text() == "x"


def test_no_font_no_files(result, tmp_path):
    with pytest.raises(Exception, match=r"has no Korean letters|is no TrueType font"):
        write_outputs(result, tmp_path / "o", font=Path(__file__))
    assert not (tmp_path / "o").exists()


def test_many_points_are_summed_in_cells_and_nobody_is_lost():
    rng = np.random.default_rng(3)
    x, y = rng.uniform(0, 3000, (2, 9000))
    demand = gpd.GeoDataFrame(
        {
            "demand_people": rng.uniform(0, 5, 9000),
            "surface_C": np.where(rng.random(9000) < 0.1, np.nan, 35.0),
            "nearest_before_m": 700.0,
            "nearest_after_m": 200.0,
        },
        geometry=gpd.points_from_xy(x, y),
        crs="EPSG:5186",
    )
    made = demand_cells(demand, most=4000)
    assert made.cell_m == 50.0
    assert len(made.frame) <= 4000
    assert made.frame["demand_people"].sum() == pytest.approx(demand["demand_people"].sum())
    assert made.frame["surface_C"].dropna().to_numpy() == pytest.approx(35.0)
    assert made.frame["nearest_after_m"].to_numpy() == pytest.approx(200.0)
    assert demand_cells(demand, most=9000).cell_m is None


def test_outlines_are_clipped_simplified_and_the_smallest_left_out():
    wave = [(k / 10, 5 + np.sin(k / 3)) for k in range(2000)]
    many = [Point(k, 50).buffer(0.1) for k in range(100)]
    frame = gpd.GeoDataFrame(geometry=[LineString(wave), box(500, 500, 600, 600), *many], crs="EPSG:5186")
    whole = outlines(frame, (0, 0, 300, 300), 100_000)
    assert whole.tolerance_m is None
    assert len(whole.frame) == 101  # what lies outside is not drawn
    light = outlines(frame, (0, 0, 300, 300), 300)
    assert light.tolerance_m is not None
    assert light.left_out > 0
    assert light.frame.geometry.iloc[0].length > 190


def test_a_heat_map_that_says_its_hours_is_believed(standing_town, tmp_path, heat_file):
    import rasterio

    path = heat_file(tmp_path / "시각.tif", np.full((4, 4), 30.0))
    assert heat_times(path) is None
    with rasterio.open(path, "r+") as out:
        out.update_tags(TIME_START="2026-08-02T03:00:00Z", TIME_END="2026-08-02T03:20:00Z")
    start, end = heat_times(path)
    assert (start, end - start) == (NOON, dt.timedelta(minutes=20))
    with rasterio.open(path, "r+") as out:
        out.update_tags(TIME_START="unknown", TIME_END="unknown", TIFFTAG_DATETIME="2026:08:02 12:00:00")
    assert heat_times(path) == (NOON, NOON)
    assert heat_times(tmp_path / "none.tif") is None


def test_figures_are_said_in_words(result):
    lines = [in_language(line, "en") for line in summary(result)]
    assert lines[0] == "3 of 9 candidates chosen, 2 rejected"
    assert lines[-1] == "Proved: no other set of sites is better"
    assert in_language(kills_most(result), "ko").startswith("가장 많이 제외한 기준: ")
    titles = [in_language(row[0], "ko") for row in fairness_rows(result)]
    assert "하위 10 %가 걷는 거리 (p90)" in titles


def test_notes_are_said_in_korean_with_their_file():
    assert (
        note_in("수요.csv: padded cells trimmed in 인구", "ko") == "수요.csv: 빈칸이 붙은 칸을 다듬음: 인구"
    )
    assert note_in("2 of 9 rows have no place and are left out", "ko") == "9행 가운데 2행은 위치가 없어 뺌"
    assert note_in("something new", "ko") == "something new"
    assert note_in("text was cp949", "en") == "text was cp949"


def test_every_word_is_said_in_every_language_with_the_same_blanks():
    for key, pair in WORDS.items():
        blanks = [set(re.findall(r"\{(\w+)", text)) for text in pair]
        assert len(pair) == len(LANGUAGES)
        assert blanks[0] == blanks[1], key
    assert both("rank_range", level=0.9)["en"] == "rank (90% interval)"


def test_tiles_below_the_page_are_inlined_as_far_as_they_fit(result, tmp_path):
    tiles = tmp_path / "배경 지도.mbtiles"
    write_mbtiles(tiles)
    over = dataclasses.replace(result, inputs=dataclasses.replace(result.inputs, background=(tiles,)))
    page, notes = map_page(over, gpd.GeoDataFrame(geometry=[], crs="EPSG:5186"))
    drawn = json.loads(re.search(r"skyshade\(map_\w+, (\{.*\})\);", page.html()).group(1))["layers"][0]
    assert drawn["kind"] == "tiles"
    assert drawn["zooms"] == [16, 16]  # the lowest shows the whole area in four tiles or less
    assert notes == ["map: zoom 17 to 17 of 배경 지도.mbtiles left out, so that the page stays below 10 MB"]
    assert len(page.html().encode()) < 10_000_000


def write_mbtiles(path):
    """Noise around the town: zoom 15 and 16 small, zoom 17 more than a page can carry."""
    from PIL import Image

    rng = np.random.default_rng(4)

    def png(size):
        picture = Image.fromarray(rng.integers(0, 255, (size, size), dtype=np.uint8)).resize((256, 256), 0)
        held = io.BytesIO()
        picture.save(held, "PNG")
        return held.getvalue()

    with closing(sqlite3.connect(path)) as store:
        store.execute("CREATE TABLE metadata (name, value)")
        store.execute("CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)")
        for zoom in (15, 16, 17):
            data = png(16) + (b"" if zoom < 17 else bytes(1_200_000))
            for c in AROUND.columns(zoom):
                for r in AROUND.rows(zoom):
                    store.execute("INSERT INTO tiles VALUES (?, ?, ?, ?)", (zoom, c, 2**zoom - 1 - r, data))
        store.commit()
