import io
import json
import re

import geopandas as gpd
import numpy as np
import pytest
from devtools import Browser
from PIL import Image
from shapely.geometry import Point, box

from gis.heat import HeatMap
from gis.legend import CITY_LEGEND, Legend, even_legend
from gis.webmap import Check, Style, WebMap

EVIL = "</script><script>document.title='broken'</script><img src=http://example.com/x.png onerror=alert(1)>"
WIDTH = Check({"ko": "보도 폭", "en": "sidewalk width"}, "fail", "2 m", "≥ 3.5 m")
LOADS = (
    r"""(?:src|href|srcset|data|action)\s*=\s*["']?\s*(?:https?:)?//""",
    r"""url\(\s*["']?\s*(?:https?:)?//""",
    r"@import",
    r"""<link\b""",
    r"""<script[^>]+src""",
    r"sourceMappingURL",
    r"\b(?:fetch|importScripts)\s*\(|XMLHttpRequest|WebSocket",
)


@pytest.fixture
def heat():
    row, col = np.mgrid[0:300, 0:300]
    celsius = (30 + col / 15 + row * 0).astype(np.float32)
    celsius[:40, :40] = np.nan
    return HeatMap(celsius, "EPSG:5186", 209_800.0, 530_400.0, 1.0)


def made_page(heat, folder, name):
    areas = gpd.GeoDataFrame(
        {"동": ["정자동"]}, geometry=[box(209_850, 530_150, 210_050, 530_350)], crs="EPSG:5186"
    )
    points = gpd.GeoDataFrame(
        {
            "rank": [1, 2],
            "이름": ["백현교 옆", name],
            "why": [[{"ko": "그늘 없음", "en": "no shade"}], []],
            "checks": [[WIDTH], [WIDTH]],
        },
        geometry=[Point(209_900, 530_300), Point(210_000, 530_200)],
        crs="EPSG:5186",
    )
    west, south, east, north = gpd.GeoSeries([box(*heat.bounds)], crs="EPSG:5186").to_crs(4326).total_bounds
    return (
        WebMap(f"탄천 더위 지도 {name}", (west, south, east, north))
        .add_heat(heat)
        .add_vector(areas, name="동 경계", style=Style("#000000", 2), popup=["동"])
        .add_points(
            points,
            name=f"선정 {name}",
            label="rank",
            title="이름",
            search=["이름"],
            popup={"why": {"ko": "이유", "en": "why"}, "checks": {"ko": "판정", "en": "verdicts"}},
        )
        .save(folder / "지도 1.html")
    )


@pytest.fixture
def page(heat, tmp_path):
    return made_page(heat, tmp_path, EVIL)


def test_the_page_asks_nothing_of_any_network(heat, tmp_path):
    text = made_page(heat, tmp_path, "정자역").read_text(encoding="utf-8")
    # a link that Leaflet would show as its name; the page shows none, and a link is no load
    text = text.replace('href="https://leafletjs.com"', "")
    for pattern in LOADS:
        assert re.findall(pattern, text) == [], pattern
    assert "default-src 'none'" in text


def test_markup_in_names_stays_a_name(page):
    text = page.read_text(encoding="utf-8")
    assert EVIL not in text
    assert "<script>document.title" not in text


@pytest.fixture(scope="module")
def opened(chromium, tmp_path_factory):
    """A function that opens a page of a size in Chromium."""
    browser = Browser(chromium, tmp_path_factory.mktemp("profile"))
    yield browser.page
    browser.close()


@pytest.mark.browser
def test_chromium_draws_the_map_and_asks_nothing_of_any_network(page, opened):
    shown = opened(page.as_uri())
    pixels = np.asarray(Image.open(io.BytesIO(shown.picture())).convert("RGB")).reshape(-1, 3).astype(int)

    def seen(colour, within=40):
        return int((np.abs(pixels - colour).sum(axis=1) < within).sum())

    assert seen((192, 20, 60), 12) > 200  # the pins
    ground = (236, 234, 228)
    through = [
        tuple(int(0.7 * c + 0.3 * g) for c, g in zip(colour, ground, strict=True))
        for colour in CITY_LEGEND.colours
    ]
    assert all(seen(colour) > 1500 for colour in through), [seen(colour) for colour in through]
    shown.click(".sky-pin")
    shown.click("#sky-language")
    assert [address for address in shown.requests if not address.startswith("data:")] == [page.as_uri()]
    assert shown.complaints == []


@pytest.mark.browser
def test_a_request_would_be_seen(tmp_path, opened):
    (tmp_path / "leaky.html").write_text('<img src="http://tiles.example/1.png">', encoding="utf-8")
    shown = opened((tmp_path / "leaky.html").as_uri())
    assert "http://tiles.example/1.png" in shown.requests


@pytest.mark.browser
def test_a_click_on_a_site_shows_its_reason_in_both_languages(page, opened):
    shown = opened(page.as_uri())
    shown.click(".sky-pin")
    card = shown.text(".sky-card")
    assert "1. 백현교 옆" in card
    assert "그늘 없음" in card
    assert "부적합" in card
    assert "보도 폭 2 m (기준 ≥ 3.5 m)" in card
    shown.click("#sky-language")
    card = shown.text(".sky-card")
    assert "no shade" in card
    assert "fail" in card
    assert "sidewalk width 2 m (must be ≥ 3.5 m)" in card


