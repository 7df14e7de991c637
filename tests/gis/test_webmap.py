import re
import subprocess

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import Point, box

from gis.heat import HeatMap
from gis.legend import CITY_LEGEND, Legend, even_legend
from gis.webmap import Style, WebMap

EVIL = "</script><script>document.title='broken'</script><img src=http://example.com/x.png onerror=alert(1)>"
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
        {"rank": [1, 2], "이름": ["백현교 옆", name]},
        geometry=[Point(209_900, 530_300), Point(210_000, 530_200)],
        crs="EPSG:5186",
    )
    west, south, east, north = gpd.GeoSeries([box(*heat.bounds)], crs="EPSG:5186").to_crs(4326).total_bounds
    return (
        WebMap(f"탄천 더위 지도 {name}", (west, south, east, north))
        .add_heat(heat)
        .add_vector(areas, name="동 경계", style=Style("#000000", 2), popup=["동"])
        .add_points(points, name=f"선정 {name}", label="rank", popup={"이름": "이름"})
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


@pytest.mark.browser
def test_chromium_draws_the_map_without_a_complaint(page, chromium, tmp_path):
    picture = tmp_path / "page.png"
    run = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run", "--enable-logging=stderr",
         "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path / 'profile'}",
         "--window-size=800,600", "--virtual-time-budget=4000", f"--screenshot={picture}", page.as_uri()],
        capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    assert b"CONSOLE" not in run.stderr, run.stderr.decode(errors="replace")
    from PIL import Image

    pixels = np.asarray(Image.open(picture).convert("RGB")).reshape(-1, 3).astype(int)

    def seen(colour, within=40):
        return int((np.abs(pixels - colour).sum(axis=1) < within).sum())

    assert seen((192, 20, 60), 12) > 200  # the pins
    over_grey = [tuple(int(0.75 * part + 0.25 * 221) for part in colour) for colour in CITY_LEGEND.colours]
    assert all(seen(colour) > 2000 for colour in over_grey), [seen(colour) for colour in over_grey]


def dom_of(chromium, page, tmp_path):
    return subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run",
         f"--user-data-dir={tmp_path / 'profile'}",
         "--virtual-time-budget=4000", "--dump-dom", page.as_uri()],
        capture_output=True, timeout=120, check=True,
    ).stdout.decode("utf-8")  # fmt: skip


@pytest.mark.browser
def test_legend_scale_and_layers_are_on_the_page(page, chromium, tmp_path):
    dom = dom_of(chromium, page, tmp_path)
    assert "leaflet-control-scale" in dom
    assert len(re.findall(r'<input type="checkbox" class="leaflet-control-layers-selector"', dom)) == 3
    assert "sky-legend" in dom
    assert "≥ 45 °C" in dom
    assert "<title>broken" not in dom


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
    corners = r"imageOverlay\(\s*\"data:[^\"]+\",\s*\[\[([\d.]+), ([\d.]+)\], \[([\d.]+), ([\d.]+)\]\]"
    found = re.search(corners, text)
    south, west, north, east = (float(v) for v in found.groups())
    expected = gpd.GeoSeries([box(*heat.bounds)], crs="EPSG:5186").to_crs(4326).total_bounds
    assert [west, south, east, north] == pytest.approx(expected, abs=3e-5)