@pytest.mark.browser
def test_a_place_is_found_by_its_initials_with_keys_alone(page, opened):
    shown = opened(page.as_uri())
    shown.run("document.querySelector('#sky-query').focus()")
    shown.type("ㅂㅎㄱ")
    assert "백현교 옆" in shown.text("#sky-found")
    shown.key("Enter", 13)
    assert "1. 백현교 옆" in shown.text(".sky-card")
    shown.run("document.querySelector('#sky-query').value = ''; document.querySelector('#sky-query').focus()")
    shown.type("없는 곳")
    assert "찾지 못했습니다" in shown.text("#sky-found")


@pytest.mark.browser
def test_legend_scale_layers_and_slider_are_on_the_page(page, opened):
    shown = opened(page.as_uri())
    assert shown.run("document.querySelectorAll('.leaflet-control-layers-selector').length") == 3
    assert "≥ 45 °C" in shown.text(".sky-legend")
    assert shown.text(".leaflet-control-scale").strip().endswith("m")
    shown.run(
        "(() => { const s = document.querySelector('.sky-legend input'); s.value = 20;"
        "s.dispatchEvent(new Event('input')); })()"
    )
    assert shown.run("document.querySelector('.sky-heat').style.opacity") == "0.2"
    assert shown.run("document.title") == f"탄천 더위 지도 {EVIL}"


@pytest.mark.browser
def test_on_a_phone_the_list_opens_by_a_touch_and_leads_to_the_site(page, opened):
    shown = opened(page.as_uri(), (420, 800))
    assert shown.run("document.documentElement.scrollWidth") <= 420
    assert shown.run("document.querySelector('.folium-map').clientHeight") > 500
    shown.click("#sky-toggle")
    shown.click(".sky-list button")
    assert "그늘 없음" in shown.text(".sky-card")


@pytest.mark.browser
def test_the_printed_page_holds_the_list_and_no_buttons(page, opened):
    from pypdf import PdfReader

    text = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(opened(page.as_uri()).pdf())).pages)
    assert "백현교" in text
    assert "English" not in text


def test_the_city_legend_has_no_gap_and_no_end():
    celsius = np.arange(-20, 90, 0.1, dtype=np.float32)
    classes = CITY_LEGEND.classes(celsius)
    assert classes.min() == 0
    assert classes.max() == 4
    assert (np.diff(classes) >= 0).all()
    between = CITY_LEGEND.classes(np.array([32.5, 35.9, 38.01, 44.7, 50.5], np.float32))
    assert between.tolist() == [0, 1, 2, 3, 4]
    assert CITY_LEGEND.classes(np.array([np.nan], np.float32)).tolist() == [-1]


def test_a_class_starts_where_its_label_says():
    assert CITY_LEGEND.labels()[0] == "< 33 °C"
    assert CITY_LEGEND.classes(np.array([33.0, 45.0], np.float32)).tolist() == [1, 4]


def test_a_legend_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="2 edges need 3 colours, got 1"):
        Legend("t", (1.0, 2.0), ((0, 0, 0),))
    with pytest.raises(ValueError, match="edges must rise"):
        Legend("t", (2.0, 1.0), ((0, 0, 0),) * 3)


def test_an_even_legend_spans_what_it_is_given():
    assert even_legend("t", 20.0, 23.0).edges_C == (20.0, 21.0, 22.0, 23.0)


def test_the_picture_lies_where_the_map_does(heat, tmp_path):
    text = WebMap("t", (127.1, 37.36, 127.12, 37.38)).add_heat(heat).html()
    page = json.loads(re.search(r"skyshade\(map_\w+, (\{.*\})\);", text).group(1))
    (south, west), (north, east) = page["layers"][0]["bounds"]
    expected = gpd.GeoSeries([box(*heat.bounds)], crs="EPSG:5186").to_crs(4326).total_bounds
    assert [west, south, east, north] == pytest.approx(expected, abs=3e-5)


def test_a_text_that_speaks_to_the_template_engine_stays_a_text():
    text = WebMap("{% raw %}{{{ 7 * 7 }}}{# no #}{% endraw %}", (127.1, 37.36, 127.12, 37.38)).html()
    page = json.loads(re.search(r"skyshade\(map_\w+, (\{.*\})\);", text).group(1))
    assert page["title"] == "{% raw %}{{{ 7 * 7 }}}{# no #}{% endraw %}"


def test_a_text_in_two_languages_is_kept_once(heat):
    points = gpd.GeoDataFrame(
        {"why": [{"ko": "같은 이유", "en": "the same"}] * 50},
        geometry=[Point(209_900 + k, 530_300) for k in range(50)],
        crs="EPSG:5186",
    )
    page = WebMap("t", (127.1, 37.36, 127.12, 37.38)).add_vector(points, name="n", popup=["why"])
    assert page.html().count("같은 이유") == 1


def test_a_verdict_that_is_none_is_refused():
    with pytest.raises(ValueError, match="verdict must be one of pass, fail, unknown, got 'ok'"):
        Check("r", "ok")
